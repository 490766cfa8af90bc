/*
 * monitoring.h - what the files of the backend for CPython 3.12 and later share: what is listened to, and the callbacks.
 *
 * monitoring.c registers the callbacks and says which events are heard; monitoring_calls.c is told when calls begin, end, are
 * suspended and go on; monitoring_inside.c what happens inside them: lines and exceptions. Needs the GIL.
 */
#ifndef HOOK_MONITORING_H
#define HOOK_MONITORING_H

#include "hook/pycompat.h"

#if PYC_HAS_MONITORING

struct monitoring {
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
};

extern struct monitoring monitoring;

/* Sets which events of one code object are heard: also of the call that is beginning now. */
void monitoring_listen(PyObject *code, PyObject *events);
/* All that calls of this code in gear full are to tell. */
void monitoring_listen_fully(PyObject *code);

/* The callbacks, as vectorcallfunc has it: `args` are those that sys.monitoring documents for the event. */
typedef PyObject *monitoring_callback(PyObject *self, PyObject *const *args, size_t nargs,
                                      PyObject *names);

monitoring_callback monitoring_on_start;
monitoring_callback monitoring_on_return;
monitoring_callback monitoring_on_yield;
monitoring_callback monitoring_on_resume;
monitoring_callback monitoring_on_throw;
monitoring_callback monitoring_on_line;
monitoring_callback monitoring_on_raise;
monitoring_callback monitoring_on_reraise;
monitoring_callback monitoring_on_handled;
monitoring_callback monitoring_on_unwind;

/* args[0] is the code, args[1] the offset in bytes. Code that fires events through the C API (Cython) has no frame of its
 * own: the current one is its caller's. */
static inline struct _PyInterpreterFrame *monitoring_frame_of(PyObject *const *args)
{
    struct _PyInterpreterFrame *frame =
        !PYC_CONCURRENT && LIKELY(pyc_is_running(monitoring.lasting))
            ? pyc_thread_frame(monitoring.lasting)
            : pyc_current_frame();

    return LIKELY(frame != NULL && (PyObject *)pyc_frame_code(frame) == args[0]) ? frame : NULL;
}

/* The same without a call out, for the shortest way; NULL: that is not for this thread. Where threads run at the same time nobody knows
 * without a call which one this is. */
static inline __attribute__((always_inline)) struct _PyInterpreterFrame *
monitoring_quick_frame_of(PyObject *const *args)
{
    struct _PyInterpreterFrame *frame;

    if (PYC_CONCURRENT)
        return monitoring_frame_of(args);
    if (UNLIKELY(!pyc_is_running(monitoring.lasting)))
        return NULL;
    frame = pyc_thread_frame(monitoring.lasting);
    return LIKELY(frame != NULL && (PyObject *)pyc_frame_code(frame) == args[0]) ? frame : NULL;
}

#endif
#endif
