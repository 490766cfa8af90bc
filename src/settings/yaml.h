/*
 * yaml.h - a settings file as what we understand of YAML: one mapping of words to words or lists of words.
 *
 *     yaml_parse(text, len, "config.yaml", &doc, &err)
 *     for each doc.entries[i]: .key.text, .kind, .items[].text
 *     yaml_release(&doc)
 *
 * libyaml reads; what it reads and we have no use for is an error with line and column: mappings inside, aliases (the way
 * in which a small file becomes a large one), a second document, a key that comes twice. All places are offsets in
 * bytes, so that a file can be edited without touching what a person wrote around them. Host only, no state.
 */
#ifndef SETTINGS_YAML_H
#define SETTINGS_YAML_H

#include "base/base.h"
#include "base/error.h"

#define YAML_MOST_ENTRIES 1000
#define YAML_MOST_ITEMS 10000

enum yaml_kind {
    YAML_NOTHING, /* `key:` or `key: null`: the default */
    YAML_WORD,    /* one item */
    YAML_LIST,    /* any number of items */
};

struct yaml_word {
    char *text; /* Owned, UTF-8 without NUL */
    uint32_t line, column;
    size_t start, end; /* its bytes in the file, with its quotes */
};

struct yaml_entry {
    struct yaml_word key;
    enum yaml_kind kind;
    struct yaml_word *items; /* Owned */
    size_t count;
    bool flow; /* a list written [a, b] */
    size_t start,
        end; /* of the value; of a block list: from its first dash to the end of its last item */
};

struct yaml_doc {
    struct yaml_entry *entries; /* Owned */
    size_t count;
    bool flow;  /* written {a: b} */
    size_t end; /* where one more entry goes: before a line '...', in braces behind the last one */
};

/* `where` is the file's name in messages. ERR_INVALID_SETTING with line and column, or ERR_FAILED: no memory; then there is
 * nothing to release. An empty text is a file without entries. */
int yaml_parse(const char *text, size_t len, const char *where, struct yaml_doc *ret,
               struct error *err);
void yaml_release(struct yaml_doc *doc);
/* NULL when there is no such key. */
const struct yaml_entry *yaml_find(const struct yaml_doc *doc, const char *key);

#endif
