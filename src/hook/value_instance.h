/*
 * value_instance.h - how an instance is opened, put and closed: what value_object.c and value_instance.c share. Inline, for most
 * values of a program that is made of objects come here, several for each call. The rules of value_private.h bind here too.
 */
#ifndef HOOK_VALUE_INSTANCE_H
#define HOOK_VALUE_INSTANCE_H

#include "hook/value_private.h"

/* By a layout. False: another kind of instance, nothing was put. */
bool value_put_laid(struct value_walk *w, PyObject *object, const struct value_type *t,
                    struct pyc_attributes from);

/* Levels that the next instance takes. */
static inline unsigned value_weight(const struct value_walk *w)
{
    return 1 + (w->inside >> w->depth & 1);
}

static inline void value_open_instance(struct value_walk *w, PyObject *object)
{
    w->level += value_weight(w);
    w->path[w->depth++] = object;
    w->inside |= UINT32_C(1) << w->depth;
}

static inline void value_leave_instance(struct value_walk *w)
{
    w->depth--;
    w->level -= value_weight(w);
}

/* OBJECT up to its attributes. */
static inline void value_put_object_head(struct value_walk *w, PyObject *object, uint32_t type,
                                         size_t count)
{
    uint64_t identity = (uintptr_t)object;
    uint8_t *p = w->out->p;

    if (!trail_room(w->out, 1 + 2 * TRAIL_UV_MAX + sizeof identity))
        return;
    *p = TRAIL_TAG_OBJECT;
    p = trail_uv_at(p + 1, type);
    memcpy(p, &identity, sizeof identity);
    w->out->p = trail_uv_at(p + sizeof identity, count);
}

/* OBJECT of which no attribute is shown. */
static inline void value_put_closed(struct value_walk *w, PyObject *object, uint32_t type,
                                    size_t count)
{
    if (!value_fits(w, 24))
        return;
    value_put_object_head(w, object, type, count);
    trail_put_u8(w->out, 0);
}

/* Is it one of those that are open? */
static inline bool value_is_open(const struct value_walk *w, PyObject *object)
{
    for (unsigned i = 0; i < w->depth; i++)
        if (UNLIKELY(w->path[i] == object))
            return true;
    return false;
}

static inline bool value_is_too_deep(const struct value_walk *w)
{
    return w->level + value_weight(w) > w->limits->max_depth || w->depth >= LIMIT_VALUE_DEPTH;
}

/* Opens an instance of `count` attributes. False: it was put in another way (CYCLE, without attributes, BUDGET). */
static inline bool value_enter_instance(struct value_walk *w, PyObject *object, uint32_t type,
                                        size_t count)
{
    if (UNLIKELY(value_is_open(w, object))) {
        value_put_cycle(w, object);
        return false;
    }
    if (value_is_too_deep(w)) {
        value_put_closed(w, object, type, count);
        return false;
    }
    if (!value_fits(w, 24))
        return false;
    value_open_instance(w, object);
    return true;
}

#endif
