/*
 * value_quick.h - the short way for the values that most arguments are: int, short ASCII str, None, bool, float. Inline, no
 * call, no frame; everything else takes the long way of value.c.
 */
#ifndef HOOK_VALUE_QUICK_H
#define HOOK_VALUE_QUICK_H

#include "hook/value.h"
#include "hook/value_redact.h"

/* A short copy without a call. Touches only the `len` bytes: what is left at the end overlaps what was done. */
static inline void value_copy_short(uint8_t *to, const char *from, size_t len)
{
    size_t i;

    if (len > 16) {
        for (i = 0; i + 16 < len; i += 16)
            memcpy(to + i, from + i, 16);
        memcpy(to + len - 16, from + len - 16, 16);
    } else if (len >= 8) {
        memcpy(to, from, 8);
        memmove(to + len - 8, from + len - 8, 8);
    } else if (len >= 4) {
        memcpy(to, from, 4);
        memmove(to + len - 4, from + len - 4, 4);
    } else if (len > 0) {
        to[0] = (uint8_t)from[0];
        to[len >> 1] = (uint8_t)from[len >> 1];
        to[len - 1] = (uint8_t)from[len - 1];
    }
}

/* An ASCII str of any length that is known to fit (value.c). */
void value_put_long_ascii(struct trail_out *out, const char *text, size_t len);

static inline void value_put_ascii(struct trail_out *out, const char *text, size_t len)
{
    uint8_t *p = out->p;

    if (UNLIKELY(len >= 0x80)) {
        value_put_long_ascii(out, text, len);
    } else if (trail_room(out, len + 2)) {
        p[0] = TRAIL_TAG_STR;
        p[1] = (uint8_t)len;
        value_copy_short(p + 2, text, len);
        out->p = p + 2 + len;
    }
}

static inline void value_put_double(struct trail_out *out, double v)
{
    uint8_t *p = out->p;

    if (trail_room(out, 9)) {
        p[0] = TRAIL_TAG_FLOAT;
        memcpy(p + 1, &v, 8);
        out->p = p + 9;
    }
}

#define VALUE_QUICK_CHARS 32 /* of a str on the shortest way, at most */
#define VALUE_QUICK_MAX (VALUE_QUICK_CHARS + 2)
_Static_assert(VALUE_QUICK_MAX >= TRAIL_INT_MAX, "all that value_at() puts has room");

/* Puts a value where the caller has made sure of VALUE_QUICK_MAX bytes, of its limits too: an int, None, bool, float, a str in ASCII
 * of fewer than `*chars` characters (at most VALUE_QUICK_CHARS, and fewer than what is scanned for secrets). Returns the
 * next place; NULL: it is none of these. NULL is taken for an object. */
static inline __attribute__((always_inline)) uint8_t *value_at(uint8_t *p, PyObject *object,
                                                               const uint32_t *chars)
{
    const char *text;
    size_t len;
    uint64_t z;
    int64_t n;

    if (UNLIKELY(object == NULL))
        return NULL;
    if (LIKELY(Py_TYPE(object) == &PyLong_Type)) {
        if (LIKELY(pyc_long_zigzag(object, &z)))
            return trail_int_at(p, z);
        return pyc_long_double(object, &n) ? trail_int_at(p, trail_zigzag(n)) : NULL;
    }
    if (Py_TYPE(object) == &PyUnicode_Type) {
        text = pyc_ascii(object, &len);
        if (UNLIKELY(text == NULL || len >= *chars))
            return NULL;
        p[0] = TRAIL_TAG_STR;
        p[1] = (uint8_t)len;
        value_copy_short(p + 2, text, len);
        return p + 2 + len;
    }
    if (object == Py_None || Py_TYPE(object) == &PyBool_Type) {
        *p = object == Py_None   ? TRAIL_TAG_NONE
             : object == Py_True ? TRAIL_TAG_TRUE
                                 : TRAIL_TAG_FALSE;
        return p + 1;
    }
    if (Py_TYPE(object) == &PyFloat_Type) {
        double v = PyFloat_AS_DOUBLE(object);

        p[0] = TRAIL_TAG_FLOAT;
        memcpy(p + 1, &v, 8);
        return p + 9;
    }
    return NULL;
}

/* False: not one of these, or not surely within `left` bytes; nothing was put. */
static inline __attribute__((always_inline)) bool value_put_quick(struct trail_out *out,
                                                                  PyObject *object, size_t left,
                                                                  const struct value_limits *limits)
{
    static const uint32_t none = 0;
    const char *text;
    uint8_t *p;
    size_t len;

    if (UNLIKELY(left < TRAIL_INT_MAX))
        return false;
    if (Py_TYPE(object) == &PyUnicode_Type) {
        text = pyc_ascii(object, &len);
        if (UNLIKELY(text == NULL || len > limits->max_chars || len + 11 > left))
            return false;
        if (len >= value_redact_least && UNLIKELY(value_text_is_secret(text, len)))
            return false;
        value_put_ascii(out, text, len);
        return true;
    }
    /* No way but this one knows None and bool where much room is left of the limits. */
    if (UNLIKELY(!trail_room(out, TRAIL_INT_MAX)))
        return true;
    p = value_at(out->p, object, &none);
    if (p == NULL)
        return false;
    out->p = p;
    return true;
}

#endif
