/*
 * nodes.c - see trace.h: each path of functions from an outermost call down, with how often it was gone and how long that took: what
 * `tree` draws. A path is known by a hash of the path above it and the function, so that the next ingest goes on with the same.
 * Rows add up, as those of edges.c.
 */
#include "base/base.h"

#include "ingest/trace.h"

/* A program may have more paths than calls are worth counting by. From here on new ones are not counted, and `tree`, which sees
 * that calls are missing, walks the calls themselves. */
#define MOST_NODES 100000

struct node {
    uint64_t key, above;
    int32_t function, level;
    /* Since the last save: */
    uint64_t calls, raised;
    int64_t total_ns, self_ns;
    uint64_t first_call; /* the one that began first */
    int64_t first_ns, thread_id;
};

struct nodes {
    struct idmap by_key; /* Owned struct node */
};

struct nodes *nodes_new(void)
{
    return calloc(1, sizeof(struct nodes));
}

void nodes_free(struct nodes *nodes)
{
    if (nodes == NULL)
        return;
    for (size_t i = 0; i < nodes->by_key.room; i++)
        free(nodes->by_key.slots[i].value);
    idmap_release(&nodes->by_key);
    free(nodes);
}

/* The finalizer of splitmix64 (Steele, Lea, Flood 2014): every bit of the input reaches every bit of the output. Never 0. */
static uint64_t mix(uint64_t above, uint64_t id)
{
    uint64_t z = above + (id + 1) * 0x9e3779b97f4a7c15ULL;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    z ^= z >> 31;
    return z != 0 ? z : 1;
}

void nodes_enter(struct trace *t, const struct stream *s, struct call *c, const struct call *parent)
{
    int32_t function = code_function(t, c->code);

    c->node = c->above = 0;
    if (function == REGISTRY_NO_FUNCTION)
        return;
    if (parent != NULL && parent->node != 0) {
        c->above = parent->node;
        c->node = mix(parent->node, (uint64_t)function);
    } else if (parent == NULL && c->parent_id == 0) {
        c->node = mix(mix(0, (uint64_t)s->thread_id), (uint64_t)function);
    }
}

static struct node *node_of(struct trace *t, const struct call *c)
{
    struct node *n = idmap_get(&t->nodes->by_key, c->node);

    if (LIKELY(n != NULL))
        return n;
    if (t->nodes->by_key.n >= MOST_NODES)
        return NULL;
    n = calloc(1, sizeof(*n));
    if (n == NULL || !idmap_put(&t->nodes->by_key, c->node, n)) {
        free(n);
        sink_fail(t->sink, ERR_FAILED, "memory is out");
        return NULL;
    }
    n->key = c->node;
    n->above = c->above;
    n->function = code_function(t, c->code);
    n->level = c->depth;
    return n;
}

void nodes_add(struct trace *t, const struct call *c, const struct node_call *end)
{
    struct node *n = c->node != 0 ? node_of(t, c) : NULL;

    if (n == NULL)
        return;
    if (n->calls == 0 || c->start_ns < n->first_ns) {
        n->first_ns = c->start_ns;
        n->first_call = c->id;
        n->thread_id = end->thread_id;
    }
    n->calls++;
    n->raised += end->raised;
    n->total_ns += end->duration_ns;
    n->self_ns += end->duration_ns - c->suspended_ns - c->child_ns;
}

static void append_row(struct trace *t, struct node *n)
{
    struct batch *b = sink_batch(t->sink, SINK_NODES);

    if (b == NULL)
        return;
    batch_put_uuid(b, 0, &t->id);
    batch_put_u64(b, 1, n->key);
    batch_put_u64(b, 2, n->above);
    batch_put_i32(b, 3, n->level);
    batch_put_i32(b, 4, n->function);
    batch_put_i64(b, 5, n->thread_id);
    batch_put_i64(b, 6, (int64_t)n->calls);
    batch_put_i64(b, 7, n->total_ns);
    batch_put_i64(b, 8, n->self_ns);
    batch_put_i64(b, 9, (int64_t)n->raised);
    batch_put_u64(b, 10, n->first_call);
    batch_put_i64(b, 11, n->first_ns);
    sink_end_row(t->sink, SINK_NODES);
    n->calls = n->raised = 0;
    n->total_ns = n->self_ns = 0;
}

void nodes_save(struct trace *t)
{
    struct idmap *m = &t->nodes->by_key;

    for (size_t i = 0; i < m->room; i++) {
        struct node *n = m->slots[i].value;

        if (n != NULL && n->calls > 0)
            append_row(t, n);
    }
}
