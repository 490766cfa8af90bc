/*
 * value_array.c - arrays: shape, type of the elements and the first few of them, from numpy's own structures, a memoryview's
 * and array.array's. No more elements are read than are kept, and none outside of memory that is known (value_memory.c).
 */
#include "base/base.h"

#include "hook/value_array.h"

/* How many elements there are; 0 where the shape is no shape. */
static size_t count_of(const struct value_array *a)
{
    size_t count = 1;
    int i;

    for (i = 0; i < a->ndim; i++)
        if (a->shape[i] < 0 || __builtin_mul_overflow(count, (size_t)a->shape[i], &count))
            return 0;
    return count;
}

/* Where element i lies in C's order, as a difference from the first. */
static ptrdiff_t place_of(const struct value_array *a, size_t i)
{
    ptrdiff_t place = 0;
    int d;

    if (a->strides == NULL)
        return (ptrdiff_t)(i * a->element.size);
    for (d = a->ndim; d-- > 0; i /= (size_t)a->shape[d])
        place += (ptrdiff_t)(i % (size_t)a->shape[d]) * a->strides[d];
    return place;
}

static void put_some(struct value_walk *w, const struct value_array *a, size_t most)
{
    struct value_count kept = value_count_begin(w, most);
    const char *at;
    size_t i;

    for (i = 0; i < most && value_more(w); i++) {
        at = (const char *)((uintptr_t)a->data + (uintptr_t)place_of(a, i));
        if (!value_memory_has(&a->memory, at, a->element.size) ||
            !value_put_element(w, &a->element, at))
            break;
    }
    value_count_end(w, kept, i);
}

static void put_head(struct value_walk *w, const struct value_array *a)
{
    int i;

    value_put_tag(w, TRAIL_TAG_ARRAY);
    trail_put_uv(w->out, a->type);
    trail_put_text(w->out, a->dtype, a->dtype_len);
    trail_put_uv(w->out, (uint64_t)a->ndim);
    for (i = 0; i < a->ndim; i++)
        trail_put_uv(w->out, a->shape[i] > 0 ? (uint64_t)a->shape[i] : 0);
}

bool value_put_elements(struct value_walk *w, PyObject *object, const struct value_array *a,
                        bool is_part)
{
    size_t most = w->limits->max_items;

    if (a->ndim < 0 || a->ndim > LAYOUT_NUMPY_DIMENSIONS || (a->ndim > 0 && a->shape == NULL))
        return false;
    if (!is_part && value_put_cycle(w, object))
        return true;
    if (!value_fits(w, 16 + a->dtype_len + (size_t)a->ndim * TRAIL_UV_MAX))
        return true;
    put_head(w, a);
    if (a->data == NULL || (!is_part && value_too_deep(w)))
        most = 0;
    if (most > count_of(a))
        most = count_of(a);
    if (is_part) {
        put_some(w, a, most);
    } else if (most == 0) {
        trail_put_uv(w->out, 0);
    } else {
        value_open(w, object);
        put_some(w, a, most);
        value_close(w);
    }
    return true;
}

/* The type of the part that is an array, also of an instance of a subclass. */
static uint32_t c_type_id(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);

    while (type != NULL && !pyc_type_is_c(type))
        type = type->tp_base;
    return type != NULL ? value_type_get(type)->id : 0;
}

/* ---- numpy ------------------------------------------------------------------------------- */

bool value_ndarray(PyObject *object, struct value_text *t, struct value_array *ret)
{
    const struct layout_ndarray *a = (const struct layout_ndarray *)object;

    if (a->dtype == NULL || a->ndim < 0 || a->ndim > LAYOUT_NUMPY_DIMENSIONS ||
        Py_TYPE(a->dtype)->tp_basicsize < (Py_ssize_t)sizeof(struct layout_dtype))
        return false;
    ret->dtype = t->p;
    value_dtype_text(t, a->dtype);
    ret->dtype_len = (size_t)(t->p - ret->dtype);
    ret->element = value_dtype_element(a->dtype);
    ret->shape = a->shape;
    ret->strides = a->strides;
    ret->ndim = a->ndim;
    ret->data = NULL;
    if (ret->element.code != 0 && value_memory_of(object, &ret->memory))
        ret->data = a->data;
    return true;
}

/* ---- memoryview, array.array -------------------------------------------------------------- */

static bool view_array(PyObject *object, struct value_array *ret)
{
    const PyMemoryViewObject *view = (const PyMemoryViewObject *)object;
    const char *format = view->view.format ? view->view.format : "B";

    if (view->flags & _Py_MEMORYVIEW_RELEASED)
        return false;
    ret->dtype = format;
    ret->dtype_len = strnlen(format, 64);
    ret->shape = view->view.shape;
    ret->strides = view->view.strides;
    ret->ndim = view->view.ndim;
    format += *format == '@';
    if (format[0] != '\0' && format[1] == '\0')
        ret->element.code = *format;
    ret->element.size = value_element_size(ret->element.code);
    if (ret->element.size == (size_t)view->view.itemsize && view->view.suboffsets == NULL &&
        value_memory_of(object, &ret->memory))
        ret->data = view->view.buf;
    return true;
}

bool value_array_code(PyObject *object, struct value_element *ret)
{
    const struct layout_array_code *code = ((const struct layout_array *)object)->code;

    if (code == NULL)
        return false;
    *ret = (struct value_element){code->code, false, value_element_size(code->code), NULL};
    /* Where the structure begins with something else, the two do not agree. */
    return ret->size > 0 && ret->size == (size_t)code->size;
}

static bool plain_array(PyObject *object, char *name, Py_ssize_t *size, struct value_array *ret)
{
    if (!value_array_code(object, &ret->element))
        return false;
    name[0] = ret->element.code;
    *size = Py_SIZE(object);
    ret->dtype = name;
    ret->dtype_len = 1;
    ret->shape = size;
    ret->ndim = 1;
    if (value_memory_of(object, &ret->memory))
        ret->data = ((const struct layout_array *)object)->data;
    return true;
}

bool value_put_array(struct value_walk *w, PyObject *object, enum value_kind kind, bool is_part)
{
    char text[VALUE_KNOWN_TEXT], name[1];
    struct value_text t = {text, text + sizeof text, false};
    struct value_array array = {.type = c_type_id(object)};
    Py_ssize_t size;
    bool known;

    if (kind == VALUE_KIND_NDARRAY)
        known = value_ndarray(object, &t, &array);
    else if (kind == VALUE_KIND_MEMORYVIEW)
        known = view_array(object, &array);
    else
        known = plain_array(object, name, &size, &array);
    return known && value_put_elements(w, object, &array, is_part);
}

bool value_put_record(struct value_walk *w, PyObject *object)
{
    const struct layout_numpy_void *v = (const struct layout_numpy_void *)object;
    struct value_element element;
    struct value_memory memory;

    if (v->dtype == NULL || v->data == NULL)
        return false;
    element = value_dtype_element(v->dtype);
    return element.code == 'V' && value_memory_of(object, &memory) &&
           value_memory_has(&memory, v->data, element.size) &&
           value_put_element(w, &element, v->data);
}
