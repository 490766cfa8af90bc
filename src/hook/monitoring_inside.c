/* monitoring_inside.c - see monitoring.h: what happens inside of calls, lines and exceptions. */
#include "base/base.h"

#include "hook/monitoring.h"

#include "hook/calls.h"
#include "hook/lines.h"
#include "hook/own.h"
#include "recorder/recorder.h"

#if PYC_HAS_MONITORING

static uint32_t position_of(PyObject *const *args)
{
    int64_t offset = 0;

    return pyc_long_compact(args[1], &offset) ? (uint32_t)(offset / 2) : 0;
}

/* Is this frame the recorded call on top? Exceptions inside of other code are not told until they reach one. */
static bool is_top(const struct rec_thread *t, const struct _PyInterpreterFrame *frame)
{
    return frame != NULL && t->top->frame == (uintptr_t)frame && t->top->call != 0;
}

/* args[1] is the line. */
PyObject *monitoring_on_line(PyObject *self, PyObject *const *args, size_t nargs, PyObject *names)
{
    struct rec_thread *t = rec_self;
    struct _PyInterpreterFrame *frame = monitoring_frame_of(args);
    int64_t line = 0;

    (void)self;
    (void)nargs;
    (void)names;
    if (UNLIKELY(control_changed(&recorder.control)))
        hook_take_control();
    if (t != NULL && monitoring.lines && is_top(t, frame) && pyc_long_compact(args[1], &line))
        lines_put(t, frame, (PyCodeObject *)args[0], line);
    return Py_None;
}

static struct call_exception exception_of(PyObject *value)
{
    struct call_exception e = {(PyObject *)Py_TYPE(value), value, own_traceback(value)};

    return e;
}

/* The exception as it was told before; NULL for all that never reached recorded code. */
static struct rec_exception *remembered(struct rec_thread *t, PyObject *value)
{
    struct call_exception e = exception_of(value);

    return rec_exception_find(t, value) != NULL ? call_known(t, &e) : NULL;
}

PyObject *monitoring_on_raise(PyObject *self, PyObject *const *args, size_t nargs, PyObject *names)
{
    struct rec_thread *t = rec_self;

    (void)self;
    (void)nargs;
    (void)names;
    if (UNLIKELY(control_changed(&recorder.control)))
        hook_take_control();
    if (t != NULL) {
        struct _PyInterpreterFrame *frame = monitoring_frame_of(args);

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

PyObject *monitoring_on_reraise(PyObject *self, PyObject *const *args, size_t nargs,
                                PyObject *names)
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

PyObject *monitoring_on_handled(PyObject *self, PyObject *const *args, size_t nargs,
                                PyObject *names)
{
    struct rec_thread *t = rec_self;
    struct rec_exception *e;

    (void)self;
    (void)nargs;
    (void)names;
    if (t != NULL && (e = remembered(t, args[2])) != NULL && e->flying) {
        struct _PyInterpreterFrame *frame = monitoring_frame_of(args);
        uint32_t code = 0;

        if (!is_top(t, frame))
            code = codes_name((PyCodeObject *)args[0],
                              frame != NULL ? pyc_frame_globals(frame) : NULL);
        rec_handled(t, e, code, position_of(args) + 1);
    }
    return Py_None;
}

/* All that this thread has run was only counted: what is odd of it is recorded. Not where nothing is. */
static struct rec_thread *thread_to_tell(struct rec_thread *t)
{
    return t == NULL && hook.sample_below > 0 ? recorder_thread() : t;
}

PyObject *monitoring_on_unwind(PyObject *self, PyObject *const *args, size_t nargs, PyObject *names)
{
    struct rec_thread *t = rec_self;
    struct code_entry *code = codes_find((PyCodeObject *)args[0]);
    bool counted = code->f.gear == REC_COUNTED || code->f.gear == REC_STOPPED;
    struct _PyInterpreterFrame *frame = t != NULL || counted ? monitoring_frame_of(args) : NULL;

    (void)self;
    (void)nargs;
    (void)names;
    if (frame != NULL) {
        struct call_exception e = exception_of(args[2]);

        if (t != NULL && rec_find(t, (uintptr_t)frame) != NULL)
            call_unwind(t, frame, pyc_caller(frame), &e);
        else if (counted)
            call_unwind_counted(thread_to_tell(t), code, frame, pyc_caller(frame), &e);
    }
    return Py_None;
}

#endif
