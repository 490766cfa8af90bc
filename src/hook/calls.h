/*
 * calls.h - the events of CPython, told to the recorder: the same for both backends.
 * Hot: call_begin and call_return are inline in the backend that uses them. Needs the GIL; raises nothing.
 */
#ifndef HOOK_CALLS_H
#define HOOK_CALLS_H

#include "hook/codes.h"
#include "hook/hook.h"
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

static inline void call_put_arguments(struct trail_out *out, const struct code_entry *e,
                                      const struct _PyInterpreterFrame *frame, bool cells_made)
{
    const uint8_t *full = out->p + LIMIT_RECORD_BYTES / 2;
    uint64_t cells = 0;

    if (UNLIKELY(e->f.flags & REC_CELLS) && cells_made)
        cells = codes_cells(e->code, e->f.nargs);
    for (unsigned i = 0; i < e->f.nargs; i++) {
        PyObject *value = pyc_frame_slot(frame, i);

        if (UNLIKELY(cells != 0) && i < 64 && (cells >> i & 1))
            value = pyc_cell_content(value);
        if (UNLIKELY(out->p > full))
            trail_put_u8(out,
                         TRAIL_TAG_BUDGET); /* hundreds of arguments: one record has its limit */
        else
            value_put(out, value, &hook.limits);
    }
}

/* A call that is not recorded, by the draw or for want of room: counted, timed, and on the stack, so that its children keep
 * their place. */
void call_sample_out(struct rec_thread *t, struct code_entry *e, uintptr_t frame);
void call_lose(struct rec_thread *t, struct code_entry *e, uintptr_t frame);

/* A call of a function in gear full begins. `caller`: the frame that called it, NULL for none. `cells_made`: arguments
 * captured by inner functions are in their cells already. */
static inline void call_begin(struct rec_thread *t, struct code_entry *e,
                              struct _PyInterpreterFrame *frame, struct _PyInterpreterFrame *caller,
                              bool cells_made)
{
    struct trail_call_from from;
    struct rec_writing w;
    bool direct = t->top->frame == (uintptr_t)caller && t->top->call != 0;
    int at = direct ? pyc_frame_position(caller) : 0;

    if (UNLIKELY(e->f.flags & REC_SUSPENDS))
        rec_reused(t, (uintptr_t)frame);
    if (UNLIKELY(!call_is_sampled(t))) {
        call_sample_out(t, e, (uintptr_t)frame);
        return;
    }
    if (UNLIKELY(!direct)) {
        call_find_parent(t, caller, &from);
        from.code = e->f.code;
    }
    for (;;) {
        w = rec_begin(t);
        if (LIKELY(direct))
            trail_encode_call(&w.out, w.units, e->f.code, (uint64_t)(at + 1));
        else
            trail_encode_call_from(&w.out, w.units, &from);
        call_put_arguments(&w.out, e, frame, cells_made);
        if (LIKELY(rec_commit(t, &w)))
            break;
        if (!rec_thread_make_room(t)) {
            call_lose(t, e, (uintptr_t)frame);
            return;
        }
    }
    rec_push(t, (uintptr_t)frame, rec_call_id(t, ++t->last_call), e->f.code, NULL, w.ticks);
}

/* A call of a function in gear timed begins. False: it is time to go back to full, nothing was done. */
static inline bool call_begin_timed(struct rec_thread *t, struct code_entry *e, uintptr_t frame)
{
    uint64_t now = clock_ticks(t->clock);

    if (UNLIKELY(now >= e->f.slot->reset_at))
        return false;
    if (UNLIKELY(e->f.flags & REC_SUSPENDS))
        rec_reused(t, frame);
    trail_slot_count(e->f.slot);
    rec_push(t, frame, 0, e->f.code, e->f.slot, now);
    return true;
}

/* The call of `f`, which was only timed or counted, is odd: it is written down now, with its arguments as they are now, and is a
 * recorded call from here on. False: it stays as it is. `timed`: its start is known. */
bool call_promote(struct rec_thread *t, struct rec_frame *f, struct _PyInterpreterFrame *frame,
                  bool timed);

/* The end of a call that is not recorded. True: it has taken so long that it was written down, and its RETURN is due. */
static inline bool call_return_unrecorded(struct rec_thread *t, struct rec_frame *f,
                                          struct _PyInterpreterFrame *frame)
{
    uint64_t now;

    if (f->slot == NULL) {
        rec_drop(t, f);
        return false;
    }
    now = clock_ticks(t->clock);
    if (UNLIKELY(rec_elapsed(f->start, now) > f->slot->slow_above) &&
        rec_function_odd(f->slot, now) && call_promote(t, f, frame, true))
        return true;
    rec_end_timed(t, f, &recorder.page, now);
    return false;
}

/* The call that runs in `frame` returned `value`. Nothing when it is not known. */
static inline void call_return(struct rec_thread *t, struct _PyInterpreterFrame *frame,
                               PyObject *value)
{
    struct rec_frame *f = rec_find(t, (uintptr_t)frame);
    struct rec_writing w;

    if (UNLIKELY(f == NULL))
        return;
    if (UNLIKELY(f != t->top))
        call_settle_above(t, f);
    if (f->call == 0 && !call_return_unrecorded(t, f, frame))
        return;
    if (UNLIKELY(f->thinned > 0) && f == t->top)
        rec_put_thinned(t, f);
    for (;;) {
        w = rec_begin(t);
        if (LIKELY(f == t->top))
            trail_encode_return(&w.out, w.units);
        else
            trail_encode_end_of(&w.out, w.units, TRAIL_END_RETURNED, rec_ref(t, f->call));
        value_put(&w.out, value, &hook.limits);
        if (LIKELY(rec_commit(t, &w)))
            break;
        if (!rec_thread_make_room(t)) {
            rec_return_short(t, f);
            break;
        }
    }
    rec_credit(f, w.ticks);
    rec_drop(t, f);
}

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
/* The call of `frame` ends by it. */
void call_unwind(struct rec_thread *t, struct _PyInterpreterFrame *frame,
                 struct _PyInterpreterFrame *outer, const struct call_exception *exception);
/* The same for a call of a counted function, which is not on the stack. */
void call_unwind_counted(struct rec_thread *t, struct code_entry *e,
                         struct _PyInterpreterFrame *frame, struct _PyInterpreterFrame *outer,
                         const struct call_exception *exception);

#endif
