/*
 * function.h - one function as the recorder sees it: its number, its gear, and its slot in the statistics page.
 *
 * Hot loops are thinned, never hidden. A function begins in gear full: each call is recorded. After `threshold` calls within
 * the window it is timed: no record, but each call goes into its histogram. After `timed_calls` more within a window it is counted
 * only. After the reset interval it is back in full. A call that turns out odd (it raises, or takes ten times its median) is
 * recorded in every gear, up to `threshold` of them in a window.
 *
 * The budget counts calls down to the next decision, so that an ordinary call pays one decrement. With a GIL the caller holds
 * it. Without one each thread has a struct of its own for the function, and decides for itself; the slot is of all of them, and
 * what stands there for these decisions may be another thread's: then one is made earlier or later.
 */
#ifndef RECORDER_FUNCTION_H
#define RECORDER_FUNCTION_H

#include "base/base.h"
#include "trail/page.h"

enum rec_gear {
    REC_UNKNOWN = 0, /* not judged, or not yet in the registry */
    REC_FULL,
    REC_TIMED,
    REC_COUNTED,
    REC_STOPPED,  /* counted, because the recording has stopped itself */
    REC_LEFT_OUT, /* by a filter: the hook's, nothing of it is counted */
};

enum rec_function_flags {
    REC_SUSPENDS = 1 << 0, /* generator, coroutine, async generator */
    REC_DIRECT =
        1 << 1, /* each of its calls begins and ends where it was made, and no draw is asked */
    REC_SOFT = 1 << 2, /* counted, but its calls' ends are still heard: calls of before are open */
    REC_CHOSEN = 1 << 3, /* the filter has let it in */
    REC_QUICK =
        1
        << 4, /* REC_DIRECT, and nothing about its arguments is unusual: the shortest way is tried */
    REC_VOUCHED = 1 << 5,    /* compiled from a text that the user's own code has run */
    REC_REGISTERED = 1 << 6, /* its number is that of recorded code */
    REC_DEBUGGER = 1 << 7,   /* the hook's: a debugger is called by it */
};

#define REC_QUICK_ARGUMENTS 4 /* at most, on the shortest way */

struct rec_function {
    struct trail_slot *slot; /* Borrowed from the page; NULL: it needed none so far */
    uint32_t code;           /* in the registry; 0: not written yet */
    uint32_t budget;         /* calls to the next decision; at 0 it is due */
    uint32_t
        since_ms; /* when the window began; wraps around. While it is counted: the last look at the clock */
    uint16_t nargs; /* the hook's own */
    uint8_t gear;   /* enum rec_gear */
    uint8_t flags;  /* enum rec_function_flags */
};
_Static_assert(offsetof(struct rec_function, flags) == offsetof(struct rec_function, gear) + 1,
               "the hook looks at both at once");

/* Begins in full (or, at a sample rate of 0, counted). code is set. */
void rec_function_begin(struct rec_function *f);
/* The budget is spent: decides the gear of the call that begins now. Returns it. */
enum rec_gear rec_function_spent(struct rec_function *f);
/* Back to full, with a new window. */
void rec_function_reset(struct rec_function *f);
/* Its slot, made when it has none; the one of code 0 where there is no room. Never NULL. */
struct trail_slot *rec_function_slot(struct rec_function *f);
/* An odd call at `now`: may it be recorded? Takes one of the window's. */
bool rec_function_odd(struct trail_slot *slot, uint64_t now);
/* One event of the function with this code's number, 0: of none. */
void rec_function_lose(uint32_t code, enum trail_loss cause);
/* Counts a call that cannot be recorded for `cause`. */
void rec_function_lose_call(struct rec_function *f, enum trail_loss cause);

/* The slot of a code by its number, for what happens far from its entry: never NULL, the one of code 0 when it has none. */
struct trail_slot *rec_slot_of(uint32_t code);
/* The same for what could not be kept: codes that came late share the slot of code 0. */
struct trail_slot *rec_slot_of_loss(uint32_t code);
/* Forgets the slots (their page is gone). */
void rec_slots_clear(void);

#endif
