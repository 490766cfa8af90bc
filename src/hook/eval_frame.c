/*
 * eval_frame.c - the backend for CPython 3.10 and 3.11 (the setting's name for it is settrace): a frame evaluation hook (PEP 523).
 *
 * Begin and end of each call in one C function, in all threads, ten times cheaper than a trace function, and the
 * trace slot stays free for debuggers. A hook that was there before is called by ours. Raises inside of a recorded frame, and its
 * lines where they are asked for, are told to a trace function that is in place while such a frame runs.
 * With a hook CPython 3.11 runs each Python call on the C stack. A program that recurses deeper than the C stack allows would
 * crash where it does not untraced, so the hook steps aside in time: deeper calls are not recorded, and counted. 3.10 uses the
 * C stack for each call anyway, and the hook adds an eighth to that: it may do so in a quarter of the stack, and
 * the deepest recursion that is possible gets 3 % less deep.
 */
#include "base/base.h"

#include "hook/calls.h"
#include "hook/lines.h"
#include "recorder/recorder.h"

#if !PYC_HAS_MONITORING

#include <pthread.h>

#define STACK_RESERVE (384 * 1024) /* for what runs below the last recorded call */

static PyObject *evaluate(PyThreadState *ts, struct _PyInterpreterFrame *frame, int thrown);

static _PyFrameEvalFunction next; /* the hook before ours, or CPython's own */

/* Lowest address of this thread's C stack that the hook may still use; 0: not asked yet. */
static __thread uintptr_t stack_floor __attribute__((tls_model("initial-exec")));

static uintptr_t find_stack_floor(void)
{
    pthread_attr_t attr;
    void *lowest = NULL;
    size_t size = 0;

    if (pthread_getattr_np(pthread_self(), &attr) != 0)
        return 1;
    pthread_attr_getstack(&attr, &lowest, &size);
    pthread_attr_destroy(&attr);
    if (PYC_CALLS_TAKE_STACK)
        return (uintptr_t)lowest + size / 4 * 3;
    return (uintptr_t)lowest + (size > 2 * STACK_RESERVE ? STACK_RESERVE : size / 2);
}

static bool stack_runs_short(void)
{
    if (UNLIKELY(stack_floor == 0))
        stack_floor = find_stack_floor();
    return (uintptr_t)__builtin_frame_address(0) < stack_floor;
}

/* A call has ended by the exception, which flies on in `outer`; the end of a generator that is closed is not remembered. */
static void fly_on(struct rec_thread *t, const struct call_exception *e,
                   const struct _PyInterpreterFrame *outer)
{
    if (e->type != PyExc_GeneratorExit)
        t->recent[0].away = t->top->frame != (uintptr_t)outer;
}

/* The frame is linked to its caller only when it runs: until then that is the current one. */
static struct _PyInterpreterFrame *caller_now(void)
{
    return pyc_complete(pyc_current_frame());
}

/* ---- the trace function ------------------------------------------------------------------ */

/* Another's trace function, which ours has taken the place of, and passes everything on to. */
static __thread Py_tracefunc behind_us __attribute__((tls_model("initial-exec")));

static bool is_recorded(const struct rec_thread *t, const struct _PyInterpreterFrame *frame)
{
    return t != NULL && t->top->frame == (uintptr_t)frame && t->top->call != 0;
}

static void tell(struct rec_thread *t, PyFrameObject *object, int what, PyObject *arg)
{
    struct _PyInterpreterFrame *frame = pyc_frame_of_object(object);

    t->busy = true;
    if (what == PyTrace_LINE) {
        lines_put(t, frame, pyc_frame_code(frame), pyc_traced_line(object));
    } else {
        struct call_exception e = {PyTuple_GET_ITEM(arg, 0), PyTuple_GET_ITEM(arg, 1),
                                   PyTuple_GET_ITEM(arg, 2)};

        if (e.traceback == Py_None)
            e.traceback = NULL;
        call_raise(t, frame, &e);
    }
    t->busy = false;
}

/* Raises in recorded frames, and their lines. */
static int on_trace(PyObject *self, PyFrameObject *object, int what, PyObject *arg)
{
    PyThreadState *ts = PyThreadState_Get();
    struct rec_thread *t = rec_self;
    int ret = 0;

    if ((what == PyTrace_EXCEPTION || (what == PyTrace_LINE && hook.lines)) &&
        is_recorded(t, pyc_frame_of_object(object)) && !t->busy)
        tell(t, object, what, arg);
    if (behind_us != NULL)
        ret = behind_us(self, object, what, arg);
    if (ts->c_tracefunc != on_trace) { /* it has put another, or none, in its place */
        behind_us = ts->c_tracefunc;
        ts->c_tracefunc = on_trace;
    }
    return ret;
}

/*
 * For a recorded frame that is about to run, or runs on: the trace function is ours, and another's comes behind it. The trace
 * object stays the other's, which is what sys.gettrace() tells: nobody sees us. Without lines tracing is not turned on: that
 * costs nothing until a frame raises, and then as much as lines until its next call.
 */
static void trace(PyThreadState *ts)
{
    if (ts->c_tracefunc != on_trace) {
        behind_us = ts->c_tracefunc;
        ts->c_tracefunc = on_trace;
    }
    pyc_set_tracing(ts, hook.lines || behind_us != NULL || ts->c_profilefunc != NULL);
}

/* For any other frame: as if we were not there. */
static void trace_not(PyThreadState *ts)
{
    if (ts->c_tracefunc != on_trace)
        return;
    ts->c_tracefunc = behind_us;
    behind_us = NULL;
    pyc_set_tracing(ts, ts->c_tracefunc != NULL || ts->c_profilefunc != NULL);
}

/* ---- calls ------------------------------------------------------------------------------- */

/* A call begins: as the function's gear says. What is only counted is not on the stack. */
static void begin(struct rec_thread *t, struct code_entry *e, struct _PyInterpreterFrame *frame,
                  bool cells_made)
{
    if (UNLIKELY(--e->f.budget == 0))
        rec_function_spent(&e->f);
    if (e->f.gear == REC_TIMED) {
        if (call_begin_timed(t, e, (uintptr_t)frame))
            return;
        rec_function_reset(&e->f);
    }
    if (LIKELY(e->f.gear == REC_FULL))
        call_begin(t, e, frame, caller_now(), cells_made);
    else if (e->f.gear == REC_STOPPED)
        rec_function_lose_call(&e->f, recorder_stopped());
    else
        trail_slot_count(e->f.slot);
}

/* Does the call begin here, or go on? Returns whether it is recorded. */
static bool enter(struct rec_thread *t, struct _PyInterpreterFrame *frame, struct code_entry *e,
                  bool thrown)
{
    if (!(e->f.flags & REC_SUSPENDS)) {
        call_settle_flying(t);
        begin(t, e, frame, false);
    } else if (thrown || !pyc_generator_starts(frame)) {
        if (!thrown)
            call_settle_flying(t);
        call_resume(t, frame, caller_now(), thrown);
    } else {
        call_settle_flying(t);
        begin(t, e, frame, true);
    }
    return t->top->frame == (uintptr_t)frame;
}

static void leave(struct rec_thread *t, struct _PyInterpreterFrame *frame, bool suspends,
                  PyObject *value)
{
    struct rec_frame *f;

    if (value == NULL) {
        struct pyc_exception live = pyc_live_exception();
        struct call_exception e = {live.type, live.value, live.traceback};

        if (e.type != NULL) {
            call_unwind(t, frame, caller_now(), &e);
            fly_on(t, &e, caller_now());
        }
    } else if (suspends && pyc_generator_suspended(frame)) {
        call_settle_flying(t);
        f = rec_find(t, (uintptr_t)frame);
        if (f != NULL)
            rec_yield(t, f);
    } else {
        call_settle_flying(t);
        call_return(t, frame, value, clock_ticks(t->clock));
    }
}

/* What is known of the frame's code: judged, and registered if it is recorded. NULL: it is not recorded. */
static struct code_entry *recorded_code(struct _PyInterpreterFrame *frame)
{
    PyCodeObject *code = pyc_frame_code(frame);
    struct code_entry *e = codes_find(code);

    if (UNLIKELY(e->f.gear == REC_UNKNOWN))
        e = codes_get(code, frame, caller_now());
    return e != NULL && e->f.gear != REC_UNKNOWN && e->f.gear != REC_LEFT_OUT ? e : NULL;
}

/* Not while a record is being written, and not without a recorder. Takes other settings that have come up meanwhile. */
static bool may_record(void)
{
    if (rec_self != NULL ? rec_self->busy : !recorder_may_be())
        return false;
    if (UNLIKELY(control_changed(&recorder.control)))
        hook_take_control();
    return true;
}

/*
 * Code that is not recorded is the first that a thread runs. Where an audit hook is, the thread's stream is made now already:
 * sys.settrace(), which threading calls at the beginning of each thread, is refused to a thread while another one is in the hook for
 * its own, and one that makes its stream in there is so for long enough.
 */
static void make_stream_ahead(const PyThreadState *ts)
{
    if (pyc_is_audited(ts) && ts->tracing == 0 && recorder_is_on())
        recorder_thread();
}

/* How a frame is evaluated. */
enum manner {
    PASS,     /* nothing to do with us */
    ASIDE,    /* without the hook, and all that it calls too */
    LEFT_OUT, /* without the watch: it would make exceptions earlier than they are made untraced */
    COUNTED,  /* the same, but it is told when it ends by an exception */
    CALL_RECORDED, /* recorded or timed */
    RUN_RECORDED,  /* the same: a generator's or coroutine's */
};

/* What comes before the evaluation. A function of its own, as what comes after it: what they need of the C stack is not
 * held by each of a deep recursion's calls. */
static __attribute__((noinline)) enum manner before(PyThreadState *ts,
                                                    struct _PyInterpreterFrame *frame, bool thrown)
{
    enum manner manner = LEFT_OUT;
    struct code_entry *e;
    struct rec_thread *t;

    if (UNLIKELY(stack_runs_short()))
        return ASIDE;
    if (pyc_makes_generator(frame) || !may_record())
        return PASS;
    e = recorded_code(frame);
    if (UNLIKELY(rec_self == NULL) && e == NULL)
        make_stream_ahead(ts);
    t = e != NULL ? recorder_thread() : NULL;
    if (t != NULL) {
        bool suspends = (e->f.flags & REC_SUSPENDS) != 0;

        t->busy = true; /* what a repr() runs while a record is being written is not recorded */
        manner = !enter(t, frame, e, thrown) ? COUNTED : suspends ? RUN_RECORDED : CALL_RECORDED;
        t->busy = false;
    } else if (e != NULL && recorder_ready()) {
        rec_function_lose_call(&e->f, rec_thread_refused());
    }
    if (is_recorded(rec_self, frame))
        trace(ts);
    else
        trace_not(ts);
    return manner;
}

/* A call that is only counted has ended by an exception: that is recorded. */
static void leave_counted(struct rec_thread *t, struct _PyInterpreterFrame *frame)
{
    struct code_entry *code = codes_find(pyc_frame_code(frame));
    struct pyc_exception live;

    if (code->f.gear != REC_COUNTED && code->f.gear != REC_STOPPED)
        return;
    live = pyc_live_exception();
    if (live.type != NULL) {
        struct call_exception e = {live.type, live.value, live.traceback};

        call_unwind_counted(t, code, frame, caller_now(), &e);
        fly_on(t, &e, caller_now());
    }
}

static __attribute__((noinline)) void after(PyThreadState *ts, struct _PyInterpreterFrame *frame,
                                            enum manner manner, bool traced, PyObject *value)
{
    struct rec_thread *t = rec_self;

    if (UNLIKELY(t == NULL)) /* the call has forked */
        return;
    t->busy = true;
    if (manner == CALL_RECORDED || manner == RUN_RECORDED)
        leave(t, frame, manner == RUN_RECORDED, value);
    else if (manner == COUNTED && value == NULL)
        leave_counted(t, frame);
    t->busy = false;
    /* A generator that is thrown into through another: the caller is what runs on, not the frame that the other one has. */
    if (traced || is_recorded(t, caller_now()))
        trace(ts);
    else
        trace_not(ts);
}

static __attribute__((noinline)) PyObject *
evaluate_aside(PyThreadState *ts, struct _PyInterpreterFrame *frame, int thrown)
{
    PyObject *value;

    recorder_lose(TRAIL_LOSS_STACK, 1);
    trace_not(ts);
    _PyInterpreterState_SetEvalFrameFunc(ts->interp, next);
    value = next(ts, frame, thrown);
    _PyInterpreterState_SetEvalFrameFunc(ts->interp, evaluate);
    return value;
}

/* Its frame is on the C stack for each Python call: it stays small. */
static PyObject *evaluate(PyThreadState *ts, struct _PyInterpreterFrame *frame, int thrown)
{
    bool traced = ts->c_tracefunc == on_trace; /* the caller */
    enum manner manner = before(ts, frame, thrown != 0);
    PyObject *value;

    if (manner == PASS)
        return next(ts, frame, thrown);
    if (UNLIKELY(manner == ASIDE))
        return evaluate_aside(ts, frame, thrown);
    value = next(ts, frame, thrown);
    after(ts, frame, manner, traced, value);
    return value;
}

static const char *start(void)
{
    PyInterpreterState *interp = PyInterpreterState_Get();

    codes_watch();
    next = _PyInterpreterState_GetEvalFrameFunc(interp);
    _PyInterpreterState_SetEvalFrameFunc(interp, evaluate);
    return NULL;
}

static void stop(void)
{
    PyInterpreterState *interp = PyInterpreterState_Get();

    if (_PyInterpreterState_GetEvalFrameFunc(interp) == evaluate)
        _PyInterpreterState_SetEvalFrameFunc(interp, next);
}

/* A hook that was put before ours meanwhile still calls us: then nothing can be paused, and all is recorded. */
static void pause_frames(bool paused)
{
    PyInterpreterState *interp = PyInterpreterState_Get();
    _PyFrameEvalFunction now = _PyInterpreterState_GetEvalFrameFunc(interp);

    if (paused) {
        stop();
    } else if (now != evaluate) {
        next = now;
        _PyInterpreterState_SetEvalFrameFunc(interp, evaluate);
    }
}

/* Every frame is seen anyway. */
static void nothing_to_do(void)
{
}

const struct hook_backend hook_eval_frame = {"settrace", start, stop, pause_frames, nothing_to_do};

#endif
