/* behind.c - see behind.h. */
#include "base/base.h"

#include "base/uuid.h"
#include "ingest/behind.h"
#include "ingest/idmap.h"
#include "ingest/registry.h"
#include "ingest/traces.h"
#include "trail/reader.h"

struct place {
    struct uuid trace;
    uint32_t stream, segment;
    uint64_t position;
};

struct looking {
    struct store *store;
    bool count_events;
    struct behind behind;
    uint64_t counted_bytes;
    /* Of the process at hand. */
    const char *dir;
    struct place *places; /* Owned: what is stored of its streams */
    size_t nplaces;
    struct registry registry;
};

/* ---- what is stored --------------------------------------------------------------------------- */

static int load_places(struct looking *l, const char *id, struct error *err)
{
    struct store_param params[] = {store_text("trace", id)};
    struct store_query query = {
        .sql = "SELECT stream, segment, position FROM consumed WHERE trace_id = $trace::UUID "
               "AND batch = (SELECT max(batch) FROM consumed WHERE trace_id = $trace::UUID)",
        .params = params,
        .nparams = 1};
    struct rows *rows = NULL;
    int r = store_query(l->store, &query, &rows, err);

    l->nplaces = 0;
    while (r == 0 && (r = rows_next(rows, err)) > 0) {
        struct place *more = realloc(l->places, (l->nplaces + 1) * sizeof(*more));

        if (more == NULL) {
            r = error_set(err, ERR_FAILED, "memory is out");
            break;
        }
        l->places = more;
        more[l->nplaces++] = (struct place){.stream = (uint32_t)rows_int(rows, 0),
                                            .segment = (uint32_t)rows_int(rows, 1),
                                            .position = (uint64_t)rows_int(rows, 2)};
        r = 0;
    }
    rows_free(rows);
    return r;
}

/* ---- what is there ---------------------------------------------------------------------------- */

static void count_records(struct looking *l, const struct trail_segment *seg, uint64_t from,
                          uint64_t committed)
{
    struct trail_arity arity = registry_arity(&l->registry);
    struct trail_record record;
    struct trail_cursor c;

    if (!l->count_events || l->counted_bytes > BEHIND_COUNTED)
        return;
    trail_cursor_init(&c, seg, from, 0, committed, &arity);
    for (;;) {
        int more = trail_cursor_next(&c, &record);

        if (more > 0)
            l->behind.events += record.kind != TRAIL_SYNC;
        else if (more == 0 || trail_cursor_resync(&c) == 0)
            break;
    }
    l->counted_bytes += committed - from;
}

static int look_at_stream(void *ctx, uint32_t stream, uint32_t first, uint32_t last, uint64_t bytes)
{
    struct looking *l = ctx;
    uint32_t segment = first;
    uint64_t from = 0;

    (void)bytes;
    if (stream == 0)
        return 0;
    for (size_t i = 0; i < l->nplaces; i++) {
        if (l->places[i].stream == stream && l->places[i].segment >= first) {
            segment = l->places[i].segment;
            from = l->places[i].position;
        }
    }
    for (; segment <= last; segment++) {
        struct trail_segment seg;
        enum trail_state state;

        if (trail_segment_open(&seg, l->dir, stream, segment) == TRAIL_OPENED) {
            uint64_t committed = trail_segment_committed(&seg, &state);

            if (from < seg.header->header_size)
                from = seg.header->header_size;
            if (committed > from) {
                l->behind.bytes += committed - from;
                count_records(l, &seg, from, committed);
            }
            trail_segment_close(&seg);
        }
        from = 0;
    }
    return 0;
}

static int look_at_process(struct looking *l, struct error *err)
{
    struct trail_segment seg;
    enum trail_state state;
    char id[UUID_TEXT];
    struct uuid trace;
    int ret, stored = TRACE_UNKNOWN;
    bool told; /* it has written down what it is */

    if (trail_segment_open(&seg, l->dir, 0, 0) != TRAIL_OPENED)
        return 0; /* just beginning, foreign or useless: nothing that an ingest could take in */
    memcpy(trace.bytes, seg.header->trace_id, UUID_BYTES);
    told = trail_segment_committed(&seg, &state) > seg.header->header_size;
    trail_segment_close(&seg);
    uuid_format(&trace, id);
    l->nplaces = 0;
    if (l->store != NULL) {
        stored = traces_stored(l->store, id, err);
        if (stored < 0 || stored == TRACE_TAKEN_IN)
            return stored < 0 ? stored : 0;
        if ((ret = load_places(l, id, err)) < 0)
            return ret;
    }
    if (trail_dir_alive(l->dir) == 0)
        l->behind.ended++;
    else if (told && stored == TRACE_UNKNOWN)
        l->behind.begun++;
    if (l->count_events && (ret = registry_read(&l->registry, l->dir, err)) < 0)
        return ret;
    trail_dir_streams(l->dir, look_at_stream, l);
    return 0;
}

int behind_look(const struct scan *scan, struct store *store, bool count_events,
                struct behind *ret_behind, struct error *err)
{
    struct looking l = {.store = store, .count_events = count_events};
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < scan->nprocesses; i++) {
        l.dir = scan->processes[i].dir;
        registry_init(&l.registry);
        ret = look_at_process(&l, err);
        registry_release(&l.registry);
    }
    free(l.places);
    if (ret < 0)
        return ret;
    if (l.counted_bytes > 0 && l.counted_bytes < l.behind.bytes)
        l.behind.events =
            (uint64_t)((double)l.behind.events * (double)l.behind.bytes / (double)l.counted_bytes);
    *ret_behind = l.behind;
    return 0;
}
