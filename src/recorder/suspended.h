/*
 * suspended.h - the calls that are suspended (generators, coroutines), found by their frame.
 *
 * A generator's frame stays at one address for its whole life, and may be resumed by any thread, so there is one table for
 * the process. Protected by the GIL: every function here runs inside one of CPython's events. Without a GIL
 * (TRAIL_CONCURRENT, trail/page.h) they lock, but for _has, which is not asked then; and nobody looks near by himself.
 */
#ifndef RECORDER_SUSPENDED_H
#define RECORDER_SUSPENDED_H

#include "base/base.h"
#include "recorder/thread.h"

/* In front of the table: one place for each of a few hashes. A generator that a loop draws from stays in its place. */
#define SUSPENDED_NEAR_LOG 5
extern struct rec_frame suspended_near[1 << SUSPENDED_NEAR_LOG]; /* frame 0: empty */

static inline struct rec_frame *suspended_place(uintptr_t frame)
{
    return &suspended_near[(uint64_t)(frame >> 4) * UINT64_C(0x9e3779b97f4a7c15) >>
                           (64 - SUSPENDED_NEAR_LOG)];
}

/* Adds or replaces, by its frame. False when memory is out: the call's resumes will not be seen. */
bool suspended_put(const struct rec_frame *call);
/* Takes one out; false when there is none. */
bool suspended_take(uintptr_t frame, struct rec_frame *ret_call);
/* Is there one of this frame? */
bool suspended_is_known(uintptr_t frame);
/* Is there one of this code? Looks at all. */
bool suspended_has(uint32_t code);
/* Forgets all (in a forked child they belong to the parent's trace). */
void suspended_clear(void);

#endif
