/*
 * schema_sql.h - pieces of the SQL of more than one version of the schema (schema_1_0_0.c and those behind it). Databases that were made
 * of them are out there: they do not change any more.
 */
#ifndef STORE_SCHEMA_SQL_H
#define STORE_SCHEMA_SQL_H

/* SQL is laid out by hand. */
/* clang-format off */

/* The inside of a JSON object without its braces; NULL when there is nothing in it. */
#define INSIDE(object) "nullif(substr(" object "::VARCHAR, 2, length(" object "::VARCHAR) - 2), '')"

/* Keyword-only arguments and what **kwargs took, in one object. */
#define ALL_KWARGS                                                 \
    "CASE WHEN c.kwonly IS NULL AND c.kwargs IS NULL THEN '{}' "   \
    "ELSE '{' || concat_ws(',', " INSIDE("c.kwonly") ", " INSIDE("c.kwargs") ") || '}' END"

/* One UUID for each event that costs no disk: the trace's last 16 digits, then number * 4 + kind. */
#define EVENT_ID(trace, number, kind)                      \
    "(right(replace(" trace "::VARCHAR, '-', ''), 16) || " \
    "lpad(to_hex(" number " * 4 + " kind "), 16, '0'))::UUID"

#define AT(ns) "make_timestamp(" ns " // 1000)"

/* "OutOfStock" of "shop.errors.OutOfStock". */
#define CLASS_NAME "split_part(e.exception_type, '.', -1)"

#define HANDLED "CASE e.handled WHEN 0 THEN 'false' WHEN 1 THEN 'true' ELSE 'unknown' END"

/*
 * The branches of the views of events. `more`: what a version shows of an event beyond the first one, ", moment". Inside the union a
 * cheap column comes first: it is what a count(*) reads.
 */
#define CALL_EVENT(table, more)                                                                         \
    "SELECT c.call_id, " EVENT_ID("c.trace_id", "c.call_id", "0") " AS id, c.trace_id, "                \
    AT("c.start_ns") " AS \"timestamp\", 'call' AS event_type, f.function_name, f.module_name, "        \
    "  f.file_path, f.line_number, ('{\"args\":' || c.args::VARCHAR || ',\"kwargs\":' || " ALL_KWARGS   \
    "  || ',\"is_async\":' || f.is_async || ',\"called_from\":' || CASE WHEN g.id IS NULL THEN 'null' " \
    "  ELSE json_object('function', g.function_name, 'module', g.module_name, 'file', g.file_path, "    \
    "  'line', c.caller_line)::VARCHAR END || '}')::JSON AS data, "                                     \
    AT("c.start_ns") " AS created_at, c.parent_id, c.thread_id, c.task_id, c.depth, "                   \
    "  NULL::BIGINT AS duration_ns" more " "                                                            \
    "FROM " table " c JOIN functions f ON f.id = c.function_id "                                        \
    "LEFT JOIN functions g ON g.id = c.caller_function_id "

#define RETURN_EVENT(more)                                                                              \
    "SELECT c.call_id, " EVENT_ID("c.trace_id", "c.call_id", "1") ", c.trace_id, "                      \
    AT("(c.start_ns + c.duration_ns)") ", 'return', f.function_name, f.module_name, f.file_path, "      \
    "  f.line_number, ('{\"return_value\":' || coalesce(c.result::VARCHAR, 'null') || "                 \
    "  ',\"duration_ms\":' || (c.duration_ns / 1e6) || '}')::JSON, "                                    \
    AT("(c.start_ns + c.duration_ns)") ", c.parent_id, c.thread_id, c.task_id, c.depth, c.duration_ns" more " " \
    "FROM call_rows c JOIN functions f ON f.id = c.function_id WHERE c.outcome <> 1 "

#define EXCEPTION_EVENT(more)                                                                           \
    "SELECT e.call_id, " EVENT_ID("e.trace_id", "e.exception_id", "2") ", e.trace_id, "                 \
    AT("e.at_ns") ", 'exception', f.function_name, f.module_name, f.file_path, e.line_number, "         \
    "  json_object('exception_type', " CLASS_NAME ", 'message', e.message, 'handled', " HANDLED "), "   \
    AT("e.at_ns") ", e.parent_id, e.thread_id, e.task_id, e.depth, NULL" more " "                       \
    "FROM exception_rows e LEFT JOIN functions f ON f.id = e.function_id "

#define LINE_EVENT(more)                                                                                \
    "SELECT l.call_id, " EVENT_ID("l.trace_id", "l.line_id", "3") ", l.trace_id, "                      \
    AT("l.at_ns") ", 'line', f.function_name, f.module_name, f.file_path, l.line_number, "              \
    "  ('{\"locals\":' || coalesce(l.locals::VARCHAR, 'null') || '}')::JSON, "                          \
    AT("l.at_ns") ", NULL, l.thread_id, NULL, NULL, NULL" more " "                                      \
    "FROM line_rows l JOIN functions f ON f.id = l.function_id"

/* clang-format on */

#endif
