/*
 * value_frame.c - pandas: a DataFrame by its shape and columns, a Series and an Index by their values.
 *
 * The data are numpy arrays behind a manager and its blocks. These are classes of Cython: what they hold is asked for with the
 * getters that Cython made for their public attributes, which are C, return what is stored and allocate nothing. What is not as
 * expected is put as any other instance. Extension arrays whose contents are not in one array (nullable numbers, categories,
 * Arrow) are told by type and length.
 */
#include "base/base.h"

#include "hook/value_array.h"

#define ROWS 5    /* values of a column */
#define BLOCKS 64 /* that are looked through for a column */
#define PLACES 4096

/* What is at hand of one column, Series or Index. */
struct column {
    PyObject *holder; /* Owned: whatever pandas keeps its values in */
    PyObject *array;  /* Owned: numpy's, or NULL */
    char text[64];    /* dtype */
    struct value_array whole;
};

/* ---- Cython's attributes ------------------------------------------------------------------- */

/* A public attribute of the base class `base` of the object. New reference or NULL. */
static PyObject *get_public(PyObject *object, const char *base, const char *name)
{
    PyTypeObject *type;
    PyObject *descriptor, *found;
    const PyGetSetDef *def;
    struct pyc_error error;

    for (type = Py_TYPE(object); type != NULL && strcmp(type->tp_name, base) != 0;)
        type = type->tp_base;
    descriptor = type != NULL ? value_dict_get(pyc_type_dict(type), name) : NULL;
    if (descriptor == NULL || Py_TYPE(descriptor) != &PyGetSetDescr_Type ||
        ((PyDescrObject *)descriptor)->d_type != type)
        return NULL; /* a class that only has the name: this one runs no C code that we know */
    def = ((PyGetSetDescrObject *)descriptor)->d_getset;
    if (def == NULL || def->get == NULL)
        return NULL;
    pyc_error_save(&error);
    found = def->get(object, def->closure);
    if (found == NULL)
        PyErr_Clear();
    pyc_error_restore(&error);
    return found;
}

/* The same, or from the instance's own dict. */
static PyObject *get_stored(PyObject *object, const char *base, const char *name)
{
    PyObject *own = value_attribute(object, name);

    return own != NULL ? Py_NewRef(own) : get_public(object, base, name);
}

/* Blocks (a tuple) or axes (a list) of what `object` manages. */
static PyObject *get_managed(PyObject *object, const char *name)
{
    PyObject *manager = value_attribute(object, "_mgr"), *found;

    if (manager == NULL)
        return NULL;
    found = get_stored(manager, "pandas._libs.internals.BlockManager", name);
    if (found != NULL && (PyTuple_CheckExact(found) || PyList_CheckExact(found)))
        return found;
    Py_XDECREF(found);
    return NULL;
}

static PyObject *item_of(PyObject *sequence, size_t i)
{
    if (i >= (size_t)Py_SIZE(sequence))
        return NULL;
    return PyTuple_CheckExact(sequence) ? PyTuple_GET_ITEM(sequence, (Py_ssize_t)i)
                                        : PyList_GET_ITEM(sequence, (Py_ssize_t)i);
}

static PyObject *get_block(PyObject *block, const char *name)
{
    PyObject *found = get_public(block, "pandas._libs.internals.Block", name);

    return found != NULL ? found : get_public(block, "pandas._libs.internals.SharedBlock", name);
}

/* ---- values of one column ------------------------------------------------------------------ */

static bool is_ndarray(PyObject *object)
{
    return object != NULL && value_type_get(Py_TYPE(object))->kind == VALUE_KIND_NDARRAY;
}

static void set_text(struct column *c, const char *text)
{
    size_t len = strlen(text);

    memcpy(c->text, text, len);
    c->whole.dtype = c->text;
    c->whole.dtype_len = len;
}

/* Extension arrays around one of numpy's: is that one the values themselves? Says in c->text what they are. */
static void judge_extension(struct column *c, PyObject *dtype)
{
    char module[64], name[64];
    size_t module_len, len;

    if (dtype == NULL)
        return;
    value_type_names(Py_TYPE(dtype), module, &module_len, name, &len, sizeof name);
    if (module_len >= 5 && memcmp(module, "numpy", 5) == 0)
        return;
    if (len == 11 && memcmp(name, "StringDtype", len) == 0) {
        set_text(c, "str");
    } else if (len == 15 && memcmp(name, "DatetimeTZDtype", len) == 0) {
        if (c->whole.dtype_len + 6 < sizeof c->text &&
            c->whole.dtype[c->whole.dtype_len - 1] == ']') {
            memcpy(c->text + c->whole.dtype_len - 1, ", UTC]", 6); /* as it is stored */
            c->whole.dtype_len += 5;
        }
    } else { /* codes, ordinals: numbers that mean something else */
        c->whole.data = NULL;
        set_text(c,
                 len == 16 && memcmp(name, "CategoricalDtype", len) == 0 ? "category" : "object");
    }
}

/* Takes over `holder`. False: its values are nowhere to be read. */
static bool column_init(struct column *c, PyObject *holder)
{
    struct value_text t = {c->text, c->text + sizeof c->text, false};
    PyObject *dtype;

    c->holder = holder;
    c->array = NULL;
    if (holder == NULL)
        return false;
    if (is_ndarray(holder))
        c->array = Py_NewRef(holder);
    else
        c->array = get_public(holder, "pandas._libs.arrays.NDArrayBacked", "_ndarray");
    if (!is_ndarray(c->array) || !value_ndarray(c->array, &t, &c->whole) || c->whole.ndim < 1)
        return false;
    c->whole.type = value_type_get(Py_TYPE(holder))->id;
    if (c->array != holder) {
        dtype = get_public(holder, "pandas._libs.arrays.NDArrayBacked", "_dtype");
        judge_extension(c, dtype);
        Py_XDECREF(dtype);
    }
    return true;
}

static void column_release(struct column *c)
{
    Py_XDECREF(c->array);
    Py_XDECREF(c->holder);
}

/* Row k of an array of two dimensions: blocks keep their columns so. */
static bool column_narrow(struct column *c, size_t k)
{
    struct value_array *a = &c->whole;

    if (a->ndim == 1)
        return k == 0;
    if (a->ndim != 2 || k >= (size_t)a->shape[0])
        return false;
    if (a->data != NULL)
        a->data += (ptrdiff_t)k * a->strides[0];
    a->shape++;
    a->strides++;
    a->ndim = 1;
    return true;
}

static void put_column(struct value_walk *w, struct column *c)
{
    struct value_limits few = *w->limits;
    const struct value_limits *all = w->limits;

    few.max_items = few.max_items < ROWS ? few.max_items : ROWS;
    w->limits = &few;
    if (!value_put_elements(w, c->array, &c->whole, false))
        value_put_tag(w, TRAIL_TAG_FAILED);
    w->limits = all;
}

/* What has no array to show: by its type. */
static void put_holder(struct value_walk *w, PyObject *holder)
{
    if (!value_fits(w, TRAIL_UV_MAX + 1))
        return;
    value_put_tag(w, TRAIL_TAG_TYPE_ONLY);
    trail_put_uv(w->out, value_type_get(Py_TYPE(holder))->id);
}

/* Takes over `holder`: row k of it, or all of it. */
static void put_values(struct value_walk *w, PyObject *holder, size_t k)
{
    struct column c;

    if (column_init(&c, holder) && column_narrow(&c, k))
        put_column(w, &c);
    else if (holder != NULL)
        put_holder(w, holder);
    else
        value_put_tag(w, TRAIL_TAG_FAILED);
    column_release(&c);
}

/* ---- where a column is --------------------------------------------------------------------- */

/* pandas._libs.internals.BlockPlacement */
struct layout_placement {
    PyObject head;
    void *methods;
    PyObject *slice;
    PyObject *array;
    int has_slice;
    int has_array;
    int is_slice;
};

static bool in_slice(PyObject *object, size_t i, size_t *ret_k)
{
    const PySliceObject *slice = (const PySliceObject *)object;
    int64_t start, step, distance, stop;

    if (!PyLong_CheckExact(slice->start) || !PyLong_CheckExact(slice->step) ||
        !PyLong_CheckExact(slice->stop) || !pyc_long_compact(slice->start, &start) ||
        !pyc_long_compact(slice->step, &step) || !pyc_long_compact(slice->stop, &stop) || step <= 0)
        return false;
    distance = (int64_t)i - start;
    if (distance < 0 || (int64_t)i >= stop || distance % step != 0)
        return false;
    *ret_k = (size_t)(distance / step);
    return true;
}

static bool in_array(PyObject *object, size_t i, size_t *ret_k)
{
    char text[16];
    struct value_text t = {text, text + sizeof text, false};
    struct value_array a;
    int64_t place;
    size_t k;

    if (!value_ndarray(object, &t, &a) || a.data == NULL || a.element.code != 'q' || a.ndim != 1)
        return false;
    for (k = 0; k < (size_t)a.shape[0] && k < PLACES; k++) {
        const char *at = a.data + (ptrdiff_t)k * a.strides[0];

        if (!value_memory_has(&a.memory, at, sizeof place))
            return false;
        memcpy(&place, at, sizeof place);
        if (place == (int64_t)i) {
            *ret_k = k;
            return true;
        }
    }
    return false;
}

static bool in_block(PyObject *block, size_t i, size_t *ret_k)
{
    PyObject *object = get_block(block, "_mgr_locs");
    const struct layout_placement *p = (const struct layout_placement *)object;
    bool found = false;

    if (object != NULL && Py_TYPE(object)->tp_basicsize == sizeof *p &&
        strcmp(Py_TYPE(object)->tp_name, "pandas._libs.internals.BlockPlacement") == 0) {
        if (p->has_slice && p->slice != NULL && Py_TYPE(p->slice) == &PySlice_Type)
            found = in_slice(p->slice, i, ret_k);
        else if (p->has_array && is_ndarray(p->array))
            found = in_array(p->array, i, ret_k);
    }
    Py_XDECREF(object);
    return found;
}

static void put_frame_column(struct value_walk *w, PyObject *blocks, size_t i)
{
    size_t n, k = 0;

    for (n = 0; n < (size_t)Py_SIZE(blocks) && n < BLOCKS; n++) {
        PyObject *block = item_of(blocks, n);

        if (block != NULL && in_block(block, i, &k)) {
            put_values(w, get_block(block, "values"), k);
            return;
        }
    }
    value_put_tag(w, TRAIL_TAG_FAILED);
}

/* ---- Index --------------------------------------------------------------------------------- */

static PyObject *range_of(PyObject *index)
{
    PyObject *range = value_attribute(index, "_range");

    return range != NULL && Py_TYPE(range) == &PyRange_Type ? range : NULL;
}

/* How many labels it has; -1: it cannot be told. */
static Py_ssize_t index_length(PyObject *index)
{
    PyObject *range = range_of(index), *data = value_attribute(index, "_data");
    Py_ssize_t length = -1;
    struct column c;
    int64_t n;

    if (range != NULL) {
        PyObject *stored = ((const struct layout_range *)range)->length;

        return stored != NULL && PyLong_CheckExact(stored) &&
                       (pyc_long_compact(stored, &n) || pyc_long_double(stored, &n))
                   ? (Py_ssize_t)n
                   : -1;
    }
    if (column_init(&c, Py_XNewRef(data)) && c.whole.ndim == 1)
        length = c.whole.shape[0];
    column_release(&c);
    return length;
}

/* Puts label i; *ret_secret: it is a name that means a secret. */
static bool put_label(struct value_walk *w, PyObject *index, size_t i, bool *ret_secret)
{
    PyObject *data = value_attribute(index, "_data"), *label;
    const char *at;
    struct column c;
    bool done = false;

    *ret_secret = false;
    if (range_of(index) != NULL) { /* nearly always 0, 1, ... */
        if (value_fits(w, 9))
            trail_put_int(w->out, (int64_t)i);
        return true;
    }
    if (column_init(&c, Py_XNewRef(data)) && c.whole.ndim == 1 && c.whole.data != NULL &&
        i < (size_t)c.whole.shape[0]) {
        at = c.whole.data + (ptrdiff_t)i * c.whole.strides[0];
        done = value_memory_has(&c.whole.memory, at, c.whole.element.size) &&
               value_put_element(w, &c.whole.element, at);
        if (done && c.whole.element.code == 'O' && value_redact != NULL) {
            memcpy(&label, at, sizeof label);
            *ret_secret = label != NULL && value_key_is_secret(label);
        }
    }
    column_release(&c);
    return done;
}

/* ---- the three kinds ----------------------------------------------------------------------- */

/* OBJECT with two attributes, of which the first is begun; false: it was put in another way. */
static bool begin(struct value_walk *w, PyObject *object, uint32_t type, const char *first)
{
    uint64_t identity = (uintptr_t)object;

    if (!value_enter(w, object, 2))
        return false;
    value_put_tag(w, TRAIL_TAG_OBJECT);
    trail_put_uv(w->out, type);
    trail_put_bytes(w->out, &identity, sizeof identity);
    trail_put_uv(w->out, 2);
    trail_put_uv(w->out, 2);
    trail_put_text(w->out, first, strlen(first));
    return true;
}

static void put_shape(struct value_walk *w, size_t rows, size_t columns)
{
    if (!value_fits(w, 3 + 2 * 9))
        return;
    value_put_tag(w, TRAIL_TAG_LIST);
    trail_put_uv(w->out, 2);
    trail_put_uv(w->out, 2);
    trail_put_int(w->out, (int64_t)rows);
    trail_put_int(w->out, (int64_t)columns);
}

static void put_columns(struct value_walk *w, PyObject *index, size_t columns, PyObject *blocks)
{
    size_t most = columns < w->limits->max_items ? columns : w->limits->max_items, n;
    struct value_count kept;
    bool secret;

    if (!value_fits(w, 24))
        return;
    value_put_tag(w, TRAIL_TAG_DICT);
    trail_put_uv(w->out, columns);
    kept = value_count_begin(w, most);
    for (n = 0; n < most && value_left(w) > 32 && value_more(w); n++) {
        if (!put_label(w, index, n, &secret) && value_fits(w, 9))
            trail_put_int(w->out, (int64_t)n);
        if (secret)
            value_put_tag(w, TRAIL_TAG_REDACTED);
        else
            put_frame_column(w, blocks, n);
    }
    value_count_end(w, kept, n);
}

static bool put_frame(struct value_walk *w, PyObject *object, uint32_t type)
{
    PyObject *blocks = get_managed(object, "blocks"), *axes = get_managed(object, "axes");
    PyObject *labels = axes != NULL ? item_of(axes, 0) : NULL;
    PyObject *index = axes != NULL ? item_of(axes, 1) : NULL;
    Py_ssize_t columns = labels != NULL ? index_length(labels) : -1;
    Py_ssize_t rows = index != NULL ? index_length(index) : -1;
    bool known = blocks != NULL && columns >= 0 && rows >= 0;

    if (known && begin(w, object, type, "shape")) {
        put_shape(w, (size_t)rows, (size_t)columns);
        trail_put_text(w->out, "columns", 7);
        put_columns(w, labels, (size_t)columns, blocks);
        value_close(w);
    }
    Py_XDECREF(blocks);
    Py_XDECREF(axes);
    return known;
}

/* Takes over `holder`. */
static void put_named_values(struct value_walk *w, PyObject *object, uint32_t type,
                             PyObject *holder)
{
    PyObject *name = value_attribute(object, "_name");

    if (name == NULL)
        name = Py_None;
    if (!begin(w, object, type, "name")) {
        Py_DECREF(holder);
        return;
    }
    value_put_inner(w, name);
    trail_put_text(w->out, "values", 6);
    if (value_redact != NULL && value_key_is_secret(name)) {
        value_put_tag(w, TRAIL_TAG_REDACTED);
        Py_DECREF(holder);
    } else if (Py_TYPE(holder) == &PyRange_Type) {
        value_put_inner(w, holder);
        Py_DECREF(holder);
    } else {
        put_values(w, holder, 0);
    }
    value_close(w);
}

bool value_put_frame(struct value_walk *w, PyObject *object, enum value_kind kind, uint32_t type)
{
    PyObject *blocks, *block, *holder = NULL;

    if (kind == VALUE_KIND_FRAME)
        return put_frame(w, object, type);
    if (kind == VALUE_KIND_SERIES) {
        blocks = get_managed(object, "blocks");
        block = blocks != NULL ? item_of(blocks, 0) : NULL;
        holder = block != NULL ? get_block(block, "values") : NULL;
        Py_XDECREF(blocks);
    } else {
        holder = range_of(object);
        holder = Py_XNewRef(holder != NULL ? holder : value_attribute(object, "_data"));
    }
    if (holder == NULL)
        return false;
    put_named_values(w, object, type, holder);
    return true;
}
