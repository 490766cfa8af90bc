/*
 * json.h - the small pieces of JSON text that ingest writes by hand, because it writes them for every call: numbers,
 * strings, keys. Everything it writes is valid JSON in valid UTF-8, whatever the bytes.
 */
#ifndef INGEST_JSON_H
#define INGEST_JSON_H

#include "base/base.h"
#include "base/buf.h"

#define JSON_NUMBER_MAX 32 /* bytes of the longest number */

/* "-12"; writes at most JSON_NUMBER_MAX bytes at p, returns the end. */
char *json_int_at(char *p, int64_t v);
void json_int(struct buf *out, int64_t v);
void json_uint(struct buf *out, uint64_t v);
/* The shortest usual form that reads back as the same number, always with a point or an exponent; v is finite. */
void json_double(struct buf *out, double v);

/* Is this UTF-8 without lone surrogates? */
bool json_is_clean(const uint8_t *text, size_t len);
/* The inside of a string, escaped. A lone surrogate becomes the six characters \udXXX, and bytes that are no UTF-8 become
 * U+FFFD. With `backslashes`, a backslash of the text becomes two, so that the surrogates' form can be told apart. */
void json_inside(struct buf *out, const uint8_t *text, size_t len, bool backslashes);
/* A whole string in quotes. */
void json_quoted(struct buf *out, const uint8_t *text, size_t len);
void json_text(struct buf *out, const char *text);
/* The same bytes as plain UTF-8 text, not JSON: lone surrogates and foreign bytes as above. */
void json_clean_text(struct buf *out, const uint8_t *text, size_t len);

#endif
