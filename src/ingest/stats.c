/*
 * stats.c - see trace.h: for each function of a trace how often it was called, how long that took, and how the durations were
 * spread. Kept in memory while the trace is ingested; to and from the store: stats_store.c.
 */
#include "base/base.h"

#include "base/histogram.h"
#include "ingest/stats_private.h"

struct stats *stats_new(void)
{
    return calloc(1, sizeof(struct stats));
}

void stats_free(struct stats *stats)
{
    if (stats == NULL)
        return;
    for (size_t i = 0; i < stats->by_function.room; i++) {
        struct stat *st = stats->by_function.slots[i].value;

        if (st != NULL) {
            free(st->run.counts);
            if (st->thinned != NULL)
                free(st->thinned->run.counts);
            free(st->thinned);
        }
        free(st);
    }
    idmap_release(&stats->by_function);
    free(stats);
}

struct stat *stats_of(struct trace *t, int32_t function)
{
    uint64_t key = (uint64_t)function + 1;
    struct stat *st = idmap_get(&t->stats->by_function, key);

    if (LIKELY(st != NULL))
        return st;
    st = calloc(1, sizeof(*st));
    if (st == NULL || !idmap_put(&t->stats->by_function, key, st)) {
        free(st);
        sink_fail(t->sink, ERR_FAILED, "memory is out");
        return NULL;
    }
    st->function = function;
    return st;
}

/* Room for one more bucket at either end, and a little more, so that it does not happen often. */
static bool widen(struct run *r, uint32_t bucket)
{
    enum { SLACK = 8 };
    uint32_t first = r->n > 0 && r->first < bucket ? r->first : bucket;
    uint32_t end = r->n > 0 && r->first + r->n > bucket ? r->first + (uint32_t)r->n : bucket + 1;
    uint32_t *counts;

    if (r->n > 0 && bucket < r->first)
        first = first > SLACK ? first - SLACK : 0;
    else if (r->n > 0)
        end = end + SLACK < HISTOGRAM_BUCKETS ? end + SLACK : HISTOGRAM_BUCKETS;
    counts = calloc(end - first, sizeof(*counts));
    if (counts == NULL)
        return false;
    if (r->n > 0)
        memcpy(counts + (r->first - first), r->counts, r->n * sizeof(*counts));
    free(r->counts);
    r->counts = counts;
    r->first = (uint16_t)first;
    r->n = (uint16_t)(end - first);
    return true;
}

bool stats_run_add(struct run *r, uint32_t bucket, uint32_t n)
{
    uint32_t *count;

    if (UNLIKELY(bucket - r->first >= r->n) && !widen(r, bucket))
        return false;
    count = &r->counts[bucket - r->first];
    *count = LIKELY(*count + n >= n) ? *count + n : UINT32_MAX;
    return true;
}

static void add_duration(struct trace *t, struct stat *st, int64_t ns, int64_t self_ns)
{
    uint32_t bucket = histogram_bucket((uint64_t)ns);

    if (!stats_run_add(&st->run, bucket, 1)) {
        sink_fail(t->sink, ERR_FAILED, "memory is out");
        return;
    }
    if (st->finished == st->untimed || ns < st->min_ns)
        st->min_ns = ns;
    if (ns > st->max_ns)
        st->max_ns = ns;
    st->total_ns += ns;
    st->self_ns += self_ns;
}

void stats_add(struct trace *t, const struct stats_call *call)
{
    struct stat *st = stats_of(t, call->function);

    if (st == NULL)
        return;
    if (LIKELY(!call->untimed))
        add_duration(t, st, call->duration_ns > 0 ? call->duration_ns : 0, call->self_ns);
    st->untimed += call->untimed;
    st->finished++;
    st->exceptions += call->outcome == OUTCOME_EXCEPTION;
    st->changed = true;
}

/* ---- what was thinned --------------------------------------------------------------------------- */

void stats_thinned_begin(struct trace *t)
{
    struct idmap *m = &t->stats->by_function;

    for (size_t i = 0; i < m->room; i++) {
        struct stat *st = m->slots[i].value;

        if (st == NULL || st->thinned == NULL)
            continue;
        memset(&st->thinned->sum, 0, sizeof(st->thinned->sum));
        if (st->thinned->run.n > 0)
            memset(st->thinned->run.counts, 0, st->thinned->run.n * sizeof(uint32_t));
    }
}

static void add_thinned(struct stats_thinned *sum, const struct stats_thinned *more)
{
    if (more->timed > 0) {
        if (sum->timed == 0 || more->min_ns < sum->min_ns)
            sum->min_ns = more->min_ns;
        if (more->max_ns > sum->max_ns)
            sum->max_ns = more->max_ns;
    }
    sum->calls += more->calls;
    sum->timed += more->timed;
    sum->raised += more->raised;
    sum->total_ns += more->total_ns;
    sum->self_ns += more->self_ns;
    if (more->gear > sum->gear)
        sum->gear = more->gear;
}

void stats_thinned(struct trace *t, int32_t function, const struct stats_thinned *more,
                   const uint32_t *counts)
{
    struct stat *st = stats_of(t, function);
    bool done = st != NULL;

    if (done && st->thinned == NULL)
        done = (st->thinned = calloc(1, sizeof(*st->thinned))) != NULL;
    if (done)
        add_thinned(&st->thinned->sum, more);
    for (uint32_t i = 0; done && i < HISTOGRAM_BUCKETS; i++)
        done = counts[i] == 0 || stats_run_add(&st->thinned->run, i, counts[i]);
    if (!done)
        sink_fail(t->sink, ERR_FAILED, "memory is out");
}
