/*
 * performance.c - the question `performance`: how long a function's calls take. The numbers come from the statistics, which
 * are exact whatever was thinned out; the histograms of several traces are added up bucket by bucket. The slowest calls come
 * from the recorded ones.
 */
#include "base/base.h"

#include "base/histogram.h"
#include "query/fetch.h"
#include "query/function.h"

static const struct argument ARGS[] = {
    {.name = "function",
     .type = ARGUMENT_FUNCTION,
     .flags = ARGUMENT_POSITIONAL | ARGUMENT_REQUIRED,
     .example = "fetch_data",
     .help = "its name, Class.name, module.name, or a glob"},
    PAGE_ARG_LIMIT("10", "how many of the slowest calls to show"),
    SCOPE_ARG_TRACE(
        "in one process: its ID or the beginning of it, last, last~1; by default in all"),
    SCOPE_ARG_RUN,
};

static const struct column FIELDS[] = {
    {"function", "Function", COLUMN_TEXT, 0,
     "module and function; of several, the name as it was asked for: the numbers are of all of them"},
};
static const struct column STATISTICS[] = {
    {"call_count", "Calls", COLUMN_INT, 0, "exact: recorded, thinned out and open ones"},
    {"avg_duration_ms", "Average", COLUMN_MS, 0, "of the finished calls, waiting included, in ms"},
    {"min_duration_ms", "Fastest", COLUMN_MS, 0, "in ms"},
    {"max_duration_ms", "Slowest", COLUMN_MS, 0, "in ms"},
    {"p50_ms", "Median", COLUMN_MS, 0, "in ms; from a histogram, off by at most 1.6 %"},
    {"p95_ms", "95 %", COLUMN_MS, 0, "95 of 100 calls were faster, in ms; likewise"},
    {"p99_ms", "99 %", COLUMN_MS, 0, "99 of 100 calls were faster, in ms; likewise"},
    {"total_ms", "Total", COLUMN_MS, 0,
     "sum of all durations in ms; of recursive calls each counts"},
    {"self_ms", "Self", COLUMN_MS, 0,
     "time in the function alone, without traced calls and waiting, in ms"},
    {"exception_count", "Raised", COLUMN_INT, 0, "calls that ended by an exception"},
    {"open_calls", "Open", COLUMN_INT, 0, "calls that had begun and not ended"},
    {"timed_calls", "Timed", COLUMN_INT, 0, "finished calls that the times are made of"},
    {"recorded_calls", "Recorded", COLUMN_INT, 0,
     "calls that are there with arguments and results"},
    {"gear", "Gear", COLUMN_TEXT, 0,
     "full: every call was recorded; else how far it was thinned out"},
};
static const struct column FUNCTIONS[] = {
    {"function", "Function", COLUMN_TEXT, COLUMN_WIDE, "module and function"},
    {"file_path", "File", COLUMN_TEXT, COLUMN_NOT_IN_TABLE, "where it is"},
    {"line_number", "Line", COLUMN_INT, 0, "of its definition"},
    {"call_count", "Calls", COLUMN_INT, 0, "exact"},
    {"avg_duration_ms", "Average", COLUMN_MS, 0, "in ms"},
    {"max_duration_ms", "Slowest", COLUMN_MS, 0, "in ms"},
    {"total_ms", "Total", COLUMN_MS, 0, "in ms"},
    {"self_ms", "Self", COLUMN_MS, 0, "in ms"},
};
static const struct column SLOWEST[] = {
    {"trace_id", "Trace", COLUMN_ID, COLUMN_NOT_IN_TABLE, "the process"},
    {"call_id", "Call", COLUMN_INT, COLUMN_NOT_IN_TABLE, "the call in its trace"},
    {"function", "Function", COLUMN_TEXT, 0, "module and function"},
    {"started_at", "Started At", COLUMN_TIME, 0, "UTC"},
    {"duration_ms", "Duration", COLUMN_MS, 0, "from its beginning to its end in ms"},
    {"self_ms", "Self", COLUMN_MS, 0, "in it alone, in ms"},
    {"outcome", "Outcome", COLUMN_TEXT, 0, "return or exception"},
    {"args", "Arguments", COLUMN_JSON, COLUMN_WIDE, "what it was given"},
    {"result", "Result", COLUMN_JSON, COLUMN_WIDE, "what it returned; null if it raised"},
    {"exception", "Exception", COLUMN_TEXT, COLUMN_NOT_IN_TABLE, "class and message, if it raised"},
    {"thread_id", "Thread", COLUMN_INT, COLUMN_NOT_IN_TABLE, "that ran it"},
    {"caller", "Caller", COLUMN_TEXT, COLUMN_NOT_IN_TABLE, "the traced function that called it"},
    {"caller_line", "Line", COLUMN_INT, COLUMN_NOT_IN_TABLE, "of the call"},
};

static const struct question_part FIELDS_PART = {"function", "which function", PART_FIELDS,
                                                 0,          FIELDS,           ARRAY_SIZE(FIELDS)};
static const struct question_part STATISTICS_PART = {
    "statistics", "all its calls in numbers", PART_RECORD, 0, STATISTICS, ARRAY_SIZE(STATISTICS)};
static const struct question_part FUNCTIONS_PART = {
    "functions", "the functions of that name, where there are several",
    PART_ROWS,   0,
    FUNCTIONS,   ARRAY_SIZE(FUNCTIONS)};
static const struct question_part SLOWEST_PART = {
    "slowest_traces",   "the slowest of the recorded calls", PART_ROWS, PART_MAIN, SLOWEST,
    ARRAY_SIZE(SLOWEST)};

/* clang-format off */
static const char STATS_SQL[] =
    "SELECT call_count, recorded_calls, timed_calls, exception_count, total_ns, self_ns, min_ns, max_ns, gear, histogram "
    "FROM stat_rows WHERE function_id IN %s AND trace_id IN %s";
static const char OPEN_SQL[] =
    "SELECT count(*) FROM open_calls WHERE function_id IN %s AND trace_id IN %s";
static const char FUNCTIONS_SQL[] =
    "SELECT f.module_name || '.' || f.function_name, f.file_path, f.line_number, sum(s.call_count)::BIGINT, "
    "  sum(s.total_ns) / nullif(sum(s.timed_calls), 0) / 1e6::DOUBLE, max(s.max_ns) / 1e6::DOUBLE, sum(s.total_ns) / 1e6::DOUBLE, sum(s.self_ns) / 1e6::DOUBLE "
    "FROM stat_rows s JOIN functions f ON f.id = s.function_id WHERE s.function_id IN %s AND s.trace_id IN %s "
    "GROUP BY f.id, 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3 LIMIT 20";
/* The slowest are found first, by two narrow columns and the places of the rows: of ten million calls each column more takes as long as
 * opening the database. Of the same duration who ended first comes first. Only they get their texts. The function is in both conditions:
 * a list of calls alone is looked at behind the scan, with all columns read, one function within it. */
static const char SLOWEST_SQL[] =
    "SELECT trace_id, call_id::BIGINT FROM call_rows WHERE rowid IN (SELECT rowid FROM call_rows "
    "  WHERE function_id IN %s AND trace_id IN %s%s ORDER BY duration_ns DESC, rowid LIMIT %lld)";
static const char TEXTS_SQL[] =
    "SELECT v.trace_id, v.call_id::BIGINT, f.module_name || '.' || f.function_name, v.started_at, v.duration_ns / 1e6::DOUBLE, v.self_ns / 1e6::DOUBLE, v.outcome, "
    "  v.args, v.result, " FETCH_RAISED ", v.thread_id, g.module_name || '.' || g.function_name, v.caller_line "
    "FROM (SELECT * FROM calls WHERE %s AND function_id IN %s AND outcome <> 'open') v JOIN functions f ON f.id = v.function_id "
    "LEFT JOIN functions g ON g.id = v.caller_function_id "
    "LEFT JOIN exception_rows e ON e.trace_id = v.trace_id AND e.exception_id = v.exception_id "
    "ORDER BY v.duration_ns DESC, v.start_ns";
/* clang-format on */

struct sums {
    int64_t calls, recorded, timed, exceptions, open;
    double total_ns, self_ns;
    int64_t min_ns, max_ns;
    const char *gear;
    uint32_t buckets[HISTOGRAM_BUCKETS];
};

static uint32_t le(const unsigned char *p, int bytes)
{
    uint32_t v = 0;

    for (int i = bytes; i > 0; i--)
        v = v << 8 | p[i - 1];
    return v;
}

/* docs/store.md: u16 first bucket, u16 n, n counts as u32. */
static void add_histogram(struct sums *s, const char *blob, size_t len)
{
    const unsigned char *p = (const unsigned char *)blob;
    uint32_t first, n;

    if (blob == NULL || len < 4)
        return;
    first = le(p, 2);
    n = le(p + 2, 2);
    for (uint32_t i = 0; i < n && 4 + 4 * (size_t)(i + 1) <= len; i++)
        if (first + i < HISTOGRAM_BUCKETS)
            s->buckets[first + i] += le(p + 4 + 4 * (size_t)i, 4);
}

static void add_stat(struct answer *answer, struct sums *s, struct rows *rows)
{
    size_t len = 0;
    const char *blob = rows_text(rows, 9, &len), *gear = rows_text(rows, 8, NULL);

    s->calls += rows_int(rows, 0);
    s->recorded += rows_int(rows, 1);
    s->exceptions += rows_int(rows, 3);
    s->total_ns += rows_double(rows, 4);
    s->self_ns += rows_double(rows, 5);
    if (rows_int(rows, 2) > 0 && !rows_null(rows, 6)) {
        if (s->timed == 0 || rows_int(rows, 6) < s->min_ns)
            s->min_ns = rows_int(rows, 6);
        if (rows_int(rows, 7) > s->max_ns)
            s->max_ns = rows_int(rows, 7);
    }
    s->timed += rows_int(rows, 2);
    /* Any trace in which it was thinned says more than one in which it was not. */
    if (gear != NULL && (s->gear == NULL || strcmp(s->gear, "full") == 0))
        s->gear = answer_printf(answer, "%s", gear);
    add_histogram(s, blob, len);
}

static int read_stats(const struct asking *ask, struct answer *answer, const struct functions *f,
                      const struct scope *scope, struct sums *s, struct error *err)
{
    struct store_query query = {.sql = answer_printf(answer, STATS_SQL, f->ids, scope->traces),
                                .timeout_ms = ask->timeout_ms};
    struct rows *rows = NULL;
    int ret = store_query(ask->store, &query, &rows, err);

    while (ret >= 0 && (ret = rows_next(rows, err)) > 0)
        add_stat(answer, s, rows);
    rows_free(rows);
    if (ret == 0)
        ret = store_query_int(ask->store, answer_printf(answer, OPEN_SQL, f->ids, scope->traces),
                              &s->open, err);
    return ret < 0 ? ret : 0;
}

static struct cell quantile(const struct sums *s, double q)
{
    struct histogram_run run = {s->buckets, 0, HISTOGRAM_BUCKETS, (uint64_t)s->min_ns,
                                (uint64_t)s->max_ns};

    if (s->timed == 0)
        return (struct cell){.kind = CELL_NULL};
    return cell_double((double)histogram_quantile(&run, q) / 1e6);
}

static int add_statistics(struct answer *answer, const struct sums *s, struct error *err)
{
    struct part *part =
        answer_part(answer, PART_RECORD, "statistics", STATISTICS, ARRAY_SIZE(STATISTICS));
    struct cell *c = part_add(answer, part);

    if (c == NULL)
        return error_set(err, ERR_FAILED, "out of memory");
    part->title = "Statistics:";
    c[0] = cell_int(s->calls);
    if (s->timed > 0) {
        c[1] = cell_double(s->total_ns / (double)s->timed / 1e6);
        c[2] = cell_double((double)s->min_ns / 1e6);
        c[3] = cell_double((double)s->max_ns / 1e6);
    }
    c[4] = quantile(s, 0.5);
    c[5] = quantile(s, 0.95);
    c[6] = quantile(s, 0.99);
    c[7] = cell_double(s->total_ns / 1e6);
    c[8] = cell_double(s->self_ns / 1e6);
    c[9] = cell_int(s->exceptions);
    c[10] = cell_int(s->open);
    c[11] = cell_int(s->timed);
    c[12] = cell_int(s->recorded);
    c[13] = cell_text(answer, s->gear);
    return 0;
}

static void go_on(const struct asking *ask, struct answer *answer, const struct scope *scope,
                  const struct sums *s, const struct part *slowest)
{
    const char *name = arguments_text(ask->args, "function");
    int64_t finished = s->calls - s->open, shown = (int64_t)slowest->nrows;

    if (finished > shown && s->calls == s->recorded)
        answer_omit(answer, finished - shown, "calls", "faster than these");
    else if (finished > shown)
        answer_omit(
            answer, finished - shown, "calls",
            "showing the slowest %lld of %lld recorded calls; %lld were made, timing exact for %lld",
            (long long)shown, (long long)s->recorded, (long long)s->calls, (long long)s->timed);
    answer_suggest(answer, "its calls in order, its callers and callees", "calls", "function", name,
                   scope_name(scope), scope_value(scope), NULL);
    if (s->exceptions > 0)
        answer_suggest(answer, "the calls that raised", "calls", "function", name, "outcome",
                       "exception", scope_name(scope), scope_value(scope), NULL);
    if (slowest->first != NULL)
        answer_suggest(answer, "what the slowest call did", "tree", "call",
                       answer_printf(answer, "%lld", (long long)slowest->first->cells[1].integer),
                       "trace", slowest->first->cells[0].text, NULL);
}

/*
 * A duration that at least `n` timed calls reach, or 0. With it in the condition whole groups of rows are passed over by their
 * maximum, without a look at them.
 */
static int64_t reached_by(const struct sums *s, int64_t n)
{
    int64_t above = 0;

    for (uint32_t i = HISTOGRAM_BUCKETS; i > 0; i--) {
        above += s->buckets[i - 1];
        if (above >= n)
            return (int64_t)histogram_low(i - 1);
    }
    return 0;
}

static int add_slowest(const struct asking *ask, struct answer *answer, const struct functions *f,
                       const struct scope *scope, const struct sums *s, struct part *part,
                       struct error *err)
{
    long long limit = (long long)arguments_int(ask->args, "limit");
    const char *chosen = NULL, *reach;
    struct fetch fetch = {0};
    size_t n = 0;
    int ret;

    reach = answer_printf(answer, " AND duration_ns >= %lld", (long long)reached_by(s, limit));
    fetch.sql = answer_printf(answer, SLOWEST_SQL, f->ids, scope->traces, reach, limit);
    ret = fetch_chosen(ask, answer, &fetch, &chosen, &n, err);
    /* Some of the slow ones may be timed only, and have no row. */
    if (ret == 0 && (int64_t)n < limit) {
        fetch.sql = answer_printf(answer, SLOWEST_SQL, f->ids, scope->traces, "", limit);
        ret = fetch_chosen(ask, answer, &fetch, &chosen, &n, err);
    }
    if (ret < 0 || chosen == NULL)
        return ret;
    fetch.sql = answer_printf(answer, TEXTS_SQL, chosen, f->ids);
    return fetch_rows(ask, answer, part, &fetch, NULL, err);
}

static int ask_performance(const struct asking *ask, struct answer *answer, struct error *err)
{
    struct fetch fetch = {0};
    struct sums *sums = arena_alloc(&answer->arena, sizeof(*sums));
    struct functions found;
    struct scope scope;
    struct part *part;
    struct cell *cells;
    int ret = scope_read(ask, SCOPE_ALL, &scope, err);

    if (ret == 0)
        ret =
            functions_find(ask, answer, arguments_text(ask->args, "function"), &scope, &found, err);
    if (ret < 0)
        return ret;
    cells =
        part_add(answer, answer_part(answer, PART_FIELDS, "function", FIELDS, ARRAY_SIZE(FIELDS)));
    if (sums == NULL || cells == NULL)
        return error_set(err, ERR_FAILED, "out of memory");
    cells[0] =
        cell_text(answer, found.called > 1 ? arguments_text(ask->args, "function") : found.label);
    ret = read_stats(ask, answer, &found, &scope, sums, err);
    if (ret == 0)
        ret = add_statistics(answer, sums, err);
    if (ret == 0 && found.called > 1) {
        part = answer_part(answer, PART_ROWS, "functions", FUNCTIONS, ARRAY_SIZE(FUNCTIONS));
        if (part != NULL)
            part->title = "Functions of that name:";
        fetch.sql = answer_printf(answer, FUNCTIONS_SQL, found.ids, scope.traces);
        ret = fetch_rows(ask, answer, part, &fetch, NULL, err);
    }
    if (ret < 0)
        return ret;
    part = answer_rows(answer, "slowest_traces", SLOWEST, ARRAY_SIZE(SLOWEST));
    if (part != NULL)
        part->title = "Slowest calls:";
    ret = add_slowest(ask, answer, &found, &scope, sums, part, err);
    if (ret < 0 || part == NULL)
        return ret;
    answer->total = sums->calls;
    go_on(ask, answer, &scope, sums, part);
    return 0;
}

static const struct question_part *const PARTS[] = {&FIELDS_PART, &STATISTICS_PART, &FUNCTIONS_PART,
                                                    &SLOWEST_PART, NULL};

static const char *const EXAMPLES[] = {
    "breadcrumb performance fetch_data",
    "how long its calls take, and the ten slowest",
    "breadcrumb performance process_payment --limit 5",
    "the five slowest",
    NULL,
};

static const struct question_tool TOOL = {
    .name = "analyze_performance",
    .title = "Performance of a function",
    .use = "Use this when a function is slow: count, percentiles and total of its "
           "calls, exact even where calls were thinned out, and the slowest with "
           "their arguments.",
};

const struct question question_performance = {
    .name = "performance",
    .summary = "say how long a function's calls take, and show the slowest with their arguments",
    .args = ARGS,
    .nargs = ARRAY_SIZE(ARGS),
    .parts = PARTS,
    .examples = EXAMPLES,
    .flags = QUESTION_OF_TRACES,
    .tool = &TOOL,
    .ask = ask_performance,
};
