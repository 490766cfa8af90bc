/*
 * search.c - the question `search`: where a text occurs, in names of functions, in messages of exceptions, in arguments and
 * results. With --fuzzy: functions whose names are like it. search_calls.c goes through the finished calls.
 */
#include "base/base.h"

#include "query/search.h"

#include <ctype.h>

#define MOST_SKIPPED (1LL << 40)

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
    {.name = "whole",
     .type = ARGUMENT_FLAG,
     .help = "look at all calls and count all places, however long it takes"},
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

static const struct column FIELDS[] = {
    {"searched_calls", "Searched", COLUMN_INT, 0, "finished calls that were looked at"},
    {"recorded_calls", "Of", COLUMN_INT, 0, "finished calls that there are"},
    {"complete", "Complete", COLUMN_BOOL, 0,
     "all was looked at; else there may be more than `total` says"},
};

static const struct question_part PART = {
    "matches", "the places: functions first, then exceptions, then calls in order of time",
    PART_ROWS, PART_MAIN,
    COLUMNS,   ARRAY_SIZE(COLUMNS)};
static const struct question_part FIELDS_PART = {
    "searched", "how far was looked", PART_FIELDS, PART_NOT_IN_TEXT, FIELDS, ARRAY_SIZE(FIELDS)};

/* clang-format off */
#define RAISED_TEXT "(e.exception_type || ': ' || coalesce(e.message, ''))"
#define NAME_TEXT "(f.module_name || '.' || f.qualified_name)"
/* Where the places come from that are not in finished calls. Texts are cut and functions are named only of those on the page. */
static const struct branch {
    const char *place;   /* of --in */
    const char *columns; /* place, at_ns, kind, function_id, value, trace_id, call_id, line, calls */
    const char *rows;    /* with the traces and a condition */
    const char *value;   /* in which the term is looked for */
    bool json;
} BRANCHES[] = {
    {"functions", "0, 0, 'function', f.id, " NAME_TEXT ", NULL::UUID, NULL::BIGINT, NULL, s.calls",
     "functions f JOIN (SELECT function_id, sum(call_count)::BIGINT AS calls FROM stat_rows WHERE call_count > 0 AND trace_id IN %s GROUP BY 1) s "
     "ON s.function_id = f.id WHERE %s", NAME_TEXT, false},
    {"exceptions", "1, e.at_ns, 'exception', e.function_id, " RAISED_TEXT ", e.trace_id, e.call_id::BIGINT, e.line_number, NULL",
     "exception_rows e WHERE e.trace_id IN %s AND %s", RAISED_TEXT, false},
    {"args", "2, c.start_ns, 'argument', c.function_id, " SEARCH_ARGS_TEXT ", c.trace_id, c.call_id::BIGINT, NULL, NULL",
     "open_calls c WHERE c.trace_id IN %s AND c.function_id IS NOT NULL AND %s", SEARCH_ARGS_TEXT, true},
};
/* Numbers and not parameters: the first N are then found in one pass without a sort. */
#define ORDER "ORDER BY place, calls DESC NULLS LAST, at_ns, call_id, value"
static const char PAGE_SQL[] =
    "SELECT kind, f.module_name || '.' || f.function_name, " SEARCH_AROUND("value") ", CASE WHEN at_ns > 0 THEN make_timestamp(at_ns // 1000) END, "
    "  trace_id, call_id, f.file_path, coalesce(q.line, f.line_number), calls "
    "FROM (FROM (%s) AS q(place, at_ns, kind, function_id, value, trace_id, call_id, line, calls) " ORDER " LIMIT %lld OFFSET %lld) q "
    "LEFT JOIN functions f ON f.id = q.function_id " ORDER;
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

/*
 * The longest stretch of the term that looks the same in upper and lower case and in JSON, "-17" of "order-17"; NULL: there is none worth
 * it. Values without it are passed over before they are made lower case, which takes as long as to read them.
 */
static const char *steady(struct answer *a, const char *term)
{
    size_t most = 0, len;
    const char *best = NULL;

    for (const char *c = term; *c != '\0'; c += len > 0 ? len : 1) {
        for (len = 0; c[len] > ' ' && c[len] < 127 && !isalpha((unsigned char)c[len]) &&
                      c[len] != '"' && c[len] != '\\';)
            len++;
        if (len > most) {
            most = len;
            best = c;
        }
    }
    return most >= 2 ? answer_printf(a, "%.*s", (int)most, best) : NULL;
}

#define TERM_PARAMS 2
static void give_term(struct answer *a, const struct arguments *args,
                      struct store_param params[TERM_PARAMS])
{
    const char *term = arguments_text(args, "term");

    params[0] = store_text("term", term);
    params[1] = store_text("steady", steady(a, term));
}

/* A value is JSON, where some characters are escaped: a term with such is looked for as it would stand there too. */
static const char *holds(struct answer *a, const char *value, bool json,
                         const struct arguments *args)
{
    bool with_case = arguments_flag(args, "case"), escaped = false;
    const char *fold = with_case ? "" : "lower", *where, *term = arguments_text(args, "term");

    for (const char *c = term; *c != '\0'; c++)
        escaped |= *c == '"' || *c == '\\' || (unsigned char)*c < ' ';
    where = answer_printf(a, "contains(%s(%s), %s($term))", fold, value, fold);
    if (escaped && json)
        where =
            answer_printf(a,
                          "(%s OR contains(%s(%s), %s(substr(to_json($term::VARCHAR)::VARCHAR, 2, "
                          "length(to_json($term::VARCHAR)::VARCHAR) - 2))))",
                          where, fold, value, fold);
    if (!with_case && steady(a, term) != NULL)
        where = answer_printf(a, "(contains(%s, $steady) AND %s)", value, where);
    return where;
}

/* In the arguments of a row of call_rows: most calls have only the first kind, so they are not made one text to look into. */
static const char *in_args(struct answer *a, const struct arguments *args)
{
    return answer_printf(a, "(%s OR coalesce(%s, false) OR coalesce(%s, false))",
                         holds(a, "c.args::VARCHAR", true, args),
                         holds(a, "c.kwonly::VARCHAR", true, args),
                         holds(a, "c.kwargs::VARCHAR", true, args));
}

/* The branches that are asked for, one after the other: `columns` NULL gives their columns. */
static const char *build(const struct asking *ask, struct answer *a, const struct scope *scope,
                         const char *columns, const char *between)
{
    const char *sql = "";

    for (size_t i = 0; i < ARRAY_SIZE(BRANCHES); i++) {
        const struct branch *b = &BRANCHES[i];
        const char *rows;

        if (!wanted(ask->args, b->place))
            continue;
        rows = answer_printf(a, b->rows, scope->traces, holds(a, b->value, b->json, ask->args));
        sql = answer_printf(a, "%s%s(SELECT %s FROM %s)", sql, sql[0] != '\0' ? between : "",
                            columns != NULL ? columns : b->columns, rows);
    }
    return sql;
}

static int read_total(void *ctx, struct rows *rows, struct cell *cells)
{
    (void)cells;
    *(int64_t *)ctx = rows_int(rows, ARRAY_SIZE(COLUMNS));
    return 0;
}

static int find_like(const struct asking *ask, struct answer *answer, const struct scope *scope,
                     struct part *part, struct error *err)
{
    struct store_param params[] = {store_text("term", arguments_text(ask->args, "term")),
                                   store_int("limit", arguments_int(ask->args, "limit")),
                                   store_int("skip", arguments_int(ask->args, "skip"))};
    struct fetch fetch = {answer_printf(answer, FUZZY_SQL, scope->traces), params,
                          ARRAY_SIZE(params), read_total, &answer->total};

    return fetch_rows(ask, answer, part, &fetch, NULL, err);
}

/* Those that are not in finished calls; *ret_all: how many there are, shown or not. */
static int find_others(const struct asking *ask, struct answer *answer, const struct scope *scope,
                       struct part *part, int64_t *ret_all, struct error *err)
{
    int64_t limit = arguments_int(ask->args, "limit"), skip = arguments_int(ask->args, "skip");
    struct store_param params[TERM_PARAMS];
    const char *branches = build(ask, answer, scope, NULL, " UNION ALL ");
    struct fetch fetch = {
        answer_printf(answer, PAGE_SQL, branches, (long long)limit, (long long)skip), params,
        ARRAY_SIZE(params), NULL, NULL};
    struct store_query count = {
        .params = params, .nparams = ARRAY_SIZE(params), .timeout_ms = ask->timeout_ms};
    struct rows *rows = NULL;
    bool cut = false;
    int ret;

    give_term(answer, ask->args, params);
    *ret_all = 0;
    if (branches[0] == '\0')
        return 0;
    ret = fetch_rows(ask, answer, part, &fetch, &cut, err);
    *ret_all = (int64_t)part->nrows;
    if (ret < 0 || (skip == 0 && !cut && (int64_t)part->nrows < limit))
        return ret;
    count.sql = answer_printf(answer, "SELECT %s", build(ask, answer, scope, "count(*)", " + "));
    ret = store_query(ask->store, &count, &rows, err);
    if (ret == 0 && (ret = rows_next(rows, err)) > 0)
        *ret_all = rows_int(rows, 0);
    rows_free(rows);
    return ret < 0 ? ret : 0;
}

static int find_places(const struct asking *ask, struct answer *answer, const struct scope *scope,
                       struct part *part, struct search_calls *calls, struct error *err)
{
    int64_t limit = arguments_int(ask->args, "limit"), skip = arguments_int(ask->args, "skip");
    struct store_param params[TERM_PARAMS];
    int64_t others = 0;
    int ret = find_others(ask, answer, scope, part, &others, err);

    give_term(answer, ask->args, params);
    *calls = (struct search_calls){
        .ask = ask,
        .answer = answer,
        .scope = scope,
        .params = params,
        .nparams = ARRAY_SIZE(params),
        .in_args = wanted(ask->args, "args") ? in_args(answer, ask->args) : NULL,
        .in_result = wanted(ask->args, "results")
                         ? holds(answer, SEARCH_RESULT_TEXT, true, ask->args)
                         : NULL,
        .skip = skip > others ? (skip < MOST_SKIPPED ? skip : MOST_SKIPPED) - others : 0,
        .limit = limit - (int64_t)part->nrows,
        .patience_ns = (int64_t)ask->patience_ms * 1000000,
        .whole = arguments_flag(ask->args, "whole"),
        .complete = true,
    };
    if (ret == 0 && (calls->in_args != NULL || calls->in_result != NULL))
        ret = search_calls(calls, part, err);
    answer->total = others + calls->found;
    return ret;
}

static int say_how_far(struct answer *answer, const struct search_calls *calls, struct error *err)
{
    struct part *part = answer_part(answer, PART_FIELDS, "searched", FIELDS, ARRAY_SIZE(FIELDS));
    struct cell *cells = part_add(answer, part);

    if (cells == NULL)
        return error_set(err, ERR_FAILED, "out of memory");
    part->flags |= PART_NOT_IN_TEXT;
    if (calls->in_args != NULL || calls->in_result != NULL) {
        cells[0] = cell_int(calls->searched);
        cells[1] = cell_int(calls->calls);
    }
    cells[2] = cell_bool(calls->complete);
    return 0;
}

/* What was not looked at: more places may be there. */
static void say_unsearched(const struct asking *ask, struct answer *answer,
                           const struct scope *scope, const struct search_calls *calls)
{
    answer_omit(answer, calls->calls - calls->searched, "calls",
                "were not looked at, there may be more places: --whole looks at all");
    answer_suggest(answer, "all calls, however long it takes", "search", "term",
                   arguments_text(ask->args, "term"), "whole", "", scope_name(scope),
                   scope_value(scope), NULL);
}

static void say_why(const struct asking *ask, struct answer *answer,
                    const struct search_calls *calls)
{
    if (arguments_int(ask->args, "skip") > 0 && calls->complete) {
        answer->why = "--skip leaves out all places";
        return;
    }
    answer->why =
        calls->complete
            ? "the text occurs nowhere in what was recorded there; values are cut at "
              "max_chars, and calls that were thinned out have no values"
            : answer_printf(answer,
                            "the text is not in the first %lld of %lld calls, nor in functions or "
                            "exceptions that were looked at",
                            (long long)calls->searched, (long long)calls->calls);
}

static void go_on(const struct asking *ask, struct answer *answer, const struct scope *scope,
                  const struct part *part, const struct search_calls *calls)
{
    int64_t skip = arguments_int(ask->args, "skip"), seen = skip + (int64_t)part->nrows;
    int64_t limit = arguments_int(ask->args, "limit");
    const char *term = arguments_text(ask->args, "term");
    const struct cell *first = part->first != NULL ? part->first->cells : NULL;

    if (first == NULL) {
        say_why(ask, answer, calls);
        if (!calls->complete)
            say_unsearched(ask, answer, scope, calls);
        else if (!arguments_flag(ask->args, "fuzzy"))
            answer_suggest(answer, "functions with such a name", "search", "term", term, "fuzzy",
                           "", NULL);
        return;
    }
    answer_omit(answer, answer->total - seen, "matches", "after these (--limit %lld)",
                (long long)limit);
    if (seen < answer->total || (!calls->complete && (int64_t)part->nrows >= limit))
        answer_suggest(answer, "the places that come next", "search", "term", term, "skip",
                       answer_printf(answer, "%lld", (long long)seen), "limit",
                       answer_printf(answer, "%lld", (long long)limit), scope_name(scope),
                       scope_value(scope), NULL);
    if (!calls->complete)
        say_unsearched(ask, answer, scope, calls);
    if (first[MATCH_CALL].kind == CELL_INT)
        answer_suggest(answer, "what the first of these calls did", "tree", "call",
                       answer_printf(answer, "%lld", (long long)first[MATCH_CALL].integer), "trace",
                       first[MATCH_TRACE].text, NULL);
    else if (first[MATCH_FUNCTION].kind == CELL_TEXT)
        answer_suggest(answer, "the calls of the first", "calls", "function",
                       first[MATCH_FUNCTION].text, scope_name(scope), scope_value(scope), NULL);
}

static int ask_search(const struct asking *ask, struct answer *answer, struct error *err)
{
    struct search_calls calls = {.complete = true};
    struct scope scope;
    struct part *part;
    int ret = scope_read(ask, SCOPE_LATEST_RUN, &scope, err);

    if (ret < 0)
        return ret;
    answer->total = 0;
    part = answer_rows(answer, "matches", COLUMNS, ARRAY_SIZE(COLUMNS));
    if (part == NULL)
        return error_set(err, ERR_FAILED, "out of memory");
    ret = arguments_flag(ask->args, "fuzzy") ? find_like(ask, answer, &scope, part, err)
                                             : find_places(ask, answer, &scope, part, &calls, err);
    if (ret == 0)
        ret = say_how_far(answer, &calls, err);
    if (ret == 0)
        go_on(ask, answer, &scope, part, &calls);
    return ret;
}

static const struct question_part *const PARTS[] = {&PART, &FIELDS_PART, NULL};

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
