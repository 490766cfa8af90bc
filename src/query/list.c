/* list.c - the question `list`: the latest traces. It must stay as fast as opening the store, so it counts nothing: calls
 * and exceptions come from the statistics that ingest keeps. */
#include "base/base.h"

#include "base/buf.h"
#include "query/fetch.h"

static const struct argument ARGS[] = {
    {.name = "limit",
     .letter = 'n',
     .type = ARGUMENT_INT,
     .min = 1,
     .max = 100000,
     .fallback = "10",
     .metavar = "N",
     .help = "how many traces to show"},
    {.name = "skip",
     .letter = 's',
     .type = ARGUMENT_INT,
     .min = 0,
     .max = INT64_MAX,
     .fallback = "0",
     .metavar = "N",
     .help = "leave out the newest N"},
};

static const struct column COLUMNS[] = {
    {"id", "ID", COLUMN_ID, 0, "the trace: one traced process"},
    {"status", "Status", COLUMN_STATUS, 0, "running, completed or failed"},
    {"started_at", "Started At", COLUMN_TIME, COLUMN_SECONDS, "UTC"},
    {"ended_at", "Ended At", COLUMN_TIME, COLUMN_NOT_IN_TABLE, "UTC; null while it runs"},
    {"duration_ms", "Duration", COLUMN_MS, 0, "from start to end in ms; null while it runs"},
    {"calls", "Calls", COLUMN_INT, 0, "calls of traced functions, those that were thinned out too"},
    {"exceptions", "Raised", COLUMN_INT, 0,
     "exceptions raised in traced functions, each counted once"},
    {"command", "Command", COLUMN_TEXT, COLUMN_WIDE, "the command line of the process"},
    {"pid", "PID", COLUMN_INT, COLUMN_NOT_IN_TABLE, "of the process"},
    {"exit_code", "Exit", COLUMN_INT, COLUMN_NOT_IN_TABLE, "its exit status; null if unknown"},
    {"end_reason", "Ended By", COLUMN_TEXT, COLUMN_NOT_IN_TABLE,
     "exit, exception, signal, timeout, exec, os._exit or unknown"},
    {"run_id", "Run", COLUMN_ID, COLUMN_NOT_IN_TABLE,
     "what ties the processes of one `breadcrumb run` together"},
    {"python_version", "Python", COLUMN_TEXT, COLUMN_NOT_IN_TABLE, "of the interpreter"},
};

#define FEW 64 /* traces that are named one by one: the planner's time grows with them */
enum { COLUMN_CALLS = 5, COLUMN_RAISED = 6 };

/*
 * One after the other and by name: DuckDB takes longer to plan all of it as one query than to run these. The counts are put into the rows
 * by whose they are.
 */
#define PAGE "FROM traces ORDER BY started_at DESC, id DESC LIMIT $limit OFFSET $skip"
static const char SQL[] =
    "SELECT id, status, started_at, ended_at, "
    "  (epoch_us(ended_at) - epoch_us(started_at)) / 1000.0::DOUBLE AS duration_ms, 0::BIGINT, "
    "  0::BIGINT, command, pid, exit_code, end_reason, run_id, python_version, "
    "  (SELECT count(*) FROM traces) AS total " PAGE;
static const char CALLS_SQL[] = "SELECT trace_id, sum(call_count)::BIGINT FROM stat_rows WHERE "
                                "trace_id IN (%s) GROUP BY trace_id";
static const char RAISED_SQL[] = "SELECT trace_id, count(*) FROM exception_rows WHERE trace_id IN "
                                 "(%s) GROUP BY trace_id";

static int read_total(void *ctx, struct rows *rows, struct cell *cells)
{
    (void)cells;
    *(int64_t *)ctx = rows_int(rows, ARRAY_SIZE(COLUMNS));
    return 0;
}

static int by_id(const void *a, const void *b)
{
    return strcmp((*(struct cell *const *)a)[0].text, (*(struct cell *const *)b)[0].text);
}

/* The traces of the page for a condition. */
static const char *name_them(struct answer *answer, const struct part *part)
{
    struct buf names = BUF_INIT(FEW * 50);
    const char *ret = "SELECT id FROM (SELECT id " PAGE ")";

    if (part->nrows <= FEW) {
        for (const struct row *r = part->first; r != NULL; r = r->next)
            buf_putf(&names, "%s'%s'::UUID", r != part->first ? "," : "", r->cells[0].text);
        ret = answer_printf(answer, "%s", buf_text(&names));
    }
    buf_release(&names);
    return ret;
}

/* Puts the numbers that a query has for traces into a column of their rows. */
static int put_counts(const struct asking *ask, struct cell **rows_by_id, size_t n,
                      const struct store_query *query, size_t column, struct error *err)
{
    struct rows *rows = NULL;
    int ret = store_query(ask->store, query, &rows, err);

    while (ret >= 0 && (ret = rows_next(rows, err)) > 0) {
        struct cell wanted = {.text = rows_text(rows, 0, NULL)}, *name = &wanted;
        struct cell **found = bsearch(&name, rows_by_id, n, sizeof(struct cell *), by_id);

        if (found != NULL)
            (*found)[column] = cell_int(rows_int(rows, 1));
    }
    rows_free(rows);
    return ret < 0 ? ret : 0;
}

static int add_counts(const struct asking *ask, struct answer *answer, const struct part *part,
                      const struct fetch *fetch, struct error *err)
{
    struct cell **rows_by_id = arena_alloc(&answer->arena, part->nrows * sizeof(struct cell *));
    struct store_query query = {
        .params = fetch->params, .nparams = fetch->nparams, .timeout_ms = ask->timeout_ms};
    const char *names = name_them(answer, part);
    size_t n = 0;
    int ret;

    if (rows_by_id == NULL)
        return error_set(err, ERR_FAILED, "the answer is too large");
    for (const struct row *r = part->first; r != NULL; r = r->next)
        rows_by_id[n++] = r->cells;
    qsort(rows_by_id, n, sizeof(struct cell *), by_id);
    query.sql = answer_printf(answer, CALLS_SQL, names);
    ret = put_counts(ask, rows_by_id, n, &query, COLUMN_CALLS, err);
    query.sql = answer_printf(answer, RAISED_SQL, names);
    return ret == 0 ? put_counts(ask, rows_by_id, n, &query, COLUMN_RAISED, err) : ret;
}

/* No row, none that could bring the total along: past the last page, or an empty store. It is looked at only now, because
 * `list` has to be as fast as it can. */
static int explain_empty(const struct asking *ask, struct answer *answer, int64_t skip,
                         struct error *err)
{
    int ret = store_query_int(ask->store, "SELECT count(*) FROM traces", &answer->total, err);

    if (ret < 0)
        return ret;
    if (answer->total == 0)
        return question_empty(err);
    answer->why = answer_printf(answer, "there are %lld traces, and --skip leaves out %lld",
                                (long long)answer->total, (long long)skip);
    return 0;
}

static int ask_list(const struct asking *ask, struct answer *answer, struct error *err)
{
    int64_t limit = arguments_int(ask->args, "limit"), skip = arguments_int(ask->args, "skip");
    struct store_param params[] = {store_int("limit", limit), store_int("skip", skip)};
    struct part *part = answer_rows(answer, "traces", COLUMNS, ARRAY_SIZE(COLUMNS));
    struct fetch fetch = {SQL, params, ARRAY_SIZE(params), read_total, &answer->total};
    int64_t shown;
    int ret = fetch_rows(ask, answer, part, &fetch, NULL, err);

    if (ret < 0)
        return ret;
    if (part->nrows == 0)
        return explain_empty(ask, answer, skip, err);
    ret = add_counts(ask, answer, part, &fetch, err);
    if (ret < 0)
        return ret;
    shown = skip + (int64_t)part->nrows;
    if (shown < answer->total) {
        answer_omit(answer, answer->total - shown, "traces", "older than these (--limit %lld)",
                    (long long)limit);
        answer_suggest(answer, "the next older traces", "list", "limit",
                       answer_printf(answer, "%lld", (long long)limit), "skip",
                       answer_printf(answer, "%lld", (long long)shown), NULL);
    }
    return 0;
}

static const struct question_part PART = {
    "traces", "the traces, newest first", PART_ROWS, PART_MAIN, COLUMNS, ARRAY_SIZE(COLUMNS)};
static const struct question_part *const PARTS[] = {&PART, NULL};

static const char *const EXAMPLES[] = {
    "breadcrumb list",
    "the ten latest traces",
    "breadcrumb list -n 50 --format table",
    "the fifty latest, for reading",
    NULL,
};

const struct question question_list = {
    .name = "list",
    .summary = "list the latest traces",
    .args = ARGS,
    .nargs = ARRAY_SIZE(ARGS),
    .parts = PARTS,
    .examples = EXAMPLES,
    .ask = ask_list,
};
