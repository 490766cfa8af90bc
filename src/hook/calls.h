/*
 * calls.h - the events of CPython, told to the recorder: the same for both backends.
 * Hot: call_begin and call_return are inline in the backend that uses them. Needs the GIL; raises nothing.
 */
#ifndef HOOK_CALLS_H
#define HOOK_CALLS_H

#include "hook/codes.h"
#include "hook/hook.h"
#include "hook/value_quick.h"
#include "recorder/event.h"
#include "recorder/function.h"
#include "recorder/recorder.h"

/* A call whose direct caller is not the top of the shadow stack: callbacks from code that is not recorded, the
 * first call of a thread, greenlets. Fills `from` (all but the code). */
void call_find_parent(struct rec_thread *t, struct _PyInterpreterFrame *caller,
                      struct trail_call_from *from);

/* An event of `f`, which is not the top: what stands above it either belongs to other greenlets of this thread, or
 * its end was not seen. */
void call_settle_above(struct rec_thread *t, struct rec_frame *f);

static inline bool call_is_sampled(struct rec_thread *t)
{
    uint64_t x;

    if (LIKELY(hook.sample_below > UINT32_MAX))
        return true;
    x = t->random += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64, Steele et al. 2014 */
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    x ^= x >> 31;
    return (x >> 32) < hook.sample_below;
}

/* One value for each argument. `cells_made`: arguments captured by inner functions are in their cells already. */
void call_put_arguments(struct trail_out *out, const struct code_entry *e,
                        const struct _PyInterpreterFrame *frame, bool cells_made);

/* A call that is not recorded, by the draw or for want of room: counted, timed, and on the stack, so that its children keep
 * their place. */
void call_sample_out(struct rec_thread *t, struct code_entry *e, uintptr_t frame);
void call_lose(struct rec_thread *t, struct code_entry *e, uintptr_t frame);

/* ---- the shortest way -------------------------------------------------------------------- */

/* Most arguments and results are small ints, None and short strings: those are put without a check for room. */
_Static_assert(3 * TRAIL_UV_MAX + REC_QUICK_ARGUMENTS * VALUE_QUICK_MAX <= REC_QUICK_BYTES,
               "all that is put without a check has room");

/* Is `caller`, the frame outside of one that begins, the recorded call on top, and is there room? */
static inline __attribute__((always_inline)) bool
call_has_place(const struct rec_thread *t, const struct _PyInterpreterFrame *caller)
{
    return LIKELY(t->top->frame == (uintptr_t)caller && t->top->call != 0) &&
           rec_stack_has_room(t) && rec_quick_can(t);
}

/* CALL up to its values. Returns the next place. */
static inline __attribute__((always_inline)) uint8_t *
call_quick_begin(struct rec_thread *t, const struct code_entry *e,
                 struct _PyInterpreterFrame *caller, uint64_t now)
{
    uint8_t *p = rec_quick_begin(t, TRAIL_CALL, now);

    memcpy(p, &e->number, sizeof(e->number));
    return trail_uv_at(p + e->number_len, pyc_frame_place(caller));
}

static inline __attribute__((always_inline)) void
call_quick_end(struct rec_thread *t, const struct code_entry *e,
               const struct _PyInterpreterFrame *frame, uint8_t *p)
{
    rec_quick_commit(t, p);
    rec_push_here(t, (uintptr_t)frame, ++t->last_call, e->f.code, NULL, t->now);
}

/* The call of a function that is REC_QUICK, at `now`. False: not a case for the shortest way; nothing was done. `caller`: the frame
 * outside of it, complete or not. */
static inline __attribute__((always_inline)) bool
call_begin_quickly(struct rec_thread *t, struct code_entry *e,
                   const struct _PyInterpreterFrame *frame, struct _PyInterpreterFrame *caller,
                   uint64_t now)
{
    uint8_t *p;

    if (!call_has_place(t, caller))
        return false;
    p = call_quick_begin(t, e, caller, now);
    for (unsigned i = 0, n = e->f.nargs; i < n; i++) {
        p = value_at(p, pyc_frame_slot(frame, i), &hook.quick_chars);
        if (UNLIKELY(p == NULL)) {
            e->f.flags &= (uint8_t)~REC_QUICK; /* most will come with the like again */
            return false;
        }
    }
    call_quick_end(t, e, frame, p);
    return true;
}

/* The same for any arguments, of a function that is REC_DIRECT. */
bool call_begin_directly(struct rec_thread *t, const struct code_entry *e,
                         const struct _PyInterpreterFrame *frame,
                         struct _PyInterpreterFrame *caller);

/* The same for a call that returns: of the top of the stack, recorded, with nothing to tell of its calls. */
static inline __attribute__((always_inline)) bool
call_return_quickly(struct rec_thread *t, const struct _PyInterpreterFrame *frame, PyObject *value,
                    uint64_t now)
{
    struct rec_frame *f = t->top;
    uint8_t *p;

    if (UNLIKELY(f->frame != (uintptr_t)frame || f->call == 0 || f->thinned > 0) ||
        !rec_quick_can(t))
        return false;
    p = value_at(rec_quick_begin(t, TRAIL_RETURN, now), value, &hook.quick_chars);
    if (UNLIKELY(p == NULL))
        return false;
    rec_quick_commit(t, p);
    rec_credit_recorded(f, t->now);
    t->top = f - 1;
    return true;
}

/* ---- any call ---------------------------------------------------------------------------- */

/* A call of a function in gear full begins. `caller`: the frame that called it, NULL for none. `cells_made`: arguments
 * captured by inner functions are in their cells already. */
void call_begin_otherwise(struct rec_thread *t, struct code_entry *e,
                          struct _PyInterpreterFrame *frame, struct _PyInterpreterFrame *caller,
                          bool cells_made);

static inline void call_begin(struct rec_thread *t, struct code_entry *e,
                              struct _PyInterpreterFrame *frame, struct _PyInterpreterFrame *caller,
                              bool cells_made)
{
    if (!(e->f.flags & REC_QUICK) || !call_begin_quickly(t, e, frame, caller, clock_register()))
        call_begin_otherwise(t, e, frame, caller, cells_made);
}

/* The shortest way of the next, at `now` by clock_register(). */
static inline __attribute__((always_inline)) bool
call_begin_timed_quickly(struct rec_thread *t, const struct code_entry *e, uintptr_t frame,
                         uint64_t now)
{
    struct trail_slot *slot = e->f.slot;
    uint32_t code = e->f.code;

    if (UNLIKELY((e->f.flags & REC_SUSPENDS) || !clock_is_register(t->clock)) ||
        !rec_stack_has_room(t) || UNLIKELY(now >= slot->reset_at))
        return false;
    trail_slot_count(slot);
    rec_push_here(t, frame, 0, code, slot, now);
    return true;
}

/* A call of a function in gear timed begins. False: it is time to go back to full, nothing was done. */
static inline bool call_begin_timed(struct rec_thread *t, struct code_entry *e, uintptr_t frame)
{
    uint64_t now = clock_ticks(t->clock);

    if (UNLIKELY(now >= e->f.slot->reset_at))
        return false;
    if (UNLIKELY(e->f.flags & REC_SUSPENDS))
        rec_closed(t, frame);
    trail_slot_count(e->f.slot);
    rec_push(t, frame, 0, e->f.code, e->f.slot, now);
    return true;
}

/* The call of `f`, which was only timed or counted, is odd: it is written down now, with its arguments as they are now, and is a
 * recorded call from here on. False: it stays as it is. `timed`: its start is known. */
bool call_promote(struct rec_thread *t, struct rec_frame *f, struct _PyInterpreterFrame *frame,
                  bool timed);

/* The end of a call that is not recorded, at `now`. True: it has taken so long that it was written down, and its RETURN is due. */
static inline bool call_return_unrecorded(struct rec_thread *t, struct rec_frame *f,
                                          struct _PyInterpreterFrame *frame, uint64_t now)
{
    if (f->slot == NULL) {
        rec_drop(t, f);
        return false;
    }
    if (UNLIKELY(rec_elapsed(f->start, now) > f->slot->slow_above) &&
        rec_function_odd(f->slot, now) && call_promote(t, f, frame, true))
        return true;
    rec_end_timed(t, f, &recorder.page, now);
    return false;
}

/* The shortest way of the next, for the end of a timed call that is on top, at `now` by clock_register(). False: another case,
 * nothing was done. */
static inline __attribute__((always_inline)) bool
call_return_timed_quickly(struct rec_thread *t, uintptr_t frame, uint64_t now)
{
    struct rec_frame *f = t->top;
    struct trail_slot *slot = f->slot;
    uint64_t took;
    uint32_t *count;

    if (UNLIKELY(f->frame != frame || slot == NULL || !clock_is_register(t->clock)))
        return false;
    took = rec_elapsed(f->start, now);
    if (UNLIKELY(took > slot->slow_above))
        return false;
    count = trail_slot_bucket(&recorder.page, slot, took);
    if (UNLIKELY(count == NULL))
        return false;
    t->top = f - 1;
    rec_credit_timed(f, now);
    trail_slot_time_in(slot, count, took, rec_elapsed(f->child, took));
    return true;
}

/* The call that runs in `frame` returned `value`. Nothing when it is not known. */
void call_return_otherwise(struct rec_thread *t, struct _PyInterpreterFrame *frame,
                           PyObject *value);

/* At `now`: by the clock that the shortest way has read, if it was tried. A later time may belong into another block of the histogram,
 * and the one that is missing would never be made. */
static inline void call_return(struct rec_thread *t, struct _PyInterpreterFrame *frame,
                               PyObject *value, uint64_t now)
{
    if (call_return_quickly(t, frame, value, now))
        return;
    if (t->top->frame == (uintptr_t)frame && t->top->call == 0 &&
        !call_return_unrecorded(t, t->top, frame, now))
        return;
    call_return_otherwise(t, frame, value);
}

/* A suspended call runs on; `caller`: in whom. */
void call_resume(struct rec_thread *t, struct _PyInterpreterFrame *frame,
                 struct _PyInterpreterFrame *caller, bool thrown);

/* ---- exceptions (exceptions.c) ----------------------------------------------------------- */

/* An exception as the backend sees it; `value` may be NULL or no instance on 3.11. */
struct call_exception {
    PyObject *type, *value, *traceback;
};

/* The remembered exception that this one is, or NULL: a new one, also where an address is used again. */
struct rec_exception *call_known(struct rec_thread *t, const struct call_exception *exception);
/* It was raised in, or reached, the frame of the top call. Told once for each exception, however many frames it crosses. Returns
 * what it is remembered as, or NULL when it could not be written. */
struct rec_exception *call_raise(struct rec_thread *t, struct _PyInterpreterFrame *frame,
                                 const struct call_exception *exception);
/* Before 3.12 nobody says that an exception is handled. But where the thread does something else, one that left a call and
 * flew in the call on top was; of one that flew in code that is not recorded nothing is known. In a finally block it comes again, and
 * is told as raised again. */
void call_settle_flying(struct rec_thread *t);
/* It was raised in, or reached, a frame that is not recorded. If that is a new one at the address of one that is remembered,
 * then that one is dead: C code swallowed it, and nobody said so. */
void call_raise_elsewhere(struct rec_thread *t, const struct call_exception *exception);
/* The call of `frame` ends by it. */
void call_unwind(struct rec_thread *t, struct _PyInterpreterFrame *frame,
                 struct _PyInterpreterFrame *outer, const struct call_exception *exception);
/* The same for a call of a counted or stopped function, which is not on the stack. `t` may be NULL: then it is only counted. */
void call_unwind_counted(struct rec_thread *t, struct code_entry *e,
                         struct _PyInterpreterFrame *frame, struct _PyInterpreterFrame *outer,
                         const struct call_exception *exception);

#endif
