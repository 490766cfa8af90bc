/* sql.c - the question `query`: SQL of the user's. The store guards it (one SELECT, read only, no way to files, a time
 * limit); here its rows are taken until the answer is full, and what is left behind is counted. */
#include "base/base.h"

#include "base/clock.h"
#include "query/question.h"
#include "query/scope.h"
#include "store/store.h"

#include <ctype.h>

#define COUNT_MS 1000
#define LONGEST_SUGGESTION 2000 /* bytes of SQL that a next step repeats */

static const struct argument ARGS[] = {
    {.name = "sql",
     .type = ARGUMENT_SQL,
     .flags = ARGUMENT_POSITIONAL,
     .metavar = "SQL",
     .example = "SELECT count(*) FROM calls",
     .help = "one SELECT statement in DuckDB's SQL; `breadcrumb schema` has the tables"},
    {.name = "param",
     .letter = 'p',
     .type = ARGUMENT_PAIR,
     .flags = ARGUMENT_REPEATS,
     .metavar = "NAME=VALUE",
     .example = "name=Cart.total",
     .help = "the value of $NAME in the query: a number where it looks like one, else text"},
    {.name = "gaps", .type = ARGUMENT_FLAG, .help = "instead of SQL: the question `gaps`"},
    {.name = "call",
     .type = ARGUMENT_FUNCTION,
     .metavar = "NAME",
     .example = "Cart.total",
     .help = "instead of SQL: the question `calls` about this function"},
    {.name = "flow", .type = ARGUMENT_FLAG, .help = "instead of SQL: the question `flow`"},
    {.name = "fuzzy",
     .type = ARGUMENT_TEXT,
     .metavar = "TERM",
     .example = "totl",
     .help = "instead of SQL: the question `search --fuzzy`"},
    {.name = "limit",
     .letter = 'n',
     .type = ARGUMENT_INT,
     .min = 1,
     .max = 100000,
     .metavar = "N",
     .example = "50",
     .help = "of --gaps, --call, --flow, --fuzzy: how many rows; SQL has its own LIMIT"},
    SCOPE_ARG_TRACE("of --gaps, --call, --flow, --fuzzy: the process"),
};

struct reading {
    const struct asking *ask;
    struct answer *answer;
    struct part *part;
    struct rows *rows;
};

static struct column *columns_of(struct answer *answer, struct rows *rows)
{
    size_t n = rows_columns(rows);
    struct column *columns = arena_alloc(&answer->arena, (n > 0 ? n : 1) * sizeof(*columns));

    for (size_t i = 0; columns != NULL && i < n; i++) {
        columns[i].name = answer_printf(answer, "%s", rows_column_name(rows, i));
        columns[i].title = columns[i].name;
        columns[i].flags = COLUMN_OF_QUERY;
        columns[i].meaning = "";
    }
    return columns;
}

static void add_cells(const struct reading *r)
{
    struct cell *cells = part_add(r->answer, r->part);

    for (size_t i = 0; cells != NULL && i < r->part->ncolumns; i++) {
        size_t len = 0;
        const char *text = rows_null(r->rows, i) ? NULL : rows_text(r->rows, i, &len);

        cells[i] = cell_bytes(r->answer, CELL_TEXT, text, len);
        r->part->bytes += len;
    }
}

static void add_json(const struct reading *r)
{
    size_t len = 0;
    const char *json = rows_text(r->rows, 0, &len);

    if (json != NULL)
        part_add_json(r->answer, r->part, json, len);
}

/* The size of the row that is there now, without taking it. */
static size_t row_bytes(const struct reading *r)
{
    size_t bytes = 0;

    for (size_t i = 0; i < rows_columns(r->rows); i++) {
        size_t len = 0;

        if (!rows_null(r->rows, i) && rows_text(r->rows, i, &len) != NULL)
            bytes += len;
    }
    return bytes;
}

/* The same query for the rows that come next; the newline ends a comment in its last line. */
static void suggest_next_page(const struct reading *r)
{
    const char *sql = arguments_text(r->ask->args, "sql");
    size_t len = strlen(sql);

    while (len > 0 && memchr("; \t\r\n", sql[len - 1], 5) != NULL)
        len--;
    if (r->part->nrows == 0 || len > LONGEST_SUGGESTION)
        return;
    answer_suggest(r->answer, "the rows that come next (give the query an ORDER BY)", "query",
                   "sql",
                   answer_printf(r->answer, "SELECT * FROM (%.*s\n) LIMIT %zu OFFSET %zu", (int)len,
                                 sql, r->part->nrows, r->part->nrows),
                   NULL);
}

/* Counts the rows that did not fit, but not for long: after COUNT_MS the answer says "at least". */
static int count_the_rest(const struct reading *r, struct error *err)
{
    int64_t deadline = clock_mono_ns() + COUNT_MS * 1000000LL, left_out = 1;
    int ret;

    while ((ret = rows_next(r->rows, err)) > 0 && clock_mono_ns() < deadline)
        left_out++;
    if (ret < 0 && ret != ERR_QUERY_TIMEOUT)
        return ret;
    r->answer->total = ret == 0 ? (int64_t)r->part->nrows + left_out : -1;
    answer_omit(r->answer, ret == 0 ? left_out : -left_out, "rows",
                "the answer is cut at %zu bytes", r->ask->max_bytes);
    suggest_next_page(r);
    return 0;
}

static int read_rows(struct reading *r, struct error *err)
{
    int ret;

    while ((ret = rows_next(r->rows, err)) > 0) {
        /* Whole rows only; and one that is larger than all the room is left out like the others. */
        if (r->part->bytes + row_bytes(r) > r->ask->max_bytes)
            return count_the_rest(r, err);
        if (r->ask->form == ANSWER_CELLS)
            add_cells(r);
        else
            add_json(r);
        if (r->answer->failed)
            return error_set(err, ERR_FAILED, "the answer is too large");
    }
    r->answer->total = (int64_t)r->part->nrows;
    return ret;
}

static int explain_empty(const struct asking *ask, struct answer *answer, struct error *err)
{
    int64_t traces = 0;
    int ret = store_query_int(ask->store, "SELECT count(*) FROM traces", &traces, err);

    if (ret < 0)
        return ret;
    if (traces == 0)
        return question_empty(err);
    answer->why = "the query is fine, but no row matches it";
    return 0;
}

/* ---- parameters ----------------------------------------------------------------------------- */

#define MOST_PARAMS 100

/* NAME=VALUE. A number is one when all of the value is: then it compares with numbers. */
static struct store_param read_param(struct answer *answer, const char *pair)
{
    const char *equals = strchr(pair, '='), *value = equals + 1;
    const char *name = answer_printf(answer, "%.*s", (int)(equals - pair), pair);
    char *end = NULL;
    long long n;
    double d;

    errno = 0;
    n = strtoll(value, &end, 10);
    if (value[0] != '\0' && !isspace((unsigned char)value[0]) && *end == '\0' && errno == 0)
        return store_int(name, n);
    if (strspn(value, "0123456789.eE+-") == strlen(value) && value[0] != '\0') {
        d = strtod(value, &end);
        if (*end == '\0')
            return store_double(name, d);
    }
    return store_text(name, value);
}

static int read_params(const struct asking *ask, struct answer *answer, struct store_query *query,
                       struct error *err)
{
    struct store_param *params = arena_alloc(&answer->arena, MOST_PARAMS * sizeof(*params));
    const char *pair;
    size_t n = 0;

    if (params == NULL)
        return error_set(err, ERR_FAILED, "out of memory");
    for (; (pair = arguments_nth(ask->args, "param", n)) != NULL; n++) {
        if (n == MOST_PARAMS)
            return error_set(err, ERR_USAGE, "more than %d parameters", MOST_PARAMS);
        params[n] = read_param(answer, pair);
        for (size_t i = 0; i < n; i++)
            if (strcmp(params[i].name, params[n].name) == 0)
                return error_set(err, ERR_USAGE, "option --param: $%s was given twice",
                                 params[n].name);
    }
    query->params = params;
    query->nparams = n;
    return 0;
}

static int ask_sql(const struct asking *ask, struct answer *answer, struct error *err)
{
    struct store_query query = {.sql = arguments_text(ask->args, "sql"),
                                .timeout_ms = ask->timeout_ms,
                                .form = ask->form == ANSWER_CELLS ? STORE_AS_TEXT : STORE_AS_JSON,
                                .from_user = true};
    struct reading r = {.ask = ask, .answer = answer};
    int ret = read_params(ask, answer, &query, err);

    if (ret == 0)
        ret = store_query(ask->store, &query, &r.rows, err);
    if (ret < 0)
        return ret;
    r.part = answer_rows(answer, "rows", columns_of(answer, r.rows), rows_columns(r.rows));
    ret = r.part != NULL ? read_rows(&r, err) : error_set(err, ERR_FAILED, "out of memory");
    rows_free(r.rows);
    if (ret == 0 && answer->total == 0)
        ret = explain_empty(ask, answer, err);
    return ret;
}

/* ---- instead of SQL ------------------------------------------------------------------------- */

/* --gaps, --call, --flow and --fuzzy are other questions under this one's name. */
static const struct {
    const char *name;
    const struct question *question;
    const char *takes; /* the argument of the other that has our value; NULL: none */
    const char *flag;  /* that the other needs besides; NULL: none */
} OTHERS[] = {
    {"gaps", &question_gaps, NULL, NULL},
    {"call", &question_calls, "function", NULL},
    {"flow", &question_flow, NULL, NULL},
    {"fuzzy", &question_search, "term", "fuzzy"},
};

static int pass_on(const struct asking *ask, struct arguments *args, size_t other,
                   struct error *err)
{
    const struct question *question = OTHERS[other].question;
    const char *const SAME[] = {"limit", "trace"};
    int ret = 0;

    if (OTHERS[other].takes != NULL)
        ret = arguments_give(
            args, argument_find(question->args, question->nargs, OTHERS[other].takes),
            arguments_text(ask->args, OTHERS[other].name), OTHERS[other].name, err);
    if (ret == 0 && OTHERS[other].flag != NULL)
        ret =
            arguments_give(args, argument_find(question->args, question->nargs, OTHERS[other].flag),
                           "", OTHERS[other].flag, err);
    for (size_t i = 0; i < ARRAY_SIZE(SAME) && ret == 0; i++)
        if (arguments_given(ask->args, SAME[i]))
            ret = arguments_give(args, argument_find(question->args, question->nargs, SAME[i]),
                                 arguments_text(ask->args, SAME[i]), SAME[i], err);
    return ret;
}

static int ask_other(const struct asking *ask, struct answer *answer, size_t other,
                     struct error *err)
{
    const struct question *question = OTHERS[other].question;
    struct asking inner = *ask;
    struct arguments args;
    int ret;

    arguments_init(&args, question->args, question->nargs);
    inner.args = &args;
    ret = pass_on(ask, &args, other, err);
    if (ret == 0)
        ret = question_ask(question, &inner, answer, err);
    arguments_release(&args);
    return ret;
}

static int ask_query(const struct asking *ask, struct answer *answer, struct error *err)
{
    const char *sql = arguments_text(ask->args, "sql");
    int chosen = -1;

    for (size_t i = 0; i < ARRAY_SIZE(OTHERS); i++) {
        if (!arguments_given(ask->args, OTHERS[i].name))
            continue;
        if (sql != NULL || chosen >= 0)
            return error_set(
                err, ERR_USAGE,
                "option --%s: give either SQL or one of --gaps, --call, --flow, --fuzzy",
                OTHERS[i].name);
        chosen = (int)i;
    }
    if (chosen >= 0)
        return ask_other(ask, answer, (size_t)chosen, err);
    if (sql == NULL) {
        error_set(err, ERR_USAGE, "SQL is missing");
        return error_suggest(
            err, "it is one SELECT, in quotes; 'breadcrumb schema' says what it may name");
    }
    if (arguments_given(ask->args, "limit") || arguments_given(ask->args, "trace"))
        return error_set(err, ERR_USAGE,
                         "SQL has its own LIMIT and WHERE: --limit and --trace are not for it");
    return ask_sql(ask, answer, err);
}

static const struct question_part PART = {
    "rows", "the rows, as the query has them", PART_ROWS, PART_MAIN, NULL, 0};
static const struct question_part *const PARTS[] = {&PART, NULL};

static const char *const EXAMPLES[] = {
    "breadcrumb query \"SELECT * FROM traces LIMIT 10\"",
    "the traces as they are stored",
    "breadcrumb query \"SELECT * FROM exceptions WHERE exception_type = 'ValueError'\"",
    "all exceptions of a kind",
    "breadcrumb query \"SELECT function_name, call_count, total_ms FROM function_stats ORDER BY "
    "total_ms DESC LIMIT 10\"",
    "where the time went",
    "breadcrumb query 'SELECT args, result FROM calls WHERE function_name = $name' --param name=Cart.total",
    "with a parameter",
    "breadcrumb query --call Cart.total --limit 5",
    "a question that is ready made",
    NULL,
};

/* Shortcuts for people: an agent has tools for them. */
static const char *const HIDDEN[] = {"param", "gaps",  "call",  "flow",
                                     "fuzzy", "limit", "trace", NULL};

static const struct question_tool TOOL = {
    .name = "query_traces",
    .title = "Query in SQL",
    .use = "Use this for what no other tool answers: one DuckDB SELECT, read-only, over traces, "
           "calls(trace_id, call_id, parent_id, function_name, args, result, outcome, duration_ns, "
           "...), exceptions, function_stats; breadcrumb://schema has all. Use ORDER BY and LIMIT.",
    .rows_as = "traces",
    .needs = "sql",
    .hidden = HIDDEN,
};

const struct question question_query = {
    .name = "query",
    .summary = "ask the database in SQL",
    .detail =
        "Exactly one SELECT; nothing can be changed, and no file can be reached. It ends "
        "after 30 seconds, and an answer\n"
        "of more than 1 MB is cut, which is said. Tables: traces, trace_events, exceptions, "
        "functions, calls,\n"
        "function_stats, lines, threads, tasks, losses, open_calls, schema_version: `breadcrumb schema` has their\n"
        "columns. All times are UTC.\n",
    .args = ARGS,
    .nargs = ARRAY_SIZE(ARGS),
    .parts = PARTS,
    .examples = EXAMPLES,
    .tool = &TOOL,
    .ask = ask_query,
};
