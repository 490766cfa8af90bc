/*
 * value_array.h - what the files about arrays share: whose memory elements are in, what one element is, the array itself.
 * Pointers are Borrowed for the call; nothing here runs code of the user's, allocates or takes a reference.
 */
#ifndef HOOK_VALUE_ARRAY_H
#define HOOK_VALUE_ARRAY_H

#include "hook/value_layout.h"
#include "hook/value_private.h"

/* ---- memory (value_memory.c) --------------------------------------------------------------- */

struct value_memory {
    const char *from;
    const char *to;
};

/* The memory that belongs to `owner` or to what it is a view of; false where that is not surely memory of this process that
 * lives as long as the object: a mapped file, a device. */
bool value_memory_of(PyObject *owner, struct value_memory *ret);

static inline bool value_memory_has(const struct value_memory *m, const char *at, size_t size)
{
    return at >= m->from && at <= m->to && size <= (size_t)(m->to - at);
}

/* ---- one element (value_element.c) --------------------------------------------------------- */

struct value_element {
    /* A letter of the module struct in native mode, or F D G: complex; S U V M m: numpy's; O: an object; 0: unknown. */
    char code;
    bool swapped; /* in the other byte order */
    size_t size;
    PyObject *dtype; /* numpy's; NULL: none */
};

/* Reads element->size bytes at `at`. False: it cannot be told, nothing was put. */
bool value_put_element(struct value_walk *w, const struct value_element *element, const char *at);
/* The size of a number by its letter; 0: not one. */
size_t value_element_size(char code);

/* ---- numpy's dtypes (value_dtype.c) --------------------------------------------------------- */

struct value_element value_dtype_element(PyObject *dtype);
/* What str(dtype) says. */
void value_dtype_text(struct value_text *t, PyObject *dtype);

struct value_field {
    PyObject *name; /* an exact str */
    struct value_element element;
    size_t offset;
};

size_t value_dtype_count(PyObject *dtype); /* of fields; 0: not structured */
bool value_dtype_field(PyObject *dtype, size_t i, struct value_field *ret);

/* The unit of a dtype of times; false: not as expected. */
bool value_dtype_time(PyObject *dtype, struct layout_time_unit *ret);
/* What str() of datetime64, or timedelta64, says (value_numpy_time.c). */
void value_numpy_time_text(struct value_text *t, int64_t v, const struct layout_time_unit *unit,
                           bool delta);

/* ---- arrays (value_array.c) ---------------------------------------------------------------- */

struct value_array {
    uint32_t type;
    const char *dtype;
    size_t dtype_len;
    const char *data; /* the first element; NULL: none is shown */
    const Py_ssize_t *shape;
    const Py_ssize_t *strides; /* NULL: one after the other, in C's order */
    int ndim;
    struct value_element element;
    struct value_memory memory; /* that an element must lie in */
};

/* False: no array, nothing was put. */
bool value_put_elements(struct value_walk *w, PyObject *object, const struct value_array *array,
                        bool is_part);
/* A numpy array, told; false: not as expected. The dtype's text goes into `t`. */
bool value_ndarray(PyObject *object, struct value_text *t, struct value_array *ret);
/* What an element of an array.array is; false: it cannot be told. */
bool value_array_code(PyObject *object, struct value_element *ret);

#endif
