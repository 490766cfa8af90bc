/* traces.c - see traces.h. */
#include "base/base.h"

#include "ingest/exits.h"
#include "ingest/json.h"
#include "ingest/looked.h"
#include "ingest/traces.h"

#define EXIT_OF_EXCEPTION 1 /* the status that CPython ends with after an uncaught exception */

static void put_text(struct batch *b, size_t column, const char *text)
{
    if (text != NULL)
        batch_put_text(b, column, text, strlen(text));
}

int traces_stored(struct store *store, const char *id, struct error *err)
{
    struct store_param params[] = {store_text("trace", id)};
    struct store_query query = {
        .sql = "SELECT status <> 'running' FROM traces WHERE id = $trace::UUID",
        .params = params,
        .nparams = 1};
    struct rows *rows = NULL;
    int r = store_query(store, &query, &rows, err);

    if (r == 0 && (r = rows_next(rows, err)) > 0)
        r = rows_int(rows, 0) != 0 ? TRACE_TAKEN_IN : TRACE_RUNS;
    rows_free(rows);
    return r;
}

/* ---- how it ended ----------------------------------------------------------------------------- */

/* The exception that ended the main thread, if one did; and what follows for its row. */
static bool died_of_exception(struct trace *t)
{
    struct stream *main_thread = trace_stream(t, 1);

    if (!t->registry.has_finish || t->registry.finish_status != EXIT_OF_EXCEPTION ||
        main_thread == NULL || main_thread->trailing == 0 ||
        main_thread->trailing == main_thread->system_exit)
        return false;
    return true;
}

#define PYTHON_THAT_TELLS \
    0x030c /* from 3.12 on it is told when code that is not recorded handles an exception */

static void mark_unhandled(struct trace *t, struct stream *s, bool died)
{
    if (s->trailing != 0 && s->trailing != s->system_exit && died)
        exceptions_set(t, s->trailing, HANDLED_NO, REGISTRY_NO_FUNCTION, 0);
}

/* A thread whose last exception left its outermost call, with nothing after it, ended by it. Its file may go before the process ends. */
static void mark_ended_threads(struct trace *t)
{
    bool told = t->registry.header.python >= PYTHON_THAT_TELLS;

    for (size_t i = 0; i < t->nstreams; i++) {
        struct stream *s = t->streams[i];

        if (s->number == 1 || !s->ended)
            continue;
        mark_unhandled(t, s, told);
        s->trailing = 0;
    }
}

static void from_finish(struct trace *t, struct ended *e, bool exception)
{
    static const char *const reasons[] = {
        [TRAIL_FINISH_EXIT] = "exit",
        [TRAIL_FINISH_EXEC] = "exec",
        [TRAIL_FINISH__EXIT] = "os._exit",
        [TRAIL_FINISH_SHUTDOWN] = "exit",
    };
    const struct registry *r = &t->registry;

    e->reason = r->finish_reason < ARRAY_SIZE(reasons) && reasons[r->finish_reason] != NULL
                    ? reasons[r->finish_reason]
                    : "unknown";
    if (exception)
        e->reason = "exception";
    e->at_ns = r->finish_wall_ns;
    e->has_code = r->finish_status >= 0;
    e->code = (int32_t)r->finish_status;
    e->completed = r->finish_status <= 0; /* -1: not known, but it was ended in order */
}

static struct ended how_it_ended(struct trace *t)
{
    struct ended e = {.reason = "unknown", .at_ns = t->last_ns};
    bool exception = died_of_exception(t);
    char *run_dir = trace_run_dir(t);

    if (trace_stream(t, 1) != NULL)
        mark_unhandled(t, trace_stream(t, 1), exception);
    if (t->registry.has_finish)
        from_finish(t, &e, exception);
    /* Of a recorder that was shut down the process went on: who waited for it knows its end. */
    if (run_dir != NULL &&
        (!t->registry.has_finish || t->registry.finish_reason == TRAIL_FINISH_SHUTDOWN))
        exits_find(run_dir, (int64_t)t->registry.header.pid, t->registry.header.wall_ns, &e);
    free(run_dir);
    return e;
}

/* ---- traces ----------------------------------------------------------------------------------- */

#define NOTHING_RECORDED "\"nothing_recorded\":\"nothing of it was recorded\""

static void put_metadata(struct trace *t, struct batch *b, const struct traces_row *row)
{
    const struct registry *r = &t->registry;
    struct buf *out = &t->scratch;

    buf_clear(out);
    buf_puts(out, "{\"cwd\":");
    json_text(out, r->cwd);
    buf_puts(out, ",\"executable\":");
    json_text(out, r->executable);
    buf_puts(out, ",\"run\":");
    json_text(out, t->run);
    buf_puts(out, ",\"settings\":");
    json_text(out, r->settings);
    buf_puts(out, ",\"notes\":{");
    buf_puts(out, row->thread != 0 ? r->notes : NOTHING_RECORDED);
    buf_puts(out, "}");
    if (row->thread != 0 && t->page.overflows > 0)
        buf_putf(out, ",\"overflows\":%u,\"recording_stopped\":%s", t->page.overflows,
                 t->page.stopped ? "true" : "false");
    looked_put(t, &(struct looked_at){row->pid, row->began_ns}, out);
    buf_puts(out, "}");
    batch_put_text(b, 15, buf_text(out), out->len);
}

static void put_end(struct batch *b, const struct ended *e)
{
    batch_put_i64(b, 4, e->at_ns / 1000);
    put_text(b, 6, e->reason);
    if (e->has_code)
        batch_put_i32(b, 7, e->code);
}

void traces_put(struct trace *t, const struct traces_row *row)
{
    const struct registry *r = &t->registry;
    struct batch *b = sink_batch(t->sink, SINK_TRACES);
    char version[32];

    if (b == NULL)
        return;
    batch_put_uuid(b, 0, row->id);
    if (r->has_process)
        batch_put_uuid(b, 1, &r->run_id);
    if (!uuid_is_nil(row->parent))
        batch_put_uuid(b, 2, row->parent);
    batch_put_i64(b, 3, row->began_ns / 1000);
    if (row->ended != NULL)
        put_end(b, row->ended);
    put_text(b, 5, row->ended == NULL ? "running" : row->ended->completed ? "completed" : "failed");
    if (row->thread != 0)
        batch_put_i64(b, 8, (int64_t)row->thread);
    batch_put_i32(b, 9, (int32_t)row->pid);
    batch_put_i32(b, 10, (int32_t)row->ppid);
    put_text(b, 11, r->host);
    put_text(b, 12, r->command);
    snprintf(version, sizeof(version), "%u.%u", r->header.python >> 8, r->header.python & 0xff);
    put_text(b, 13, r->python[0] != '\0' ? r->python : version);
    put_text(b, 14, r->breadcrumb);
    put_metadata(t, b, row);
    sink_end_row(t->sink, SINK_TRACES);
}

static void save_trace(struct trace *t, bool ended)
{
    const struct registry *r = &t->registry;
    struct traces_row row = {.id = &t->id,
                             .parent = &r->parent_trace_id,
                             .pid = r->header.pid,
                             .ppid = r->ppid,
                             .thread = r->header.tid,
                             .began_ns = r->header.wall_ns};
    struct ended e = {0};

    mark_ended_threads(t);
    if (ended) {
        e = how_it_ended(t); /* may change rows of exceptions, so it comes first */
        row.ended = &e;
    }
    traces_put(t, &row);
}

/* ---- threads ---------------------------------------------------------------------------------- */

/* The rows of the streams at hand are written anew; those of threads that are over, and have no stream any more, stay. */
static void forget_threads(struct trace *t)
{
    struct store_param params[] = {store_text("trace", t->id_text)};
    struct buf *sql = &t->scratch;

    if (t->nstreams == 0)
        return;
    buf_clear(sql);
    buf_puts(sql, "DELETE FROM threads WHERE trace_id = $trace::UUID AND stream IN (");
    for (size_t i = 0; i < t->nstreams; i++)
        buf_putf(sql, i > 0 ? ",%u" : "%u", t->streams[i]->number);
    buf_puts(sql, ")");
    sink_exec(t->sink, buf_text(sql), params, 1);
}

static void save_threads(struct trace *t)
{
    for (size_t i = 0; i < t->nstreams; i++) {
        const struct stream *s = t->streams[i];
        const struct thread_info *info = registry_thread(&t->registry, s->number);
        struct batch *b = sink_batch(t->sink, SINK_THREADS);

        if (b == NULL)
            return;
        batch_put_uuid(b, 0, &t->id);
        batch_put_i32(b, 1, (int32_t)s->number);
        batch_put_i64(b, 2, s->thread_id);
        if (info != NULL) {
            batch_put_u64(b, 3, info->ident);
            put_text(b, 4, info->name);
        }
        if (s->first_ns != 0) {
            batch_put_i64(b, 5, s->first_ns / 1000);
            batch_put_i64(b, 6, s->now_ns / 1000);
        }
        sink_end_row(t->sink, SINK_THREADS);
    }
}

/* ---- all of it -------------------------------------------------------------------------------- */

void traces_save(struct trace *t, bool ended)
{
    struct store_param params[] = {store_text("trace", t->id_text)};

    losses_take_registry(t);
    if (ended)
        losses_take_end(t);
    if (t->stored) {
        sink_exec(t->sink, "DELETE FROM traces WHERE id = $trace::UUID", params, 1);
        forget_threads(t);
    }
    save_trace(t, ended);
    save_threads(t);
    tasks_save(t);
    losses_save(t);
    forks_save(t, ended);
    t->stored = true;
}

/* ---- later news ------------------------------------------------------------------------------- */

/* Its recorder was shut down before it ended. */
#define WENT_ON "(end_reason = 'exit' AND exit_code IS NULL)"

/* The pids of those whose end may still be told: the file has a line for each child that a signal has ended, for as long as the run
 * goes on, and an update of the store takes a while. */
static void find_waiting(struct sink *sink, const char *run, struct idmap *ret)
{
    static char there;
    struct store_param params[] = {store_text("run", run)};
    struct store_query query = {.sql = "SELECT DISTINCT pid FROM traces WHERE (end_reason IN "
                                       "('unknown', 'signal') OR " WENT_ON
                                       ") AND (metadata->>'run') = $run",
                                .params = params,
                                .nparams = 1};
    struct rows *rows = NULL;
    struct error err;
    int r = store_query(sink->store, &query, &rows, &err);

    while (r == 0 && (r = rows_next(rows, &err)) > 0)
        r = idmap_put(ret, (uint64_t)rows_int(rows, 0), &there) ? 0 : ERR_FAILED;
    rows_free(rows);
    if (r < 0)
        sink_fail(sink, r, "cannot ask for the processes whose end is not known");
}

void traces_apply_exits(struct sink *sink, const char *run_dir, const char *run)
{
    static const char sql[] =
        "UPDATE traces SET status = CASE WHEN $completed = 1 THEN 'completed' ELSE 'failed' END, "
        "end_reason = $reason, exit_code = $code, ended_at = make_timestamp($at) "
        "WHERE pid = $pid AND started_at <= make_timestamp($at) AND (metadata->>'run') = $run AND "
        "(end_reason = 'unknown' OR " WENT_ON
        " OR (end_reason = 'signal' AND $reason = 'timeout'))";
    struct exits exits = {0};
    struct idmap waiting = {0};
    struct ended e;
    int64_t pid;

    exits_open(&exits, run_dir);
    if (exits.text.len > 0)
        find_waiting(sink, run, &waiting);
    while (exits_next(&exits, &pid, &e)) {
        struct store_param params[] = {
            store_int("completed", e.completed),
            store_text("reason", e.reason),
            store_int("code", e.code),
            store_int("at", e.at_ns / 1000),
            store_int("pid", pid),
            store_text("run", run),
        };

        if (idmap_get(&waiting, (uint64_t)pid) == NULL)
            continue;
        if (!e.has_code)
            params[2].type = STORE_NULL;
        sink_exec(sink, sql, params, ARRAY_SIZE(params));
    }
    idmap_release(&waiting);
    exits_close(&exits);
}

/* Since when the kernel has the process, by the note of who was started rather than forked (hook/module.c). */
#define BEGAN_US "TRY_CAST(c.metadata->'notes'->>'" TRAIL_NOTE_BEGAN "' AS BIGINT) // 1000"
#define SLACK_US "1000"

/* Pairs of traces where p became c by exec: the same process of the same run, with c beginning while p had not ended. The
 * exit that `run` saw is the one of the last program in it. A later process with the number of one whose end nobody saw began later
 * than p, or was forked by another. */
#define EXEC_PAIRS                                                                              \
    "FROM traces p JOIN traces c ON p.pid = c.pid AND p.run_id = c.run_id AND p.host = c.host " \
    "AND p.started_at < c.started_at "                                                          \
    "AND (p.end_reason IN ('unknown', 'exec') OR p.ended_at > c.started_at) "                   \
    "AND CASE WHEN " BEGAN_US " IS NULL "                                                       \
    "THEN c.parent_trace_id IS NULL OR c.parent_trace_id = p.id "                               \
    "ELSE " BEGAN_US " <= epoch_us(p.started_at) + " SLACK_US " END "

void traces_link_parents(struct sink *sink)
{
    static const char by_exec[] =
        "UPDATE traces SET parent_trace_id = m.parent "
        "FROM (SELECT c.id, arg_max(p.id, p.started_at) AS parent " EXEC_PAIRS "GROUP BY c.id) m "
        "WHERE traces.id = m.id AND traces.parent_trace_id IS NULL";
    static const char ends[] =
        "UPDATE traces SET end_reason = 'exec', status = 'completed', exit_code = NULL, "
        "ended_at = m.at FROM (SELECT p.id, min(c.started_at) AS at " EXEC_PAIRS "GROUP BY p.id) m "
        "WHERE traces.id = m.id";
    /* Forked children know their parent. Others are found by its pid: of the same run, begun before. */
    static const char by_pid[] =
        "UPDATE traces SET parent_trace_id = m.parent "
        "FROM (SELECT c.id, arg_max(p.id, p.started_at) AS parent FROM traces p JOIN traces c "
        "ON p.pid = c.ppid AND p.run_id = c.run_id AND p.host = c.host "
        "AND p.started_at <= c.started_at WHERE c.parent_trace_id IS NULL GROUP BY c.id) m "
        "WHERE traces.id = m.id";
    /* What is started by a shell, of which there is no trace, belongs to who started the shell. */
    static const char by_above[] =
        "UPDATE traces SET parent_trace_id = m.parent "
        "FROM (SELECT c.id, first(p.id ORDER BY c.step, p.started_at DESC) AS parent FROM ("
        "    SELECT id, run_id, host, started_at, unnest(above) AS pid, generate_subscripts(above, 1) AS step FROM ("
        "      SELECT *, TRY_CAST(string_split(metadata->'notes'->>'" TRAIL_NOTE_ABOVE
        "', ',') AS INTEGER[]) AS above FROM traces WHERE parent_trace_id IS NULL "
        "      AND run_id IN (SELECT run_id FROM traces GROUP BY run_id HAVING count(*) > 1))) c "
        "  JOIN traces p ON p.pid = c.pid AND p.run_id = c.run_id AND p.host = c.host "
        "  AND p.started_at <= c.started_at GROUP BY c.id) m "
        "WHERE traces.id = m.id";
    /* Who began to record when its parent had gone is one of those that the parent has left behind. */
    static const char by_left[] =
        "UPDATE traces SET parent_trace_id = m.parent "
        "FROM (SELECT c.id, arg_max(p.id, p.started_at) AS parent FROM ("
        "    SELECT id, run_id, host, started_at, ended_at, "
        "      unnest(TRY_CAST(string_split(notes, ',') AS INTEGER[])) AS pid FROM ("
        "      SELECT *, metadata->'notes'->>'" TRAIL_NOTE_LEFT
        "' AS notes FROM traces) WHERE notes IS NOT NULL) p "
        "  JOIN traces c ON p.pid = c.pid AND p.run_id = c.run_id AND p.host = c.host AND p.id <> c.id "
        "  AND p.started_at <= c.started_at AND " BEGAN_US " <= epoch_us(p.ended_at) + " SLACK_US
        "  WHERE c.parent_trace_id IS NULL GROUP BY c.id) m WHERE traces.id = m.id";

    sink_exec(sink, by_exec, NULL, 0);
    sink_exec(sink, ends, NULL, 0);
    sink_exec(sink, by_pid, NULL, 0);
    sink_exec(sink, by_left, NULL, 0);
    sink_exec(sink, by_above, NULL, 0);
}
