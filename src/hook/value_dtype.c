/*
 * value_dtype.c - numpy's dtypes, read from their structures: the text that str() gives, what an element is, the fields.
 *
 * numpy 1 and 2 lay a dtype out differently; which one it is, is told by the size of its class. What has another size is
 * a kind of its own, and only its name is told.
 */
#include "base/base.h"

#include "hook/value_array.h"

#define FIELDS_SHOWN 16
#define NESTED 4

/* Letters of the plain numbers by type_num: sizes are those of Linux on 64 bits. */
static const char codes[] = "?bBhHiIqQqQfdgFDG";

struct parts {
    size_t size;
    const struct layout_subarray *subarray;
    PyObject *fields;
    PyObject *names;
    const struct layout_time_metadata *time;
};

static const struct layout_dtype *base_of(PyObject *dtype)
{
    return (const struct layout_dtype *)dtype;
}

static bool parts_of(PyObject *dtype, struct parts *ret)
{
    Py_ssize_t size = dtype != NULL ? Py_TYPE(dtype)->tp_basicsize : 0;

    if (size == sizeof(struct layout_dtype_1)) {
        const struct layout_dtype_1 *d = (const struct layout_dtype_1 *)dtype;

        *ret = (struct parts){(size_t)d->size, d->subarray, d->fields, d->names, d->time};
        return d->size >= 0;
    }
    if (size == sizeof(struct layout_dtype_2)) {
        const struct layout_dtype_2 *d = (const struct layout_dtype_2 *)dtype;

        *ret = (struct parts){(size_t)d->size, d->subarray, d->fields, d->names, d->time};
        return d->size >= 0;
    }
    return false;
}

static char code_of(int type_num)
{
    switch (type_num) {
    case LAYOUT_NUMPY_OBJECT:
        return 'O';
    case LAYOUT_NUMPY_BYTES:
        return 'S';
    case LAYOUT_NUMPY_STR:
        return 'U';
    case LAYOUT_NUMPY_VOID:
        return 'V';
    case LAYOUT_NUMPY_DATETIME:
        return 'M';
    case LAYOUT_NUMPY_TIMEDELTA:
        return 'm';
    case LAYOUT_NUMPY_HALF:
        return 'e';
    default:
        return type_num >= 0 && type_num < (int)sizeof(codes) - 1 ? codes[type_num] : 0;
    }
}

struct value_element value_dtype_element(PyObject *dtype)
{
    struct value_element element = {0, false, 0, dtype};
    struct parts parts;

    if (!parts_of(dtype, &parts))
        return element;
    element.size = parts.size;
    element.swapped = base_of(dtype)->order == '>'; /* the machine is little-endian */
    if (parts.subarray == NULL)
        element.code = code_of(base_of(dtype)->type_num);
    return element;
}

/* ---- fields ------------------------------------------------------------------------------ */

static bool names_of(PyObject *dtype, struct parts *ret)
{
    return base_of(dtype)->type_num == LAYOUT_NUMPY_VOID && parts_of(dtype, ret) &&
           ret->subarray == NULL && ret->names != NULL && PyTuple_CheckExact(ret->names) &&
           ret->fields != NULL && PyDict_CheckExact(ret->fields);
}

size_t value_dtype_count(PyObject *dtype)
{
    struct parts parts;

    return names_of(dtype, &parts) ? (size_t)PyTuple_GET_SIZE(parts.names) : 0;
}

static bool same_text(PyObject *a, PyObject *b)
{
    struct pyc_text one, other;

    if (a == b)
        return true;
    if (!PyUnicode_CheckExact(b))
        return false;
    one = pyc_text(a);
    other = pyc_text(b);
    return one.length == other.length && one.kind == other.kind &&
           memcmp(one.data, other.data, one.length * (size_t)one.kind) == 0;
}

bool value_dtype_field(PyObject *dtype, size_t i, struct value_field *ret)
{
    unsigned patience = VALUE_PATIENCE;
    PyObject *key, *field = NULL, *name;
    struct parts parts;
    size_t pos = 0;
    int64_t offset;

    if (!names_of(dtype, &parts) || i >= (size_t)PyTuple_GET_SIZE(parts.names))
        return false;
    name = PyTuple_GET_ITEM(parts.names, (Py_ssize_t)i);
    if (name == NULL || !PyUnicode_CheckExact(name))
        return false;
    while (pyc_dict_next(parts.fields, &pos, &patience, &key, &field) && !same_text(name, key))
        field = NULL;
    if (field == NULL || !PyTuple_CheckExact(field) || PyTuple_GET_SIZE(field) < 2 ||
        !PyLong_CheckExact(PyTuple_GET_ITEM(field, 1)) ||
        !pyc_long_compact(PyTuple_GET_ITEM(field, 1), &offset) || offset < 0)
        return false;
    ret->name = name;
    ret->element = value_dtype_element(PyTuple_GET_ITEM(field, 0));
    ret->offset = (size_t)offset;
    return true;
}

/* ---- text -------------------------------------------------------------------------------- */

static const char *const units[] = {"Y",  "M",  "W",  "",   "D",  "h",  "m",      "s",
                                    "ms", "us", "ns", "ps", "fs", "as", "generic"};
#define GENERIC 14

bool value_dtype_time(PyObject *dtype, struct layout_time_unit *ret)
{
    struct parts parts;

    if (dtype == NULL || !parts_of(dtype, &parts) || parts.time == NULL)
        return false;
    *ret = parts.time->unit;
    return ret->unit >= 0 && ret->unit <= GENERIC && ret->count > 0;
}

static void put_unit(struct value_text *t, PyObject *dtype)
{
    struct layout_time_unit unit;

    if (!value_dtype_time(dtype, &unit) || unit.unit == GENERIC)
        return;
    value_text_char(t, '[');
    if (unit.count != 1)
        value_text_putf(t, "%d", unit.count);
    value_text_puts(t, units[unit.unit]);
    value_text_char(t, ']');
}

static void put_structure(struct value_text *t, PyObject *dtype, unsigned depth);

/* "<i4", "S5", "<M8[ns]": as in a list of fields. */
static void put_short(struct value_text *t, PyObject *dtype)
{
    const struct layout_dtype *d = base_of(dtype);
    struct parts parts;

    if (!parts_of(dtype, &parts)) {
        value_text_char(t, (uint8_t)d->code);
        return;
    }
    if (d->type_num == LAYOUT_NUMPY_OBJECT || d->kind == 'b') {
        value_text_char(t, d->kind == 'b' ? '?' : 'O');
        return;
    }
    if (d->order != '|')
        value_text_char(t, d->order == '=' ? '<' : (uint8_t)d->order);
    value_text_char(t, (uint8_t)d->kind);
    if (parts.size > 0)
        value_text_putf(t, "%zu", d->type_num == LAYOUT_NUMPY_STR ? parts.size / 4 : parts.size);
    if (d->type_num == LAYOUT_NUMPY_DATETIME || d->type_num == LAYOUT_NUMPY_TIMEDELTA)
        put_unit(t, dtype);
}

static void put_quoted(struct value_text *t, PyObject *dtype, unsigned depth)
{
    if (value_dtype_count(dtype) > 0) {
        put_structure(t, dtype, depth + 1);
        return;
    }
    value_text_char(t, '\'');
    put_short(t, dtype);
    value_text_char(t, '\'');
}

static void put_field_type(struct value_text *t, PyObject *dtype, unsigned depth)
{
    struct parts parts;

    if (parts_of(dtype, &parts) && parts.subarray != NULL && parts.subarray->dtype != NULL) {
        put_quoted(t, parts.subarray->dtype, depth);
        value_text_puts(t, ", ");
        value_text_repr(t, parts.subarray->shape, 0);
    } else {
        put_quoted(t, dtype, depth);
    }
}

static void put_structure(struct value_text *t, PyObject *dtype, unsigned depth)
{
    size_t count = value_dtype_count(dtype), i;
    struct value_field field;

    value_text_char(t, '[');
    for (i = 0; i < count; i++) {
        if (i > 0)
            value_text_puts(t, ", ");
        if (i == FIELDS_SHOWN || depth > NESTED || !value_dtype_field(dtype, i, &field)) {
            value_text_puts(t, "...");
            break;
        }
        value_text_char(t, '(');
        value_text_repr(t, field.name, 0);
        value_text_puts(t, ", ");
        put_field_type(t, field.element.dtype, depth);
        value_text_char(t, ')');
    }
    value_text_char(t, ']');
}

/* The name of a plain number of this kind and size: int64. */
static void put_plain(struct value_text *t, char kind, size_t size)
{
    const char *name = kind == 'i'   ? "int"
                       : kind == 'u' ? "uint"
                       : kind == 'f' ? "float"
                       : kind == 'c' ? "complex"
                                     : "?";

    if (kind == 'b')
        value_text_puts(t, "bool");
    else
        value_text_putf(t, "%s%zu", name, size * 8);
}

/* A dtype that is not numpy's own: by the name of the class of its scalars. */
static void put_foreign(struct value_text *t, PyObject *dtype)
{
    PyTypeObject *type = base_of(dtype)->scalar;
    char module[64], name[128];
    size_t module_len, len;

    if (type == NULL || base_of(dtype)->type_num == LAYOUT_NUMPY_STRING)
        type = Py_TYPE(dtype);
    value_type_names(type, module, &module_len, name, &len, sizeof module);
    value_text_put(t, name, len);
}

void value_dtype_text(struct value_text *t, PyObject *dtype)
{
    struct value_element element = value_dtype_element(dtype);
    const struct layout_dtype *d = base_of(dtype);

    if (element.code == 'O') {
        value_text_puts(t, "object");
    } else if (value_dtype_count(dtype) > 0) {
        put_structure(t, dtype, 0);
    } else if (element.code == 0) {
        put_foreign(t, dtype);
    } else if (element.swapped || element.code == 'S' || element.code == 'U' ||
               element.code == 'V') {
        if (d->order == '|')
            value_text_char(t, '|');
        put_short(t, dtype);
    } else if (element.code == 'M' || element.code == 'm') {
        value_text_puts(t, element.code == 'M' ? "datetime64" : "timedelta64");
        put_unit(t, dtype);
    } else {
        put_plain(t, d->kind, element.size);
    }
}
