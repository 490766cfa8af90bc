/*
 * pycompat_frame.h - the frames of running code, threads, code objects: a part of pycompat.h, which includes it.
 */
#ifndef HOOK_PYCOMPAT_FRAME_H
#define HOOK_PYCOMPAT_FRAME_H

#ifndef HOOK_PYCOMPAT_H
#error "include hook/pycompat.h"
#endif

#if PY_VERSION_HEX >= 0x030b0000
static inline struct _PyInterpreterFrame *pyc_thread_frame(const PyThreadState *ts)
{
#if PY_VERSION_HEX >= 0x030d0000
    return ts->current_frame;
#else
    return ts->cframe->current_frame;
#endif
}

/* The innermost frame of this thread, as the interpreter keeps it: no frame object is made. */
static inline struct _PyInterpreterFrame *pyc_current_frame(void)
{
    return pyc_thread_frame(PyThreadState_Get());
}

#if PYC_HAS_MONITORING
/* The state of the running thread if CPython keeps it inside of its own static data, as it does with that of the main thread: its
 * memory is there as long as the process. NULL if not, and where threads run at the same time. */
static inline PyThreadState *pyc_lasting_thread(void)
{
    PyThreadState *ts = PyThreadState_Get();

    return !PYC_CONCURRENT && (uintptr_t)ts - (uintptr_t)&_PyRuntime < sizeof(_PyRuntime) ? ts
                                                                                          : NULL;
}

/* Is it the state of the thread that runs now? Of all that share a GIL only the one that holds it is active. For a thread of the
 * interpreter that `ts` belongs to. Asking CPython costs a call, in a shared libpython two. */
static inline bool pyc_is_running(const PyThreadState *ts)
{
    return ts->_status.active;
}
#endif

/* The code of a complete frame. */
static inline PyCodeObject *pyc_frame_code(const struct _PyInterpreterFrame *frame)
{
#if PY_VERSION_HEX >= 0x030e0000
    return (PyCodeObject *)PyStackRef_AsPyObjectBorrow(frame->f_executable);
#elif PY_VERSION_HEX >= 0x030d0000
    return (PyCodeObject *)frame->f_executable;
#else
    return frame->f_code;
#endif
}

/* The nearest frame outwards that runs Python code: skips the shims between C and Python and frames that are
 * still being set up. NULL at the end. */
static inline struct _PyInterpreterFrame *pyc_complete(struct _PyInterpreterFrame *frame)
{
    while (frame != NULL && _PyFrame_IsIncomplete(frame))
        frame = frame->previous;
    return frame;
}

static inline struct _PyInterpreterFrame *pyc_caller(const struct _PyInterpreterFrame *frame)
{
    return pyc_complete(frame->previous);
}

#if PYC_HAS_MONITORING
/*
 * From 3.13 on, a debugger that the program itself calls first asks for the events of the instructions of all that called it, then
 * for all others. Where another tool hears that code, the second makes CPython lay lists of who hears what, and the one for
 * instructions begins empty: the debugger would stop a line late. CPython keeps a list that is there already, and frees
 * it with the code.
 */
static inline void pyc_keep_debuggers_events(const struct _PyInterpreterFrame *frame)
{
#if PY_VERSION_HEX >= 0x030d0000
    pyc_stop_world(); /* others may run the code, or ask for its events */
    for (; frame != NULL; frame = pyc_caller(frame)) {
        PyCodeObject *code = pyc_frame_code(frame);
        _PyCoMonitoringData *data = code->_co_monitoring;

        if (data != NULL && data->per_instruction_tools == NULL)
            data->per_instruction_tools = PyMem_Calloc((size_t)Py_SIZE(code), 1);
    }
    pyc_start_world();
#else
    (void)frame;
#endif
}
#endif

/* The frame outside of this one, complete or not. */
static inline struct _PyInterpreterFrame *pyc_previous(const struct _PyInterpreterFrame *frame)
{
    return frame->previous;
}

/* Where the frame is, in units of 2 bytes from the start of its code; negative before its first instruction. */
static inline int pyc_frame_position(struct _PyInterpreterFrame *frame)
{
    return _PyInterpreterFrame_LASTI(frame);
}

/* Slot i of the fast locals: arguments first. NULL: unbound. */
static inline PyObject *pyc_frame_slot(const struct _PyInterpreterFrame *frame, unsigned i)
{
#if PY_VERSION_HEX >= 0x030e0000
    _PyStackRef slot = frame->localsplus[i];

    return PyStackRef_IsNull(slot) || PyStackRef_IsTaggedInt(slot)
               ? NULL
               : PyStackRef_AsPyObjectBorrow(slot);
#else
    return frame->localsplus[i];
#endif
}

static inline PyObject *pyc_frame_globals(const struct _PyInterpreterFrame *frame)
{
    return frame->f_globals;
}

/* The frame that a frame object (an entry of a traceback) stands for. */
static inline struct _PyInterpreterFrame *pyc_frame_of_object(PyFrameObject *frame)
{
    return frame->f_frame;
}

/* -- code -- */

#define PYC_HAS_QUALNAME 1
#define PYC_LINE_TABLE_FORMAT 1 /* of docs/trail-format.md: co_linetable of 3.11 and later */

static inline PyObject *pyc_code_qualname(const PyCodeObject *code)
{
    return code->co_qualname;
}

static inline PyObject *pyc_code_argument(const PyCodeObject *code, size_t i)
{
    return PyTuple_GET_ITEM(code->co_localsplusnames, (Py_ssize_t)i);
}

/* Does the argument's slot hold a cell? It is made before the first instruction. */
static inline bool pyc_argument_in_cell(const PyCodeObject *code, size_t i)
{
    return (PyBytes_AS_STRING(code->co_localspluskinds)[i] & CO_FAST_CELL) != 0;
}

/* The places of local variables, arguments among them. */
static inline unsigned pyc_locals(const PyCodeObject *code)
{
    return (unsigned)code->co_nlocalsplus;
}

/* The name of the variable in place i; NULL: it is none of the function's own. */
static inline PyObject *pyc_local_name(const PyCodeObject *code, unsigned i)
{
    char kind = PyBytes_AS_STRING(code->co_localspluskinds)[i];

    return kind & CO_FAST_FREE ? NULL : PyTuple_GET_ITEM(code->co_localsplusnames, (Py_ssize_t)i);
}
#endif

/*
 * Is this what a debugger is called by: breakpoint(), pdb.set_trace() and those of other debuggers all come to a function of
 * this name, whatever the program calls it. Then pyc_keep_debuggers_events(), before it runs.
 */
static inline bool pyc_calls_debugger(const PyCodeObject *code)
{
#if PY_VERSION_HEX >= 0x030d0000
    return PyUnicode_GET_LENGTH(code->co_name) == 9 &&
           PyUnicode_EqualToUTF8(code->co_name, "set_trace");
#else
    (void)code;
    return false;
#endif
}

/* Where the frame is, as the trail has it: its position + 1, 0 before the first instruction. */
static inline uint64_t pyc_frame_place(struct _PyInterpreterFrame *frame)
{
    return (uint32_t)(pyc_frame_position(frame) + 1);
}

/* What the argument holds where its slot is a cell (captured by an inner function). */
static inline PyObject *pyc_cell_content(PyObject *cell)
{
    return cell != NULL && PyCell_Check(cell) ? ((PyCellObject *)cell)->ob_ref : cell;
}

#if PY_VERSION_HEX >= 0x030b0000
/* The value of the variable in place i; NULL: it has none. */
static inline PyObject *pyc_local(const struct _PyInterpreterFrame *frame, const PyCodeObject *code,
                                  unsigned i)
{
    PyObject *value = pyc_frame_slot(frame, i);

    return pyc_argument_in_cell(code, i) ? pyc_cell_content(value) : value;
}
#endif

/* Does each Python call run on the C stack, also without a hook? */
#define PYC_CALLS_TAKE_STACK (PY_VERSION_HEX < 0x030b0000)

/* Before 3.12 the instance of an exception may be made only when somebody catches it. */
#define PYC_MAKES_EXCEPTIONS_LATE (PY_VERSION_HEX < 0x030c0000)

/* The exception that is on its way in this thread, without touching it; all NULL when there is none. On 3.11 the value may
 * not be made yet (NULL, or the argument of the class). */
struct pyc_exception {
    PyObject *type, *value, *traceback;
};

static inline struct pyc_exception pyc_live_exception(void)
{
    PyThreadState *ts = PyThreadState_Get();
    struct pyc_exception e = {NULL, NULL, NULL};

#if PY_VERSION_HEX >= 0x030c0000
    e.value = ts->current_exception;
    if (e.value != NULL) {
        e.type = (PyObject *)Py_TYPE(e.value);
        e.traceback = ((PyBaseExceptionObject *)e.value)->traceback;
    }
#else
    e.type = ts->curexc_type;
    e.value = ts->curexc_value;
    e.traceback = ts->curexc_traceback;
#endif
    return e;
}

#if PY_VERSION_HEX >= 0x030b0000
/* Does the frame stand at a raise statement? True as well where another tool's instrumentation hides the instruction. */
static inline bool pyc_at_raise(const struct _PyInterpreterFrame *frame)
{
#if PY_VERSION_HEX >= 0x030d0000
    int op = frame->instr_ptr->op.code;
#elif PY_VERSION_HEX >= 0x030c0000
    int op = frame->prev_instr->op.code;
#else
    int op = _Py_OPCODE(*frame->prev_instr);
#endif

#if PY_VERSION_HEX >= 0x030c0000
    return op == RAISE_VARARGS || op >= MIN_INSTRUMENTED_OPCODE;
#else
    return op == RAISE_VARARGS;
#endif
}
#endif

#endif
