/*
 * value_layout.h - objects of C modules whose layout no header of CPython tells: read from their sources (_datetimemodule.c,
 * _zoneinfo.c, _decimal.c, _collectionsmodule.c, rangeobject.c), where it is the same from 3.10 to 3.14. What differs between
 * versions is in pycompat.h.
 */
#ifndef HOOK_VALUE_LAYOUT_H
#define HOOK_VALUE_LAYOUT_H

#include "hook/pycompat.h"

#include <datetime.h>

/* datetime.timezone */
struct layout_timezone {
    PyObject head;
    PyObject *offset; /* a timedelta */
    PyObject *name;   /* a str or NULL */
};

/* zoneinfo.ZoneInfo: its beginning */
struct layout_zone_info {
    PyDateTime_TZInfo base;
    PyObject *key; /* a str or None */
};

/* decimal.Decimal: libmpdec's number, in words of 19 decimal digits, least first */
struct layout_decimal {
    PyObject head;
    Py_hash_t hash;
    struct {
        uint8_t flags; /* enum layout_decimal_flags */
        ssize_t exp;
        ssize_t digits;
        ssize_t len;
        ssize_t alloc;
        uint64_t *data;
    } dec;
    uint64_t few[4];
};

enum layout_decimal_flags {
    LAYOUT_DECIMAL_NEGATIVE = 1,
    LAYOUT_DECIMAL_INFINITE = 2,
    LAYOUT_DECIMAL_NAN = 4,
    LAYOUT_DECIMAL_SNAN = 8,
};

#define LAYOUT_DEQUE_BLOCK 64

struct layout_deque_block {
    struct layout_deque_block *left;
    PyObject *data[LAYOUT_DEQUE_BLOCK];
    struct layout_deque_block *right;
};

/* collections.deque: its beginning */
struct layout_deque {
    PyVarObject head;
    struct layout_deque_block *leftblock;
    struct layout_deque_block *rightblock;
    Py_ssize_t leftindex;
    Py_ssize_t rightindex;
};

struct layout_range {
    PyObject head;
    PyObject *start;
    PyObject *stop;
    PyObject *step;
    PyObject *length;
};

#endif
