/*
 * value_object.c - instances by what is stored in them: their dict (or the values that stand for one) and their slots.
 *
 * Nothing is looked up through the class: what a property would compute is not in the instance, and is not shown. Slots
 * come before the dict, a base class's before its subclass's, each in the order in which the class statement names them.
 */
#include "base/base.h"

#include "hook/value_instance.h"

/* A walk over the dict's or the values' pairs. */
struct pairs {
    struct pyc_attributes from;
    size_t pos;
    unsigned patience;
    bool locked; /* nobody changes them, or the slots, meanwhile; else there are none to be seen */
};

static inline struct pairs pairs_enter(PyObject *object)
{
    struct pairs p = {{NULL, NULL, NULL}, 0, VALUE_PATIENCE, own_lock(object)};

    if (!p.locked)
        return p;
    p.from = pyc_attributes(object, Py_TYPE(object));
    if (p.from.dict != NULL && !own_lock(p.from.dict))
        p.from.dict = NULL;
    return p;
}

static inline void pairs_leave(const struct pairs *p, PyObject *object)
{
    if (p->from.dict != NULL)
        own_unlock(p->from.dict);
    if (p->locked)
        own_unlock(object);
}

static bool pairs_next(struct pairs *p, PyObject **ret_key, PyObject **ret_value)
{
    struct pyc_split split;

    if (p->from.dict != NULL)
        return pyc_dict_next(p->from.dict, &p->pos, &p->patience, ret_key, ret_value);
    if (p->from.values == NULL)
        return false;
    split = pyc_split(p->from.keys, p->from.values);
    while (p->pos < split.n)
        if (pyc_split_at(&split, p->pos++, ret_key, ret_value))
            return true;
    return false;
}

static size_t pairs_count(const struct pairs *p)
{
    if (p->from.dict != NULL)
        return pyc_dict_count(p->from.dict);
    return p->from.values != NULL ? pyc_split(p->from.keys, p->from.values).n : 0;
}

static PyObject *slot_value(PyObject *object, const struct value_slot *slot)
{
    PyObject *value = *(PyObject **)((char *)object + slot->offset);

    return UNLIKELY(slot->quiet) && value == Py_None ? NULL : value;
}

/* Slots that have a value; those that are not in the table are taken as having one. */
static size_t slots_count(PyObject *object, const struct value_type *t)
{
    size_t n = t->nslots > VALUE_SLOTS ? t->nslots - VALUE_SLOTS : 0, i;

    for (i = 0; i < t->nslots && i < VALUE_SLOTS; i++)
        n += slot_value(object, &t->slots[i]) != NULL;
    return n;
}

/* Of the type `t`, NULL: not known yet. */
static size_t attributes_count(PyObject *object, const struct value_type *t,
                               const struct pairs *pairs)
{
    if (!pairs->locked)
        return 0;
    return slots_count(object, t != NULL ? t : value_type_get(Py_TYPE(object))) +
           pairs_count(pairs);
}

/* Puts the name; false when it and a value do not fit any more. */
static inline bool put_name(struct value_walk *w, const char *name, size_t len)
{
    uint8_t *p = w->out->p;

    if (len + 4 > value_left(w) || !trail_room(w->out, len + TRAIL_UV_MAX))
        return false;
    p = trail_uv_at(p, len);
    value_copy_short(p, name, len);
    w->out->p = p + len;
    return true;
}

/* Names from here on are looked at as text too: they may be keys that somebody made attributes of. */
#define NAME_LONG 24

/* For names that are long or not ASCII, and keys that are no names. */
static __attribute__((noinline)) int put_odd_pair(struct value_walk *w, PyObject *key,
                                                  PyObject *value)
{
    char text[LIMIT_NAME_BYTES + REDACT_AHEAD];
    size_t len;

    if (!PyUnicode_CheckExact(key) || pyc_text(key).length > LIMIT_NAME_BYTES / 4)
        return 0;
    len = value_text_finish(text, value_utf8(key, text, LIMIT_NAME_BYTES), false, LIMIT_NAME_BYTES);
    if (!put_name(w, text, len))
        return -1;
    value_put_named(w, key, value);
    return 1;
}

/* 1: put; 0: left out, go on; -1: no room, stop. */
static inline __attribute__((always_inline)) int put_pair(struct value_walk *w, PyObject *key,
                                                          PyObject *value)
{
    uint8_t *p = w->out->p, *after;
    const char *name;
    size_t len;

    if (UNLIKELY(!PyUnicode_CheckExact(key)) || UNLIKELY((name = pyc_ascii(key, &len)) == NULL) ||
        UNLIKELY(len >= NAME_LONG))
        return put_odd_pair(w, key, value);
    if (LIKELY((uintptr_t)p + NAME_LONG + VALUE_QUICK_MAX <= w->safe) &&
        LIKELY(!w->out->overflow) && (value_redact == NULL || LIKELY(!value_name_is_secret(key)))) {
        *p++ = (uint8_t)len;
        value_copy_short(p, name, len);
        p += len;
        after = value_at(p, value, &w->chars);
        w->out->p = after != NULL ? after : p;
        if (after == NULL)
            value_put_inner(w, value);
        return 1;
    }
    if (UNLIKELY(len + 4 > value_left(w)) || !trail_room(w->out, len + 1))
        return -1;
    *p++ = (uint8_t)len;
    value_copy_short(p, name, len);
    w->out->p = p + len;
    value_put_named(w, key, value);
    return 1;
}

/* Returns how many were put; *ret_full: there was no room for the next. */
static size_t put_slots(struct value_walk *w, PyObject *object, size_t most, bool *ret_full)
{
    const struct value_type *t;
    struct value_slot slot;
    PyObject *value;
    size_t n = 0, i;

    for (i = 0; n < most && i < VALUE_SLOTS; i++) {
        /* each time anew: a child may have taken its place in the table */
        t = value_type_get(Py_TYPE(object));
        if (i >= t->nslots)
            break;
        slot = t->slots[i];
        value = slot_value(object, &slot);
        if (value == NULL)
            continue;
        if (!put_name(w, slot.name, slot.len)) {
            *ret_full = true;
            break;
        }
        if (UNLIKELY(slot.secret))
            value_put_hidden(w, value);
        else
            value_put_inner(w, value);
        n++;
    }
    return n;
}

/* Returns how many were put. */
static inline size_t put_pairs(struct value_walk *w, struct pairs *pairs, size_t most)
{
    PyObject *key, *value;
    size_t n = 0;
    int put = 0;

    while (n < most && put >= 0 && pairs_next(pairs, &key, &value)) {
        put = put_pair(w, key, value);
        n += put > 0;
    }
    return n;
}

/* `uv n` and n attributes, of `count` that there are. */
static void put_attributes(struct value_walk *w, PyObject *object, struct pairs *pairs,
                           size_t count)
{
    size_t most = count < w->limits->max_attributes ? count : w->limits->max_attributes, n = 0;
    struct value_count kept = value_count_begin(w, most);
    bool full = false;

    if (count > pairs_count(pairs))
        n = put_slots(w, object, most, &full);
    if (!full)
        n += put_pairs(w, pairs, most - n);
    value_count_end(w, kept, n);
}

size_t value_pairs_count(PyObject *object)
{
    struct pairs pairs = pairs_enter(object);
    size_t count = pairs_count(&pairs);

    pairs_leave(&pairs, object);
    return count;
}

size_t value_put_pairs(struct value_walk *w, PyObject *object, size_t most)
{
    struct pairs pairs = pairs_enter(object);
    size_t n = put_pairs(w, &pairs, most);

    pairs_leave(&pairs, object);
    return n;
}

void value_put_attributes(struct value_walk *w, PyObject *object)
{
    struct pairs pairs = pairs_enter(object);

    put_attributes(w, object, &pairs, attributes_count(object, NULL, &pairs));
    pairs_leave(&pairs, object);
}

static void put_any(struct value_walk *w, PyObject *object, uint32_t type, struct pairs *pairs,
                    size_t count)
{
    if (count == 0) { /* nothing to go into: it stands at any depth */
        value_put_closed(w, object, type, 0);
        return;
    }
    if (!value_enter_instance(w, object, type, count))
        return;
    value_put_object_head(w, object, type, count);
    put_attributes(w, object, pairs, count);
    value_leave_instance(w);
}

void value_put_instance(struct value_walk *w, PyObject *object, const struct value_type *t)
{
    struct pairs pairs = pairs_enter(object);

    if (UNLIKELY(pairs.from.values == NULL || t->nslots > 0) ||
        UNLIKELY(!value_put_laid(w, object, t, pairs.from)))
        put_any(w, object, t->id, &pairs, attributes_count(object, t, &pairs));
    pairs_leave(&pairs, object);
}

/* user:password@host, of what urlsplit() returned. False: there is no password in it, and nothing was put. */
static bool put_netloc(struct value_walk *w, PyObject *value)
{
    struct redact_span span;
    const char *text;
    size_t len;

    if (value_redact == NULL || value == NULL || !PyUnicode_CheckExact(value) ||
        (text = pyc_ascii(value, &len)) == NULL || !redact_authority(text, len, &span))
        return false;
    if (len > w->limits->max_chars || len + 64 > value_left(w) || !put_name(w, "netloc", 6))
        return false;
    len = len - (span.end - span.start) + sizeof(REDACT_MARK) - 1;
    value_put_tag(w, TRAIL_TAG_STR);
    trail_put_uv(w->out, len);
    trail_put_bytes(w->out, text, span.start);
    trail_put_bytes(w->out, REDACT_MARK, sizeof(REDACT_MARK) - 1);
    trail_put_bytes(w->out, text + span.end, len - span.start - (sizeof(REDACT_MARK) - 1));
    return true;
}

/* Its fields as attributes, by the names that its class keeps. */
bool value_put_namedtuple(struct value_walk *w, PyObject *object, const struct value_type *t)
{
    PyObject *fields = value_type_fields(Py_TYPE(object));
    size_t count = (size_t)Py_SIZE(object), most, i;
    struct value_count kept;

    if (fields == NULL || (size_t)Py_SIZE(fields) != count)
        return false;
    if (!value_enter(w, object, count))
        return true;
    most = count < w->limits->max_attributes ? count : w->limits->max_attributes;
    value_put_object_head(w, object, t->id, count);
    kept = value_count_begin(w, most);
    for (i = 0; i < most; i++) {
        PyObject *name = PyTuple_GET_ITEM(fields, i), *value = PyTuple_GET_ITEM(object, i);

        if (UNLIKELY(i == 1) && value_str_is(name, "netloc") && put_netloc(w, value))
            continue;
        if (put_pair(w, name, value) <= 0)
            break;
    }
    value_close(w);
    value_count_end(w, kept, i);
    return true;
}

PyObject *value_attribute(PyObject *object, const char *name)
{
    struct pairs pairs = pairs_enter(object);
    PyObject *key, *value, *found = NULL;

    while (found == NULL && pairs_next(&pairs, &key, &value))
        if (PyUnicode_CheckExact(key) && value_str_is(key, name))
            found = own_hold(value);
    pairs_leave(&pairs, object);
    return found;
}

PyObject *value_slot_get(PyObject *object, const char *name)
{
    const struct value_type *t = value_type_get(Py_TYPE(object));
    size_t i, len = strlen(name);
    PyObject *found = NULL;

    if (!own_lock(object))
        return NULL;
    for (i = 0; found == NULL && i < t->nslots && i < VALUE_SLOTS; i++)
        if (t->slots[i].len == len && memcmp(t->slots[i].name, name, len) == 0)
            found = own_hold(slot_value(object, &t->slots[i]));
    own_unlock(object);
    return found;
}
