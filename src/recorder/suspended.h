/*
 * suspended.h - the calls that are suspended (generators, coroutines), found by their frame.
 *
 * A generator's frame stays at one address for its whole life, and may be resumed by any thread, so there is one table for
 * the process. Protected by the GIL: every function here runs inside one of CPython's events.
 */
#ifndef RECORDER_SUSPENDED_H
#define RECORDER_SUSPENDED_H

#include "base/base.h"
#include "recorder/thread.h"

/* Adds or replaces, by its frame. False when memory is out: the call's resumes will not be seen. */
bool suspended_put(const struct rec_frame *call);
/* Takes one out; false when there is none. */
bool suspended_take(uintptr_t frame, struct rec_frame *ret_call);
/* Is there one of this code? Looks at all. */
bool suspended_has(uint32_t code);
/* Forgets all (in a forked child they belong to the parent's trace). */
void suspended_clear(void);

#endif
