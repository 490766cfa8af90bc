/*
 * schema.c - the tables and views, the list of versions, and the way from each to the next.
 *
 * Rules that let the same SQL run on a lake later: no primary key, sequence, enum, index or ON CONFLICT; ids are made in
 * C; views use unqualified names. docs/store.md describes every column: change it there too.
 */
#include "base/base.h"

#include "base/clock.h"
#include "store/duck.h"
#include "version.h"

#define SCHEMA_NOT_OURS "it is a DuckDB database, but not one of breadcrumb"

/* ---- 1.0.0 ---------------------------------------------------------------------------------- */

#define CALL_COLUMNS                                                                             \
    "trace_id UUID, call_id UBIGINT, parent_id UBIGINT, function_id INTEGER, thread_id BIGINT, " \
    "task_id UBIGINT, depth INTEGER, start_ns BIGINT, duration_ns BIGINT, child_ns BIGINT, "     \
    "suspended_ns BIGINT, resumes INTEGER, outcome UTINYINT, args JSON, kwonly JSON, kwargs "    \
    "JSON, "                                                                                     \
    "result JSON, exception_id UBIGINT, caller_line INTEGER, caller_function_id INTEGER"

static const char TABLES_1_0_0[] =
    "CREATE TABLE schema_version(version VARCHAR, applied_at TIMESTAMP, breadcrumb_version "
    "VARCHAR);"
    "CREATE TABLE traces(id UUID, run_id UUID, parent_trace_id UUID, started_at TIMESTAMP, "
    "  ended_at TIMESTAMP, status VARCHAR, end_reason VARCHAR, exit_code INTEGER, thread_id "
    "BIGINT, "
    "  pid INTEGER, ppid INTEGER, host VARCHAR, command VARCHAR, python_version VARCHAR, "
    "  breadcrumb_version VARCHAR, metadata JSON);"
    "CREATE TABLE functions(id INTEGER, function_name VARCHAR, qualified_name VARCHAR, "
    "  module_name VARCHAR, file_path VARCHAR, line_number INTEGER, is_async BOOLEAN, "
    "  is_generator BOOLEAN, category VARCHAR, host VARCHAR, kwargs_name VARCHAR);"
    "CREATE TABLE call_rows(" CALL_COLUMNS ");"
    "CREATE TABLE open_calls(" CALL_COLUMNS ", stream INTEGER, code INTEGER, place INTEGER, "
    "  since_ns BIGINT, line INTEGER);"
    "CREATE TABLE exception_rows(trace_id UUID, exception_id UBIGINT, call_id UBIGINT, "
    "  parent_id UBIGINT, function_id INTEGER, thread_id BIGINT, task_id UBIGINT, depth INTEGER, "
    "  at_ns BIGINT, exception_type VARCHAR, message VARCHAR, stack_trace VARCHAR, "
    "  line_number INTEGER, handled UTINYINT, handled_by INTEGER, handled_line INTEGER, "
    "  cause_id UBIGINT);"
    "CREATE TABLE line_rows(trace_id UUID, line_id UBIGINT, call_id UBIGINT, function_id INTEGER, "
    "  thread_id BIGINT, at_ns BIGINT, line_number INTEGER, locals JSON);"
    "CREATE TABLE stat_rows(trace_id UUID, function_id INTEGER, call_count BIGINT, "
    "  recorded_calls BIGINT, timed_calls BIGINT, exception_count BIGINT, total_ns BIGINT, "
    "  self_ns BIGINT, min_ns BIGINT, max_ns BIGINT, p50_ns BIGINT, p95_ns BIGINT, p99_ns BIGINT, "
    "  histogram BLOB, gear VARCHAR);"
    "CREATE TABLE threads(trace_id UUID, stream INTEGER, thread_id BIGINT, ident UBIGINT, "
    "  name VARCHAR, first_at TIMESTAMP, last_at TIMESTAMP, parent_thread_id BIGINT);"
    "CREATE TABLE tasks(trace_id UUID, task_id UBIGINT, name VARCHAR, parent_task_id UBIGINT, "
    "  first_at TIMESTAMP, last_at TIMESTAMP);"
    "CREATE TABLE losses(trace_id UUID, cause VARCHAR, function_id INTEGER, events BIGINT, "
    "  bytes BIGINT, first_at TIMESTAMP, last_at TIMESTAMP);"
    "CREATE TABLE consumed(trace_id UUID, batch BIGINT, stream INTEGER, segment INTEGER, "
    "  position UBIGINT, state BLOB);";

/* The inside of a JSON object without its braces; NULL when there is nothing in it. */
#define INSIDE(object) "nullif(substr(" object "::VARCHAR, 2, length(" object "::VARCHAR) - 2), '')"

/* All arguments in one object, *args and **kwargs under their names. */
#define ALL_ARGS                                                                \
    "CASE WHEN c.kwonly IS NULL AND c.kwargs IS NULL THEN c.args ELSE ('{' || " \
    "concat_ws(',', " INSIDE("c.args") ", " INSIDE(                             \
        "c.kwonly") ", '\"' || f.kwargs_name || '\":' || c.kwargs::VARCHAR"     \
                    ") || '}')::JSON END"

/* Keyword-only arguments and what **kwargs took, in one object. */
#define ALL_KWARGS                                                           \
    "CASE WHEN c.kwonly IS NULL AND c.kwargs IS NULL THEN '{}' ELSE '{' || " \
    "concat_ws(',', " INSIDE("c.kwonly") ", " INSIDE("c.kwargs") ") || '}' END"

/* One UUID for each event that costs no disk: the trace's last 16 digits, then number * 4 + kind. */
#define EVENT_ID(trace, number, kind)                      \
    "(right(replace(" trace "::VARCHAR, '-', ''), 16) || " \
    "lpad(to_hex(" number " * 4 + " kind "), 16, '0'))::UUID"

#define AT(ns) "make_timestamp(" ns " // 1000)"

#define CALLS_BRANCH(table, outcome)                                                           \
    "SELECT c.call_id, c.trace_id, c.parent_id, c.function_id, f.function_name, c.thread_id, " \
    "  c.task_id, c.depth, " AT(                                                               \
        "c.start_ns") " AS started_at, c.start_ns, c.duration_ns, "                            \
                      "  c.duration_ns - c.suspended_ns - c.child_ns AS self_ns, "             \
                      "  c.duration_ns - c.suspended_ns AS active_ns, c.resumes, " outcome     \
                      " AS outcome, " ALL_ARGS                                                 \
                      " AS args, c.result, c.exception_id, c.caller_line, " AT(                \
                          "c.start_ns") "::DATE AS day, f.host, c.caller_function_id "         \
                                        "FROM " table                                          \
                                        " c JOIN functions f ON f.id = c.function_id "

/* Inside the union a cheap column comes first: it is what a count(*) reads. */
#define CALL_EVENT(table)                                                                         \
    "SELECT c.call_id, " EVENT_ID("c.trace_id", "c.call_id", "0") " AS id, c.trace_id, " AT(      \
        "c.start_ns") " AS \"timestamp\", 'call' AS event_type, f.function_name, f.module_name, " \
                      "  f.file_path, f.line_number, ('{\"args\":' || c.args::VARCHAR || "        \
                      "',\"kwargs\":' || " ALL_KWARGS                                             \
                      " || ',\"is_async\":' || f.is_async || ',\"called_from\":' || "             \
                      "  CASE WHEN g.id IS NULL THEN 'null' ELSE json_object('function', "        \
                      "g.function_name, "                                                         \
                      "  'module', g.module_name, 'file', g.file_path, 'line', "                  \
                      "c.caller_line)::VARCHAR END || "                                           \
                      "  '}')::JSON AS data, " AT(                                                \
                          "c.start_ns") " AS created_at, c.parent_id, "                           \
                                        "  c.thread_id, c.task_id, c.depth, NULL::BIGINT AS "     \
                                        "duration_ns "                                            \
                                        "FROM " table                                             \
                                        " c JOIN functions f ON f.id = c.function_id "            \
                                        "LEFT JOIN functions g ON g.id = c.caller_function_id "

/* "OutOfStock" of "shop.errors.OutOfStock". */
#define CLASS_NAME "split_part(e.exception_type, '.', -1)"

#define HANDLED "CASE e.handled WHEN 0 THEN 'false' WHEN 1 THEN 'true' ELSE 'unknown' END"

static const char
    VIEWS_1_0_0[] =
        "CREATE VIEW calls AS " CALLS_BRANCH("call_rows",
                                             "CASE c.outcome WHEN 1 THEN 'exception' "
                                             "ELSE 'return' END") "UNION "
                                                                  "ALL " CALLS_BRANCH(
                                                                      "open_calls",
                                                                      "'open'") ";"

                                                                                "CREA"
                                                                                "TE "
                                                                                "VIEW"
                                                                                " tra"
                                                                                "ce_"
                                                                                "even"
                                                                                "ts "
                                                                                "AS "
                                                                                "SELE"
                                                                                "CT "
                                                                                "id, "
                                                                                "trac"
                                                                                "e_"
                                                                                "id, "
                                                                                "\"ti"
                                                                                "mest"
                                                                                "amp"
                                                                                "\", "
                                                                                "even"
                                                                                "t_"
                                                                                "type"
                                                                                ", "
                                                                                "func"
                                                                                "tion"
                                                                                "_nam"
                                                                                "e, "
                                                                                "modu"
                                                                                "le_"
                                                                                "name"
                                                                                ", "
                                                                                "file"
                                                                                "_pat"
                                                                                "h, "
                                                                                "  "
                                                                                "line"
                                                                                "_num"
                                                                                "ber,"
                                                                                " dat"
                                                                                "a, "
                                                                                "crea"
                                                                                "ted_"
                                                                                "at, "
                                                                                "call"
                                                                                "_id,"
                                                                                " par"
                                                                                "ent_"
                                                                                "id, "
                                                                                "thre"
                                                                                "ad_"
                                                                                "id, "
                                                                                "task"
                                                                                "_id,"
                                                                                " dep"
                                                                                "th, "
                                                                                "dura"
                                                                                "tion"
                                                                                "_ns "
                                                                                "FROM"
                                                                                " "
                                                                                "(" CALL_EVENT("call_rows") "UNION ALL " CALL_EVENT("open_calls") "UNION ALL "
                                                                                                                                                  "SELECT c.call_id, " EVENT_ID("c.trace_id", "c.call_id", "1") ", c.trace_id, " AT("(c.start_ns + c.duration_ns)") ", 'return', f.function_name, f.module_name, f.file_path, "
                                                                                                                                                                                                                                                                    "  f.line_number, ('{\"return_value\":' || coalesce(c.result::VARCHAR, 'null') || "
                                                                                                                                                                                                                                                                    "  ',\"duration_ms\":' || (c.duration_ns / 1e6) || '}')::JSON, " AT("(c.start_ns + c.duration_ns)") ", c.parent_id, c.thread_id, c.task_id, c.depth, "
                                                                                                                                                                                                                                                                                                                                                                        "  c.duration_ns "
                                                                                                                                                                                                                                                                                                                                                                        "FROM call_rows c JOIN functions f ON f.id = c.function_id WHERE c.outcome <> 1 "
                                                                                                                                                                                                                                                                                                                                                                        "UNION ALL "
                                                                                                                                                                                                                                                                                                                                                                        "SELECT e.call_id, " EVENT_ID("e.trace_id",
                                                                                                                                                                                                                                                                                                                                                                                                      "e.exception_id", "2") ", e.trace_id, " AT("e.at_ns") ", "
                                                                                                                                                                                                                                                                                                                                                                                                                                                            "  'exception', f.function_name, f.module_name, f.file_path, e.line_number, "
                                                                                                                                                                                                                                                                                                                                                                                                                                                            "  json_object('exception_type', " CLASS_NAME
                                                                                                                                                                                                                                                                                                                                                                                                                                                            ", 'message', e.message, 'handled', " HANDLED "), " AT("e.at_ns") ", e.parent_id, e.thread_id, e.task_id, e.depth, NULL "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              "FROM exception_rows e LEFT JOIN functions f ON f.id = e.function_id "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              "UNION ALL "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              "SELECT l.call_id, " EVENT_ID("l.trace_id",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                            "l.line_id",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                            "3") ", l.trace_id, " AT("l.at_ns") ", 'line', "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                "  f.function_name, f.module_name, f.file_path, l.line_number, "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                "  ('{\"locals\":' || coalesce(l.locals::VARCHAR, 'null') || '}')::JSON, " AT("l.at_ns") ", "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         "  NULL, l.thread_id, NULL, NULL, NULL "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         "FROM line_rows l JOIN functions f ON f.id = l.function_id);"

                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         "CREATE VIEW exceptions AS "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         "SELECT " EVENT_ID("e.trace_id", "e.exception_id", "2") " AS id, " EVENT_ID(
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             "e.trace_id", "e.exception_id", "2") " AS event_id, e.trace_id, " CLASS_NAME
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                  " AS "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                  "  exception_type, "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                  "  e.message, e.stack_trace, " AT("e.at_ns") " AS created_at, e.call_id, f.function_name, "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               "  f.module_name, f.file_path, e.line_number, " HANDLED
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               " AS handled, "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               "  h.function_name AS handled_by, "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               "  CASE WHEN e.cause_id IS NOT NULL THEN " EVENT_ID("e.trace_id", "e.cause_id",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   "2") " END "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        "  AS cause_id, "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        "  count(*) OVER (PARTITION BY e.trace_id, e.exception_type, e.function_id, e.line_number) "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        "  AS occurrence_count, e.exception_type AS qualified_type, e.exception_id, e.function_id, e.thread_id, e.task_id, e.at_ns, "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        "  e.handled_line "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        "FROM exception_rows e LEFT JOIN functions f ON f.id = e.function_id "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        "LEFT JOIN functions h ON h.id = e.handled_by;"

                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        "CREATE VIEW function_stats AS "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        "SELECT s.trace_id, s.function_id, f.function_name, f.module_name, f.file_path, f.line_number, "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        "  s.call_count, s.recorded_calls, s.timed_calls, s.exception_count, s.total_ns / 1e6 AS total_ms, "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        "  s.self_ns / 1e6 AS self_ms, s.min_ns / 1e6 AS min_ms, s.max_ns / 1e6 AS max_ms, "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        "  s.p50_ns / 1e6 AS p50_ms, s.p95_ns / 1e6 AS p95_ms, s.p99_ns / 1e6 AS p99_ms, s.gear "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        "FROM stat_rows s JOIN functions f ON f.id = s.function_id;"

                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        "CREATE VIEW lines AS "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        "SELECT l.trace_id, l.line_id, l.call_id, l.function_id, f.function_name, f.module_name, "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        "  f.file_path, l.line_number, " AT(
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                            "l.at_ns") " AS \"timestamp\", l.at_ns, l.thread_id, l.locals "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       "FROM line_rows l JOIN functions f ON f.id = l.function_id;";

/* ---- versions -------------------------------------------------------------------------------- */

struct migration {
    const char *version;
    const char *const *sql; /* what leads here from the version before; ends with NULL */
};

static const char *const SQL_1_0_0[] = {TABLES_1_0_0, VIEWS_1_0_0, NULL};

/* Oldest first; append only. */
static const struct migration MIGRATIONS[] = {
    {"1.0.0", SQL_1_0_0},
};

const char *store_schema_newest(void)
{
    return MIGRATIONS[ARRAY_SIZE(MIGRATIONS) - 1].version;
}

const char *store_table_names(void)
{
    return "traces, trace_events, exceptions, functions, calls, function_stats, lines, threads, "
           "tasks, "
           "losses, open_calls, schema_version";
}

static int migrate(struct store *store, size_t from, struct error *err)
{
    int ret;

    for (size_t i = from; i < ARRAY_SIZE(MIGRATIONS); i++) {
        struct store_param params[] = {
            store_text("version", MIGRATIONS[i].version),
            store_int("us", clock_wall_ns() / 1000),
            store_text("program", BREADCRUMB_VERSION),
        };

        for (const char *const *sql = MIGRATIONS[i].sql; *sql != NULL; sql++) {
            if ((ret = store_run(store, store->main, *sql, err)) < 0)
                return ret;
        }
        ret = store_exec(
            store, "INSERT INTO schema_version VALUES ($version, make_timestamp($us), $program)",
            params, ARRAY_SIZE(params), err);
        if (ret < 0)
            return ret;
    }
    snprintf(store->version, sizeof(store->version), "%s", store_schema_newest());
    return 0;
}

int schema_create(struct store *store, struct error *err)
{
    return migrate(store, 0, err);
}

/* "1.10.2" as a number that compares; false for anything else. */
static bool parse_version(const char *text, uint64_t *ret_number)
{
    unsigned major, minor, patch;
    char rest;

    if (sscanf(text, "%5u.%5u.%5u%c", &major, &minor, &patch, &rest) != 3)
        return false;
    *ret_number = ((uint64_t)major * 100000 + minor) * 100000 + patch;
    return true;
}

static int read_version(struct store *store, struct error *err)
{
    static const char sql[] = "SELECT version FROM schema_version ORDER BY list_transform("
                              "string_split(version, '.'), lambda x: x::INTEGER) DESC LIMIT 1";
    struct store_query query = {.sql = sql};
    struct rows *rows = NULL;
    int ret;

    if (store_query(store, &query, &rows, NULL) < 0 || (ret = rows_next(rows, NULL)) <= 0) {
        rows_free(rows);
        error_set(err, ERR_DATABASE_CORRUPT, "cannot use the database '%s': " SCHEMA_NOT_OURS,
                  store->path);
        return error_suggest(err, "name another file with --db-path");
    }
    snprintf(store->version, sizeof(store->version), "%s", rows_text(rows, 0, NULL));
    rows_free(rows);
    return 0;
}

int schema_check(struct store *store, struct error *err)
{
    uint64_t have, newest = 0;
    size_t i;
    int ret;

    if ((ret = read_version(store, err)) < 0)
        return ret;
    parse_version(store_schema_newest(), &newest);
    if (!parse_version(store->version, &have) || have > newest) {
        error_set(err, ERR_DATABASE_VERSION,
                  "the database '%s' has schema %s, this breadcrumb knows up to %s", store->path,
                  store->version, store_schema_newest());
        return error_suggest(err,
                             "install a newer breadcrumb, or name another database with --db-path");
    }
    if (have == newest)
        return 0;
    for (i = 0; i < ARRAY_SIZE(MIGRATIONS); i++) {
        if (strcmp(MIGRATIONS[i].version, store->version) == 0)
            break;
    }
    if (i == ARRAY_SIZE(MIGRATIONS))
        return error_set(err, ERR_DATABASE_VERSION, "the database '%s' has the unknown schema %s",
                         store->path, store->version);
    if (store->mode == STORE_READ) {
        error_set(err, ERR_DATABASE_VERSION, "the database '%s' has the older schema %s",
                  store->path, store->version);
        return error_suggest(err,
                             "run `breadcrumb ingest` once: it brings the database up to date");
    }
    if ((ret = store_begin(store, err)) < 0)
        return ret;
    if ((ret = migrate(store, i + 1, err)) < 0) {
        store_rollback(store);
        return ret;
    }
    return store_commit(store, err);
}
