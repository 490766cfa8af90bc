/*
 * value_instance.c - the usual instance: values beside the keys of its class, no dict, no slots. Every method's `self` comes here.
 *
 * Its attributes' names are told to the registry once, as a layout, and not looked at again: a class's keys are only ever
 * added to, so the same places in the same order have the same names for as long as the type's entry is valid.
 */
#include "base/base.h"

#include "hook/value_instance.h"

#define NAME_MOST 128  /* characters of a name that a layout has */
#define ODD_MOST 100   /* layouts of one entry that were replaced: then no more are made for it */
#define HEAD_MOST 24   /* bytes before the values */
#define MEMBER_LEAST 4 /* bytes for an attribute's value to be begun */

static inline bool same_order(const struct value_layout *layout, const struct pyc_split *split)
{
    const uint8_t *order = pyc_split_order(split);

    size_t i = 0;
    uint32_t a, b;

    if (layout->n != split->n)
        return false;
    for (; i + sizeof(a) <= split->n; i += sizeof(a)) {
        memcpy(&a, layout->order + i, sizeof(a));
        memcpy(&b, order + i, sizeof(b));
        if (a != b)
            return false;
    }
    for (; i < split->n; i++)
        if (layout->order[i] != order[i])
            return false;
    return true;
}

/* The names as text; false: one of them cannot stand in a layout. */
static bool read_names(const struct pyc_split *split, struct trail_text *names,
                       uint32_t *ret_secrets)
{
    uint32_t secrets = 0;
    size_t len;

    for (size_t i = 0; i < split->n; i++) {
        PyObject *key, *value;

        if (!pyc_split_at(split, i, &key, &value) || !PyUnicode_CheckExact(key))
            return false;
        names[i].bytes = pyc_ascii(key, &len);
        names[i].len = len;
        if (names[i].bytes == NULL || len > NAME_MOST)
            return false;
        if (len >= value_redact_least && value_text_is_secret(names[i].bytes, len))
            return false; /* a key that somebody made an attribute of */
        if (value_redact != NULL && value_name_is_secret(key))
            secrets |= UINT32_C(1) << i;
    }
    *ret_secrets = secrets;
    return true;
}

/* Makes the layout of such an instance. NULL: it has none. */
static __attribute__((noinline)) const struct value_layout *
make_layout(const struct value_type *t, const void *keys, const struct pyc_split *split)
{
    struct trail_text names[VALUE_LAYOUT_MOST];
    struct value_layout *layout;
    uint32_t secrets, id;

    if (t->id == 0 || t->odd >= ODD_MOST || !read_names(split, names, &secrets))
        return NULL;
    id = value_layout_id(t->id, names, split->n);
    if (id == 0)
        return NULL;
    layout = value_type_next_layout(t, keys);
    layout->id = id;
    layout->secrets = secrets;
    layout->n = (uint8_t)split->n;
    memcpy(layout->order, pyc_split_order(split), split->n);
    return layout;
}

static inline const struct value_layout *layout_of(const struct value_type *t, const void *keys,
                                                   const struct pyc_split *split)
{
    if (LIKELY(t->keys == keys))
        for (size_t i = 0; i < VALUE_LAYOUTS; i++)
            if (LIKELY(same_order(&t->layouts[i], split)))
                return &t->layouts[i];
    return make_layout(t, keys, split);
}

/* The values from *at on that are quick, from `p` on: up to `most`, in the layout's order. Returns the next place; *at is the first
 * that is not. */
static inline __attribute__((always_inline)) uint8_t *
put_quick_values(uint8_t *p, const struct pyc_split *split, uint32_t secrets, size_t *at,
                 size_t most, uintptr_t safe, const uint32_t *chars)
{
    const uint8_t *order = pyc_split_order(split);
    size_t i = *at;
    uint8_t *after;

    for (; i < most; i++) {
        if (UNLIKELY((uintptr_t)p + VALUE_QUICK_MAX > safe) || UNLIKELY(secrets >> i & 1))
            break;
        after = value_at(p, split->values[pyc_split_place(split, order, i)], chars);
        if (after == NULL)
            break;
        p = after;
    }
    *at = i;
    return p;
}

/* At most `most` values from `at` on, in the layout's order. Returns how many there are then. */
static inline __attribute__((always_inline)) size_t put_values(struct value_walk *w,
                                                               const struct pyc_split *split,
                                                               uint32_t secrets, size_t at,
                                                               size_t most)
{
    const uint8_t *order = pyc_split_order(split);
    size_t i = at;

    for (;; i++) {
        w->out->p = put_quick_values(w->out->p, split, secrets, &i, most, w->safe, &w->chars);
        if (i == most || UNLIKELY(value_left(w) < MEMBER_LEAST || w->out->overflow))
            return i;
        if (UNLIKELY(secrets >> i & 1))
            value_put_hidden(w, split->values[pyc_split_place(split, order, i)]);
        else
            value_put_inner(w, split->values[pyc_split_place(split, order, i)]);
    }
}

/* All but the number of its values. There is room for HEAD_MOST. */
static inline uint8_t *put_head(uint8_t *p, const struct value_layout *layout, uint64_t identity)
{
    *p = TRAIL_TAG_INSTANCE;
    p = trail_uv_at(p + 1, layout->id);
    memcpy(p, &identity, sizeof(identity)); /* the last two bytes are written over */
    return p + TRAIL_IDENTITY_BYTES;
}

/* Does an instance of so many attributes at this address have a layout at all? */
static inline bool may_be_laid(const struct pyc_split *split, uint64_t identity)
{
    return LIKELY(split->n - 1 < VALUE_LAYOUT_MOST && identity >> 8 * TRAIL_IDENTITY_BYTES == 0);
}

bool value_put_laid(struct value_walk *w, PyObject *object, const struct value_type *t,
                    struct pyc_attributes from)
{
    struct pyc_split split = pyc_split(from.keys, from.values);
    size_t most = split.n < w->limits->max_attributes ? split.n : w->limits->max_attributes;
    const struct value_layout *layout;
    uint32_t secrets;
    uint8_t *count;

    if (!may_be_laid(&split, (uintptr_t)object))
        return false;
    layout = layout_of(t, from.keys, &split);
    if (UNLIKELY(layout == NULL))
        return false;
    if (!value_enter_instance(w, object, t->id, split.n))
        return true;
    if (UNLIKELY(!trail_room(w->out, HEAD_MOST))) {
        value_leave_instance(w);
        return true;
    }
    count = put_head(w->out->p, layout, (uintptr_t)object);
    w->out->p = count + 1;
    secrets = layout->secrets; /* a child may take the type's place in the table */
    *count = (uint8_t)put_values(w, &split, secrets, 0, most);
    value_leave_instance(w);
    return true;
}

/* Nobody changes its attributes meanwhile. False: another kind of instance, nothing was put. */
static inline __attribute__((always_inline)) bool put_simple(struct value_walk *w, PyObject *object,
                                                             const struct value_type *t)
{
    struct pyc_attributes from = pyc_attributes(object, Py_TYPE(object));
    size_t count = from.values != NULL ? pyc_split(from.keys, from.values).n : 0;

    if (count > 0 && value_is_too_deep(w)) { /* most are: what is beside the way down */
        if (UNLIKELY(value_is_open(w, object)))
            value_put_cycle(w, object);
        else
            value_put_closed(w, object, t->id, count);
        return true;
    }
    return LIKELY(count > 0) && LIKELY(value_put_laid(w, object, t, from));
}

void value_put_heap(struct value_walk *w, PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    const struct value_type *t = value_type_get(type);
    bool done;

    if (LIKELY(t->kind == VALUE_KIND_INSTANCE && t->nslots == 0) && own_lock(object)) {
        done = put_simple(w, object, t);
        own_unlock(object);
        if (LIKELY(done))
            return;
    }
    value_put_by_kind(w, object,
                      value_type_get(type)); /* a layout made meanwhile may have moved it */
}

/* ---- the usual instance that is a value of its own --------------------------------------- */

/* The values from `at` on, of which the first is not quick. Returns how many there are then. */
static __attribute__((noinline)) size_t put_other_values(struct trail_out *out, PyObject *object,
                                                         const struct value_limits *limits,
                                                         const uint8_t *start, uint32_t secrets,
                                                         size_t at, size_t most)
{
    struct pyc_attributes from = pyc_attributes(object, Py_TYPE(object));
    struct pyc_split split = pyc_split(from.keys, from.values);
    struct value_walk w;

    value_walk_begin(&w, out, start, limits);
    value_open_instance(&w, object);
    return put_values(&w, &split, secrets, at, most);
}

/* Nobody changes its attributes meanwhile. The type's entry is `t`. */
static inline __attribute__((always_inline)) bool put_usual(struct trail_out *out, PyObject *object,
                                                            const struct value_limits *limits,
                                                            const struct value_type *t)
{
    uintptr_t safe = (uintptr_t)out->p + limits->max_bytes;
    uint32_t chars = value_quick_chars(limits), secrets;
    struct pyc_attributes from = pyc_attributes(object, Py_TYPE(object));
    struct pyc_split split;
    uint8_t *start = out->p, *count;
    size_t most, i = 0;

    if (UNLIKELY(from.values == NULL || from.keys != t->keys))
        return false;
    split = pyc_split(from.keys, from.values);
    if (UNLIKELY(!may_be_laid(&split, (uintptr_t)object) || !same_order(&t->layouts[0], &split)))
        return false;
    if (safe > (uintptr_t)out->end)
        safe = (uintptr_t)out->end;
    most = split.n < limits->max_attributes ? split.n : limits->max_attributes;
    secrets = t->layouts[0].secrets;
    count = put_head(start, &t->layouts[0], (uintptr_t)object);
    out->p = put_quick_values(count + 1, &split, secrets, &i, most, safe, &chars);
    if (i < most)
        i = put_other_values(out, object, limits, start, secrets, i, most);
    *count = (uint8_t)i;
    return true;
}

bool value_put_usual(struct trail_out *out, PyObject *object, const struct value_limits *limits)
{
    const struct value_type *t = &value_types[value_type_home(Py_TYPE(object))];
    bool done;

    __asm__("" : "+r"(t)); /* or gcc multiplies anew wherever it is used */
    if (UNLIKELY(!value_type_valid(t, Py_TYPE(object)) || t->kind != VALUE_KIND_INSTANCE ||
                 t->nslots > 0 || limits->max_depth == 0 || limits->max_bytes < HEAD_MOST) ||
        UNLIKELY((size_t)(out->end - out->p) < HEAD_MOST))
        return false;
    if (!own_lock(object))
        return false;
    done = put_usual(out, object, limits, t);
    own_unlock(object);
    return done;
}
