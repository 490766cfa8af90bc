/*
 * value_repr.c - the setting values = repr: what repr() says, which runs the user's code.
 *
 * The only file of value*.c that does. An exception that was alive stays, one that repr() raised is dropped; repr() inside
 * of a repr() that we asked for is not asked again, so that a traced __repr__ ends. The values of one event have a time
 * together: when it is spent the rest of them are told by type, and that counts as a loss. repr() cannot be interrupted, so a
 * built-in value that is so large that most of its repr() would be cut away is not asked for it, but put by its structure.
 */
#include "base/base.h"

#include "hook/value_private.h"

#include <time.h>

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

/* Is it an instance of exactly a built-in type, and so large that not all of it would be shown? */
static bool is_huge(PyObject *object, const struct value_limits *limits)
{
    PyTypeObject *type = Py_TYPE(object);
    const digit *digits;
    size_t count;
    bool negative;

    if (type == &PyLong_Type)
        count = pyc_long_digits(object, &digits, &negative) * (PyLong_SHIFT / 4);
    else if (type == &PyUnicode_Type)
        count = pyc_text(object).length;
    else if (type == &PyDict_Type)
        count = pyc_dict_count(object);
    else if (type == &PySet_Type || type == &PyFrozenSet_Type)
        count = (size_t)((PySetObject *)object)->used;
    else if (type == &PyList_Type || type == &PyTuple_Type || type == &PyBytes_Type ||
             type == &PyByteArray_Type)
        count = (size_t)Py_SIZE(object);
    else
        count = 0;
    return count > limits->max_chars;
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
        hooks.lost();
}
