/*
 * forget.h - empties a table in a forked child.
 *
 * Writing zeros there would copy each page of the parent's first, to overwrite it; pages that are given back are zero when they
 * are touched again, and most never are.
 */
#ifndef HOOK_FORGET_H
#define HOOK_FORGET_H

#include "base/base.h"

#include <sys/mman.h>

#define FORGET_PAGE \
    4096 /* a table that begins and ends with one, of memory that is no file's, like all that begins as zero */

static inline void forget_memory(void *table, size_t size)
{
    if (madvise(table, size, MADV_DONTNEED) < 0)
        memset(table, 0, size);
}

#endif
