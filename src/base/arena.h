/*
 * arena.h - memory that is allocated piece by piece and freed at once: one arena an answer.
 *
 *     struct arena a = ARENA_INIT(LIMIT_ANSWER_BYTES);
 *     char *name = arena_printf(&a, "%s.%s", module, function);
 *     arena_release(&a);
 *
 * What it returns is Borrowed from the arena and lives until arena_release(). NULL means that the
 * ceiling was reached or memory is out. Not thread-safe. Host only.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/base.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; /* Owned, newest first */
    size_t used;                /* bytes handed out */
    size_t max;                 /* ceiling of used */
};

#define ARENA_INIT(ceiling) {NULL, 0, (ceiling)}

void arena_release(struct arena *a);
/* `size` bytes, zeroed, aligned for any type. */
void *arena_alloc(struct arena *a, size_t size);
char *arena_strdup(struct arena *a, const char *text);
/* A copy of `len` bytes with a NUL behind. */
char *arena_copy(struct arena *a, const void *bytes, size_t len);
char *arena_printf(struct arena *a, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
