/* report_stack.c - what was open at the end and what happened last: the heart of a timeout report, and of any run that was
 * killed or goes on. The stack is not guessed from events: ingest keeps the open calls. */
#include "base/base.h"

#include "query/brief.h"
#include "query/report.h"

#define VALUE_BYTES 40
#define STACK_ROWS 200

/* ---- the stack ---------------------------------------------------------------------------- */

static const struct column STACK[] = {
    {"place", "Place", COLUMN_INT, 0,
     "on the thread's stack, 0 the outermost; null: suspended (a generator, a coroutine)"},
    {"function", "Function", COLUMN_TEXT, 0, "module and function"},
    {"args", "Arguments", COLUMN_JSON, 0, "of the call"},
    {"file_path", "File", COLUMN_TEXT, 0, "of the function"},
    {"line_number", "Line", COLUMN_INT, 0, "where it was, as far as known; else of its definition"},
    {"open_ms", "Open for", COLUMN_MS, 0, "from its start to the last that was recorded, in ms"},
    {"call_id", "Call", COLUMN_INT, 0, "of the call in its trace"},
    {"thread_id", "Thread", COLUMN_INT, 0, "that ran it"},
    {"pid", "PID", COLUMN_INT, 0, "of its process"},
    {"trace_id", "Trace", COLUMN_ID, 0, "its process"},
};

const struct question_part report_part_stack = {
    "open_calls",     "calls that had begun and not ended, thread by thread", PART_LINES, 0, STACK,
    ARRAY_SIZE(STACK)};
const struct question_part report_part_stack_alone = {
    "open_calls", "calls that had begun and not ended, thread by thread",
    PART_LINES,   PART_MAIN,
    STACK,        ARRAY_SIZE(STACK)};

/* Where a caller is, its callee knows. */
static const char STACK_SQL[] = REPORT_PICKED
    "SELECT o.place, " REPORT_NAME ", v.args, f.file_path, "
    "  coalesce(CASE WHEN lead(o.caller_function_id) OVER stack = o.function_id "
    "    THEN lead(o.caller_line) OVER stack END, o.line, f.line_number), "
    "  (coalesce(epoch_ns(p.ended_at), max(o.start_ns) OVER (PARTITION BY o.trace_id)) - "
    "o.start_ns) / 1e6::DOUBLE, "
    "  o.call_id::BIGINT, o.thread_id, p.pid, o.trace_id, coalesce(t.name, ''), "
    "  row_number() OVER (PARTITION BY o.trace_id, o.thread_id ORDER BY o.place NULLS LAST, "
    "o.start_ns) AS nth, "
    "  count(*) OVER (PARTITION BY o.trace_id) <> count(*) OVER () "
    "    OR count(*) OVER (PARTITION BY o.trace_id, o.thread_id) <> count(*) OVER () AS several "
    "FROM open_calls o JOIN functions f ON f.id = o.function_id JOIN picked p ON p.id = o.trace_id "
    "LEFT JOIN calls v ON v.trace_id = o.trace_id AND v.call_id = o.call_id AND v.outcome = 'open' "
    "LEFT JOIN threads t ON t.trace_id = o.trace_id AND t.thread_id = o.thread_id "
    "WINDOW stack AS (PARTITION BY o.trace_id, o.thread_id ORDER BY o.place NULLS LAST, "
    "o.start_ns) "
    "ORDER BY p.started_at, o.trace_id, o.thread_id, o.place NULLS LAST, o.start_ns LIMIT 200";

static int say_open(void *ctx, struct rows *rows, struct cell *cells)
{
    struct report *r = ctx;
    struct part *part = r->answer->last;
    struct buf args = BUF_INIT(400);
    const char *where = "";

    if (cells[2].kind == CELL_JSON)
        brief_args(&args, cells[2].text, cells[2].len, VALUE_BYTES);
    if (rows_int(rows, 12) != 0 && rows_int(rows, 11) == 1)
        where = answer_printf(r->answer, "  (process %lld, thread %lld %s)",
                              (long long)cells[8].integer, (long long)cells[7].integer,
                              rows_text(rows, 10, NULL));
    if (cells[0].kind == CELL_NULL)
        part_say(r->answer, part, 0, "suspended: %s(%s) at %s:%lld%s", cells[1].text,
                 buf_text(&args), cells[3].text, (long long)cells[4].integer, where);
    else
        part_say(r->answer, part, 0, "%lld: %s(%s) at %s:%lld%s", (long long)cells[0].integer,
                 cells[1].text, buf_text(&args), cells[3].text, (long long)cells[4].integer, where);
    buf_release(&args);
    return 0;
}

int report_stack(struct report *r, struct error *err)
{
    struct fetch fetch = {STACK_SQL, r->params, ARRAY_SIZE(r->params), say_open, r};
    struct part *part;
    int ret;

    if (r->open_calls == 0)
        return 0;
    part = report_begin(r, &report_part_stack,
                        r->timed_out ? "Call Stack at Timeout:"
                        : r->running ? "Open Now:"
                                     : "Open at the End:");
    ret = fetch_rows(r->ask, r->answer, part, &fetch, NULL, err);
    if (ret == 0)
        answer_omit(r->answer, r->open_calls - (int64_t)part->nrows, "open calls", "%d are shown",
                    STACK_ROWS);
    return ret;
}

/* ---- the last events ---------------------------------------------------------------------- */

static const struct column EVENTS[] = {
    {"event_type", "Event", COLUMN_TEXT, 0, "call, return or exception"},
    {"function", "Function", COLUMN_TEXT, 0, "module and function"},
    {"file_path", "File", COLUMN_TEXT, 0, "of the function"},
    {"line_number", "Line", COLUMN_INT, 0, "of its definition; where an exception was raised"},
    {"timestamp", "Time", COLUMN_TIME, 0, "UTC"},
    {"call_id", "Call", COLUMN_INT, 0, "of the call in its trace"},
    {"trace_id", "Trace", COLUMN_ID, 0, "its process"},
};

const struct question_part report_part_events = {
    "last_events",     "the last events before the timeout, oldest first", PART_LINES, 0, EVENTS,
    ARRAY_SIZE(EVENTS)};

/* The last of each table first, then the last of these: no table is sorted as a whole. */
static const char EVENTS_SQL[] = REPORT_PICKED
    ", last AS ("
    "  (SELECT 'call' AS kind, function_id, NULL AS line, start_ns AS at_ns, call_id, trace_id "
    "FROM call_rows "
    "    WHERE trace_id IN (SELECT id FROM picked) ORDER BY start_ns DESC LIMIT $n) "
    "  UNION ALL (SELECT 'call', function_id, NULL, start_ns, call_id, trace_id FROM open_calls "
    "    WHERE trace_id IN (SELECT id FROM picked) ORDER BY start_ns DESC LIMIT $n) "
    "  UNION ALL (SELECT 'return', function_id, NULL, start_ns + duration_ns, call_id, trace_id "
    "FROM call_rows "
    "    WHERE trace_id IN (SELECT id FROM picked) AND outcome <> 1 ORDER BY start_ns + "
    "duration_ns DESC LIMIT $n) "
    "  UNION ALL (SELECT 'exception', function_id, line_number, at_ns, call_id, trace_id FROM "
    "exception_rows "
    "    WHERE trace_id IN (SELECT id FROM picked) ORDER BY at_ns DESC LIMIT $n)) "
    "SELECT kind, " REPORT_NAME
    ", f.file_path, coalesce(line, f.line_number), make_timestamp(at_ns // 1000), "
    "  call_id::BIGINT, trace_id "
    "FROM (SELECT * FROM last ORDER BY at_ns DESC, call_id DESC LIMIT $n) LEFT JOIN functions f ON "
    "f.id = function_id "
    "ORDER BY at_ns, call_id";

static int say_event(void *ctx, struct rows *rows, struct cell *cells)
{
    struct report *r = ctx;

    (void)rows;
    part_say(r->answer, r->answer->last, 0, "[%s] %s at %s:%lld", cells[0].text,
             cells[1].kind != CELL_NULL ? cells[1].text : "?",
             cells[2].kind != CELL_NULL ? cells[2].text : "?", (long long)cells[3].integer);
    return 0;
}

int report_last_events(struct report *r, struct error *err)
{
    struct store_param params[] = {r->params[0], r->params[1], store_int("n", REPORT_LAST_EVENTS)};
    struct fetch fetch = {EVENTS_SQL, params, ARRAY_SIZE(params), say_event, r};
    struct part *part = report_begin(r, &report_part_events, "Last 10 Events Before Timeout:");

    return fetch_rows(r->ask, r->answer, part, &fetch, NULL, err);
}
