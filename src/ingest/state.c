/* state.c - see state.h. */
#include "base/base.h"

#include "base/limits.h"
#include "ingest/rows.h"
#include "ingest/state.h"

#define STATE_VERSION 1

/* ---- blobs: numbers of 64 bits, the first is the version ---------------------------------------- */

enum {
    S_VERSION,
    S_UNITS,
    S_LAST_CALL,
    S_LAST_EXCEPTION,
    S_LAST_LINE,
    S_CURRENT,
    S_TRAILING,
    S_SYSTEM_EXIT,
    S_TASK,
    S_NOW,
    S_FIRST,
    S_THREAD,
    S_ENDED,
    S_LOST,
    S_LOST_BYTES,
    S_LINE_CALL,
    S_LINE,
    S_NUMBERS,
};

enum { T_VERSION, T_BASE_TICKS, T_BASE_NS, T_RATE, T_LOSSES, T_DAMAGE, T_LAST, T_FORKS, T_NUMBERS };

static void put_row(struct trace *t, const struct stream *s, const uint64_t *numbers, size_t n)
{
    struct batch *b = sink_batch(t->sink, SINK_CONSUMED);

    if (b == NULL)
        return;
    batch_put_uuid(b, 0, &t->id);
    batch_put_i64(b, 1, t->batch);
    batch_put_i32(b, 2, s != NULL ? (int32_t)s->number : 0);
    batch_put_i32(b, 3, s != NULL ? (int32_t)s->segment : (int32_t)t->registry.segment);
    batch_put_u64(b, 4, s != NULL ? s->offset : t->registry.offset);
    batch_put_blob(b, 5, numbers, n * sizeof(*numbers));
    sink_end_row(t->sink, SINK_CONSUMED);
}

static void save_stream(struct trace *t, const struct stream *s)
{
    uint64_t n[S_NUMBERS] = {
        [S_VERSION] = STATE_VERSION,
        [S_UNITS] = s->units,
        [S_LAST_CALL] = s->last_call,
        [S_LAST_EXCEPTION] = s->last_exception,
        [S_LAST_LINE] = s->last_line,
        [S_CURRENT] = s->current,
        [S_TRAILING] = s->trailing,
        [S_SYSTEM_EXIT] = s->system_exit,
        [S_TASK] = s->task,
        [S_NOW] = (uint64_t)s->now_ns,
        [S_FIRST] = (uint64_t)s->first_ns,
        [S_THREAD] = (uint64_t)s->thread_id,
        [S_ENDED] = s->ended,
        [S_LOST] = s->lost,
        [S_LOST_BYTES] = s->lost_bytes,
        [S_LINE_CALL] = s->line_call,
        [S_LINE] = (uint64_t)(int64_t)s->line,
    };

    put_row(t, s, n, S_NUMBERS);
}

static void save_trace(struct trace *t)
{
    uint64_t n[T_NUMBERS] = {
        [T_VERSION] = STATE_VERSION,
        [T_BASE_TICKS] = t->timeline.base_ticks,
        [T_BASE_NS] = (uint64_t)t->timeline.base_ns,
        [T_RATE] = t->timeline.ns_per_tick,
        [T_LOSSES] = t->registry_losses_done,
        [T_DAMAGE] = t->registry_damage_done,
        [T_LAST] = (uint64_t)t->last_ns,
        [T_FORKS] = t->forks_done,
    };

    put_row(t, NULL, n, T_NUMBERS);
}

static void load_stream(struct stream *s, const uint64_t *n)
{
    s->units = n[S_UNITS];
    s->last_call = n[S_LAST_CALL];
    s->last_exception = n[S_LAST_EXCEPTION];
    s->last_line = n[S_LAST_LINE];
    s->current = n[S_CURRENT];
    s->trailing = n[S_TRAILING];
    s->system_exit = n[S_SYSTEM_EXIT];
    s->task = n[S_TASK];
    s->now_ns = (int64_t)n[S_NOW];
    s->first_ns = (int64_t)n[S_FIRST];
    s->thread_id = (int64_t)n[S_THREAD];
    s->ended = n[S_ENDED] != 0;
    s->lost = s->lost || n[S_LOST] != 0;
    s->lost_bytes = n[S_LOST_BYTES];
    s->line_call = n[S_LINE_CALL];
    s->line = (int32_t)n[S_LINE];
}

static void load_trace(struct trace *t, const uint64_t *n)
{
    t->timeline.base_ticks = n[T_BASE_TICKS];
    t->timeline.base_ns = (int64_t)n[T_BASE_NS];
    t->timeline.ns_per_tick = n[T_RATE];
    t->has_timeline = true;
    t->registry_losses_done = n[T_LOSSES];
    t->registry_damage_done = n[T_DAMAGE];
    t->last_ns = (int64_t)n[T_LAST];
    t->forks_done = n[T_FORKS];
}

/* ---- where the streams stand -------------------------------------------------------------------- */

/* A stream that is stored goes on where it stopped; if its files are gone, there is nothing to go on with. */
static void place_stream(struct stream *s, uint32_t segment, uint64_t offset)
{
    if (s->segment > segment) { /* segments that were not consumed are gone */
        s->lost = true;
        return;
    }
    s->segment = segment;
    s->offset = offset;
}

static struct stream *stored_stream(struct trace *t, uint32_t number)
{
    struct stream *s = trace_stream(t, number);

    /* Where all its segments were consumed and are gone, its calls may be suspended still. */
    return s != NULL ? s : trace_add_stream(t, number);
}

static int take_consumed(struct trace *t, struct rows *rows, struct error *err)
{
    uint64_t numbers[S_NUMBERS] = {0}; /* the longer of the two */
    uint32_t number = (uint32_t)rows_int(rows, 0);
    struct stream *s = NULL;
    size_t len = 0;
    const char *blob = rows_text(rows, 3, &len);
    /* What was added since is zero in a state of before. */
    size_t least = (number == 0 ? T_FORKS : S_LINE_CALL) * sizeof(numbers[0]);
    size_t most = (number == 0 ? T_NUMBERS : S_NUMBERS) * sizeof(numbers[0]);

    if (blob == NULL || len < least || len > most)
        return error_set(err, ERR_DATABASE_CORRUPT, "the state of trace %s is not readable",
                         t->id_text);
    memcpy(numbers, blob, len);
    t->batch = rows_int(rows, 4) + 1;
    if (number == 0) {
        load_trace(t, numbers);
        return 0;
    }
    /* A thread that ended, all of which was taken in: its file is gone (process_doom). */
    if (numbers[S_ENDED] != 0 && trace_stream(t, number) == NULL)
        return 0;
    s = stored_stream(t, number);
    if (s == NULL)
        return error_set(err, ERR_FAILED, "memory is out");
    place_stream(s, (uint32_t)rows_int(rows, 1), (uint64_t)rows_int(rows, 2));
    load_stream(s, numbers);
    return 0;
}

static int load_consumed(struct trace *t, struct error *err)
{
    static const char sql[] =
        "SELECT stream, segment, position, state, batch FROM consumed WHERE "
        "trace_id = $trace::UUID "
        "AND batch = (SELECT max(batch) FROM consumed WHERE trace_id = $trace::UUID)";
    struct store_param params[] = {store_text("trace", t->id_text)};
    struct store_query query = {.sql = sql, .params = params, .nparams = 1};
    struct rows *rows = NULL;
    int r = store_query(t->sink->store, &query, &rows, err);

    while (r == 0 && (r = rows_next(rows, err)) > 0)
        r = take_consumed(t, rows, err);
    rows_free(rows);
    return r < 0 ? r : 0;
}

/* ---- open calls --------------------------------------------------------------------------------- */

/* Columns of the query below. */
enum {
    O_ID,
    O_PARENT,
    O_TASK,
    O_DEPTH,
    O_START,
    O_CHILD,
    O_SUSPENDED,
    O_RESUMES,
    O_CALLER_LINE,
    O_CALLER_FUNCTION,
    O_STREAM,
    O_CODE,
    O_SINCE,
    O_LINE,
    O_PARENT_FUNCTION,
    O_NODE,
    O_ABOVE,
    O_ARGS,
    O_KWONLY,
    O_KWARGS,
};

static void take_texts(struct trace *t, struct call *c, struct rows *rows)
{
    uint32_t *lengths[] = {&c->args, &c->kwonly, &c->kwargs};

    buf_clear(&t->scratch);
    for (int i = 0; i < 3; i++) {
        size_t len = 0;
        const char *text = rows_text(rows, (size_t)(O_ARGS + i), &len);

        if (text == NULL)
            continue;
        *lengths[i] = (uint32_t)len;
        buf_put(&t->scratch, text, len);
    }
    if (t->scratch.len > 0)
        call_set_text(t, c, t->scratch.data, t->scratch.len);
}

static void take_open_call(struct trace *t, struct rows *rows)
{
    struct call *c = call_new(t);
    struct stream *s;

    if (c == NULL)
        return;
    c->id = (uint64_t)rows_int(rows, O_ID);
    c->parent_id = (uint64_t)rows_int(rows, O_PARENT);
    c->task = (uint64_t)rows_int(rows, O_TASK);
    c->depth = (int32_t)rows_int(rows, O_DEPTH);
    c->start_ns = rows_int(rows, O_START);
    c->child_ns = rows_int(rows, O_CHILD);
    c->suspended_ns = rows_int(rows, O_SUSPENDED);
    c->resumes = (uint32_t)rows_int(rows, O_RESUMES);
    c->caller_line = (int32_t)rows_int(rows, O_CALLER_LINE);
    c->caller_function = rows_null(rows, O_CALLER_FUNCTION)
                             ? REGISTRY_NO_FUNCTION
                             : (int32_t)rows_int(rows, O_CALLER_FUNCTION);
    c->parent_function = rows_null(rows, O_PARENT_FUNCTION)
                             ? REGISTRY_NO_FUNCTION
                             : (int32_t)rows_int(rows, O_PARENT_FUNCTION);
    c->node = rows_null(rows, O_NODE) ? 0 : (uint64_t)rows_int(rows, O_NODE);
    c->above = rows_null(rows, O_ABOVE) ? 0 : (uint64_t)rows_int(rows, O_ABOVE);
    c->code = (uint32_t)rows_int(rows, O_CODE);
    c->since_ns = rows_int(rows, O_SINCE);
    c->line = (int32_t)rows_int(rows, O_LINE);
    take_texts(t, c, rows);
    if (rows_int(rows, O_STREAM) == 0) {
        if (!idmap_put(&t->suspended, c->id, c)) {
            sink_fail(t->sink, ERR_FAILED, "memory is out");
            call_free(t, c);
        }
        return;
    }
    s = stored_stream(t, (uint32_t)rows_int(rows, O_STREAM));
    if (s == NULL) {
        sink_fail(t->sink, ERR_FAILED, "memory is out");
        call_free(t, c);
        return;
    }
    stack_push(t, s, c);
}

static int load_open_calls(struct trace *t, struct error *err)
{
    static const char sql[] =
        "SELECT call_id, parent_id, task_id, depth, start_ns, child_ns, suspended_ns, resumes, "
        "caller_line, caller_function_id, stream, code, since_ns, line, parent_function_id, node, above, args, kwonly, kwargs "
        "FROM open_calls WHERE trace_id = $trace::UUID ORDER BY stream, place";
    struct store_param params[] = {store_text("trace", t->id_text)};
    struct store_query query = {.sql = sql, .params = params, .nparams = 1};
    struct rows *rows = NULL;
    int r = store_query(t->sink->store, &query, &rows, err);

    while (r == 0 && (r = rows_next(rows, err)) > 0) {
        take_open_call(t, rows);
        r = 0;
    }
    rows_free(rows);
    return r < 0 ? r : 0;
}

int state_load(struct trace *t, struct error *err)
{
    int ret;

    if ((ret = load_consumed(t, err)) < 0 || (ret = load_open_calls(t, err)) < 0 ||
        (ret = stats_load(t, err)) < 0)
        return ret;
    return 0;
}

static void save_open_calls(struct trace *t)
{
    for (size_t i = 0; i < t->nstreams; i++) {
        struct stream *s = t->streams[i];

        for (size_t k = 0; k < s->depth; k++)
            rows_open_call(t, s->stack[k], s->number, (int32_t)k);
    }
    for (size_t i = 0; i < t->suspended.room; i++) {
        if (t->suspended.slots[i].id != 0)
            rows_open_call(t, t->suspended.slots[i].value, 0, 0);
    }
}

void state_save(struct trace *t, bool done)
{
    struct store_param params[] = {store_text("trace", t->id_text)};

    if (t->stored) {
        sink_exec(t->sink, "DELETE FROM consumed WHERE trace_id = $trace::UUID", params, 1);
        sink_exec(t->sink, "DELETE FROM open_calls WHERE trace_id = $trace::UUID", params, 1);
    }
    save_open_calls(t);
    if (done)
        return;
    save_trace(t);
    for (size_t i = 0; i < t->nstreams; i++)
        save_stream(t, t->streams[i]);
    t->batch++;
}
