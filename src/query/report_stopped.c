/* report_stopped.c - the part of a report about a recording that stopped itself: what it kept and dropped, the functions that flooded it,
 * and what to do about it in the next run. Read from the store, so it can be asked for at any time. */
#include "base/base.h"

#include "query/report.h"
#include "query/stopped.h"

#define MOST_FUNCTIONS 20

static const struct column WRITER[] = {
    {"events_written", "Events written", COLUMN_INT, 0, "recorded calls, returns and exceptions"},
    {"events_dropped", "Events dropped", COLUMN_INT, 0, "for want of room, of all functions"},
    {"queue_breaks", "Queue breaks", COLUMN_INT, 0,
     "how often the quota or the disk was full, in the process with the most"},
    {"processes_stopped", "Processes stopped", COLUMN_INT, 0,
     "whose recording has stopped itself; they ran on, and their calls are counted"},
    {"hot_threshold", "Threshold", COLUMN_INT, COLUMN_NOT_IN_TABLE,
     "calls of a function before it is thinned; 0: never; null: not known"},
    {"hot_window_s", "Window", COLUMN_INT, COLUMN_NOT_IN_TABLE, "seconds that it counts them in"},
    {"quota_mb", "Quota", COLUMN_INT, COLUMN_NOT_IN_TABLE, "of the run, in MiB"},
    {"cause", "Cause", COLUMN_TEXT, 0, "what was full most: quota or disk_full"},
};
enum { W_BREAKS = 2, W_THRESHOLD = 4, W_WINDOW, W_CAUSE = 7 };

static const struct column DROPPED[] = {
    {"function", "Function", COLUMN_TEXT, 0, "module and function; null: not known"},
    {"events", "Events", COLUMN_INT, 0, "of it that were dropped"},
};

static const struct column THINNED[] = {
    {"functions", "Truncated functions", COLUMN_INT, 0, "that were called too often to keep all"},
    {"events", "Auto-filtered events", COLUMN_INT, 0,
     "calls of them that are counted and not recorded"},
};

const struct question_part report_part_stopped = {
    "auto_stop",       "where the recording stopped itself: what it kept", PART_RECORD, 0, WRITER,
    ARRAY_SIZE(WRITER)};
const struct question_part report_part_dropped = {
    "dropped_functions",
    "the functions whose events were dropped, where the recording stopped itself",
    PART_LINES,
    0,
    DROPPED,
    ARRAY_SIZE(DROPPED)};
const struct question_part report_part_thinned = {
    "auto_filter", "what was thinned, where the recording stopped itself",
    PART_RECORD,   0,
    THINNED,       ARRAY_SIZE(THINNED)};

static const char STOPPED_SQL[] = REPORT_PICKED "SELECT $events::BIGINT, " STOPPED_COLUMNS;

static const char DROPPED_SQL[] =
    REPORT_PICKED "SELECT any_value(" REPORT_NAME "), sum(l.events)::BIGINT AS n FROM losses l "
                  "LEFT JOIN functions f ON f.id = l.function_id WHERE " STOPPED_LOSSES
                  " GROUP BY l.function_id ORDER BY n DESC, 1 LIMIT $top";

static const char THINNED_SQL[] = REPORT_PICKED
    ", lost AS (SELECT trace_id, function_id, sum(events)::BIGINT AS n FROM losses WHERE " STOPPED_LOSSES
    " GROUP BY ALL), "
    "thinned AS (SELECT s.function_id, s.call_count - s.recorded_calls - coalesce(l.n, 0) AS n "
    "  FROM stat_rows s LEFT JOIN lost l ON l.trace_id = s.trace_id AND l.function_id = s.function_id "
    "  WHERE s.trace_id IN (SELECT id FROM picked)) "
    "SELECT count(DISTINCT function_id), coalesce(sum(n), 0)::BIGINT FROM thinned WHERE n > 0";

static int say_dropped(void *ctx, struct rows *rows, struct cell *cells)
{
    struct report *r = ctx;

    (void)rows;
    part_say(r->answer, r->answer->last, 0, "%s: %lld dropped event%s",
             cells[0].kind != CELL_NULL ? cells[0].text : "functions that are not known",
             (long long)cells[1].integer, cells[1].integer == 1 ? "" : "s");
    return 0;
}

static int report_dropped(struct report *r, struct error *err)
{
    struct store_param params[] = {r->params[0], r->params[1], store_int("top", MOST_FUNCTIONS)};
    struct fetch fetch = {DROPPED_SQL, params, ARRAY_SIZE(params), say_dropped, r};
    struct part *part = report_begin(r, &report_part_dropped, NULL);
    int ret = fetch_rows(r->ask, r->answer, part, &fetch, NULL, err);

    if (ret < 0)
        return ret;
    part->title = answer_printf(r->answer, "Top %zu Functions Causing Overflow:", part->nrows);
    fetch = (struct fetch){THINNED_SQL, r->params, ARRAY_SIZE(r->params), NULL, r};
    part = report_begin(r, &report_part_thinned, "Smart Auto-Filter Statistics:");
    return fetch_rows(r->ask, r->answer, part, &fetch, NULL, err);
}

static int read_stopped(void *ctx, struct rows *rows, struct cell *cells)
{
    struct report *r = ctx;

    (void)rows;
    r->overflows = cells[W_BREAKS].integer;
    r->hot_threshold = cells[W_THRESHOLD].kind != CELL_NULL ? cells[W_THRESHOLD].integer : -1;
    r->hot_window_s = cells[W_WINDOW].integer;
    r->stopped_by_disk =
        cells[W_CAUSE].kind != CELL_NULL && strcmp(cells[W_CAUSE].text, STOPPED_BY_DISK) == 0;
    return 0;
}

int report_stopped(struct report *r, struct error *err)
{
    struct store_param params[] = {r->params[0], r->params[1], store_int("events", r->events)};
    struct fetch fetch = {STOPPED_SQL, params, ARRAY_SIZE(params), read_stopped, r};
    struct part *part;
    int ret;

    if (r->stopped == 0)
        return 0;
    part = report_begin(r, &report_part_stopped, NULL);
    ret = fetch_rows(r->ask, r->answer, part, &fetch, NULL, err);
    if (ret < 0)
        return ret;
    part->title = answer_printf(r->answer,
                                "QUEUE OVERFLOW LIMIT REACHED (%lld breaks)\n\n"
                                "BREADCRUMB AUTO-STOP REPORT\n============================\n\n"
                                "Writer Statistics:",
                                (long long)r->overflows);
    return report_dropped(r, err);
}
