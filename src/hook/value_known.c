/*
 * value_known.c - types with a well-known text form: which they are, and that text.
 *
 * C types are known by their exact name and size, and only where a class statement cannot have made them; types written
 * in Python by module, name and slots. An instance that is not as expected is put as any other instance.
 */
#include "base/base.h"

#include "hook/value_array.h"

static const struct {
    const char *name;
    Py_ssize_t size; /* 0: any */
    enum value_kind kind;
} c_types[] = {
    {"datetime.datetime", sizeof(PyDateTime_DateTime), VALUE_KIND_DATETIME},
    {"datetime.date", sizeof(PyDateTime_Date), VALUE_KIND_DATE},
    {"datetime.time", sizeof(PyDateTime_Time), VALUE_KIND_TIME},
    {"datetime.timedelta", sizeof(PyDateTime_Delta), VALUE_KIND_TIMEDELTA},
    {"datetime.timezone", sizeof(struct layout_timezone), VALUE_KIND_TIMEZONE},
    {"decimal.Decimal", sizeof(struct layout_decimal), VALUE_KIND_DECIMAL},
    {"collections.deque", 0, VALUE_KIND_DEQUE},
    {"sqlite3.Row", sizeof(struct layout_row), VALUE_KIND_ROW},
    {"functools._lru_cache_wrapper", 0, VALUE_KIND_WRAPPER},
    {"array.array", 0, VALUE_KIND_ARRAY},
    {"mmap.mmap", 0, VALUE_KIND_MMAP},
    {"numpy.ndarray", 0, VALUE_KIND_NDARRAY},
    {"numpy.void", 0, VALUE_KIND_RECORD},
    {"numpy.datetime64", sizeof(struct layout_numpy_time), VALUE_KIND_NUMPY_DATETIME},
    {"numpy.timedelta64", sizeof(struct layout_numpy_time), VALUE_KIND_NUMPY_TIMEDELTA},
};

/* Scalars of numpy by their codes (value_element.c). */
static const struct {
    const char *name;
    char code;
} numbers[] = {
    {"numpy.bool", '?'},       {"numpy.bool_", '?'},       {"numpy.int8", 'b'},
    {"numpy.uint8", 'B'},      {"numpy.int16", 'h'},       {"numpy.uint16", 'H'},
    {"numpy.int32", 'i'},      {"numpy.uint32", 'I'},      {"numpy.int64", 'q'},
    {"numpy.uint64", 'Q'},     {"numpy.longlong", 'q'},    {"numpy.ulonglong", 'Q'},
    {"numpy.float16", 'e'},    {"numpy.float32", 'f'},     {"numpy.float64", 'd'},
    {"numpy.longdouble", 'g'}, {"numpy.float128", 'g'},    {"numpy.complex64", 'F'},
    {"numpy.complex128", 'D'}, {"numpy.clongdouble", 'G'}, {"numpy.complex256", 'G'},
};

static const struct {
    const char *module;
    const char *name;
    enum value_kind kind;
    bool slots; /* has __slots__ */
} python_types[] = {
    {"uuid", "UUID", VALUE_KIND_UUID, true},
    {"fractions", "Fraction", VALUE_KIND_FRACTION, true},
    {"ipaddress", "IPv4Address", VALUE_KIND_ADDRESS_4, true},
    {"ipaddress", "IPv6Address", VALUE_KIND_ADDRESS_6, true},
    {"pathlib", "PurePath", VALUE_KIND_PATH, true},
    {"pathlib._local", "PurePath", VALUE_KIND_PATH, true},
    {"pandas.api.typing", "NaTType", VALUE_KIND_NO_TIME, false}, /* a datetime of the year 1 */
    {"pandas._libs.tslibs.nattype", "NaTType", VALUE_KIND_NO_TIME, false},
    {"pandas", "DataFrame", VALUE_KIND_FRAME, false},
    {"pandas.core.frame", "DataFrame", VALUE_KIND_FRAME, false},
    {"pandas", "Series", VALUE_KIND_SERIES, false},
    {"pandas.core.series", "Series", VALUE_KIND_SERIES, false},
    {"pandas", "Index", VALUE_KIND_INDEX, false},
    {"pandas.core.indexes.base", "Index", VALUE_KIND_INDEX, false},
    {"torch", "Tensor", VALUE_KIND_TENSOR, false},
    {"torch.nn.parameter", "Parameter", VALUE_KIND_TENSOR, false},
};

/* What is known by name alone has to be large enough for what is read of it. */
static bool has_room(const PyTypeObject *type, enum value_kind kind)
{
    switch (kind) {
    case VALUE_KIND_NDARRAY:
        return type->tp_basicsize >= (Py_ssize_t)sizeof(struct layout_ndarray);
    case VALUE_KIND_RECORD:
        return type->tp_basicsize >= (Py_ssize_t)sizeof(struct layout_numpy_void);
    case VALUE_KIND_ARRAY:
        return type->tp_basicsize >= (Py_ssize_t)sizeof(struct layout_array);
    case VALUE_KIND_MMAP:
        return type->tp_basicsize >= (Py_ssize_t)sizeof(struct layout_mmap);
    default:
        return true;
    }
}

/* The head, and the number on a border of 8 bytes. */
static bool is_number(const PyTypeObject *type, char *ret_code)
{
    size_t i, size;

    if (strncmp(type->tp_name, "numpy.", 6) != 0)
        return false;
    for (i = 0; i < ARRAY_SIZE(numbers); i++) {
        size = (value_element_size(numbers[i].code) + 7) / 8 * 8;
        if (strcmp(type->tp_name, numbers[i].name) == 0 &&
            type->tp_basicsize == (Py_ssize_t)(sizeof(PyObject) + size)) {
            *ret_code = numbers[i].code;
            return true;
        }
    }
    return false;
}

/* c_int and the like have a letter. Those with the other order of bytes have it too, but are no __ctype_le__. */
static bool is_cdata(PyTypeObject *type, char *ret_code)
{
    const PyTypeObject *meta = Py_TYPE(type);
    PyObject *dict = pyc_type_dict(type), *letter;
    const char *text;
    size_t len;

    if (strcmp(meta->tp_name, "_ctypes.PyCSimpleType") != 0 || !pyc_type_is_c(meta) ||
        (value_dict_get(dict, "__ctype_be__") == (PyObject *)type &&
         value_dict_get(dict, "__ctype_le__") != (PyObject *)type))
        return false;
    letter = value_dict_get(dict, "_type_");
    if (letter == NULL || !PyUnicode_CheckExact(letter) ||
        (text = pyc_ascii(letter, &len)) == NULL || len != 1 ||
        strchr("?cbBhHiIlLqQfdgu", text[0]) == NULL)
        return false;
    *ret_code = text[0];
    return true;
}

static enum value_kind kind_in_python(PyTypeObject *type)
{
    const PyMemberDef *members;
    bool slots = pyc_type_slots(type, &members) > 0;
    size_t i;

    for (i = 0; i < ARRAY_SIZE(python_types); i++)
        if (python_types[i].slots <= slots && strcmp(type->tp_name, python_types[i].name) == 0 &&
            value_type_is(type, python_types[i].module, python_types[i].name) &&
            (python_types[i].kind != VALUE_KIND_TENSOR || value_is_tensor(type)))
            return python_types[i].kind;
    return VALUE_KIND_INSTANCE;
}

enum value_kind value_known_kind(PyTypeObject *type, char *ret_code)
{
    size_t i;

    if (type->tp_name == NULL)
        return VALUE_KIND_INSTANCE;
    if (!pyc_type_is_c(type))
        return is_cdata(type, ret_code) ? VALUE_KIND_CDATA : kind_in_python(type);
    for (i = 0; i < ARRAY_SIZE(c_types); i++)
        if (strcmp(type->tp_name, c_types[i].name) == 0 &&
            (c_types[i].size == 0 || c_types[i].size == type->tp_basicsize) &&
            has_room(type, c_types[i].kind))
            return c_types[i].kind;
    return is_number(type, ret_code) ? VALUE_KIND_NUMBER : VALUE_KIND_INSTANCE;
}

bool value_known_exactly(PyObject *object, enum value_kind kind)
{
    char code;

    return object != NULL && pyc_type_is_c(Py_TYPE(object)) &&
           value_known_kind(Py_TYPE(object), &code) == kind;
}

/* ---- Fraction, UUID, range, slice -------------------------------------------------------- */

static bool is_int(PyObject *object)
{
    return object != NULL && PyLong_CheckExact(object);
}

static void text_fraction(struct value_text *t, PyObject *object)
{
    PyObject *above = value_slot_get(object, "_numerator");
    PyObject *below = value_slot_get(object, "_denominator");
    int64_t one = 0;

    if (!is_int(above) || !is_int(below))
        return;
    value_text_repr(t, above, 0);
    if (pyc_long_compact(below, &one) && one == 1)
        return;
    value_text_char(t, '/');
    value_text_repr(t, below, 0);
}

bool value_int_bits(PyObject *number, unsigned __int128 *ret)
{
    const digit *digits;
    bool negative;
    size_t n;

    if (!is_int(number))
        return false;
    n = pyc_long_digits(number, &digits, &negative);
    if (negative || n * PyLong_SHIFT > 128 + PyLong_SHIFT)
        return false;
    for (*ret = 0; n-- > 0;)
        *ret = *ret << PyLong_SHIFT | digits[n];
    return true;
}

static void text_uuid(struct value_text *t, PyObject *object)
{
    unsigned __int128 v = 0;
    size_t i;

    if (!value_int_bits(value_slot_get(object, "int"), &v))
        return;
    for (i = 0; i < 32; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            value_text_char(t, '-');
        value_text_char(t, (uint32_t) "0123456789abcdef"[(unsigned)(v >> (124 - 4 * i)) & 15]);
    }
}

static void text_range(struct value_text *t, PyObject *object)
{
    const struct layout_range *r = (const struct layout_range *)object;
    int64_t one = 0;

    value_text_puts(t, "range(");
    value_text_repr(t, r->start, 0);
    value_text_puts(t, ", ");
    value_text_repr(t, r->stop, 0);
    if (!is_int(r->step) || !pyc_long_compact(r->step, &one) || one != 1) {
        value_text_puts(t, ", ");
        value_text_repr(t, r->step, 0);
    }
    value_text_char(t, ')');
}

static void text_slice(struct value_text *t, PyObject *object)
{
    const PySliceObject *s = (const PySliceObject *)object;

    value_text_puts(t, "slice(");
    value_text_repr(t, s->start, 0);
    value_text_puts(t, ", ");
    value_text_repr(t, s->stop, 0);
    value_text_puts(t, ", ");
    value_text_repr(t, s->step, 0);
    value_text_char(t, ')');
}

static void text_mmap(struct value_text *t, PyObject *object)
{
    const struct layout_mmap *m = (const struct layout_mmap *)object;

    if (m->data == NULL)
        value_text_puts(t, "closed");
    else
        value_text_putf(t, "%zd bytes", m->size);
}

static void text_numpy_time(struct value_text *t, PyObject *object, enum value_kind kind)
{
    const struct layout_numpy_time *time = (const struct layout_numpy_time *)object;

    value_numpy_time_text(t, time->value, &time->unit, kind == VALUE_KIND_NUMPY_TIMEDELTA);
}

/* ---- all --------------------------------------------------------------------------------- */

size_t value_known_text(struct value_text *t, PyObject *object, enum value_kind kind)
{
    const char *start = t->p;

    switch (kind) {
    case VALUE_KIND_DECIMAL:
        return value_decimal_text(t, object);
    case VALUE_KIND_PATH:
        return value_path_text(t, object);
    case VALUE_KIND_FRACTION:
        text_fraction(t, object);
        break;
    case VALUE_KIND_UUID:
        text_uuid(t, object);
        break;
    case VALUE_KIND_ADDRESS_4:
    case VALUE_KIND_ADDRESS_6:
        value_address_text(t, object, kind == VALUE_KIND_ADDRESS_6);
        break;
    case VALUE_KIND_RANGE:
        text_range(t, object);
        break;
    case VALUE_KIND_SLICE:
        text_slice(t, object);
        break;
    case VALUE_KIND_NO_TIME:
        value_text_puts(t, "NaT");
        break;
    case VALUE_KIND_MMAP:
        text_mmap(t, object);
        break;
    case VALUE_KIND_NUMPY_DATETIME:
    case VALUE_KIND_NUMPY_TIMEDELTA:
        text_numpy_time(t, object, kind);
        break;
    default:
        value_time_text(t, object, kind);
        break;
    }
    return (size_t)(t->p - start) + t->full;
}

bool value_put_known(struct value_walk *w, PyObject *object, enum value_kind kind, uint32_t type)
{
    char text[VALUE_KNOWN_TEXT + REDACT_AHEAD];
    struct value_text t = {text, text + sizeof text, false};
    size_t original = value_known_text(&t, object, kind);

    if (original == 0)
        return false;
    value_put_textual(w, type, text, (size_t)(t.p - text), original);
    return true;
}
