/*
 * overview_odd.c - calls that are unlike the others of their function: what a person would stop at when reading all of them. Each kind is
 * one query over a bounded number of calls, so that it is as fast on ten million of them.
 */
#include "base/base.h"

#include "query/overview.h"

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
/* What each query ends with: `found` has trace_id, call_id, what. */
#define SHOW(kind) \
    "SELECT '" kind "', f.module_name || '.' || f.function_name, f.file_path, f.line_number, o.what, c.call_id::BIGINT, " \
    "  g.module_name || '.' || g.function_name, c.caller_line, c.args, c.result " \
    "FROM (FROM found ORDER BY rank DESC, call_id LIMIT 3) o JOIN calls c ON c.trace_id = o.trace_id AND c.call_id = o.call_id JOIN functions f ON f.id = c.function_id " \
    "LEFT JOIN functions g ON g.id = c.caller_function_id ORDER BY o.rank DESC, o.call_id"

/* A value's class: its JSON type, integers and fractions as one, the sign of numbers, empty or not. */
#define CLASS(v) \
    "CASE WHEN " v " IS NULL OR json_type(" v ") = 'NULL' THEN 'None' " \
    "WHEN json_type(" v ") IN ('UBIGINT', 'BIGINT', 'DOUBLE', 'HUGEINT') THEN " \
    "  CASE WHEN (" v ")::DOUBLE < 0 THEN 'negative' ELSE 'number' END " \
    "WHEN json_type(" v ") = 'VARCHAR' AND (" v "->>'$') IN ('NaN', 'Infinity', '-Infinity') THEN 'not finite' " \
    "WHEN json_type(" v ") = 'VARCHAR' THEN 'text' WHEN json_type(" v ") = 'BOOLEAN' THEN 'bool' " \
    "WHEN (" v ")::VARCHAR IN ('[]', '{}') THEN 'empty' ELSE 'other' END"

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
    SHOW("result");

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
    SHOW("argument");

static const char MANY_SQL[] =
    "WITH taken AS (SELECT trace_id, parent_id, function_id, call_id, duration_ns FROM call_rows WHERE trace_id IN %s LIMIT 200000), "
    "made AS (SELECT trace_id, parent_id, function_id, count(*) AS n, min(call_id) AS call_id, sum(duration_ns) / 1e6 AS ms "
    "  FROM taken WHERE parent_id IS NOT NULL GROUP BY ALL HAVING n >= 20), "
    "found AS (SELECT trace_id, call_id, ms AS rank, 'one call made ' || n || ' of these, ' || round(ms, 1) || ' ms in all' AS what "
    "  FROM made ORDER BY ms DESC LIMIT 2) "
    SHOW("many");

static const char SLOW_SQL[] =
    "WITH hot AS (SELECT trace_id, function_id, max_ms, p50_ms, call_count FROM function_stats "
    "  WHERE trace_id IN %s AND call_count >= 3 AND max_ms >= 5 AND max_ms > 10 * p50_ms ORDER BY max_ms DESC LIMIT 2), "
    "found AS (SELECT h.trace_id, arg_max(c.call_id, c.duration_ns) AS call_id, any_value(h.max_ms) AS rank, "
    "  'took ' || round(max(c.duration_ns) / 1e6, 1) || ' ms, the median of ' || any_value(h.call_count) || ' calls is ' || "
    "  round(any_value(h.p50_ms), 3) || ' ms' AS what "
    "  FROM hot h JOIN call_rows c ON c.trace_id = h.trace_id AND c.function_id = h.function_id GROUP BY h.trace_id, h.function_id) "
    SHOW("slow");

static const char OPEN_SQL[] =
    "WITH found AS (SELECT trace_id, call_id, depth AS rank, 'was open at the end' AS what FROM open_calls WHERE trace_id IN %s "
    "  AND function_id IS NOT NULL ORDER BY depth DESC LIMIT 3) "
    SHOW("open");
/* clang-format on */

/* The first that is found is where to look first. */
static int note(void *ctx, struct rows *rows, struct cell *cells)
{
    struct overview *o = ctx;

    (void)rows;
    if (o->odd_function != NULL || cells[0].text == NULL)
        return 0;
    o->odd_function = cells[1].text;
    o->odd_why = "the calls of a function with one that is unlike the others";
    if (strcmp(cells[0].text, "slow") == 0)
        o->odd_order = "duration";
    /* Who makes the many calls is what has to change. */
    if (strcmp(cells[0].text, "many") == 0 && cells[6].kind == CELL_TEXT) {
        o->odd_function = cells[6].text;
        o->odd_why = "the function that makes many calls of one kind";
    }
    return 0;
}

int overview_odd(struct overview *o, struct part *part, struct error *err)
{
    static const char *const KINDS[] = {OPEN_SQL, RESULT_SQL, GIVEN_SQL, SLOW_SQL, MANY_SQL};
    int ret = 0;

    for (size_t i = 0; i < ARRAY_SIZE(KINDS) && ret == 0; i++)
        ret = overview_fetch(o, part, KINDS[i], note, err);
    return ret;
}
