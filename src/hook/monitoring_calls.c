/* monitoring_calls.c - see monitoring.h: calls that begin, end, are suspended and go on. The hot path. */
#include "base/base.h"

#include "hook/monitoring.h"

#include "hook/calls.h"
#include "hook/ears.h"
#include "hook/tasks.h"
#include "recorder/recorder.h"

#if PYC_HAS_MONITORING

/* It is recorded call by call again. */
static void reset(struct code_entry *e)
{
    rec_function_reset(&e->f);
    if (monitoring.lines)
        monitoring_listen_fully((PyObject *)e->code);
}

/* Before it runs, each time. */
static bool prepare_debugger(const struct code_entry *e, const struct _PyInterpreterFrame *frame)
{
    if (LIKELY(!(e->f.flags & REC_DEBUGGER)))
        return false;
    pyc_keep_debuggers_events(frame);
    return true;
}

static PyObject *leave_out(struct code_entry *e, const struct _PyInterpreterFrame *frame)
{
    if (rec_self == NULL)
        recorder_may_be(); /* a forked child grows old */
    if (prepare_debugger(e, frame) || !ears_may_rest(e))
        return Py_None;
    Py_INCREF(monitoring.disable);
    return monitoring.disable;
}

/* Code that is seen for the first time. NULL: nothing can be said about it. */
static struct code_entry *discover(PyObject *code, struct _PyInterpreterFrame *frame)
{
    struct code_entry *e =
        codes_get((PyCodeObject *)code, frame, frame != NULL ? pyc_caller(frame) : NULL);

    if (e == NULL || e->f.gear == REC_LEFT_OUT || e->f.gear == REC_UNKNOWN)
        return e;
    if (e->f.gear == REC_FULL) {
        monitoring_listen_fully(code);
        e->f.budget -= e->f.budget < UINT32_MAX; /* this call */
    } else {
        e->f.flags &= (uint8_t)~REC_SOFT; /* a sample rate of 0: nothing but calls is heard */
    }
    return e;
}

/* A counted function needs no ends of calls, but calls of before that are still open do. Looks ever more rarely. */
static void try_not_to_listen(struct code_entry *e)
{
    uint32_t n = ++e->f.slot->spare;

    if ((n & (n - 1)) != 0 || PYC_CONCURRENT || rec_code_is_open(e->f.code))
        return;
    monitoring_listen((PyObject *)e->code, monitoring.no_events);
    e->f.flags &= (uint8_t)~REC_SOFT;
}

/* The budget is spent: decides, and hears what the new gear needs. */
static void decide(struct code_entry *e)
{
    bool heard = e->f.gear == REC_FULL || e->f.gear == REC_TIMED || (e->f.flags & REC_SOFT);
    enum rec_gear gear = rec_function_spent(&e->f);

    if (gear == REC_FULL && (!heard || monitoring.lines))
        monitoring_listen_fully((PyObject *)e->code);
    else if (gear == REC_TIMED && monitoring.lines && !PYC_CONCURRENT &&
             !rec_code_is_open(e->f.code))
        monitoring_listen((PyObject *)e->code, monitoring.call_events);
    else if ((gear == REC_COUNTED || gear == REC_STOPPED) && (e->f.flags & REC_SOFT))
        try_not_to_listen(e);
}

/* It is not on the stack, whatever else is heard of it: a function that is always inside of itself, or of which many calls are
 * suspended, would otherwise be listened to for ever. */
static void count(struct code_entry *e, struct _PyInterpreterFrame *frame)
{
    struct rec_thread *t = rec_self;

    if (e->f.gear == REC_STOPPED)
        rec_function_lose_call(&e->f, recorder_stopped());
    else
        trail_slot_count(e->f.slot);
    if ((e->f.flags & REC_SOFT) && (e->f.flags & REC_SUSPENDS) && t != NULL)
        rec_closed(t, (uintptr_t)frame); /* its steps are not those of another at this address */
}

/* The rest of monitoring_on_start: first calls, decisions, first events of threads. */
static __attribute__((noinline)) PyObject *start_slowly(struct code_entry *e, PyObject *const *args)
{
    struct _PyInterpreterFrame *frame = monitoring_frame_of(args);
    struct rec_thread *t;

    if (e->f.gear == REC_LEFT_OUT) /* somebody restarted the events */
        return leave_out(e, frame);
    if (frame == NULL)
        return Py_None;
    if (e->f.gear == REC_UNKNOWN) {
        e = discover(args[0], frame);
        if (e == NULL || e->f.gear == REC_UNKNOWN)
            return Py_None;
        if (e->f.gear == REC_LEFT_OUT)
            return leave_out(e, frame);
        prepare_debugger(e, frame);
    } else if (e->f.budget == 0) {
        decide(e);
    }
    if (e->f.gear == REC_COUNTED || e->f.gear == REC_STOPPED) {
        count(e, frame);
        return Py_None;
    }
    t = recorder_thread();
    if (t == NULL) {
        if (recorder_ready())
            rec_function_lose_call(&e->f, rec_thread_refused());
        return Py_None;
    }
    if (e->f.gear == REC_TIMED) {
        if (call_begin_timed(t, e, (uintptr_t)frame))
            return Py_None;
        reset(e);
    }
    call_begin(t, e, frame, pyc_caller(frame), true);
    return Py_None;
}

/* Other settings first, which may have changed the code's verdict. */
static __attribute__((noinline)) PyObject *start_with_control(PyObject *const *args)
{
    struct code_entry *e;

    hook_take_control();
    e = codes_find((PyCodeObject *)args[0]);
    if (e->f.gear != REC_UNKNOWN && e->f.gear <= REC_COUNTED)
        e->f.budget -= e->f.budget > 0;
    return start_slowly(e, args);
}

/* The budget has been asked. */
static __attribute__((noinline)) PyObject *start_otherwise(struct code_entry *e,
                                                           PyObject *const *args)
{
    struct _PyInterpreterFrame *frame = monitoring_frame_of(args);
    struct rec_thread *t = rec_self;

    if (UNLIKELY(frame == NULL || t == NULL))
        return start_slowly(e, args);
    if (LIKELY(e->f.gear == REC_FULL)) {
        prepare_debugger(e, frame);
        call_begin(t, e, frame, pyc_caller(frame), true);
    } else if (e->f.gear == REC_COUNTED) {
        count(e, frame);
    } else if (UNLIKELY(!call_begin_timed(t, e, (uintptr_t)frame))) {
        reset(e);
        call_begin(t, e, frame, pyc_caller(frame), true);
    }
    return Py_None;
}

/* For arguments that are more than numbers and short strings: still without a search for who called. */
static __attribute__((noinline)) PyObject *start_directly(struct rec_thread *t,
                                                          struct code_entry *e,
                                                          const struct _PyInterpreterFrame *frame,
                                                          PyObject *const *args)
{
    if (LIKELY(call_begin_directly(t, e, frame, pyc_previous(frame))))
        return Py_None;
    return start_otherwise(e, args);
}

/* A call of a function in gear full that is not REC_QUICK. */
static __attribute__((noinline)) PyObject *start_fully(struct code_entry *e, PyObject *const *args)
{
    const struct _PyInterpreterFrame *frame;
    struct rec_thread *t = rec_self;

    if (UNLIKELY(--e->f.budget == 0))
        return start_slowly(e, args);
    frame = monitoring_quick_frame_of(args);
    if (UNLIKELY(frame == NULL || t == NULL || !(e->f.flags & REC_DIRECT)))
        return start_otherwise(e, args);
    return start_directly(t, e, frame, args);
}

/* A call of a function that is not in gear full. Not inline: what a recorded call keeps in registers would be saved here too. */
static __attribute__((noinline)) PyObject *start_thinned(struct code_entry *e,
                                                         PyObject *const *args)
{
    uint64_t now = clock_register();
    const struct _PyInterpreterFrame *frame;
    struct rec_thread *t = rec_self;

    if (UNLIKELY(e->f.gear == REC_UNKNOWN || e->f.gear > REC_COUNTED || --e->f.budget == 0))
        return start_slowly(e, args);
    frame = monitoring_quick_frame_of(args);
    if (UNLIKELY(frame == NULL || t == NULL || e->f.gear != REC_TIMED) ||
        !call_begin_timed_quickly(t, e, (uintptr_t)frame, now))
        return start_otherwise(e, args);
    return Py_None;
}

/* The callbacks for what happens most: no call out on the shortest way, only jumps to the longer ones. */
PyObject *monitoring_on_start(PyObject *self, PyObject *const *args, size_t nargs, PyObject *names)
{
    struct code_entry *e = codes_find((PyCodeObject *)args[0]);
    const struct _PyInterpreterFrame *frame;
    struct rec_thread *t;
    uint64_t now;

    (void)self;
    (void)nargs;
    (void)names;
    if (UNLIKELY(control_changed(&recorder.control)))
        return start_with_control(args);
    if (!codes_is_quick(e)) {
        if (e->f.gear == REC_FULL)
            return start_fully(e, args);
        if (e->f.gear != REC_COUNTED || (e->f.flags & REC_SOFT))
            return start_thinned(e, args);
        if (UNLIKELY(--e->f.budget == 0))
            return start_slowly(e, args);
        trail_slot_count(e->f.slot);
        return Py_None;
    }
    now = clock_register();
    t = rec_self;
    if (UNLIKELY(--e->f.budget == 0))
        return start_slowly(e, args);
    frame = monitoring_quick_frame_of(args);
    if (UNLIKELY(frame == NULL || t == NULL))
        return start_otherwise(e, args);
    if (LIKELY(call_begin_quickly(t, e, frame, pyc_previous(frame), now)))
        return Py_None;
    return start_directly(t, e, frame, args);
}

/* Is it surely not on the stack? What the top has called would be the top itself: this is a call that is only counted, and heard
 * because others are open. So that nobody looks for it in all that is open. */
static bool is_no_open_call(const struct rec_thread *t, const struct _PyInterpreterFrame *frame)
{
    return t->top->frame == (uintptr_t)pyc_caller(frame);
}

static __attribute__((noinline)) PyObject *return_otherwise(PyObject *const *args, uint64_t now)
{
    struct rec_thread *t = rec_self;
    struct _PyInterpreterFrame *frame = monitoring_frame_of(args);

    if (LIKELY(t != NULL && frame != NULL) && !is_no_open_call(t, frame))
        call_return(t, frame, args[2], clock_is_register(t->clock) ? now : clock_ticks(t->clock));
    return Py_None;
}

PyObject *monitoring_on_return(PyObject *self, PyObject *const *args, size_t nargs, PyObject *names)
{
    uint64_t now = clock_register();
    const struct _PyInterpreterFrame *frame = monitoring_quick_frame_of(args);
    struct rec_thread *t = rec_self;

    (void)self;
    (void)nargs;
    (void)names;
    if (UNLIKELY(t == NULL || frame == NULL) ||
        !(LIKELY(t->top->call != 0) ? call_return_quickly(t, frame, args[2], now)
                                    : call_return_timed_quickly(t, (uintptr_t)frame, now)))
        return return_otherwise(args, now);
    return Py_None;
}

static __attribute__((noinline)) PyObject *yield_otherwise(PyObject *const *args)
{
    struct rec_thread *t = rec_self;
    struct _PyInterpreterFrame *frame = monitoring_frame_of(args);
    struct rec_frame *f;

    if (t != NULL && frame != NULL && !is_no_open_call(t, frame) &&
        (f = rec_find(t, (uintptr_t)frame)) != NULL)
        rec_yield(t, f);
    return Py_None;
}

PyObject *monitoring_on_yield(PyObject *self, PyObject *const *args, size_t nargs, PyObject *names)
{
    const struct _PyInterpreterFrame *frame = monitoring_quick_frame_of(args);
    struct rec_thread *t = rec_self;

    (void)self;
    (void)nargs;
    (void)names;
    if (UNLIKELY(t == NULL || frame == NULL) || !rec_yield_quickly(t, (uintptr_t)frame))
        return yield_otherwise(args);
    return Py_None;
}

static __attribute__((noinline)) PyObject *resume_otherwise(PyObject *const *args)
{
    struct rec_thread *t = recorder_thread();
    struct _PyInterpreterFrame *frame = monitoring_frame_of(args);

    if (t != NULL && frame != NULL)
        call_resume(t, frame, pyc_caller(frame), false);
    return Py_None;
}

PyObject *monitoring_on_resume(PyObject *self, PyObject *const *args, size_t nargs, PyObject *names)
{
    const struct _PyInterpreterFrame *frame = monitoring_quick_frame_of(args);
    struct rec_thread *t = rec_self;

    (void)self;
    (void)nargs;
    (void)names;
    if (UNLIKELY(t == NULL || frame == NULL) ||
        UNLIKELY(tasks_on && tasks_may_differ(t, frame, pyc_previous(frame))) ||
        !rec_resume_quickly(t, (uintptr_t)frame))
        return resume_otherwise(args);
    return Py_None;
}

PyObject *monitoring_on_throw(PyObject *self, PyObject *const *args, size_t nargs, PyObject *names)
{
    struct rec_thread *t = recorder_thread();
    struct _PyInterpreterFrame *frame = monitoring_frame_of(args);

    (void)self;
    (void)nargs;
    (void)names;
    if (t != NULL && frame != NULL)
        call_resume(t, frame, pyc_caller(frame), true);
    return Py_None;
}

#endif
