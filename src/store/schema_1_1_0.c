/*
 * schema_1_1_0.c - from 1.0.0 to 1.1.0: who called whom, and each path of calls, counted. Databases of that version are out there: this text does not change
 * any more.
 */
#include "base/base.h"

#include "store/duck.h"

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

/* clang-format on */

const char *const SCHEMA_1_1_0[] = {EDGES, FILL, NULL};
