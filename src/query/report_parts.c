/* report_parts.c - the report's header, key metrics, exceptions and losses. */
#include "base/base.h"

#include "query/report.h"
#include "query/stopped.h"

/* ---- header ------------------------------------------------------------------------------- */

static const struct column HEADER[] = {
    {"run_id", "Run", COLUMN_ID, 0,
     "what ties the processes together; null for a process of its own"},
    {"trace_id", "Trace", COLUMN_ID, 0, "the first process"},
    {"command", "Command", COLUMN_TEXT, 0, "its command line"},
    {"started_at", "Started at", COLUMN_TIME, 0, "of the first process, UTC"},
    {"ended_at", "Ended at", COLUMN_TIME, COLUMN_NOT_IN_TABLE,
     "of the last process, UTC; null while one runs"},
    {"thread_id", "Thread ID", COLUMN_INT, 0, "of the first process's main thread"},
    {"end_reason", "Ended by", COLUMN_TEXT, 0, "how the first process ended"},
    {"exit_code", "Exit code", COLUMN_INT, 0, "of the first process"},
    {"processes", "Processes", COLUMN_INT, 0, "traced processes"},
    {"timed_out", "Timed out", COLUMN_BOOL, COLUMN_NOT_IN_TABLE, "whether `run` stopped it"},
    {"timeout_s", "Timeout", COLUMN_DOUBLE, COLUMN_NOT_IN_TABLE,
     "the seconds that `run` gave it; null: it was not started by `run`"},
};
enum { H_TRACE = 1, H_TIMED_OUT = 9, H_TIMEOUT };

const struct question_part report_part_header = {"report", "what ran", PART_RECORD,
                                                 0,        HEADER,     ARRAY_SIZE(HEADER)};

/* clang-format off */
static const char HEADER_SQL[] =
    REPORT_PICKED ", first AS (SELECT * FROM picked ORDER BY started_at, id LIMIT 1) "
    "SELECT first.run_id, first.id, first.command, first.started_at, "
    "  (SELECT CASE WHEN count(ended_at) = count(*) THEN max(ended_at) END FROM picked) AS ended_at, "
    "  first.thread_id, first.end_reason, first.exit_code, (SELECT count(*) FROM picked) AS processes, NULL AS timed_out, "
    "  TRY_CAST(nullif(regexp_extract(first.metadata ->> 'settings', '(^|\\n)timeout_s=([0-9.]+)', 2), '') AS DOUBLE) AS timeout_s, "
    "  (SELECT count(*) FROM picked WHERE status = 'running') AS running, " STOPPED_PROCESSES " AS stopped, "
    /* One that handles SIGTERM ends by itself. */
    "  (SELECT count(*) FROM picked WHERE end_reason = 'timeout' OR (metadata->'last_look') IS NOT NULL) AS timed_out "
    "FROM first";
/* clang-format on */

static int read_header(void *ctx, struct rows *rows, struct cell *cells)
{
    struct report *r = ctx;

    snprintf(r->trace_id, sizeof(r->trace_id), "%s", rows_text(rows, 1, NULL));
    snprintf(r->busiest_trace, sizeof(r->busiest_trace), "%s", r->trace_id);
    r->command = cells[2].text;
    r->timed_out = r->timed_out || rows_int(rows, 13) > 0;
    r->processes = rows_int(rows, 8);
    r->running = rows_int(rows, 11) > 0;
    r->stopped = rows_int(rows, 12);
    r->timeout_s = rows_double(rows, H_TIMEOUT);
    cells[H_TIMED_OUT] = cell_bool(r->timed_out);
    return 0;
}

/* The words of a timeout report. */
static void name_timeout(struct report *r, struct part *part)
{
    struct column *columns = arena_alloc(&r->answer->arena, sizeof(HEADER));

    if (columns == NULL)
        return;
    memcpy(columns, HEADER, sizeof(HEADER));
    columns[H_TRACE].title = "Most Recent Trace";
    part->columns = columns;
    part->title =
        r->timeout_s > 0
            ? answer_printf(r->answer, "Command exceeded timeout of %g seconds", r->timeout_s)
            : "Command exceeded its timeout";
}

int report_header(struct report *r, struct error *err)
{
    struct part *part = report_begin(r, &report_part_header, NULL);
    struct fetch fetch = {HEADER_SQL, r->params, ARRAY_SIZE(r->params), read_header, r};
    int ret = fetch_rows(r->ask, r->answer, part, &fetch, NULL, err);

    if (ret == 0 && part->nrows > 0 && r->timed_out)
        name_timeout(r, part);
    if (ret < 0 || part->nrows > 0)
        return ret;
    error_set(err, ERR_TRACE_NOT_FOUND, "No run found with ID: %s", r->run_id);
    return error_suggest(err, "Use 'breadcrumb list' to find available runs: run_id");
}

/* ---- key metrics -------------------------------------------------------------------------- */

static const struct column METRICS[] = {
    {"total_events", "Total Events", COLUMN_INT, 0, "recorded calls, returns and exceptions"},
    {"calls", "- Calls", COLUMN_INT, 0, "recorded"},
    {"returns", "- Returns", COLUMN_INT, 0, "recorded"},
    {"exceptions", "- Exceptions", COLUMN_INT, 0, "raised, each counted once"},
    {"calls_made", "Calls made", COLUMN_INT, 0,
     "exact, those that were thinned out too; null when it equals calls"},
    {"open_calls", "Open calls", COLUMN_INT, 0, "begun and not ended; null: none"},
    {"functions", "Functions", COLUMN_INT, 0, "different ones that were called"},
    {"duration_ms", "Duration", COLUMN_MS, 0,
     "from the first start to the last end in ms; so far, while one runs"},
    {"status", "Status", COLUMN_STATUS, 0, "of the first process; running while any runs"},
};

const struct question_part report_part_metrics = {"metrics", "key metrics", PART_RECORD,
                                                  0,         METRICS,       ARRAY_SIZE(METRICS)};

static const char METRICS_SQL[] = REPORT_PICKED
    ", c AS (SELECT count(*) AS calls, count(*) FILTER (outcome IN (0, 2)) AS returns FROM "
    "call_rows "
    "  WHERE trace_id IN %s), "
    "o AS (SELECT count(*) AS calls FROM open_calls WHERE trace_id IN (SELECT id FROM picked)), "
    "e AS (SELECT count(*) AS exceptions FROM exception_rows WHERE trace_id IN (SELECT id FROM "
    "picked)), "
    "s AS (SELECT coalesce(sum(call_count), 0)::BIGINT AS calls, count(DISTINCT function_id) AS "
    "functions "
    "  FROM stat_rows WHERE trace_id IN (SELECT id FROM picked)), "
    "t AS (SELECT (epoch_us(max(coalesce(ended_at, get_current_timestamp()::TIMESTAMP))) - "
    "epoch_us(min(started_at))) "
    "    / 1000.0::DOUBLE AS ms, "
    "  CASE WHEN count(*) FILTER (status = 'running') > 0 THEN 'running' ELSE arg_min(status, "
    "started_at) END AS status "
    "  FROM picked) "
    "SELECT c.calls + o.calls + c.returns + e.exceptions, c.calls + o.calls, c.returns, "
    "e.exceptions, "
    "  CASE WHEN s.calls > c.calls + o.calls THEN s.calls END, nullif(o.calls, 0), s.functions, "
    "t.ms, t.status "
    "FROM c, o, e, s, t";

static int read_metrics(void *ctx, struct rows *rows, struct cell *cells)
{
    struct report *r = ctx;

    (void)cells;
    r->events = rows_int(rows, 0);
    r->exceptions = rows_int(rows, 3);
    r->open_calls = rows_int(rows, 5);
    return 0;
}

int report_metrics(struct report *r, struct error *err)
{
    struct part *part = report_begin(r, &report_part_metrics, "Key Metrics:");
    struct fetch fetch = {answer_printf(r->answer, METRICS_SQL, r->traces), r->params,
                          ARRAY_SIZE(r->params), read_metrics, r};

    return fetch_rows(r->ask, r->answer, part, &fetch, NULL, err);
}

/* ---- exceptions --------------------------------------------------------------------------- */

static const struct column EXCEPTIONS[] = {
    {"exception_type", "Exception", COLUMN_TEXT, 0, "its class"},
    {"message", "Message", COLUMN_TEXT, 0, "of the first of them"},
    {"count", "Count", COLUMN_INT, 0, "how often it was raised there"},
    {"handled", "Handled", COLUMN_TEXT, 0, "true, false or unknown"},
    {"raised_in", "Raised in", COLUMN_TEXT, 0, "module and function"},
    {"file_path", "File", COLUMN_TEXT, 0, "where it was raised"},
    {"line_number", "Line", COLUMN_INT, 0, "where it was raised"},
    {"handled_by", "Handled by", COLUMN_TEXT, 0, "module and function; null if nobody or unknown"},
    {"exception_id", "First", COLUMN_INT, 0, "the first of them"},
    {"trace_id", "Trace", COLUMN_ID, 0, "in this process"},
};

const struct question_part report_part_exceptions = {
    "exceptions", "what was raised, grouped by kind and place, what nobody handled first",
    PART_LINES,   0,
    EXCEPTIONS,   ARRAY_SIZE(EXCEPTIONS)};

static const char EXCEPTIONS_SQL[] = REPORT_PICKED
    "SELECT e.exception_type, arg_min(e.message, e.at_ns), count(*) AS n, "
    "  CASE e.handled WHEN 0 THEN 'false' WHEN 1 THEN 'true' ELSE 'unknown' END AS handled, "
    "  any_value(" REPORT_NAME ") AS raised_in, any_value(f.file_path), e.line_number, "
    "  any_value(h.module_name || '.' || h.function_name), arg_min(e.exception_id, "
    "e.at_ns)::BIGINT, "
    "  arg_min(e.trace_id, e.at_ns) "
    "FROM exception_rows e LEFT JOIN functions f ON f.id = e.function_id LEFT JOIN functions h ON "
    "h.id = e.handled_by "
    "WHERE e.trace_id IN (SELECT id FROM picked) "
    "GROUP BY e.exception_type, e.handled, e.function_id, e.line_number, e.handled_by "
    "ORDER BY e.handled = 0 DESC, n DESC, min(e.at_ns) LIMIT 20";

static const char *or_else(const struct cell *cell, const char *otherwise)
{
    return cell->kind == CELL_NULL ? otherwise : cell->text;
}

static int say_exception(void *ctx, struct rows *rows, struct cell *cells)
{
    struct report *r = ctx;
    bool unhandled = strcmp(or_else(&cells[3], ""), "false") == 0;
    const char *times = "", *end = "";

    (void)rows;
    if (cells[2].integer > 1)
        times = answer_printf(r->answer, " (x %lld)", (long long)cells[2].integer);
    if (unhandled)
        end = ", not handled";
    else if (cells[7].kind != CELL_NULL)
        end = answer_printf(r->answer, ", handled by %s", cells[7].text);
    part_say(r->answer, r->answer->last, 0, "- %s%s%s%s, raised in %s:%lld%s",
             or_else(&cells[0], "?"), or_else(&cells[1], "")[0] != '\0' ? ": " : "",
             or_else(&cells[1], ""), times, or_else(&cells[4], "code that is not traced"),
             (long long)cells[6].integer, end);
    if (unhandled) {
        r->unhandled += cells[2].integer;
        if (r->raised_in == NULL)
            r->raised_in = cells[4].text;
    }
    return 0;
}

int report_exceptions(struct report *r, struct error *err)
{
    struct part *part = report_begin(r, &report_part_exceptions, NULL);
    struct fetch fetch = {EXCEPTIONS_SQL, r->params, ARRAY_SIZE(r->params), say_exception, r};
    int64_t shown = 0;
    int ret = fetch_rows(r->ask, r->answer, part, &fetch, NULL, err);

    if (ret < 0)
        return ret;
    part->title = answer_printf(r->answer, "Exceptions Raised: %lld", (long long)r->exceptions);
    for (const struct row *row = part->first; row != NULL; row = row->next)
        shown += row->cells[2].integer;
    answer_omit(r->answer, r->exceptions - shown, "exceptions",
                "the report names the 20 commonest groups");
    return 0;
}

/* ---- what is missing ---------------------------------------------------------------------- */

static const struct column LOSSES[] = {
    {"cause", "Cause", COLUMN_TEXT, 0,
     "quota, disk_full, thread_table, ...; thinned: a hot function, counts stay exact"},
    {"function", "Function", COLUMN_TEXT, 0, "where it is known"},
    {"events", "Events", COLUMN_INT, 0, "not recorded"},
    {"of", "Of", COLUMN_INT, 0, "thinned: the calls that were made"},
};

const struct question_part report_part_losses = {
    "losses",          "what was thinned out or lost, and why", PART_LINES, PART_PROSE, LOSSES,
    ARRAY_SIZE(LOSSES)};

static const char LOSSES_SQL[] = REPORT_PICKED
    "SELECT * FROM (SELECT l.cause, CASE WHEN count(DISTINCT l.function_id) = 1 THEN "
    "any_value(" REPORT_NAME ") END, "
    "  sum(l.events)::BIGINT AS events, NULL::BIGINT, "
    "  CASE l.cause WHEN 'unreachable' THEN (SELECT any_value(metadata->'notes'->>'unreachable') "
    "FROM picked) END "
    "  FROM losses l LEFT JOIN functions f ON f.id = "
    "l.function_id "
    "  WHERE l.trace_id IN (SELECT id FROM picked) GROUP BY l.cause ORDER BY events DESC) "
    "UNION ALL SELECT * FROM (SELECT 'thinned', any_value(" REPORT_NAME "), "
    "  (sum(s.call_count) - sum(s.recorded_calls))::BIGINT AS events, sum(s.call_count)::BIGINT, "
    "  NULL "
    "  FROM stat_rows s JOIN functions f ON f.id = s.function_id "
    "  WHERE s.trace_id IN (SELECT id FROM picked) AND s.call_count > s.recorded_calls + "
    "  (SELECT coalesce(sum(l.events), 0) FROM losses l WHERE l.trace_id = s.trace_id AND "
    "  l.function_id = s.function_id) "
    "  GROUP BY s.function_id ORDER BY events DESC LIMIT 10)";

/* Each stands for a process, or an interpreter inside of one, whose events nobody can count. */
static void say_unreachable(struct report *r, int64_t count, const char *first)
{
    part_say(r->answer, r->answer->last, 0,
             "- unreachable: %lld Python interpreter%s could not be recorded%s%s", (long long)count,
             count == 1 ? "" : "s",
             first == NULL ? ""
             : count == 1  ? ": Python "
                           : "; the first: Python ",
             first == NULL ? "" : first);
}

/* Causes whose name does not say it. */
static const char *explain_loss(const char *cause)
{
    if (strcmp(cause, "functions") == 0)
        return " of functions that came after the first million of a process; --exclude what makes "
               "them";
    if (strcmp(cause, "ingest_memory") == 0)
        return ": there was no memory for the names of so many functions";
    return "";
}

static int say_loss(void *ctx, struct rows *rows, struct cell *cells)
{
    struct report *r = ctx;
    const char *in =
        cells[1].kind != CELL_NULL ? answer_printf(r->answer, " in %s", cells[1].text) : "";

    if (cells[3].kind != CELL_NULL) {
        r->thinned++;
        part_say(r->answer, r->answer->last, 0,
                 "- thinned: showing %lld of %lld calls of %s; counts are exact",
                 (long long)(cells[3].integer - cells[2].integer), (long long)cells[3].integer,
                 or_else(&cells[1], "?"));
        return 0;
    }
    if (strcmp(or_else(&cells[0], ""), "unreachable") == 0)
        say_unreachable(r, cells[2].integer, rows_text(rows, ARRAY_SIZE(LOSSES), NULL));
    else
        part_say(r->answer, r->answer->last, 0, "- %s: %lld events lost%s%s",
                 or_else(&cells[0], "?"), (long long)cells[2].integer, in,
                 explain_loss(or_else(&cells[0], "")));
    return 0;
}

int report_losses(struct report *r, struct error *err)
{
    struct part *part = report_begin(r, &report_part_losses, "Not Recorded:");
    struct fetch fetch = {LOSSES_SQL, r->params, ARRAY_SIZE(r->params), say_loss, r};

    return fetch_rows(r->ask, r->answer, part, &fetch, NULL, err);
}
