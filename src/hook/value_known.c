/*
 * value_known.c - types with a well-known text form: which they are, and that text, from their storage.
 *
 * C types are known by their exact name and size, and only where a class statement cannot have made them; types written
 * in Python by module, name and slots. Their layouts are those of CPython's own sources, unchanged over the versions that we
 * support; an instance that is not as expected is put as any other instance.
 */
#include "base/base.h"

#include "hook/value_private.h"

#include <datetime.h>

#define KNOWN_TEXT 512

/* timezone of _datetime: not in datetime.h. */
struct fixed_zone {
    PyObject_HEAD PyObject *offset; /* a timedelta */
    PyObject *name;                 /* a str or NULL */
};

/* The beginning of ZoneInfo of _zoneinfo. */
struct zone_info {
    PyDateTime_TZInfo base;
    PyObject *key; /* a str or None */
};

/* Decimal of _decimal: libmpdec's number, in words of 19 decimal digits, least first. */
struct decimal {
    PyObject_HEAD Py_hash_t hash;
    struct {
        uint8_t flags;
        ssize_t exp;
        ssize_t digits;
        ssize_t len;
        ssize_t alloc;
        uint64_t *data;
    } dec;
    uint64_t few[4];
};

enum { DECIMAL_NEGATIVE = 1, DECIMAL_INFINITE = 2, DECIMAL_NAN = 4, DECIMAL_SNAN = 8 };

/* range of rangeobject.c. */
struct range {
    PyObject_HEAD PyObject *start;
    PyObject *stop;
    PyObject *step;
    PyObject *length;
};

static const struct {
    const char *name;
    Py_ssize_t size;
    enum value_kind kind;
} c_types[] = {
    {"datetime.datetime", sizeof(PyDateTime_DateTime), VALUE_KIND_DATETIME},
    {"datetime.date", sizeof(PyDateTime_Date), VALUE_KIND_DATE},
    {"datetime.time", sizeof(PyDateTime_Time), VALUE_KIND_TIME},
    {"datetime.timedelta", sizeof(PyDateTime_Delta), VALUE_KIND_TIMEDELTA},
    {"datetime.timezone", sizeof(struct fixed_zone), VALUE_KIND_TIMEZONE},
    {"decimal.Decimal", sizeof(struct decimal), VALUE_KIND_DECIMAL},
    {"collections.deque", 0, VALUE_KIND_DEQUE},
    {"functools._lru_cache_wrapper", 0, VALUE_KIND_WRAPPER},
};

static const struct {
    const char *module;
    const char *name;
    enum value_kind kind;
} python_types[] = {
    {"uuid", "UUID", VALUE_KIND_UUID},
    {"fractions", "Fraction", VALUE_KIND_FRACTION},
    {"pathlib", "PurePath", VALUE_KIND_PATH},
    {"pathlib._local", "PurePath", VALUE_KIND_PATH},
};

enum value_kind value_known_kind(PyTypeObject *type)
{
    const PyMemberDef *members;
    size_t i;

    if (type->tp_name == NULL)
        return VALUE_KIND_INSTANCE;
    if (pyc_type_is_c(type)) {
        for (i = 0; i < ARRAY_SIZE(c_types); i++)
            if (strcmp(type->tp_name, c_types[i].name) == 0 &&
                (c_types[i].size == 0 || c_types[i].size == type->tp_basicsize))
                return c_types[i].kind;
        return VALUE_KIND_INSTANCE;
    }
    if (pyc_type_slots(type, &members) == 0)
        return VALUE_KIND_INSTANCE;
    for (i = 0; i < ARRAY_SIZE(python_types); i++)
        if (strcmp(type->tp_name, python_types[i].name) == 0 &&
            value_type_is(type, python_types[i].module, python_types[i].name))
            return python_types[i].kind;
    return VALUE_KIND_INSTANCE;
}

/* Is it exactly this C type? For the parts of a datetime, which may be of any class. */
static bool is_c_kind(PyObject *object, enum value_kind kind)
{
    return object != NULL && pyc_type_is_c(Py_TYPE(object)) &&
           value_known_kind(Py_TYPE(object)) == kind;
}

/* A number in exactly `width` digits. */
static void text_number(struct value_text *t, unsigned v, unsigned width)
{
    char digits[8];
    unsigned i;

    for (i = width; i-- > 0; v /= 10)
        digits[i] = (char)('0' + v % 10);
    value_text_put(t, digits, width);
}

/* Hours, minutes, seconds; the microseconds only if there are any. */
static void text_clock(struct value_text *t, unsigned hour, unsigned minute, unsigned second,
                       unsigned us)
{
    text_number(t, hour, 2);
    value_text_char(t, ':');
    text_number(t, minute, 2);
    value_text_char(t, ':');
    text_number(t, second, 2);
    if (us != 0) {
        value_text_char(t, '.');
        text_number(t, us, 6);
    }
}

/* ---- date and time ----------------------------------------------------------------------- */

static void text_offset(struct value_text *t, PyObject *delta)
{
    const PyDateTime_Delta *d = (const PyDateTime_Delta *)delta;
    int64_t seconds = (int64_t)d->days * 86400 + d->seconds;
    int us = d->microseconds;
    char sign = '+';

    if (seconds < 0) {
        sign = '-';
        seconds = -seconds;
        if (us > 0) {
            seconds--;
            us = 1000000 - us;
        }
    }
    value_text_char(t, (uint32_t)sign);
    if (seconds % 60 != 0 || us != 0) {
        text_clock(t, (unsigned)(seconds / 3600), (unsigned)(seconds / 60 % 60),
                   (unsigned)(seconds % 60), (unsigned)us);
    } else {
        text_number(t, (unsigned)(seconds / 3600), 2);
        value_text_char(t, ':');
        text_number(t, (unsigned)(seconds / 60 % 60), 2);
    }
}

static bool is_zone_info(const PyTypeObject *type)
{
    return pyc_type_is_c(type) && type->tp_name != NULL &&
           strcmp(type->tp_name, "zoneinfo.ZoneInfo") == 0;
}

/* The zone's offset where it is stored (datetime.timezone), else its name in brackets, as RFC 9557 has it: what a zone
 * computes its class alone could tell. */
static void text_zone(struct value_text *t, PyObject *zone)
{
    char module[256], name[256];
    size_t module_len, name_len;
    PyObject *key;

    if (zone == NULL || zone == Py_None)
        return;
    if (is_c_kind(zone, VALUE_KIND_TIMEZONE) &&
        is_c_kind(((struct fixed_zone *)zone)->offset, VALUE_KIND_TIMEDELTA)) {
        text_offset(t, ((struct fixed_zone *)zone)->offset);
        return;
    }
    value_text_char(t, '[');
    key = is_zone_info(Py_TYPE(zone)) ? ((struct zone_info *)zone)->key : NULL;
    if (key != NULL && PyUnicode_Check(key)) {
        value_text_str(t, key);
    } else {
        value_type_names(Py_TYPE(zone), module, &module_len, name, &name_len, sizeof name);
        value_text_put(t, module, module_len);
        value_text_char(t, '.');
        value_text_put(t, name, name_len);
    }
    value_text_char(t, ']');
}

static void text_date(struct value_text *t, PyObject *object)
{
    text_number(t, (unsigned)PyDateTime_GET_YEAR(object), 4);
    value_text_char(t, '-');
    text_number(t, PyDateTime_GET_MONTH(object), 2);
    value_text_char(t, '-');
    text_number(t, PyDateTime_GET_DAY(object), 2);
}

static void text_datetime(struct value_text *t, PyObject *object)
{
    const PyDateTime_DateTime *d = (const PyDateTime_DateTime *)object;

    text_date(t, object);
    value_text_char(t, 'T');
    text_clock(t, PyDateTime_DATE_GET_HOUR(object), PyDateTime_DATE_GET_MINUTE(object),
               PyDateTime_DATE_GET_SECOND(object), PyDateTime_DATE_GET_MICROSECOND(object));
    if (d->hastzinfo)
        text_zone(t, d->tzinfo);
}

static void text_time(struct value_text *t, PyObject *object)
{
    const PyDateTime_Time *d = (const PyDateTime_Time *)object;

    text_clock(t, PyDateTime_TIME_GET_HOUR(object), PyDateTime_TIME_GET_MINUTE(object),
               PyDateTime_TIME_GET_SECOND(object), PyDateTime_TIME_GET_MICROSECOND(object));
    if (d->hastzinfo)
        text_zone(t, d->tzinfo);
}

/* As str(): "-1 day, 23:59:59.500000". */
static void text_timedelta(struct value_text *t, PyObject *object)
{
    const PyDateTime_Delta *d = (const PyDateTime_Delta *)object;

    if (d->days != 0)
        value_text_putf(t, "%d day%s, ", d->days, d->days == 1 || d->days == -1 ? "" : "s");
    value_text_putf(t, "%d:%02d:%02d", d->seconds / 3600, d->seconds / 60 % 60, d->seconds % 60);
    if (d->microseconds != 0)
        value_text_putf(t, ".%06d", d->microseconds);
}

static void text_timezone(struct value_text *t, PyObject *object)
{
    const struct fixed_zone *zone = (const struct fixed_zone *)object;
    const PyDateTime_Delta *d = (const PyDateTime_Delta *)zone->offset;

    if (zone->name != NULL && PyUnicode_Check(zone->name)) {
        value_text_str(t, zone->name);
    } else if (is_c_kind(zone->offset, VALUE_KIND_TIMEDELTA)) {
        value_text_puts(t, "UTC");
        if (d->days != 0 || d->seconds != 0 || d->microseconds != 0)
            text_offset(t, zone->offset);
    }
}

/* ---- Decimal ----------------------------------------------------------------------------- */

/* The digits from number `from` (0: the first) to before `to`; returns how many found no place. */
static size_t text_digits(struct value_text *t, const struct decimal *d, size_t from, size_t to)
{
    size_t word, place, k;
    uint64_t v;

    for (; from < to && !t->full; from++) {
        k = (size_t)d->dec.digits - 1 - from; /* counted from the last digit */
        word = k / 19;
        v = word < (size_t)d->dec.len ? d->dec.data[word] : 0;
        for (place = k % 19; place > 0; place--)
            v /= 10;
        value_text_char(t, (uint32_t)('0' + v % 10));
        if (t->full)
            break;
    }
    return to - from;
}

/* Returns the bytes of the whole; fewer may have found a place. */
static size_t text_decimal(struct value_text *t, PyObject *object)
{
    const struct decimal *d = (const struct decimal *)object;
    const char *start = t->p;
    int64_t digits = d->dec.digits, point, i;
    char tail[32] = "";
    size_t missing = 0;

    if (d->dec.flags & DECIMAL_NEGATIVE)
        value_text_char(t, '-');
    if (d->dec.flags & DECIMAL_INFINITE) {
        value_text_puts(t, "Infinity");
        return (size_t)(t->p - start);
    }
    if (d->dec.data == NULL || d->dec.len < 0 || digits < 0 || digits > d->dec.len * 19)
        return 0;
    if (d->dec.flags & (DECIMAL_NAN | DECIMAL_SNAN)) {
        value_text_puts(t, d->dec.flags & DECIMAL_SNAN ? "sNaN" : "NaN");
        if (d->dec.len > 0)
            missing = text_digits(t, d, 0, (size_t)digits);
        return (size_t)(t->p - start) + missing;
    }
    point = digits + d->dec.exp; /* digits before the point */
    if (d->dec.exp > 0 || point - 1 < -6) {
        snprintf(tail, sizeof tail, "E%+lld", (long long)(point - 1));
        point = 1;
    }
    if (point <= 0) {
        value_text_puts(t, "0.");
        for (i = point; i < 0; i++)
            value_text_char(t, '0');
        point = 0;
    }
    missing = text_digits(t, d, 0, (size_t)(point < digits ? point : digits));
    if (point > 0 && point < digits)
        value_text_char(t, '.');
    missing += text_digits(t, d, (size_t)point, (size_t)digits);
    if (missing > 0)
        return (size_t)(t->p - start) + missing + strlen(tail);
    value_text_puts(t, tail);
    return (size_t)(t->p - start);
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

static void text_uuid(struct value_text *t, PyObject *object)
{
    PyObject *number = value_slot_get(object, "int");
    const digit *digits;
    bool negative;
    size_t n, i;
    unsigned __int128 v = 0;

    if (!is_int(number))
        return;
    n = pyc_long_digits(number, &digits, &negative);
    if (negative || n * PyLong_SHIFT > 128 + PyLong_SHIFT)
        return;
    for (i = n; i-- > 0;)
        v = v << PyLong_SHIFT | digits[i];
    for (i = 0; i < 32; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            value_text_char(t, '-');
        value_text_char(t, (uint32_t) "0123456789abcdef"[(unsigned)(v >> (124 - 4 * i)) & 15]);
    }
}

static void text_range(struct value_text *t, PyObject *object)
{
    const struct range *r = (const struct range *)object;
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

/* ---- all --------------------------------------------------------------------------------- */

size_t value_known_text(struct value_text *t, PyObject *object, enum value_kind kind)
{
    const char *start = t->p;

    switch (kind) {
    case VALUE_KIND_DATETIME:
        text_datetime(t, object);
        break;
    case VALUE_KIND_DATE:
        text_date(t, object);
        break;
    case VALUE_KIND_TIME:
        text_time(t, object);
        break;
    case VALUE_KIND_TIMEDELTA:
        text_timedelta(t, object);
        break;
    case VALUE_KIND_TIMEZONE:
        text_timezone(t, object);
        break;
    case VALUE_KIND_DECIMAL:
        return text_decimal(t, object);
    case VALUE_KIND_FRACTION:
        text_fraction(t, object);
        break;
    case VALUE_KIND_UUID:
        text_uuid(t, object);
        break;
    case VALUE_KIND_PATH:
        return value_path_text(t, object);
    case VALUE_KIND_RANGE:
        text_range(t, object);
        break;
    case VALUE_KIND_SLICE:
        text_slice(t, object);
        break;
    default:
        break;
    }
    return (size_t)(t->p - start) + t->full;
}

bool value_put_known(struct value_walk *w, PyObject *object, enum value_kind kind, uint32_t type)
{
    char text[KNOWN_TEXT];
    struct value_text t = {text, text + sizeof text, false};
    size_t original = value_known_text(&t, object, kind);

    if (original == 0)
        return false;
    value_put_textual(w, type, text, (size_t)(t.p - text), original);
    return true;
}
