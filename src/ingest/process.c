/* process.c - see process.h. */
#include "base/base.h"

#include "base/clock.h"
#include "base/io.h"
#include "base/limits.h"
#include "ingest/merge.h"
#include "ingest/page.h"
#include "ingest/process.h"
#include "ingest/state.h"
#include "ingest/traces.h"

#include <unistd.h>

#define STEP_EVENTS 4096 /* records of one stream between two looks at the row count */

/* ---- opening ---------------------------------------------------------------------------------- */

static struct trace *new_trace(const struct scan_process *where, struct sink *sink,
                               struct functions *functions)
{
    struct trace *t = calloc(1, sizeof(*t));

    if (t == NULL)
        return NULL;
    registry_init(&t->registry);
    t->scratch.max = LIMIT_ANSWER_BYTES;
    t->sink = sink;
    t->functions = functions;
    t->run = where->run;
    t->dir = strdup(where->dir);
    t->stats = stats_new();
    t->edges = edges_new();
    t->nodes = nodes_new();
    if (t->dir == NULL || t->stats == NULL || t->edges == NULL || t->nodes == NULL) {
        process_close(t);
        return NULL;
    }
    return t;
}

/*
 * The order matters. Is it alive: asked first, so that "dead" means that what is seen next is all. The time: before the ends of
 * the streams are read, so that what lies later in one can wait until the others have been read as far. The streams' ends:
 * before the registry, because a code is committed there before a record uses it.
 */
static int look(struct trace *t, struct error *err)
{
    enum clock_kind clock = clock_choose();
    uint64_t now;
    int ret;

    t->alive = trail_dir_alive(t->dir) != 0;
    now = clock_ticks(clock);
    if ((ret = streams_look(t, err)) < 0 || (ret = registry_read(&t->registry, t->dir, err)) < 0)
        return ret;
    t->arity = registry_arity(&t->registry);
    t->cutoff = UINT64_MAX;
    if (t->alive && t->registry.has_header && t->registry.header.clock_kind == (uint32_t)clock &&
        timeline_is_local(&t->registry.header))
        t->cutoff = now;
    return 0;
}

/* The newest segment's header of the main thread, for a clock that cannot be asked any more. */
static void fix_timeline(struct trace *t)
{
    struct stream *s = trace_stream(t, 1);
    struct trail_segment seg;

    if (s != NULL && trail_segment_open(&seg, t->dir, 1, s->limit_segment) == TRAIL_OPENED) {
        timeline_fix(&t->timeline, &t->registry, seg.header);
        trail_segment_close(&seg);
    } else {
        timeline_fix(&t->timeline, &t->registry, NULL);
    }
    t->has_timeline = true;
}

static int prepare(struct trace *t, struct error *err)
{
    int ret;

    if ((ret = functions_resolve(t->functions, &t->registry, t->sink, err)) < 0)
        return ret;
    if (t->stored && ((ret = state_load(t, err)) < 0 || (ret = tasks_load(t, err)) < 0))
        return ret;
    if (!t->has_timeline)
        fix_timeline(t);
    t->sources.not_after_ns = t->registry.header.wall_ns;
    source_hide(&t->sources, t->registry.settings);
    return 0;
}

int process_open(struct trace **ret_trace, const struct scan_process *where, struct sink *sink,
                 struct functions *functions, struct ingest_report *report, struct error *err)
{
    struct trace *t = new_trace(where, sink, functions);
    int ret;

    *ret_trace = NULL;
    if (t == NULL)
        return error_set(err, ERR_FAILED, "memory is out");
    if ((ret = look(t, err)) < 0) {
        ret = io_exists(t->dir) ? ret : 0; /* gone meanwhile: another ingest was faster */
        goto out;
    }
    if (t->registry.foreign || t->foreign) {
        report->foreign++;
        goto out;
    }
    if (!t->registry.has_header) {
        /* Without a registry nothing can be read; a process that died before it wrote one left nothing either. */
        if (!t->alive && t->nstreams == 0)
            *ret_trace = t;
        else
            report->unreadable += !t->alive;
        goto out;
    }
    memcpy(t->id.bytes, t->registry.header.trace_id, UUID_BYTES);
    uuid_format(&t->id, t->id_text);
    ret = traces_stored(t->sink->store, t->id_text, err);
    if (ret < 0)
        goto out;
    t->stored = ret != TRACE_UNKNOWN;
    t->taken_in = ret == TRACE_TAKEN_IN;
    ret = t->taken_in ? 0 : prepare(t, err);
    if (ret == 0)
        *ret_trace = t;
out:
    if (*ret_trace == NULL)
        process_close(t);
    return ret;
}

void process_close(struct trace *t)
{
    trace_release(t);
    free(t);
}

/* ---- decoding --------------------------------------------------------------------------------- */

bool process_step(struct trace *t, uint64_t rows)
{
    struct merge merge;
    struct stream *s;
    uint64_t until;
    bool more = false;

    if (t->taken_in || !t->registry.has_header)
        return false;
    if (!merge_begin(&merge, t)) {
        sink_fail(t->sink, ERR_FAILED, "memory is out");
        return false;
    }
    while (!more && t->sink->code == 0 && (s = merge_next(&merge, &until)) != NULL) {
        for (int i = 0; i < STEP_EVENTS; i++) {
            pairing_apply(t, s);
            stream_advance(t, s);
            if (t->sink->code != 0 || !stream_peek(t, s) || s->ticks > until)
                break;
        }
        more = sink_is_full(t->sink, rows);
    }
    merge_release(&merge);
    return more;
}

/* ---- saving ----------------------------------------------------------------------------------- */

static bool is_done(const struct trace *t)
{
    if (t->alive)
        return false;
    for (size_t i = 0; i < t->nstreams; i++) {
        if (!stream_is_done(t->streams[i]))
            return false;
    }
    return true;
}

void process_save(struct trace *t)
{
    bool done = is_done(t);

    if (t->taken_in || !t->registry.has_header)
        return;
    page_take(t);
    page_save_losses(t);
    traces_save(t, done); /* may still change exceptions, so it comes before them */
    exceptions_flush(t);
    stats_save(t);
    edges_save(t);
    nodes_save(t);
    state_save(t, done);
    t->taken_in = done;
}

/* ---- cleaning up ------------------------------------------------------------------------------ */

void doomed_add(struct doomed *doomed, const char *path)
{
    char **more = doomed->paths;

    if (doomed->n == 0 || (doomed->n & (doomed->n - 1)) == 0)
        more = realloc(doomed->paths, (doomed->n > 0 ? doomed->n * 2 : 1) * sizeof(char *));
    if (more == NULL)
        return; /* it stays until the next ingest */
    doomed->paths = more;
    more[doomed->n] = strdup(path);
    if (more[doomed->n] != NULL)
        doomed->n++;
}

void doomed_remove_all(struct doomed *doomed)
{
    for (size_t i = 0; i < doomed->n; i++) {
        io_remove_tree(doomed->paths[i], NULL);
        free(doomed->paths[i]);
    }
    doomed->n = 0;
}

void doomed_release(struct doomed *doomed)
{
    for (size_t i = 0; i < doomed->n; i++)
        free(doomed->paths[i]);
    free(doomed->paths);
    *doomed = (struct doomed){NULL, 0};
}

/* The stream's segments below `end`. */
static void doom_segments(const struct trace *t, struct stream *s, uint64_t end,
                          struct doomed *doomed)
{
    for (; s->first_segment < end; s->first_segment++) {
        char path[LIMIT_PATH_BYTES];

        snprintf(path, sizeof(path), "%s/thread-%u.%u", t->dir, s->number, s->first_segment);
        doomed_add(doomed, path);
    }
}

/* The streams that suspended calls have begun in: whoever ends them asks for their thread. False: memory is out. */
static bool find_homes(const struct trace *t, struct idmap *homes)
{
    for (size_t i = 0; i < t->suspended.room; i++) {
        uint64_t home = t->suspended.slots[i].id >> TRAIL_CALL_SEQ_BITS;

        if (home != 0 && !idmap_put(homes, home, t->suspended.slots[i].value))
            return false;
    }
    return true;
}

/* Its thread has ended, all of it is taken in, and nobody will ask for it again. */
static bool is_over(const struct stream *s, const struct idmap *homes)
{
    return s->ended && s->depth == 0 && !s->lost && stream_is_done(s) &&
           idmap_get(homes, s->number) == NULL;
}

void process_doom(struct trace *t, struct doomed *doomed)
{
    bool whole = t->taken_in || !t->registry.has_header, known;
    struct idmap homes = {0};

    if (whole && t->alive)
        return;
    known = whole || find_homes(t, &homes);
    for (size_t i = 0; i < t->nstreams; i++) {
        struct stream *s = t->streams[i];
        uint32_t end = s->segment < s->limit_segment ? s->segment : s->limit_segment;
        bool all = whole || (known && is_over(s, &homes));

        doom_segments(t, s, all ? (uint64_t)s->limit_segment + 1 : end, doomed);
    }
    idmap_release(&homes);
    /* The streams go before the registry: killed in between, what is left can still be told to be of no use. */
    if (whole)
        doomed_add(doomed, t->dir);
}
