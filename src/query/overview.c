/*
 * overview.c - the question `overview`: where to begin with a run. What ran and how it ended, what failed and what it was given, what
 * is odd, where the time went, what is missing; then where to look next. overview_failed.c finds what failed, overview_odd.c what is odd.
 */
#include "base/base.h"

#include "query/again.h"
#include "query/busiest.h"
#include "query/overview.h"
#include "query/stopped.h"

#define MOST_QUOTA_MB (1024 * 1024) /* that the setting may have */

static const struct argument ARGS[] = {
    SCOPE_ARG_TRACE("one process: its ID or the beginning of it, last, last~1; by default all of "
                    "the latest run"),
    SCOPE_ARG_RUN,
};

static const struct column SUMMARY[] = {
    {"trace_id", "Trace", COLUMN_ID, 0, "the first process"},
    {"run_id", "Run", COLUMN_ID, COLUMN_NOT_IN_TABLE, "what ties its processes together"},
    {"command", "Command", COLUMN_TEXT, 0, "its command line"},
    {"status", "Status", COLUMN_STATUS, 0, "running, completed or failed"},
    {"end_reason", "Ended By", COLUMN_TEXT, 0,
     "exit, exception, signal, timeout, exec, os._exit or unknown"},
    {"exit_code", "Exit Code", COLUMN_INT, 0, "of the first process"},
    {"started_at", "Started At", COLUMN_TIME, COLUMN_SECONDS, "UTC"},
    {"duration_ms", "Duration", COLUMN_MS, 0, "to the last end in ms; so far, while it runs"},
    {"processes", "Processes", COLUMN_INT, 0, "that were recorded"},
    {"calls", "Calls", COLUMN_INT, 0, "exact, those that were thinned out too"},
    {"functions", "Functions", COLUMN_INT, 0, "different ones that were called"},
    {"exceptions", "Exceptions", COLUMN_INT, 0, "raised, each counted once"},
    {"unhandled", "Unhandled", COLUMN_INT, 0, "of them ended a thread or the program"},
    {"open_calls", "Open Calls", COLUMN_INT, 0, "begun and not ended"},
};

static const struct column STOPPED[] = {
    {"recording_stopped", "Recording Stopped", COLUMN_TEXT, 0,
     "why, and what is missing; there only where the recording stopped itself"},
};

static const struct column TIME[] = {
    {"function", "Function", COLUMN_TEXT, COLUMN_WIDE, "module and function"},
    {"calls", "Calls", COLUMN_INT, 0, "exact"},
    {"self_ms", "Self", COLUMN_MS, 0, "time in it alone, in ms"},
    {"total_ms", "Total", COLUMN_MS, 0, "time in it and below, in ms"},
    {"max_ms", "Longest", COLUMN_MS, 0, "call, in ms"},
    BUSIEST_KEPT(0),
};

static const struct column MISSING[] = {
    {"cause", "Cause", COLUMN_TEXT, 0,
     "quota, disk_full, ...; thinned: calls of hot functions, their counts stay exact"},
    {"events", "Events", COLUMN_INT, 0, "not recorded"},
};

static const struct column UNTRACED[] = {
    {"not_traced", "Not Traced", COLUMN_TEXT, 0,
     "modules that were seen at work and not recorded, the first five; there only where there are any"},
};

static const struct question_part SUMMARY_PART = {
    "overview", "what ran and how it ended", PART_RECORD, 0, SUMMARY, ARRAY_SIZE(SUMMARY)};
/* A field of the answer, so that an agent's list of tools does not grow by what is rare. */
static const struct question_part STOPPED_PART = {
    "recording_stopped", "where the recording stopped itself", PART_FIELDS, 0, STOPPED,
    ARRAY_SIZE(STOPPED)};
static const struct question_part TIME_PART = {"time", "where the time went", PART_ROWS, 0,
                                               TIME,   ARRAY_SIZE(TIME)};
static const struct question_part MISSING_PART = {"missing", "what was not recorded", PART_ROWS, 0,
                                                  MISSING,   ARRAY_SIZE(MISSING)};
static const struct question_part UNTRACED_PART = {
    "not_traced",        "modules that were seen and not recorded", PART_FIELDS, 0, UNTRACED,
    ARRAY_SIZE(UNTRACED)};

/* clang-format off */
/* The traces are named in each condition, and not taken from a CTE: DuckDB plans a join for each use of one. */
static const char SUMMARY_SQL[] =
    "SELECT first.id, first.run_id, first.command, CASE WHEN p.running > 0 THEN 'running' ELSE first.status END, "
    "  first.end_reason, first.exit_code, first.started_at, p.ms, p.n, coalesce(s.calls, 0), s.functions, e.n, e.unhandled, o.n, p.stopped "
    "FROM (SELECT * FROM traces WHERE id IN %1$s ORDER BY started_at, id LIMIT 1) first, "
    "(SELECT count(*) AS n, count(*) FILTER (status = 'running') AS running, count(*) FILTER (" IS_STOPPED ") AS stopped, "
    "  (epoch_us(max(coalesce(ended_at, get_current_timestamp()::TIMESTAMP))) - epoch_us(min(started_at))) / 1000.0::DOUBLE AS ms "
    "  FROM traces WHERE id IN %1$s) p, "
    "(SELECT sum(call_count)::BIGINT AS calls, count(DISTINCT function_id) AS functions FROM stat_rows WHERE trace_id IN %1$s) s, "
    "(SELECT count(*) AS n, count(*) FILTER (handled = 0) AS unhandled FROM exception_rows WHERE trace_id IN %1$s) e, "
    "(SELECT count(*) AS n FROM open_calls WHERE trace_id IN %1$s) o";

#define PICKED "WITH picked AS (SELECT * FROM traces WHERE id IN %s) "
static const char STOPPED_SQL[] = PICKED "SELECT NULL, " STOPPED_COLUMNS;

static const char TIME_SQL[] =
    "SELECT name, calls, self_ns / 1e6::DOUBLE, total_ns / 1e6::DOUBLE, max_ns / 1e6::DOUBLE, " BUSIEST_KEPT_SQL
    " FROM %s ORDER BY rank";

static const char MISSING_SQL[] =
    "SELECT * FROM (SELECT cause, sum(events)::BIGINT AS n FROM losses WHERE trace_id IN %1$s GROUP BY cause "
    "UNION ALL SELECT 'thinned', (sum(call_count) - sum(recorded_calls))::BIGINT FROM stat_rows WHERE trace_id IN %1$s) "
    "WHERE n > 0 ORDER BY n DESC, cause = 'thinned', cause";

/* What called recorded code or caught its exceptions; `gaps` looks further. */
static const char UNTRACED_SQL[] =
    "WITH seen AS (SELECT caller_function_id AS id, calls FROM edge_rows WHERE caller_function_id IS NOT NULL AND trace_id IN %1$s "
    "  UNION ALL SELECT handled_by, 1 FROM exception_rows WHERE handled_by IS NOT NULL AND trace_id IN %1$s), "
    "modules AS (SELECT module_name, sum(calls) AS n FROM seen JOIN functions f USING (id) "
    "  WHERE id NOT IN (SELECT function_id FROM stat_rows WHERE trace_id IN %1$s) AND NOT starts_with(module_name, 'importlib._bootstrap') "
    "  GROUP BY module_name) "
    "SELECT count(*) || ' module' || CASE WHEN count(*) = 1 THEN ' was' ELSE 's were' END || ' seen and not recorded: ' || "
    "  array_to_string(list(module_name ORDER BY n DESC, module_name)[1:5], ', ') || CASE WHEN count(*) > 5 THEN ', ...' ELSE '' END || "
    "  ' (breadcrumb gaps says why)' FROM modules HAVING count(*) > 0";
/* clang-format on */

static struct part *begin(struct overview *o, const struct question_part *declared,
                          const char *title)
{
    struct part *part = answer_part(o->answer, declared->kind, declared->name, declared->columns,
                                    declared->ncolumns);

    if (part != NULL) {
        part->title = title;
        part->flags |= declared->flags;
    }
    return part;
}

static int fetch(struct overview *o, struct part *part, const char *sql,
                 int (*each)(void *, struct rows *, struct cell *), struct error *err)
{
    struct fetch fetch = {answer_printf(o->answer, sql, o->scope.traces), NULL, 0, each, o};

    return fetch_rows(o->ask, o->answer, part, &fetch, NULL, err);
}

static int read_summary(void *ctx, struct rows *rows, struct cell *cells)
{
    struct overview *o = ctx;

    /* What stands below may be of a child process. */
    o->within = cells[8].integer > 1 ? "run" : "trace";
    o->within_id = cells[cells[8].integer > 1 ? 1 : 0].text;
    o->exceptions = cells[11].integer;
    o->open_calls = cells[13].integer;
    o->stopped = rows_int(rows, ARRAY_SIZE(SUMMARY));
    o->command = cells[2].text;
    return 0;
}

static int say_stopped(void *ctx, struct rows *rows, struct cell *cells)
{
    struct overview *o = ctx;
    const char *of =
        o->stopped > 1 ? answer_printf(o->answer, " in %lld processes", (long long)o->stopped) : "";
    const char *cause;

    cells[0] = cell_text(
        o->answer,
        answer_printf(
            o->answer,
            "the recording stopped itself after %lld overflows of its quota or the disk%s: "
            "%lld events are missing. The program ran on; its calls are counted",
            (long long)rows_int(rows, 2), of, (long long)rows_int(rows, 1)));
    cause = rows_text(rows, 7, NULL);
    if (cause == NULL || strcmp(cause, STOPPED_BY_DISK) != 0)
        o->quota_mb = rows_int(rows, 6);
    return 0;
}

static int read_time(void *ctx, struct rows *rows, struct cell *cells)
{
    struct overview *o = ctx;

    (void)rows;
    if (o->slowest == NULL)
        o->slowest = cells[0].text;
    return 0;
}

/* ---- where to look next --------------------------------------------------------------------------- */

static void go_on(const struct overview *o)
{
    if (o->stopped > 0 && o->quota_mb > 0)
        answer_suggest(o->answer, "if the rest matters: record it with more room", "run", "timeout",
                       "60", "quota",
                       answer_printf(o->answer, "%lld",
                                     (long long)(o->quota_mb < MOST_QUOTA_MB / 4 ? 4 * o->quota_mb
                                                                                 : MOST_QUOTA_MB)),
                       "",
                       again_command(o->ask, o->answer, o->scope.traces,
                                     o->command != NULL ? o->command : "CMD", "quota_mb"),
                       NULL);
    if (o->odd_function != NULL)
        answer_suggest(o->answer, o->odd_why, "calls", "function", o->odd_function, o->within,
                       o->within_id, "order", o->odd_order, NULL);
    if (o->exceptions > 0)
        answer_suggest(o->answer,
                       "what was raised, the calls it crossed with their arguments, what "
                       "it came from",
                       "exceptions", o->within, o->within_id, NULL);
    if (o->open_calls > 0)
        answer_suggest(o->answer, "what was running at the end, with arguments", "stack", o->within,
                       o->within_id, NULL);
    if (o->failed_in != NULL)
        answer_suggest(o->answer, "the calls of the function that raised", "calls", "function",
                       o->failed_in, o->within, o->within_id, NULL);
    if (o->slowest != NULL)
        answer_suggest(o->answer, "the function that took most time itself", "performance",
                       "function", o->slowest, o->within, o->within_id, NULL);
    answer_suggest(o->answer, "what was called and not recorded", "gaps", NULL);
}

static int ask_overview(const struct asking *ask, struct answer *answer, struct error *err)
{
    struct overview o = {.ask = ask, .answer = answer, .odd_order = "time"};
    struct part *part;
    int ret = scope_read(ask, SCOPE_LATEST_RUN, &o.scope, err);

    if (ret < 0)
        return ret;
    part = begin(&o, &SUMMARY_PART, NULL);
    ret = fetch(&o, part, SUMMARY_SQL, read_summary, err);
    if (ret == 0 && o.stopped > 0)
        ret = fetch(&o, begin(&o, &STOPPED_PART, NULL), STOPPED_SQL, say_stopped, err);
    part = begin(&o, &overview_failed_part, "Failures:");
    if (ret == 0 && part != NULL && o.exceptions > 0)
        ret = overview_failed(&o, part, err);
    if (ret == 0 && part != NULL)
        answer_omit(answer, o.kinds - (int64_t)part->nrows, "failures",
                    "the overview shows 6 kinds");
    part = begin(&o, &overview_odd_part, "Odd:");
    if (ret == 0 && part != NULL)
        ret = overview_odd(&o, part, err);
    part = begin(&o, &TIME_PART, "Time:");
    if (ret == 0)
        ret = fetch(
            &o, part,
            answer_printf(answer, TIME_SQL, busiest_sql(answer, o.scope.traces, "self_ns", 5, 0)),
            read_time, err);
    part = begin(&o, &MISSING_PART, "Missing:");
    if (ret == 0)
        ret = fetch(&o, part, MISSING_SQL, NULL, err);
    if (ret == 0)
        ret = fetch(&o, begin(&o, &UNTRACED_PART, NULL), UNTRACED_SQL, NULL, err);
    if (ret < 0)
        return ret;
    go_on(&o);
    return 0;
}

static const struct question_part *const PARTS[] = {
    &SUMMARY_PART, &STOPPED_PART, &overview_failed_part, &overview_odd_part,
    &TIME_PART,    &MISSING_PART, &UNTRACED_PART,        NULL};

static const char *const EXAMPLES[] = {
    "breadcrumb overview",
    "where to begin with the latest run",
    "breadcrumb overview --trace last~1 --format table",
    "of the process before the last, for reading",
    NULL,
};

static const struct question_tool TOOL = {
    .name = "overview",
    .title = "Where to begin",
    .use = "Use this first: what the latest run (or trace) did and how it ended, "
           "what failed and with which arguments, calls unlike the others of their "
           "function, where the time went. Then follow `next`.",
};

const struct question question_overview = {
    .name = "overview",
    .summary = "say where to begin with a run: what failed, what is odd, where the time went",
    .args = ARGS,
    .nargs = ARRAY_SIZE(ARGS),
    .parts = PARTS,
    .examples = EXAMPLES,
    .flags = QUESTION_OF_TRACES,
    .tool = &TOOL,
    .ask = ask_overview,
};
