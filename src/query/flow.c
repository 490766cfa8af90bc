/* flow.c - the question `flow`: what happened, event by event, in the order of time; of one thread, task or depth if asked. */
#include "base/base.h"

#include "query/brief.h"
#include "query/events.h"
#include "query/function.h"
#include "query/why.h"

#define VALUE_BYTES 60
#define LINE_BYTES 400
#define DEEPEST_INDENT 30

static const struct argument ARGS[] = {
    SCOPE_ARG_TRACE(
        "of this process: its ID or the beginning of it, last, last~1; by default the busiest of the latest run"),
    {.name = "thread",
     .type = ARGUMENT_TEXT,
     .metavar = "THREAD",
     .example = "MainThread",
     .help = "of this thread: its number or its name"},
    {.name = "task",
     .type = ARGUMENT_TEXT,
     .metavar = "TASK",
     .example = "Task-1",
     .help = "of this asyncio task: its number or its name"},
    {.name = "depth",
     .type = ARGUMENT_INT,
     .min = 0,
     .max = 1000000,
     .metavar = "N",
     .example = "3",
     .help = "calls at most N deep, 0 the outermost"},
    {.name = "since",
     .letter = 's',
     .type = ARGUMENT_TIME,
     .metavar = "TIME",
     .example = "5m",
     .help = "what happened since then: 30m, 2h, a date and time"},
    {.name = "function",
     .type = ARGUMENT_FUNCTION,
     .metavar = "NAME",
     .example = "Cart.*",
     .help = "of these functions: a name or a glob"},
    PAGE_ARG_LIMIT("100", "how many events to show"),
    PAGE_ARG_SKIP("leave out the first N"),
};

static const struct column FIELDS[] = {
    {"trace_id", "Trace", COLUMN_ID, 0, "the process that it is about"},
};
static const struct question_part FIELDS_PART = {"trace_id", "which process", PART_FIELDS,
                                                 0,          FIELDS,          ARRAY_SIZE(FIELDS)};
static const struct question_part PART = {"events",       "what happened, in the order of time",
                                          PART_LINES,     PART_MAIN,
                                          events_columns, EVENTS_NCOLUMNS};
enum { E_TIME = 1, E_TYPE, E_FUNCTION, E_MODULE, E_FILE, E_LINE, E_DATA, E_DEPTH = 12, E_DURATION };

/* ---- which thread, which task --------------------------------------------------------------- */

/* By number or by name, as a number in text. ERR_USAGE that names some when there is none. */
static int resolve(const struct asking *ask, struct answer *answer, const char *table,
                   const char *column, const char *trace_id, const char *name, const char **ret,
                   struct error *err)
{
    struct store_param params[] = {store_text("trace", trace_id), store_text("name", name)};
    struct store_query query = {
        .sql = answer_printf(
            answer,
            "SELECT %s::VARCHAR, (SELECT string_agg(name, ', ') FROM (SELECT DISTINCT "
            "coalesce(name, %s::VARCHAR) AS name FROM %s WHERE trace_id = $trace::UUID "
            "ORDER BY name LIMIT 10)) FROM (SELECT 1) LEFT JOIN %s t ON t.trace_id = "
            "$trace::UUID AND (t.name = $name OR t.%s::VARCHAR = $name) LIMIT 1",
            column, column, table, table, column),
        .params = params,
        .nparams = 2};
    struct rows *rows = NULL;
    int code = store_query(ask->store, &query, &rows, err);

    if (code == 0)
        code = rows_next(rows, err);
    if (code > 0 && !rows_null(rows, 0)) {
        *ret = answer_printf(answer, "%s", rows_text(rows, 0, NULL));
    } else if (code >= 0) {
        const char *names = code > 0 ? rows_text(rows, 1, NULL) : NULL;

        code = error_set(err, ERR_USAGE, "no %.*s '%.100s' in this trace", (int)strlen(table) - 1,
                         table, name);
        error_suggest(err, "there are: %s", names != NULL ? names : "none");
    }
    rows_free(rows);
    return code < 0 ? code : 0;
}

static int read_page(const struct asking *ask, struct answer *answer, const struct scope *scope,
                     struct events_page *page, struct error *err)
{
    const char *thread = arguments_text(ask->args, "thread"),
               *task = arguments_text(ask->args, "task");
    const char *function = arguments_text(ask->args, "function");
    struct functions found;
    int ret = 0;

    if (thread != NULL)
        ret = resolve(ask, answer, "threads", "thread_id", page->trace_id, thread, &page->thread_id,
                      err);
    if (ret == 0 && task != NULL)
        ret = resolve(ask, answer, "tasks", "task_id", page->trace_id, task, &page->task_id, err);
    if (ret == 0 && function != NULL)
        ret = functions_find(ask, answer, function, scope, &found, err);
    if (ret < 0)
        return ret;
    if (function != NULL)
        page->function_ids = found.ids;
    if (arguments_given(ask->args, "depth"))
        page->max_depth = arguments_int(ask->args, "depth");
    page->since_ns = scope->has_since ? scope->since_us * 1000 : 0;
    return 0;
}

/* ---- lines ---------------------------------------------------------------------------------- */

/* The value of a key of the JSON object that `data` is: the events of a page are few. */
static const char *say_data(struct answer *answer, const struct cell *cells)
{
    struct buf out = BUF_INIT(LINE_BYTES);
    const char *type = cells[E_TYPE].text, *text;

    if (cells[E_DATA].kind != CELL_JSON)
        return "";
    if (strcmp(type, "call") == 0)
        brief_member(&out, &cells[E_DATA], "args", true, VALUE_BYTES);
    else if (strcmp(type, "return") == 0)
        brief_member(&out, &cells[E_DATA], "return_value", false, VALUE_BYTES);
    else if (strcmp(type, "exception") == 0) {
        brief_member(&out, &cells[E_DATA], "exception_type", false, VALUE_BYTES);
        buf_puts(&out, ": ");
        brief_member(&out, &cells[E_DATA], "message", false, 2 * VALUE_BYTES);
    } else
        brief_member(&out, &cells[E_DATA], "locals", false, 2 * VALUE_BYTES);
    text = answer_printf(answer, "%s", buf_text(&out));
    buf_release(&out);
    return text;
}

static void say(struct answer *answer, struct part *part, struct row *row, int64_t first_us)
{
    const struct cell *c = row->cells;
    const char *type = c[E_TYPE].text, *data = say_data(answer, c);
    int depth = c[E_DEPTH].kind == CELL_INT && c[E_DEPTH].integer < DEEPEST_INDENT
                    ? (int)c[E_DEPTH].integer
                    : 0;
    const char *when = answer_printf(answer, "%+10.3f ms %*s",
                                     (double)(c[E_TIME].integer - first_us) / 1e3, 2 * depth, "");
    const char *name =
        answer_printf(answer, "%s.%s", c[E_MODULE].text != NULL ? c[E_MODULE].text : "?",
                      c[E_FUNCTION].text != NULL ? c[E_FUNCTION].text : "?");
    struct row *last = part->last;

    part->last = row; /* part_say speaks of the row added last */
    if (strcmp(type, "call") == 0)
        part_say(answer, part, 0, "%s-> %s(%s)", when, name, data);
    else if (strcmp(type, "return") == 0)
        part_say(answer, part, 0, "%s<- %s = %s (%.3f ms)", when, name, data,
                 (double)c[E_DURATION].integer / 1e6);
    else
        part_say(answer, part, 0, "%s%s %s:%lld %s", when, strcmp(type, "line") == 0 ? "--" : "!!",
                 name, (long long)c[E_LINE].integer, data);
    part->last = last;
}

static int explain_empty(const struct asking *ask, struct answer *answer,
                         const struct events_page *page, struct error *err)
{
    struct events_page all = events_page_of(page->trace_id, 0, 1);
    int64_t events = 0;
    int ret = events_count(ask, answer, &all, &events, err);

    if (ret < 0)
        return ret;
    answer_suggest(answer,
                   events > 0 ? "all events of the trace" : "what was seen and not recorded",
                   events > 0 ? "flow" : "gaps", "trace", page->trace_id, NULL);
    if (answer->total > 0)
        answer->why = answer_printf(answer, "%lld events fit, and --skip leaves all of them out",
                                    (long long)answer->total);
    else if (events > 0)
        answer->why = answer_printf(
            answer, "the trace has %lld events; none fits what was asked for", (long long)events);
    else
        return why_nothing(ask, answer, "event",
                           answer_printf(answer, "('%s'::UUID)", page->trace_id), err);
    return 0;
}

static void go_on(const struct asking *ask, struct answer *answer, const struct events_page *page,
                  size_t shown)
{
    const char *names[] = {"thread", "task", "depth", "function"};
    const char *name = NULL, *value = NULL;
    int64_t seen = page->skip + (int64_t)shown;

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (arguments_given(ask->args, names[i])) {
            name = names[i];
            value = arguments_text(ask->args, name);
        }
    if (seen >= answer->total)
        return;
    answer_omit(answer, answer->total - seen, "events", "after these (--limit %lld)",
                (long long)page->limit);
    answer_suggest(answer, "the events that come next", "flow", "trace", page->trace_id, "limit",
                   answer_printf(answer, "%lld", (long long)page->limit), "skip",
                   answer_printf(answer, "%lld", (long long)seen), name, value, NULL);
    answer_suggest(answer, "the same as a tree, repetitions folded", "tree", "trace",
                   page->trace_id, NULL);
}

static int ask_flow(const struct asking *ask, struct answer *answer, struct error *err)
{
    char id[UUID_TEXT] = "";
    struct events_page page =
        events_page_of(id, arguments_int(ask->args, "skip"), arguments_int(ask->args, "limit"));
    struct part *fields, *part;
    struct cell *cells;
    struct scope scope;
    int ret = scope_read(ask, SCOPE_LATEST_RUN, &scope, err);

    if (ret == 0 && scope.trace_id[0] != '\0')
        memcpy(id, scope.trace_id, sizeof(id));
    else if (ret == 0)
        ret = scope_busiest(ask, &scope, id, err);
    if (ret == 0)
        ret = read_page(ask, answer, &scope, &page, err);
    if (ret < 0)
        return ret;
    fields = answer_part(answer, PART_FIELDS, "trace_id", FIELDS, ARRAY_SIZE(FIELDS));
    part = answer_part(answer, PART_LINES, "events", events_columns, EVENTS_NCOLUMNS);
    cells = part_add(answer, fields);
    if (cells == NULL || part == NULL)
        return error_set(err, ERR_FAILED, "out of memory");
    cells[0] = cell_text(answer, id);
    part->flags |= PART_MAIN;
    ret = events_fetch(ask, answer, part, &page, err);
    if (ret == 0)
        ret = events_count(ask, answer, &page, &answer->total, err);
    if (ret < 0)
        return ret;
    for (struct row *r = part->first; r != NULL; r = r->next)
        say(answer, part, r, part->first->cells[E_TIME].integer);
    if (part->nrows == 0)
        return explain_empty(ask, answer, &page, err);
    go_on(ask, answer, &page, part->nrows);
    return 0;
}

static const struct question_part *const PARTS[] = {&FIELDS_PART, &PART, NULL};

static const char *const EXAMPLES[] = {
    "breadcrumb flow --format table",
    "what the latest run did, event by event, for reading",
    "breadcrumb flow --depth 2 --limit 50",
    "its outermost calls",
    "breadcrumb flow --thread MainThread --since 1h",
    "of one thread, in the last hour",
    NULL,
};

static const char *const HIDDEN[] = {"task", "depth", NULL};

static const struct question_tool TOOL = {
    .name = "flow",
    .title = "Events in order",
    .use = "Use this to see what happened one after the other: calls, returns and "
           "exceptions of one thread, task or function, in the order of time.",
    .hidden = HIDDEN,
};

const struct question question_flow = {
    .name = "flow",
    .summary = "show events in the order of time: of one thread, task, depth or function if asked",
    .args = ARGS,
    .nargs = ARRAY_SIZE(ARGS),
    .parts = PARTS,
    .examples = EXAMPLES,
    .flags = QUESTION_OF_TRACES,
    .tool = &TOOL,
    .ask = ask_flow,
};
