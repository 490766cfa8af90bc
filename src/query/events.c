/* events.c - see events.h. */
#include "base/base.h"

#include "base/buf.h"
#include "query/events.h"

#define LEAST_EVENT_BYTES 64 /* no event takes less of an answer: so many cannot be more than fit */
#define MOST_RANGES 8        /* queries of the view for one page */
#define MOST_GAP 4096        /* calls between two that are still asked for together */
#define MOST_BESIDE \
    32 /* calls that are read for each that is wanted, before they are named instead */
#define MOST_LISTED \
    1000 /* calls that are asked for by their numbers at a time: the planner's time grows with them */

const struct column events_columns[] = {
    {"id", "ID", COLUMN_ID, COLUMN_NOT_IN_TABLE, "the event"},
    {"timestamp", "Time", COLUMN_TIME, 0, "UTC"},
    {"event_type", "Event", COLUMN_TEXT, 0, "call, return, exception or line"},
    {"function_name", "Function", COLUMN_TEXT, COLUMN_WIDE, "Class.method"},
    {"module_name", "Module", COLUMN_TEXT, 0, "the dotted name of its module"},
    {"file_path", "File", COLUMN_TEXT, COLUMN_NOT_IN_TABLE, "of the function"},
    {"line_number", "Line", COLUMN_INT, 0, "of its definition; where an exception was raised"},
    {"data", "Data", COLUMN_JSON, COLUMN_WIDE,
     "args and kwargs of a call, return_value and duration_ms of a return"},
    {"call_id", "Call", COLUMN_INT, COLUMN_NOT_IN_TABLE, "the same for a call and its return"},
    {"parent_id", "Parent", COLUMN_INT, COLUMN_NOT_IN_TABLE, "the call_id of the caller"},
    {"thread_id", "Thread", COLUMN_INT, COLUMN_NOT_IN_TABLE, "that ran it"},
    {"task_id", "Task", COLUMN_INT, COLUMN_NOT_IN_TABLE, "the asyncio task that ran it"},
    {"depth", "Depth", COLUMN_INT, 0, "of calls within calls, 0 the outermost"},
    {"duration_ns", "Duration", COLUMN_INT, COLUMN_NOT_IN_TABLE, "of a return, in ns"},
};
_Static_assert(ARRAY_SIZE(events_columns) == EVENTS_NCOLUMNS, "the header says how many");

struct key {
    int64_t at_ns;
    uint64_t id;        /* number * 4 + kind */
    struct cell *cells; /* NULL until the view gave them */
    size_t bytes;
};

struct paging {
    const struct asking *ask;
    struct answer *answer;
    const struct events_page *page;
    int64_t until_ns;          /* no event of the page is later */
    struct key *keys, **by_id; /* in the arena: in the order of the page; in the order of ids */
    size_t n;
};

enum { SOURCE_CALLS = 0, SOURCE_RETURNS = 2 };

/* Where the events lie: what is its moment, what its id, in which table, which rows of it. */
static const struct {
    const char *at, *id, *table, *where;
    const char *
        begins; /* a stored column that is not later than `at`: DuckDB has its range for each stretch of rows */
} SOURCES[] = {
    {"start_ns", "call_id * 4", "call_rows", "", "start_ns"},
    {"start_ns", "call_id * 4", "open_calls", "", "start_ns"},
    {"start_ns + duration_ns", "call_id * 4 + 1", "call_rows", " AND outcome <> 1", "start_ns"},
    {"at_ns", "exception_id * 4 + 2", "exception_rows", "", "at_ns"},
    {"at_ns", "line_id * 4 + 3", "line_rows", "", "at_ns"},
};

/* The conditions of a page on one source, " AND ..."; NULL when it can have no row of it. */
static const char *conditions(struct answer *answer, const struct events_page *page, size_t source)
{
    bool lines = strcmp(SOURCES[source].table, "line_rows") == 0;
    const char *where = SOURCES[source].where;

    if (lines && (page->task_id != NULL || page->max_depth >= 0))
        return NULL; /* a line does not know these */
    if (page->thread_id != NULL)
        where = answer_printf(answer, "%s AND thread_id = %s", where, page->thread_id);
    if (page->task_id != NULL)
        where = answer_printf(answer, "%s AND task_id = %s", where, page->task_id);
    if (page->max_depth >= 0)
        where = answer_printf(answer, "%s AND depth <= %lld", where, (long long)page->max_depth);
    if (page->since_ns > 0)
        where = answer_printf(answer, "%s AND %s >= %lld", where, SOURCES[source].at,
                              (long long)page->since_ns);
    if (page->function_ids != NULL)
        where = answer_printf(answer, "%s AND function_id IN %s", where, page->function_ids);
    return where;
}

/* Each table gives its own first rows, so that none is sorted as a whole. */
static const char *keys_sql(struct answer *answer, const struct events_page *page, int64_t until_ns)
{
    const char *sql = "";

    for (size_t i = 0; i < ARRAY_SIZE(SOURCES); i++) {
        const char *where = conditions(answer, page, i);

        if (where != NULL)
            sql = answer_printf(
                answer,
                "%s%s(SELECT %s AS at_ns, %s AS id FROM %s WHERE trace_id = '%s'::UUID%s "
                "AND %s <= %lld ORDER BY 1, 2 LIMIT %lld)",
                sql, sql[0] != '\0' ? " UNION ALL " : "", SOURCES[i].at, SOURCES[i].id,
                SOURCES[i].table, page->trace_id, where, SOURCES[i].begins, (long long)until_ns,
                (long long)(page->limit + page->skip));
    }
    return answer_printf(
        answer, "SELECT at_ns, id::BIGINT FROM (%s) ORDER BY at_ns, id LIMIT %lld OFFSET %lld", sql,
        (long long)page->limit, (long long)page->skip);
}

static bool is_whole(const struct events_page *page)
{
    return page->thread_id == NULL && page->task_id == NULL && page->max_depth < 0 &&
           page->since_ns == 0 && page->function_ids == NULL;
}

/* clang-format off */
static const char WHOLE_SQL[] =
    "SELECT (SELECT count(*) FROM call_rows WHERE trace_id = $trace::UUID), (SELECT count(*) FROM open_calls WHERE trace_id = $trace::UUID), "
    "  (SELECT count(*) FROM exception_rows WHERE trace_id = $trace::UUID) + (SELECT count(*) FROM line_rows WHERE trace_id = $trace::UUID), "
    "  s.calls, s.recorded, s.raised FROM (SELECT sum(call_count)::BIGINT AS calls, sum(recorded_calls)::BIGINT AS recorded, "
    "  sum(exception_count)::BIGINT AS raised FROM stat_rows WHERE trace_id = $trace::UUID) s";
/* clang-format on */

/*
 * Of a whole trace. A call that raised has no return. Where every call has a row the statistics know how many these are; else all rows
 * are looked at, which takes 10 ms of ten million.
 */
static int count_whole(const struct asking *ask, struct answer *answer, const char *trace_id,
                       int64_t *ret_count, struct error *err)
{
    struct store_param params[] = {store_text("trace", trace_id)};
    struct store_query query = {
        .sql = WHOLE_SQL, .params = params, .nparams = 1, .timeout_ms = ask->timeout_ms};
    struct rows *rows = NULL;
    int64_t calls = 0, open = 0, others = 0, raised = 0;
    bool known = false;
    int ret = store_query(ask->store, &query, &rows, err);

    if (ret == 0 && (ret = rows_next(rows, err)) > 0) {
        calls = rows_int(rows, 0);
        open = rows_int(rows, 1);
        others = rows_int(rows, 2);
        raised = rows_int(rows, 5);
        known = rows_int(rows, 3) == rows_int(rows, 4) && rows_int(rows, 4) == calls + open;
    }
    rows_free(rows);
    if (ret >= 0 && !known)
        ret = store_query_int(
            ask->store,
            answer_printf(
                answer,
                "SELECT count(*) FROM call_rows WHERE trace_id = '%s'::UUID AND outcome = 1",
                trace_id),
            &raised, err);
    *ret_count = 2 * calls - raised + open + others;
    return ret < 0 ? ret : 0;
}

int events_count(const struct asking *ask, struct answer *answer, const struct events_page *page,
                 int64_t *ret_count, struct error *err)
{
    const char *sql = "SELECT 0";
    /* The same conditions fit a call and its return: both are counted in one pass. */
    bool both = page->since_ns == 0;

    if (is_whole(page))
        return count_whole(ask, answer, page->trace_id, ret_count, err);
    for (size_t i = 0; i < ARRAY_SIZE(SOURCES); i++) {
        const char *where = conditions(answer, page, i);

        if (where == NULL || (both && i == SOURCE_RETURNS))
            continue;
        sql = answer_printf(
            answer, "%s + (SELECT %s FROM %s WHERE trace_id = '%s'::UUID%s)", sql,
            both && i == SOURCE_CALLS ? "2 * count(*) - count(*) FILTER (outcome = 1)" : "count(*)",
            SOURCES[i].table, page->trace_id, where);
    }
    return store_query_int(ask->store, sql, ret_count, err);
}

/* From one of the halves of trace_events: planning all of it takes longer than reading a page. */
#define EVENT_ROWS(view)                                                                         \
    "SELECT id, \"timestamp\", event_type, function_name, module_name, file_path, line_number, " \
    "data, "                                                                                     \
    "  call_id::BIGINT, parent_id::BIGINT, thread_id, task_id::BIGINT, depth, duration_ns "      \
    "FROM " view " WHERE trace_id = $trace::UUID AND "

static const char RANGE_SQL[] =
    EVENT_ROWS("event_calls") "call_id BETWEEN $first::UBIGINT AND $last::UBIGINT";
static const char LIST_SQL[] = EVENT_ROWS(
    "event_calls") "call_id BETWEEN $first::UBIGINT AND $last::UBIGINT AND call_id IN (%s)";
static const char OTHERS_SQL[] = EVENT_ROWS("event_others") "at_ns BETWEEN $first AND $last";

/* ---- which events ------------------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
    uint64_t x = (*(struct key *const *)a)->id, y = (*(struct key *const *)b)->id;

    return x < y ? -1 : x > y;
}

/* If so many calls have begun by a moment, the page ends by then: nothing that began later need be looked at. */
static int find_until(struct paging *p, const struct events_page *page, struct error *err)
{
    long long n = (long long)(page->limit + page->skip);
    const char *sql = answer_printf(
        p->answer,
        "SELECT CASE WHEN count(*) = %lld THEN max(start_ns) ELSE %lld END FROM (SELECT start_ns "
        "FROM call_rows WHERE trace_id = '%s'::UUID%s ORDER BY start_ns LIMIT %lld)",
        n, (long long)INT64_MAX, page->trace_id, conditions(p->answer, page, 0), n);

    return store_query_int(p->ask->store, sql, &p->until_ns, err);
}

static int read_keys(struct paging *p, int64_t limit, struct error *err)
{
    struct events_page page = *p->page;
    struct store_query query = {.timeout_ms = p->ask->timeout_ms};
    struct rows *rows = NULL;
    int ret;

    page.limit = limit;
    ret = find_until(p, &page, err);
    if (ret < 0)
        return ret;
    query.sql = keys_sql(p->answer, &page, p->until_ns);
    ret = store_query(p->ask->store, &query, &rows, err);
    if (ret < 0)
        return ret;
    while (p->n < (size_t)limit && (ret = rows_next(rows, err)) > 0) {
        p->keys[p->n] = (struct key){.at_ns = rows_int(rows, 0), .id = (uint64_t)rows_int(rows, 1)};
        p->by_id[p->n] = &p->keys[p->n];
        p->n++;
    }
    rows_free(rows);
    qsort(p->by_id, p->n, sizeof(struct key *), by_id);
    return ret < 0 ? ret : 0;
}

/* ---- their rows --------------------------------------------------------------------------- */

const char *events_id(struct answer *answer, const char *trace_id, int64_t number,
                      enum event_kind kind)
{
    const char *half = trace_id + 19; /* "-8000-000000000001": the last 16 digits */
    unsigned long long id = (unsigned long long)number * 4 + kind;

    return answer_printf(answer, "%.4s%.4s-%.4s-%.4s-%04llx-%012llx", half, half + 5, half + 9,
                         half + 13, id >> 48, id & 0xffffffffffffull);
}

static struct key *find(struct paging *p, uint64_t id)
{
    struct key wanted = {.id = id}, *name = &wanted;
    struct key **found = bsearch(&name, p->by_id, p->n, sizeof(struct key *), by_id);

    return found != NULL ? *found : NULL;
}

/* The last 16 hexadecimal digits of a printed UUID. */
static uint64_t read_id(const char *uuid)
{
    uint64_t id = 0;

    for (const char *c = uuid + 19; strlen(uuid) == 36 && *c != '\0'; c++)
        if (*c != '-')
            id = id << 4 | (uint64_t)(*c <= '9' ? *c - '0' : (*c | 0x20) - 'a' + 10);
    return id;
}

static int take_rows(struct paging *p, const char *sql, int64_t first, int64_t last,
                     struct error *err)
{
    struct store_param params[] = {store_text("trace", p->page->trace_id),
                                   store_int("first", first), store_int("last", last)};
    struct store_query query = {.sql = sql,
                                .params = params,
                                .nparams = ARRAY_SIZE(params),
                                .timeout_ms = p->ask->timeout_ms};
    struct rows *rows = NULL;
    int ret = store_query(p->ask->store, &query, &rows, err);

    if (ret < 0)
        return ret;
    while ((ret = rows_next(rows, err)) > 0) {
        struct key *key = find(p, read_id(rows_text(rows, 0, NULL)));

        if (key == NULL || key->cells != NULL)
            continue;
        key->cells = arena_alloc(&p->answer->arena, EVENTS_NCOLUMNS * sizeof(*key->cells));
        if (key->cells == NULL) {
            ret = error_set(err, ERR_FAILED, "the answer is too large");
            break;
        }
        key->bytes = fetch_cells(p->answer, rows, events_columns, EVENTS_NCOLUMNS, key->cells);
    }
    rows_free(rows);
    return ret < 0 ? ret : 0;
}

static bool is_call(const struct key *key)
{
    return (key->id & 3) <= EVENT_RETURN;
}

/* The stretches of call numbers when small gaps are bridged, and how many calls are wanted of how many in them. */
struct stretches {
    int n;
    int64_t wanted, covered;
};

static int end_stretch(struct paging *p, struct stretches *s, bool take, int64_t first,
                       int64_t last, struct error *err)
{
    if (first < 0)
        return 0;
    s->n++;
    s->covered += last - first + 1;
    return take ? take_rows(p, RANGE_SQL, first, last, err) : 0;
}

/* Finds them; takes their rows if asked to. */
static int walk_ranges(struct paging *p, struct stretches *s, bool take, struct error *err)
{
    int64_t first = -1, last = -1;
    int ret = 0;

    *s = (struct stretches){0};
    for (size_t i = 0; i < p->n && ret >= 0; i++) {
        int64_t number = (int64_t)(p->by_id[i]->id >> 2);

        if (!is_call(p->by_id[i]))
            continue;
        s->wanted += number != last;
        if (first >= 0 && number - last <= MOST_GAP) {
            last = number;
            continue;
        }
        ret = end_stretch(p, s, take, first, last, err);
        first = last = number;
    }
    return ret < 0 ? ret : end_stretch(p, s, take, first, last, err);
}

/* Calls that lie apart, as those of one function or of many threads do: by their numbers, so that DuckDB passes over all stretches
 * of rows that have none of them. */
static int take_list(struct paging *p, struct error *err)
{
    struct buf list = BUF_INIT(MOST_LISTED * 24);
    int64_t first = -1, before = -1;
    size_t n = 0;
    int ret = 0;

    for (size_t i = 0; i < p->n && ret >= 0; i++) {
        int64_t number = (int64_t)(p->by_id[i]->id >> 2);

        if (is_call(p->by_id[i]) && number != before) {
            if (n == 0)
                first = number;
            buf_putf(&list, "%s%lld", n++ > 0 ? "," : "", (long long)number);
            before = number;
        }
        if (n == 0 || (n < MOST_LISTED && i + 1 < p->n))
            continue;
        ret = list.failed ? error_set(err, ERR_FAILED, "out of memory")
                          : take_rows(p, answer_printf(p->answer, LIST_SQL, buf_text(&list)), first,
                                      before, err);
        buf_clear(&list);
        n = 0;
    }
    buf_release(&list);
    return ret;
}

static int take_all(struct paging *p, struct error *err)
{
    int64_t first = INT64_MAX, last = INT64_MIN;
    struct stretches s;
    int ret = walk_ranges(p, &s, false, err);

    if (s.n <= MOST_RANGES && s.covered <= MOST_BESIDE * s.wanted)
        ret = walk_ranges(p, &s, true, err);
    else
        ret = take_list(p, err);
    if (ret < 0)
        return ret;
    for (size_t i = 0; i < p->n; i++) {
        if (is_call(&p->keys[i]))
            continue;
        first = p->keys[i].at_ns < first ? p->keys[i].at_ns : first;
        last = p->keys[i].at_ns > last ? p->keys[i].at_ns : last;
    }
    return first <= last ? take_rows(p, OTHERS_SQL, first, last, err) : 0;
}

int events_fetch(const struct asking *ask, struct answer *answer, struct part *part,
                 const struct events_page *page, struct error *err)
{
    struct paging p = {.ask = ask, .answer = answer, .page = page};
    int64_t limit = page->limit, most = (int64_t)(ask->max_bytes / LEAST_EVENT_BYTES) + 1;
    int ret;

    limit = limit < most ? limit : most;
    p.keys = arena_alloc(&answer->arena, (size_t)limit * sizeof(*p.keys));
    p.by_id = arena_alloc(&answer->arena, (size_t)limit * sizeof(struct key *));
    if (p.keys == NULL || p.by_id == NULL)
        return error_set(err, ERR_FAILED, "the answer is too large");
    ret = read_keys(&p, limit, err);
    if (ret == 0)
        ret = take_all(&p, err);
    for (size_t i = 0; ret == 0 && i < p.n && fetch_bytes(answer) < ask->max_bytes; i++) {
        struct cell *cells = p.keys[i].cells != NULL ? part_add(answer, part) : NULL;

        if (cells == NULL)
            continue;
        memcpy(cells, p.keys[i].cells, EVENTS_NCOLUMNS * sizeof(*cells));
        part->bytes += p.keys[i].bytes;
    }
    return ret;
}
