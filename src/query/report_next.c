/* report_next.c - the processes and threads of a run, and three questions that make sense after reading its report. */
#include "base/base.h"

#include "query/again.h"
#include "query/report.h"

#define MOST_STEPS 3

static const struct column PROCESSES[] = {
    {"trace_id", "Trace", COLUMN_ID, 0, "the process's trace"},
    {"pid", "PID", COLUMN_INT, 0, "of the process"},
    {"ppid", "Parent", COLUMN_INT, 0, "the process that began it"},
    {"status", "Status", COLUMN_STATUS, 0, "running, completed or failed"},
    {"end_reason", "Ended By", COLUMN_TEXT, 0,
     "exit, exception, signal, timeout, exec, os._exit or unknown"},
    {"duration_ms", "Duration", COLUMN_MS, 0, "in ms; null while it runs"},
    {"calls", "Calls", COLUMN_INT, 0, "exact, those that were thinned out too"},
    {"command", "Command", COLUMN_TEXT, COLUMN_WIDE, "its command line"},
};
enum { P_CALLS = 6 };

static const struct column THREADS[] = {
    {"pid", "PID", COLUMN_INT, 0, "of the process"},
    {"thread_id", "Thread", COLUMN_INT, 0, "the kernel's id of it"},
    {"name", "Name", COLUMN_TEXT, 0, "as the program named it"},
    {"calls", "Calls", COLUMN_INT, 0, "recorded, those that are open too"},
    {"first_at", "First Event", COLUMN_TIME, 0, "UTC"},
    {"last_at", "Last Event", COLUMN_TIME, 0, "UTC"},
};

const struct question_part report_part_processes = {
    "processes",          "the traced processes, where there are several", PART_ROWS, 0, PROCESSES,
    ARRAY_SIZE(PROCESSES)};
const struct question_part report_part_threads = {
    "threads",          "their threads, where there are several", PART_ROWS, 0, THREADS,
    ARRAY_SIZE(THREADS)};

static const char PROCESSES_SQL[] =
    REPORT_PICKED "SELECT p.id, p.pid, p.ppid, p.status, p.end_reason, "
                  "  (epoch_us(p.ended_at) - epoch_us(p.started_at)) / 1000.0::DOUBLE, "
                  "  coalesce((SELECT sum(s.call_count)::BIGINT FROM stat_rows s WHERE s.trace_id "
                  "= p.id), 0), p.command "
                  "FROM picked p ORDER BY p.started_at, p.id LIMIT 50";

static const char THREADS_SQL[] =
    REPORT_PICKED ", began AS (SELECT trace_id, thread_id FROM call_rows WHERE trace_id IN %s "
                  "  UNION ALL SELECT trace_id, thread_id FROM open_calls "
                  "  WHERE trace_id IN (SELECT id FROM picked)), "
                  "c AS (SELECT trace_id, thread_id, count(*) AS calls FROM began GROUP BY ALL) "
                  "SELECT p.pid, t.thread_id, t.name, coalesce(c.calls, 0), t.first_at, t.last_at, "
                  "count(*) OVER () "
                  "FROM threads t JOIN picked p ON p.id = t.trace_id "
                  "LEFT JOIN c ON c.trace_id = t.trace_id AND c.thread_id = t.thread_id ORDER BY "
                  "p.started_at, t.first_at, t.thread_id LIMIT 50";

/* The first process may have no calls of its own: a wrapper that replaces itself by the program, the master of a server. */
static int find_busiest(void *ctx, struct rows *rows, struct cell *cells)
{
    struct report *r = ctx;

    (void)rows;
    if (cells[P_CALLS].integer > r->most_calls) {
        r->most_calls = cells[P_CALLS].integer;
        snprintf(r->busiest_trace, sizeof(r->busiest_trace), "%s", cells[0].text);
    }
    return 0;
}

static int count_threads(void *ctx, struct rows *rows, struct cell *cells)
{
    struct report *r = ctx;

    (void)cells;
    r->threads = rows_int(rows, ARRAY_SIZE(THREADS));
    return 0;
}

int report_processes(struct report *r, struct error *err)
{
    struct fetch fetch = {PROCESSES_SQL, r->params, ARRAY_SIZE(r->params), find_busiest, r};
    struct part *part;
    int ret = 0;

    if (r->processes > 1) {
        part = report_begin(r, &report_part_processes, "Processes:");
        ret = fetch_rows(r->ask, r->answer, part, &fetch, NULL, err);
        if (ret < 0)
            return ret;
        answer_omit(r->answer, r->processes - (int64_t)part->nrows, "processes",
                    "the report shows 50");
    }
    fetch.sql = answer_printf(r->answer, THREADS_SQL, r->traces);
    fetch.each = count_threads;
    part = report_begin(r, &report_part_threads, "Threads:");
    ret = fetch_rows(r->ask, r->answer, part, &fetch, NULL, err);
    if (ret < 0)
        return ret;
    if (r->threads <= 1)
        part->flags |= PART_NOT_IN_TEXT;
    answer_omit(r->answer, r->threads - (int64_t)part->nrows, "threads", "the report shows 50");
    return 0;
}

/* ---- what to ask next --------------------------------------------------------------------- */

static bool room(const struct report *r)
{
    size_t n = 0;

    for (const struct next_step *s = r->answer->steps; s != NULL; s = s->next)
        n++;
    return n < MOST_STEPS;
}

/* The scope of the report as an argument of another question. */
static const char *scope(const struct report *r)
{
    return r->run_id[0] != '\0' ? "run" : "trace";
}

static const char *scope_of(const struct report *r)
{
    return r->run_id[0] != '\0' ? r->run_id : r->trace_id;
}

static const char *command_again(struct report *r)
{
    return again_command(r->ask, r->answer, r->traces, r->command != NULL ? r->command : "CMD",
                         NULL);
}

static void suggest_profile(struct report *r)
{
    answer_suggest(r->answer,
                   answer_printf(r->answer,
                                 "if the %lld calls of %s are noise: run again without them",
                                 (long long)r->busiest_calls, r->busiest),
                   "run", "timeout", "60", "exclude",
                   answer_printf(r->answer, "%s.*", r->busiest_module), "", command_again(r), NULL);
}

/* What went wrong comes before what was slow. */
static void suggest_faults(struct report *r)
{
    if (r->timed_out && r->command != NULL)
        answer_suggest(r->answer, "if it only needs more time", "run", "timeout",
                       answer_printf(r->answer, "%.12g", r->timeout_s > 0 ? r->timeout_s * 5 : 300),
                       "", command_again(r), NULL);
    if (r->unhandled > 0)
        answer_suggest(r->answer, "what nobody caught: where, with which arguments, from what",
                       "exceptions", scope(r), scope_of(r), "unhandled", "", NULL);
    else if (r->exceptions > 0 && !r->timed_out)
        answer_suggest(r->answer, "what was raised: where, with which arguments, who caught it",
                       "exceptions", scope(r), scope_of(r), NULL);
    if (r->timed_out || r->open_calls > 0)
        answer_suggest(r->answer, "the calls that were open, with what they were given", "stack",
                       scope(r), scope_of(r), NULL);
}

static bool is_noise(const struct report *r)
{
    return r->busiest != NULL && r->busiest_calls >= 1000 &&
           strcmp(r->busiest_module, "__main__") != 0;
}

void report_next(struct report *r)
{
    suggest_faults(r);
    if (room(r) && r->slowest != NULL)
        answer_suggest(r->answer, "its slowest calls, with what they were given", "performance",
                       "function", r->slowest, scope(r), scope_of(r), NULL);
    if (room(r) && is_noise(r))
        suggest_profile(r);
    if (room(r) && r->events > REPORT_TREE_EVENTS)
        answer_suggest(r->answer, "who called whom, repetitions folded", "tree", scope(r),
                       scope_of(r), NULL);
    if (room(r) && r->events == 0)
        answer_suggest(r->answer, "what was seen and not recorded", "gaps", scope(r), scope_of(r),
                       NULL);
    if (room(r) && r->events > 0)
        answer_suggest(r->answer, "every event, in order", "flow", "trace", r->busiest_trace, NULL);
    if (room(r) && r->events > 0)
        answer_suggest(r->answer, "which functions took the time", "top", "by", "self", scope(r),
                       scope_of(r), NULL);
    if (room(r))
        answer_suggest(r->answer, "other runs", "list", NULL);
}
