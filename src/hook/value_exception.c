/*
 * value_exception.c - exceptions: their message as str() would give it, built from what they store.
 *
 * Which __str__ an exception has is told by the C slot that its type inherited; one written in Python is not called: its
 * exception is shown as BaseException would.
 */
#include "base/base.h"

#include "hook/value_private.h"

#define MESSAGE_BYTES OWN_MESSAGE
#define MESSAGE_SHOWN 1024 /* of an exception that is a value */
#define MESSAGE_DEPTH 4    /* of exceptions that are each other's only argument */

static void put_message(struct value_text *t, PyObject *exception, unsigned depth);

/* str() of an argument. */
static void put_str(struct value_text *t, PyObject *object, unsigned depth)
{
    PyTypeObject *type;
    enum value_kind kind;

    if (object == NULL) {
        value_text_puts(t, "None");
        return;
    }
    type = Py_TYPE(object);
    if (PyUnicode_Check(object) && type->tp_str == PyUnicode_Type.tp_str) {
        value_text_str(t, object);
        return;
    }
    if (PyExceptionInstance_Check(object) && depth < MESSAGE_DEPTH) {
        put_message(t, object, depth + 1);
        return;
    }
    kind = value_type_get(type)->kind;
    if (kind != VALUE_KIND_PATH && kind != VALUE_KIND_DECIMAL && kind != VALUE_KIND_UUID &&
        kind != VALUE_KIND_FRACTION && kind != VALUE_KIND_TIMEDELTA && kind != VALUE_KIND_DATE &&
        kind != VALUE_KIND_ADDRESS_4 && kind != VALUE_KIND_ADDRESS_6)
        value_text_repr(t, object, 0);
    else if (value_known_text(t, object, kind) == 0)
        value_text_repr(t, object, 0);
}

#define being_made (own_self->being_made) /* the exception whose arguments are those of its class */

/* BaseException keeps what the class was called with as its arguments: __init__(self, token) that goes on to keep `token`
 * has told it twice. Is the argument an attribute whose name means a secret? */
static bool is_secret_attribute(PyObject *exception, PyObject *argument)
{
    PyObject *dict = ((PyBaseExceptionObject *)exception)->dict, *key, *value;
    unsigned patience = VALUE_PATIENCE;
    size_t pos = 0;
    bool secret = false;

    if (value_redact == NULL || argument == NULL ||
        !(PyUnicode_Check(argument) || PyBytes_Check(argument)))
        return false;
    if (exception == being_made)
        return true;
    if (dict == NULL || !PyDict_CheckExact(dict))
        return false;
    if (!own_lock(dict)) /* it cannot be told */
        return true;
    while (!secret && pyc_dict_next(dict, &pos, &patience, &key, &value))
        secret = value == argument && PyUnicode_CheckExact(key) && value_name_is_secret(key);
    own_unlock(dict);
    return secret;
}

static bool has_secret_argument(PyObject *exception, PyObject *args)
{
    Py_ssize_t i;

    for (i = 0; i < Py_SIZE(args); i++)
        if (is_secret_attribute(exception, PyTuple_GET_ITEM(args, i)))
            return true;
    return false;
}

bool value_exception_tells(PyObject *object)
{
    PyObject *args;
    bool tells;

    if (value_redact == NULL || !PyExceptionInstance_Check(object))
        return false;
    if (!own_lock(object)) /* it cannot be told */
        return true;
    args = ((PyBaseExceptionObject *)object)->args;
    tells = args != NULL && PyTuple_Check(args) && has_secret_argument(object, args);
    own_unlock(object);
    return tells;
}

/* As repr() of a tuple. */
static void put_open_args(struct value_text *t, PyObject *exception, PyObject *args)
{
    Py_ssize_t i;

    for (i = 0; i < Py_SIZE(args) && !t->full; i++) {
        value_text_puts(t, i == 0 ? "(" : ", ");
        if (is_secret_attribute(exception, PyTuple_GET_ITEM(args, i)))
            value_text_puts(t, "'" REDACT_MARK "'");
        else
            value_text_repr(t, PyTuple_GET_ITEM(args, i), 0);
    }
    value_text_puts(t, ")");
}

static void put_args(struct value_text *t, PyObject *exception, unsigned depth)
{
    PyObject *args = ((PyBaseExceptionObject *)exception)->args;

    if (args == NULL || !PyTuple_Check(args) || Py_SIZE(args) == 0)
        return;
    if (UNLIKELY(has_secret_argument(exception, args))) {
        if (Py_SIZE(args) == 1)
            value_text_puts(t, REDACT_MARK);
        else
            put_open_args(t, exception, args);
        return;
    }
    if (Py_SIZE(args) == 1)
        put_str(t, PyTuple_GET_ITEM(args, 0), depth);
    else
        value_text_repr(t, args, 0);
}

static void put_key_error(struct value_text *t, PyObject *exception, unsigned depth)
{
    PyObject *args = ((PyBaseExceptionObject *)exception)->args;

    if (args != NULL && PyTuple_Check(args) && Py_SIZE(args) == 1)
        value_text_repr(t, PyTuple_GET_ITEM(args, 0), 0);
    else
        put_args(t, exception, depth);
}

static void put_os_error(struct value_text *t, PyObject *exception, unsigned depth)
{
    const PyOSErrorObject *e = (const PyOSErrorObject *)exception;

    if (e->filename == NULL && (e->myerrno == NULL || e->strerror == NULL)) {
        put_args(t, exception, depth);
        return;
    }
    value_text_puts(t, "[Errno ");
    put_str(t, e->myerrno, depth);
    value_text_puts(t, "] ");
    put_str(t, e->strerror, depth);
    if (e->filename == NULL)
        return;
    value_text_puts(t, ": ");
    value_text_repr(t, e->filename, 0);
    if (e->filename2 != NULL) {
        value_text_puts(t, " -> ");
        value_text_repr(t, e->filename2, 0);
    }
}

static void put_basename(struct value_text *t, PyObject *path)
{
    struct pyc_text text = pyc_text(path);
    size_t i, start = 0;

    for (i = text.length; i > 0 && start == 0 && text.length - i < LIMIT_PATH_BYTES; i--)
        if (value_char_at(&text, i - 1) == '/')
            start = i;
    for (i = start; i < text.length && !t->full; i++)
        value_text_char(t, value_char_at(&text, i));
}

static void put_syntax_error(struct value_text *t, PyObject *exception, unsigned depth)
{
    const PySyntaxErrorObject *e = (const PySyntaxErrorObject *)exception;
    bool has_file = e->filename != NULL && PyUnicode_Check(e->filename);
    bool has_line = e->lineno != NULL && PyLong_CheckExact(e->lineno);

    put_str(t, e->msg, depth);
    if (!has_file && !has_line)
        return;
    value_text_puts(t, " (");
    if (has_file)
        put_basename(t, e->filename);
    if (has_file && has_line)
        value_text_puts(t, ", ");
    if (has_line) {
        value_text_puts(t, "line ");
        value_text_repr(t, e->lineno, 0);
    }
    value_text_puts(t, ")");
}

static void put_import_error(struct value_text *t, PyObject *exception, unsigned depth)
{
    const PyImportErrorObject *e = (const PyImportErrorObject *)exception;

    if (e->msg != NULL && PyUnicode_CheckExact(e->msg))
        value_text_str(t, e->msg);
    else
        put_args(t, exception, depth);
}

static void put_group(struct value_text *t, PyObject *exception, unsigned depth)
{
    PyObject *message = NULL;
    PyObject *parts = pyc_group_parts(exception, &message);
    Py_ssize_t n = parts != NULL && PyTuple_CheckExact(parts) ? Py_SIZE(parts) : 0;

    put_str(t, message, depth);
    value_text_putf(t, " (%zd sub-exception%s)", n, n == 1 ? "" : "s");
}

static void put_bad_char(struct value_text *t, uint32_t c)
{
    if (c <= 0xff)
        value_text_putf(t, "'\\x%02x'", (unsigned)c);
    else if (c <= 0xffff)
        value_text_putf(t, "'\\u%04x'", (unsigned)c);
    else
        value_text_putf(t, "'\\U%08x'", (unsigned)c);
}

/* What could not be encoded (a character) or decoded (a byte), and where. */
static void put_unicode_error(struct value_text *t, PyObject *exception, unsigned depth)
{
    const PyUnicodeErrorObject *e = (const PyUnicodeErrorObject *)exception;
    bool one = e->end == e->start + 1 && e->start >= 0;
    bool decode = e->object != NULL && PyBytes_Check(e->object);
    struct pyc_text text = {NULL, 0, 1, false};

    if (e->object == NULL)
        return;
    if (e->encoding != NULL) {
        value_text_puts(t, "'");
        put_str(t, e->encoding, depth);
        value_text_puts(t, decode ? "' codec can't decode " : "' codec can't encode ");
    } else {
        value_text_puts(t, "can't translate ");
    }
    if (PyUnicode_Check(e->object))
        text = pyc_text(e->object);
    if (decode && one && e->start < Py_SIZE(e->object)) {
        value_text_putf(t, "byte 0x%02x in position %zd: ",
                        (uint8_t)PyBytes_AS_STRING(e->object)[e->start], e->start);
    } else if (!decode && one && (size_t)e->start < text.length) {
        value_text_puts(t, "character ");
        put_bad_char(t, value_char_at(&text, (size_t)e->start));
        value_text_putf(t, " in position %zd: ", e->start);
    } else {
        value_text_putf(t, "%s in position %zd-%zd: ", decode ? "bytes" : "characters", e->start,
                        e->end - 1);
    }
    put_str(t, e->reason, depth);
}

static void put_stored_message(struct value_text *t, PyObject *exception, unsigned depth)
{
    reprfunc str = Py_TYPE(exception)->tp_str;

    if (str == ((PyTypeObject *)PyExc_KeyError)->tp_str)
        put_key_error(t, exception, depth);
    else if (str == ((PyTypeObject *)PyExc_OSError)->tp_str)
        put_os_error(t, exception, depth);
    else if (str == ((PyTypeObject *)PyExc_SyntaxError)->tp_str)
        put_syntax_error(t, exception, depth);
    else if (str == ((PyTypeObject *)PyExc_ImportError)->tp_str)
        put_import_error(t, exception, depth);
    else if (str == pyc_group_str())
        put_group(t, exception, depth);
    else if (str == ((PyTypeObject *)PyExc_UnicodeEncodeError)->tp_str ||
             str == ((PyTypeObject *)PyExc_UnicodeDecodeError)->tp_str ||
             str == ((PyTypeObject *)PyExc_UnicodeTranslateError)->tp_str)
        put_unicode_error(t, exception, depth);
    else
        put_args(t, exception, depth);
}

/* Nothing where another thread is at it. */
static void put_message(struct value_text *t, PyObject *exception, unsigned depth)
{
    if (!own_lock(exception))
        return;
    put_stored_message(t, exception, depth);
    own_unlock(exception);
}

size_t value_exception_message(PyObject *exception, char *text, size_t size)
{
    char *whole = own_self->message;
    struct value_text t = {whole, whole + sizeof own_self->message, false};
    size_t len;

    if (exception == NULL || !PyExceptionInstance_Check(exception))
        return 0;
    put_message(&t, exception, 0);
    len = value_text_finish(whole, (size_t)(t.p - whole), t.full,
                            size < MESSAGE_BYTES ? size : MESSAGE_BYTES);
    memcpy(text, whole, len);
    return len;
}

void value_put_exception(struct value_walk *w, PyObject *object, const struct value_type *t)
{
    char message[MESSAGE_SHOWN];
    size_t left = value_left(w), size = sizeof message;
    uint32_t type = t->id;

    if (value_put_cycle(w, object) || !value_fits(w, 32))
        return;
    if (size > left - 28)
        size = left - 28;
    value_put_tag(w, TRAIL_TAG_EXCEPTION);
    trail_put_uv(w->out, type);
    trail_put_u64(w->out, (uint64_t)(uintptr_t)object);
    size = value_exception_message(object, message, size);
    trail_put_text(w->out, message, size);
    if (value_too_deep(w)) {
        trail_put_uv(w->out, 0);
        return;
    }
    value_open(w, object);
    value_put_attributes(w, object);
    value_close(w);
}

bool value_is_being_made(PyCodeObject *code, PyObject *self)
{
    return self != NULL && PyExceptionInstance_Check(self) &&
           value_str_is(code->co_name, "__init__");
}

void value_put_being_made(struct trail_out *out, PyObject *exception,
                          const struct value_limits *limits)
{
    struct value_limits bounds = *limits;

    if (bounds.mode == VALUE_REPR) /* its own repr() would tell */
        bounds.mode = VALUE_STRUCTURE;
    being_made = exception;
    value_put(out, exception, &bounds);
    being_made = NULL;
}
