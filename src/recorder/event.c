/* event.c - see event.h: events that carry no value, and the exceptions. */
#include "base/base.h"

#include "recorder/event.h"

/* A record without a value: done (written, or lost and counted), or to be written again where there is room now. */
static bool put_small(struct rec_thread *t, struct rec_writing *w)
{
    if (!rec_commit(t, w)) {
        if (rec_thread_make_small_room(t))
            return false;
        rec_lose(t);
    }
    rec_thread_settle(t);
    return true;
}

void rec_return_short(struct rec_thread *t, const struct rec_frame *f)
{
    for (;;) {
        struct rec_writing w = rec_begin(t);

        trail_encode_end_of(&w.out, w.units, TRAIL_END_RETURNED, rec_ref(t, f->call));
        trail_put_u8(&w.out, TRAIL_TAG_BUDGET);
        if (put_small(t, &w))
            return;
    }
}

void rec_yield(struct rec_thread *t, struct rec_frame *f)
{
    struct rec_frame was = *f;

    if (UNLIKELY(f != t->top))
        rec_abandon_above(t, f);
    for (; was.call != 0;) {
        struct rec_writing w = rec_begin(t);

        trail_encode_yield(&w.out, w.units);
        if (put_small(t, &w))
            break;
    }
    if (!suspended_put(was.frame, was.call, was.code))
        rec_thread_lose(t, TRAIL_LOSS_MEMORY);
    t->top--;
}

void rec_resume(struct rec_thread *t, uintptr_t frame, bool thrown)
{
    uint64_t call;
    uint32_t code;

    if (!suspended_take(frame, &call, &code))
        return;
    for (; call != 0;) {
        struct rec_writing w = rec_begin(t);

        trail_encode_resume(&w.out, w.units, rec_ref(t, call), thrown ? TRAIL_RESUME_THROWN : 0);
        if (put_small(t, &w))
            break;
    }
    rec_push(t, frame, call, code);
}

static void write_end_of(struct rec_thread *t, uint64_t call, enum trail_end_of outcome)
{
    for (; call != 0;) {
        struct rec_writing w = rec_begin(t);

        trail_encode_end_of(&w.out, w.units, outcome, rec_ref(t, call));
        if (put_small(t, &w))
            return;
    }
}

void rec_end_of(struct rec_thread *t, struct rec_frame *f, enum trail_end_of outcome)
{
    write_end_of(t, f->call, outcome);
    rec_drop(t, f);
}

void rec_reused(struct rec_thread *t, uintptr_t frame)
{
    uint64_t call;
    uint32_t code;

    if (suspended_take(frame, &call, &code))
        write_end_of(t, call, TRAIL_END_CLOSED);
}

void rec_abandon_above(struct rec_thread *t, struct rec_frame *f)
{
    while (t->top > f)
        rec_end_of(t, t->top, TRAIL_END_UNSEEN);
}

/* ---- exceptions -------------------------------------------------------------------------- */

struct rec_exception *rec_exception_find(struct rec_thread *t, const void *object)
{
    for (int i = 0; i < REC_RECENT; i++)
        if (t->recent[i].object == object)
            return object != NULL ? &t->recent[i] : NULL;
    return NULL;
}

struct rec_exception *rec_raise(struct rec_thread *t, const void *object, const void *tail,
                                struct trail_raise *raise, const void *context)
{
    struct rec_exception *before = rec_exception_find(t, context);

    if (before != NULL) {
        raise->flags |= TRAIL_RAISE_CONTEXT;
        raise->context = t->last_exception + 1 - before->number;
    }
    for (;;) {
        struct rec_writing w = rec_begin(t);

        trail_encode_raise(&w.out, w.units, raise);
        if (rec_commit(t, &w))
            break;
        if (!rec_thread_make_room(t)) {
            rec_lose(t);
            return NULL;
        }
    }
    memmove(t->recent + 1, t->recent, sizeof(t->recent[0]) * (REC_RECENT - 1));
    t->recent[0].object = object;
    t->recent[0].tail = tail;
    t->recent[0].number = ++t->last_exception;
    t->recent[0].flying = true;
    return &t->recent[0];
}

/* The format's HANDLED and UNWIND speak of the current exception: the one of the last RAISE or RERAISE. */
static void make_current(struct rec_thread *t, struct rec_exception *e)
{
    if (e != &t->recent[0] || !e->flying)
        rec_reraise(t, e);
}

void rec_reraise(struct rec_thread *t, struct rec_exception *e)
{
    struct rec_exception moved = *e;

    for (;;) {
        struct rec_writing w = rec_begin(t);

        trail_encode_reraise(&w.out, w.units, t->last_exception - e->number);
        if (put_small(t, &w))
            break;
    }
    /* The newest first, so that recent[0] is the current one. */
    memmove(t->recent + 1, t->recent, (size_t)(e - t->recent) * sizeof(*e));
    moved.flying = true;
    t->recent[0] = moved;
}

void rec_handled(struct rec_thread *t, struct rec_exception *e, uint32_t code, uint32_t at)
{
    if (!e->flying)
        return;
    make_current(t, e);
    for (;;) {
        struct rec_writing w = rec_begin(t);

        trail_encode_handled(&w.out, w.units, code, at);
        if (put_small(t, &w))
            break;
    }
    t->recent[0].flying = false;
}

void rec_unwind(struct rec_thread *t, struct rec_frame *f, struct rec_exception *e)
{
    if (f->call == 0) {
        rec_drop(t, f);
        return;
    }
    make_current(t, e);
    if (UNLIKELY(f != t->top)) {
        rec_end_of(t, f, TRAIL_END_RAISED);
        return;
    }
    for (;;) {
        struct rec_writing w = rec_begin(t);

        trail_encode_unwind(&w.out, w.units);
        if (put_small(t, &w))
            break;
    }
    t->top--;
}
