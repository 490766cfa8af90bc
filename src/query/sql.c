/* sql.c - the question `query`: SQL of the user's. The store guards it (one SELECT, read only, no way to files, a time
 * limit); here its rows are taken until the answer is full, and what is left behind is counted. */
#include "base/base.h"

#include "base/clock.h"
#include "query/question.h"
#include "store/store.h"

#define COUNT_MS 1000
#define LONGEST_SUGGESTION 2000 /* bytes of SQL that a next step repeats */

static const struct argument ARGS[] = {
    {.name = "sql",
     .type = ARGUMENT_SQL,
     .flags = ARGUMENT_POSITIONAL | ARGUMENT_REQUIRED,
     .metavar = "SQL",
     .help = "one SELECT statement in DuckDB's SQL"},
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

static int ask_query(const struct asking *ask, struct answer *answer, struct error *err)
{
    struct store_query query = {.sql = arguments_text(ask->args, "sql"),
                                .timeout_ms = ask->timeout_ms,
                                .form = ask->form == ANSWER_CELLS ? STORE_AS_TEXT : STORE_AS_JSON,
                                .from_user = true};
    struct reading r = {.ask = ask, .answer = answer};
    int ret = store_query(ask->store, &query, &r.rows, err);

    if (ret < 0)
        return ret;
    r.part = answer_rows(answer, "rows", columns_of(answer, r.rows), rows_columns(r.rows));
    ret = r.part != NULL ? read_rows(&r, err) : error_set(err, ERR_FAILED, "out of memory");
    rows_free(r.rows);
    if (ret == 0 && answer->total == 0)
        ret = explain_empty(ask, answer, err);
    return ret;
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
    NULL,
};

static const struct question_tool TOOL = {
    .name = "query_traces",
    .title = "Query in SQL",
    .use =
        "Use this for what no other tool answers: one DuckDB SELECT over traces(id, run_id, "
        "status, "
        "command, ...), calls(trace_id, call_id, parent_id, function_name, args, result, outcome, "
        "duration_ns, ...), exceptions(trace_id, exception_type, message, function_name, "
        "line_number, stack_trace, handled, ...), trace_events, functions, function_stats, "
        "threads, tasks, lines, losses. Read-only, 30 s. Give it an ORDER BY and a LIMIT.",
    .rows_as = "traces",
};

const struct question question_query = {
    .name = "query",
    .summary = "ask the database in SQL",
    .detail = "Exactly one SELECT; nothing can be changed, and no file can be reached. It ends "
              "after 30 seconds, and an answer\n"
              "of more than 1 MB is cut, which is said. Tables: traces, trace_events, exceptions, "
              "functions, calls,\n"
              "function_stats, threads, tasks, losses, schema_version. All times are UTC.\n",
    .args = ARGS,
    .nargs = ARRAY_SIZE(ARGS),
    .parts = PARTS,
    .examples = EXAMPLES,
    .tool = &TOOL,
    .ask = ask_query,
};
