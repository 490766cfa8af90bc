/*
 * stats.c - see trace.h: for each function of a trace how often it was called, how long that took, and how the durations were
 * spread. Kept in memory while the trace is ingested; what has changed is written anew in the same transaction as the calls.
 */
#include "base/base.h"

#include "base/histogram.h"
#include "base/limits.h"
#include "ingest/trace.h"

/* A histogram without its empty ends: most functions fill a few dozen of 1,280 buckets. */
struct stat {
    int32_t function;
    bool stored, changed;
    uint64_t finished, exceptions;
    uint64_t open; /* counted at each save */
    int64_t total_ns, self_ns, min_ns, max_ns;
    uint16_t first, n;
    uint32_t *counts; /* Owned; n of them, from bucket `first` on */
};

struct stats {
    struct idmap by_function; /* Owned struct stat, by function + 1 */
};

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

        if (st != NULL)
            free(st->counts);
        free(st);
    }
    idmap_release(&stats->by_function);
    free(stats);
}

static struct stat *stat_of(struct trace *t, int32_t function)
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
static bool widen(struct stat *st, uint32_t bucket)
{
    enum { SLACK = 8 };
    uint32_t first = st->n > 0 && st->first < bucket ? st->first : bucket;
    uint32_t end =
        st->n > 0 && st->first + st->n > bucket ? st->first + (uint32_t)st->n : bucket + 1;
    uint32_t *counts;

    if (st->n > 0 && bucket < st->first)
        first = first > SLACK ? first - SLACK : 0;
    else if (st->n > 0)
        end = end + SLACK < HISTOGRAM_BUCKETS ? end + SLACK : HISTOGRAM_BUCKETS;
    counts = calloc(end - first, sizeof(*counts));
    if (counts == NULL)
        return false;
    if (st->n > 0)
        memcpy(counts + (st->first - first), st->counts, st->n * sizeof(*counts));
    free(st->counts);
    st->counts = counts;
    st->first = (uint16_t)first;
    st->n = (uint16_t)(end - first);
    return true;
}

void stats_add(struct trace *t, const struct stats_call *call)
{
    struct stat *st = stat_of(t, call->function);
    int64_t ns = call->duration_ns > 0 ? call->duration_ns : 0;
    uint32_t bucket = histogram_bucket((uint64_t)ns);

    if (st == NULL)
        return;
    if (UNLIKELY(bucket - st->first >= st->n) && !widen(st, bucket)) {
        sink_fail(t->sink, ERR_FAILED, "memory is out");
        return;
    }
    if (LIKELY(st->counts[bucket - st->first] < UINT32_MAX))
        st->counts[bucket - st->first]++;
    if (st->finished == 0 || ns < st->min_ns)
        st->min_ns = ns;
    if (ns > st->max_ns)
        st->max_ns = ns;
    st->finished++;
    st->exceptions += call->outcome == OUTCOME_EXCEPTION;
    st->total_ns += ns;
    st->self_ns += call->self_ns;
    st->changed = true;
}

/* ---- to and from the store -------------------------------------------------------------------- */

/* The blob: u16 first, u16 n, then n counts as u32. */
static void put_histogram(struct trace *t, struct batch *b, const struct stat *st)
{
    struct buf *blob = &t->scratch;

    buf_clear(blob);
    buf_put(blob, &st->first, sizeof(st->first));
    buf_put(blob, &st->n, sizeof(st->n));
    buf_put(blob, st->counts, st->n * sizeof(*st->counts));
    batch_put_blob(b, 13, buf_text(blob), blob->len);
}

static bool get_histogram(struct stat *st, const char *blob, size_t len)
{
    if (len < 4)
        return true;
    memcpy(&st->first, blob, 2);
    memcpy(&st->n, blob + 2, 2);
    if (len != 4 + st->n * sizeof(*st->counts) || st->first + st->n > HISTOGRAM_BUCKETS) {
        st->n = 0;
        return true;
    }
    st->counts = malloc(st->n * sizeof(*st->counts) + 1);
    if (st->counts == NULL)
        return false;
    memcpy(st->counts, blob + 4, st->n * sizeof(*st->counts));
    return true;
}

int stats_load(struct trace *t, struct error *err)
{
    static const char sql[] =
        "SELECT function_id, timed_calls, exception_count, total_ns, self_ns, min_ns, max_ns, "
        "histogram, call_count FROM stat_rows WHERE trace_id = $trace::UUID";
    struct store_param params[] = {store_text("trace", t->id_text)};
    struct store_query query = {.sql = sql, .params = params, .nparams = 1};
    struct rows *rows = NULL;
    int r;

    r = store_query(t->sink->store, &query, &rows, err);
    while (r == 0 && (r = rows_next(rows, err)) > 0) {
        struct stat *st = stat_of(t, (int32_t)rows_int(rows, 0));
        const char *blob;
        size_t len = 0;

        r = 0;
        if (st == NULL)
            break;
        st->stored = true;
        st->finished = (uint64_t)rows_int(rows, 1);
        st->exceptions = (uint64_t)rows_int(rows, 2);
        st->total_ns = rows_int(rows, 3);
        st->self_ns = rows_int(rows, 4);
        st->min_ns = rows_int(rows, 5);
        st->max_ns = rows_int(rows, 6);
        st->open = (uint64_t)rows_int(rows, 8) - st->finished;
        blob = rows_text(rows, 7, &len);
        if (blob != NULL && !get_histogram(st, blob, len))
            sink_fail(t->sink, ERR_FAILED, "memory is out");
    }
    rows_free(rows);
    return r < 0 ? r : 0;
}

static void count_open(struct trace *t, const struct call *c)
{
    int32_t function = code_function(t, c->code);
    struct stat *st = function != REGISTRY_NO_FUNCTION ? stat_of(t, function) : NULL;

    if (st != NULL)
        st->open++;
}

/* Counts the open calls of each function; one whose number has changed is written anew. */
static void count_all_open(struct trace *t)
{
    struct idmap *m = &t->stats->by_function;
    uint64_t *before = calloc(m->room + 1, sizeof(*before));
    size_t room = m->room;

    for (size_t i = 0; i < m->room; i++) {
        struct stat *st = m->slots[i].value;

        if (st != NULL && before != NULL)
            before[i] = st->open;
        if (st != NULL)
            st->open = 0;
    }
    for (size_t i = 0; i < t->nstreams; i++) {
        for (size_t k = 0; k < t->streams[i]->depth; k++)
            count_open(t, t->streams[i]->stack[k]);
    }
    for (size_t i = 0; i < t->suspended.room; i++) {
        if (t->suspended.slots[i].id != 0)
            count_open(t, t->suspended.slots[i].value);
    }
    for (size_t i = 0; i < m->room; i++) {
        struct stat *st = m->slots[i].value;

        /* A map that has grown has moved its members: then all count as changed. */
        if (st != NULL &&
            (before == NULL || m->room != room || before[i] != st->open || !st->stored))
            st->changed = true;
    }
    free(before);
}

static void append_row(struct trace *t, const struct stat *st)
{
    struct batch *b = sink_batch(t->sink, SINK_STATS);
    struct histogram_run run = {st->counts, st->first, st->n, (uint64_t)st->min_ns,
                                (uint64_t)st->max_ns};
    int64_t calls = (int64_t)(st->finished + st->open);

    if (b == NULL)
        return;
    batch_put_uuid(b, 0, &t->id);
    batch_put_i32(b, 1, st->function);
    batch_put_i64(b, 2, calls);
    batch_put_i64(b, 3, calls);
    batch_put_i64(b, 4, (int64_t)st->finished);
    batch_put_i64(b, 5, (int64_t)st->exceptions);
    batch_put_i64(b, 6, st->total_ns);
    batch_put_i64(b, 7, st->self_ns);
    if (st->finished > 0) {
        batch_put_i64(b, 8, st->min_ns);
        batch_put_i64(b, 9, st->max_ns);
        batch_put_i64(b, 10, (int64_t)histogram_quantile(&run, 0.50));
        batch_put_i64(b, 11, (int64_t)histogram_quantile(&run, 0.95));
        batch_put_i64(b, 12, (int64_t)histogram_quantile(&run, 0.99));
    }
    put_histogram(t, b, st);
    batch_put_text(b, 14, "full", 4);
    sink_end_row(t->sink, SINK_STATS);
}

/* Rows that are stored and have changed go first. */
static void delete_rows(struct trace *t)
{
    static const char make[] = "CREATE OR REPLACE TEMP TABLE obsolete_stats(function_id INTEGER)";
    static const char delete[] = "DELETE FROM stat_rows WHERE trace_id = $trace::UUID AND "
                                 "function_id IN (SELECT function_id FROM obsolete_stats)";
    struct idmap *m = &t->stats->by_function;
    struct store_param params[] = {store_text("trace", t->id_text)};
    bool any = false;

    for (size_t i = 0; i < m->room; i++) {
        struct stat *st = m->slots[i].value;
        struct batch *b;

        if (st == NULL || !st->stored || !st->changed)
            continue;
        if (!any) {
            sink_flush(t->sink);
            sink_exec(t->sink, make, NULL, 0);
        }
        any = true;
        b = sink_batch(t->sink, SINK_OBSOLETE);
        if (b == NULL)
            return;
        batch_put_i32(b, 0, st->function);
        sink_end_row(t->sink, SINK_OBSOLETE);
    }
    if (!any)
        return;
    sink_flush(t->sink);
    sink_exec(t->sink, delete, params, 1);
}

void stats_save(struct trace *t)
{
    struct idmap *m = &t->stats->by_function;

    count_all_open(t);
    delete_rows(t);
    for (size_t i = 0; i < m->room; i++) {
        struct stat *st = m->slots[i].value;

        if (st == NULL || !st->changed)
            continue;
        append_row(t, st);
        st->stored = true;
        st->changed = false;
    }
}
