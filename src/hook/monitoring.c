/*
 * monitoring.c - the backend for CPython 3.12 and later: sys.monitoring (PEP 669) with callbacks in C.
 *
 * The callbacks are instances of a type of our own that has nothing but a vectorcall: cheaper than a built-in function, and
 * without its check of the recursion limit, which would change the program's RecursionError (seen on 3.12).
 * PY_START is global: it discovers code. PY_RETURN, PY_YIELD and PY_RESUME are set for each recorded code object; what is left out
 * answers its first PY_START with DISABLE and costs nothing afterwards. A function that is counted only has no local
 * events: one PY_START a call is all it costs. LINE, where lines are asked for, is set for what is recorded call by call.
 */
#include "base/base.h"

#include "hook/calls.h"
#include "hook/ears.h"
#include "hook/lines.h"
#include "hook/tasks.h"
#include "recorder/recorder.h"
#include "recorder/suspended.h"

#if PYC_HAS_MONITORING

static const int TOOL_IDS[] = {5, 4, 3}; /* 0, 1, 2 have owners: debuggers, coverage, profilers */

static struct {
    PyObject *monitoring;       /* Owned: sys.monitoring */
    PyObject *disable;          /* Owned: sys.monitoring.DISABLE */
    PyObject *set_local_events; /* Owned */
    PyObject *tool;             /* Owned: our id */
    long global;                /* the mask of the events that are set globally */
    PyObject *call_events;      /* Owned: PY_RETURN | PY_YIELD | PY_RESUME */
    PyObject *line_events;      /* Owned: these and LINE */
    PyObject *no_events;        /* Owned: 0 */
    bool lines;                 /* LINE was asked for when the events were set last */
    /* Borrowed: the main thread's state, which is there as long as the process. Where there is none, one that never runs. */
    const PyThreadState *lasting;
} on;

static const PyThreadState nobody;

/* ---- callbacks --------------------------------------------------------------------------- */

/* args[0] is the code, args[1] the offset in bytes. Code that fires events through the C API (Cython) has no frame of its
 * own: the current one is its caller's. */
static struct _PyInterpreterFrame *frame_of(PyObject *const *args)
{
    struct _PyInterpreterFrame *frame =
        LIKELY(pyc_is_running(on.lasting)) ? pyc_thread_frame(on.lasting) : pyc_current_frame();

    return LIKELY(frame != NULL && (PyObject *)pyc_frame_code(frame) == args[0]) ? frame : NULL;
}

/* The same without a call out, for the shortest way; NULL: that is not for this thread. */
static inline __attribute__((always_inline)) struct _PyInterpreterFrame *
quick_frame_of(PyObject *const *args)
{
    struct _PyInterpreterFrame *frame;

    if (UNLIKELY(!pyc_is_running(on.lasting)))
        return NULL;
    frame = pyc_thread_frame(on.lasting);
    return LIKELY(frame != NULL && (PyObject *)pyc_frame_code(frame) == args[0]) ? frame : NULL;
}

static uint32_t position_of(PyObject *const *args)
{
    int64_t offset = 0;

    return pyc_long_compact(args[1], &offset) ? (uint32_t)(offset / 2) : 0;
}

/* Sets which events of one code object are heard: also of the call that is beginning now. */
static void listen_to(PyObject *code, PyObject *events)
{
    PyObject *arguments[3] = {on.tool, code, events};
    PyObject *done = PyObject_Vectorcall(on.set_local_events, arguments, 3, NULL);

    if (done == NULL)
        PyErr_Clear(); /* Cython's shims cannot be instrumented: such calls stay open */
    else
        Py_DECREF(done);
}

/* All that calls of this code in gear full are to tell. */
static void listen_fully(PyObject *code)
{
    listen_to(code, on.lines ? on.line_events : on.call_events);
}

/* It is recorded call by call again. */
static void reset(struct code_entry *e)
{
    rec_function_reset(&e->f);
    if (on.lines)
        listen_fully((PyObject *)e->code);
}

static PyObject *leave_out(struct code_entry *e)
{
    if (!ears_may_rest(e))
        return Py_None;
    Py_INCREF(on.disable);
    return on.disable;
}

/* Code that is seen for the first time. NULL: nothing can be said about it. */
static struct code_entry *discover(PyObject *code, struct _PyInterpreterFrame *frame)
{
    struct code_entry *e =
        codes_get((PyCodeObject *)code, frame, frame != NULL ? pyc_caller(frame) : NULL);

    if (e == NULL || e->f.gear == REC_LEFT_OUT || e->f.gear == REC_UNKNOWN)
        return e;
    if (e->f.gear == REC_FULL) {
        listen_fully(code);
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
    listen_to((PyObject *)e->code, on.no_events);
    e->f.flags &= (uint8_t)~REC_SOFT;
}

/* The budget is spent: decides, and hears what the new gear needs. */
static void decide(struct code_entry *e)
{
    bool heard = e->f.gear == REC_FULL || e->f.gear == REC_TIMED || (e->f.flags & REC_SOFT);
    enum rec_gear gear = rec_function_spent(&e->f);

    if (gear == REC_FULL && (!heard || on.lines))
        listen_fully((PyObject *)e->code);
    else if (gear == REC_TIMED && on.lines && !rec_code_is_open(e->f.code))
        listen_to((PyObject *)e->code, on.call_events);
    else if ((gear == REC_COUNTED || gear == REC_STOPPED) && (e->f.flags & REC_SOFT))
        try_not_to_listen(e);
}

static void count(struct code_entry *e, struct _PyInterpreterFrame *frame)
{
    struct rec_thread *t = rec_self;

    if (e->f.gear == REC_STOPPED)
        rec_function_lose_call(&e->f, TRAIL_LOSS_QUOTA);
    else
        trail_slot_count(e->f.slot);
    if ((e->f.flags & REC_SOFT) && t != NULL)
        rec_push(t, (uintptr_t)frame, 0, e->f.code, NULL, 0);
}

/* The rest of on_start: first calls, decisions, first events of threads. */
static __attribute__((noinline)) PyObject *start_slowly(struct code_entry *e, PyObject *const *args)
{
    struct _PyInterpreterFrame *frame = frame_of(args);
    struct rec_thread *t;

    if (e->f.gear == REC_LEFT_OUT) /* somebody restarted the events */
        return leave_out(e);
    if (frame == NULL)
        return Py_None;
    if (e->f.gear == REC_UNKNOWN) {
        pyc_keep_debuggers_events((PyCodeObject *)args[0]);
        e = discover(args[0], frame);
        if (e == NULL || e->f.gear == REC_UNKNOWN)
            return Py_None;
        if (e->f.gear == REC_LEFT_OUT)
            return leave_out(e);
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
    struct _PyInterpreterFrame *frame = frame_of(args);
    struct rec_thread *t = rec_self;

    if (UNLIKELY(frame == NULL || t == NULL))
        return start_slowly(e, args);
    if (LIKELY(e->f.gear == REC_FULL)) {
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
    frame = quick_frame_of(args);
    if (UNLIKELY(frame == NULL || t == NULL || !(e->f.flags & REC_DIRECT)))
        return start_otherwise(e, args);
    return start_directly(t, e, frame, args);
}

/* A call of a function that is not in gear full. Not inline: what a recorded call keeps in registers would be saved here too. */
static __attribute__((noinline)) PyObject *start_thinned(struct code_entry *e,
                                                         PyObject *const *args)
{
    const struct _PyInterpreterFrame *frame;
    struct rec_thread *t = rec_self;

    if (UNLIKELY(e->f.gear == REC_UNKNOWN || e->f.gear > REC_COUNTED || --e->f.budget == 0))
        return start_slowly(e, args);
    frame = quick_frame_of(args);
    if (UNLIKELY(frame == NULL || t == NULL || e->f.gear != REC_TIMED) ||
        !call_begin_timed_quickly(t, e, (uintptr_t)frame))
        return start_otherwise(e, args);
    return Py_None;
}

/* The callbacks for what happens most: no call out on the shortest way, only jumps to the longer ones. */
static PyObject *on_start(PyObject *self, PyObject *const *args, size_t nargs, PyObject *names)
{
    struct code_entry *e = codes_find((PyCodeObject *)args[0]);
    const struct _PyInterpreterFrame *frame;
    struct rec_thread *t = rec_self;
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
    now = rec_quick_now();
    if (UNLIKELY(--e->f.budget == 0))
        return start_slowly(e, args);
    frame = quick_frame_of(args);
    if (UNLIKELY(frame == NULL || t == NULL))
        return start_otherwise(e, args);
    if (LIKELY(call_begin_quickly(t, e, frame, pyc_previous(frame), now)))
        return Py_None;
    return start_directly(t, e, frame, args);
}

static __attribute__((noinline)) PyObject *return_otherwise(PyObject *const *args)
{
    struct rec_thread *t = rec_self;
    struct _PyInterpreterFrame *frame = frame_of(args);

    if (LIKELY(t != NULL && frame != NULL))
        call_return(t, frame, args[2]);
    return Py_None;
}

static PyObject *on_return(PyObject *self, PyObject *const *args, size_t nargs, PyObject *names)
{
    uint64_t now = rec_quick_now();
    const struct _PyInterpreterFrame *frame = quick_frame_of(args);
    struct rec_thread *t = rec_self;

    (void)self;
    (void)nargs;
    (void)names;
    if (UNLIKELY(t == NULL || frame == NULL) ||
        !(LIKELY(t->top->call != 0) ? call_return_quickly(t, frame, args[2], now)
                                    : call_return_timed_quickly(t, (uintptr_t)frame)))
        return return_otherwise(args);
    return Py_None;
}

static __attribute__((noinline)) PyObject *yield_otherwise(PyObject *const *args)
{
    struct rec_thread *t = rec_self;
    struct _PyInterpreterFrame *frame = frame_of(args);
    struct rec_frame *f;

    if (t != NULL && frame != NULL && (f = rec_find(t, (uintptr_t)frame)) != NULL)
        rec_yield(t, f);
    return Py_None;
}

static PyObject *on_yield(PyObject *self, PyObject *const *args, size_t nargs, PyObject *names)
{
    const struct _PyInterpreterFrame *frame = quick_frame_of(args);
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
    struct _PyInterpreterFrame *frame = frame_of(args);

    if (t != NULL && frame != NULL)
        call_resume(t, frame, pyc_caller(frame), false);
    return Py_None;
}

static PyObject *on_resume(PyObject *self, PyObject *const *args, size_t nargs, PyObject *names)
{
    const struct _PyInterpreterFrame *frame = quick_frame_of(args);
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

/* Is this frame the recorded call on top? Exceptions inside of other code are not told until they reach one. */
static bool is_top(const struct rec_thread *t, const struct _PyInterpreterFrame *frame)
{
    return frame != NULL && t->top->frame == (uintptr_t)frame && t->top->call != 0;
}

/* args[1] is the line. */
static PyObject *on_line(PyObject *self, PyObject *const *args, size_t nargs, PyObject *names)
{
    struct rec_thread *t = rec_self;
    struct _PyInterpreterFrame *frame = frame_of(args);
    int64_t line = 0;

    (void)self;
    (void)nargs;
    (void)names;
    if (UNLIKELY(control_changed(&recorder.control)))
        hook_take_control();
    if (t != NULL && on.lines && is_top(t, frame) && pyc_long_compact(args[1], &line))
        lines_put(t, frame, (const PyCodeObject *)args[0], line);
    return Py_None;
}

static PyObject *on_throw(PyObject *self, PyObject *const *args, size_t nargs, PyObject *names)
{
    struct rec_thread *t = recorder_thread();
    struct _PyInterpreterFrame *frame = frame_of(args);

    (void)self;
    (void)nargs;
    (void)names;
    if (t != NULL && frame != NULL)
        call_resume(t, frame, pyc_caller(frame), true);
    return Py_None;
}

static struct call_exception exception_of(PyObject *value)
{
    struct call_exception e = {(PyObject *)Py_TYPE(value), value,
                               ((PyBaseExceptionObject *)value)->traceback};

    return e;
}

/* The exception as it was told before; NULL for all that never reached recorded code. */
static struct rec_exception *remembered(struct rec_thread *t, PyObject *value)
{
    struct call_exception e = exception_of(value);

    return rec_exception_find(t, value) != NULL ? call_known(t, &e) : NULL;
}

static PyObject *on_raise(PyObject *self, PyObject *const *args, size_t nargs, PyObject *names)
{
    struct rec_thread *t = rec_self;

    (void)self;
    (void)nargs;
    (void)names;
    if (UNLIKELY(control_changed(&recorder.control)))
        hook_take_control();
    if (t != NULL) {
        struct _PyInterpreterFrame *frame = frame_of(args);

        if (is_top(t, frame)) {
            struct call_exception e = exception_of(args[2]);

            call_raise(t, frame, &e);
        } else if (UNLIKELY(rec_exception_find(t, args[2]) != NULL)) {
            struct call_exception e = exception_of(args[2]);

            call_raise_elsewhere(t, &e);
        }
    }
    return Py_None;
}

static PyObject *on_reraise(PyObject *self, PyObject *const *args, size_t nargs, PyObject *names)
{
    struct rec_thread *t = rec_self;
    struct rec_exception *e;

    (void)self;
    (void)nargs;
    (void)names;
    /* What is raised again was handled until now, so it lives, and a new one at its address would have been told. Its traceback may
     * have been set back meanwhile: contextlib's __exit__ does that. */
    if (t != NULL && (e = rec_exception_find(t, args[2])) != NULL) {
        e->tail = ((PyBaseExceptionObject *)args[2])->traceback;
        if (!e->flying)
            rec_reraise(t, e);
    }
    return Py_None;
}

static PyObject *on_handled(PyObject *self, PyObject *const *args, size_t nargs, PyObject *names)
{
    struct rec_thread *t = rec_self;
    struct rec_exception *e;

    (void)self;
    (void)nargs;
    (void)names;
    if (t != NULL && (e = remembered(t, args[2])) != NULL && e->flying) {
        struct _PyInterpreterFrame *frame = frame_of(args);
        uint32_t code = 0;

        if (!is_top(t, frame))
            code = codes_name((PyCodeObject *)args[0],
                              frame != NULL ? pyc_frame_globals(frame) : NULL);
        rec_handled(t, e, code, position_of(args) + 1);
    }
    return Py_None;
}

static PyObject *on_unwind(PyObject *self, PyObject *const *args, size_t nargs, PyObject *names)
{
    struct rec_thread *t = rec_self;
    struct _PyInterpreterFrame *frame = t != NULL ? frame_of(args) : NULL;

    (void)self;
    (void)nargs;
    (void)names;
    if (frame != NULL) {
        struct code_entry *code = codes_find((PyCodeObject *)args[0]);
        struct call_exception e = exception_of(args[2]);

        if (rec_find(t, (uintptr_t)frame) != NULL)
            call_unwind(t, frame, pyc_caller(frame), &e);
        else if (code->f.gear == REC_COUNTED)
            call_unwind_counted(t, code, frame, pyc_caller(frame), &e);
    }
    return Py_None;
}

/* ---- the callbacks' type ----------------------------------------------------------------- */

struct callback {
    PyObject_HEAD vectorcallfunc call;
    const char *event; /* as in sys.monitoring.events */
    enum {
        GLOBAL,
        OF_CALLS, /* set for each recorded code object */
        OF_LINES, /* the same, if lines are asked for */
        KINDS
    } kind;
};

static PyTypeObject callback_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "breadcrumb.callback",
    .tp_basicsize = sizeof(struct callback),
    .tp_vectorcall_offset = offsetof(struct callback, call),
    .tp_call = PyVectorcall_Call,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL,
};

static struct callback callbacks[] = {
    {PyObject_HEAD_INIT(&callback_type) on_start, "PY_START", GLOBAL},
    {PyObject_HEAD_INIT(&callback_type) on_return, "PY_RETURN", OF_CALLS},
    {PyObject_HEAD_INIT(&callback_type) on_yield, "PY_YIELD", OF_CALLS},
    {PyObject_HEAD_INIT(&callback_type) on_resume, "PY_RESUME", OF_CALLS},
    {PyObject_HEAD_INIT(&callback_type) on_line, "LINE", OF_LINES},
    {PyObject_HEAD_INIT(&callback_type) on_throw, "PY_THROW", GLOBAL},
    {PyObject_HEAD_INIT(&callback_type) on_raise, "RAISE", GLOBAL},
    {PyObject_HEAD_INIT(&callback_type) on_reraise, "RERAISE", GLOBAL},
    {PyObject_HEAD_INIT(&callback_type) on_handled, "EXCEPTION_HANDLED", GLOBAL},
    {PyObject_HEAD_INIT(&callback_type) on_unwind, "PY_UNWIND", GLOBAL},
};

/* ---- start and stop ---------------------------------------------------------------------- */

static bool take_tool(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(TOOL_IDS); i++) {
        PyObject *used = PyObject_CallMethod(on.monitoring, "get_tool", "i", TOOL_IDS[i]);
        bool is_free = used == Py_None;

        Py_XDECREF(used);
        if (!is_free)
            continue;
        used = PyObject_CallMethod(on.monitoring, "use_tool_id", "is", TOOL_IDS[i], "breadcrumb");
        Py_XDECREF(used);
        if (used != NULL) {
            on.tool = PyLong_FromLong(TOOL_IDS[i]);
            return on.tool != NULL;
        }
        PyErr_Clear(); /* somebody was faster: the next one */
    }
    return false;
}

/* Registers the callbacks; the masks of the kinds of events come back. */
static bool register_callbacks(long ret_masks[KINDS])
{
    PyObject *events = PyObject_GetAttrString(on.monitoring, "events");
    bool done = events != NULL;

    for (size_t i = 0; done && i < ARRAY_SIZE(callbacks); i++) {
        PyObject *event = PyObject_GetAttrString(events, callbacks[i].event);
        PyObject *before = NULL;

        if (event != NULL)
            before = PyObject_CallMethod(on.monitoring, "register_callback", "OOO", on.tool, event,
                                         (PyObject *)&callbacks[i]);
        done = before != NULL;
        if (done)
            ret_masks[callbacks[i].kind] |= PyLong_AsLong(event);
        Py_XDECREF(before);
        Py_XDECREF(event);
    }
    Py_XDECREF(events);
    return done;
}

/* A generator is gone. If its call is still suspended, it was closed without an event. */
static void forget_generator(struct _PyInterpreterFrame *frame)
{
    struct rec_thread *t = suspended_is_known((uintptr_t)frame) ? recorder_thread() : NULL;

    if (t != NULL)
        rec_closed(t, (uintptr_t)frame);
}

static const char *start(void)
{
    long masks[KINDS] = {0};
    PyObject *done;

    on.monitoring = Py_XNewRef(PySys_GetObject("monitoring")); /* borrowed */
    if (on.monitoring == NULL || PyType_Ready(&callback_type) < 0)
        return "this Python has no sys.monitoring";
    on.disable = PyObject_GetAttrString(on.monitoring, "DISABLE");
    on.set_local_events = PyObject_GetAttrString(on.monitoring, "set_local_events");
    if (on.disable == NULL || on.set_local_events == NULL)
        return "sys.monitoring is not as expected";
    if (!take_tool())
        return "the monitoring tools 5, 4 and 3 are all taken";
    if (!register_callbacks(masks))
        return "the callbacks cannot be registered";
    on.global = masks[GLOBAL];
    on.call_events = PyLong_FromLong(masks[OF_CALLS]);
    on.line_events = PyLong_FromLong(masks[OF_CALLS] | masks[OF_LINES]);
    on.no_events = PyLong_FromLong(0);
    on.lines = hook.lines;
    on.lasting = pyc_lasting_thread();
    if (on.lasting == NULL)
        on.lasting = &nobody;
    codes_watch();
    pyc_watch_generators(forget_generator);
    done = PyObject_CallMethod(on.monitoring, "set_events", "Ol", on.tool, on.global);
    if (done == NULL)
        return "the events cannot be set";
    Py_DECREF(done);
    return NULL;
}

static void stop(void)
{
    PyObject *done = PyObject_CallMethod(on.monitoring, "set_events", "Oi", on.tool, 0);

    Py_XDECREF(done);
    PyErr_Clear();
}

static void pause_events(bool paused)
{
    PyObject *done =
        PyObject_CallMethod(on.monitoring, "set_events", "Ol", on.tool, paused ? 0L : on.global);

    Py_XDECREF(done);
    PyErr_Clear();
}

static void listen_again(void)
{
    PyObject *done = PyObject_CallMethod(on.monitoring, "restart_events", NULL);

    Py_XDECREF(done);
    PyErr_Clear();
    if (on.lines == hook.lines)
        return;
    /* Calls that are open begin, or cease, to tell their lines at once. */
    on.lines = hook.lines;
    for (size_t i = 0; i <= codes.mask; i++)
        if (codes.table[i].code != NULL && (codes.table[i].f.flags & REC_REGISTERED))
            listen_fully((PyObject *)codes.table[i].code);
}

const struct hook_backend hook_monitoring = {"pep669", start, stop, pause_events, listen_again};

#endif
