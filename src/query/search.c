/*
 * search.c - the question `search`: where a text occurs, in names of functions, in messages of exceptions, in arguments and
 * results. With --fuzzy: functions whose names are like it.
 */
#include "base/base.h"

#include "query/fetch.h"
#include "query/scope.h"

static const char *const PLACES[] = {"functions", "exceptions", "args", "results", NULL};

static const struct argument ARGS[] = {
    {.name = "term",
     .type = ARGUMENT_TEXT,
     .flags = ARGUMENT_POSITIONAL | ARGUMENT_REQUIRED,
     .metavar = "TERM",
     .example = "order-17",
     .help = "the text to find; upper and lower case are one unless --case is given"},
    {.name = "in",
     .type = ARGUMENT_CHOICE,
     .flags = ARGUMENT_REPEATS,
     .choices = PLACES,
     .help = "where to look: functions, exceptions, args, results; by default everywhere"},
    {.name = "fuzzy",
     .type = ARGUMENT_FLAG,
     .help = "functions whose names are like the text, the nearest first"},
    {.name = "case", .type = ARGUMENT_FLAG, .help = "upper and lower case differ"},
    PAGE_ARG_LIMIT("20", "how many places to show"),
    PAGE_ARG_SKIP("leave out the first N"),
    SCOPE_ARG_TRACE(
        "in one process: its ID or the beginning of it, last, last~1; by default in the latest run"),
    SCOPE_ARG_RUN,
};

static const struct column COLUMNS[] = {
    {"kind", "Where", COLUMN_TEXT, 0, "function, exception, argument or result"},
    {"function", "Function", COLUMN_TEXT, 0, "module and function"},
    {"text", "Text", COLUMN_TEXT, COLUMN_WIDE, "a stretch of what was found, the term in it"},
    {"at", "Time", COLUMN_TIME, COLUMN_SECONDS, "UTC; null for functions"},
    {"trace_id", "Trace", COLUMN_ID, COLUMN_NOT_IN_TABLE, "the process; null for functions"},
    {"call_id", "Call", COLUMN_INT, 0, "the call; null for functions"},
    {"file_path", "File", COLUMN_TEXT, COLUMN_NOT_IN_TABLE, "of the function"},
    {"line_number", "Line", COLUMN_INT, COLUMN_NOT_IN_TABLE,
     "of its definition; where an exception was raised"},
    {"calls", "Calls", COLUMN_INT, COLUMN_NOT_IN_TABLE,
     "functions: how often it was called, exact; null for the others"},
};

static const struct question_part PART = {
    "matches", "the places: functions first, then in order of time",
    PART_ROWS, PART_MAIN,
    COLUMNS,   ARRAY_SIZE(COLUMNS)};

/* clang-format off */
/* 60 characters before the term and what follows it. */
#define AROUND(text) \
    "substr(" text ", greatest(1, strpos(lower(" text "), lower($term)) - 60), 200)"

static const char FUNCTIONS_SQL[] =
    "SELECT 0 AS place, 0 AS at_ns, 'function' AS kind, f.module_name || '.' || f.function_name AS function, "
    "  f.module_name || '.' || f.qualified_name AS text, NULL::UUID AS trace_id, NULL::BIGINT AS call_id, f.file_path AS file, f.line_number AS line, s.calls AS calls "
    "FROM functions f JOIN (SELECT function_id, sum(call_count)::BIGINT AS calls FROM stat_rows WHERE call_count > 0 AND trace_id IN %s GROUP BY 1) s "
    "  ON s.function_id = f.id WHERE %s";
static const char EXCEPTIONS_SQL[] =
    "SELECT 1, e.at_ns, 'exception', f.module_name || '.' || f.function_name, " AROUND("(e.exception_type || ': ' || coalesce(e.message, ''))") ", "
    "  e.trace_id, e.call_id::BIGINT, f.file_path, e.line_number, NULL "
    "FROM exception_rows e LEFT JOIN functions f ON f.id = e.function_id WHERE e.trace_id IN %s AND %s";
#define VALUES_SQL(table, kind, value) \
    "SELECT 1, c.start_ns, '" kind "', f.module_name || '.' || f.function_name, " AROUND(value) ", c.trace_id, c.call_id::BIGINT, f.file_path, f.line_number, NULL " \
    "FROM " table " c JOIN functions f ON f.id = c.function_id WHERE c.trace_id IN %s AND %s"
#define ARGS_TEXT "concat_ws(' ', c.args, c.kwonly, c.kwargs)"
static const char FUZZY_SQL[] =
    "SELECT 'function', function, function, NULL, NULL, NULL, file, line, calls, count(*) OVER () FROM ("
    "  SELECT f.module_name || '.' || f.function_name AS function, f.file_path AS file, f.line_number AS line, s.calls, greatest("
    "    jaro_winkler_similarity(lower(f.function_name), lower($term)), "
    "    jaro_winkler_similarity(lower(f.module_name || '.' || f.function_name), lower($term)), "
    "    jaro_winkler_similarity(lower(split_part(f.function_name, '.', -1)), lower($term)), "
    "    CASE WHEN damerau_levenshtein(lower(split_part(f.function_name, '.', -1)), lower($term)) <= 1 + length($term) // 6 THEN 0.9 END, "
    "    CASE WHEN contains(lower(f.module_name || '.' || f.function_name), lower($term)) THEN 0.95 END) AS nearness "
    "  FROM functions f JOIN (SELECT function_id, sum(call_count)::BIGINT AS calls FROM stat_rows WHERE call_count > 0 AND trace_id IN %s GROUP BY 1) s "
    "    ON s.function_id = f.id) "
    "WHERE nearness > 0.75 ORDER BY nearness DESC, calls DESC, function LIMIT $limit OFFSET $skip";
/* clang-format on */

static bool wanted(const struct arguments *args, const char *place)
{
    const char *given;

    for (size_t i = 0; (given = arguments_nth(args, "in", i)) != NULL; i++)
        if (strcmp(given, place) == 0)
            return true;
    return !arguments_given(args, "in");
}

/* A value is JSON, where some characters are escaped: the term is looked for as it would stand there too. */
static const char *holds(struct answer *answer, bool with_case, const char *text, bool json)
{
    const char *as_json =
        "substr(to_json($term::VARCHAR)::VARCHAR, 2, length(to_json($term::VARCHAR)::VARCHAR) - 2)";

    if (with_case)
        return json ? answer_printf(answer, "(contains(%s, $term) OR contains(%s, %s))", text, text,
                                    as_json)
                    : answer_printf(answer, "contains(%s, $term)", text);
    return json ? answer_printf(
                      answer,
                      "(contains(lower(%s), lower($term)) OR contains(lower(%s), lower(%s)))", text,
                      text, as_json)
                : answer_printf(answer, "contains(lower(%s), lower($term))", text);
}

static const char *add_branch(struct answer *a, const char *sql, const char *branch,
                              const char *traces, const char *where)
{
    const char *filled = answer_printf(a, branch, traces, where);

    return answer_printf(a, "%s%s%s", sql, sql[0] != '\0' ? " UNION ALL " : "", filled);
}

static const char *build(const struct asking *ask, struct answer *a, const struct scope *scope)
{
    static const char *const ARGS_IN[] = {VALUES_SQL("call_rows", "argument", ARGS_TEXT),
                                          VALUES_SQL("open_calls", "argument", ARGS_TEXT)};
    static const char RESULTS_IN[] = VALUES_SQL("call_rows", "result", "c.result::VARCHAR");
    bool with_case = arguments_flag(ask->args, "case");
    const char *sql = "", *t = scope->traces;

    if (wanted(ask->args, "functions"))
        sql = add_branch(a, sql, FUNCTIONS_SQL, t,
                         holds(a, with_case, "(f.module_name || '.' || f.qualified_name)", false));
    if (wanted(ask->args, "exceptions"))
        sql = add_branch(
            a, sql, EXCEPTIONS_SQL, t,
            holds(a, with_case, "(e.exception_type || ': ' || coalesce(e.message, ''))", false));
    for (size_t i = 0; i < ARRAY_SIZE(ARGS_IN) && wanted(ask->args, "args"); i++)
        sql = add_branch(a, sql, ARGS_IN[i], t, holds(a, with_case, ARGS_TEXT, true));
    if (wanted(ask->args, "results"))
        sql = add_branch(a, sql, RESULTS_IN, t, holds(a, with_case, "c.result::VARCHAR", true));
    return answer_printf(
        a,
        "SELECT kind, function, text, CASE WHEN at_ns > 0 THEN make_timestamp(at_ns // 1000) END, trace_id, call_id, file, line, calls, "
        "count(*) OVER () FROM (%s) AS q(place, at_ns, kind, function, text, trace_id, call_id, file, line, calls) "
        "ORDER BY place, calls DESC NULLS LAST, at_ns, function, call_id LIMIT $limit OFFSET $skip",
        sql);
}

static int read_total(void *ctx, struct rows *rows, struct cell *cells)
{
    (void)cells;
    *(int64_t *)ctx = rows_int(rows, ARRAY_SIZE(COLUMNS));
    return 0;
}

static void go_on(const struct asking *ask, struct answer *answer, const struct scope *scope,
                  const struct part *part)
{
    int64_t skip = arguments_int(ask->args, "skip"), seen = skip + (int64_t)part->nrows;
    const char *term = arguments_text(ask->args, "term");
    const struct cell *first = part->first != NULL ? part->first->cells : NULL;

    if (first == NULL) {
        answer->why = skip > 0
                          ? "--skip leaves out all places"
                          : "the text occurs nowhere in what was recorded there; values are cut at "
                            "max_chars, and calls that were thinned out have no values";
        if (!arguments_flag(ask->args, "fuzzy"))
            answer_suggest(answer, "functions with such a name", "search", "term", term, "fuzzy",
                           "", NULL);
        return;
    }
    if (seen < answer->total) {
        answer_omit(answer, answer->total - seen, "matches", "after these (--limit %lld)",
                    (long long)arguments_int(ask->args, "limit"));
        answer_suggest(answer, "the places that come next", "search", "term", term, "skip",
                       answer_printf(answer, "%lld", (long long)seen), "limit",
                       answer_printf(answer, "%lld", (long long)arguments_int(ask->args, "limit")),
                       scope_name(scope), scope_value(scope), NULL);
    }
    if (first[5].kind == CELL_INT)
        answer_suggest(answer, "what the first of these calls did", "tree", "call",
                       answer_printf(answer, "%lld", (long long)first[5].integer), "trace",
                       first[4].text, NULL);
    else if (first[1].kind == CELL_TEXT)
        answer_suggest(answer, "the calls of the first", "calls", "function", first[1].text,
                       scope_name(scope), scope_value(scope), NULL);
}

static int ask_search(const struct asking *ask, struct answer *answer, struct error *err)
{
    struct store_param params[] = {store_text("term", arguments_text(ask->args, "term")),
                                   store_int("limit", arguments_int(ask->args, "limit")),
                                   store_int("skip", arguments_int(ask->args, "skip"))};
    struct fetch fetch = {NULL, params, ARRAY_SIZE(params), read_total, &answer->total};
    struct scope scope;
    struct part *part;
    int ret = scope_read(ask, SCOPE_LATEST_RUN, &scope, err);

    if (ret < 0)
        return ret;
    fetch.sql = arguments_flag(ask->args, "fuzzy") ? answer_printf(answer, FUZZY_SQL, scope.traces)
                                                   : build(ask, answer, &scope);
    answer->total = 0;
    part = answer_rows(answer, "matches", COLUMNS, ARRAY_SIZE(COLUMNS));
    ret = fetch_rows(ask, answer, part, &fetch, NULL, err);
    if (ret == 0 && part != NULL)
        go_on(ask, answer, &scope, part);
    return ret;
}

static const struct question_part *const PARTS[] = {&PART, NULL};

static const char *const EXAMPLES[] = {
    "breadcrumb search order-17",
    "where this text was seen in the latest run",
    "breadcrumb search price --in functions",
    "functions with `price` in their names",
    "breadcrumb search totl --fuzzy --format table",
    "functions with such a name, for reading",
    NULL,
};

static const char *const HIDDEN[] = {"case", "fuzzy", NULL};

static const struct question_tool TOOL = {
    .name = "search",
    .title = "Search",
    .use = "Use this when you know a text but not where it is: finds it in names "
           "of functions, arguments, results and exceptions.",
    .hidden = HIDDEN,
};

const struct question question_search = {
    .name = "search",
    .summary = "find a text in names, arguments, results and exceptions",
    .args = ARGS,
    .nargs = ARRAY_SIZE(ARGS),
    .parts = PARTS,
    .examples = EXAMPLES,
    .flags = QUESTION_OF_TRACES,
    .tool = &TOOL,
    .ask = ask_search,
};
