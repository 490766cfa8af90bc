/*
 * value_path.c - pathlib's paths as text, from their slots.
 *
 * A path that was printed once keeps its text (_str). Else it is built from what the version keeps: up to 3.11 the parts, from
 * 3.12 the arguments of its constructor, which are joined here as posixpath does. Windows paths only by _str.
 */
#include "base/base.h"

#include "hook/value_private.h"

static bool is_str(PyObject *object)
{
    return object != NULL && PyUnicode_CheckExact(object);
}

static bool is_list(PyObject *object)
{
    size_t i;

    if (object == NULL || !PyList_CheckExact(object))
        return false;
    for (i = 0; i < (size_t)Py_SIZE(object); i++)
        if (!is_str(PyList_GET_ITEM(object, (Py_ssize_t)i)))
            return false;
    return true;
}

/* 3.11: _parts, of which the first is drive and root where there is one. */
static void text_parts(struct value_text *t, PyObject *drive, PyObject *root, PyObject *parts)
{
    size_t n = (size_t)Py_SIZE(parts), i = 0;

    if (pyc_text(drive).length > 0 || pyc_text(root).length > 0) {
        value_text_str(t, drive);
        value_text_str(t, root);
        i = 1;
    } else if (n == 0) {
        value_text_char(t, '.');
    }
    for (; i < n; i++) {
        value_text_str(t, PyList_GET_ITEM(parts, (Py_ssize_t)i));
        if (i + 1 < n)
            value_text_char(t, '/');
    }
}

/* Appends a part without its empty and "." components. */
static void text_raw(struct value_text *t, const char *start, PyObject *raw)
{
    struct pyc_text text = pyc_text(raw);
    size_t i = 0, j;

    while (i < text.length && !t->full) {
        for (j = i; j < text.length && value_char_at(&text, j) != '/'; j++)
            ;
        if (j > i && !(j == i + 1 && value_char_at(&text, i) == '.')) {
            if (t->p > start && t->p[-1] != '/')
                value_text_char(t, '/');
            for (; i < j && !t->full; i++)
                value_text_char(t, value_char_at(&text, i));
        }
        i = j + 1;
    }
}

/* 3.12: an absolute argument begins anew; two slashes in front, but not three, are a root of their own. */
static void text_raw_paths(struct value_text *t, PyObject *paths)
{
    size_t n = (size_t)Py_SIZE(paths), first = 0, i, slashes = 0;
    const char *start = t->p;
    struct pyc_text text;

    for (i = 0; i < n; i++) {
        text = pyc_text(PyList_GET_ITEM(paths, (Py_ssize_t)i));
        if (text.length > 0 && value_char_at(&text, 0) == '/')
            first = i;
    }
    if (n > 0) {
        text = pyc_text(PyList_GET_ITEM(paths, (Py_ssize_t)first));
        while (slashes < text.length && slashes < 3 && value_char_at(&text, slashes) == '/')
            slashes++;
    }
    if (slashes > 0)
        value_text_puts(t, slashes == 2 ? "//" : "/");
    for (i = first; i < n && !t->full; i++)
        text_raw(t, start, PyList_GET_ITEM(paths, (Py_ssize_t)i));
    if (t->p == start && !t->full)
        value_text_char(t, '.');
}

/* Is it made for Windows? Those have a drive and backslashes. */
static bool is_posix(PyTypeObject *type)
{
    for (; type != NULL; type = type->tp_base)
        if (type->tp_name != NULL && strcmp(type->tp_name, "PureWindowsPath") == 0)
            return false;
    return true;
}

size_t value_path_text(struct value_text *t, PyObject *object)
{
    const char *start = t->p;
    PyObject *str = value_slot_get(object, "_str");
    PyObject *raw = value_slot_get(object, "_raw_paths");
    PyObject *parts = value_slot_get(object, "_parts");
    PyObject *drive = value_slot_get(object, "_drv");
    PyObject *root = value_slot_get(object, "_root");

    if (is_str(str)) {
        value_text_str(t, str);
    } else if (!is_posix(Py_TYPE(object))) {
        return 0;
    } else if (raw != NULL && own_lock(raw)) {
        if (is_list(raw))
            text_raw_paths(t, raw);
        own_unlock(raw);
    } else if (!PYC_CONCURRENT && is_list(parts) && is_str(drive) && is_str(root)) {
        text_parts(t, drive, root, parts);
    }
    return (size_t)(t->p - start) + t->full;
}
