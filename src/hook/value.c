/*
 * value.c - puts any object as one value: the short way for scalars, the dispatch for the rest, the bounds.
 * What each kind looks like is in the other files value_*.c; which kind a type is, in value_type.c.
 *
 * Threads: under the GIL nothing here lets go of it, so the object cannot change meanwhile. Without one each object that can is locked
 * while it is read, or shown without its contents (own.h).
 */
#include "base/base.h"

#include "hook/value_private.h"

/* ---- bounds ------------------------------------------------------------------------------ */

bool value_put_cycle(struct value_walk *w, PyObject *object)
{
    unsigned i;

    for (i = 0; i < w->depth; i++) {
        if (w->path[i] == object) {
            if (value_fits(w, 2)) {
                value_put_tag(w, TRAIL_TAG_CYCLE);
                trail_put_uv(w->out, w->depth - i);
            }
            return true;
        }
    }
    return false;
}

void value_put_depth(struct value_walk *w, PyTypeObject *type, size_t count)
{
    if (!value_fits(w, 16))
        return;
    value_put_tag(w, TRAIL_TAG_DEPTH);
    trail_put_uv(w->out, value_type_get(type)->id);
    trail_put_uv(w->out, count);
}

void value_put_long_ascii(struct trail_out *out, const char *text, size_t len)
{
    trail_put_string(out, TRAIL_TAG_STR, text, len);
}

void value_count_end_wide(struct value_walk *w, struct value_count count, size_t n)
{
    size_t width = 1, left, i;

    if (count.at == NULL || w->out->overflow)
        return;
    for (left = n; left >= 0x80; left >>= 7)
        width++;
    if (width < count.width) { /* much fewer than thought; the format wants the shortest form */
        memmove(count.at + width, count.at + count.width,
                (size_t)(w->out->p - (count.at + count.width)));
        w->out->p -= count.width - width;
    }
    for (i = 0; i < width; i++, n >>= 7)
        count.at[i] = (uint8_t)(i + 1 < width ? n | 0x80 : n);
}

/* ---- int beyond two digits, complex ------------------------------------------------------- */

static void put_bigint(struct value_walk *w, const digit *digits, size_t n, bool negative)
{
    size_t bits = (n - 1) * PyLong_SHIFT, bytes, i, have = 0, next = 0;
    uint64_t pool = 0;

    bits += (size_t)(64 - __builtin_clzll(digits[n - 1]));
    bytes = (bits + 7) / 8;
    if (bytes + 12 > value_left(w)) {
        if (!value_fits(w, 12))
            return;
        value_put_tag(w, TRAIL_TAG_BIGINT_CUT);
        trail_put_uv(w->out, negative);
        trail_put_uv(w->out, bits);
        return;
    }
    value_put_tag(w, TRAIL_TAG_BIGINT);
    trail_put_uv(w->out, negative);
    trail_put_uv(w->out, bytes);
    if (!trail_room(w->out, bytes))
        return;
    for (i = 0; i < bytes; i++, pool >>= 8, have -= 8) {
        if (have < 8 && next < n) {
            pool |= (uint64_t)digits[next++] << have;
            have += PyLong_SHIFT;
        } else if (have < 8) {
            have = 8; /* past the last digit: zeros */
        }
        w->out->p[i] = (uint8_t)pool;
    }
    w->out->p += bytes;
}

static void put_long(struct value_walk *w, PyObject *object)
{
    const digit *digits;
    bool negative;
    size_t n = pyc_long_digits(object, &digits, &negative), i;
    unsigned __int128 magnitude = 0;

    while (n > 0 && digits[n - 1] == 0)
        n--;
    if (n * PyLong_SHIFT <= 120) {
        for (i = n; i-- > 0;)
            magnitude = magnitude << PyLong_SHIFT | digits[i];
        if (magnitude <= (unsigned __int128)INT64_MAX + negative) {
            if (value_left(w) >= 9 || (magnitude < 1u << 13 && value_left(w) >= 2))
                trail_put_int(w->out,
                              (int64_t)(negative ? -(uint64_t)magnitude : (uint64_t)magnitude));
            else
                value_put_tag(w, TRAIL_TAG_BUDGET);
            return;
        }
    }
    put_bigint(w, digits, n, negative);
}

static void put_complex(struct value_walk *w, PyObject *object)
{
    Py_complex v = ((PyComplexObject *)object)->cval;

    if (!value_fits(w, 17))
        return;
    value_put_tag(w, TRAIL_TAG_COMPLEX);
    trail_put_bytes(w->out, &v.real, 8);
    trail_put_bytes(w->out, &v.imag, 8);
}

/* ---- built-in types and what is derived from them ---------------------------------------- */

static void put_bytearray(struct value_walk *w, PyObject *object)
{
    bool locked = own_lock(object);

    value_put_bytes(w, locked ? PyByteArray_AS_STRING(object) : "",
                    locked ? (size_t)Py_SIZE(object) : 0);
    if (locked)
        own_unlock(object);
}

/* A built-in value that is no container, also where it is the part of an instance of a subclass. */
static void put_scalar(struct value_walk *w, PyObject *object, enum value_kind kind)
{
    switch (kind) {
    case VALUE_KIND_INT:
        put_long(w, object);
        break;
    case VALUE_KIND_FLOAT:
        if (value_fits(w, 9))
            value_put_double(w->out, PyFloat_AS_DOUBLE(object));
        break;
    case VALUE_KIND_COMPLEX:
        put_complex(w, object);
        break;
    case VALUE_KIND_STR:
        value_put_str(w, object);
        break;
    case VALUE_KIND_BYTES:
        value_put_bytes(w, PyBytes_AS_STRING(object), (size_t)Py_SIZE(object));
        break;
    case VALUE_KIND_CDATA:
        value_put_cdata(w, object);
        break;
    case VALUE_KIND_NUMBER:
        value_put_numpy_number(w, object);
        break;
    default:
        put_bytearray(w, object);
        break;
    }
}

static bool is_scalar(enum value_kind kind)
{
    return kind <= VALUE_KIND_NUMBER;
}

static void put_part(struct value_walk *w, PyObject *object, enum value_kind kind)
{
    if (is_scalar(kind))
        put_scalar(w, object, kind);
    else
        value_put_part(w, object, kind);
}

/* An instance of a subclass: the built-in part, then what its own dict and slots hold. */
static void put_subclass(struct value_walk *w, PyObject *object, const struct value_type *t)
{
    enum value_kind kind = t->kind;
    size_t count = value_part_count(object, kind);
    uint32_t id = t->id;
    bool deep = value_too_deep(w);

    if (value_put_cycle(w, object))
        return;
    if (deep && count > 0) {
        value_put_depth(w, Py_TYPE(object), count);
        return;
    }
    if (!value_fits(w, 8))
        return;
    value_put_tag(w, TRAIL_TAG_SUBCLASS);
    trail_put_uv(w->out, id);
    if (deep) { /* a scalar: its own value still fits, its attributes do not */
        put_part(w, object, kind);
        trail_put_uv(w->out, 0);
        return;
    }
    value_open(w, object);
    put_part(w, object, kind);
    value_put_attributes(w, object);
    value_close(w);
}

static void put_enum(struct value_walk *w, PyObject *object, const struct value_type *t)
{
    PyObject *name = value_attribute(object, "_name_");
    PyObject *value = value_attribute(object, "_value_");
    char text[LIMIT_NAME_BYTES];
    size_t len = 0;

    if (value == NULL) { /* half-built */
        value_put_instance(w, object, t);
        return;
    }
    if (value_put_cycle(w, object))
        return;
    if (w->depth >= LIMIT_VALUE_DEPTH) { /* max_depth is for what is in it, this is for the path */
        value_put_depth(w, Py_TYPE(object), 1);
        return;
    }
    if (name != NULL && PyUnicode_CheckExact(name)) /* a composite Flag may have none */
        len = value_utf8(name, text, sizeof text);
    if (!value_fits(w, 10 + len))
        return;
    value_put_tag(w, TRAIL_TAG_ENUM);
    trail_put_uv(w->out, t->id);
    trail_put_text(w->out, text, len);
    value_open(w, object);
    if (len > 0 && (PyUnicode_Check(value) || PyBytes_Check(value))) /* numbers tell kinds apart */
        value_put_named(w, name, value);
    else
        value_put_inner(w, value);
    value_close(w);
}

/* ---- dispatch ---------------------------------------------------------------------------- */

/* Of a type that has a tag of its own, or of one derived from it. */
static void put_builtin(struct value_walk *w, PyObject *object, const struct value_type *t)
{
    if (!t->is_exact)
        put_subclass(w, object, t);
    else if (is_scalar(t->kind))
        put_scalar(w, object, t->kind);
    else
        value_put_set(w, object, t->kind);
}

static void put_array(struct value_walk *w, PyObject *object, const struct value_type *t)
{
    if (!pyc_type_is_c(Py_TYPE(object)))
        put_subclass(w, object, t);
    else if (!value_put_array(w, object, t->kind, false))
        value_put_instance(w, object, value_type_get(Py_TYPE(object)));
}

/* Code, what is suspended, frames of pandas, types with a text form. */
static void put_special(struct value_walk *w, PyObject *object, const struct value_type *t)
{
    enum value_kind kind = t->kind;
    bool known = true;

    switch (kind) {
    case VALUE_KIND_FUNCTION:
    case VALUE_KIND_BUILTIN:
    case VALUE_KIND_METHOD:
    case VALUE_KIND_WRAPPER:
    case VALUE_KIND_DESCRIPTOR:
    case VALUE_KIND_CLASS:
    case VALUE_KIND_MODULE:
        value_put_callable(w, object, kind);
        break;
    case VALUE_KIND_GENERATOR:
        value_put_generator(w, object, t->id);
        break;
    case VALUE_KIND_FRAME:
    case VALUE_KIND_SERIES:
    case VALUE_KIND_INDEX:
        known = value_put_frame(w, object, kind, t->id);
        break;
    case VALUE_KIND_TENSOR:
        known = value_put_tensor(w, object, t->id);
        break;
    default:
        known = value_put_known(w, object, kind, t->id);
        break;
    }
    if (!known)
        value_put_instance(w, object, value_type_get(Py_TYPE(object)));
}

/* What has no tag of its own for exactly its type is put as a subclass: by its type. */
void value_put_by_kind(struct value_walk *w, PyObject *object, const struct value_type *t)
{
    enum value_kind kind = t->kind;

    switch (kind) {
    case VALUE_KIND_INSTANCE:
        value_put_instance(w, object, t);
        return;
    case VALUE_KIND_INT:
    case VALUE_KIND_FLOAT:
    case VALUE_KIND_COMPLEX:
    case VALUE_KIND_STR:
    case VALUE_KIND_BYTES:
    case VALUE_KIND_SET:
    case VALUE_KIND_FROZENSET:
        put_builtin(w, object, t);
        return;
    case VALUE_KIND_LIST:
    case VALUE_KIND_TUPLE:
    case VALUE_KIND_DICT:
    case VALUE_KIND_BYTEARRAY:
    case VALUE_KIND_DEQUE:
    case VALUE_KIND_NUMBER:
    case VALUE_KIND_RECORD:
        put_subclass(w, object, t);
        return;
    case VALUE_KIND_CDATA:
    case VALUE_KIND_PROXY:
    case VALUE_KIND_KEYS:
    case VALUE_KIND_VALUES:
    case VALUE_KIND_ITEMS:
    case VALUE_KIND_ROW:
        if (value_may_show(object, kind))
            put_subclass(w, object, t);
        else
            value_put_instance(w, object, t);
        return;
    case VALUE_KIND_NDARRAY:
    case VALUE_KIND_ARRAY:
    case VALUE_KIND_MEMORYVIEW:
        put_array(w, object, t);
        return;
    case VALUE_KIND_NAMEDTUPLE:
        if (!value_put_namedtuple(w, object, t))
            put_subclass(w, object, t);
        return;
    case VALUE_KIND_ENUM:
        put_enum(w, object, t);
        return;
    case VALUE_KIND_EXCEPTION:
        value_put_exception(w, object, t);
        return;
    default:
        put_special(w, object, t);
        return;
    }
}

static void put_ellipsis(struct value_walk *w, bool not_implemented)
{
    if (value_fits(w, 2)) {
        value_put_tag(w, TRAIL_TAG_ELLIPSIS);
        trail_put_uv(w->out, not_implemented);
    }
}

/* The smallest values, where the quick way did not dare. */
static bool put_tiny(struct value_walk *w, PyObject *object, size_t left)
{
    if (left == 0)
        value_put_tag(w, TRAIL_TAG_BUDGET);
    else if (object == NULL)
        value_put_tag(w, TRAIL_TAG_UNSET);
    else if (object == Py_None)
        value_put_tag(w, TRAIL_TAG_NONE);
    else if (PyBool_Check(object))
        value_put_tag(w, object == Py_True ? TRAIL_TAG_TRUE : TRAIL_TAG_FALSE);
    else
        return false;
    return true;
}

void value_put_slow(struct value_walk *w, PyObject *object, size_t left)
{
    PyTypeObject *type;

    if (UNLIKELY(left < VALUE_LEAST || object == NULL) && put_tiny(w, object, left))
        return;
    type = Py_TYPE(object);
    if (type == &PyDict_Type)
        value_put_dict(w, object);
    else if (type == &PyList_Type)
        value_put_list(w, object);
    else if (type == &PyTuple_Type)
        value_put_tuple(w, object);
    else if (type == &PyUnicode_Type)
        value_put_str(w, object);
    else if (object == Py_Ellipsis || object == Py_NotImplemented)
        put_ellipsis(w, object == Py_NotImplemented);
    else
        value_put_by_kind(w, object, value_type_get(type));
}

static __attribute__((noinline)) void put_whole(struct trail_out *out, PyObject *object,
                                                const struct value_limits *limits)
{
    struct value_walk w;

    value_walk_begin(&w, out, out->p, limits);
    value_put_slow(&w, object, limits->max_bytes);
}

static __attribute__((noinline)) void put_otherwise(struct trail_out *out, PyObject *object,
                                                    const struct value_limits *limits)
{
    if (object == NULL) {
        trail_put_u8(out, TRAIL_TAG_UNSET);
    } else if (limits->mode == VALUE_NAMES) {
        trail_put_u8(out, TRAIL_TAG_TYPE_ONLY);
        trail_put_uv(out, value_type_get(Py_TYPE(object))->id);
    } else if (limits->mode == VALUE_REPR) {
        value_put_repr(out, object, limits);
    } else {
        trail_put_u8(out, TRAIL_TAG_OMITTED);
    }
}

void value_put(struct trail_out *out, PyObject *object, const struct value_limits *limits)
{
    if (UNLIKELY(object == NULL || limits->mode != VALUE_STRUCTURE))
        put_otherwise(out, object, limits);
    else if (Py_TYPE(object)->tp_flags & Py_TPFLAGS_HEAPTYPE /* most often an instance: self */
                 ? !value_put_usual(out, object, limits)
                 : !value_put_quick(out, object, limits->max_bytes, limits))
        put_whole(out, object, limits);
}
