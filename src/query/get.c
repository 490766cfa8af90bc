/* get.c - the question `get`: one trace with its events in order and its exceptions. */
#include "base/base.h"

#include "query/events.h"
#include "query/trace_id.h"

static const struct argument ARGS[] = {
    {.name = "trace_id",
     .type = ARGUMENT_TRACE,
     .flags = ARGUMENT_POSITIONAL | ARGUMENT_REQUIRED,
     .help = "the trace's ID, the beginning of it, last, or last~1 for the one before"},
    {.name = "limit",
     .letter = 'n',
     .type = ARGUMENT_INT,
     .min = 1,
     .max = 1000000,
     .fallback = "1000",
     .metavar = "N",
     .help = "how many events to show"},
    {.name = "skip",
     .letter = 's',
     .type = ARGUMENT_INT,
     .min = 0,
     .max = INT64_MAX,
     .fallback = "0",
     .metavar = "N",
     .help = "leave out the first N events"},
};

static const struct column TRACE[] = {
    {"id", "ID", COLUMN_ID, 0, "the trace"},
    {"run_id", "Run", COLUMN_ID, 0, "what ties the processes of one `breadcrumb run` together"},
    {"parent_trace_id", "Parent", COLUMN_ID, 0,
     "the process that began this one; null: it was not traced"},
    {"status", "Status", COLUMN_STATUS, 0, "running, completed or failed"},
    {"started_at", "Started at", COLUMN_TIME, 0, "UTC"},
    {"ended_at", "Ended at", COLUMN_TIME, 0, "UTC; null while it runs"},
    {"duration_ms", "Duration", COLUMN_MS, 0, "in ms; null while it runs"},
    {"end_reason", "Ended by", COLUMN_TEXT, 0,
     "exit, exception, signal, timeout, exec, os._exit or unknown"},
    {"exit_code", "Exit code", COLUMN_INT, 0, "null if unknown"},
    {"command", "Command", COLUMN_TEXT, 0, "the command line of the process"},
    {"pid", "PID", COLUMN_INT, 0, "of the process"},
    {"ppid", "Parent PID", COLUMN_INT, COLUMN_NOT_IN_TABLE, "of its parent"},
    {"thread_id", "Thread ID", COLUMN_INT, COLUMN_NOT_IN_TABLE, "of its main thread"},
    {"host", "Host", COLUMN_TEXT, COLUMN_NOT_IN_TABLE, "where it ran"},
    {"python_version", "Python", COLUMN_TEXT, 0, "of the interpreter"},
    {"breadcrumb_version", "Breadcrumb", COLUMN_TEXT, COLUMN_NOT_IN_TABLE, "that recorded it"},
    {"metadata", "Metadata", COLUMN_JSON, COLUMN_NOT_IN_TABLE,
     "what the recorder noted beside the events"},
};

enum { TRACE_ID, TRACE_STATUS = 3 };

static const struct column EXCEPTIONS[] = {
    {"id", "ID", COLUMN_ID, COLUMN_NOT_IN_TABLE, "the exception"},
    {"event_id", "Event", COLUMN_ID, COLUMN_NOT_IN_TABLE, "its event"},
    {"exception_type", "Exception", COLUMN_TEXT, 0, "its class"},
    {"message", "Message", COLUMN_TEXT, COLUMN_WIDE, "its str()"},
    {"stack_trace", "Stack", COLUMN_TEXT, COLUMN_NOT_IN_TABLE, "as Python prints it"},
    {"created_at", "Time", COLUMN_TIME, 0, "UTC"},
    {"function_name", "Function", COLUMN_TEXT, 0, "that raised it"},
    {"module_name", "Module", COLUMN_TEXT, 0, "of the function"},
    {"file_path", "File", COLUMN_TEXT, COLUMN_NOT_IN_TABLE, "of the function"},
    {"line_number", "Line", COLUMN_INT, 0, "that raised it"},
    {"handled", "Handled", COLUMN_TEXT, 0, "true, false or unknown"},
    {"handled_by", "Handled By", COLUMN_TEXT, COLUMN_NOT_IN_TABLE, "the function that caught it"},
    {"call_id", "Call", COLUMN_INT, COLUMN_NOT_IN_TABLE, "that raised it"},
    {"cause_id", "Cause", COLUMN_ID, COLUMN_NOT_IN_TABLE, "the exception that it came from"},
    {"occurrence_count", "Times", COLUMN_INT, 0, "how often this kind was raised on this line"},
};

static const struct column SUMMARY[] = {
    {"trace_id", "Trace", COLUMN_ID, 0, "the trace"},
    {"status", "Status", COLUMN_STATUS, 0, "running, completed or failed"},
    {"event_count", "Events", COLUMN_INT, 0, "all that were recorded, shown or not"},
    {"exception_count", "Exceptions", COLUMN_INT, 0, "all that were raised, shown or not"},
};

static const struct question_part TRACE_PART = {"trace", "the traced process", PART_RECORD, 0,
                                                TRACE,   ARRAY_SIZE(TRACE)};
static const struct question_part EVENTS_PART = {"events",       "its events in the order of time",
                                                 PART_ROWS,      PART_MAIN,
                                                 events_columns, EVENTS_NCOLUMNS};
static const struct question_part EXCEPTIONS_PART = {
    "exceptions", "what was raised in it", PART_ROWS, 0, EXCEPTIONS, ARRAY_SIZE(EXCEPTIONS)};
static const struct question_part SUMMARY_PART = {"summary", "its totals", PART_RECORD,
                                                  0,         SUMMARY,      ARRAY_SIZE(SUMMARY)};

static const char TRACE_SQL[] = "SELECT id, run_id, parent_trace_id, status, started_at, ended_at, "
                                "  (epoch_us(ended_at) - epoch_us(started_at)) / 1000.0::DOUBLE, "
                                "end_reason, exit_code, command, pid, ppid, "
                                "  thread_id, host, python_version, breadcrumb_version, metadata "
                                "FROM traces WHERE id = $id::UUID";

/* clang-format off */
/* The page first, by narrow columns: of a million exceptions only those that are shown get their texts. IDs are made of the numbers at the
 * end (docs/store.md). */
static const char EXCEPTIONS_SQL[] =
    "WITH page AS (SELECT * FROM exception_rows WHERE trace_id = $id::UUID ORDER BY at_ns, exception_id LIMIT $limit), "
    "times AS (SELECT exception_type, function_id, line_number, count(*) AS n FROM exception_rows WHERE trace_id = $id::UUID GROUP BY ALL) "
    "SELECT NULL, NULL, split_part(p.exception_type, '.', -1), p.message, p.stack_trace, make_timestamp(p.at_ns // 1000), "
    "  f.function_name, f.module_name, f.file_path, p.line_number, CASE p.handled WHEN 0 THEN 'false' WHEN 1 THEN 'true' ELSE 'unknown' END, "
    "  h.function_name, p.call_id::BIGINT, NULL, t.n, p.exception_id::BIGINT, p.cause_id::BIGINT "
    "FROM page p LEFT JOIN functions f ON f.id = p.function_id LEFT JOIN functions h ON h.id = p.handled_by "
    "LEFT JOIN times t ON t.exception_type = p.exception_type AND t.function_id IS NOT DISTINCT FROM p.function_id "
    "  AND t.line_number IS NOT DISTINCT FROM p.line_number ORDER BY p.at_ns, p.exception_id";
/* clang-format on */
enum { EXCEPTION_ID, EXCEPTION_EVENT, EXCEPTION_CAUSE = 13 };

struct totals {
    int64_t events, exceptions;
};

struct naming {
    struct answer *answer;
    const char *trace_id;
};

static int name_exception(void *ctx, struct rows *rows, struct cell *cells)
{
    struct naming *n = ctx;

    cells[EXCEPTION_ID] = cells[EXCEPTION_EVENT] =
        cell_text(n->answer, events_id(n->answer, n->trace_id,
                                       rows_int(rows, ARRAY_SIZE(EXCEPTIONS)), EVENT_EXCEPTION));
    if (!rows_null(rows, ARRAY_SIZE(EXCEPTIONS) + 1))
        cells[EXCEPTION_CAUSE] = cell_text(
            n->answer, events_id(n->answer, n->trace_id, rows_int(rows, ARRAY_SIZE(EXCEPTIONS) + 1),
                                 EVENT_EXCEPTION));
    return 0;
}

static int count_all(const struct asking *ask, struct answer *answer,
                     const struct events_page *page, struct totals *ret, struct error *err)
{
    int code = events_count(ask, answer, page, &ret->events, err);

    if (code < 0)
        return code;
    return store_query_int(
        ask->store,
        answer_printf(answer, "SELECT count(*) FROM exception_rows WHERE trace_id = '%s'::UUID",
                      page->trace_id),
        &ret->exceptions, err);
}

static int add_summary(struct answer *answer, struct part *summary, const struct part *trace,
                       const struct totals *totals, struct error *err)
{
    struct cell *c = part_add(answer, summary);

    if (c == NULL || trace->first == NULL)
        return error_set(err, ERR_FAILED, "the answer is too large");
    c[0] = trace->first->cells[TRACE_ID];
    c[1] = trace->first->cells[TRACE_STATUS];
    c[2] = cell_int(totals->events);
    c[3] = cell_int(totals->exceptions);
    return 0;
}

static void say_omitted(struct answer *answer, const struct events_page *page,
                        const struct totals *totals, const struct part *events,
                        const struct part *exceptions)
{
    int64_t seen = page->skip + (int64_t)events->nrows;

    if (seen < totals->events) {
        if ((int64_t)events->nrows < page->limit)
            answer_omit(answer, totals->events - seen, "events", "the answer is full");
        else
            answer_omit(answer, totals->events - seen, "events", "--limit %lld",
                        (long long)page->limit);
        answer_suggest(answer, "the events that come next", "get", "trace_id", page->trace_id,
                       "limit", answer_printf(answer, "%lld", (long long)page->limit), "skip",
                       answer_printf(answer, "%lld", (long long)seen), NULL);
    }
    if (page->skip > 0)
        answer_omit(answer, page->skip < totals->events ? page->skip : totals->events, "events",
                    "before these (--skip %lld)", (long long)page->skip);
    if ((int64_t)exceptions->nrows < totals->exceptions) {
        answer_omit(answer, totals->exceptions - (int64_t)exceptions->nrows, "exceptions",
                    "the first %zu are shown", exceptions->nrows);
        answer_suggest(
            answer, "all exceptions by kind", "query", "sql",
            answer_printf(
                answer,
                "SELECT exception_type, function_name, line_number, count(*) AS n FROM exceptions "
                "WHERE trace_id = '%s' GROUP BY ALL ORDER BY n DESC",
                page->trace_id),
            NULL);
    }
}

static int ask_get(const struct asking *ask, struct answer *answer, struct error *err)
{
    char id[UUID_TEXT];
    struct events_page page =
        events_page_of(id, arguments_int(ask->args, "skip"), arguments_int(ask->args, "limit"));
    struct store_param params[] = {store_text("id", id), store_int("limit", page.limit)};
    struct part *trace, *events, *exceptions, *summary;
    struct asking few = *ask; /* exceptions leave most of the room to the events */
    struct totals totals = {0, 0};
    struct naming naming = {answer, id};
    struct fetch fetch = {TRACE_SQL, params, ARRAY_SIZE(params), NULL, &naming};
    int ret = trace_id_resolve(ask, arguments_text(ask->args, "trace_id"), id, err);

    if (ret < 0)
        return ret;
    /* All parameters point at id, which is filled only now: their lengths too. */
    params[0] = store_text("id", id);
    trace = answer_part(answer, PART_RECORD, "trace", TRACE, ARRAY_SIZE(TRACE));
    events = answer_rows(answer, "events", events_columns, EVENTS_NCOLUMNS);
    exceptions = answer_part(answer, PART_ROWS, "exceptions", EXCEPTIONS, ARRAY_SIZE(EXCEPTIONS));
    summary = answer_part(answer, PART_RECORD, "summary", SUMMARY, ARRAY_SIZE(SUMMARY));
    if (summary == NULL)
        return error_set(err, ERR_FAILED, "the answer is too large");
    events->title = "Events:";
    exceptions->title = "Exceptions:";
    summary->title = "Summary:";
    ret = fetch_rows(ask, answer, trace, &fetch, NULL, err);
    if (ret == 0)
        ret = count_all(ask, answer, &page, &totals, err);
    if (ret == 0)
        ret = add_summary(answer, summary, trace, &totals, err);
    fetch.sql = EXCEPTIONS_SQL;
    fetch.each = name_exception;
    few.max_bytes = ask->max_bytes / 4;
    if (ret == 0)
        ret = fetch_rows(&few, answer, exceptions, &fetch, NULL, err);
    if (ret == 0)
        ret = events_fetch(ask, answer, events, &page, err);
    if (ret < 0)
        return ret;
    answer->total = totals.events;
    say_omitted(answer, &page, &totals, events, exceptions);
    return 0;
}

static const struct question_part *const PARTS[] = {&TRACE_PART, &EVENTS_PART, &EXCEPTIONS_PART,
                                                    &SUMMARY_PART, NULL};

static const char *const EXAMPLES[] = {
    "breadcrumb get last",
    "the latest trace with its events",
    "breadcrumb get 0198c0de --limit 50 --skip 100 --format table",
    "a page of a trace, by the beginning of its ID",
    NULL,
};

static const struct question_tool TOOL = {
    .name = "get_trace",
    .title = "One trace",
    .use = "Use this to see one process from its beginning: its events in the order of time, with "
           "arguments and results, its exceptions and its totals. For one function use "
           "breadcrumb__calls instead.",
};

const struct question question_get = {
    .name = "get",
    .summary = "show one trace: its process, its events in order, its exceptions",
    .args = ARGS,
    .nargs = ARRAY_SIZE(ARGS),
    .parts = PARTS,
    .examples = EXAMPLES,
    .flags = QUESTION_OF_TRACES,
    .tool = &TOOL,
    .ask = ask_get,
};
