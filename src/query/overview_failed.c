/*
 * overview_failed.c - what failed: the kinds of exceptions, what nobody handled and what is rare first, and for the first of each kind the
 * calls that it ended and what had been called before it.
 */
#include "base/base.h"

#include "base/buf.h"
#include "query/overview.h"

#define MOST_KINDS 6

static const struct column FAILURES[] = {
    {"exception_type", "Exception", COLUMN_TEXT, 0, "its class"},
    {"message", "Message", COLUMN_TEXT, COLUMN_WIDE, "of the first of them"},
    {"count", "Times", COLUMN_INT, 0, "how often it was raised there"},
    {"handled", "Handled", COLUMN_TEXT, 0, "true, false or unknown"},
    {"handled_by", "Handled By", COLUMN_TEXT, 0, "the function that caught it"},
    {"function", "Raised In", COLUMN_TEXT, 0, "module and function"},
    {"file_path", "File", COLUMN_TEXT, COLUMN_NOT_IN_TABLE, "where it was raised"},
    {"line_number", "Line", COLUMN_INT, 0, "where it was raised"},
    {"frames", "Frames", COLUMN_JSON, COLUMN_NOT_IN_TABLE,
     "the calls that the first of them ended, innermost first, at most 4: function, called at line, args"},
    {"before", "Before", COLUMN_JSON, COLUMN_NOT_IN_TABLE,
     "the calls that the innermost of these and its caller had made, latest first, at most 4: function, line_number, args, result"},
};

const struct question_part overview_failed_part = {
    "failures", "what was raised, by kind and place; what nobody handled first",
    PART_ROWS,  PART_MAIN,
    FAILURES,   ARRAY_SIZE(FAILURES)};

/* clang-format off */
/* The kinds first, by narrow columns; calls, texts and arguments only of those that are shown, which are named in the second query: so
 * all stretches of rows that have none of them are passed over. */
static const char KINDS_SQL[] =
    "SELECT trace_id, arg_min(exception_id, at_ns)::BIGINT, count(*) AS n, count(*) OVER () FROM exception_rows WHERE trace_id IN %s "
    "  AND NOT (exception_type = 'SystemExit' AND message IN ('', '0', 'None')) " /* an end that is as it should be */
    "GROUP BY trace_id, exception_type, function_id, line_number, handled, handled_by ORDER BY handled = 0 DESC, n, min(at_ns) LIMIT %d";

static const char FAILURES_SQL[] =
    "WITH kinds(trace_id, exception_id, n, nth) AS (VALUES %s), "
    "raised AS (SELECT e.*, k.n, k.nth AS place FROM kinds k JOIN exception_rows e ON e.trace_id = k.trace_id AND e.exception_id = k.exception_id), "
    "crossed AS (SELECT c.trace_id, c.exception_id, c.caller_line, f.module_name || '.' || f.function_name AS name, c.args, "
    "    row_number() OVER (PARTITION BY c.trace_id, c.exception_id ORDER BY c.depth DESC, c.start_ns DESC) AS nth "
    "  FROM calls c JOIN functions f ON f.id = c.function_id WHERE c.exception_id IN (%s) AND c.trace_id IN (%s)), "
    "frames AS (SELECT trace_id, exception_id, '[' || string_agg('{\"function\":' || to_json(name) || ',\"called_at_line\":' || "
    "    coalesce(caller_line::VARCHAR, 'null') || ',\"args\":' || coalesce(args::VARCHAR, '{}') || '}', ',' ORDER BY nth) || ']' AS list "
    "  FROM crossed WHERE nth <= 4 GROUP BY ALL), "
    "beside AS (SELECT trace_id, exception_id, at_ns, call_id, unnest([call_id, parent_id]) AS inside FROM raised), "
    "made AS (SELECT a.trace_id, a.exception_id, f.module_name || '.' || f.function_name AS name, f.line_number, c.args, c.result, "
    "    row_number() OVER (PARTITION BY a.trace_id, a.exception_id ORDER BY c.parent_id = a.call_id DESC, c.start_ns DESC) AS nth "
    "  FROM beside a JOIN calls c ON c.trace_id = a.trace_id AND c.parent_id = a.inside AND c.start_ns < a.at_ns "
    "    AND c.call_id <> a.call_id AND c.outcome = 'return' JOIN functions f ON f.id = c.function_id), "
    "before AS (SELECT trace_id, exception_id, '[' || string_agg('{\"function\":' || to_json(name) || ',\"line_number\":' || line_number || "
    "    ',\"args\":' || coalesce(args::VARCHAR, '{}') || ',\"result\":' || coalesce(result::VARCHAR, 'null') || '}', ',' ORDER BY nth) || ']' AS list "
    "  FROM made WHERE nth <= 4 GROUP BY ALL) "
    "SELECT e.exception_type, e.message, e.n, CASE e.handled WHEN 0 THEN 'false' WHEN 1 THEN 'true' ELSE 'unknown' END, "
    "  h.module_name || '.' || h.function_name, f.module_name || '.' || f.function_name, f.file_path, e.line_number, fr.list, b.list "
    "FROM raised e LEFT JOIN functions f ON f.id = e.function_id LEFT JOIN functions h ON h.id = e.handled_by "
    "LEFT JOIN frames fr ON fr.trace_id = e.trace_id AND fr.exception_id = e.exception_id "
    "LEFT JOIN before b ON b.trace_id = e.trace_id AND b.exception_id = e.exception_id ORDER BY e.place";
/* clang-format on */

/* The lists that the second query is made of. */
struct named {
    struct buf values, ids, traces;
    int n;
};

static int read_kinds(struct overview *o, struct named *named, struct error *err)
{
    struct store_query query = {
        .sql = answer_printf(o->answer, KINDS_SQL, o->scope.traces, MOST_KINDS),
        .timeout_ms = o->ask->timeout_ms};
    struct rows *rows = NULL;
    int ret = store_query(o->ask->store, &query, &rows, err);

    while (ret >= 0 && (ret = rows_next(rows, err)) > 0) {
        const char *trace = rows_text(rows, 0, NULL), *comma = named->n > 0 ? "," : "";
        long long id = (long long)rows_int(rows, 1), times = (long long)rows_int(rows, 2);

        o->kinds = rows_int(rows, 3);
        buf_putf(&named->values, "%s('%s'::UUID,%lld::UBIGINT,%lld,%d)", comma, trace, id, times,
                 named->n);
        buf_putf(&named->ids, "%s%lld", comma, id);
        buf_putf(&named->traces, "%s'%s'::UUID", comma, trace);
        named->n++;
    }
    rows_free(rows);
    if (ret == 0 && (named->values.failed || named->ids.failed || named->traces.failed))
        ret = error_set(err, ERR_FAILED, "out of memory");
    return ret;
}

static int read_failure(void *ctx, struct rows *rows, struct cell *cells)
{
    struct overview *o = ctx;

    (void)rows;
    if (o->failed_in == NULL && cells[5].kind == CELL_TEXT)
        o->failed_in = cells[5].text;
    return 0;
}

int overview_failed(struct overview *o, struct part *part, struct error *err)
{
    struct named named = {.values = BUF_INIT(MOST_KINDS * 120),
                          .ids = BUF_INIT(MOST_KINDS * 24),
                          .traces = BUF_INIT(MOST_KINDS * 48)};
    struct fetch fetch = {.each = read_failure, .ctx = o};
    int ret = read_kinds(o, &named, err);

    if (ret == 0 && named.n > 0) {
        fetch.sql = answer_printf(o->answer, FAILURES_SQL, buf_text(&named.values),
                                  buf_text(&named.ids), buf_text(&named.traces));
        ret = fetch_rows(o->ask, o->answer, part, &fetch, NULL, err);
    }
    buf_release(&named.values);
    buf_release(&named.ids);
    buf_release(&named.traces);
    return ret;
}
