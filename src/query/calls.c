/*
 * calls.c - the question `calls`: the recorded calls of a function with arguments and results, who made them and what they
 * called. Callers and callees go by parent_id, never by time.
 */
#include "base/base.h"

#include "query/fetch.h"
#include "query/function.h"

static const char *const OUTCOMES[] = {"return", "exception", "open", NULL};
static const char *const ORDERS[] = {"time", "duration", NULL};

static const struct argument ARGS[] = {
    {.name = "function",
     .type = ARGUMENT_FUNCTION,
     .flags = ARGUMENT_POSITIONAL | ARGUMENT_REQUIRED,
     .example = "Cart.total",
     .help = "its name, Class.name, module.name, or a glob"},
    PAGE_ARG_LIMIT("20", "how many calls to show"),
    PAGE_ARG_SKIP("leave out the first N"),
    SCOPE_ARG_TRACE(
        "in one process: its ID or the beginning of it, last, last~1; by default in the latest run"),
    SCOPE_ARG_RUN,
    {.name = "since",
     .letter = 's',
     .type = ARGUMENT_TIME,
     .metavar = "TIME",
     .example = "30m",
     .help = "calls that began since then: 30m, 2h, 1d, a date, a date and time"},
    {.name = "outcome",
     .type = ARGUMENT_CHOICE,
     .choices = OUTCOMES,
     .help = "only calls that ended so: return, exception, or open (not ended)"},
    {.name = "order",
     .type = ARGUMENT_CHOICE,
     .choices = ORDERS,
     .fallback = "time",
     .help = "time: as they began; duration: the slowest first"},
};

static const struct column FIELDS[] = {
    {"function", "Function", COLUMN_TEXT, 0,
     "module and function; the busiest, when several have the name"},
    {"call_count", "Calls", COLUMN_INT, 0, "that were made, exact"},
    {"recorded_calls", "Recorded", COLUMN_INT, 0, "that are there with their arguments"},
    {"timed_calls", "Timed", COLUMN_INT, 0,
     "that have ended, and whose times are in the statistics"},
    {"gear", "Gear", COLUMN_TEXT, 0,
     "full: every call was recorded; else how far it was thinned out"},
};
static const struct column COLUMNS[] = {
    {"call_id", "Call", COLUMN_INT, 0, "in its trace; unique there"},
    {"trace_id", "Trace", COLUMN_ID, COLUMN_NOT_IN_TABLE, "the process"},
    {"function", "Function", COLUMN_TEXT, 0, "module and function"},
    {"started_at", "Started At", COLUMN_TIME, 0, "UTC"},
    {"duration_ms", "Duration", COLUMN_MS, 0,
     "from its beginning to its end in ms; null while it is open"},
    {"self_ms", "Self", COLUMN_MS, COLUMN_NOT_IN_TABLE, "in it alone, in ms"},
    {"outcome", "Outcome", COLUMN_TEXT, 0, "return, exception or open"},
    {"args", "Arguments", COLUMN_JSON, COLUMN_WIDE, "what it was given"},
    {"result", "Result", COLUMN_JSON, COLUMN_WIDE,
     "what it returned; null if it raised or is open"},
    {"exception", "Exception", COLUMN_TEXT, COLUMN_NOT_IN_TABLE,
     "class and message, if one ended it"},
    {"caller", "Caller", COLUMN_TEXT, COLUMN_NOT_IN_TABLE,
     "the function that called it, recorded or not"},
    {"caller_line", "Line", COLUMN_INT, COLUMN_NOT_IN_TABLE, "of the call"},
    {"parent_id", "Parent", COLUMN_INT, COLUMN_NOT_IN_TABLE,
     "the recorded call that it was made in; null: none"},
    {"depth", "Depth", COLUMN_INT, COLUMN_NOT_IN_TABLE, "of calls within calls, 0 the outermost"},
    {"resumes", "Resumes", COLUMN_INT, COLUMN_NOT_IN_TABLE,
     "how often it went on after it was suspended"},
    {"thread_id", "Thread", COLUMN_INT, COLUMN_NOT_IN_TABLE, "in which it began"},
    {"task_id", "Task", COLUMN_INT, COLUMN_NOT_IN_TABLE,
     "the asyncio task that ran it; null: none"},
};
static const struct column NEIGHBOURS[] = {
    {"function", "Function", COLUMN_TEXT, COLUMN_WIDE, "module and function"},
    {"calls", "Calls", COLUMN_INT, 0, "recorded ones between the two"},
    {"total_ms", "Total", COLUMN_MS, 0, "of the called ones' durations in ms"},
};

static const struct question_part FIELDS_PART = {"function", "which function", PART_FIELDS,
                                                 0,          FIELDS,           ARRAY_SIZE(FIELDS)};
static const struct question_part PART = {"calls", "its recorded calls", PART_ROWS, PART_MAIN,
                                          COLUMNS, ARRAY_SIZE(COLUMNS)};
static const struct question_part CALLERS_PART = {
    "callers",  "the functions that called it, recorded or not, the most frequent first",
    PART_ROWS,  0,
    NEIGHBOURS, ARRAY_SIZE(NEIGHBOURS)};
static const struct question_part CALLEES_PART = {
    "callees",  "the recorded functions that it called itself, the most frequent first",
    PART_ROWS,  0,
    NEIGHBOURS, ARRAY_SIZE(NEIGHBOURS)};

/* clang-format off */
/* The page comes from the narrow columns; the view makes JSON only for its rows. */
static const char EVERY_SQL[] =
    "FROM (SELECT trace_id, call_id, start_ns, duration_ns, outcome FROM call_rows WHERE function_id IN %s AND trace_id IN %s "
    "  UNION ALL SELECT trace_id, call_id, start_ns, NULL, 9 FROM open_calls WHERE function_id IN %s AND trace_id IN %s) WHERE %s";
static const char CALLS_SQL[] =
    "SELECT v.call_id::BIGINT, v.trace_id, f.module_name || '.' || f.function_name, v.started_at, v.duration_ns / 1e6::DOUBLE, v.self_ns / 1e6::DOUBLE, "
    "  v.outcome, v.args, v.result, " FETCH_RAISED ", g.module_name || '.' || g.function_name, v.caller_line, "
    "  v.parent_id::BIGINT, v.depth, v.resumes, v.thread_id, v.task_id::BIGINT "
    "FROM (SELECT * FROM calls WHERE %s AND function_id IN %s) v "
    "JOIN functions f ON f.id = v.function_id LEFT JOIN functions g ON g.id = v.caller_function_id "
    "LEFT JOIN exception_rows e ON e.trace_id = v.trace_id AND e.exception_id = v.exception_id "
    "ORDER BY %s";
/* Finished calls are counted by function already; the open ones are few. */
static const char CALLERS_SQL[] =
    "SELECT coalesce(g.module_name || '.' || g.function_name, '(not recorded)'), sum(e.calls)::BIGINT, sum(e.total_ns) / 1e6::DOUBLE "
    "FROM (SELECT caller_function_id, calls, total_ns FROM edge_rows WHERE function_id IN %s AND trace_id IN %s "
    "  UNION ALL SELECT caller_function_id, 1, NULL FROM open_calls WHERE function_id IN %s AND trace_id IN %s) e "
    "LEFT JOIN functions g ON g.id = e.caller_function_id GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20";
static const char CALLEES_SQL[] =
    "SELECT g.module_name || '.' || g.function_name, sum(e.calls)::BIGINT, sum(e.total_ns) / 1e6::DOUBLE "
    "FROM (SELECT function_id, calls, total_ns FROM edge_rows WHERE parent_function_id IN %s AND trace_id IN %s "
    "  UNION ALL SELECT function_id, 1, NULL FROM open_calls WHERE parent_function_id IN %s AND trace_id IN %s) e "
    "JOIN functions g ON g.id = e.function_id GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20";
static const char COUNTS_SQL[] =
    "SELECT sum(call_count)::BIGINT, sum(recorded_calls)::BIGINT, sum(timed_calls)::BIGINT, max(gear ORDER BY gear = 'full', gear DESC) FROM stat_rows "
    "WHERE function_id IN %s AND trace_id IN %s";
/* clang-format on */

struct totals {
    int64_t page, made, recorded; /* calls that fit the options; all; those with a row */
};

static int add_fields(const struct asking *ask, struct answer *answer, const struct functions *f,
                      const struct scope *scope, struct totals *totals, struct error *err)
{
    struct store_query query = {.sql = answer_printf(answer, COUNTS_SQL, f->ids, scope->traces)};
    struct cell *cells =
        part_add(answer, answer_part(answer, PART_FIELDS, "function", FIELDS, ARRAY_SIZE(FIELDS)));
    struct rows *rows = NULL;
    int ret = store_query(ask->store, &query, &rows, err);

    if (ret == 0)
        ret = rows_next(rows, err);
    if (ret > 0 && cells != NULL) {
        totals->made = rows_int(rows, 0);
        totals->recorded = rows_int(rows, 1);
        cells[0] = cell_text(answer, f->label);
        cells[1] = cell_int(totals->made);
        cells[2] = cell_int(totals->recorded);
        cells[3] = cell_int(rows_int(rows, 2));
        cells[4] = cell_text(answer, rows_text(rows, 3, NULL));
    }
    rows_free(rows);
    return ret < 0 ? ret : 0;
}

static const char *condition(const struct asking *ask, struct answer *answer,
                             const struct scope *scope)
{
    const char *outcome = arguments_text(ask->args, "outcome"), *where = "true";

    if (outcome != NULL)
        where = strcmp(outcome, "open") == 0        ? "outcome = 9"
                : strcmp(outcome, "exception") == 0 ? "outcome = 1"
                                                    : "outcome NOT IN (1, 9)";
    if (scope->has_since)
        where = answer_printf(answer, "%s AND start_ns >= %lld", where,
                              (long long)scope->since_us * 1000);
    return where;
}

static void go_on(const struct asking *ask, struct answer *answer, const struct scope *scope,
                  const struct totals *totals, const struct part *calls)
{
    int64_t skip = arguments_int(ask->args, "skip"), limit = arguments_int(ask->args, "limit");
    int64_t seen = skip + (int64_t)calls->nrows;
    const char *name = arguments_text(ask->args, "function");

    answer->total = totals->page;
    if (seen < totals->page) {
        answer_omit(answer, totals->page - seen, "calls", "after these (--limit %lld)",
                    (long long)limit);
        answer_suggest(answer, "the calls that come next", "calls", "function", name, "limit",
                       answer_printf(answer, "%lld", (long long)limit), "skip",
                       answer_printf(answer, "%lld", (long long)seen), "order",
                       arguments_text(ask->args, "order"), scope_name(scope), scope_value(scope),
                       NULL);
    }
    if (totals->made > totals->recorded)
        answer_omit(answer, totals->made - totals->recorded, "calls",
                    "thinned out: %lld of %lld calls were recorded; the counts are exact",
                    (long long)totals->recorded, (long long)totals->made);
    answer_suggest(answer, "how long they take", "performance", "function", name, scope_name(scope),
                   scope_value(scope), NULL);
    if (calls->first != NULL)
        answer_suggest(answer, "what the first of these did", "tree", "call",
                       answer_printf(answer, "%lld", (long long)calls->first->cells[0].integer),
                       "trace", calls->first->cells[1].text, NULL);
}

static int explain_empty(const struct asking *ask, struct answer *answer,
                         const struct totals *totals)
{
    const char *outcome = arguments_text(ask->args, "outcome");

    answer->why =
        totals->recorded == 0
            ? answer_printf(answer,
                            "%lld calls were made, and none is recorded: they were thinned out",
                            (long long)totals->made)
        : outcome != NULL
            ? answer_printf(answer, "it was called %lld times; no call fits --outcome %s",
                            (long long)totals->made, outcome)
        : arguments_int(ask->args, "skip") > 0
            ? answer_printf(answer, "it was called %lld times, and --skip leaves all of them out",
                            (long long)totals->made)
            : answer_printf(answer, "it was called %lld times, but not since then",
                            (long long)totals->made);
    return 0;
}

static int add_neighbours(const struct asking *ask, struct answer *answer,
                          const struct functions *f, const struct scope *scope, struct error *err)
{
    const char *t = scope->traces;
    struct fetch fetch = {0};
    struct part *part =
        answer_part(answer, PART_ROWS, "callers", NEIGHBOURS, ARRAY_SIZE(NEIGHBOURS));
    int ret;

    if (part != NULL)
        part->title = "Callers:";
    fetch.sql = answer_printf(answer, CALLERS_SQL, f->ids, t, f->ids, t);
    ret = fetch_rows(ask, answer, part, &fetch, NULL, err);
    if (ret < 0)
        return ret;
    part = answer_part(answer, PART_ROWS, "callees", NEIGHBOURS, ARRAY_SIZE(NEIGHBOURS));
    if (part != NULL)
        part->title = "Callees:";
    fetch.sql = answer_printf(answer, CALLEES_SQL, f->ids, t, f->ids, t);
    return fetch_rows(ask, answer, part, &fetch, NULL, err);
}

/* The page's calls, and how many there are in all. */
static int add_calls(const struct asking *ask, struct answer *answer, const struct functions *f,
                     const struct scope *scope, struct totals *totals, struct error *err)
{
    int64_t limit = arguments_int(ask->args, "limit"), skip = arguments_int(ask->args, "skip");
    bool slowest = strcmp(arguments_text(ask->args, "order"), "duration") == 0;
    const char *order = slowest ? "duration_ns DESC NULLS LAST, start_ns" : "start_ns, call_id";
    const char *where = condition(ask, answer, scope), *chosen = NULL;
    const char *every =
        answer_printf(answer, EVERY_SQL, f->ids, scope->traces, f->ids, scope->traces, where);
    struct part *part = answer_rows(answer, "calls", COLUMNS, ARRAY_SIZE(COLUMNS));
    struct fetch fetch = {0};
    size_t n;
    int ret;

    /* Numbers and not parameters: the first N are then found in one pass without a sort. */
    fetch.sql = answer_printf(answer,
                              "SELECT trace_id, call_id::BIGINT AS call_id %s ORDER BY %s "
                              "LIMIT %lld OFFSET %lld",
                              every, order, (long long)limit, (long long)skip);
    ret = fetch_chosen(ask, answer, &fetch, &chosen, &n, err);
    if (ret < 0 || part == NULL)
        return ret;
    if (chosen != NULL) {
        fetch.sql = answer_printf(answer, CALLS_SQL, chosen, f->ids,
                                  slowest ? "v.duration_ns DESC NULLS LAST, v.start_ns"
                                          : "v.start_ns, v.call_id");
        ret = fetch_rows(ask, answer, part, &fetch, NULL, err);
    }
    totals->page = skip + (int64_t)part->nrows;
    /* A page that is not full is the last one, unless it is empty or was cut. */
    if (ret < 0 ||
        ((int64_t)part->nrows < limit && part->nrows > 0 && fetch_bytes(answer) < ask->max_bytes))
        return ret;
    totals->page = totals->recorded;
    if (strcmp(where, "true") == 0)
        return 0;
    return store_query_int(ask->store, answer_printf(answer, "SELECT count(*) %s", every),
                           &totals->page, err);
}

static int ask_calls(const struct asking *ask, struct answer *answer, struct error *err)
{
    struct totals totals = {0};
    struct functions f;
    struct scope scope;
    struct part *part;
    int ret = scope_read(ask, SCOPE_LATEST_RUN, &scope, err);

    if (ret == 0)
        ret = functions_find(ask, answer, arguments_text(ask->args, "function"), &scope, &f, err);
    if (ret == 0)
        ret = add_fields(ask, answer, &f, &scope, &totals, err);
    if (ret == 0)
        ret = add_calls(ask, answer, &f, &scope, &totals, err);
    part = answer->last;
    if (ret == 0)
        ret = add_neighbours(ask, answer, &f, &scope, err);
    if (ret < 0)
        return ret;
    go_on(ask, answer, &scope, &totals, part);
    return part->nrows == 0 ? explain_empty(ask, answer, &totals) : 0;
}

static const struct question_part *const PARTS[] = {&FIELDS_PART, &PART, &CALLERS_PART,
                                                    &CALLEES_PART, NULL};

static const char *const EXAMPLES[] = {
    "breadcrumb calls Cart.total",
    "its calls in the latest run, with arguments and results",
    "breadcrumb calls shop.price.total --outcome exception",
    "those that raised",
    "breadcrumb calls 'Loader.*' --order duration --format table",
    "the slowest calls of all methods of Loader, for reading",
    NULL,
};

static const char *const HIDDEN[] = {"since", NULL};

static const struct question_tool TOOL = {
    .name = "calls",
    .title = "Calls of a function",
    .use = "Use this to see what a function was given and what it returned, call "
           "by call, with who called it and what it called: to find where a wrong "
           "value comes from.",
    .hidden = HIDDEN,
};

const struct question question_calls = {
    .name = "calls",
    .summary = "show a function's calls: arguments, results, callers and callees",
    .args = ARGS,
    .nargs = ARRAY_SIZE(ARGS),
    .parts = PARTS,
    .examples = EXAMPLES,
    .flags = QUESTION_OF_TRACES,
    .tool = &TOOL,
    .ask = ask_calls,
};
