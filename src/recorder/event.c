/* event.c - see event.h: events that carry no value, and the exceptions. */
#include "base/base.h"

#include "recorder/event.h"

#include "recorder/function.h"

void rec_lose(struct rec_thread *t, uint32_t code)
{
    recorder_lose_of(rec_slot_of_loss(code), t->full_for, 1);
}

void rec_put_thinned(struct rec_thread *t, struct rec_frame *f)
{
    uint64_t calls = f->thinned & ~(REC_ENTERS | REC_SECRET);
    struct rec_writing w;

    if (calls == 0)
        return;
    w = rec_begin(t);
    /* Not worth a loss: without it, the self time of one call is too long. */
    trail_encode_thinned(&w.out, w.units, calls, f->child >> t->shift);
    if (rec_commit(t, &w))
        f->thinned &= REC_ENTERS | REC_SECRET;
}

void rec_raise_timed(struct rec_thread *t, struct rec_frame *f)
{
    if (f->slot == NULL) { /* counted only */
        rec_drop(t, f);
        return;
    }
    trail_add64(&f->slot->raised, 1);
    rec_end_timed(t, f, &recorder.page, clock_ticks(t->clock));
}

/* A record without a value: done (written, or lost and counted), or to be written again where there is room now. */
static bool put_small(struct rec_thread *t, struct rec_writing *w, uint32_t code)
{
    if (!rec_commit(t, w)) {
        if (rec_thread_make_small_room(t))
            return false;
        rec_lose(t, code);
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
        if (put_small(t, &w, f->code))
            return;
    }
}

void rec_yield(struct rec_thread *t, struct rec_frame *f)
{
    uint64_t now = 0;

    if (UNLIKELY(f != t->top))
        rec_abandon_above(t, f);
    while (f->call != 0) {
        struct rec_writing w = rec_begin(t);

        now = w.ticks;
        trail_encode_yield(&w.out, w.units);
        if (put_small(t, &w, f->code))
            break;
    }
    if (f->call == 0)
        now = clock_ticks(t->clock);
    rec_credit(f, now);
    if (f->slot != NULL)
        f->child -= now; /* resumed, it gets the later now: together the time of the suspension */
    if (UNLIKELY(rec_enters(f)))
        rec_leave_task(t, f);
    if (!suspended_put(f))
        recorder_lose(TRAIL_LOSS_MEMORY, 1);
    t->top--;
}

void rec_resume(struct rec_thread *t, uintptr_t frame, bool thrown)
{
    struct rec_frame call;

    if (!suspended_take(frame, &call))
        return;
    while (call.call != 0) {
        struct rec_writing w = rec_begin(t);

        call.since = w.ticks;
        trail_encode_resume(&w.out, w.units, rec_ref(t, call.call),
                            thrown ? TRAIL_RESUME_THROWN : 0);
        if (put_small(t, &w, call.code))
            break;
    }
    if (call.call == 0)
        call.since = clock_ticks(t->clock);
    if (call.slot != NULL)
        call.child += call.since;
    if (rec_push(t, frame, call.call, call.code, call.slot, call.since))
        *t->top = call;
}

static void write_end_of(struct rec_thread *t, const struct rec_frame *f, enum trail_end_of outcome)
{
    while (f->call != 0) {
        struct rec_writing w = rec_begin(t);

        trail_encode_end_of(&w.out, w.units, outcome, rec_ref(t, f->call));
        if (put_small(t, &w, f->code))
            return;
    }
}

void rec_end_of(struct rec_thread *t, struct rec_frame *f, enum trail_end_of outcome)
{
    if (f->slot != NULL) {
        rec_end_timed(t, f, &recorder.page, clock_ticks(t->clock));
        return;
    }
    if (f->call != 0) {
        if (UNLIKELY(f->thinned > 0) && f == t->top)
            rec_put_thinned(t, f);
        rec_credit(f, clock_ticks(t->clock));
    }
    write_end_of(t, f, outcome);
    rec_drop(t, f);
}

void rec_closed(struct rec_thread *t, uintptr_t frame)
{
    struct rec_frame call;

    if (!suspended_take(frame, &call))
        return;
    if (call.slot !=
        NULL) /* when it was closed nobody knows: taken as now, of which nothing was its own */
        trail_slot_time(&recorder.page, call.slot, rec_elapsed(call.start, clock_ticks(t->clock)),
                        0);
    write_end_of(t, &call, TRAIL_END_CLOSED);
}

void rec_abandon_above(struct rec_thread *t, struct rec_frame *f)
{
    while (t->top > f)
        rec_end_of(t, t->top, TRAIL_END_UNSEEN);
}

/* ---- asyncio tasks ------------------------------------------------------------------------- */

bool rec_task(struct rec_thread *t, const struct trail_task *task)
{
    t->task = (uint32_t)task->number;
    for (;;) {
        struct rec_writing w = rec_begin(t);

        trail_encode_task(&w.out, w.units, task);
        if (rec_commit(t, &w))
            return true;
        if (!rec_thread_make_room(t)) /* of the calls that do not fit either, one is missing more */
            return false;
    }
}

void rec_leave_task(struct rec_thread *t, struct rec_frame *f)
{
    struct rec_frame *above = f + 1;

    f->thinned &= ~REC_ENTERS;
    while (above <= t->top && !rec_enters(above))
        above++;
    if (above <=
        t->top) /* it is not the one that runs: who came later goes back to where it came from */
        above->before = f->before;
    else if (f->before != t->task)
        rec_task(t, &(struct trail_task){.number = f->before});
}

void rec_enter_task(struct rec_thread *t, uintptr_t frame, uint32_t before)
{
    if (LIKELY(t->top->frame == frame && t->top->call != 0)) {
        t->top->thinned |= REC_ENTERS;
        t->top->before = before;
    } else if (t->task != before) {
        rec_task(t, &(struct trail_task){.number = before});
    }
}

void rec_line(struct rec_thread *t, int64_t line, int64_t first_line)
{
    struct rec_frame *f = t->top;

    for (;;) {
        struct rec_writing w = rec_begin(t);

        trail_encode_line(&w.out, w.units, rec_line_delta(t, line, first_line));
        if (LIKELY(rec_commit(t, &w)))
            break;
        if (!rec_thread_make_room(t)) {
            rec_lose(t, f->code);
            return;
        }
    }
    t->line_call = f->call;
    t->line = line;
}

/* ---- exceptions -------------------------------------------------------------------------- */

struct rec_exception *rec_exception_find(struct rec_thread *t, const void *object)
{
    for (int i = 0; i < REC_RECENT; i++)
        if (t->recent[i].object == object)
            return object != NULL ? &t->recent[i] : NULL;
    return NULL;
}

/* A new one is at this address: what was there before is dead, and is not to be taken for the next one there. */
static void forget(struct rec_thread *t, const void *object)
{
    struct rec_exception *e;

    while ((e = rec_exception_find(t, object)) != NULL) {
        e->object = NULL;
        e->flying = false;
    }
}

struct rec_exception *rec_raise(struct rec_thread *t, const void *object, const void *tail,
                                struct trail_raise *raise, const void *context)
{
    struct rec_exception *before = rec_exception_find(t, context);

    forget(t, object);
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
            rec_lose(t, t->top->code);
            return NULL;
        }
    }
    memmove(t->recent + 1, t->recent, sizeof(t->recent[0]) * (REC_RECENT - 1));
    t->recent[0].object = object;
    t->recent[0].tail = tail;
    t->recent[0].number = ++t->last_exception;
    t->recent[0].flying = true;
    t->recent[0].away = false;
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
        if (put_small(t, &w, t->top->code))
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
        if (put_small(t, &w, t->top->code))
            break;
    }
    t->recent[0].flying = false;
}

void rec_unwind(struct rec_thread *t, struct rec_frame *f, struct rec_exception *e)
{
    if (f->call == 0) {
        rec_raise_timed(t, f);
        return;
    }
    make_current(t, e);
    if (UNLIKELY(f != t->top)) {
        rec_end_of(t, f, TRAIL_END_RAISED);
        return;
    }
    if (UNLIKELY(f->thinned > 0))
        rec_put_thinned(t, f);
    for (;;) {
        struct rec_writing w = rec_begin(t);

        trail_encode_unwind(&w.out, w.units);
        if (put_small(t, &w, f->code)) {
            rec_credit(f, w.ticks);
            break;
        }
    }
    rec_drop(t, f);
}
