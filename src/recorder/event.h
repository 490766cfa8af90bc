/*
 * event.h - the events of a thread, written straight into its stream. The hot path: inline, no call out
 * but for values, no allocation, no lock, no system call.
 *
 *     for (;;) {                                         // the shape of every event
 *         struct rec_writing w = rec_begin(t);
 *         trail_encode_return(&w.out, w.units);
 *         value_put(&w.out, value, limits);              // the hook's own
 *         if (rec_commit(t, &w)) break;                  // visible from here on
 *         if (!rec_thread_make_room(t)) { rec_lose(t, code); break; }
 *     }
 *
 * A record that was cut off by the end of its room is written again from the start behind a new SYNC: nothing
 * half-written is ever committed.
 */
#ifndef RECORDER_EVENT_H
#define RECORDER_EVENT_H

#include "base/base.h"
#include "base/clock.h"
#include "recorder/recorder.h"
#include "recorder/suspended.h"
#include "recorder/thread.h"
#include "trail/encode.h"

struct rec_writing {
    struct trail_out out;
    uint64_t ticks; /* now */
    uint64_t units; /* since the record before */
};

/* Units from the record before to `ticks`. Another core's counter may be behind: then it stands still. */
static inline uint64_t rec_units(const struct rec_thread *t, uint64_t ticks, uint32_t shift)
{
    return LIKELY((int64_t)(ticks - t->at) > 0) ? (ticks - t->at) >> shift : 0;
}

static inline struct rec_writing rec_begin(struct rec_thread *t)
{
    struct rec_writing w;

    w.out.p = t->stream.next;
    w.out.end = t->limit;
    w.out.overflow = false;
    w.ticks = clock_ticks(t->clock);
    w.units = rec_units(t, w.ticks, t->shift);
    return w;
}

static inline bool rec_commit(struct rec_thread *t, struct rec_writing *w)
{
    if (UNLIKELY(w->out.overflow))
        return false;
    t->at += w->units << t->shift;
    trail_stream_commit(&t->stream, &w->out);
    return true;
}

/* Ticks from `from` to `to`; 0 where another core's counter is behind. */
static inline uint64_t rec_elapsed(uint64_t from, uint64_t to)
{
    return LIKELY((int64_t)(to - from) > 0) ? to - from : 0;
}

/* ---- the shortest way -------------------------------------------------------------------- */

/* For records whose length has a small ceiling: no check but one at the beginning, and no call out, so that a callback made of
 * these needs no stack frame. What is not for them takes the long way from its start, and puts the same bytes. What is between
 * begin and commit needs few registers: the times are in the thread. */

/* Is there room for REC_QUICK_BYTES, and the clock an instruction? Else nothing was done. */
static inline __attribute__((always_inline)) bool rec_quick_can(const struct rec_thread *t)
{
    return LIKELY((uintptr_t)t->stream.next <= (uintptr_t)t->quick_limit);
}

/* The head of a record at `ticks`, of clock_register(), which is best read first of all: that takes some 40 cycles, which pass
 * beside whatever does not wait for it. At most TRAIL_UV_MAX bytes. Returns the next place, for _commit. t->now is its time. Without a commit
 * nothing was done. */
static inline __attribute__((always_inline)) uint8_t *
rec_quick_begin(struct rec_thread *t, enum trail_kind kind, uint64_t ticks)
{
    uint64_t now = ticks & ~((UINT64_C(1) << REC_REGISTER_SHIFT) - 1);
    uint64_t past = now - t->at; /* whole units, as both are */
    unsigned bits = trail_head_bits(kind);
    uint64_t longer = UINT64_C(0x80) >> bits << REC_REGISTER_SHIFT; /* takes two bytes */
    uint64_t longest = UINT64_C(0x4000) >> bits;
    uint8_t *p = t->stream.next;

    t->now = now;
    /* Heads of one and two bytes, as in trail_head_at(), which are the rule, in the fewest steps. A jump, which is foretold: what
     * comes next would have to wait for the clock if where it goes were computed. No other kind comes soon enough for one. */
    if (trail_head_is_call(kind) && LIKELY(past < longer)) {
        *p = (uint8_t)(past << bits >> REC_REGISTER_SHIFT | trail_head_kind(kind));
        return p + 1;
    }
    if (LIKELY(past - longer < (longest << REC_REGISTER_SHIFT) - longer))
        return trail_two_bytes_at(p, (uint32_t)(past << bits >> REC_REGISTER_SHIFT) |
                                         (uint32_t)trail_head_kind(kind));
    if (UNLIKELY((int64_t)past < 0)) {
        t->now = t->at;
        past = 0;
    }
    return trail_head_at(p, past >> REC_REGISTER_SHIFT, kind);
}

/* The pages behind are new to the CPU: it is told ahead that they will be written to, or each line would be waited for. */
#define REC_AHEAD 192 /* bytes; past the end of the mapping it does nothing */

static inline __attribute__((always_inline)) void rec_quick_commit(struct rec_thread *t, uint8_t *p)
{
    t->at = t->now;
    trail_stream_commit_to(&t->stream, p);
#if defined(__x86_64__)
    __asm__ volatile("prefetchw %0" ::"m"(p[REC_AHEAD])); /* gcc's builtin needs -mprfchw for it */
#endif
}

/* ---- the shadow stack -------------------------------------------------------------------- */

static inline bool rec_stack_has_room(const struct rec_thread *t)
{
    return LIKELY(t->top + 1 != t->stack_end);
}

/* The same as rec_push() where there is room. */
static inline __attribute__((always_inline)) void
rec_push_here(struct rec_thread *t, uintptr_t frame, uint64_t call, uint32_t code,
              struct trail_slot *slot, uint64_t now)
{
    struct rec_frame *f = ++t->top;

    f->frame = frame;
    f->call = call;
    f->start = now;
    f->since = now;
    f->child = 0;
    f->slot = slot;
    f->thinned = 0;
    f->code = code;
}

/* A call that began at `now`. `slot` NULL: not timed. */
static inline bool rec_push(struct rec_thread *t, uintptr_t frame, uint64_t call, uint32_t code,
                            struct trail_slot *slot, uint64_t now)
{
    if (UNLIKELY(!rec_stack_has_room(t)) && !rec_thread_grow_stack(t))
        return false;
    rec_push_here(t, frame, call, code, slot, now);
    return true;
}

/* The open call of this frame, or NULL. Nearly always the top. */
static inline struct rec_frame *rec_find(struct rec_thread *t, uintptr_t frame)
{
    if (LIKELY(t->top->frame == frame))
        return t->top;
    for (struct rec_frame *f = t->top; f > t->stack; f--)
        if (f->frame == frame)
            return f;
    return NULL;
}

/* The call of `f`, which has REC_ENTERS, leaves the stack: the task is again the one of before. */
void rec_leave_task(struct rec_thread *t, struct rec_frame *f);

static inline bool rec_enters(const struct rec_frame *f)
{
    return (f->thinned & REC_ENTERS) != 0;
}

/* Takes one entry out, wherever it stands. */
static inline void rec_drop(struct rec_thread *t, struct rec_frame *f)
{
    if (UNLIKELY(rec_enters(f)))
        rec_leave_task(t, f);
    if (UNLIKELY(f != t->top))
        memmove(f, f + 1, (size_t)(t->top - f) * sizeof(*f));
    t->top--;
}

static inline uint64_t rec_seq(uint64_t call)
{
    return call & ((UINT64_C(1) << TRAIL_CALL_SEQ_BITS) - 1);
}

static inline struct trail_ref rec_ref(const struct rec_thread *t, uint64_t call)
{
    uint64_t stream = call >> TRAIL_CALL_SEQ_BITS;
    uint64_t seq = rec_seq(call);

    if (LIKELY(stream == t->stream.stream))
        return trail_ref_own(rec_seq(t->last_call), seq);
    return trail_ref_other(stream, seq);
}

/* The call of `f` leaves the stack at `now`: what is timed around it is told. */
static inline void rec_credit(struct rec_frame *f, uint64_t now)
{
    struct rec_frame *outer = f - 1;

    if (UNLIKELY(outer->slot != NULL) || UNLIKELY(f->slot != NULL && outer->call != 0)) {
        outer->child += rec_elapsed(f->since, now);
        outer->thinned += f->slot != NULL;
    }
}

/* The same for a call that is timed, and for one that is recorded. */
static inline void rec_credit_timed(struct rec_frame *f, uint64_t now)
{
    struct rec_frame *outer = f - 1;

    if (outer->slot != NULL || outer->call != 0) {
        outer->child += rec_elapsed(f->since, now);
        outer->thinned++;
    }
}

static inline void rec_credit_recorded(struct rec_frame *f, uint64_t now)
{
    if (UNLIKELY(f[-1].slot != NULL))
        f[-1].child += rec_elapsed(f->since, now);
}

/* The top call, which is recorded and runs in `frame`, is suspended. False: it is another case, nothing was done. Where threads run
 * at the same time it always is: another one may look for the same place. */
static inline __attribute__((always_inline)) bool rec_yield_quickly(struct rec_thread *t,
                                                                    uintptr_t frame)
{
    struct rec_frame *f = t->top, *place = suspended_place(frame);

    if (TRAIL_CONCURRENT ||
        UNLIKELY(f->frame != frame || f->call == 0 || place->frame != 0 || rec_enters(f)) ||
        !rec_quick_can(t))
        return false;
    rec_quick_commit(t, rec_quick_begin(t, TRAIL_YIELD, clock_register()));
    rec_credit_recorded(f, t->now);
    *place = *f;
    t->top = f - 1;
    return true;
}

/* It runs on, not by a throw. */
static inline __attribute__((always_inline)) bool rec_resume_quickly(struct rec_thread *t,
                                                                     uintptr_t frame)
{
    struct rec_frame *place = suspended_place(frame), *f;
    uint8_t *p;

    if (TRAIL_CONCURRENT ||
        UNLIKELY(place->frame != frame || place->call == 0 ||
                 place->call >> TRAIL_CALL_SEQ_BITS != t->stream.stream) ||
        !rec_stack_has_room(t) || !rec_quick_can(t))
        return false;
    p = rec_quick_begin(t, TRAIL_RESUME, clock_register());
    p = trail_uv_at(p, t->last_call - place->call + 1);
    *p++ = 0; /* flags */
    rec_quick_commit(t, p);
    f = ++t->top;
    *f = *place;
    f->since = t->now;
    place->frame = 0;
    return true;
}

/* The end of a call that is timed into f->slot: takes it off the stack. */
static inline void rec_end_timed(struct rec_thread *t, struct rec_frame *f, struct trail_page *page,
                                 uint64_t now)
{
    uint64_t took = rec_elapsed(f->start, now);

    trail_slot_time(page, f->slot, took, rec_elapsed(f->child, took));
    rec_credit(f, now);
    rec_drop(t, f);
}

/* One event of a code was lost because rec_thread_make_room() found none. */
void rec_lose(struct rec_thread *t, uint32_t code);
/* Another asyncio task runs in this thread from here on. False: it was not told, but its number is taken over. */
bool rec_task(struct rec_thread *t, const struct trail_task *task);
/* The call that runs in `frame` has begun, or runs on, in another task than `before`, where the thread goes back to when it ends or
 * is suspended. If it is not recorded, the thread is back there now. */
void rec_enter_task(struct rec_thread *t, uintptr_t frame, uint32_t before);
/* Tells of the direct calls of the top call that were not recorded, if any, before its end. */
void rec_put_thinned(struct rec_thread *t, struct rec_frame *f);
/* The end by an exception of a call that is not recorded, where it is not odd enough: counted and timed. */
void rec_raise_timed(struct rec_thread *t, struct rec_frame *f);

/* A call whose RETURN with its value did not fit has its end all the same: see rec_thread_make_small_room(). Does not take it off
 * the stack. */
void rec_return_short(struct rec_thread *t, const struct rec_frame *f);

/* ---- events without values --------------------------------------------------------------- */

/* The call of `f` is suspended; it is found again by its frame. */
void rec_yield(struct rec_thread *t, struct rec_frame *f);
/* A suspended call runs on; nothing when it is not known (begun before the start). */
void rec_resume(struct rec_thread *t, uintptr_t frame, bool thrown);
/* The call of `f` ends by the exception `number` of this thread. */
void rec_unwind(struct rec_thread *t, struct rec_frame *f, struct rec_exception *e);
/* The call of `f` ends otherwise than by RETURN of the top: closed or not seen. */
void rec_end_of(struct rec_thread *t, struct rec_frame *f, enum trail_end_of outcome);
/* A frame is gone, or its address is used again: a suspended call that had it was closed without a word. */
void rec_closed(struct rec_thread *t, uintptr_t frame);
/* Opens all calls above `f` were left without an end that we saw. */
void rec_abandon_above(struct rec_thread *t, struct rec_frame *f);

/* A line as LINE has it. */
static inline int64_t rec_line_delta(const struct rec_thread *t, int64_t line, int64_t first_line)
{
    return line - (t->line_call == t->top->call ? t->line : first_line);
}

/* The recorded call on top goes to `line`. `first_line`: of its code, as the registry has it. */
void rec_line(struct rec_thread *t, int64_t line, int64_t first_line);

/* ---- exceptions -------------------------------------------------------------------------- */

/* The remembered exception with this identity, or NULL. */
struct rec_exception *rec_exception_find(struct rec_thread *t, const void *object);
/* Writes RAISE and remembers it. `raise->context` is filled from `context` (identity; NULL: none). Returns the entry, NULL when it was lost. */
struct rec_exception *rec_raise(struct rec_thread *t, const void *object, const void *tail,
                                struct trail_raise *raise, const void *context);
void rec_reraise(struct rec_thread *t, struct rec_exception *e);
/* `code` 0: the top call handled it. */
void rec_handled(struct rec_thread *t, struct rec_exception *e, uint32_t code, uint32_t at);

#endif
