/*
 * escape.h - text made safe: for JSON, for a terminal. Any bytes are fine as input. No state.
 */
#ifndef RENDER_ESCAPE_H
#define RENDER_ESCAPE_H

#include "base/base.h"
#include "base/buf.h"
#include "query/answer.h"

/* A JSON string with its quotes. What is not UTF-8 becomes U+FFFD, so that every parser takes it. */
void escape_json(struct buf *out, const char *text, size_t len);

/*
 * One line of text for a person: control characters, invalid bytes and what turns a line's direction round come as escapes
 * (\n, \x1b, \u202e). Stops before `max_width` columns are passed and puts an ellipsis there (0: no limit). Returns the
 * columns that it takes.
 */
size_t escape_line(struct buf *out, const char *text, size_t len, size_t max_width);

/* 2026-01-31T12:00:00.123456; `between` is the T or a blank, `digits` of the second's fraction: 0, 3 or 6. */
#define ESCAPE_TIME_BYTES 40
void escape_time(char out[ESCAPE_TIME_BYTES], int64_t microseconds, char between, int digits);

/* A number that reads back as the same double; NaN and the infinities as the strings that the store uses. */
#define ESCAPE_DOUBLE_BYTES 40
void escape_double(char out[ESCAPE_DOUBLE_BYTES], double v);

/* A cell as one JSON value, without any newline. */
void escape_cell(struct buf *out, const struct cell *cell, enum column_type type);
/* A row as one JSON object, without any newline. */
void escape_row(struct buf *out, const struct part *part, const struct row *row);

#endif
