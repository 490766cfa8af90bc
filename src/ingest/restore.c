/*
 * restore.c - see trace.h: behind damage, or where a trail's beginning is gone, a SYNC says what the stack is. What we knew
 * is kept where it fits; calls whose CALL was lost become ghosts; calls that ended unseen get a row that says so.
 */
#include "base/base.h"

#include "base/limits.h"
#include "ingest/rows.h"

static uint64_t listed_id(const struct stream *s, const struct trail_record *sync, uint64_t back)
{
    if (back == TRAIL_SYNC_ELSEWHERE || back >= sync->sync_last_call)
        return 0;
    return (uint64_t)s->number << TRAIL_CALL_SEQ_BITS | (sync->sync_last_call - back);
}

bool restore_agrees(const struct stream *s, const struct trail_record *sync)
{
    struct trail_bytes list = sync->list;
    size_t place;
    uint64_t back;

    if (sync->sync_last_call != s->last_call || sync->sync_last_exception != s->last_exception ||
        (sync->nlist < TRAIL_SYNC_DEPTH && sync->nlist != s->depth) || sync->nlist > s->depth)
        return false;
    for (place = s->depth - sync->nlist; trail_list_next(&list, &back); place++) {
        uint64_t id = listed_id(s, sync, back);

        if (id != 0 && s->stack[place]->id != id)
            return false;
    }
    return true;
}

static struct call *make_ghost(struct trace *t, struct stream *s, uint64_t id,
                               const struct call *below)
{
    struct call *c = call_new(t);

    if (c == NULL)
        return NULL;
    c->id = id;
    c->start_ns = c->since_ns = s->now_ns;
    c->depth = below != NULL ? below->depth + 1 : 0;
    c->parent_id = below != NULL ? below->id : 0;
    c->caller_function = REGISTRY_NO_FUNCTION;
    c->parent_function = below != NULL ? code_function(t, below->code) : REGISTRY_NO_FUNCTION;
    return c;
}

/* The member of the old stack with that id, taken out of it; or the suspended call. */
static struct call *claim(struct trace *t, struct stream *s, struct call **old, size_t nold,
                          uint64_t id)
{
    struct call *c;

    for (size_t i = 0; i < nold; i++) {
        if (old[i] != NULL && old[i]->id == id) {
            c = old[i];
            old[i] = NULL;
            return c;
        }
    }
    c = idmap_take(&t->suspended, id);
    if (c != NULL) {
        c->suspended_ns += s->now_ns - c->since_ns;
        c->since_ns = s->now_ns;
    }
    return c;
}

/* A call that the SYNC does not list: a generator may only be suspended, everything else has ended. */
static void put_away(struct trace *t, struct stream *s, struct call *c)
{
    struct ending e = {.outcome = OUTCOME_UNSEEN, .end_ns = s->now_ns};
    struct code *code = registry_code(&t->registry, c->code);

    c->stream = 0;
    if (code != NULL && code->flags & (TRAIL_CODE_ASYNC | TRAIL_CODE_GENERATOR)) {
        c->since_ns = s->now_ns;
        if (idmap_get(&t->suspended, c->id) == NULL && idmap_put(&t->suspended, c->id, c))
            return;
    } else {
        rows_call(t, s, c, &e);
    }
    call_free(t, c);
}

static void count_loss(struct trace *t, struct stream *s, const struct trail_record *sync)
{
    uint64_t calls = sync->sync_last_call > s->last_call ? sync->sync_last_call - s->last_call : 0;
    uint64_t exceptions = sync->sync_last_exception > s->last_exception
                              ? sync->sync_last_exception - s->last_exception
                              : 0;
    struct loss loss = {.cause = TRAIL_LOSS_DAMAGE,
                        .function = REGISTRY_NO_FUNCTION,
                        .events = calls + exceptions,
                        .bytes = s->lost_bytes,
                        .first_ns = s->now_ns,
                        .last_ns = s->now_ns};

    losses_add(t, &loss);
    s->lost = false;
    s->lost_bytes = 0;
}

/* A SYNC lists the innermost only: what lies below in a very deep stack is taken to be as it was. */
static void keep_deep_end(struct trace *t, struct stream *s, struct call **old, size_t nold,
                          const struct trail_record *sync)
{
    struct trail_bytes list = sync->list;
    uint64_t back, first;
    size_t kept = 0;

    if (sync->nlist < TRAIL_SYNC_DEPTH || nold == 0 || !trail_list_next(&list, &back))
        return;
    first = listed_id(s, sync, back);
    while (kept < nold && old[kept]->id != first)
        kept++;
    for (size_t i = 0; kept < nold && i < kept; i++) {
        stack_push(t, s, old[i]);
        old[i] = NULL;
    }
}

/* One call that the SYNC lists, from wherever we have it. */
static void put_back(struct trace *t, struct stream *s, struct call **old, size_t nold, uint64_t id)
{
    size_t place = s->depth;
    struct call *c = NULL;

    /* A call of another stream is not named: the one that stood here, if it was one of those. */
    if (id == 0 && place < nold && old[place] != NULL &&
        old[place]->id >> TRAIL_CALL_SEQ_BITS != s->number)
        id = old[place]->id;
    if (id != 0)
        c = claim(t, s, old, nold, id);
    if (c == NULL)
        c = make_ghost(t, s, id, stack_top(s));
    if (c != NULL)
        stack_push(t, s, c);
}

void restore_stack(struct trace *t, struct stream *s, const struct trail_record *sync)
{
    struct call **old = s->stack;
    size_t nold = s->depth;
    struct trail_bytes list = sync->list;
    uint64_t back;

    count_loss(t, s, sync);
    s->last_call = sync->sync_last_call;
    s->last_exception = sync->sync_last_exception;
    s->current = s->trailing = 0;
    s->stack = NULL;
    s->depth = s->stack_room = 0;
    keep_deep_end(t, s, old, nold, sync);
    while (trail_list_next(&list, &back))
        put_back(t, s, old, nold, listed_id(s, sync, back));
    for (size_t i = nold; i-- > 0;) {
        if (old[i] != NULL)
            put_away(t, s, old[i]);
    }
    free(old);
}
