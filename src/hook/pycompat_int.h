/*
 * pycompat_int.h - how an int keeps its digits: a part of pycompat.h, which includes it.
 */
#ifndef HOOK_PYCOMPAT_INT_H
#define HOOK_PYCOMPAT_INT_H

#ifndef HOOK_PYCOMPAT_H
#error "include hook/pycompat.h"
#endif

/* The value of an int of at most one digit; false if it has more. */
static inline bool pyc_long_compact(PyObject *object, int64_t *ret_value)
{
    const PyLongObject *v = (const PyLongObject *)object;

#if PY_VERSION_HEX >= 0x030c0000
    uintptr_t tag = v->long_value.lv_tag; /* digits << 3 | sign: 0 positive, 1 zero, 2 negative */

    if (UNLIKELY(tag >= 2 << 3))
        return false;
    *ret_value = (1 - (int64_t)(tag & 3)) * (int64_t)v->long_value.ob_digit[0];
#else
    Py_ssize_t size = Py_SIZE(v);

    if (UNLIKELY((size_t)(size + 1) > 2))
        return false;
    /* A zero that is no small int (of a subclass, or made by C code) may have no room for a digit. */
    *ret_value = size == 0 ? 0 : (int64_t)size * (int64_t)v->ob_digit[0];
#endif
    return true;
}

/* The same in zigzag form (2 n, or -2 n - 1 for negative n). */
static inline bool pyc_long_zigzag(PyObject *object, uint64_t *ret_zigzag)
{
    const PyLongObject *v = (const PyLongObject *)object;

#if PY_VERSION_HEX >= 0x030c0000
    uintptr_t tag = v->long_value.lv_tag;

    if (UNLIKELY(tag >= 2 << 3))
        return false;
    *ret_zigzag = 2 * (uint64_t)v->long_value.ob_digit[0] - (tag >> 1 & 1);
#else
    Py_ssize_t size = Py_SIZE(v);

    if (UNLIKELY((size_t)(size + 1) > 2))
        return false;
    *ret_zigzag = size == 0 ? 0 : 2 * (uint64_t)v->ob_digit[0] - (size < 0);
#endif
    return true;
}

/* The value of an int of two digits: some 60 bits. */
static inline bool pyc_long_double(PyObject *object, int64_t *ret_value)
{
    const PyLongObject *v = (const PyLongObject *)object;
    const digit *digits;
    int64_t sign;

#if PY_VERSION_HEX >= 0x030c0000
    if (v->long_value.lv_tag >> 3 != 2)
        return false;
    sign = 1 - (int64_t)(v->long_value.lv_tag & 3);
    digits = v->long_value.ob_digit;
#else
    if (Py_SIZE(v) != 2 && Py_SIZE(v) != -2)
        return false;
    sign = Py_SIZE(v) / 2;
    digits = v->ob_digit;
#endif
    *ret_value = sign * (int64_t)((uint64_t)digits[1] << PyLong_SHIFT | digits[0]);
    return true;
}

/* The digits of an int, least first, PyLong_SHIFT bits each; returns how many. */
static inline size_t pyc_long_digits(PyObject *object, const digit **ret_digits, bool *ret_negative)
{
    const PyLongObject *v = (const PyLongObject *)object;

#if PY_VERSION_HEX >= 0x030c0000
    *ret_digits = v->long_value.ob_digit;
    *ret_negative = (v->long_value.lv_tag & 3) == 2;
    return v->long_value.lv_tag >> 3;
#else
    Py_ssize_t size = Py_SIZE(v);

    *ret_digits = v->ob_digit;
    *ret_negative = size < 0;
    return (size_t)(size < 0 ? -size : size);
#endif
}

#endif
