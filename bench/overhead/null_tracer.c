/*
 * null_tracer.c - a tracer that does nothing, the cheapest way there is: what it costs is the floor under any tracer.
 *
 * 3.12 and later: sys.monitoring, PY_START and PY_RETURN (and PY_YIELD, PY_RESUME), a callback that is an object of a type
 * of its own with a bare vectorcall. Before: a frame-evaluation hook (PEP 523) that only calls the default.
 *
 * install(1) reads the clock at each event, install(2) also writes 32 bytes: what no tracer that tells times, or more, is
 * without. floor.py puts that beside Breadcrumb. install(0, True) hears PY_START alone: what no tracer that counts calls is without.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>

#if PY_VERSION_HEX >= 0x030C0000

#if defined(__x86_64__)
#include <x86intrin.h>
#define CLOCK() __rdtsc()
#elif defined(__aarch64__)
static inline uint64_t clock_of_this_cpu(void)
{
    uint64_t ticks;

    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
}
#define CLOCK() clock_of_this_cpu()
#else
#define CLOCK() 0
#endif

struct nothing {
    PyObject_HEAD vectorcallfunc call;
};

static volatile uint64_t last_time;
static struct written {
    const void *code, *offset, *value;
    uint64_t time;
} written[1 << 10];
static size_t place;

static PyObject *do_nothing(PyObject *self, PyObject *const *args, size_t nargs, PyObject *names)
{
    (void)self, (void)args, (void)nargs, (void)names;
    return Py_None; /* immortal */
}

static PyObject *read_clock(PyObject *self, PyObject *const *args, size_t nargs, PyObject *names)
{
    (void)self, (void)args, (void)nargs, (void)names;
    last_time = CLOCK();
    return Py_None;
}

static PyObject *write_down(PyObject *self, PyObject *const *args, size_t nargs, PyObject *names)
{
    struct written *w = &written[place++ & (sizeof(written) / sizeof(written[0]) - 1)];

    (void)self, (void)names;
    w->code = args[0];
    w->offset = args[1];
    w->value = PyVectorcall_NARGS(nargs) > 2 ? args[2] : NULL;
    w->time = CLOCK();
    return Py_None;
}

static const vectorcallfunc levels[] = {do_nothing, read_clock, write_down};

static PyTypeObject nothing_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "null_tracer.nothing",
    .tp_basicsize = sizeof(struct nothing),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_vectorcall_offset = offsetof(struct nothing, call),
    .tp_call = PyVectorcall_Call,
};

static PyObject *install(PyObject *module, PyObject *args)
{
    static const char *const names[] = {"PY_START", "PY_RETURN", "PY_YIELD", "PY_RESUME"};
    PyObject *monitoring = PySys_GetObject("monitoring"); /* Borrowed */
    PyObject *events = NULL, *callback = NULL, *result = NULL;
    long all = 0;
    int level = 0, only_starts = 0;

    (void)module;
    if (!PyArg_ParseTuple(args, "|ip", &level, &only_starts) || PyType_Ready(&nothing_type) < 0)
        return NULL;
    if (level < 0 || level >= (int)(sizeof(levels) / sizeof(levels[0])))
        return PyErr_Format(PyExc_ValueError, "no level %d", level);
    callback = PyType_GenericAlloc(&nothing_type, 0);
    events = PyObject_GetAttrString(monitoring, "events");
    if (callback == NULL || events == NULL)
        goto out;
    ((struct nothing *)callback)->call = levels[level];
    Py_XDECREF(PyObject_CallMethod(monitoring, "use_tool_id", "is", 5, "null tracer"));
    for (size_t i = 0;
         i < (only_starts ? 1 : sizeof(names) / sizeof(names[0])) && !PyErr_Occurred(); i++) {
        PyObject *event = PyObject_GetAttrString(events, names[i]);

        if (event == NULL)
            goto out;
        all |= PyLong_AsLong(event);
        Py_XDECREF(PyObject_CallMethod(monitoring, "register_callback", "iOO", 5, event, callback));
        Py_DECREF(event);
    }
    if (!PyErr_Occurred())
        result = PyObject_CallMethod(monitoring, "set_events", "il", 5, all);
out:
    Py_XDECREF(events);
    Py_XDECREF(callback);
    return result;
}

#else

#if PY_VERSION_HEX >= 0x030B0000
typedef struct _PyInterpreterFrame frame_of_hook;
#else
typedef PyFrameObject frame_of_hook;
#endif

static PyObject *pass_on(PyThreadState *thread, frame_of_hook *frame, int thrown)
{
    return _PyEval_EvalFrameDefault(thread, frame, thrown);
}

static PyObject *install(PyObject *module, PyObject *args)
{
    (void)module, (void)args;
    _PyInterpreterState_SetEvalFrameFunc(PyInterpreterState_Get(), pass_on);
    Py_RETURN_NONE;
}

#endif

static PyMethodDef methods[] = {{"install", install, METH_VARARGS, "Trace, and do nothing."}, {0}};
static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "null_tracer", NULL, -1, methods, 0, 0, 0, 0};

PyMODINIT_FUNC PyInit_null_tracer(void)
{
    PyObject *module = PyModule_Create(&definition);

#ifdef Py_GIL_DISABLED
    if (module != NULL)
        PyUnstable_Module_SetGIL(module,
                                 Py_MOD_GIL_NOT_USED); /* or threads would take turns again */
#endif
    return module;
}
