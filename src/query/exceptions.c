/*
 * exceptions.c - the question `exceptions`: what was raised, each exception once however many frames it crossed, with these
 * frames and what they were given, who caught it, and what it came from.
 */
#include "base/base.h"

#include "query/exceptions.h"
#include "query/fetch.h"
#include "query/scope.h"

#define FRAMES_MOST 20 /* of one exception: the innermost */
#define CAUSES_MOST 10

static const struct argument ARGS[] = {
    {.name = "since",
     .letter = 's',
     .type = ARGUMENT_TIME,
     .fallback = "1h",
     .metavar = "TIME",
     .example = "30m",
     .help = "those raised since then: 30m, 2h, 1d, 1w, a date, a date and time, or last (the "
             "latest run); with --trace or --run all of it"},
    PAGE_ARG_LIMIT("10", "how many exceptions to show"),
    PAGE_ARG_SKIP("leave out the newest N"),
    SCOPE_ARG_TRACE("those of one process: its ID or the beginning of it, last, last~1"),
    SCOPE_ARG_RUN,
    {.name = "type",
     .type = ARGUMENT_TEXT,
     .metavar = "NAME",
     .example = "ValueError",
     .help = "those of this class, with or without its module"},
    {.name = "unhandled",
     .type = ARGUMENT_FLAG,
     .help = "those that ended a thread or the program"},
};

static const struct column COLUMNS[] = {
    {"id", "ID", COLUMN_ID, COLUMN_NOT_IN_TABLE, "the exception: its event in trace_events"},
    {"trace_id", "Trace", COLUMN_ID, COLUMN_NOT_IN_TABLE, "the process"},
    {"created_at", "Time", COLUMN_TIME, COLUMN_SECONDS, "when it was raised, UTC"},
    {"exception_type", "Exception", COLUMN_TEXT, 0, "its class"},
    {"message", "Message", COLUMN_TEXT, COLUMN_WIDE, "its str()"},
    {"function_name", "Raised In", COLUMN_TEXT, 0, "the function that raised it"},
    {"module_name", "Module", COLUMN_TEXT, 0, "of that function"},
    {"file_path", "File", COLUMN_TEXT, COLUMN_NOT_IN_TABLE, "of that function"},
    {"line_number", "Line", COLUMN_INT, 0, "that raised it"},
    {"handled", "Handled", COLUMN_TEXT, 0,
     "true: code caught it; false: it ended the thread or the program; unknown: it left the code that is recorded"},
    {"handled_by", "Handled By", COLUMN_TEXT, 0,
     "the function that caught it; null: none, or unknown"},
    {"handled_line", "At", COLUMN_INT, COLUMN_NOT_IN_TABLE, "the line that caught it"},
    {"occurrence_count", "Times", COLUMN_INT, 0,
     "exceptions of this class from this function and line in its trace"},
    {"call_id", "Call", COLUMN_INT, COLUMN_NOT_IN_TABLE, "the call that raised it"},
    {"frames", "Frames", COLUMN_JSON, COLUMN_NOT_IN_TABLE,
     "the calls that it ended, innermost first, at most 20: call_id, function, file, line (of the definition), args"},
    {"causes", "Causes", COLUMN_JSON, COLUMN_NOT_IN_TABLE,
     "what it was raised from or while handling, the nearest first: exception_type, message, function, line"},
    {"stack_trace", "Stack", COLUMN_TEXT, COLUMN_NOT_IN_TABLE, "as Python prints it"},
};

static const struct column FIELDS[] = {
    {"time_range", "Since", COLUMN_TEXT, 0, "as it was asked for; null: all of the trace or run"},
    {"limit", "Limit", COLUMN_INT, COLUMN_NOT_IN_TABLE, "as it was asked for"},
};

static const struct question_part PART = {"exceptions", "what was raised, newest first",
                                          PART_ROWS,    PART_MAIN,
                                          COLUMNS,      ARRAY_SIZE(COLUMNS)};
static const struct question_part FIELDS_PART = {
    "range", "what was asked for", PART_FIELDS, PART_NOT_IN_TEXT, FIELDS, ARRAY_SIZE(FIELDS)};

/* The page is found by its narrow columns; only its exceptions get their frames, causes and texts. */
/* clang-format off */
static const char SQL[] =
    "WITH RECURSIVE picked AS (SELECT e.*, count(*) OVER () AS total FROM exception_rows e WHERE %s), "
    "page AS (SELECT * FROM picked ORDER BY at_ns DESC, exception_id DESC LIMIT $limit OFFSET $skip), "
    "times AS (SELECT trace_id, exception_type, function_id, line_number, count(*) AS n FROM exception_rows "
    "  WHERE trace_id IN (SELECT trace_id FROM page) GROUP BY ALL), "
    "crossed AS (SELECT c.trace_id, c.exception_id, c.call_id, c.depth, f.module_name || '.' || f.function_name AS function, "
    "    f.file_path AS file, f.line_number AS line, c.args::VARCHAR AS args, "
    "    row_number() OVER (PARTITION BY c.trace_id, c.exception_id ORDER BY c.depth DESC, c.start_ns DESC) AS nth "
    "  FROM calls c JOIN functions f ON f.id = c.function_id " /* which has all arguments in one object */
    "  WHERE c.exception_id IN (SELECT exception_id FROM page) AND c.trace_id IN (SELECT trace_id FROM page)), "
    "frames AS (SELECT trace_id, exception_id, '[' || string_agg('{\"call_id\":' || call_id || ',\"function\":' || to_json(function) "
    "    || ',\"file\":' || to_json(file) || ',\"line\":' || line || ',\"args\":' || coalesce(args, '{}') || '}', ',' ORDER BY nth) || ']' AS list "
    "  FROM crossed WHERE nth <= $frames GROUP BY ALL), "
    "chain(trace_id, exception_id, cause_id, step) AS ("
    "    SELECT trace_id, exception_id, cause_id, 1 FROM page WHERE cause_id IS NOT NULL "
    "  UNION ALL SELECT c.trace_id, c.exception_id, e.cause_id, c.step + 1 FROM chain c "
    "    JOIN exception_rows e ON e.trace_id = c.trace_id AND e.exception_id = c.cause_id "
    "    WHERE e.cause_id IS NOT NULL AND c.step < $causes), "
    "causes AS (SELECT c.trace_id, c.exception_id, '[' || string_agg(json_object('exception_type', split_part(e.exception_type, '.', -1), "
    "    'message', e.message, 'function', f.module_name || '.' || f.function_name, 'line', e.line_number)::VARCHAR, ',' ORDER BY c.step) || ']' AS list "
    "  FROM chain c JOIN exception_rows e ON e.trace_id = c.trace_id AND e.exception_id = c.cause_id "
    "  LEFT JOIN functions f ON f.id = e.function_id GROUP BY ALL) "
    "SELECT x.id, p.trace_id, x.created_at, x.exception_type, p.message, x.function_name, x.module_name, x.file_path, p.line_number, "
    "  x.handled, x.handled_by, p.handled_line, t.n, p.call_id::BIGINT, coalesce(fr.list, '[]'), coalesce(ca.list, '[]'), p.stack_trace, p.total "
    "FROM page p JOIN (SELECT id, trace_id, exception_id, created_at, exception_type, function_name, module_name, file_path, handled, handled_by "
    "    FROM exceptions WHERE trace_id IN (SELECT trace_id FROM page)) x ON x.trace_id = p.trace_id AND x.exception_id = p.exception_id "
    "LEFT JOIN times t ON t.trace_id = p.trace_id AND t.exception_type = p.exception_type "
    "  AND t.function_id IS NOT DISTINCT FROM p.function_id AND t.line_number IS NOT DISTINCT FROM p.line_number "
    "LEFT JOIN frames fr ON fr.trace_id = p.trace_id AND fr.exception_id = p.exception_id "
    "LEFT JOIN causes ca ON ca.trace_id = p.trace_id AND ca.exception_id = p.exception_id "
    "ORDER BY p.at_ns DESC, p.exception_id DESC";
/* clang-format on */

struct found {
    int64_t total;
    const char *first_function; /* that raised the newest; NULL: code that is not recorded */
};

static int read_total(void *ctx, struct rows *rows, struct cell *cells)
{
    struct found *found = ctx;

    found->total = rows_int(rows, ARRAY_SIZE(COLUMNS));
    if (found->first_function == NULL && cells[EXCEPTION_FUNCTION].kind == CELL_TEXT)
        found->first_function = cells[EXCEPTION_FUNCTION].text;
    return 0;
}

/* With a trace or a run named, `since` only counts where it was given. */
static bool since_counts(const struct asking *ask, const struct scope *scope)
{
    return scope->has_since && (scope->everything || arguments_given(ask->args, "since"));
}

static const char *condition(const struct asking *ask, struct answer *answer,
                             const struct scope *scope)
{
    const char *where = answer_printf(answer, "e.trace_id IN %s", scope->traces);

    if (scope->everything)
        where = "true";
    if (since_counts(ask, scope))
        where = answer_printf(answer, "%s AND e.at_ns >= %lld", where,
                              (long long)scope->since_us * 1000);
    if (arguments_flag(ask->args, "unhandled"))
        where = answer_printf(answer, "%s AND e.handled = 0", where);
    if (arguments_given(ask->args, "type"))
        where = answer_printf(
            answer,
            "%s AND (e.exception_type = $type OR ends_with(e.exception_type, '.' || $type))",
            where);
    return where;
}

static int count_all(const struct asking *ask, struct answer *answer, const char *where,
                     const char *type, int64_t *ret, struct error *err)
{
    struct store_param params[] = {store_text("type", type)};
    struct store_query query = {
        .sql = answer_printf(answer, "SELECT count(*) FROM exception_rows e WHERE %s", where),
        .params = params,
        .nparams = 1};
    struct rows *rows = NULL;
    int code = store_query(ask->store, &query, &rows, err);

    if (code == 0 && (code = rows_next(rows, err)) > 0)
        *ret = rows_int(rows, 0);
    rows_free(rows);
    return code < 0 ? code : 0;
}

/* Nothing to show: none at all, none in that time, none of that kind, or past the last page. */
static int explain_empty(const struct asking *ask, struct answer *answer, const struct scope *scope,
                         const char *where, struct error *err)
{
    int64_t all = 0, skip = arguments_int(ask->args, "skip");
    int ret = count_all(ask, answer, where, arguments_text(ask->args, "type"), &answer->total, err);

    if (ret == 0)
        ret = store_query_int(ask->store, "SELECT count(*) FROM exception_rows", &all, err);
    if (ret < 0)
        return ret;
    if (answer->total > 0) {
        answer->why = answer_printf(answer, "there are %lld, and --skip leaves out %lld",
                                    (long long)answer->total, (long long)skip);
        return 0;
    }
    if (all == 0) {
        answer->why = "no exception was raised in code that is recorded";
        answer_suggest(answer, "what ran", "report", NULL);
        return 0;
    }
    answer->why = answer_printf(
        answer, "%s; the database has %lld exceptions",
        since_counts(ask, scope)
            ? answer_printf(answer, "none that fits was raised since %s", scope->since)
            : "none that fits was raised there",
        (long long)all);
    answer_suggest(answer, "all that is stored, the newest first", "exceptions", "since",
                   "1970-01-01", NULL);
    return 0;
}

static void go_on(const struct asking *ask, struct answer *answer, const struct scope *scope,
                  const struct part *part, const struct found *found)
{
    int64_t skip = arguments_int(ask->args, "skip"), limit = arguments_int(ask->args, "limit");
    int64_t seen = skip + (int64_t)part->nrows;

    if (seen < found->total) {
        answer_omit(answer, found->total - seen, "exceptions", "older than these (%s %lld)",
                    (int64_t)part->nrows < limit ? "the answer is full, below --limit" : "--limit",
                    (long long)limit);
        answer_suggest(answer, "the next older ones", "exceptions", "limit",
                       answer_printf(answer, "%lld", (long long)limit), "skip",
                       answer_printf(answer, "%lld", (long long)seen), "since",
                       since_counts(ask, scope) ? scope->since : "1970-01-01", scope_name(scope),
                       scope_value(scope), NULL);
    }
    if (found->first_function != NULL)
        answer_suggest(answer, "the calls of the function that raised the newest", "calls",
                       "function", found->first_function, "trace",
                       part->first->cells[EXCEPTION_TRACE].text, NULL);
    answer_suggest(answer, "the whole run, with its stack and its busiest functions", "report",
                   "trace", part->first->cells[EXCEPTION_TRACE].text, NULL);
}

static int ask_exceptions(const struct asking *ask, struct answer *answer, struct error *err)
{
    struct scope scope;
    int ret = scope_read(ask, SCOPE_ALL, &scope, err);
    struct store_param params[] = {
        store_int("limit", arguments_int(ask->args, "limit")),
        store_int("skip", arguments_int(ask->args, "skip")), store_int("frames", FRAMES_MOST),
        store_int("causes", CAUSES_MOST), store_text("type", arguments_text(ask->args, "type"))};
    struct found found = {0};
    struct fetch fetch = {NULL, params, ARRAY_SIZE(params), read_total, &found};
    struct part *fields, *part;
    struct cell *cells;
    const char *where;

    if (ret < 0)
        return ret;
    where = condition(ask, answer, &scope);
    fetch.sql = answer_printf(answer, SQL, where);
    part = answer_rows(answer, "exceptions", COLUMNS, ARRAY_SIZE(COLUMNS));
    fields = answer_part(answer, PART_FIELDS, "range", FIELDS, ARRAY_SIZE(FIELDS));
    cells = part_add(answer, fields);
    if (cells == NULL)
        return error_set(err, ERR_FAILED, "out of memory");
    fields->flags |= PART_NOT_IN_TEXT;
    cells[0] = cell_text(answer, since_counts(ask, &scope) ? scope.since : NULL);
    cells[1] = cell_int(arguments_int(ask->args, "limit"));
    ret = fetch_rows(ask, answer, part, &fetch, NULL, err);
    if (ret < 0)
        return ret;
    answer->total = found.total;
    if (ask->form == ANSWER_CELLS && part->nrows > 0)
        exceptions_tell(answer, part);
    if (part->nrows == 0)
        return explain_empty(ask, answer, &scope, where, err);
    go_on(ask, answer, &scope, part, &found);
    return 0;
}

static const struct question_part *const PARTS[] = {&PART, &FIELDS_PART, NULL};

static const char *const EXAMPLES[] = {
    "breadcrumb exceptions",
    "what was raised in the last hour",
    "breadcrumb exceptions --since 30m",
    "in the last 30 minutes",
    "breadcrumb exceptions --since last --unhandled --format table",
    "what nobody caught in the latest run, for reading",
    NULL,
};

static const struct question_tool TOOL = {
    .name = "find_exceptions",
    .title = "Exceptions",
    .use = "Use this when something was raised: each exception once, with message, "
           "line, the calls it crossed and their arguments, who caught it, what it "
           "came from. Newest first.",
};

const struct question question_exceptions = {
    .name = "exceptions",
    .summary =
        "show what was raised: where, with which arguments, who caught it, what it came from",
    .args = ARGS,
    .nargs = ARRAY_SIZE(ARGS),
    .parts = PARTS,
    .examples = EXAMPLES,
    .flags = QUESTION_OF_TRACES,
    .tool = &TOOL,
    .ask = ask_exceptions,
};
