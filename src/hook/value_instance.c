/*
 * value_instance.c - the usual instance: values beside the keys of its class, no dict, no slots. Every method's `self` comes here.
 *
 * Its attributes' names are told to the registry once, as a layout, and not looked at again: a class's keys are only ever
 * added to, so the same places in the same order have the same names for as long as the type's entry is valid.
 */
#include "base/base.h"

#include "hook/value_private.h"

#define NAME_MOST 128 /* characters of a name that a layout has */
#define ODD_MOST 100  /* layouts of one entry that were replaced: then no more are made for it */
#define HEAD_MOST 24  /* bytes before the values */
#define VALUE_LEAST 4 /* bytes for a value to be begun */

static bool same_order(const struct value_layout *layout, const struct pyc_split *split)
{
    const uint8_t *order = pyc_split_order(split);

    if (layout->n != split->n)
        return false;
    for (size_t i = 0; i < split->n; i++)
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

/* At most `most` values, in the layout's order. Returns how many. */
static size_t put_values(struct value_walk *w, const struct pyc_split *split, uint32_t secrets,
                         size_t most)
{
    const uint8_t *order = pyc_split_order(split);
    uint8_t *p = w->out->p, *after;
    size_t i;

    for (i = 0; i < most; i++) {
        PyObject *value = split->values[pyc_split_place(split, order, i)];

        if (LIKELY((uintptr_t)p + VALUE_QUICK_MAX <= w->safe) && LIKELY(!(secrets >> i & 1)) &&
            (after = value_at(p, value, &w->chars)) != NULL) {
            p = after;
            continue;
        }
        w->out->p = p;
        if (UNLIKELY(value_left(w) < VALUE_LEAST || w->out->overflow))
            break;
        if (UNLIKELY(secrets >> i & 1))
            value_put_hidden(w, value);
        else
            value_put_inner(w, value);
        p = w->out->p;
    }
    w->out->p = p;
    return i;
}

bool value_put_laid(struct value_walk *w, PyObject *object, const struct value_type *t,
                    const struct pyc_attributes *from)
{
    struct pyc_split split = pyc_split(from->keys, from->values);
    size_t most = split.n < w->limits->max_attributes ? split.n : w->limits->max_attributes, n;
    uint64_t identity = (uintptr_t)object;
    const struct value_layout *layout;
    uint32_t secrets;
    uint8_t *p, *count;

    if (UNLIKELY(split.n - 1 >= VALUE_LAYOUT_MOST || identity >> 8 * TRAIL_IDENTITY_BYTES != 0))
        return false;
    layout = layout_of(t, from->keys, &split);
    if (UNLIKELY(layout == NULL))
        return false;
    if (!value_enter_instance(w, object, t->id, split.n))
        return true;
    if (UNLIKELY(!trail_room(w->out, HEAD_MOST))) {
        value_leave_instance(w);
        return true;
    }
    p = w->out->p;
    *p = TRAIL_TAG_INSTANCE;
    p = trail_uv_at(p + 1, layout->id);
    memcpy(p, &identity, sizeof(identity)); /* the last two bytes are written over */
    count = p + TRAIL_IDENTITY_BYTES;
    w->out->p = count + 1;
    secrets = layout->secrets; /* a child may take the type's place in the table */
    n = put_values(w, &split, secrets, most);
    *count = (uint8_t)n;
    value_leave_instance(w);
    return true;
}
