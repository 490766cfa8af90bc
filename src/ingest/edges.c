/*
 * edges.c - see trace.h: how often each function called each other. Rows add up: each save appends what came since the one before, so
 * that nothing is read back, and an edge of a batch never costs more rows than the batch has calls.
 */
#include "base/base.h"

#include "ingest/trace.h"

struct edge {
    int32_t function, caller, parent; /* REGISTRY_NO_FUNCTION: none, or not known */
    uint64_t calls;                   /* since the last save */
    int64_t total_ns;
    struct edge *next; /* with the same key */
};

struct edges {
    struct idmap by_key; /* Owned struct edge, chained */
};

struct edges *edges_new(void)
{
    return calloc(1, sizeof(struct edges));
}

void edges_free(struct edges *edges)
{
    if (edges == NULL)
        return;
    for (size_t i = 0; i < edges->by_key.room; i++) {
        struct edge *next, *e = edges->by_key.slots[i].value;

        for (; e != NULL; e = next) {
            next = e->next;
            free(e);
        }
    }
    idmap_release(&edges->by_key);
    free(edges);
}

/* Multiplication by large odd numbers, the high half folded back: neighbouring ids must not meet. Never 0. */
static uint64_t key_of(int32_t function, int32_t caller, int32_t parent)
{
    uint64_t key = (uint32_t)function * 0x9e3779b97f4a7c15ULL;

    key = (key ^ (uint32_t)caller) * 0xbf58476d1ce4e5b9ULL;
    key = (key ^ (key >> 32) ^ (uint32_t)parent) * 0x94d049bb133111ebULL;
    return (key ^ (key >> 31)) | 1;
}

void edges_add(struct trace *t, int32_t function, int32_t caller, int32_t parent,
               int64_t duration_ns)
{
    uint64_t key = key_of(function, caller, parent);
    struct edge *first = idmap_get(&t->edges->by_key, key), *e = first;

    while (e != NULL && (e->function != function || e->caller != caller || e->parent != parent))
        e = e->next;
    if (UNLIKELY(e == NULL)) {
        e = calloc(1, sizeof(*e));
        if (e == NULL || !idmap_put(&t->edges->by_key, key, e)) {
            free(e);
            sink_fail(t->sink, ERR_FAILED, "memory is out");
            return;
        }
        e->function = function;
        e->caller = caller;
        e->parent = parent;
        e->next = first;
    }
    e->calls++;
    e->total_ns += duration_ns;
}

static void append_row(struct trace *t, struct edge *e)
{
    struct batch *b = sink_batch(t->sink, SINK_EDGES);

    if (b == NULL)
        return;
    batch_put_uuid(b, 0, &t->id);
    batch_put_i32(b, 1, e->function);
    if (e->caller != REGISTRY_NO_FUNCTION)
        batch_put_i32(b, 2, e->caller);
    if (e->parent != REGISTRY_NO_FUNCTION)
        batch_put_i32(b, 3, e->parent);
    batch_put_i64(b, 4, (int64_t)e->calls);
    batch_put_i64(b, 5, e->total_ns);
    sink_end_row(t->sink, SINK_EDGES);
    e->calls = 0;
    e->total_ns = 0;
}

void edges_save(struct trace *t)
{
    struct idmap *m = &t->edges->by_key;

    for (size_t i = 0; i < m->room; i++)
        for (struct edge *e = m->slots[i].value; e != NULL; e = e->next)
            if (e->calls > 0)
                append_row(t, e);
}
