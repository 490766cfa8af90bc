/*
 * overview_odd.c - calls that are unlike the others of their function: what a person would stop at when reading all of them. Each kind is
 * one query over a bounded number of calls, so that it is as fast on ten million of them. What they find is shown by one query in the
 * end: to plan it takes as long as to find.
 */
#include "base/base.h"

#include "base/buf.h"
#include "query/overview.h"

#define MOST_OF_A_KIND 3
#define MOST_FOUND 16

static const struct column ODD[] = {
    {"kind", "Kind", COLUMN_TEXT, 0,
     "result: of a type or sign that is rare for the function; argument: the same of an argument; many: one call made "
     "many of these; slow: ten times the median; open: not ended"},
    {"function", "Function", COLUMN_TEXT, 0, "module and function"},
    {"file_path", "File", COLUMN_TEXT, COLUMN_NOT_IN_TABLE, "of the function"},
    {"line_number", "Line", COLUMN_INT, 0, "where the function begins"},
    {"what", "What", COLUMN_TEXT, COLUMN_WIDE, "in words"},
    {"call_id", "Call", COLUMN_INT, COLUMN_NOT_IN_TABLE, "the first such call"},
    {"caller", "Caller", COLUMN_TEXT, 0, "of that call"},
    {"caller_line", "At", COLUMN_INT, COLUMN_NOT_IN_TABLE, "the line of the call"},
    {"args", "Arguments", COLUMN_JSON, COLUMN_WIDE, "of that call"},
    {"result", "Result", COLUMN_JSON, COLUMN_WIDE, "of that call"},
};

const struct question_part overview_odd_part = {
    "odd", "calls unlike the others of their function", PART_ROWS, 0, ODD, ARRAY_SIZE(ODD)};

/* clang-format off */
/* What each query ends with: `found` has trace_id, call_id, what, rank. */
#define FOUND "SELECT trace_id, call_id::BIGINT, what FROM found ORDER BY rank DESC, call_id LIMIT 3"

static const char SHOW_SQL[] =
    "SELECT NULL, f.module_name || '.' || f.function_name, f.file_path, f.line_number, NULL, c.call_id::BIGINT, "
    "  g.module_name || '.' || g.function_name, c.caller_line, c.args, c.result, o.nth "
    "FROM (VALUES %s) o(nth, trace_id, call_id) JOIN (SELECT * FROM calls WHERE call_id IN (%s)) c "
    "  ON c.trace_id = o.trace_id AND c.call_id = o.call_id JOIN functions f ON f.id = c.function_id "
    "LEFT JOIN functions g ON g.id = c.caller_function_id ORDER BY o.nth";

/* A value's class: its JSON type, integers and fractions as one, the sign of numbers, empty or not. The first character of the text tells
 * it: to ask json_type() takes five times as long. */
#define TEXT(v) "(" v ")::VARCHAR"
#define CLASS(v) \
    "CASE left(" TEXT(v) ", 1) WHEN '\"' THEN CASE WHEN " TEXT(v) " IN ('\"NaN\"', '\"Infinity\"', '\"-Infinity\"') THEN 'not finite' ELSE 'text' END " \
    "WHEN '-' THEN CASE WHEN " TEXT(v) " IN ('-0', '-0.0') THEN 'number' ELSE 'negative' END " \
    "WHEN 't' THEN 'bool' WHEN 'f' THEN 'bool' WHEN 'n' THEN 'None' " \
    "WHEN '[' THEN CASE " TEXT(v) " WHEN '[]' THEN 'empty' ELSE 'other' END " \
    "WHEN '{' THEN CASE " TEXT(v) " WHEN '{}' THEN 'empty' ELSE 'other' END ELSE 'number' END"

/* Rare: at most a fifth of at least five, where most are of one other class. Booleans say yes and no, texts what they like. */
static const char RESULT_SQL[] =
    "WITH taken AS (SELECT trace_id, call_id, function_id, " CLASS("result") " AS class FROM call_rows "
    "  WHERE trace_id IN %s AND outcome <> 1 AND result IS NOT NULL LIMIT 20000), "
    "classes AS (SELECT function_id, class, count(*) AS n, min(call_id) AS call_id, arg_min(trace_id, call_id) AS trace_id "
    "  FROM taken GROUP BY function_id, class), "
    "sums AS (SELECT function_id, sum(n) AS all_n, max(n) AS most, arg_max(class, n) AS usual FROM classes GROUP BY function_id), "
    "found AS (SELECT trace_id, call_id, most / all_n AS rank, "
    "  'returned ' || class || ' in ' || n || ' of ' || all_n || ' calls, else ' || usual AS what FROM classes JOIN sums USING (function_id) "
    "  WHERE all_n >= 5 AND n * 5 <= all_n AND most * 10 >= all_n * 7 AND class <> 'bool' AND usual <> 'None') "
    FOUND;

static const char GIVEN_SQL[] =
    "WITH taken AS (SELECT trace_id, call_id, function_id, args, kwonly FROM call_rows WHERE trace_id IN %s LIMIT 5000), "
    "named AS (SELECT trace_id, call_id, function_id, unnest([args, kwonly]) AS given FROM taken), "
    "each AS (SELECT trace_id, call_id, function_id, a.key AS name, " CLASS("a.value") " AS class FROM named, json_each(given) a "
    "  WHERE given IS NOT NULL AND a.key NOT IN ('self', 'cls')), "
    "classes AS (SELECT function_id, name, class, count(*) AS n, min(call_id) AS call_id, arg_min(trace_id, call_id) AS trace_id "
    "  FROM each GROUP BY function_id, name, class), "
    "sums AS (SELECT function_id, name, sum(n) AS all_n, max(n) AS most, arg_max(class, n) AS usual FROM classes GROUP BY function_id, name), "
    "found AS (SELECT trace_id, call_id, most / all_n AS rank, "
    "  name || ' was ' || class || ' in ' || n || ' of ' || all_n || ' calls, else ' || usual AS what FROM classes JOIN sums USING (function_id, name) "
    "  WHERE all_n >= 4 AND n * 4 <= all_n AND most * 10 >= all_n * 7 AND class <> 'bool' AND usual <> 'None') "
    FOUND;

/* Few calls make twenty: those are counted first, as the groups of all take six times as long to make. */
static const char MANY_SQL[] =
    "WITH taken AS (SELECT trace_id, parent_id, function_id, call_id, duration_ns FROM call_rows WHERE trace_id IN %s LIMIT 200000), "
    "busy AS (SELECT trace_id, parent_id FROM taken WHERE parent_id IS NOT NULL GROUP BY ALL HAVING count(*) >= 20), "
    "made AS (SELECT trace_id, parent_id, function_id, count(*) AS n, min(call_id) AS call_id, sum(duration_ns) / 1e6 AS ms "
    "  FROM taken SEMI JOIN busy USING (trace_id, parent_id) GROUP BY ALL HAVING n >= 20), "
    "found AS (SELECT trace_id, call_id, ms AS rank, 'one call made ' || n || ' of these, ' || round(ms, 1) || ' ms in all' AS what "
    "  FROM made ORDER BY ms DESC LIMIT 2) "
    FOUND;

static const char SLOW_SQL[] =
    "WITH hot AS (SELECT trace_id, function_id, max_ms, p50_ms, call_count FROM function_stats "
    "  WHERE trace_id IN %s AND call_count >= 3 AND max_ms >= 5 AND max_ms > 10 * p50_ms ORDER BY max_ms DESC LIMIT 2), "
    "found AS (SELECT h.trace_id, arg_max(c.call_id, c.duration_ns) AS call_id, any_value(h.max_ms) AS rank, "
    "  'took ' || round(max(c.duration_ns) / 1e6, 1) || ' ms, the median of ' || any_value(h.call_count) || ' calls is ' || "
    "  round(any_value(h.p50_ms), 3) || ' ms' AS what "
    "  FROM hot h JOIN call_rows c ON c.trace_id = h.trace_id AND c.function_id = h.function_id GROUP BY h.trace_id, h.function_id) "
    FOUND;

static const char OPEN_SQL[] =
    "WITH found AS (SELECT trace_id, call_id, depth AS rank, 'was open at the end' AS what FROM open_calls WHERE trace_id IN %s "
    "  AND function_id IS NOT NULL ORDER BY depth DESC LIMIT 3) "
    FOUND;
/* clang-format on */

static const struct {
    const char *kind, *sql;
} KINDS[] = {
    {"open", OPEN_SQL}, {"result", RESULT_SQL}, {"argument", GIVEN_SQL},
    {"slow", SLOW_SQL}, {"many", MANY_SQL},
};
_Static_assert(ARRAY_SIZE(KINDS) * MOST_OF_A_KIND <= MOST_FOUND, "there is room for all");

/* What was found: its calls in lists for the query that shows them, its words here, as they hold names of the program's. */
struct found {
    struct overview *o;
    struct buf values, calls;
    const char *kinds[MOST_FOUND], *words[MOST_FOUND];
    int n;
};

static int find(size_t kind, struct found *found, struct error *err)
{
    struct answer *answer = found->o->answer;
    struct store_query query = {.sql =
                                    answer_printf(answer, KINDS[kind].sql, found->o->scope.traces),
                                .timeout_ms = found->o->ask->timeout_ms};
    struct rows *rows = NULL;
    int ret = store_query(found->o->ask->store, &query, &rows, err);

    while (ret >= 0 && (ret = rows_next(rows, err)) > 0 && found->n < MOST_FOUND) {
        const char *comma = found->n > 0 ? "," : "";
        long long call = (long long)rows_int(rows, 1);

        buf_putf(&found->values, "%s(%d,'%s'::UUID,%lld::UBIGINT)", comma, found->n,
                 rows_text(rows, 0, NULL), call);
        buf_putf(&found->calls, "%s%lld", comma, call);
        found->kinds[found->n] = KINDS[kind].kind;
        found->words[found->n++] = answer_printf(answer, "%s", rows_text(rows, 2, NULL));
    }
    rows_free(rows);
    return ret < 0 ? ret : 0;
}

/* The first that is found is where to look first. */
static void note(struct overview *o, const char *kind, const struct cell *cells)
{
    if (o->odd_function != NULL)
        return;
    o->odd_function = cells[1].text;
    o->odd_why = "the calls of a function with one that is unlike the others";
    if (strcmp(kind, "slow") == 0)
        o->odd_order = "duration";
    /* Who makes the many calls is what has to change. */
    if (strcmp(kind, "many") == 0 && cells[6].kind == CELL_TEXT) {
        o->odd_function = cells[6].text;
        o->odd_why = "the function that makes many calls of one kind";
    }
}

static int say(void *ctx, struct rows *rows, struct cell *cells)
{
    struct found *found = ctx;
    int64_t nth = rows_int(rows, ARRAY_SIZE(ODD));

    cells[0] = cell_text(found->o->answer, found->kinds[nth]);
    cells[4] = cell_text(found->o->answer, found->words[nth]);
    note(found->o, found->kinds[nth], cells);
    return 0;
}

int overview_odd(struct overview *o, struct part *part, struct error *err)
{
    struct found found = {
        .o = o, .values = BUF_INIT(MOST_FOUND * 100), .calls = BUF_INIT(MOST_FOUND * 24)};
    struct fetch fetch = {.each = say, .ctx = &found};
    int ret = 0;

    for (size_t i = 0; i < ARRAY_SIZE(KINDS) && ret == 0; i++)
        ret = find(i, &found, err);
    if (ret == 0 && (found.values.failed || found.calls.failed))
        ret = error_set(err, ERR_FAILED, "out of memory");
    if (ret == 0 && found.n > 0) {
        fetch.sql =
            answer_printf(o->answer, SHOW_SQL, buf_text(&found.values), buf_text(&found.calls));
        ret = fetch_rows(o->ask, o->answer, part, &fetch, NULL, err);
    }
    buf_release(&found.values);
    buf_release(&found.calls);
    return ret;
}
