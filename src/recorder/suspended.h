/*
 * suspended.h - the calls that are suspended (generators, coroutines), found by their frame.
 *
 * A generator's frame stays at one address for its whole life, and may be resumed by any thread, so there is one table for
 * the process. Protected by the GIL: every function here runs inside one of CPython's events.
 */
#ifndef RECORDER_SUSPENDED_H
#define RECORDER_SUSPENDED_H

#include "base/base.h"

/* Adds or replaces. False when memory is out: the call's resumes will not be seen. */
bool suspended_put(uintptr_t frame, uint64_t call, uint32_t code);
/* Takes one out; false when there is none. `call` may be 0: known, but not recorded. */
bool suspended_take(uintptr_t frame, uint64_t *ret_call, uint32_t *ret_code);
/* Forgets all (in a forked child they belong to the parent's trace). */
void suspended_clear(void);

#endif
