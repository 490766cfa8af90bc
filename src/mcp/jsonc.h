/*
 * jsonc.h - places in JSON with comments and commas at the end (JSONC), for edits that leave all else as it is.
 *
 *     struct jsonc doc;
 *     if (jsonc_read(&doc, text)) ...          // doc.plain is JSON now, or the text is not JSONC
 *     place = jsonc_find(&doc, jsonc_next(doc.plain, 0), "servers");
 *     ... text[place.found.value, place.found.end) ...
 *     jsonc_release(&doc);
 *
 * What is no JSON is blanked in copies, byte for byte, so that a place there is a place of the text itself.
 */
#ifndef MCP_JSONC_H
#define MCP_JSONC_H

#include "base/base.h"
#include "base/buf.h"

#define JSONC_BLANKS " \t\r\n"

struct jsonc {
    const char *text;    /* Borrowed */
    char *no_comments;   /* Owned: comments are blanks */
    char *plain;         /* Owned: commas before a bracket are blanks too: JSON */
    const char *newline; /* as the text has it */
    char unit[9];        /* what one level is set in by */
};

struct jsonc_member {
    size_t key, value, end; /* where its key and value begin, and behind it; end 0: there is none */
};

/* A member of an object, or the place for it. */
struct jsonc_place {
    size_t open, close; /* its brackets */
    struct jsonc_member found, before, last;
    bool alone; /* the found one has no siblings */
};

/* False: memory is out. Release it in any case. */
bool jsonc_read(struct jsonc *doc, const char *text);
void jsonc_release(struct jsonc *doc);

/* The first byte from here on that is no blank. */
size_t jsonc_next(const char *text, size_t at);
/* In the object that opens here; the plain text is known to be JSON. */
struct jsonc_place jsonc_find(const struct jsonc *doc, size_t open, const char *name);
/* Behind the last thing before a place that is no blank: a comment is a thing. */
size_t jsonc_content_end(const struct jsonc *doc, size_t at);
/* Whether a place stands behind a comment that goes on to the end of its line. */
bool jsonc_in_line_comment(const struct jsonc *doc, size_t at);
/* What the line of a place begins with. */
void jsonc_put_indent(const struct jsonc *doc, size_t at, struct buf *out);

#endif
