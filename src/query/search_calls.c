/*
 * search_calls.c - a text in arguments and results. Of ten million calls that is half a gigabyte of text, two seconds of work: it goes
 * through them in stretches, in the order in which they are stored, and stops when the page is full and some time has gone by. What it
 * has not looked at it says.
 */
#include "base/base.h"

#include "base/clock.h"
#include "query/search.h"

#define GROUP 122880         /* rows that DuckDB keeps together: a stretch ends where one does */
#define MOST_GROUPS 16       /* of a stretch */
#define COUNT_NS 150000000LL /* how long is counted what is not shown */

/* clang-format off */
static const char PLACES_SQL[] =
    "SELECT row, coalesce(%s, false), coalesce(%s, false), f.module_name || '.' || f.function_name, " SEARCH_AROUND(SEARCH_ARGS_TEXT) ", "
    "  " SEARCH_AROUND(SEARCH_RESULT_TEXT) ", make_timestamp(c.start_ns // 1000), c.trace_id, c.call_id::BIGINT, f.file_path, f.line_number "
    "FROM (SELECT rowid AS row, * FROM call_rows c WHERE trace_id IN %s AND rowid >= %lld AND rowid < %lld AND (%s OR %s) ORDER BY rowid LIMIT %lld) c "
    "LEFT JOIN functions f ON f.id = c.function_id ORDER BY row";
static const char COUNT_SQL[] =
    "SELECT (count(*) FILTER (%s) + count(*) FILTER (%s))::BIGINT FROM call_rows c WHERE trace_id IN %s AND rowid >= %lld AND rowid < %lld";
/* clang-format on */
enum { ROW, IN_ARGS, IN_RESULT, FUNCTION, ARGS, RESULT, AT, TRACE, CALL, FILE_PATH, LINE };

struct walk {
    struct search_calls *s;
    struct part *part;
    const char *in_args, *in_result;
    int64_t at, end;     /* the row to look at next, and how many there are */
    int64_t left, shown; /* places to pass over yet; places shown */
    int64_t since_ns;    /* when the time that is given began */
    struct row *before;  /* the part's last row before ours; NULL: none */
    double ns_a_row;     /* of the last stretch; 0: there was none */
};

static struct cell text_of(struct answer *answer, struct rows *rows, size_t column)
{
    size_t len = 0;
    const char *text = rows_text(rows, column, &len);

    return cell_bytes(answer, CELL_TEXT, text, len);
}

/* One place of the row that is there now; false: the answer is full. */
static bool add_place(struct walk *w, struct rows *rows, const char *kind, size_t text)
{
    struct answer *answer = w->s->answer;
    struct cell *cells;

    w->s->found++;
    if (w->left > 0) {
        w->left--;
        w->since_ns = clock_mono_ns();
        return true;
    }
    if (w->shown >= w->s->limit)
        return true;
    cells = part_add(answer, w->part);
    if (cells == NULL)
        return false;
    cells[MATCH_KIND] = cell_text(answer, kind);
    cells[MATCH_FUNCTION] = text_of(answer, rows, FUNCTION);
    cells[MATCH_TEXT] = text_of(answer, rows, text);
    cells[MATCH_AT] = cell_time(rows_int(rows, AT));
    cells[MATCH_TRACE] = text_of(answer, rows, TRACE);
    cells[MATCH_CALL] = cell_int(rows_int(rows, CALL));
    cells[MATCH_FILE] = text_of(answer, rows, FILE_PATH);
    cells[MATCH_LINE] = cell_int(rows_int(rows, LINE));
    w->part->bytes += cells[MATCH_FUNCTION].len + cells[MATCH_TEXT].len + cells[MATCH_FILE].len;
    w->shown++;
    return true;
}

static bool is_full(const struct walk *w)
{
    return w->shown >= w->s->limit || fetch_bytes(w->s->answer) >= w->s->ask->max_bytes;
}

/* Shows what is in a stretch, as far as there is room; *ret_to: how far it came. */
static int show_stretch(struct walk *w, int64_t to, int64_t *ret_to, struct error *err)
{
    struct search_calls *s = w->s;
    long long most = (long long)(w->left + s->limit - w->shown), n = 0;
    struct store_query query = {
        .params = s->params, .nparams = s->nparams, .timeout_ms = s->ask->timeout_ms};
    struct rows *rows = NULL;
    int ret;

    query.sql = answer_printf(s->answer, PLACES_SQL, w->in_args, w->in_result, s->scope->traces,
                              (long long)w->at, (long long)to, w->in_args, w->in_result, most);
    ret = store_query(s->ask->store, &query, &rows, err);
    *ret_to = to;
    while (ret >= 0 && (ret = rows_next(rows, err)) > 0) {
        bool fits = (rows_int(rows, IN_ARGS) == 0 || add_place(w, rows, "argument", ARGS)) &&
                    (rows_int(rows, IN_RESULT) == 0 || add_place(w, rows, "result", RESULT));

        if (!fits)
            ret = error_set(err, ERR_FAILED, "the answer is too large");
        if (++n == most || is_full(w)) {
            *ret_to = rows_int(rows, ROW) + 1;
            break;
        }
    }
    rows_free(rows);
    return ret < 0 ? ret : 0;
}

static int count_stretch(struct walk *w, int64_t to, struct error *err)
{
    struct search_calls *s = w->s;
    struct store_query query = {
        .params = s->params, .nparams = s->nparams, .timeout_ms = s->ask->timeout_ms};
    struct rows *rows = NULL;
    int ret;

    query.sql = answer_printf(s->answer, COUNT_SQL, w->in_args, w->in_result, s->scope->traces,
                              (long long)w->at, (long long)to);
    ret = store_query(s->ask->store, &query, &rows, err);
    if (ret == 0 && (ret = rows_next(rows, err)) > 0)
        s->found += rows_int(rows, 0);
    rows_free(rows);
    return ret < 0 ? ret : 0;
}

/* Where the next stretch ends: as far as one comes in the time that is left; `at`: there is none. */
static int64_t next_end(const struct walk *w)
{
    int64_t given = is_full(w) ? COUNT_NS : w->s->patience_ns, groups = MOST_GROUPS;
    int64_t left = w->since_ns + given - clock_mono_ns(), to;

    if (w->ns_a_row == 0) {
        groups = 1;
    } else if (given > 0 && !w->s->whole && w->left == 0) {
        groups = left > 0 ? (int64_t)((double)left / (w->ns_a_row * GROUP)) : 0;
        groups = groups < MOST_GROUPS ? groups : MOST_GROUPS;
    }
    to = (w->at / GROUP + groups) * GROUP;
    return to < w->end ? to : groups > 0 ? w->end : w->at;
}

static int walk(struct walk *w, struct error *err)
{
    int64_t to, start;
    int ret = 0;

    while (ret == 0 && w->at < w->end && (to = next_end(w)) > w->at) {
        int64_t from = w->at;

        start = clock_mono_ns();
        ret = is_full(w) ? count_stretch(w, to, err) : show_stretch(w, to, &to, err);
        w->at = to;
        if (to - from >= GROUP / 2) /* less takes what its planning takes */
            w->ns_a_row = (double)(clock_mono_ns() - start) / (double)(to - from);
    }
    return ret;
}

/* ---- how many rows there are --------------------------------------------------------------------- */

/* The scope's first row, where its traces are few: of one thread that keeps the order of the rows, the first to come. */
static int find_first(struct walk *w, struct error *err)
{
    const char *traces = w->s->scope->traces;

    if (strncmp(traces, "(SELECT", 7) == 0)
        return 0;
    return store_query_int(
        w->s->ask->store,
        answer_printf(w->s->answer,
                      "SELECT coalesce((SELECT rowid FROM call_rows WHERE trace_id IN %s LIMIT 1), "
                      "%lld)",
                      traces, (long long)w->end),
        &w->at, err);
}

/* The number behind that of the last row: deleted rows keep theirs, and to look for the greatest takes longer. */
static int count_rows(struct walk *w, struct error *err)
{
    struct store *store = w->s->ask->store;
    int64_t above = 0;
    int ret = store_query_int(store, "SELECT count(*) FROM call_rows", &w->end, err);

    if (ret == 0)
        ret = store_query_int(store,
                              answer_printf(w->s->answer,
                                            "SELECT count(*) FROM call_rows WHERE rowid >= %lld",
                                            (long long)w->end),
                              &above, err);
    if (ret == 0 && above > 0)
        ret = store_query_int(store, "SELECT max(rowid) + 1 FROM call_rows", &w->end, err);
    return ret == 0 ? find_first(w, err) : ret;
}

static int count_calls(struct walk *w, struct error *err)
{
    struct search_calls *s = w->s;
    int ret = store_query_int(s->ask->store,
                              answer_printf(s->answer,
                                            "SELECT count(*) FROM call_rows WHERE trace_id IN %s",
                                            s->scope->traces),
                              &s->calls, err);

    s->searched = s->calls;
    if (ret == 0 && !s->complete)
        ret = store_query_int(
            s->ask->store,
            answer_printf(s->answer,
                          "SELECT count(*) FROM call_rows WHERE trace_id IN %s AND rowid < %lld",
                          s->scope->traces, (long long)w->at),
            &s->searched, err);
    return ret;
}

/* ---- in the order of time ------------------------------------------------------------------------ */

/* Calls are stored when they end, thread by thread. */
static int by_time(const void *a, const void *b)
{
    const struct cell *x = (*(struct row *const *)a)->cells, *y = (*(struct row *const *)b)->cells;

    if (x[MATCH_AT].integer != y[MATCH_AT].integer)
        return x[MATCH_AT].integer < y[MATCH_AT].integer ? -1 : 1;
    if (x[MATCH_CALL].integer != y[MATCH_CALL].integer)
        return x[MATCH_CALL].integer < y[MATCH_CALL].integer ? -1 : 1;
    return strcmp(x[MATCH_KIND].text, y[MATCH_KIND].text);
}

static void sort(struct walk *w)
{
    struct row **rows = arena_alloc(&w->s->answer->arena, (size_t)w->shown * sizeof(struct row *));
    struct row **link = w->before != NULL ? &w->before->next : &w->part->first;
    size_t n = 0;

    if (rows == NULL)
        return;
    for (struct row *r = *link; r != NULL; r = r->next)
        rows[n++] = r;
    qsort(rows, n, sizeof(struct row *), by_time);
    for (size_t i = 0; i < n; i++) {
        *link = rows[i];
        link = &rows[i]->next;
        w->part->last = rows[i];
    }
    *link = NULL;
}

int search_calls(struct search_calls *s, struct part *part, struct error *err)
{
    struct walk w = {.s = s,
                     .part = part,
                     .in_args = s->in_args != NULL ? s->in_args : "false",
                     .in_result = s->in_result != NULL ? s->in_result : "false",
                     .left = s->skip,
                     .since_ns = clock_mono_ns(),
                     .before = part->last};
    int ret = count_rows(&w, err);

    if (ret == 0)
        ret = walk(&w, err);
    if (ret < 0)
        return ret;
    s->complete = w.at >= w.end;
    if (w.shown > 1)
        sort(&w);
    return count_calls(&w, err);
}
