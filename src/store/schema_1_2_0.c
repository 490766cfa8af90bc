/*
 * schema_1_2_0.c - from 1.1.0 to 1.2.0: the exact moment of an event, `at_ns`. Two returns often fall into one microsecond, which is all
 * that `timestamp` has. Databases of that version are out there: this text does not change any more.
 */
#include "base/base.h"

#include "store/duck.h"
#include "store/schema_sql.h"

/* SQL is laid out by hand. */
/* clang-format off */

#define CALL_BRANCHES                                     \
    CALL_EVENT("call_rows", ", c.start_ns AS at_ns")      \
    "UNION ALL " CALL_EVENT("open_calls", ", c.start_ns") \
    "UNION ALL " RETURN_EVENT(", c.start_ns + c.duration_ns")

#define OTHER_BRANCHES EXCEPTION_EVENT(", e.at_ns") "UNION ALL " LINE_EVENT(", l.at_ns")

#define REST \
    "\"timestamp\", event_type, function_name, module_name, file_path, line_number, data, created_at"

static const char DROP[] = "DROP VIEW trace_events; DROP VIEW event_calls; DROP VIEW event_others;";

static const char TRACE_EVENTS[] =
    "CREATE VIEW trace_events AS SELECT id, trace_id, " REST ", call_id, parent_id, thread_id, task_id, depth, "
    "  duration_ns, at_ns FROM (" CALL_BRANCHES "UNION ALL " OTHER_BRANCHES ");";

#define EVENT_VIEW(name, branches)                                                                  \
    "CREATE VIEW " name "(call_id, id, trace_id, " REST ", parent_id, thread_id, task_id, depth, " \
    "  duration_ns, at_ns) AS " branches ";"

static const char EVENT_CALLS[] = EVENT_VIEW("event_calls", CALL_BRANCHES);
static const char EVENT_OTHERS[] = EVENT_VIEW("event_others", OTHER_BRANCHES);

/* clang-format on */

const char *const SCHEMA_1_2_0[] = {DROP, TRACE_EVENTS, EVENT_CALLS, EVENT_OTHERS, NULL};
