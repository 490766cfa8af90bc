/* arena.c - see arena.h. Blocks double in size, so that an answer needs a handful of mallocs. */
#include "base/base.h"

#include "base/arena.h"

#define FIRST_BLOCK 4096
#define LARGEST_BLOCK (1024 * 1024)

struct arena_block {
    struct arena_block *next; /* Owned */
    size_t used, size;        /* of bytes[] */
    max_align_t bytes[];
};

void arena_release(struct arena *a)
{
    while (a->blocks != NULL) {
        struct arena_block *next = a->blocks->next;

        free(a->blocks);
        a->blocks = next;
    }
    a->used = 0;
}

static struct arena_block *add_block(struct arena *a, size_t size)
{
    size_t want = a->blocks != NULL ? a->blocks->size * 2 : FIRST_BLOCK;
    struct arena_block *block;

    if (want > LARGEST_BLOCK)
        want = LARGEST_BLOCK;
    if (want < size)
        want = size;
    block = malloc(sizeof(*block) + want);
    if (block == NULL)
        return NULL;
    block->next = a->blocks;
    block->used = 0;
    block->size = want;
    a->blocks = block;
    return block;
}

void *arena_alloc(struct arena *a, size_t size)
{
    struct arena_block *block = a->blocks;
    void *p;

    if (size > a->max || a->used > a->max - size)
        return NULL;
    size = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    if (block == NULL || block->size - block->used < size) {
        block = add_block(a, size);
        if (block == NULL)
            return NULL;
    }
    p = (char *)block->bytes + block->used;
    block->used += size;
    a->used += size;
    memset(p, 0, size);
    return p;
}

char *arena_copy(struct arena *a, const void *bytes, size_t len)
{
    char *p = len < SIZE_MAX ? arena_alloc(a, len + 1) : NULL;

    if (p != NULL && len > 0)
        memcpy(p, bytes, len);
    return p;
}

char *arena_strdup(struct arena *a, const char *text)
{
    return arena_copy(a, text, strlen(text));
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args, again;
    char *p = NULL;
    int need;

    va_start(args, format);
    va_copy(again, args);
    need = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (need >= 0)
        p = arena_alloc(a, (size_t)need + 1);
    if (p != NULL)
        vsnprintf(p, (size_t)need + 1, format, again);
    va_end(again);
    return p;
}
