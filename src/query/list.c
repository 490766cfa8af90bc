/* list.c - the question `list`: the latest traces. It must stay as fast as opening the store, so it counts nothing: calls
 * and exceptions come from the statistics that ingest keeps. */
#include "base/base.h"

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

static const char SQL[] =
    "WITH newest AS (SELECT * FROM traces ORDER BY started_at DESC, id DESC LIMIT $limit OFFSET "
    "$skip), "
    "called AS (SELECT trace_id, sum(call_count)::BIGINT AS calls FROM stat_rows "
    "  WHERE trace_id IN (SELECT id FROM newest) GROUP BY trace_id), "
    "raised AS (SELECT trace_id, count(*) AS exceptions FROM exception_rows "
    "  WHERE trace_id IN (SELECT id FROM newest) GROUP BY trace_id) "
    "SELECT n.id, n.status, n.started_at, n.ended_at, "
    "  (epoch_us(n.ended_at) - epoch_us(n.started_at)) / 1000.0::DOUBLE AS duration_ms, "
    "  coalesce(called.calls, 0), coalesce(raised.exceptions, 0), n.command, n.pid, n.exit_code, "
    "n.end_reason, "
    "  n.run_id, n.python_version, (SELECT count(*) FROM traces) AS total "
    "FROM newest n LEFT JOIN called ON called.trace_id = n.id LEFT JOIN raised ON raised.trace_id "
    "= n.id "
    "ORDER BY n.started_at DESC, n.id DESC";

static int read_total(void *ctx, struct rows *rows, struct cell *cells)
{
    (void)cells;
    *(int64_t *)ctx = rows_int(rows, ARRAY_SIZE(COLUMNS));
    return 0;
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
