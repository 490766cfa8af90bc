/* report_top.c - the busiest functions of a run, by count and by self time. */
#include "base/base.h"

#include "query/busiest.h"
#include "query/report.h"

#define MANY_CALLS 100 /* of a function, before it may be noise */

static const struct column TOP[] = {
    {"function", "Function", COLUMN_TEXT, COLUMN_WIDE, "module and function"},
    {"calls", "Calls", COLUMN_INT, 0, "exact, those that were thinned out too"},
    {"total_ms", "Total", COLUMN_MS, 0, "time in it and below, in ms"},
    {"self_ms", "Self", COLUMN_MS, 0, "time in it alone, in ms"},
    {"exceptions", "Exceptions", COLUMN_INT, 0, "calls that ended with one"},
    BUSIEST_KEPT(COLUMN_NOT_IN_TABLE),
    {"file_path", "File", COLUMN_TEXT, COLUMN_NOT_IN_TABLE, "where it is"},
    {"line_number", "Line", COLUMN_INT, COLUMN_NOT_IN_TABLE, "of its definition"},
};

const struct question_part report_part_by_count = {
    "top_by_count",
    "the most called functions, where there are more than 100 events",
    PART_LINES,
    0,
    TOP,
    ARRAY_SIZE(TOP)};
const struct question_part report_part_by_time = {
    "top_by_self_time", "the functions that took most time themselves", PART_LINES, 0, TOP,
    ARRAY_SIZE(TOP)};

static const char TOP_SQL[] =
    "SELECT name, calls, total_ns / 1e6::DOUBLE, self_ns / 1e6::DOUBLE, raised, " BUSIEST_KEPT_SQL
    ", file_path, line_number, module_name, function_name, twin FROM %s ORDER BY rank";
enum { TOP_KEPT = 5, TOP_FILE = 8, TOP_LINE };
enum { TOP_MODULE = TOP_LINE + 1, TOP_NAME, TOP_TWIN }; /* columns that only the lines need */

static const char *label(struct report *r, struct rows *rows, const struct cell *cells)
{
    const char *slash;

    if (rows_int(rows, TOP_TWIN) == 0 || cells[TOP_FILE].kind == CELL_NULL)
        return cells[0].text;
    slash = strrchr(cells[TOP_FILE].text, '/');
    return answer_printf(r->answer, "%s (%s:%lld)", cells[0].text,
                         slash != NULL ? slash + 1 : cells[TOP_FILE].text,
                         (long long)cells[TOP_LINE].integer);
}

static int say_count(void *ctx, struct rows *rows, struct cell *cells)
{
    struct report *r = ctx;
    const char *module;

    part_say(r->answer, r->answer->last, 0, "%s: %s", label(r, rows, cells),
             answer_calls(r->answer, cells[1].integer));
    module = answer_printf(r->answer, "%s", rows_text(rows, TOP_MODULE, NULL));
    if (r->busiest == NULL) {
        r->busiest = cells[0].text;
        r->busiest_module = module;
        r->busiest_calls = cells[1].integer;
    }
    if (r->ntop < ARRAY_SIZE(r->top))
        r->top[r->ntop++] =
            (struct infrastructure_function){cells[0].text, module, cells[1].integer};
    if (r->excludable == NULL && cells[1].integer >= MANY_CALLS &&
        infrastructure_may_exclude(module))
        r->excludable = module;
    return 0;
}

static int say_time(void *ctx, struct rows *rows, struct cell *cells)
{
    struct report *r = ctx;

    part_say(r->answer, r->answer->last, 0, "%s: %.*f ms in %s", label(r, rows, cells),
             REPORT_MS(cells[3].real),
             busiest_calls(r->answer, cells[1].integer, &cells[TOP_KEPT]));
    if (r->slowest == NULL && strcmp(rows_text(rows, TOP_NAME, NULL), "<module>") != 0)
        r->slowest = cells[0].text;
    return 0;
}

int report_top(struct report *r, struct error *err)
{
    int top = r->timed_out ? REPORT_TOP_TIMEOUT : REPORT_TOP;
    struct fetch fetch = {
        answer_printf(r->answer, TOP_SQL, busiest_sql(r->answer, r->traces, "calls", top, 0)), NULL,
        0, say_count, r};
    struct part *part;
    int ret;

    if (!r->timed_out && r->events <= REPORT_TREE_EVENTS)
        return 0;
    part = report_begin(r, &report_part_by_count,
                        r->timed_out ? "Top 20 Functions Called Before Timeout:"
                                     : "Top 10 Most Called Functions:");
    ret = fetch_rows(r->ask, r->answer, part, &fetch, NULL, err);
    if (ret < 0 || r->timed_out)
        return ret;
    fetch.sql =
        answer_printf(r->answer, TOP_SQL, busiest_sql(r->answer, r->traces, "self_ns", top, 0));
    fetch.each = say_time;
    part = report_begin(r, &report_part_by_time, "Top 10 by Self Time:");
    return fetch_rows(r->ask, r->answer, part, &fetch, NULL, err);
}

/* ---- what to do about it ------------------------------------------------------------------ */

static const struct column TIPS[] = {{"tip", "Tip", COLUMN_TEXT, 0, "in words"}};

const struct question_part report_part_tips = {
    "tips",     "what to do about noise, where there are more than 100 events",
    PART_LINES, PART_PROSE,
    TIPS,       1};
const struct question_part report_part_recommendations = {
    "recommendations",
    "what to do after a timeout, or where the recording stopped itself",
    PART_LINES,
    PART_PROSE,
    TIPS,
    1};

static void add_tip(struct report *r, struct part *part, const char *before, const char *text)
{
    struct cell *c = part_add(r->answer, part);

    if (c == NULL)
        return;
    c[0] = cell_text(r->answer, text);
    part_say(r->answer, part, 0, "%s%s", before, text);
}

/* Plumbing among the most called functions. */
int report_excludes(struct report *r, struct error *err)
{
    struct part *part;
    const char *profile;
    int ret;

    if (r->ntop == 0)
        return 0;
    ret = infrastructure_profile(
        r->ask, r->answer, answer_printf(r->answer, "id = '%s'::UUID", r->trace_id), &profile, err);
    if (ret < 0)
        return ret;
    r->profile = profile;
    part = report_begin(r, &infrastructure_part, "Suggested Excludes:");
    for (size_t i = 0; i < r->ntop && part != NULL; i++)
        infrastructure_suggest(r->answer, part, profile, &r->top[i]);
    return 0;
}

int report_tips(struct report *r, struct error *err)
{
    struct part *part;

    (void)err;
    if (r->events <= REPORT_TREE_EVENTS)
        return 0;
    part = report_begin(r, &report_part_tips, NULL);
    add_tip(r, part, "TIP: ", "Use 'breadcrumb top 20' to see more!");
    add_tip(r, part, "     ", "High call counts? Consider excluding with:");
    add_tip(r, part, "     ",
            r->excludable != NULL
                ? infrastructure_command(r->answer, r->profile, r->excludable)
                : answer_printf(r->answer, "breadcrumb config edit %s --add-exclude '<pattern>*'",
                                r->profile));
    return 0;
}

/* What keeps the next recording from being flooded. */
static size_t advise_room(const struct report *r, const char **ret)
{
    size_t n = 0;

    ret[n++] = "Use --exclude patterns to filter noisy frameworks";
    ret[n++] = "Record fewer calls with --sample-rate (e.g., 0.1 for 10% sampling)";
    ret[n++] = "Focus tracing on specific modules with --include";
    if (r->hot_threshold > 0)
        ret[n++] = answer_printf(
            r->answer, "Smart auto-filter is already active (threshold: %lld calls/%llds)",
            (long long)r->hot_threshold, (long long)r->hot_window_s);
    else if (r->hot_threshold == 0)
        ret[n++] = "Let hot functions be thinned: leave out --every-call";
    ret[n++] =
        r->stopped_by_disk
            ? "Make room on the disk, or put the recording on another one with --db-path PATH"
            : "Give the recording more room with --quota MB, or run 'breadcrumb ingest' meanwhile";
    return n;
}

int report_recommendations(struct report *r, struct error *err)
{
    const char *tips[8];
    size_t n = 0;
    struct part *part;

    (void)err;
    if (r->timed_out) {
        tips[n++] = "Increase timeout if script needs more time";
        tips[n++] = "Check if script is stuck in infinite loop";
        tips[n++] = "Use breadcrumb query to investigate trace events";
    }
    if (r->stopped > 0)
        n += advise_room(r, tips + n);
    if (n == 0)
        return 0;
    part = report_begin(r, &report_part_recommendations, "Recommendations:");
    for (size_t i = 0; i < n; i++)
        add_tip(r, part, answer_printf(r->answer, "%zu. ", i + 1), tips[i]);
    return 0;
}
