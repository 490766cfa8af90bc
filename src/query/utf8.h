/*
 * utf8.h - walking over bytes that should be UTF-8 but may be anything. No state.
 */
#ifndef QUERY_UTF8_H
#define QUERY_UTF8_H

#include "base/base.h"

/* Takes one code point off `len` bytes (len > 0). Returns the bytes it took, 1 to 4, and the code point; or 0 when
 * they are not UTF-8 (surrogates, overlong forms, beyond U+10FFFF): step over one byte then. */
size_t utf8_next(const char *bytes, size_t len, uint32_t *ret_code);
bool utf8_valid(const char *bytes, size_t len);

#endif
