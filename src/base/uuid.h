/*
 * uuid.h - identities of traces and runs: RFC 9562 version 7 (time-ordered, random).
 * Thread-safe. Used on both sides.
 */
#ifndef BASE_UUID_H
#define BASE_UUID_H

#include "base/base.h"

#define UUID_BYTES 16
#define UUID_TEXT 37 /* with the NUL */

struct uuid {
    uint8_t bytes[UUID_BYTES]; /* big-endian, as printed */
};

/* Random bits from getrandom(2); where that fails, from clocks and ids (unique enough). */
struct uuid uuid_make(void);
/* The same, ordered as of that moment. */
struct uuid uuid_make_at(int64_t wall_ns);
/* 8-4-4-4-12 lower-case hex, NUL-terminated. */
void uuid_format(const struct uuid *u, char ret_text[UUID_TEXT]);
/* Accepts the printed form, either case; false for anything else. */
bool uuid_parse(const char *text, struct uuid *ret_uuid);
bool uuid_equal(const struct uuid *a, const struct uuid *b);
bool uuid_is_nil(const struct uuid *u);

#endif
