/* yaml.c - see yaml.h. */
#include "base/base.h"

#include "settings/yaml.h"

#include <yaml.h>

/* libyaml counts characters where we need bytes. It reads forwards only, and so do we. */
struct place {
    const char *text;
    size_t len;
    size_t character, byte;
    size_t before; /* bytes of the file that stand before the text: a byte order mark */
};

struct reader {
    yaml_parser_t parser;
    yaml_event_t event;
    bool has_event;
    struct place place;
    const char *where;
    struct yaml_doc doc;
    struct error *err;
};

static size_t byte_of(struct place *p, size_t character)
{
    if (character < p->character)
        p->character = p->byte = 0;
    while (p->character < character && p->byte < p->len) {
        p->byte++;
        while (p->byte < p->len && ((unsigned char)p->text[p->byte] & 0xc0) == 0x80)
            p->byte++;
        p->character++;
    }
    return p->before + p->byte;
}

static int no_memory(struct error *err)
{
    return error_set(err, ERR_FAILED, "out of memory for the settings");
}

static int problem_at(const struct reader *r, const yaml_mark_t *mark, const char *problem)
{
    return error_set(r->err, ERR_INVALID_SETTING, "%s (%s, line %zu, column %zu)", problem,
                     r->where, mark->line + 1, mark->column + 1);
}

static int problem_to_mend(const struct reader *r, const char *problem, const char *advice)
{
    problem_at(r, &r->event.start_mark, problem);
    return error_suggest(r->err, "%s", advice);
}

static size_t line_of(const char *text, size_t len)
{
    size_t line = 1;

    for (size_t i = 0; i < len; i++)
        line += text[i] == '\n';
    return line;
}

static int problem_of_parser(const struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    const char *problem = p->problem != NULL ? p->problem : "it is not YAML";

    if (p->error == YAML_MEMORY_ERROR)
        return no_memory(r->err);
    if (p->error == YAML_READER_ERROR) {
        size_t at = p->problem_offset < r->place.len ? p->problem_offset : r->place.len;

        error_set(r->err, ERR_INVALID_SETTING, "%s at byte %zu (%s, line %zu)", problem,
                  r->place.before + at, r->where, line_of(r->place.text, at));
        return error_suggest(r->err, "save the file as UTF-8 text");
    }
    problem_at(r, &p->problem_mark, problem);
    if (p->context != NULL)
        return error_suggest(r->err, "it was found %s that began in line %zu", p->context,
                             p->context_mark.line + 1);
    return error_suggest(r->err,
                         "a line is 'key: value', and a list has '  - item' lines below its key");
}

static const char *tag_of(const yaml_event_t *e)
{
    if (e->type == YAML_SCALAR_EVENT)
        return (const char *)e->data.scalar.tag;
    if (e->type == YAML_SEQUENCE_START_EVENT)
        return (const char *)e->data.sequence_start.tag;
    return e->type == YAML_MAPPING_START_EVENT ? (const char *)e->data.mapping_start.tag : NULL;
}

/* Those of YAML itself say what the table says anyway. Any other asks for an object of some language. */
static bool is_plain_tag(const char *tag)
{
    static const char *const core[] = {"str", "int", "float", "bool", "null", "seq", "map"};
    static const char prefix[] = "tag:yaml.org,2002:";

    if (tag == NULL || strcmp(tag, "!") == 0)
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(core); i++)
        if (strncmp(tag, prefix, sizeof(prefix) - 1) == 0 &&
            strcmp(tag + sizeof(prefix) - 1, core[i]) == 0)
            return true;
    return false;
}

/* The next event, which stays ours until the one after it. */
static int next(struct reader *r)
{
    if (r->has_event)
        yaml_event_delete(&r->event);
    r->has_event = yaml_parser_parse(&r->parser, &r->event) != 0;
    if (!r->has_event)
        return problem_of_parser(r);
    if (r->event.type == YAML_ALIAS_EVENT)
        return problem_to_mend(r, "an alias (*name) is not supported in settings",
                               "write the values out");
    if (!is_plain_tag(tag_of(&r->event)))
        return problem_to_mend(r, "a tag (!name) is not supported in settings",
                               "write the value without it");
    return 0;
}

/* ---- words -------------------------------------------------------------------------------- */

static int take_word(struct reader *r, struct yaml_word *ret)
{
    const yaml_event_t *e = &r->event;
    size_t len = e->data.scalar.length;

    if (memchr(e->data.scalar.value, '\0', len) != NULL)
        return problem_to_mend(r, "the value holds a NUL character", "write it without \\0");
    ret->text = strndup((const char *)e->data.scalar.value, len);
    if (ret->text == NULL)
        return no_memory(r->err);
    ret->line = (uint32_t)e->start_mark.line + 1;
    ret->column = (uint32_t)e->start_mark.column + 1;
    ret->start = byte_of(&r->place, e->start_mark.index);
    ret->end = byte_of(&r->place, e->end_mark.index);
    return 0;
}

/* Doubles where the count is a power of two: no capacity to keep. */
static void *room_for(void *array, size_t count, size_t size)
{
    if (count > 0 && (count & (count - 1)) != 0)
        return array;
    return realloc(array, (count > 0 ? count * 2 : 1) * size);
}

static int add_item(struct reader *r, struct yaml_entry *entry)
{
    struct yaml_word *more = room_for(entry->items, entry->count, sizeof(*more));

    if (more == NULL)
        return no_memory(r->err);
    entry->items = more;
    more[entry->count] = (struct yaml_word){0};
    return take_word(r, &more[entry->count++]);
}

static bool is_null(const yaml_event_t *e)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};

    for (size_t i = 0; i < ARRAY_SIZE(nulls); i++)
        if (strcmp((const char *)e->data.scalar.value, nulls[i]) == 0)
            return e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return false;
}

/* ---- entries ------------------------------------------------------------------------------ */

static int read_list(struct reader *r, struct yaml_entry *entry)
{
    int ret;

    entry->kind = YAML_LIST;
    entry->flow = r->event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
    while ((ret = next(r)) == 0 && r->event.type != YAML_SEQUENCE_END_EVENT) {
        if (r->event.type != YAML_SCALAR_EVENT)
            return problem_to_mend(r, "a list of settings holds words only",
                                   "write one word in each '  - item' line");
        if (entry->count == YAML_MOST_ITEMS)
            return problem_to_mend(r, "the list is too long",
                                   "globs say it shorter: pkg.* is pkg and all below it");
        ret = add_item(r, entry);
        if (ret < 0)
            return ret;
    }
    if (ret < 0)
        return ret;
    /* libyaml ends a block list where the next key begins. */
    entry->end = entry->flow || entry->count == 0 ? byte_of(&r->place, r->event.end_mark.index)
                                                  : entry->items[entry->count - 1].end;
    return 0;
}

static int read_value(struct reader *r, struct yaml_entry *entry)
{
    int ret = next(r);

    if (ret < 0)
        return ret;
    entry->start = byte_of(&r->place, r->event.start_mark.index);
    entry->end = byte_of(&r->place, r->event.end_mark.index);
    if (r->event.type == YAML_SEQUENCE_START_EVENT)
        return read_list(r, entry);
    if (r->event.type != YAML_SCALAR_EVENT)
        return problem_to_mend(r, "a setting is a value or a list, not a mapping",
                               "write 'key: value', or '  - item' lines below the key");
    if (is_null(&r->event))
        return 0;
    entry->kind = YAML_WORD;
    return add_item(r, entry);
}

static int read_entry(struct reader *r)
{
    struct yaml_entry *more, *entry;
    int ret;

    if (r->event.type != YAML_SCALAR_EVENT)
        return problem_to_mend(r, "the name of a setting is one word",
                               "each line is like 'sample_rate: 0.5'");
    if (r->doc.count == YAML_MOST_ENTRIES)
        return problem_to_mend(r, "the file has too many settings",
                               "'breadcrumb config keys' lists those that there are");
    more = room_for(r->doc.entries, r->doc.count, sizeof(*more));
    if (more == NULL)
        return no_memory(r->err);
    r->doc.entries = more;
    entry = &more[r->doc.count++];
    *entry = (struct yaml_entry){0};
    ret = take_word(r, &entry->key);
    if (ret < 0)
        return ret;
    for (const struct yaml_entry *e = more; e < entry; e++)
        if (strcmp(e->key.text, entry->key.text) == 0) {
            error_set(r->err, ERR_INVALID_SETTING, "'%.100s' is set twice (%s, lines %u and %u)",
                      e->key.text, r->where, e->key.line, entry->key.line);
            return error_suggest(r->err, "remove one of the two lines");
        }
    return read_value(r, entry);
}

static int read_mapping(struct reader *r)
{
    struct yaml_doc *doc = &r->doc;
    int ret;

    doc->flow = r->event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
    doc->end = byte_of(&r->place, r->event.start_mark.index + 1); /* behind its brace */
    while ((ret = next(r)) == 0 && r->event.type != YAML_MAPPING_END_EVENT)
        if ((ret = read_entry(r)) < 0)
            return ret;
    if (ret < 0)
        return ret;
    if (!doc->flow)
        doc->end = byte_of(&r->place, r->event.start_mark.index);
    else if (doc->count > 0)
        doc->end = doc->entries[doc->count - 1].end;
    return 0;
}

static int read_document(struct reader *r)
{
    int ret;

    if ((ret = next(r)) < 0) /* the stream */
        return ret;
    if ((ret = next(r)) < 0 || r->event.type == YAML_STREAM_END_EVENT)
        return ret;
    if ((ret = next(r)) < 0)
        return ret;
    if (r->event.type == YAML_MAPPING_START_EVENT) {
        ret = read_mapping(r);
    } else if (r->event.type != YAML_SCALAR_EVENT || !is_null(&r->event)) {
        return problem_to_mend(r, "the file holds no settings",
                               "each line is like 'sample_rate: 0.5'");
    }
    if (ret < 0 || (ret = next(r)) < 0 || (ret = next(r)) < 0)
        return ret;
    if (r->event.type != YAML_STREAM_END_EVENT)
        return problem_to_mend(r, "the file has a second document",
                               "settings are one: take the line '---' out");
    return 0;
}

int yaml_parse(const char *text, size_t len, const char *where, struct yaml_doc *ret,
               struct error *err)
{
    /* libyaml would count it as a column: then the second line begins further left than the first. */
    size_t mark = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    struct reader r = {.place = {.before = mark}, .where = where, .doc = {.end = len}, .err = err};
    int code;

    if (!yaml_parser_initialize(&r.parser))
        return no_memory(err);
    /* Else a file that begins like UTF-16 would be taken for that. */
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    r.place.text = len > 0 ? text + mark : "";
    r.place.len = len - mark;
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)r.place.text, r.place.len);
    code = read_document(&r);
    if (r.has_event)
        yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    if (code < 0)
        yaml_release(&r.doc);
    else
        *ret = r.doc;
    return code;
}

void yaml_release(struct yaml_doc *doc)
{
    for (size_t i = 0; i < doc->count; i++) {
        struct yaml_entry *e = &doc->entries[i];

        for (size_t j = 0; j < e->count; j++)
            free(e->items[j].text);
        free(e->items);
        free(e->key.text);
    }
    free(doc->entries);
    *doc = (struct yaml_doc){NULL, 0, false, 0};
}

const struct yaml_entry *yaml_find(const struct yaml_doc *doc, const char *key)
{
    for (size_t i = 0; i < doc->count; i++)
        if (strcmp(doc->entries[i].key.text, key) == 0)
            return &doc->entries[i];
    return NULL;
}
