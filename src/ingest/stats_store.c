/*
 * stats_store.c - see trace.h: the statistics of functions to and from the store. What has changed is written anew, in the same
 * transaction as the calls.
 */
#include "base/base.h"

#include "base/histogram.h"
#include "ingest/stats_private.h"
#include "trail/page.h"

/*
 * The blob: u16 first, u16 n, then n counts as u32: the durations of all timed calls. Of a function that is thinned, the
 * same of its recorded calls alone follows, so that the next ingest can go on from there: KEPT numbers of 64 bits, first, n, counts.
 */
enum {
    KEPT_FINISHED,
    KEPT_UNTIMED,
    KEPT_EXCEPTIONS,
    KEPT_TOTAL,
    KEPT_SELF,
    KEPT_MIN,
    KEPT_MAX,
    KEPT
};

static void put_run(struct buf *blob, const struct histogram_run *run)
{
    uint16_t first = (uint16_t)run->first, n = (uint16_t)run->n;

    buf_put(blob, &first, sizeof(first));
    buf_put(blob, &n, sizeof(n));
    buf_put(blob, run->counts, run->n * sizeof(*run->counts));
}

static void put_histogram(struct trace *t, struct batch *b, const struct stat *st,
                          const struct histogram_run *all)
{
    const struct histogram_run own = {st->run.counts, st->run.first, st->run.n, 0, 0};
    const uint64_t kept[KEPT] = {
        st->finished,          st->untimed,          st->exceptions,      (uint64_t)st->total_ns,
        (uint64_t)st->self_ns, (uint64_t)st->min_ns, (uint64_t)st->max_ns};
    struct buf *blob = &t->scratch;

    buf_clear(blob);
    put_run(blob, all);
    if (st->thinned != NULL) {
        buf_put(blob, kept, sizeof(kept));
        put_run(blob, &own);
    }
    batch_put_blob(b, 13, buf_text(blob), blob->len);
}

/* Takes first, n and counts off the blob; false when memory is out. What does not make sense is taken as empty. */
static bool get_run(struct run *r, const char **blob, size_t *len)
{
    uint16_t first, n;

    if (*len < 4)
        return true;
    memcpy(&first, *blob, 2);
    memcpy(&n, *blob + 2, 2);
    if (*len < 4 + n * sizeof(*r->counts) || first + n > HISTOGRAM_BUCKETS)
        return true;
    free(r->counts);
    r->counts = malloc(n * sizeof(*r->counts) + 1);
    if (r->counts == NULL)
        return false;
    memcpy(r->counts, *blob + 4, n * sizeof(*r->counts));
    r->first = first;
    r->n = n;
    *blob += 4 + n * sizeof(*r->counts);
    *len -= 4 + n * sizeof(*r->counts);
    return true;
}

static bool get_histogram(struct stat *st, const char *blob, size_t len)
{
    uint64_t kept[KEPT];

    if (!get_run(&st->run, &blob, &len))
        return false;
    if (len < sizeof(kept))
        return true;
    memcpy(kept, blob, sizeof(kept));
    st->finished = kept[KEPT_FINISHED];
    st->untimed = kept[KEPT_UNTIMED];
    st->exceptions = kept[KEPT_EXCEPTIONS];
    st->total_ns = (int64_t)kept[KEPT_TOTAL];
    st->self_ns = (int64_t)kept[KEPT_SELF];
    st->min_ns = (int64_t)kept[KEPT_MIN];
    st->max_ns = (int64_t)kept[KEPT_MAX];
    blob += sizeof(kept);
    len -= sizeof(kept);
    return get_run(&st->run, &blob, &len);
}

int stats_load(struct trace *t, struct error *err)
{
    static const char sql[] =
        "SELECT function_id, timed_calls, exception_count, total_ns, self_ns, min_ns, max_ns, "
        "histogram, call_count, recorded_calls FROM stat_rows WHERE trace_id = $trace::UUID";
    struct store_param params[] = {store_text("trace", t->id_text)};
    struct store_query query = {.sql = sql, .params = params, .nparams = 1};
    struct rows *rows = NULL;
    int r;

    r = store_query(t->sink->store, &query, &rows, err);
    while (r == 0 && (r = rows_next(rows, err)) > 0) {
        struct stat *st = stats_of(t, (int32_t)rows_int(rows, 0));
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
        st->thinned_calls = (uint64_t)(rows_int(rows, 8) - rows_int(rows, 9));
        st->thinned_timed = st->finished;
        blob = rows_text(rows, 7, &len);
        if (blob != NULL && !get_histogram(st, blob, len))
            sink_fail(t->sink, ERR_FAILED, "memory is out");
        st->thinned_timed -= st->finished - st->untimed;
        st->open = (uint64_t)rows_int(rows, 9) - st->finished;
    }
    rows_free(rows);
    return r < 0 ? r : 0;
}

static void count_open(struct trace *t, const struct call *c)
{
    int32_t function = code_function(t, c->code);
    struct stat *st = function != REGISTRY_NO_FUNCTION ? stats_of(t, function) : NULL;

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

/* The recorded and the thinned calls' durations in one histogram, in `scratch`. False when memory is out. */
static bool merge(const struct stat *st, struct run *scratch, struct histogram_run *ret)
{
    const struct thinned *more = st->thinned;
    bool own = st->finished > st->untimed;
    bool done = true;

    *ret = (struct histogram_run){st->run.counts, st->run.first, st->run.n, (uint64_t)st->min_ns,
                                  (uint64_t)st->max_ns};
    if (more == NULL || more->sum.timed == 0)
        return true;
    for (uint32_t i = 0; done && i < st->run.n; i++)
        done = stats_run_add(scratch, st->run.first + i, st->run.counts[i]);
    for (uint32_t i = 0; done && i < more->run.n; i++)
        done = stats_run_add(scratch, more->run.first + i, more->run.counts[i]);
    *ret = (struct histogram_run){scratch->counts, scratch->first, scratch->n, 0, 0};
    ret->min = (uint64_t)(own && st->min_ns < more->sum.min_ns ? st->min_ns : more->sum.min_ns);
    ret->max = (uint64_t)(own && st->max_ns > more->sum.max_ns ? st->max_ns : more->sum.max_ns);
    return done;
}

static const char *gear_name(uint32_t gear)
{
    switch (gear) {
    case TRAIL_GEAR_TIMED:
        return "timed";
    case TRAIL_GEAR_COUNTED:
        return "counted";
    case TRAIL_GEAR_OFF:
        return "off";
    default:
        return "full";
    }
}

static void append_row(struct trace *t, struct stat *st)
{
    static const struct stats_thinned nothing;
    const struct stats_thinned *more = st->thinned != NULL ? &st->thinned->sum : &nothing;
    struct batch *b = sink_batch(t->sink, SINK_STATS);
    struct run scratch = {0, 0, NULL};
    struct histogram_run run;
    uint64_t timed = st->finished - st->untimed + more->timed;
    const char *gear = gear_name(more->gear);

    if (b == NULL)
        return;
    if (!merge(st, &scratch, &run)) {
        free(scratch.counts);
        sink_fail(t->sink, ERR_FAILED, "memory is out");
        return;
    }
    batch_put_uuid(b, 0, &t->id);
    batch_put_i32(b, 1, st->function);
    batch_put_i64(b, 2, (int64_t)(st->finished + st->open + more->calls));
    batch_put_i64(b, 3, (int64_t)(st->finished + st->open));
    batch_put_i64(b, 4, (int64_t)timed);
    batch_put_i64(b, 5, (int64_t)(st->exceptions + more->raised));
    batch_put_i64(b, 6, st->total_ns + more->total_ns);
    batch_put_i64(b, 7, st->self_ns + more->self_ns);
    if (timed > 0) {
        batch_put_i64(b, 8, (int64_t)run.min);
        batch_put_i64(b, 9, (int64_t)run.max);
        batch_put_i64(b, 10, (int64_t)histogram_quantile(&run, 0.50));
        batch_put_i64(b, 11, (int64_t)histogram_quantile(&run, 0.95));
        batch_put_i64(b, 12, (int64_t)histogram_quantile(&run, 0.99));
    }
    put_histogram(t, b, st, &run);
    batch_put_text(b, 14, gear, strlen(gear));
    sink_end_row(t->sink, SINK_STATS);
    free(scratch.counts);
    st->thinned_calls = more->calls;
    st->thinned_timed = more->timed;
    st->thinned_gear = more->gear;
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

static bool thinning_has_changed(const struct stat *st)
{
    return st->thinned != NULL && (st->thinned->sum.calls != st->thinned_calls ||
                                   st->thinned->sum.timed != st->thinned_timed ||
                                   st->thinned->sum.gear != st->thinned_gear);
}

void stats_save(struct trace *t)
{
    struct idmap *m = &t->stats->by_function;

    count_all_open(t);
    for (size_t i = 0; i < m->room; i++) {
        struct stat *st = m->slots[i].value;

        if (st != NULL && thinning_has_changed(st))
            st->changed = true;
    }
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
