/* busiest.h - the busiest functions of some traces, as SQL. For questions only. */
#ifndef QUERY_BUSIEST_H
#define QUERY_BUSIEST_H

#include "query/answer.h"

/*
 * A table in parentheses, to stand behind FROM: the functions from place `skip` on in the order of `by` (calls, total_ns or self_ns, the
 * largest first, then by name), at most `limit`. Its columns: rank (1 is the first of all), function_id, calls, total_ns, self_ns, max_ns, raised,
 * recorded, timed, gear, name (module.function), module_name, function_name, file_path, line_number, functions (how many there are), and twin: another
 * one in this table has the same name, so that only the file tells them apart.
 *
 * `traces` stands behind IN, as scope.traces does.
 */
const char *busiest_sql(struct answer *answer, const char *traces, const char *by, int64_t limit,
                        int64_t skip);

/* clang-format off */
/* What is known of the calls of a function in such a list, as columns and in SQL; timed_flags: whether a table shows how many were timed. */
#define BUSIEST_KEPT(timed_flags) \
    {"recorded_calls", "Recorded", COLUMN_INT, COLUMN_NOT_IN_TABLE, "calls that are there with their arguments"}, \
    {"timed_calls", "Timed", COLUMN_INT, (timed_flags), "finished calls that the times are of"}, \
    {"gear", "Gear", COLUMN_TEXT, COLUMN_NOT_IN_TABLE, "full: every call was recorded; else how far it was thinned out"}
#define BUSIEST_KEPT_SQL "recorded, timed, gear"
/* clang-format on */

/* "48211 calls"; of a function that was thinned out "48211 calls, 10100 of them timed". `kept`: the cells of BUSIEST_KEPT. */
const char *busiest_calls(struct answer *answer, int64_t calls, const struct cell *kept);

#endif
