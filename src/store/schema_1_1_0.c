/*
 * schema_1_1_0.c - from 1.0.0 to 1.1.0: who called whom, and each path of calls, counted. Databases of that version are out there: this text does not change
 * any more.
 */
#include "base/base.h"

#include "store/duck.h"
#include "store/schema_sql.h"

/* SQL is laid out by hand. */
/* clang-format off */

static const char EDGES[] =
    "CREATE TABLE edge_rows(trace_id UUID, function_id INTEGER, caller_function_id INTEGER, "
    "  parent_function_id INTEGER, calls BIGINT, total_ns BIGINT);"
    "CREATE TABLE node_rows(trace_id UUID, node UBIGINT, above UBIGINT, level INTEGER, function_id INTEGER, "
    "  thread_id BIGINT, calls BIGINT, total_ns BIGINT, self_ns BIGINT, raised BIGINT, call_id UBIGINT, "
    "  start_ns BIGINT);"
    "ALTER TABLE open_calls ADD COLUMN parent_function_id INTEGER;"
    "ALTER TABLE open_calls ADD COLUMN node UBIGINT;"
    "ALTER TABLE open_calls ADD COLUMN above UBIGINT;";

/* What a database of before holds: the same as the next ingests will count. Its paths stay uncounted: `tree` walks its calls. */
static const char FILL[] =
    "INSERT INTO edge_rows SELECT c.trace_id, c.function_id, c.caller_function_id, p.function_id, count(*), "
    "  sum(c.duration_ns)::BIGINT "
    "FROM call_rows c LEFT JOIN (SELECT trace_id, call_id, function_id FROM call_rows "
    "  UNION ALL SELECT trace_id, call_id, function_id FROM open_calls) p "
    "ON p.trace_id = c.trace_id AND p.call_id = c.parent_id GROUP BY 1, 2, 3, 4;"
    "UPDATE open_calls SET parent_function_id = p.function_id "
    "FROM (SELECT trace_id, call_id, function_id FROM call_rows "
    "  UNION ALL SELECT trace_id, call_id, function_id FROM open_calls) p "
    "WHERE p.trace_id = open_calls.trace_id AND p.call_id = open_calls.parent_id;";

/* The two halves of trace_events: who knows which kind is wanted spares DuckDB the planning of the other. */
#define EVENT_VIEW(name, branches)                                                                      \
    "CREATE VIEW " name "(call_id, id, trace_id, \"timestamp\", event_type, function_name, module_name, "  \
    "  file_path, line_number, data, created_at, parent_id, thread_id, task_id, depth, duration_ns) AS "  \
    branches ";"

static const char EVENT_CALLS[] = EVENT_VIEW("event_calls",
    CALL_EVENT("call_rows", "") "UNION ALL " CALL_EVENT("open_calls", "") "UNION ALL " RETURN_EVENT(""));
static const char EVENT_OTHERS[] = EVENT_VIEW("event_others", EXCEPTION_EVENT("") "UNION ALL " LINE_EVENT(""));

/* clang-format on */

const char *const SCHEMA_1_1_0[] = {EDGES, FILL, EVENT_CALLS, EVENT_OTHERS, NULL};
