/*
 * schema_1_0_0.c - the tables and views of schema 1.0.0. Databases of that version are out there: this text does not change any
 * more, but for how a column is compressed, which no SQL sees; what is new goes into a file beside it (schema.c has the list).
 */
#include "base/base.h"

#include "store/duck.h"
#include "store/schema_sql.h"

/* SQL is laid out by hand. */
/* clang-format off */

/*
 * Values of calls that follow each other are much alike, often the same objects: what DuckDB chooses by itself (FSST) looks at one
 * text at a time and takes up to ten times the room, and more time. Columns that are mostly NULL are left to it.
 */
#define PACKED " USING COMPRESSION zstd"

#define CALL_COLUMNS \
    "trace_id UUID, call_id UBIGINT, parent_id UBIGINT, function_id INTEGER, thread_id BIGINT, task_id UBIGINT, " \
    "depth INTEGER, start_ns BIGINT, duration_ns BIGINT, child_ns BIGINT, suspended_ns BIGINT, resumes INTEGER, " \
    "outcome UTINYINT, args JSON" PACKED ", kwonly JSON, kwargs JSON, result JSON" PACKED ", exception_id UBIGINT, " \
    "caller_line INTEGER, caller_function_id INTEGER"

static const char TABLES[] =
    "CREATE TABLE schema_version(version VARCHAR, applied_at TIMESTAMP, breadcrumb_version VARCHAR);"
    "CREATE TABLE traces(id UUID, run_id UUID, parent_trace_id UUID, started_at TIMESTAMP, ended_at TIMESTAMP, "
    "  status VARCHAR, end_reason VARCHAR, exit_code INTEGER, thread_id BIGINT, pid INTEGER, ppid INTEGER, "
    "  host VARCHAR, command VARCHAR, python_version VARCHAR, breadcrumb_version VARCHAR, metadata JSON);"
    "CREATE TABLE functions(id INTEGER, function_name VARCHAR, qualified_name VARCHAR, module_name VARCHAR, "
    "  file_path VARCHAR, line_number INTEGER, is_async BOOLEAN, is_generator BOOLEAN, category VARCHAR, "
    "  host VARCHAR, kwargs_name VARCHAR);"
    "CREATE TABLE call_rows(" CALL_COLUMNS ");"
    "CREATE TABLE open_calls(" CALL_COLUMNS ", stream INTEGER, code INTEGER, place INTEGER, since_ns BIGINT, "
    "  line INTEGER);"
    "CREATE TABLE exception_rows(trace_id UUID, exception_id UBIGINT, call_id UBIGINT, parent_id UBIGINT, "
    "  function_id INTEGER, thread_id BIGINT, task_id UBIGINT, depth INTEGER, at_ns BIGINT, "
    "  exception_type VARCHAR, message VARCHAR, stack_trace VARCHAR" PACKED ", line_number INTEGER, handled UTINYINT, "
    "  handled_by INTEGER, handled_line INTEGER, cause_id UBIGINT);"
    "CREATE TABLE line_rows(trace_id UUID, line_id UBIGINT, call_id UBIGINT, function_id INTEGER, "
    "  thread_id BIGINT, at_ns BIGINT, line_number INTEGER, locals JSON" PACKED ");"
    "CREATE TABLE stat_rows(trace_id UUID, function_id INTEGER, call_count BIGINT, recorded_calls BIGINT, "
    "  timed_calls BIGINT, exception_count BIGINT, total_ns BIGINT, self_ns BIGINT, min_ns BIGINT, max_ns BIGINT, "
    "  p50_ns BIGINT, p95_ns BIGINT, p99_ns BIGINT, histogram BLOB, gear VARCHAR);"
    "CREATE TABLE threads(trace_id UUID, stream INTEGER, thread_id BIGINT, ident UBIGINT, name VARCHAR, "
    "  first_at TIMESTAMP, last_at TIMESTAMP, parent_thread_id BIGINT);"
    "CREATE TABLE tasks(trace_id UUID, task_id UBIGINT, name VARCHAR, parent_task_id UBIGINT, "
    "  first_at TIMESTAMP, last_at TIMESTAMP);"
    "CREATE TABLE losses(trace_id UUID, cause VARCHAR, function_id INTEGER, events BIGINT, bytes BIGINT, "
    "  first_at TIMESTAMP, last_at TIMESTAMP);"
    "CREATE TABLE consumed(trace_id UUID, batch BIGINT, stream INTEGER, segment INTEGER, position UBIGINT, "
    "  state BLOB);";

/* All arguments in one object, *args and **kwargs under their names. */
#define ALL_ARGS                                                           \
    "CASE WHEN c.kwonly IS NULL AND c.kwargs IS NULL THEN c.args "         \
    "ELSE ('{' || concat_ws(',', " INSIDE("c.args") ", " INSIDE("c.kwonly") ", " \
    "  '\"' || f.kwargs_name || '\":' || c.kwargs::VARCHAR) || '}')::JSON END"

#define CALLS_BRANCH(table, outcome)                                                                \
    "SELECT c.call_id, c.trace_id, c.parent_id, c.function_id, f.function_name, c.thread_id, "      \
    "  c.task_id, c.depth, " AT("c.start_ns") " AS started_at, c.start_ns, c.duration_ns, "         \
    "  c.duration_ns - c.suspended_ns - c.child_ns AS self_ns, "                                    \
    "  c.duration_ns - c.suspended_ns AS active_ns, c.resumes, " outcome " AS outcome, "            \
    ALL_ARGS " AS args, c.result, c.exception_id, c.caller_line, "                                  \
    AT("c.start_ns") "::DATE AS day, f.host, c.caller_function_id "                                 \
    "FROM " table " c JOIN functions f ON f.id = c.function_id "

static const char CALLS[] =
    "CREATE VIEW calls AS "
    CALLS_BRANCH("call_rows", "CASE c.outcome WHEN 1 THEN 'exception' ELSE 'return' END")
    "UNION ALL "
    CALLS_BRANCH("open_calls", "'open'") ";";

static const char TRACE_EVENTS[] =
    "CREATE VIEW trace_events AS SELECT id, trace_id, \"timestamp\", event_type, function_name, module_name, "
    "  file_path, line_number, data, created_at, call_id, parent_id, thread_id, task_id, depth, duration_ns FROM ("
    CALL_EVENT("call_rows", "") "UNION ALL " CALL_EVENT("open_calls", "") "UNION ALL " RETURN_EVENT("") "UNION ALL "
    EXCEPTION_EVENT("") "UNION ALL " LINE_EVENT("") ");";

static const char EXCEPTIONS[] =
    "CREATE VIEW exceptions AS SELECT " EVENT_ID("e.trace_id", "e.exception_id", "2") " AS id, "
    EVENT_ID("e.trace_id", "e.exception_id", "2") " AS event_id, e.trace_id, "
    CLASS_NAME " AS exception_type, e.message, e.stack_trace, " AT("e.at_ns") " AS created_at, e.call_id, "
    "  f.function_name, f.module_name, f.file_path, e.line_number, " HANDLED " AS handled, "
    "  h.function_name AS handled_by, "
    "  CASE WHEN e.cause_id IS NOT NULL THEN " EVENT_ID("e.trace_id", "e.cause_id", "2") " END AS cause_id, "
    "  count(*) OVER (PARTITION BY e.trace_id, e.exception_type, e.function_id, e.line_number) AS occurrence_count, "
    "  e.exception_type AS qualified_type, e.exception_id, e.function_id, e.thread_id, e.task_id, e.at_ns, "
    "  e.handled_line "
    "FROM exception_rows e LEFT JOIN functions f ON f.id = e.function_id "
    "LEFT JOIN functions h ON h.id = e.handled_by;";

static const char FUNCTION_STATS[] =
    "CREATE VIEW function_stats AS SELECT s.trace_id, s.function_id, f.function_name, f.module_name, f.file_path, "
    "  f.line_number, s.call_count, s.recorded_calls, s.timed_calls, s.exception_count, "
    "  s.total_ns / 1e6 AS total_ms, s.self_ns / 1e6 AS self_ms, s.min_ns / 1e6 AS min_ms, s.max_ns / 1e6 AS max_ms, "
    "  s.p50_ns / 1e6 AS p50_ms, s.p95_ns / 1e6 AS p95_ms, s.p99_ns / 1e6 AS p99_ms, s.gear "
    "FROM stat_rows s JOIN functions f ON f.id = s.function_id;";

static const char LINES[] =
    "CREATE VIEW lines AS SELECT l.trace_id, l.line_id, l.call_id, l.function_id, f.function_name, f.module_name, "
    "  f.file_path, l.line_number, " AT("l.at_ns") " AS \"timestamp\", l.at_ns, l.thread_id, l.locals "
    "FROM line_rows l JOIN functions f ON f.id = l.function_id;";

/* clang-format on */

const char *const SCHEMA_1_0_0[] = {
    TABLES, CALLS, TRACE_EVENTS, EXCEPTIONS, FUNCTION_STATS, LINES, NULL,
};
