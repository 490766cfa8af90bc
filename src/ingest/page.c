/* page.c - see page.h. */
#include "base/base.h"

#include "base/histogram.h"
#include "ingest/page.h"
#include "trail/page.h"

/* A duration in ticks, in ns. */
static uint64_t to_ns(const struct trace *t, uint64_t ticks)
{
    return (uint64_t)(timeline_ns(&t->timeline, t->timeline.base_ticks + ticks) -
                      t->timeline.base_ns);
}

/* The buckets in ticks become buckets in ns: by their middles, so that an answer is off by 0.8 % + 1.6 % at most. */
static void take_histogram(const struct trace *t, const struct trail_page_entry *e,
                           uint32_t counts[HISTOGRAM_BUCKETS])
{
    memset(counts, 0, HISTOGRAM_BUCKETS * sizeof(*counts));
    for (uint32_t i = 0; i < ARRAY_SIZE(e->counts); i++) {
        uint64_t low, width;
        uint32_t *bucket;

        if (e->counts[i] == 0)
            continue;
        low = trail_page_low(i);
        width = trail_page_low(i + 1) - low;
        bucket = &counts[histogram_bucket(to_ns(t, low + width / 2))];
        *bucket = *bucket + e->counts[i] < *bucket ? UINT32_MAX : *bucket + e->counts[i];
    }
}

static void take_slot(struct trace *t, const struct trail_page_entry *e)
{
    struct stats_thinned thinned = {0};
    uint32_t counts[HISTOGRAM_BUCKETS];
    const struct trail_slot *slot = &e->slot;
    int32_t function = code_function(t, slot->code);

    for (uint32_t cause = 1; cause < TRAIL_LOSS_CAUSES; cause++) {
        if (slot->lost[cause] > 0)
            t->page.lost += slot->lost[cause];
    }
    if (function == REGISTRY_NO_FUNCTION && slot->code != 0)
        t->page.nameless += slot->calls;
    if (function == REGISTRY_NO_FUNCTION || (slot->calls == 0 && slot->gear == TRAIL_GEAR_FULL))
        return;
    thinned.calls = slot->calls;
    thinned.timed = slot->timed;
    thinned.raised = slot->raised;
    thinned.total_ns = (int64_t)to_ns(t, slot->total);
    thinned.self_ns = (int64_t)to_ns(t, slot->self);
    thinned.min_ns = slot->timed > 0 ? (int64_t)to_ns(t, slot->min) : 0;
    thinned.max_ns = (int64_t)to_ns(t, slot->max);
    thinned.gear = slot->gear;
    take_histogram(t, e, counts);
    stats_thinned(t, function, &thinned, counts);
}

void page_take(struct trace *t)
{
    static struct trail_page_entry entry; /* one thread; too large for the stack */
    struct trail_page_reader reader;

    t->page.lost = t->page.nameless = 0;
    if (trail_page_reader_open(&reader, t->dir) != TRAIL_OPENED)
        return;
    t->page.overflows = __atomic_load_n(&reader.header->overflows, __ATOMIC_RELAXED);
    t->page.stopped = __atomic_load_n(&reader.header->stopped, __ATOMIC_RELAXED) != 0;
    stats_thinned_begin(t);
    while (trail_page_reader_next(&reader, &entry))
        take_slot(t, &entry);
    trail_page_reader_close(&reader);
}

/* ---- losses ------------------------------------------------------------------------------------ */

/* All but what only readers find. */
#define OF_RECORDER "cause NOT IN ('damage', 'ingest_memory')"

/* Events of the trace that `losses` tells of already, as the recorder has counted them. */
static uint64_t stored_losses(struct trace *t)
{
    static const char sql[] = "SELECT coalesce(sum(events), 0)::BIGINT FROM losses "
                              "WHERE trace_id = $trace::UUID AND " OF_RECORDER;
    struct store_param params[] = {store_text("trace", t->id_text)};
    struct store_query query = {.sql = sql, .params = params, .nparams = 1};
    struct rows *rows = NULL;
    struct error error;
    uint64_t events = 0;

    if (store_query(t->sink->store, &query, &rows, &error) == 0 && rows_next(rows, &error) > 0)
        events = (uint64_t)rows_int(rows, 0);
    rows_free(rows);
    return events;
}

static void add_losses(struct trace *t, const struct trail_slot *slot)
{
    for (uint32_t cause = 1; cause < TRAIL_LOSS_CAUSES; cause++) {
        struct loss loss = {.cause = cause,
                            .function = code_function(t, slot->code),
                            .events = slot->lost[cause],
                            .first_ns = timeline_ns(&t->timeline, slot->lost_first),
                            .last_ns = timeline_ns(&t->timeline, slot->lost_last)};

        if (loss.events > 0)
            losses_append(t, &loss);
    }
}

void page_save_losses(struct trace *t)
{
    static const char delete[] =
        "DELETE FROM losses WHERE trace_id = $trace::UUID AND " OF_RECORDER;
    static struct trail_page_entry entry;
    struct store_param params[] = {store_text("trace", t->id_text)};
    struct trail_page_reader reader;
    uint64_t before;

    if (t->page.lost == 0 || (before = stored_losses(t)) == t->page.lost ||
        trail_page_reader_open(&reader, t->dir) != TRAIL_OPENED)
        return;
    if (before > 0)
        sink_exec(t->sink, delete, params, 1);
    while (trail_page_reader_next(&reader, &entry))
        add_losses(t, &entry.slot);
    t->lost -= before < t->lost ? before : t->lost; /* only the new ones are news */
    trail_page_reader_close(&reader);
}
