/*
 * value_repr.c - the setting values = repr: what repr() says, which runs the user's code.
 *
 * The only file of value*.c that does. An exception that was alive stays, one that repr() raised is dropped; repr() inside
 * of a repr() that we asked for is not asked again, so that a traced __repr__ ends.
 */
#include "base/base.h"

#include "hook/value_private.h"

static __thread bool busy;

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

void value_put_repr(struct trail_out *out, PyObject *object, const struct value_limits *limits)
{
    struct pyc_error error;
    PyObject *text;

    if (busy) {
        put_failed(out);
        return;
    }
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
