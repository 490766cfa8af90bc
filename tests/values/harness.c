/*
 * harness.c - a test extension around src/hook/value*.c: puts an object and hands the bytes back.
 * The registry is a list here. Built by tests/values/conftest.py for each interpreter.
 */
#include "base/base.h"

#include "hook/value.h"
#include "hook/value_redact.h"
#include "recorder/registry.h"

#include <structmember.h>
#include <time.h>

#define ROOM (4 * 1024 * 1024)
#define TYPES 300000

static uint8_t room[ROOM];
static struct value_limits limits = {200, 1024, 10, 3, 16, VALUE_STRUCTURE};
static size_t use_room = ROOM;
static bool broken_registry;
static char *types[TYPES]; /* and layouts: the type's number and the names, each behind a NUL */
static size_t type_lens[TYPES];
static uint32_t ntypes;

uint32_t registry_add_type(const char *module, size_t module_len, const char *name, size_t name_len)
{
    char *text;

    if (broken_registry || ntypes + 1 >= TYPES)
        return 0;
    text = malloc(module_len + name_len + 2);
    if (text == NULL)
        return 0;
    memcpy(text, module, module_len);
    text[module_len] = '\n';
    memcpy(text + module_len + 1, name, name_len);
    text[module_len + 1 + name_len] = '\0';
    types[++ntypes] = text;
    type_lens[ntypes] = strlen(text);
    return ntypes;
}

uint32_t registry_add_layout(struct trail_layout_info *info)
{
    size_t size = 32 + info->n, len;
    char *text;

    if (broken_registry || ntypes + 1 >= TYPES)
        return 0;
    for (size_t i = 0; i < info->n; i++)
        size += info->names[i].len;
    text = malloc(size);
    if (text == NULL)
        return 0;
    len = (size_t)snprintf(text, 32, "%llu", (unsigned long long)info->type);
    for (size_t i = 0; i < info->n; i++) {
        text[len++] = '\0';
        memcpy(text + len, info->names[i].bytes, info->names[i].len);
        len += info->names[i].len;
    }
    types[++ntypes] = text;
    type_lens[ntypes] = len;
    return ntypes;
}

static size_t put(PyObject *object, bool *ret_overflow)
{
    struct trail_out out = {room, room + use_room, false};

    value_put(&out, object, &limits);
    *ret_overflow = out.overflow;
    return (size_t)(out.p - room);
}

/* encode(object) -> bytes, or None if it did not fit */
static PyObject *encode(PyObject *self, PyObject *object)
{
    bool overflow;
    size_t len = put(object, &overflow);

    (void)self;
    if (overflow)
        Py_RETURN_NONE;
    return PyBytes_FromStringAndSize((const char *)room, (Py_ssize_t)len);
}

static PyObject *encode_unset(PyObject *self, PyObject *nothing)
{
    (void)nothing;
    return encode(self, NULL);
}

/* probe(object) -> None: puts it, and allocates nothing of its own */
static PyObject *probe(PyObject *self, PyObject *object)
{
    bool overflow;

    (void)self;
    put(object, &overflow);
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

/* probe_raising(object, exception): puts it while an exception is on its way, which has to be still there */
static PyObject *probe_raising(PyObject *self, PyObject *args)
{
    PyObject *object, *exception;
    bool overflow;

    (void)self;
    if (!PyArg_ParseTuple(args, "OO", &object, &exception))
        return NULL;
    PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
    put(object, &overflow);
    return NULL;
}

/* message(exception[, size]) -> bytes */
static PyObject *message(PyObject *self, PyObject *args)
{
    PyObject *exception;
    Py_ssize_t size = 4096;

    (void)self;
    if (!PyArg_ParseTuple(args, "O|n", &exception, &size))
        return NULL;
    size = (Py_ssize_t)value_exception_message(exception, (char *)room, (size_t)size);
    return PyBytes_FromStringAndSize((const char *)room, size);
}

/* limit(max_chars=, max_bytes=, max_items=, max_depth=, max_attributes=, mode=, room=) */
static PyObject *limit(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static const char *names[] = {"max_chars",      "max_bytes", "max_items", "max_depth",
                                  "max_attributes", "mode",      "room",      NULL};
    int mode = VALUE_STRUCTURE;
    Py_ssize_t size = ROOM;

    (void)self;
    limits = (struct value_limits){200, 1024, 10, 3, 16, VALUE_STRUCTURE};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|$IIIIIin", (char **)(void *)names,
                                     &limits.max_chars, &limits.max_bytes, &limits.max_items,
                                     &limits.max_depth, &limits.max_attributes, &mode, &size))
        return NULL;
    limits.mode = (enum value_mode)mode;
    use_room = (size_t)(size < ROOM ? size : ROOM);
    Py_RETURN_NONE;
}

/* types() -> ["module\nname", ...] from number 1 on, and among them "type\0name\0name..." for layouts */
static PyObject *list_types(PyObject *self, PyObject *nothing)
{
    PyObject *list = PyList_New((Py_ssize_t)ntypes);
    uint32_t i;

    (void)self;
    (void)nothing;
    for (i = 0; list != NULL && i < ntypes; i++)
        PyList_SET_ITEM(
            list, (Py_ssize_t)i,
            PyUnicode_DecodeUTF8(types[i + 1], (Py_ssize_t)type_lens[i + 1], "surrogatepass"));
    return list;
}

static PyObject *type_id(PyObject *self, PyObject *type)
{
    (void)self;
    return PyLong_FromUnsignedLong(value_type_id((PyTypeObject *)type));
}

static PyObject *break_registry(PyObject *self, PyObject *flag)
{
    (void)self;
    broken_registry = PyObject_IsTrue(flag) == 1;
    Py_RETURN_NONE;
}

/* cost(object, n) -> ns for one put, the best of five */
static PyObject *cost(PyObject *self, PyObject *args)
{
    PyObject *object;
    Py_ssize_t n, i;
    struct timespec from, to;
    double best = 1e18, ns;
    bool overflow;
    int turn;

    (void)self;
    if (!PyArg_ParseTuple(args, "On", &object, &n))
        return NULL;
    for (turn = 0; turn < 5; turn++) {
        clock_gettime(CLOCK_MONOTONIC, &from);
        for (i = 0; i < n; i++) {
            put(object, &overflow);
            __asm__ volatile("" : : "r"(room) : "memory");
        }
        clock_gettime(CLOCK_MONOTONIC, &to);
        ns = ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) /
             (double)n;
        best = ns < best ? ns : best;
    }
    return PyFloat_FromDouble(best);
}

/* redact([names[, patterns]]): looks for secrets from now on; redact(None) does not. True when it could be made. */
static PyObject *use_redact(PyObject *self, PyObject *args)
{
    static struct redact *made;
    const char *words[2][64];
    struct redact_config config = {words[0], 0, words[1], 0};
    PyObject *lists[2] = {NULL, NULL};
    char why[256];

    (void)self;
    if (!PyArg_ParseTuple(args, "|OO", &lists[0], &lists[1]))
        return NULL;
    for (int i = 0; i < 2; i++)
        for (Py_ssize_t k = 0; lists[i] != NULL && lists[i] != Py_None && k < PyList_Size(lists[i]);
             k++)
            words[i][i == 0 ? config.nnames++ : config.npatterns++] =
                PyUnicode_AsUTF8(PyList_GetItem(lists[i], k));
    value_redact_use(NULL);
    value_types_clear();
    redact_free(made);
    made = lists[0] == Py_None ? NULL : redact_new(&config, why, sizeof(why));
    value_redact_use(made);
    return PyBool_FromLong(made != NULL || lists[0] == Py_None);
}

/* ---- repr: each event is given by hand --------------------------------------------------------- */

static uint64_t event_number;
static long over_budget;

static uint64_t which_event(void)
{
    return event_number;
}

static void count_lost(uint32_t function)
{
    (void)function;
    over_budget++;
}

/* next_event() -> how often the time of one was over until now */
static PyObject *next_event(PyObject *self, PyObject *nothing)
{
    static const struct value_repr_hooks hooks = {which_event, NULL, count_lost};

    (void)self;
    (void)nothing;
    event_number++;
    value_repr_use(&hooks);
    return PyLong_FromLong(over_budget);
}

/* ---- what stands in for torch: an object that points somewhere, under the name of torch's ------------ */

struct tensor_base {
    PyObject head;
    unsigned long long first,
        second; /* torch of today points with the first, older ones with the second */
};

static PyMemberDef tensor_members[] = {
    {"first", T_ULONGLONG, offsetof(struct tensor_base, first), 0, NULL},
    {"second", T_ULONGLONG, offsetof(struct tensor_base, second), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyTypeObject tensor_base = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "torch._C.TensorBase",
    .tp_basicsize = sizeof(struct tensor_base),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_members = tensor_members,
    .tp_new = PyType_GenericNew,
};

static PyMethodDef methods[] = {
    {"next_event", next_event, METH_NOARGS, NULL},
    {"redact", use_redact, METH_VARARGS, NULL},
    {"encode", encode, METH_O, NULL},
    {"encode_unset", encode_unset, METH_NOARGS, NULL},
    {"probe", probe, METH_O, NULL},
    {"probe_raising", probe_raising, METH_VARARGS, NULL},
    {"message", message, METH_VARARGS, NULL},
    {"limit", (PyCFunction)(void (*)(void))limit, METH_VARARGS | METH_KEYWORDS, NULL},
    {"types", list_types, METH_NOARGS, NULL},
    {"type_id", type_id, METH_O, NULL},
    {"break_registry", break_registry, METH_O, NULL},
    {"cost", cost, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    .m_base = PyModuleDef_HEAD_INIT, .m_name = "harness", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC PyInit_harness(void)
{
    static const struct redact_config none;
    char why[256];
    PyObject *made;

    value_redact_use(redact_new(&none, why, sizeof(why)));
    made = PyModule_Create(&module);
    if (made == NULL || PyType_Ready(&tensor_base) < 0 ||
        PyModule_AddObjectRef(made, "TensorBase", (PyObject *)&tensor_base) < 0)
        return NULL;
    return made;
}
