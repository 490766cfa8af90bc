/*
 * twins.h - code objects that are compiled anew, with all that the registry tells of them the same: a program that compiles
 * for ever would fill the registry with one function. Who comes when its twin has gone takes over its number; while both
 * live, each has its own. Without a GIL they share it: there code objects end when the garbage collector comes, many at a time, and
 * a number is in use by several threads, each with its own gear, anyway.
 *
 *     twin_hash(&info) ... twins_take(hash) ... twins_keep(hash, code) ... twins_leave(code) when the code object ends
 *
 * Needs the GIL. What does not fit is registered anew.
 */
#ifndef HOOK_TWINS_H
#define HOOK_TWINS_H

#include "base/base.h"
#include "trail/encode.h"

/* Of everything that the registry would be told. */
uint64_t twins_hash(const struct trail_code_info *info);
/* The number of one that has gone, which is in use again from now on; 0: there is none. */
uint32_t twins_take(uint64_t hash);
/* A number that is new. */
void twins_keep(uint64_t hash, uint32_t code);
/* Nobody uses the number any more. */
void twins_leave(uint32_t code);
/* The numbers are another process's. */
void twins_clear(void);

#endif
