/*
 * lines.h - bytes as they come, cut into lines, with a ceiling: a line that is longer is told once and passed over without being kept.
 *
 *     struct lines lines = LINES_INIT(LIMIT_MESSAGE_BYTES);
 *     lines_add(&lines, bytes, n);
 *     while ((what = lines_next(&lines, &text, &len)) != LINES_NONE) ...
 *     lines_end(&lines);                     // no more will come: what is left is a line too
 *     lines_release(&lines);
 *
 * Only \n ends a line: a U+2028 is data. A \r before it and blank lines are passed over.
 */
#ifndef MCP_LINES_H
#define MCP_LINES_H

#include "base/base.h"
#include "base/buf.h"

#define LIMIT_MESSAGE_BYTES (2 * 1024 * 1024)

enum lines_found { LINES_NONE, LINES_ONE, LINES_TOO_LONG };

struct lines {
    struct buf bytes; /* what came and was not given out */
    size_t start;     /* of the next line in it */
    size_t searched;  /* no \n before it */
    size_t most;
    bool passing_over, ended;
};

#define LINES_INIT(ceiling) {BUF_INIT(2 * (ceiling) + 1), 0, 0, (ceiling), false, false}

void lines_release(struct lines *lines);
/* At most `most` bytes at a time, and only when lines_next() has said LINES_NONE. */
void lines_add(struct lines *lines, const char *bytes, size_t len);
void lines_end(struct lines *lines);
/* The text is Borrowed until the next call. */
enum lines_found lines_next(struct lines *lines, const char **ret_text, size_t *ret_len);

#endif
