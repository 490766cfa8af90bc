/*
 * value_element.c - one element of an array, read from memory that is known to be there: numbers as they are, text and bytes of
 * numpy without their padding, structured elements as a DICT by the names of the fields.
 */
#include "base/base.h"

#include "hook/value_array.h"

#define ELEMENT_MOST (2 * sizeof(long double)) /* bytes of the largest number */

size_t value_element_size(char format)
{
    switch (format) {
    case '?':
    case 'b':
    case 'B':
    case 'c':
        return 1;
    case 'h':
    case 'H':
    case 'e':
        return 2;
    case 'i':
    case 'I':
    case 'f':
    case 'w':
        return 4;
    case 'l':
    case 'L':
    case 'q':
    case 'Q':
    case 'n':
    case 'N':
    case 'd':
    case 'F':
        return 8;
    case 'u':
        return sizeof(wchar_t);
    case 'g':
        return sizeof(long double);
    case 'D':
        return 16;
    case 'G':
        return 2 * sizeof(long double);
    default:
        return 0;
    }
}

/* IEEE 754 binary16. */
static double half(uint16_t bits)
{
    int exponent = bits >> 10 & 0x1f, mantissa = bits & 0x3ff;
    double v;

    if (exponent == 0x1f)
        v = mantissa == 0 ? (double)INFINITY : (double)NAN;
    else if (exponent == 0)
        v = ldexp(mantissa, -24);
    else
        v = ldexp(mantissa + 1024, exponent - 25);
    return bits >> 15 ? -v : v;
}

static bool put_double(struct value_walk *w, double v)
{
    if (value_fits(w, 9))
        value_put_double(w->out, v);
    return true;
}

static bool put_complex(struct value_walk *w, double real, double imaginary)
{
    if (value_fits(w, 17)) {
        value_put_tag(w, TRAIL_TAG_COMPLEX);
        trail_put_bytes(w->out, &real, 8);
        trail_put_bytes(w->out, &imaginary, 8);
    }
    return true;
}

static bool put_int(struct value_walk *w, int64_t v)
{
    if (value_fits(w, 9))
        trail_put_int(w->out, v);
    return true;
}

static bool put_uint(struct value_walk *w, uint64_t v)
{
    if (v <= INT64_MAX)
        return put_int(w, (int64_t)v);
    if (value_fits(w, 11)) {
        value_put_tag(w, TRAIL_TAG_BIGINT);
        trail_put_uv(w->out, 0);
        trail_put_uv(w->out, sizeof(v));
        trail_put_bytes(w->out, &v, sizeof(v));
    }
    return true;
}

static bool put_char(struct value_walk *w, uint32_t c)
{
    char text[8];
    struct value_text t = {text, text + sizeof text, false};

    if (c > 0x10ffff)
        return put_uint(w, c);
    value_text_char(&t, c);
    if (value_fits(w, 8))
        trail_put_string(w->out, TRAIL_TAG_STR, text, (size_t)(t.p - text));
    return true;
}

/* `in` is aligned and in the machine's own order. */
static bool put_real(struct value_walk *w, char code, const void *in)
{
    const float *f = in;
    const double *d = in;
    const long double *g = in;

    switch (code) {
    case 'e':
        return put_double(w, half(*(const uint16_t *)in));
    case 'f':
        return put_double(w, (double)*f);
    case 'd':
        return put_double(w, *d);
    case 'g':
        return put_double(w, (double)*g);
    case 'F':
        return put_complex(w, (double)f[0], (double)f[1]);
    case 'D':
        return put_complex(w, d[0], d[1]);
    case 'G':
        return put_complex(w, (double)g[0], (double)g[1]);
    default:
        return false;
    }
}

static bool put_whole(struct value_walk *w, char code, const void *in)
{
    switch (code) {
    case '?':
        if (value_fits(w, 1))
            value_put_tag(w, *(const uint8_t *)in ? TRAIL_TAG_TRUE : TRAIL_TAG_FALSE);
        return true;
    case 'b':
        return put_int(w, *(const int8_t *)in);
    case 'B':
        return put_int(w, *(const uint8_t *)in);
    case 'h':
        return put_int(w, *(const int16_t *)in);
    case 'H':
        return put_int(w, *(const uint16_t *)in);
    case 'i':
        return put_int(w, *(const int32_t *)in);
    case 'I':
        return put_int(w, *(const uint32_t *)in);
    case 'l':
    case 'q':
    case 'n':
        return put_int(w, *(const int64_t *)in);
    case 'L':
    case 'Q':
    case 'N':
        return put_uint(w, *(const uint64_t *)in);
    case 'u':
    case 'w':
        return put_char(w, *(const uint32_t *)in);
    case 'c':
        value_put_bytes(w, in, 1);
        return true;
    default:
        return put_real(w, code, in);
    }
}

static void reverse(uint8_t *bytes, size_t n)
{
    size_t i;

    for (i = 0; i < n / 2; i++) {
        uint8_t one = bytes[i];

        bytes[i] = bytes[n - 1 - i];
        bytes[n - 1 - i] = one;
    }
}

/* Elements may lie anywhere: copied to where reading them is defined. */
static bool put_number(struct value_walk *w, const struct value_element *element, const char *at)
{
    _Alignas(16) uint8_t number[ELEMENT_MOST];
    size_t size = value_element_size(element->code);
    bool is_complex = element->code == 'F' || element->code == 'D' || element->code == 'G';

    if (size == 0 || size != element->size)
        return false;
    memcpy(number, at, size);
    if (element->swapped && (element->code == 'g' || element->code == 'G'))
        return false; /* no machine's form */
    if (element->swapped && is_complex) {
        reverse(number, size / 2);
        reverse(number + size / 2, size / 2);
    } else if (element->swapped) {
        reverse(number, size);
    }
    return put_whole(w, element->code, number);
}

/* ---- numpy's own --------------------------------------------------------------------------- */

/* dtype S: padded with NUL. */
static bool put_padded_bytes(struct value_walk *w, const char *at, size_t size)
{
    size_t len = size;

    while (len > 0 && size - len < VALUE_PATIENCE && at[len - 1] == '\0')
        len--;
    value_put_bytes(w, at, len);
    return true;
}

/* dtype U: UCS-4, padded with NUL. */
static bool put_padded_str(struct value_walk *w, const char *at, size_t size, bool swapped)
{
    uint32_t chars[256];
    size_t n = size / 4, i;
    struct pyc_text text;

    if (!swapped && (uintptr_t)at % _Alignof(uint32_t) == 0) {
        const uint32_t *all = (const uint32_t *)(const void *)at;

        for (i = 0; i < VALUE_PATIENCE && n > 0 && all[n - 1] == 0; i++)
            n--;
        text = (struct pyc_text){all, n, 4, false};
    } else {
        if (n > ARRAY_SIZE(chars))
            return false;
        memcpy(chars, at, n * 4);
        for (i = 0; i < n && swapped; i++)
            chars[i] = __builtin_bswap32(chars[i]);
        while (n > 0 && chars[n - 1] == 0)
            n--;
        text = (struct pyc_text){chars, n, 4, false};
    }
    value_put_text(w, &text);
    return true;
}

static bool put_time(struct value_walk *w, const struct value_element *element, const char *at)
{
    char text[64];
    struct value_text t = {text, text + sizeof text, false};
    struct layout_time_unit unit;
    int64_t v;

    if (element->size != sizeof(v) || !value_dtype_time(element->dtype, &unit))
        return false;
    memcpy(&v, at, sizeof(v));
    if (element->swapped)
        v = (int64_t)__builtin_bswap64((uint64_t)v);
    value_numpy_time_text(&t, v, &unit, element->code == 'm');
    if (value_fits(w, sizeof text + 4))
        trail_put_string(w->out, TRAIL_TAG_STR, text, (size_t)(t.p - text));
    return true;
}

static bool put_fields(struct value_walk *w, const struct value_element *element, const char *at)
{
    size_t count = value_dtype_count(element->dtype), most = w->limits->max_items, n;
    struct value_count kept;
    struct value_field field;

    if (count == 0) { /* bytes without a meaning */
        value_put_bytes(w, at, element->size);
        return true;
    }
    if (!value_enter(w, element->dtype, count))
        return true;
    value_put_tag(w, TRAIL_TAG_DICT);
    trail_put_uv(w->out, count);
    kept = value_count_begin(w, most < count ? most : count);
    for (n = 0; n < most && value_more(w) && value_dtype_field(element->dtype, n, &field); n++) {
        value_put_inner(w, field.name);
        if (field.offset > element->size || field.element.size > element->size - field.offset)
            value_put_tag(w, TRAIL_TAG_FAILED);
        else if (value_redact != NULL && value_name_is_secret(field.name))
            value_put_tag(w, TRAIL_TAG_REDACTED);
        else if (!value_put_element(w, &field.element, at + field.offset))
            value_put_tag(w, TRAIL_TAG_FAILED);
    }
    value_count_end(w, kept, n);
    value_close(w);
    return true;
}

static bool put_object(struct value_walk *w, const char *at)
{
    PyObject *object;

    memcpy(&object, at, sizeof(object));
    value_put_inner(w, object != NULL ? object : Py_None); /* numpy takes the one for the other */
    return true;
}

bool value_put_element(struct value_walk *w, const struct value_element *element, const char *at)
{
    switch (element->code) {
    case 'O':
        return element->size == sizeof(PyObject *) && put_object(w, at);
    case 'S':
        return put_padded_bytes(w, at, element->size);
    case 'U':
        return put_padded_str(w, at, element->size, element->swapped);
    case 'M':
    case 'm':
        return put_time(w, element, at);
    case 'V':
        return put_fields(w, element, at);
    default:
        return put_number(w, element, at);
    }
}

void value_put_numpy_number(struct value_walk *w, PyObject *object)
{
    struct value_element element = {value_type_get(Py_TYPE(object))->code, false, 0, NULL};

    element.size = value_element_size(element.code);
    if (!value_put_element(w, &element, (const char *)(object + 1)))
        value_put_tag(w, TRAIL_TAG_FAILED);
}

/* ---- ctypes -------------------------------------------------------------------------------- */

bool value_holds_cdata(PyObject *object)
{
    const struct layout_cdata *c = (const struct layout_cdata *)object;
    uintptr_t at = (uintptr_t)c->data - (uintptr_t)object;
    size_t size = value_element_size(value_type_get(Py_TYPE(object))->code);
    size_t room = (size_t)Py_TYPE(object)->tp_basicsize;

    return size > 0 && (size_t)c->size == size && at >= sizeof(*c) && at <= room - size;
}

void value_put_cdata(struct value_walk *w, PyObject *object)
{
    struct value_element element = {value_type_get(Py_TYPE(object))->code, false, 0, NULL};

    element.size = value_element_size(element.code);
    if (!value_put_element(w, &element, ((const struct layout_cdata *)object)->data))
        value_put_tag(w, TRAIL_TAG_FAILED);
}
