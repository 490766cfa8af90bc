/*
 * value_repr.c - the setting values = repr: what repr() says, which runs the user's code.
 *
 * The only file of value*.c that does. An exception that was alive stays, one that repr() raised is dropped; repr() inside
 * of a repr() that we asked for is not asked again, so that a traced __repr__ ends. The values of one event have a time
 * together: when it is spent the rest of them are told by type, and that counts as a loss. repr() cannot be interrupted, so a
 * built-in value that is so large that most of its repr() would be cut away, or holds one that is, is not asked for it, but put
 * by its structure.
 */
#include "base/base.h"

#include "hook/value_private.h"

#include <time.h>

#define HUGE_DEPTH 8 /* containers inside each other in which large ones are looked for */

static __thread bool busy;

/* The event that this thread last put values of, and the nanoseconds that their repr() took. */
static __thread struct {
    uint64_t event;
    uint64_t spent;
} last;

static struct value_repr_hooks hooks;

void value_repr_use(const struct value_repr_hooks *use)
{
    hooks = *use;
}

static uint64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void put_failed(struct trail_out *out)
{
    trail_put_u8(out, TRAIL_TAG_FAILED);
}

static void put_text(struct trail_out *out, PyObject *object, PyObject *text,
                     const struct value_limits *limits)
{
    uint32_t type = value_type_id(Py_TYPE(object));
    struct value_limits bounds = *limits;
    struct value_walk w = {
        .out = out, .limits = &bounds, .end = (uintptr_t)out->p + limits->max_bytes};

    value_put_cut_text(&w, type, text);
}

static void put_asked(struct trail_out *out, PyObject *object, const struct value_limits *limits)
{
    struct pyc_error error;
    PyObject *text;

    busy = true;
    pyc_error_save(&error);
    Py_INCREF(object);
    text = PyObject_Repr(object);
    if (text != NULL && PyUnicode_Check(text))
        put_text(out, object, text, limits);
    else
        put_failed(out);
    Py_XDECREF(text);
    Py_DECREF(object);
    PyErr_Clear();
    pyc_error_restore(&error);
    busy = false;
}

/* Does C code write its repr(), item by item? */
static bool has_builtin_repr(const PyTypeObject *type)
{
    reprfunc repr = type->tp_repr;

    return pyc_type_is_c(type) || repr == PyList_Type.tp_repr || repr == PyTuple_Type.tp_repr ||
           repr == PyDict_Type.tp_repr || repr == PySet_Type.tp_repr;
}

/* Items of a deque, an OrderedDict, a view, a subclass of list, ... */
static size_t derived_size(PyObject *object)
{
    enum value_kind kind = value_type_get(Py_TYPE(object))->kind;

    if (!has_builtin_repr(Py_TYPE(object)))
        return 0;
    if (kind == VALUE_KIND_ARRAY)
        return (size_t)Py_SIZE(object);
    if (kind >= VALUE_KIND_PROXY && kind <= VALUE_KIND_ROW && !value_may_show(object, kind))
        return 0;
    return value_part_count(object, kind);
}

/* How much of a built-in type there is in itself: characters, digits, items. */
static size_t own_size(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    const digit *digits;
    bool negative;

    if (type == &PyLong_Type)
        return pyc_long_digits(object, &digits, &negative) * (PyLong_SHIFT / 4);
    if (type == &PyUnicode_Type)
        return pyc_text(object).length;
    if (type == &PyDict_Type)
        return pyc_dict_count(object);
    if (type == &PySet_Type || type == &PyFrozenSet_Type)
        return (size_t)((PySetObject *)object)->used;
    if (type == &PyList_Type || type == &PyTuple_Type || type == &PyBytes_Type ||
        type == &PyByteArray_Type)
        return (size_t)Py_SIZE(object);
    return derived_size(object);
}

static size_t size_within(PyObject *object, size_t most, unsigned depth);

/* The items of lists, tuples and dicts; stops when there are more than `most`. */
static size_t size_of_items(PyObject *object, size_t most, unsigned depth)
{
    bool list = Py_TYPE(object) == &PyList_Type;
    PyObject *key, *value;
    Py_ssize_t i = 0;
    size_t sum = 0;

    if (!own_lock(object)) /* somebody is at it: it is not asked for its size, nor for its repr() */
        return SIZE_MAX / 2;
    if (Py_TYPE(object) == &PyDict_Type) {
        while (sum <= most && PyDict_Next(object, &i, &key, &value))
            sum += size_within(key, most, depth) + size_within(value, most, depth);
    } else if (list || Py_TYPE(object) == &PyTuple_Type) {
        for (; sum <= most && i < Py_SIZE(object); i++) {
            value = list ? PyList_GET_ITEM(object, i) : PyTuple_GET_ITEM(object, i);
            sum += value != NULL ? size_within(value, most, depth) : 0;
        }
    }
    own_unlock(object);
    return sum;
}

/* Of an item only what is large alone counts, or how many items it has. */
static size_t size_within(PyObject *object, size_t most, unsigned depth)
{
    PyTypeObject *type = Py_TYPE(object);
    size_t own = own_size(object);

    if (value_exception_tells(object)) /* a secret, which only its structure leaves out */
        return SIZE_MAX / 2;
    if (own > most || depth == 0)
        return own;
    if (type != &PyList_Type && type != &PyTuple_Type && type != &PyDict_Type)
        return 0;
    return own + size_of_items(object, most - own, depth - 1);
}

/* Is it of built-in types, as far as one looks, and so large that not all of it would be shown, or holds what must not be? Looks at max_chars items in
 * all, however large it is. */
static bool is_huge(PyObject *object, const struct value_limits *limits)
{
    size_t most = limits->max_chars;

    return own_size(object) > most || size_within(object, most, HUGE_DEPTH) > most;
}

static void put_structure(struct trail_out *out, PyObject *object,
                          const struct value_limits *limits)
{
    struct value_limits bounds = *limits;
    struct value_walk w = {
        .out = out, .limits = &bounds, .end = (uintptr_t)out->p + limits->max_bytes};

    bounds.mode = VALUE_STRUCTURE;
    value_put_slow(&w, object, limits->max_bytes);
}

void value_put_repr(struct trail_out *out, PyObject *object, const struct value_limits *limits)
{
    uint64_t event = hooks.event != NULL ? hooks.event() : 0, began;
    uint32_t function = hooks.function != NULL ? hooks.function() : 0;

    if (busy) {
        put_failed(out);
        return;
    }
    if (is_huge(object, limits)) {
        put_structure(out, object, limits);
        return;
    }
    if (event != last.event || hooks.event == NULL) {
        last.event = event;
        last.spent = 0;
    }
    if (last.spent > LIMIT_REPR_NS) {
        trail_put_u8(out, TRAIL_TAG_TYPE_ONLY);
        trail_put_uv(out, value_type_id(Py_TYPE(object)));
        return;
    }
    began = now();
    put_asked(out, object, limits);
    if (last.event != event) { /* it called recorded functions, which had values of their own */
        last.event = event;
        last.spent = 0;
    }
    last.spent += now() - began;
    if (last.spent > LIMIT_REPR_NS && hooks.lost != NULL)
        hooks.lost(function);
}
