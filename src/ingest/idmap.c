/* idmap.c - see idmap.h. Linear probing; a taken slot is closed by moving its followers up. */
#include "base/base.h"

#include "ingest/idmap.h"

static size_t home(const struct idmap *m, uint64_t id)
{
    return (size_t)((id * 0x9E3779B97F4A7C15ULL) >> 17) & (m->room - 1);
}

static size_t find(const struct idmap *m, uint64_t id)
{
    size_t i = home(m, id);

    while (m->slots[i].id != 0 && m->slots[i].id != id)
        i = (i + 1) & (m->room - 1);
    return i;
}

void idmap_release(struct idmap *m)
{
    free(m->slots);
    *m = (struct idmap){NULL, 0, 0};
}

void *idmap_get(const struct idmap *m, uint64_t id)
{
    return m->n > 0 ? m->slots[find(m, id)].value : NULL;
}

static bool grow(struct idmap *m)
{
    struct idmap bigger = {NULL, m->room > 0 ? m->room * 2 : 64, m->n};

    bigger.slots = calloc(bigger.room, sizeof(*bigger.slots));
    if (bigger.slots == NULL)
        return false;
    for (size_t i = 0; i < m->room; i++) {
        if (m->slots[i].id != 0)
            bigger.slots[find(&bigger, m->slots[i].id)] = m->slots[i];
    }
    free(m->slots);
    *m = bigger;
    return true;
}

bool idmap_put(struct idmap *m, uint64_t id, void *value)
{
    size_t i;

    if (m->n * 2 >= m->room && !grow(m))
        return false;
    i = find(m, id);
    if (m->slots[i].id == 0)
        m->n++;
    m->slots[i] = (struct idmap_slot){id, value};
    return true;
}

void *idmap_take(struct idmap *m, uint64_t id)
{
    size_t hole, i;
    void *value;

    if (m->n == 0)
        return NULL;
    hole = find(m, id);
    value = m->slots[hole].value;
    if (m->slots[hole].id == 0)
        return NULL;
    for (i = (hole + 1) & (m->room - 1); m->slots[i].id != 0; i = (i + 1) & (m->room - 1)) {
        size_t at = home(m, m->slots[i].id);

        /* May it stand in the hole: is its home not between the hole and itself? */
        if (((i - at) & (m->room - 1)) >= ((i - hole) & (m->room - 1))) {
            m->slots[hole] = m->slots[i];
            hole = i;
        }
    }
    m->slots[hole] = (struct idmap_slot){0, NULL};
    m->n--;
    return value;
}
