/* losses.c - see trace.h: what was lost of a trace, and why. */
#include "base/base.h"

#include "ingest/trace.h"

void losses_append(struct trace *t, const struct loss *loss)
{
    struct loss *more = t->losses;

    if (t->nlosses == 0 || (t->nlosses & (t->nlosses - 1)) == 0)
        more = realloc(t->losses, (t->nlosses > 0 ? 2 * t->nlosses : 1) * sizeof(*more));
    if (more == NULL) {
        sink_fail(t->sink, ERR_FAILED, "memory is out");
        return;
    }
    t->lost += loss->events;
    t->losses = more;
    t->losses[t->nlosses++] = *loss;
}

void losses_add(struct trace *t, const struct loss *loss)
{
    for (size_t i = 0; i < t->nlosses; i++) {
        struct loss *l = &t->losses[i];

        if (l->cause == loss->cause && l->function == loss->function) {
            t->lost += loss->events;
            l->events += loss->events;
            l->bytes += loss->bytes;
            l->first_ns = loss->first_ns < l->first_ns ? loss->first_ns : l->first_ns;
            l->last_ns = loss->last_ns > l->last_ns ? loss->last_ns : l->last_ns;
            return;
        }
    }
    losses_append(t, loss);
}

static const char *cause_name(uint64_t cause)
{
    static const char *const names[] = {
        [TRAIL_LOSS_QUOTA] = "quota",
        [TRAIL_LOSS_DISK_FULL] = "disk_full",
        [TRAIL_LOSS_THREAD_TABLE] = "thread_table",
        [TRAIL_LOSS_VALUE_BUDGET] = "value_budget",
        [TRAIL_LOSS_UNREACHABLE] = "unreachable",
        [TRAIL_LOSS_TOO_LARGE] = "too_large",
        [TRAIL_LOSS_DAMAGE] = "damage",
        [TRAIL_LOSS_MEMORY] = "memory",
        [TRAIL_LOSS_STACK] = "stack",
        [TRAIL_LOSS_FUNCTIONS] = "functions",
        [LOSS_INGEST_MEMORY] = "ingest_memory",
    };

    return cause < ARRAY_SIZE(names) && names[cause] != NULL ? names[cause] : "unknown";
}

/* What the registry says about losses that no stream could tell; each record once. */
void losses_take_registry(struct trace *t)
{
    struct registry *r = &t->registry;

    for (; t->registry_losses_done < r->nlosses; t->registry_losses_done++) {
        const struct loss_info *l = &r->losses[t->registry_losses_done];
        struct loss loss = {.cause = l->cause,
                            .function = code_function(t, l->code),
                            .events = l->events,
                            .first_ns = l->first_ns,
                            .last_ns = l->last_ns};

        losses_add(t, &loss);
    }
    if (r->damaged_bytes > t->registry_damage_done) {
        struct loss loss = {.cause = TRAIL_LOSS_DAMAGE,
                            .function = REGISTRY_NO_FUNCTION,
                            .bytes = r->damaged_bytes - t->registry_damage_done,
                            .first_ns = r->header.wall_ns,
                            .last_ns = r->header.wall_ns};

        losses_add(t, &loss);
        t->registry_damage_done = r->damaged_bytes;
    }
}

/* Once, at the end: what the registry and the page have of it is seen anew by each ingest. */
static void lose_for_memory(struct trace *t, uint64_t events)
{
    struct loss loss = {.cause = LOSS_INGEST_MEMORY,
                        .function = REGISTRY_NO_FUNCTION,
                        .events = events,
                        .first_ns = t->registry.header.wall_ns,
                        .last_ns = t->last_ns};

    if (events > 0)
        losses_add(t, &loss);
}

/* A stream that ended inside damage has no SYNC that says what was lost. */
static void take_torn_ends(struct trace *t)
{
    for (size_t i = 0; i < t->nstreams; i++) {
        struct stream *s = t->streams[i];
        struct loss loss = {.cause = TRAIL_LOSS_DAMAGE,
                            .function = REGISTRY_NO_FUNCTION,
                            .bytes = s->lost_bytes,
                            .first_ns = s->now_ns,
                            .last_ns = s->now_ns};

        if (s->lost && s->lost_bytes > 0)
            losses_add(t, &loss);
        s->lost_bytes = 0;
    }
}

void losses_take_end(struct trace *t)
{
    take_torn_ends(t);
    lose_for_memory(t, t->page.nameless + t->registry.left_out);
}

void losses_save(struct trace *t)
{
    for (size_t i = 0; i < t->nlosses; i++) {
        const struct loss *l = &t->losses[i];
        const char *cause = cause_name(l->cause);
        struct batch *b = sink_batch(t->sink, SINK_LOSSES);

        if (b == NULL)
            return;
        batch_put_uuid(b, 0, &t->id);
        batch_put_text(b, 1, cause, strlen(cause));
        if (l->function != REGISTRY_NO_FUNCTION)
            batch_put_i32(b, 2, l->function);
        batch_put_i64(b, 3, (int64_t)l->events);
        batch_put_i64(b, 4, (int64_t)l->bytes);
        batch_put_i64(b, 5, l->first_ns / 1000);
        batch_put_i64(b, 6, l->last_ns / 1000);
        sink_end_row(t->sink, SINK_LOSSES);
    }
    t->nlosses = 0;
}
