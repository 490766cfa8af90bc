/*
 * linetable.h - from a position in a code object to its source line: reads co_linetable of CPython 3.10 to 3.15.
 *
 *     struct linetable t = {0};
 *     linetable_load(&t, format, bytes, len, first_line);
 *     line = linetable_line(&t, at);              // 0: no line
 *     linetable_release(&t);
 *
 * Damaged tables give fewer lines, never a crash. Not thread-safe.
 */
#ifndef INGEST_LINETABLE_H
#define INGEST_LINETABLE_H

#include "base/base.h"

struct linetable_span {
    uint32_t end; /* one past the last 2-byte unit of bytecode */
    int32_t line; /* 0: none */
};

struct linetable {
    struct linetable_span *spans; /* Owned; ascending, without gaps */
    size_t n;
};

/* `format` as in the CODE record: 0 none, 1 of 3.11 and later, 2 of 3.10. False when memory is out. */
bool linetable_load(struct linetable *t, uint64_t format, const uint8_t *bytes, size_t len,
                    int32_t first_line);
void linetable_release(struct linetable *t);
int32_t linetable_line(const struct linetable *t, uint64_t unit);
/* The line of the unit, or where it has none of the next one that has. */
int32_t linetable_next_line(const struct linetable *t, uint64_t unit);

#endif
