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

#include "hook/monitoring.h"

#include "hook/codes.h"
#include "hook/hook.h"
#include "hook/own.h"
#include "recorder/event.h"
#include "recorder/recorder.h"
#include "recorder/suspended.h"

#if PYC_HAS_MONITORING

static const int TOOL_IDS[] = {5, 4, 3}; /* 0, 1, 2 have owners: debuggers, coverage, profilers */

static const PyThreadState nobody;
struct monitoring monitoring;

/* ---- what is heard ----------------------------------------------------------------------- */

void monitoring_listen(PyObject *code, PyObject *events)
{
    PyObject *arguments[3] = {monitoring.tool, code, events};
    PyObject *done = PyObject_Vectorcall(monitoring.set_local_events, arguments, 3, NULL);

    if (done == NULL)
        PyErr_Clear(); /* Cython's shims cannot be instrumented: such calls stay open */
    else
        Py_DECREF(done);
}

#if PYC_CONCURRENT
/* Setting events stops all threads for a moment: only whoever comes first for a code does. What was set is told afterwards, so that
 * whoever passes here has them set. */
void monitoring_listen_fully(PyObject *code)
{
    struct codes_ticket *ticket = codes_find((PyCodeObject *)code)->ticket;
    uint32_t wanted = monitoring.lines ? 2 : 1;

    if (ticket != NULL && __atomic_load_n(&ticket->heard, __ATOMIC_ACQUIRE) == wanted)
        return;
    monitoring_listen(code, wanted == 2 ? monitoring.line_events : monitoring.call_events);
    if (ticket != NULL)
        __atomic_store_n(&ticket->heard, wanted, __ATOMIC_RELEASE);
}
#else
void monitoring_listen_fully(PyObject *code)
{
    monitoring_listen(code, monitoring.lines ? monitoring.line_events : monitoring.call_events);
}
#endif

/* ---- the callbacks' type ----------------------------------------------------------------- */

struct callback {
    PyObject_HEAD vectorcallfunc call;
#if PYC_CONCURRENT
    monitoring_callback *event_is;
#endif
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

#if PYC_CONCURRENT
/* What each event begins and ends with. */
static PyObject *in_own_memory(PyObject *self, PyObject *const *args, size_t nargs, PyObject *names)
{
    PyObject *ret;

    if (UNLIKELY(!own_begin()))
        return Py_None;
    ret = ((struct callback *)self)->event_is(self, args, nargs, names);
    own_end();
    return ret;
}
#define EVENT(callback) in_own_memory, (callback)
#else
#define EVENT(callback) (callback)
#endif

static struct callback callbacks[] = {
    {PyObject_HEAD_INIT(&callback_type) EVENT(monitoring_on_start), "PY_START", GLOBAL},
    {PyObject_HEAD_INIT(&callback_type) EVENT(monitoring_on_return), "PY_RETURN", OF_CALLS},
    {PyObject_HEAD_INIT(&callback_type) EVENT(monitoring_on_yield), "PY_YIELD", OF_CALLS},
    {PyObject_HEAD_INIT(&callback_type) EVENT(monitoring_on_resume), "PY_RESUME", OF_CALLS},
    {PyObject_HEAD_INIT(&callback_type) EVENT(monitoring_on_line), "LINE", OF_LINES},
    {PyObject_HEAD_INIT(&callback_type) EVENT(monitoring_on_throw), "PY_THROW", GLOBAL},
    {PyObject_HEAD_INIT(&callback_type) EVENT(monitoring_on_raise), "RAISE", GLOBAL},
    {PyObject_HEAD_INIT(&callback_type) EVENT(monitoring_on_reraise), "RERAISE", GLOBAL},
    {PyObject_HEAD_INIT(&callback_type) EVENT(monitoring_on_handled), "EXCEPTION_HANDLED", GLOBAL},
    {PyObject_HEAD_INIT(&callback_type) EVENT(monitoring_on_unwind), "PY_UNWIND", GLOBAL},
};

/* ---- start and stop ---------------------------------------------------------------------- */

static bool take_tool(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(TOOL_IDS); i++) {
        PyObject *used = PyObject_CallMethod(monitoring.monitoring, "get_tool", "i", TOOL_IDS[i]);
        bool is_free = used == Py_None;

        Py_XDECREF(used);
        if (!is_free)
            continue;
        used = PyObject_CallMethod(monitoring.monitoring, "use_tool_id", "is", TOOL_IDS[i],
                                   "breadcrumb");
        Py_XDECREF(used);
        if (used != NULL) {
            monitoring.tool = PyLong_FromLong(TOOL_IDS[i]);
            return monitoring.tool != NULL;
        }
        PyErr_Clear(); /* somebody was faster: the next one */
    }
    return false;
}

/* Registers the callbacks; the masks of the kinds of events come back. */
static bool register_callbacks(long ret_masks[KINDS])
{
    PyObject *events = PyObject_GetAttrString(monitoring.monitoring, "events");
    bool done = events != NULL;

    for (size_t i = 0; done && i < ARRAY_SIZE(callbacks); i++) {
        PyObject *event = PyObject_GetAttrString(events, callbacks[i].event);
        PyObject *before = NULL;

        if (event != NULL)
            before = PyObject_CallMethod(monitoring.monitoring, "register_callback", "OOO",
                                         monitoring.tool, event, (PyObject *)&callbacks[i]);
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

    monitoring.monitoring = Py_XNewRef(PySys_GetObject("monitoring")); /* borrowed */
    if (monitoring.monitoring == NULL || PyType_Ready(&callback_type) < 0)
        return "this Python has no sys.monitoring";
    monitoring.disable = PyObject_GetAttrString(monitoring.monitoring, "DISABLE");
    monitoring.set_local_events = PyObject_GetAttrString(monitoring.monitoring, "set_local_events");
    if (monitoring.disable == NULL || monitoring.set_local_events == NULL)
        return "sys.monitoring is not as expected";
    if (!take_tool())
        return "the monitoring tools 5, 4 and 3 are all taken";
    if (!register_callbacks(masks))
        return "the callbacks cannot be registered";
    monitoring.global = masks[GLOBAL];
    monitoring.call_events = PyLong_FromLong(masks[OF_CALLS]);
    monitoring.line_events = PyLong_FromLong(masks[OF_CALLS] | masks[OF_LINES]);
    monitoring.no_events = PyLong_FromLong(0);
    monitoring.lines = hook.lines;
    monitoring.lasting = pyc_lasting_thread();
    if (monitoring.lasting == NULL)
        monitoring.lasting = &nobody;
    codes_watch();
    pyc_watch_generators(forget_generator);
    done = PyObject_CallMethod(monitoring.monitoring, "set_events", "Ol", monitoring.tool,
                               monitoring.global);
    if (done == NULL)
        return "the events cannot be set";
    Py_DECREF(done);
    return NULL;
}

static void stop(void)
{
    PyObject *done =
        PyObject_CallMethod(monitoring.monitoring, "set_events", "Oi", monitoring.tool, 0);

    Py_XDECREF(done);
    PyErr_Clear();
}

static void pause_events(bool paused)
{
    PyObject *done = PyObject_CallMethod(monitoring.monitoring, "set_events", "Ol", monitoring.tool,
                                         paused ? 0L : monitoring.global);

    Py_XDECREF(done);
    PyErr_Clear();
}

static void listen_again(void)
{
    PyObject *done = PyObject_CallMethod(monitoring.monitoring, "restart_events", NULL);

    Py_XDECREF(done);
    PyErr_Clear();
    if (monitoring.lines == hook.lines)
        return;
    /* Calls that are open begin, or cease, to tell their lines at once. */
    monitoring.lines = hook.lines;
    codes_each_recorded(monitoring_listen_fully);
}

const struct hook_backend hook_monitoring = {"pep669", start, stop, pause_events, listen_again};

#endif
