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

/* False: not one of these, or not surely within `left` bytes; nothing was put. */
static inline __attribute__((always_inline)) bool value_put_quick(struct trail_out *out,
                                                                  PyObject *object, size_t left,
                                                                  const struct value_limits *limits)
{
    PyTypeObject *type = Py_TYPE(object);
    const char *text;
    size_t len;
    int64_t n;

    if (UNLIKELY(left < 9))
        return false;
    if (type == &PyLong_Type) {
        if (UNLIKELY(!pyc_long_compact(object, &n)) && !pyc_long_double(object, &n))
            return false;
        trail_put_int(out, n);
    } else if (type == &PyUnicode_Type) {
        text = pyc_ascii(object, &len);
        if (UNLIKELY(text == NULL || len > limits->max_chars || len + 11 > left))
            return false;
        if (len >= value_redact_least && UNLIKELY(value_text_is_secret(text, len)))
            return false;
        value_put_ascii(out, text, len);
    } else if (object == Py_None) {
        trail_put_u8(out, TRAIL_TAG_NONE);
    } else if (type == &PyBool_Type) {
        trail_put_u8(out, object == Py_True ? TRAIL_TAG_TRUE : TRAIL_TAG_FALSE);
    } else if (type == &PyFloat_Type) {
        value_put_double(out, PyFloat_AS_DOUBLE(object));
    } else {
        return false;
    }
    return true;
}

#endif
