/*
 * value_layout.h - objects of C modules whose layout no header of CPython tells: read from their sources (_datetimemodule.c,
 * _zoneinfo.c, _decimal.c, _collectionsmodule.c, rangeobject.c, arraymodule.c, ctypes.h, mmapmodule.c) and numpy's, where it is the same from 3.10 to 3.15. What differs between
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

/* ctypes: what all its values begin with */
struct layout_cdata {
    PyObject head;
    char *data; /* in the object itself, or anywhere */
    int owned;
    PyObject *base;
    Py_ssize_t size;
};

/* mmap.mmap: its beginning */
struct layout_mmap {
    PyObject head;
    char *data; /* NULL: it was closed */
    Py_ssize_t size;
};

/* mappingproxy, and the views of a dict: it is all that they have */
struct layout_view {
    PyObject head;
    PyObject *of;
};

/* sqlite3.Row */
struct layout_row {
    PyObject head;
    PyObject *data; /* a tuple */
    PyObject *
        description; /* of the cursor: a tuple of tuples, each with the column's name in front; or None */
};

/* ---- numpy 1.20 and later, from ndarraytypes.h and arrayscalars.h ---- */

enum layout_numpy_type { /* type_num: the ones that are not plain numbers */
                         LAYOUT_NUMPY_OBJECT = 17,
                         LAYOUT_NUMPY_BYTES = 18,
                         LAYOUT_NUMPY_STR = 19,
                         LAYOUT_NUMPY_VOID = 20,
                         LAYOUT_NUMPY_DATETIME = 21,
                         LAYOUT_NUMPY_TIMEDELTA = 22,
                         LAYOUT_NUMPY_HALF = 23,
                         LAYOUT_NUMPY_STRING = 2056, /* StringDType: its characters are elsewhere */
};

/* dtype: what both layouts begin with */
struct layout_dtype {
    PyObject head;
    PyTypeObject *scalar;
    char kind;
    char code;
    char order; /* '=', '<', '>', '|' */
    char flags;
    int type_num;
};

struct layout_subarray {
    PyObject *dtype;
    PyObject *shape; /* a tuple */
};

struct layout_time_unit {
    int unit; /* index into "Y M W - D h m s ms us ns ps fs as generic" */
    int count;
};

/* The metadata of a dtype of times, behind the head that numpy gives all such. */
struct layout_time_metadata {
    void *head[4];
    struct layout_time_unit unit;
};

/* dtype of numpy 1 */
struct layout_dtype_1 {
    struct layout_dtype base;
    int size;
    int alignment;
    struct layout_subarray *subarray;
    PyObject *fields; /* a dict: name to (dtype, offset) */
    PyObject *names;  /* a tuple of str */
    void *functions;
    PyObject *metadata;
    struct layout_time_metadata *time;
    Py_hash_t hash;
};

/* dtype of numpy 2; new kinds of types may be larger */
struct layout_dtype_2 {
    struct layout_dtype base;
    uint64_t flags;
    Py_ssize_t size;
    Py_ssize_t alignment;
    PyObject *metadata;
    Py_hash_t hash;
    void *reserved[2];
    struct layout_subarray *subarray;
    PyObject *fields;
    PyObject *names;
    struct layout_time_metadata *time;
};

#define LAYOUT_NUMPY_OWNS_DATA 4
#define LAYOUT_NUMPY_DIMENSIONS 64

/* ndarray: its beginning */
struct layout_ndarray {
    PyObject head;
    char *data;
    int ndim;
    Py_ssize_t *shape;
    Py_ssize_t *strides;
    PyObject *base; /* or NULL */
    PyObject *dtype;
    int flags;
};

/* Scalars: the number stands right behind the head. */
struct layout_numpy_time {
    PyObject head;
    int64_t value;
    struct layout_time_unit unit;
};

struct layout_numpy_void {
    PyVarObject head;
    char *data;
    PyObject *dtype;
    int flags;
    PyObject *base;
};

/* ---- array.array ---- */

struct layout_array_code {
    char code;
    int size;
};

struct layout_array {
    PyVarObject head;
    char *data;
    Py_ssize_t allocated;
    const struct layout_array_code *code; /* see value_memory.c: 3.15 may have another */
};

struct layout_range {
    PyObject head;
    PyObject *start;
    PyObject *stop;
    PyObject *step;
    PyObject *length;
};

#endif
