/*
 * pycompat.h - the one place that knows which CPython this is: every PY_VERSION_HEX test, every internal
 * header and every layout that differs stands here, behind small inline functions named pyc_*.
 *
 * Only inline code of the internal headers and symbols that the interpreters export may be used. Nothing
 * here allocates, calls into user code or sets an exception; all pointers returned are Borrowed. Needs the
 * GIL, or what stands in for it (own.h). A new CPython changes this file and its parts (pycompat_*.h), and no other.
 */
#ifndef HOOK_PYCOMPAT_H
#define HOOK_PYCOMPAT_H

#include "base/base.h"

/* Before Python.h: some internal headers clash with the public ones otherwise (gh-105268). */
#ifndef Py_BUILD_CORE_MODULE
#define Py_BUILD_CORE_MODULE 1
#endif
#define PY_SSIZE_T_CLEAN 1
#include <Python.h>
#include <structmember.h>

#include <internal/pycore_code.h>
#if PY_VERSION_HEX >= 0x030b0000
#include <internal/pycore_dict.h>
#include <internal/pycore_frame.h>
#endif
#if PY_VERSION_HEX >= 0x030c0000
#include <internal/pycore_runtime.h>
#endif
#if PY_VERSION_HEX >= 0x030e0000
#include <internal/pycore_instruments.h>
#include <internal/pycore_interpframe.h>
#endif
#include <internal/pycore_moduleobject.h>
#include <internal/pycore_object.h>
#include <opcode.h>

#if PY_VERSION_HEX < 0x030a0000 || PY_VERSION_HEX >= 0x03100000
#error "this CPython is not supported yet"
#endif
/* 3.13 changes running code under a lock that nobody who runs it takes, and its exceptions without any. */
#if defined(Py_GIL_DISABLED) && PY_VERSION_HEX < 0x030e0000
#error "of the builds without a GIL only 3.14 and later can be listened to"
#endif

/* Do threads run Python at the same time? Then counters are atomic (trail/page.h). */
#ifdef Py_GIL_DISABLED
#define PYC_CONCURRENT 1
#else
#define PYC_CONCURRENT 0
#endif
#define TRAIL_CONCURRENT PYC_CONCURRENT

#if PY_VERSION_HEX < 0x030b0000
#include "hook/pycompat_310.h"
#endif
#include "hook/pycompat_dict.h"
#include "hook/pycompat_int.h"
#include "hook/pycompat_object.h"
#include "hook/pycompat_threads.h"

/* ---- the version ------------------------------------------------------------------------- */

#define PYC_VERSION (PY_MAJOR_VERSION << 8 | PY_MINOR_VERSION) /* as in the trail's headers */
#define PYC_HAS_MONITORING (PY_VERSION_HEX >= 0x030c0000)
/* A module that may be loaded into any interpreter; where it is not said, 3.12 prints an error in subinterpreters. */
#if PYC_CONCURRENT
/* Nor does it make threads take turns again. */
#define PYC_MODULE_SLOTS                                                  \
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED}, \
        {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#elif PY_VERSION_HEX >= 0x030c0000
#define PYC_MODULE_SLOTS {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#else
#define PYC_MODULE_SLOTS
#endif

/* Has `forget` called for each code object that is freed from now on, in any thread that holds the GIL. One caller. */
typedef void pyc_forget_code(PyCodeObject *code);
static pyc_forget_code *pyc_forget;

static destructor pyc_code_dealloc;

static inline void pyc_on_code_dealloc(PyObject *code)
{
    pyc_forget((PyCodeObject *)code);
    pyc_code_dealloc(code);
}

#if PY_VERSION_HEX >= 0x030c0000
static inline int pyc_on_code_event(PyCodeEvent event, PyCodeObject *code)
{
    if (event == PY_CODE_EVENT_DESTROY)
        pyc_forget(code);
    return 0;
}
#endif

static inline void pyc_watch_codes(pyc_forget_code *forget)
{
    if (pyc_forget != NULL)
        return;
    pyc_forget = forget;
#if PY_VERSION_HEX >= 0x030c0000
    if (PyCode_AddWatcher(pyc_on_code_event) >= 0)
        return;
    PyErr_Clear(); /* all eight are taken */
#endif
    /* Without a watcher the slot of the static type is wrapped: nothing of it shows in Python, and it takes no co_extra
     * index (which is visible). */
    pyc_code_dealloc = PyCode_Type.tp_dealloc;
    PyCode_Type.tp_dealloc = pyc_on_code_dealloc;
}

#include "hook/pycompat_frame.h"

#if !PYC_HAS_MONITORING
/* -- PEP 523 (3.10, 3.11) -- */

/*
 * Is tracing on for the C frame that evaluates now, and those that it calls? A raise is told to the thread's trace function before
 * CPython looks at this; calls, lines and returns are told only where it is on. CPython turns it on when a trace function
 * returns, if there is still one.
 */
static inline void pyc_set_tracing(PyThreadState *ts, bool tracing)
{
    ts->cframe->use_tracing = tracing ? 255 : 0; /* 3.11 ors it into the instruction */
}

/* Does code in Python hear of what happens (sys.addaudithook)? */
static inline bool pyc_is_audited(const PyThreadState *ts)
{
    return ts->interp->audit_hooks != NULL;
}

/* The line that a trace function is told. */
static inline int pyc_traced_line(const PyFrameObject *frame)
{
    return frame->f_lineno;
}

/* Is it the frame of a generator, coroutine or async generator? Its code is alive as long as it runs. */
static inline bool pyc_suspends(const struct _PyInterpreterFrame *frame)
{
    return (pyc_frame_code(frame)->co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)) !=
           0;
}

#if PY_VERSION_HEX >= 0x030b0000
/* Is the call only making a generator (or coroutine) of this code, not running it? */
static inline bool pyc_makes_generator(const struct _PyInterpreterFrame *frame)
{
    return pyc_suspends(frame) && frame->owner == FRAME_OWNED_BY_THREAD;
}

/* A generator's frame that has never run: it still stands at the instruction that made the generator. */
static inline bool pyc_generator_starts(const struct _PyInterpreterFrame *frame)
{
    return _Py_OPCODE(*frame->prev_instr) == RETURN_GENERATOR;
}

/* After the evaluation of a generator's frame came back with a value: yielded, or done? */
static inline bool pyc_generator_suspended(const struct _PyInterpreterFrame *frame)
{
    const PyGenObject *generator =
        (const PyGenObject *)((const char *)frame - offsetof(PyGenObject, gi_iframe));

    return generator->gi_frame_state == FRAME_SUSPENDED;
}
#endif
#endif

/* -- is it the CPython that we were built for? -- */

/* From 3.13 on the interpreter carries a table of its own layout. */
static inline bool pyc_layout_is_ours(void)
{
#if PY_VERSION_HEX >= 0x030d0000
    const _Py_DebugOffsets *own = &_PyRuntime.debug_offsets;

    return memcmp(own->cookie, "xdebugpy", sizeof(own->cookie)) == 0 &&
           own->free_threaded == PYC_CONCURRENT &&
           own->thread_state.current_frame == offsetof(PyThreadState, current_frame) &&
           own->interpreter_frame.executable ==
               offsetof(struct _PyInterpreterFrame, f_executable) &&
           own->interpreter_frame.previous == offsetof(struct _PyInterpreterFrame, previous) &&
           own->interpreter_frame.localsplus == offsetof(struct _PyInterpreterFrame, localsplus);
#else
    return true;
#endif
}

/* NULL, or why this interpreter's memory must not be read: a file under the wrong name, a vendor's build with other
 * structures. Called once, from Python code: what is read of its frame has to be what the public functions say. */
static inline const char *pyc_check(void)
{
    static const char expected[] =
        Py_STRINGIFY(PY_MAJOR_VERSION) "." Py_STRINGIFY(PY_MINOR_VERSION);
    const char *version = Py_GetVersion();
    struct _PyInterpreterFrame *frame;
    PyFrameObject *object;
    PyCodeObject *code;
    bool same;

    if (strncmp(version, expected, sizeof(expected) - 1) != 0 ||
        (version[sizeof(expected) - 1] >= '0' && version[sizeof(expected) - 1] <= '9'))
        return "the recorder was built for Python " Py_STRINGIFY(PY_MAJOR_VERSION) "." Py_STRINGIFY(
            PY_MINOR_VERSION);
    if (!pyc_layout_is_ours())
        return "this Python keeps its frames otherwise than the one that the recorder was built "
               "for";
    frame = pyc_complete(pyc_current_frame());
    object = PyEval_GetFrame(); /* borrowed */
    if (frame == NULL || object == NULL)
        return frame == NULL && object == NULL ? NULL : "the frames of this Python cannot be read";
    code = PyFrame_GetCode(object);
    same = pyc_frame_of_object(object) == frame && pyc_frame_code(frame) == code &&
           pyc_frame_globals(frame) == PyEval_GetGlobals();
    Py_DECREF(code);
    return same ? NULL : "the frames of this Python cannot be read";
}

#endif
