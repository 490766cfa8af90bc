/* calls.c - see calls.h: the rare shapes of a call. */
#include "base/base.h"

#include "hook/calls.h"

#include "hook/tasks.h"
#include "hook/value_private.h"

/* Does the program switch stacks inside a thread? Then frames that are not on the current chain are alive. */
static bool uses_greenlets(void)
{
    PyObject *modules = pyc_modules(); /* borrowed */

    return modules != NULL && value_dict_get(modules, "greenlet") != NULL;
}

void call_settle_above(struct rec_thread *t, struct rec_frame *f)
{
    if (!uses_greenlets())
        rec_abandon_above(t, f);
}

/* The innermost open call on the chain of frames that begins with `caller`; the bottom when there is none. */
static struct rec_frame *nearest_open(struct rec_thread *t, struct _PyInterpreterFrame *caller)
{
    struct _PyInterpreterFrame *f;

    if (t->top == t->stack)
        return t->stack;
    for (f = caller; f != NULL; f = pyc_caller(f))
        if ((uintptr_t)f == t->top->frame)
            return t->top;
    for (f = caller; f != NULL; f = pyc_caller(f))
        for (struct rec_frame *open = t->top; open > t->stack; open--)
            if ((uintptr_t)f == open->frame)
                return open;
    return t->stack;
}

void call_find_parent(struct rec_thread *t, struct _PyInterpreterFrame *caller,
                      struct trail_call_from *from)
{
    struct rec_frame *parent = nearest_open(t, caller);
    struct rec_frame *above = parent;

    memset(from, 0, sizeof(*from));
    if (parent != t->stack && parent != t->top)
        call_settle_above(t, parent);
    if (caller != NULL) {
        from->flags |= TRAIL_FROM_CALLER;
        from->caller_code = codes_name(pyc_frame_code(caller), pyc_frame_globals(caller));
        from->at = (uint64_t)(pyc_frame_position(caller) + 1);
    }
    while (parent > t->stack && parent->call == 0) /* not recorded itself: the nearest that is */
        parent--;
    if (parent == t->stack) {
        from->flags |= TRAIL_FROM_NO_PARENT;
        return;
    }
    while (above < t->top && above[1].call == 0)
        above++;
    if (above != t->top) {
        from->flags |= TRAIL_FROM_PARENT;
        from->ref = rec_ref(t, parent->call);
        from->ref.back += from->ref.back > 0; /* counted from this CALL's own number */
    }
}

/* ---- calls that are not recorded --------------------------------------------------------- */

/* Durations go into a histogram of the function's own, or nowhere. */
static void push_counted(struct rec_thread *t, struct code_entry *e, uintptr_t frame)
{
    rec_push(t, frame, 0, e->f.code, e->f.slot, clock_ticks(t->clock));
}

void call_sample_out(struct rec_thread *t, struct code_entry *e, uintptr_t frame)
{
    struct trail_slot *slot = rec_function_slot(&e->f);

    e->f.budget += e->f.budget < UINT32_MAX; /* the threshold is for calls that are recorded */
    trail_slot_count(slot);
    trail_add64(&slot->sampled, 1);
    push_counted(t, e, frame);
}

void call_lose(struct rec_thread *t, struct code_entry *e, uintptr_t frame)
{
    rec_function_lose_call(&e->f, t->full_for);
    push_counted(t, e, frame);
}

/* Writes CALL_FROM as of now, while the call itself is off the stack. */
static bool write_late(struct rec_thread *t, const struct rec_frame *f,
                       struct _PyInterpreterFrame *frame, bool timed)
{
    const struct code_entry *e = codes_find(pyc_frame_code(frame));
    struct trail_call_from from;

    call_find_parent(t, pyc_caller(frame), &from);
    from.flags |= TRAIL_FROM_LATE;
    from.code = f->code;
    for (;;) {
        struct rec_writing w = rec_begin(t);

        from.late = timed ? rec_elapsed(f->start, w.ticks) >> t->shift : 0;
        trail_encode_call_from(&w.out, w.units, &from);
        call_put_arguments(&w.out, e, frame, true);
        if (rec_commit(t, &w))
            return true;
        if (!rec_thread_make_room(t)) {
            rec_lose(t, f->code);
            return false;
        }
    }
}

bool call_promote(struct rec_thread *t, struct rec_frame *f, struct _PyInterpreterFrame *frame,
                  bool timed)
{
    struct rec_frame was = *f;
    struct trail_slot *slot = was.slot != NULL ? was.slot : rec_slot_of(was.code);
    const struct code_entry *e = codes_find(pyc_frame_code(frame));
    uint32_t before = t->task;
    uint64_t result;
    bool written;

    if (f != t->top || e->f.code != was.code)
        return false;
    t->top--; /* so that the search for the parent does not find the call itself */
    result = codes_result_flag(e); /* before anything may grow the table */
    if (UNLIKELY(tasks_on))
        tasks_look(t);
    written = write_late(t, &was, frame, timed);
    *++t->top = was;
    if (!written) {
        if (t->task != before)
            rec_enter_task(t, (uintptr_t)frame, before);
        return false;
    }
    t->top->call = ++t->last_call;
    t->top->slot = NULL;
    t->top->child = 0;
    t->top->thinned = result;
    if (t->task != before)
        rec_enter_task(t, (uintptr_t)frame, before);
    trail_add64(&slot->calls, UINT64_MAX); /* one less: it is in the stream now */
    return true;
}

/* ---- arguments --------------------------------------------------------------------------- */

__thread uint32_t call_being_told;

/* With values = repr: the user's code runs, and may take too long. */
static void put_asked(struct trail_out *out, const struct code_entry *e, PyObject *value)
{
    uint32_t outer = call_being_told;

    call_being_told = e->f.code;
    value_put(out, value, &hook.limits);
    call_being_told = outer;
}

/* What is no number, None or short string, or where the record is long already. `full`: hundreds of arguments have used up what one
 * record may take. */
static __attribute__((noinline)) void put_argument(struct trail_out *out,
                                                   const struct code_entry *e, unsigned i,
                                                   PyObject *value, bool full)
{
    if (UNLIKELY(full))
        trail_put_u8(out, TRAIL_TAG_BUDGET);
    else if (UNLIKELY(e->secrets != 0) && value_argument_is_secret(e->secrets, e->code, i))
        value_put_secret(out, value, &hook.limits);
    else if (UNLIKELY(e->secrets != 0) && i == 0 && value_is_being_made(e->code, value))
        value_put_being_made(out, value, &hook.self_limits);
    else if (UNLIKELY(hook.limits.mode == VALUE_REPR))
        put_asked(out, e, value);
    else
        value_put(out, value, i == 0 && e->has_self ? &hook.self_limits : &hook.limits);
}

/* Of those whose bit is set in `cells` the slot holds a cell; with `quick` the short ways may be tried. Inline, so that where it is
 * known that there are no cells and no secrets nothing asks for them. */
static inline __attribute__((always_inline)) void
put_arguments(struct trail_out *out, const struct code_entry *e,
              const struct _PyInterpreterFrame *frame, uint64_t cells, uint64_t secrets, bool quick)
{
    uint8_t *p = out->p, *full = p + LIMIT_RECORD_BYTES / 2, *after;
    uint8_t *safe = full < out->end - VALUE_QUICK_MAX ? full : out->end - VALUE_QUICK_MAX;
    unsigned i = 0, n = e->f.nargs;

    if (UNLIKELY(!quick))
        safe = p - 1;
    if (quick && (cells | secrets) == 0 && e->has_self) { /* hardly ever a number or a text */
        value_put(out, pyc_frame_slot(frame, i++), &hook.self_limits);
        p = out->p;
    }
    for (; i < n; i++) {
        PyObject *value = pyc_frame_slot(frame, i);

        if (UNLIKELY(cells != 0) && i < 64 && (cells >> i & 1))
            value = own_cell_content(value);
        if (LIKELY(p <= safe) &&
            !(secrets >> (i < VALUE_SECRET_LATE ? i : VALUE_SECRET_LATE) & 1)) {
            after = value_at(p, value, &hook.quick_chars);
            if (LIKELY(after != NULL)) {
                p = after;
                continue;
            }
        }
        out->p = p;
        put_argument(out, e, i, value, p > full);
        p = out->p;
    }
    out->p = p;
}

void call_put_arguments(struct trail_out *out, const struct code_entry *e,
                        const struct _PyInterpreterFrame *frame, bool cells_made)
{
    put_arguments(out, e, frame, cells_made ? e->cells : 0, e->secrets,
                  LIKELY(hook.quick_chars > 0 && !out->overflow));
}

bool call_begin_directly(struct rec_thread *t, const struct code_entry *e,
                         const struct _PyInterpreterFrame *frame,
                         struct _PyInterpreterFrame *caller)
{
    struct trail_out out;

    if (!call_has_place(t, caller))
        return false;
    out = (struct trail_out){call_quick_begin(t, e, caller, clock_register()), t->limit, false};
    if (LIKELY((e->cells | e->secrets) == 0))
        put_arguments(&out, e, frame, 0, 0, true);
    else
        put_arguments(&out, e, frame, e->cells, e->secrets, true);
    if (UNLIKELY(out.overflow))
        return false;
    call_quick_end(t, e, frame, out.p);
    t->top->thinned = codes_result_flag(e);
    return true;
}

/* ---- the long way ------------------------------------------------------------------------ */

static inline __attribute__((always_inline)) void begin(struct rec_thread *t, struct code_entry *e,
                                                        struct _PyInterpreterFrame *frame,
                                                        struct _PyInterpreterFrame *caller,
                                                        bool cells_made)
{
    struct trail_call_from from;
    struct rec_writing w;
    bool direct = t->top->frame == (uintptr_t)caller && t->top->call != 0;
    int at = direct ? pyc_frame_position(caller) : 0;

    if (UNLIKELY(e->f.flags & REC_SUSPENDS))
        rec_closed(t, (uintptr_t)frame);
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
    if (rec_push(t, (uintptr_t)frame, ++t->last_call, e->f.code, NULL, w.ticks))
        t->top->thinned = codes_result_flag(e);
}

/* The same where a task may begin or go on. */
static __attribute__((noinline)) void begin_in_task(struct rec_thread *t, struct code_entry *e,
                                                    struct _PyInterpreterFrame *frame,
                                                    struct _PyInterpreterFrame *caller,
                                                    bool cells_made)
{
    uint32_t before = t->task;

    tasks_look(t);
    begin(t, e, frame, caller, cells_made);
    if (t->task != before)
        rec_enter_task(t, (uintptr_t)frame, before);
}

void call_begin_otherwise(struct rec_thread *t, struct code_entry *e,
                          struct _PyInterpreterFrame *frame, struct _PyInterpreterFrame *caller,
                          bool cells_made)
{
    if (UNLIKELY(tasks_on) && tasks_may_differ(t, frame, caller))
        begin_in_task(t, e, frame, caller, cells_made);
    else
        begin(t, e, frame, caller, cells_made);
}

void call_resume(struct rec_thread *t, struct _PyInterpreterFrame *frame,
                 struct _PyInterpreterFrame *caller, bool thrown)
{
    uint32_t before = t->task;

    if (UNLIKELY(tasks_on) && suspended_is_known((uintptr_t)frame) &&
        tasks_may_differ(t, frame, caller))
        tasks_look(t);
    rec_resume(t, (uintptr_t)frame, thrown);
    if (UNLIKELY(t->task != before))
        rec_enter_task(t, (uintptr_t)frame, before);
}

void call_return_otherwise(struct rec_thread *t, struct _PyInterpreterFrame *frame, PyObject *value)
{
    struct rec_frame *f = rec_find(t, (uintptr_t)frame);
    struct rec_writing w;

    if (UNLIKELY(f == NULL))
        return;
    if (UNLIKELY(f != t->top))
        call_settle_above(t, f);
    if (f->call == 0 && !call_return_unrecorded(t, f, frame, clock_ticks(t->clock)))
        return;
    if (UNLIKELY(f->thinned > 0) && f == t->top)
        rec_put_thinned(t, f);
    for (;;) {
        w = rec_begin(t);
        if (LIKELY(f == t->top))
            trail_encode_return(&w.out, w.units);
        else
            trail_encode_end_of(&w.out, w.units, TRAIL_END_RETURNED, rec_ref(t, f->call));
        value_put_result(&w.out, value, (f->thinned & REC_SECRET) != 0, &hook.limits);
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
