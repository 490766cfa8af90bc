/* busiest.c - see busiest.h. */
#include "base/base.h"

#include "query/busiest.h"

/* clang-format off */
/* A trace has one row for each function; those of several traces are added up. */
static const char OF_ONE_SQL[] =
    "SELECT function_id, call_count AS calls, total_ns, self_ns, max_ns, exception_count AS raised, recorded_calls AS recorded, timed_calls AS timed, gear "
    "FROM stat_rows WHERE call_count > 0 AND trace_id IN %s";
static const char OF_MANY_SQL[] =
    "SELECT function_id, sum(call_count)::BIGINT AS calls, sum(total_ns)::BIGINT AS total_ns, sum(self_ns)::BIGINT AS self_ns, max(max_ns) AS max_ns, "
    "  sum(exception_count)::BIGINT AS raised, sum(recorded_calls)::BIGINT AS recorded, sum(timed_calls)::BIGINT AS timed, max(gear ORDER BY gear = 'full', gear DESC) AS gear "
    "FROM stat_rows WHERE call_count > 0 AND trace_id IN %s GROUP BY function_id";
/* Names are joined only to the functions that can be on the page: a program may have a million of them. */
static const char SQL[] =
    "(WITH sums AS %s (%s), reach AS (SELECT min(n) AS n FROM (SELECT coalesce(%s, 0) AS n FROM sums ORDER BY 1 DESC LIMIT %lld)), "
    "page AS (SELECT s.*, f.module_name || '.' || f.function_name AS name, f.module_name, f.function_name, f.file_path, f.line_number "
    "  FROM sums s JOIN functions f ON f.id = s.function_id WHERE coalesce(s.%s, 0) >= (SELECT n FROM reach) "
    "  ORDER BY coalesce(s.%s, 0) DESC, name, f.file_path, f.line_number LIMIT %lld OFFSET %lld) "
    "SELECT %lld + row_number() OVER (ORDER BY coalesce(%s, 0) DESC, name, file_path, line_number) AS rank, *, (SELECT count(*) FROM sums) AS functions, "
    "  count(*) OVER (PARTITION BY name) > 1 AS twin FROM page)";
/* clang-format on */

/* Numbers and not parameters: the first N are then found in one pass without a sort. */
const char *busiest_sql(struct answer *answer, const char *traces, const char *by, int64_t limit,
                        int64_t skip)
{
    bool one = traces[0] == '(' && traces[1] == '\'' && strchr(traces, ',') == NULL;
    const char *sums = answer_printf(answer, one ? OF_ONE_SQL : OF_MANY_SQL, traces);
    long long before = skip < INT32_MAX ? (long long)skip : INT32_MAX; /* there are never more */

    return answer_printf(answer, SQL, one ? "NOT MATERIALIZED" : "MATERIALIZED", sums, by,
                         before + (long long)limit, by, by, (long long)limit, before, before, by);
}

const char *busiest_calls(struct answer *answer, int64_t calls, const struct cell *kept)
{
    const char *all = answer_calls(answer, calls);

    /* What was recorded and not timed is open still. */
    if (kept[0].integer >= calls || kept[1].integer >= calls)
        return all;
    return answer_printf(answer, "%s, %lld of them timed", all, (long long)kept[1].integer);
}
