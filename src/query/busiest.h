/* busiest.h - the busiest functions of some traces, as SQL. For questions only. */
#ifndef QUERY_BUSIEST_H
#define QUERY_BUSIEST_H

#include "query/answer.h"

/*
 * A table in parentheses, to stand behind FROM: the functions from place `skip` on in the order of `by` (calls, total_ns or self_ns, the
 * largest first, then by name), at most `limit`. Its columns: rank (1 is the first of all), function_id, calls, total_ns, self_ns, max_ns, raised,
 * recorded, gear, name (module.function), module_name, function_name, file_path, line_number, functions (how many there are), and twin: another
 * one in this table has the same name, so that only the file tells them apart.
 *
 * `traces` stands behind IN, as scope.traces does.
 */
const char *busiest_sql(struct answer *answer, const char *traces, const char *by, int64_t limit,
                        int64_t skip);

#endif
