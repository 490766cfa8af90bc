/*
 * value_memory.c - whose memory an array's elements are in, so that no element is read where reading could fault.
 *
 * An array may show any address: a mapped file that was cut since, a device's memory, memory that its owner has moved since.
 * So an element is read only inside the memory that a known object owns now: bytes, bytearray, array.array, a numpy array that
 * allocated its data. Everything else is told by shape and type.
 */
#include "base/base.h"

#include "hook/value_array.h"

#define CHAIN 8 /* views of views */

/* How far element `shape` - 1 is from element 0 of one dimension, added to what lies before or after. */
static bool stretch(Py_ssize_t shape, Py_ssize_t stride, size_t *before, size_t *after)
{
    size_t step, *to = stride < 0 ? before : after;

    return !__builtin_mul_overflow((size_t)shape - 1, (size_t)(stride < 0 ? -stride : stride),
                                   &step) &&
           !__builtin_add_overflow(*to, step, to) && *to < SIZE_MAX / 4;
}

/* From the lowest to the highest byte of an array that owns its data, whatever its strides are. */
static bool extent(const struct layout_ndarray *a, struct value_memory *ret)
{
    size_t before = 0, after = value_dtype_element(a->dtype).size;
    bool empty = after == 0;
    int i;

    if (a->data == NULL || a->ndim < 0 || a->ndim > LAYOUT_NUMPY_DIMENSIONS)
        return false;
    for (i = 0; i < a->ndim; i++)
        empty |= a->shape[i] <= 0;
    for (i = 0; i < a->ndim && !empty; i++)
        if (!stretch(a->shape[i], a->strides[i], &before, &after))
            return false;
    ret->from = a->data - before;
    ret->to = a->data + (empty ? 0 : after);
    return true;
}

/* 1: *ret is filled in; 0: no; -1: look at *object, which this one is a view of. */
static int step(PyObject **object, struct value_memory *ret)
{
    PyObject *o = *object;
    enum value_kind kind = value_type_get(Py_TYPE(o))->kind;

    switch (kind) {
    case VALUE_KIND_BYTES:
        ret->from = PyBytes_AS_STRING(o);
        ret->to = ret->from + Py_SIZE(o);
        return 1;
    case VALUE_KIND_BYTEARRAY:
        ret->from = PyByteArray_AS_STRING(o);
        ret->to = ret->from + Py_SIZE(o);
        return 1;
    case VALUE_KIND_ARRAY: {
        const struct layout_array *a = (const struct layout_array *)o;
        struct value_element element;

        if (!value_array_code(o, &element))
            return 0;
        ret->from = a->data;
        ret->to = a->data + (size_t)Py_SIZE(o) * element.size;
        return a->data != NULL;
    }
    case VALUE_KIND_NDARRAY: {
        const struct layout_ndarray *a = (const struct layout_ndarray *)o;

        if (a->flags & LAYOUT_NUMPY_OWNS_DATA)
            return extent(a, ret);
        *object = a->base;
        return -1;
    }
    case VALUE_KIND_RECORD: {
        const struct layout_numpy_void *v = (const struct layout_numpy_void *)o;

        if (v->flags & LAYOUT_NUMPY_OWNS_DATA) {
            ret->from = v->data;
            ret->to = v->data + value_dtype_element(v->dtype).size;
            return v->data != NULL;
        }
        *object = v->base;
        return -1;
    }
    case VALUE_KIND_MEMORYVIEW:
        if (((PyMemoryViewObject *)o)->flags & _Py_MEMORYVIEW_RELEASED)
            return 0;
        *object = ((PyMemoryViewObject *)o)->view.obj;
        return -1;
    default:
        return 0;
    }
}

bool value_memory_of(PyObject *owner, struct value_memory *ret)
{
    int i, found = -1;

    for (i = 0; i < CHAIN && owner != NULL && found < 0; i++)
        found = step(&owner, ret);
    return found > 0;
}
