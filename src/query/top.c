/*
 * top.c - the question `top`: the most called functions, and which of them look like plumbing that a profile could exclude.
 * Counts are exact, whatever was thinned out.
 */
#include "base/base.h"

#include "query/busiest.h"
#include "query/fetch.h"
#include "query/infrastructure.h"
#include "query/next.h"
#include "query/scope.h"
#include "query/why.h"

static const char *const ORDERS[] = {"calls", "self", "total", NULL};

static const struct argument ARGS[] = {
    {.name = "limit",
     .letter = 'n',
     .type = ARGUMENT_INT,
     .flags = ARGUMENT_POSITIONAL,
     .min = 1,
     .max = 100000,
     .fallback = "10",
     .metavar = "LIMIT",
     .help = "how many functions to show"},
    {.name = "skip",
     .letter = 's',
     .type = ARGUMENT_INT,
     .min = 0,
     .max = INT64_MAX,
     .fallback = "0",
     .metavar = "N",
     .help = "leave out the first N"},
    SCOPE_ARG_TRACE(
        "of one process: its ID or the beginning of it, last, last~1; by default of all "
        "processes of the latest run"),
    SCOPE_ARG_RUN,
    {.name = "by",
     .type = ARGUMENT_CHOICE,
     .choices = ORDERS,
     .fallback = "calls",
     .metavar = "ORDER",
     .help = "what makes a function come first: calls, self (its own time) or total"},
};

static const struct column COLUMNS[] = {
    {"rank", "Rank", COLUMN_INT, 0, "1 is the first of all"},
    {"function", "Function", COLUMN_TEXT, COLUMN_WIDE, "module and function"},
    {"calls", "Calls", COLUMN_INT, 0, "exact, those that were thinned out too"},
    {"total_ms", "Total", COLUMN_MS, 0, "time in it and below, waiting included, in ms"},
    {"self_ms", "Self", COLUMN_MS, 0, "time in it alone, in ms"},
    {"exceptions", "Raised", COLUMN_INT, 0, "calls that ended by an exception"},
    BUSIEST_KEPT(COLUMN_NOT_IN_TABLE),
    {"module_name", "Module", COLUMN_TEXT, COLUMN_NOT_IN_TABLE, "of the function"},
    {"function_name", "Name", COLUMN_TEXT, COLUMN_NOT_IN_TABLE, "Class.method"},
    {"file_path", "File", COLUMN_TEXT, COLUMN_NOT_IN_TABLE, "of the function"},
    {"line_number", "Line", COLUMN_INT, COLUMN_NOT_IN_TABLE, "of its definition"},
};
enum {
    T_RANK,
    T_FUNCTION,
    T_CALLS,
    T_TOTAL,
    T_SELF,
    T_RAISED,
    T_RECORDED,
    T_TIMED,
    T_GEAR,
    T_MODULE
};

static const struct column TIPS[] = {{"tip", "Tip", COLUMN_TEXT, 0, "how to read the list"}};

static const struct question_part PART = {"functions", "the functions, first the most called",
                                          PART_LINES,  PART_MAIN,
                                          COLUMNS,     ARRAY_SIZE(COLUMNS)};
static const struct question_part TIPS_PART = {"tips", "how to read the list", PART_LINES, 0,
                                               TIPS,   ARRAY_SIZE(TIPS)};

static const char SQL[] =
    "SELECT rank, name, calls, total_ns / 1e6::DOUBLE, self_ns / 1e6::DOUBLE, raised, " BUSIEST_KEPT_SQL
    ", module_name, function_name, file_path, line_number, functions, twin FROM %s ORDER BY rank";

struct listing {
    struct answer *answer;
    struct part *part;
    int64_t functions; /* that there are */
    const char *by;
};

static int say_function(void *ctx, struct rows *rows, struct cell *c)
{
    struct listing *l = ctx;
    const char *slash =
        strrchr(rows_text(rows, 11, NULL) != NULL ? rows_text(rows, 11, NULL) : "", '/');
    const char *name = c[T_FUNCTION].text, *more = "";

    l->functions = rows_int(rows, 13);
    if (rows_int(rows, 14) != 0 && slash != NULL)
        name = answer_printf(l->answer, "%s (%s)", name, slash + 1);
    if (c[T_RECORDED].integer < c[T_CALLS].integer)
        more = answer_printf(l->answer, "  [thinned: %lld recorded, counts exact]",
                             (long long)c[T_RECORDED].integer);
    if (strcmp(l->by, "calls") == 0)
        part_say(l->answer, l->part, 0, "%2lld. %-30s: %s%s", (long long)c[T_RANK].integer, name,
                 answer_calls(l->answer, c[T_CALLS].integer), more);
    else
        part_say(l->answer, l->part, 0, "%2lld. %-30s: %.3f ms in %s%s",
                 (long long)c[T_RANK].integer, name,
                 c[strcmp(l->by, "self") == 0 ? T_SELF : T_TOTAL].real,
                 busiest_calls(l->answer, c[T_CALLS].integer, &c[T_RECORDED]), more);
    return 0;
}

static void suggest_excludes(struct answer *answer, struct part *part, const char *profile,
                             const struct part *functions)
{
    size_t looked = 0;

    for (const struct row *row = functions->first; row != NULL && looked < INFRASTRUCTURE_LOOKS_AT;
         row = row->next, looked++) {
        const struct infrastructure_function f = {
            row->cells[T_FUNCTION].text, row->cells[T_MODULE].text, row->cells[T_CALLS].integer};

        infrastructure_suggest(answer, part, profile, &f);
    }
}

static void add_tip(struct answer *answer, struct part *part, int depth, const char *text)
{
    struct cell *c = part_add(answer, part);

    if (c == NULL)
        return;
    c[0] = cell_text(answer, text);
    part_say(answer, part, depth, "%s%s", depth == 0 ? "- " : "", text);
}

/* Plumbing first; else the first module that may be excluded at all. */
static void add_tips(struct answer *answer, const char *profile, const struct part *functions,
                     const struct part *suggested)
{
    const char *pattern = NULL;
    struct part *part = answer_part(answer, PART_LINES, "tips", TIPS, ARRAY_SIZE(TIPS));

    if (part == NULL)
        return;
    part->title = "DEBUGGING TIPS:";
    if (suggested->first != NULL)
        pattern = suggested->first->cells[0].text;
    for (const struct row *r = functions->first; r != NULL && pattern == NULL; r = r->next)
        if (infrastructure_may_exclude(r->cells[T_MODULE].text))
            pattern = answer_printf(answer, "%s.*", r->cells[T_MODULE].text);
    for (size_t i = 0; infrastructure_tips[i].text != NULL; i++)
        add_tip(answer, part, infrastructure_tips[i].depth, infrastructure_tips[i].text);
    add_tip(answer, part, 1,
            answer_printf(answer, "breadcrumb config edit %s --add-exclude '<pattern>'", profile));
    if (pattern == NULL)
        return;
    add_tip(answer, part, 0, "Example patterns to exclude:");
    add_tip(answer, part, 1,
            answer_printf(answer, "--add-exclude %s", next_single(answer, pattern)));
}

static void go_on(const struct asking *ask, struct answer *answer, const struct scope *scope,
                  const struct listing *l)
{
    int64_t skip = arguments_int(ask->args, "skip"), limit = arguments_int(ask->args, "limit");
    int64_t seen = skip + (int64_t)l->part->nrows;

    answer->total = l->functions;
    if (seen < l->functions) {
        answer_omit(answer, l->functions - seen, "functions", "less busy than these");
        answer_suggest(answer, "the functions that come next", "top", "limit",
                       answer_printf(answer, "%lld", (long long)limit), "skip",
                       answer_printf(answer, "%lld", (long long)seen), "by", l->by,
                       scope_name(scope), scope_value(scope), NULL);
    }
    if (l->part->first != NULL)
        answer_suggest(answer, "how long the first one's calls take", "performance", "function",
                       l->part->first->cells[T_FUNCTION].text, scope_name(scope),
                       scope_value(scope), NULL);
    if (strcmp(l->by, "calls") == 0)
        answer_suggest(answer, "where the time goes instead", "top", "by", "self",
                       scope_name(scope), scope_value(scope), NULL);
}

static int explain_empty(const struct asking *ask, struct answer *answer, const struct scope *scope,
                         int64_t skip, struct error *err)
{
    int ret =
        store_query_int(ask->store,
                        answer_printf(answer,
                                      "SELECT count(DISTINCT function_id) FROM stat_rows WHERE "
                                      "call_count > 0 AND trace_id IN %s",
                                      scope->traces),
                        &answer->total, err);

    if (ret < 0)
        return ret;
    if (answer->total > 0) {
        answer->why =
            answer_printf(answer, "%lld functions were called, and --skip leaves out %lld",
                          (long long)answer->total, (long long)skip);
        return 0;
    }
    answer_suggest(answer, "what was seen and not recorded", "gaps", scope_name(scope),
                   scope_value(scope), NULL);
    return why_nothing(ask, answer, "call", scope->traces, err);
}

static int ask_top(const struct asking *ask, struct answer *answer, struct error *err)
{
    static const struct {
        const char *name, *column, *title;
    } BY[] = {{"calls", "calls", "MOST CALLED FUNCTIONS"},
              {"self", "self_ns", "FUNCTIONS BY SELF TIME"},
              {"total", "total_ns", "FUNCTIONS BY TOTAL TIME"}};
    int64_t limit = arguments_int(ask->args, "limit"), skip = arguments_int(ask->args, "skip");
    struct listing l = {.answer = answer, .by = arguments_text(ask->args, "by")};
    struct fetch fetch = {NULL, NULL, 0, say_function, &l};
    const char *profile;
    struct part *suggested;
    struct scope scope;
    size_t by = 0;
    int ret = scope_read(ask, SCOPE_LATEST_RUN, &scope, err);

    if (ret < 0)
        return ret;
    while (by + 1 < ARRAY_SIZE(BY) && strcmp(BY[by].name, l.by) != 0)
        by++;
    answer->heading = answer_printf(answer, "TOP %lld %s", (long long)limit, BY[by].title);
    l.part = answer_part(answer, PART_LINES, "functions", COLUMNS, ARRAY_SIZE(COLUMNS));
    if (l.part == NULL)
        return error_set(err, ERR_FAILED, "out of memory");
    l.part->flags |= PART_MAIN;
    fetch.sql =
        answer_printf(answer, SQL, busiest_sql(answer, scope.traces, BY[by].column, limit, skip));
    ret = fetch_rows(ask, answer, l.part, &fetch, NULL, err);
    if (ret < 0)
        return ret;
    l.part->title = answer_printf(answer, "Showing %zu of %lld unique functions", l.part->nrows,
                                  (long long)l.functions);
    ret = infrastructure_profile(ask, answer, answer_printf(answer, "id IN %s", scope.traces),
                                 &profile, err);
    if (ret < 0)
        return ret;
    suggested = answer_part(answer, PART_LINES, infrastructure_part.name,
                            infrastructure_part.columns, infrastructure_part.ncolumns);
    if (suggested == NULL)
        return error_set(err, ERR_FAILED, "out of memory");
    if (l.part->nrows == 0)
        return explain_empty(ask, answer, &scope, skip, err);
    suggested->title = "SUGGESTED EXCLUDES:";
    suggest_excludes(answer, suggested, profile, l.part);
    add_tips(answer, profile, l.part, suggested);
    go_on(ask, answer, &scope, &l);
    return 0;
}

static const struct question_part *const PARTS[] = {&PART, &infrastructure_part, &TIPS_PART, NULL};

static const char *const EXAMPLES[] = {
    "breadcrumb top 10",
    "the ten most called functions of the latest run",
    "breadcrumb top 20 --skip 5",
    "positions 6 to 25",
    "breadcrumb top 15 --trace last --by self --format table",
    "where the time of the latest trace went, for reading",
    NULL,
};

static const struct question_tool TOOL = {
    .name = "top",
    .title = "Most called functions",
    .use = "Use this to see which functions are called most, and which of them are "
           "noise to exclude from the next run.",
};

const struct question question_top = {
    .name = "top",
    .summary = "show the most called functions, and which of them to exclude as noise",
    .detail =
        "After a first run this finds what is noise: a logger that is called 500 times is rarely what you are\n"
        "after. Exclude it in a profile, and run again with the profile:\n"
        "  breadcrumb config edit NAME --add-exclude 'app.logging.*'\n"
        "  breadcrumb run -c NAME -t 60 python app.py\n",
    .args = ARGS,
    .nargs = ARRAY_SIZE(ARGS),
    .parts = PARTS,
    .examples = EXAMPLES,
    .flags = QUESTION_OF_TRACES,
    .tool = &TOOL,
    .ask = ask_top,
};
