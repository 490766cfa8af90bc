/* fetch.c - see fetch.h. */
#include "base/base.h"

#include "base/buf.h"
#include "base/uuid.h"
#include "query/fetch.h"

#define MOST_LITERALS 1000
#define LITERAL_BYTES 120 /* of one call, at most, in all lists together */

size_t fetch_bytes(const struct answer *answer)
{
    size_t bytes = 0;

    for (const struct part *p = answer->first; p != NULL; p = p->next)
        bytes += p->bytes;
    return bytes;
}

static struct cell read_text(struct answer *a, struct rows *rows, size_t i, enum cell_kind kind)
{
    size_t len = 0;
    const char *text = rows_text(rows, i, &len);

    return cell_bytes(a, kind, text, len);
}

static struct cell read_cell(struct answer *a, struct rows *rows, size_t i, enum column_type type)
{
    if (rows_null(rows, i))
        return (struct cell){.kind = CELL_NULL};
    switch (type) {
    case COLUMN_INT:
    case COLUMN_BYTES:
        return cell_int(rows_int(rows, i));
    case COLUMN_DOUBLE:
    case COLUMN_MS:
        return cell_double(rows_double(rows, i));
    case COLUMN_BOOL:
        return cell_bool(rows_int(rows, i) != 0);
    case COLUMN_TIME:
        return cell_time(rows_int(rows, i));
    case COLUMN_JSON:
        return read_text(a, rows, i, CELL_JSON);
    case COLUMN_TEXT:
    case COLUMN_ID:
    case COLUMN_STATUS:
        break;
    }
    return read_text(a, rows, i, CELL_TEXT);
}

size_t fetch_cells(struct answer *answer, struct rows *rows, const struct column *columns,
                   size_t ncolumns, struct cell *cells)
{
    size_t bytes = 0;

    for (size_t i = 0; i < ncolumns; i++) {
        cells[i] = read_cell(answer, rows, i, columns[i].type);
        bytes += strlen(columns[i].name) + cells[i].len;
    }
    return bytes;
}

static int add_row(struct answer *answer, struct part *part, const struct fetch *fetch,
                   struct rows *rows)
{
    struct cell *cells = part_add(answer, part);

    if (cells == NULL)
        return ERR_FAILED;
    part->bytes += fetch_cells(answer, rows, part->columns, part->ncolumns, cells);
    return fetch->each != NULL ? fetch->each(fetch->ctx, rows, cells) : 0;
}

int fetch_rows(const struct asking *ask, struct answer *answer, struct part *part,
               const struct fetch *fetch, bool *ret_cut, struct error *err)
{
    struct store_query query = {.sql = fetch->sql,
                                .params = fetch->params,
                                .nparams = fetch->nparams,
                                .timeout_ms = ask->timeout_ms,
                                .form = STORE_TYPED};
    struct rows *rows = NULL;
    size_t max_bytes = ask->max_bytes;
    bool cut = false;
    int ret;

    if (part == NULL)
        return error_set(err, ERR_FAILED, "the answer is too large");
    ret = store_query(ask->store, &query, &rows, err);
    if (ret < 0)
        goto out;
    if (rows_columns(rows) < part->ncolumns) {
        ret = error_set(err, ERR_FAILED, "the question asks for fewer columns than it has: %s",
                        fetch->sql);
        goto out;
    }
    while (!cut && (ret = rows_next(rows, err)) > 0) {
        ret = add_row(answer, part, fetch, rows);
        if (ret < 0) {
            error_set(err, ERR_FAILED, "the answer is too large");
            goto out;
        }
        cut = fetch_bytes(answer) >= max_bytes;
    }
    /* Cut only if something was left behind. */
    if (cut)
        ret = rows_next(rows, err);
    if (ret_cut != NULL)
        *ret_cut = cut && ret > 0;
    ret = ret < 0 ? ret : 0;
out:
    rows_free(rows);
    return ret;
}

/* The lists that a condition is made of: of traces, of calls, of both together. */
struct chosen {
    struct buf traces, calls, pairs;
    char trace[UUID_TEXT]; /* of the first */
    bool several;          /* there are others */
    size_t n;
};

static void choose(struct chosen *c, struct rows *rows)
{
    const char *trace = rows_text(rows, 0, NULL), *comma = c->n++ > 0 ? "," : "";
    long long call = (long long)rows_int(rows, 1);

    if (c->n == 1)
        snprintf(c->trace, sizeof(c->trace), "%s", trace);
    c->several |= strcmp(c->trace, trace) != 0;
    buf_putf(&c->traces, "%s'%s'::UUID", comma, trace);
    buf_putf(&c->calls, "%s%lld", comma, call);
    buf_putf(&c->pairs, "%s('%s'::UUID,%lld)", comma, trace, call);
}

/* The planner's time grows with the lists, so they are as short as can be. */
static const char *condition(struct answer *answer, const struct chosen *c)
{
    if (!c->several)
        return answer_printf(answer, "trace_id = '%s'::UUID AND call_id IN (%s)", c->trace,
                             buf_text(&c->calls));
    return answer_printf(answer,
                         "trace_id IN (%s) AND call_id IN (%s) AND (trace_id, call_id) IN (%s)",
                         buf_text(&c->traces), buf_text(&c->calls), buf_text(&c->pairs));
}

int fetch_chosen(const struct asking *ask, struct answer *answer, const struct fetch *fetch,
                 const char **ret_condition, size_t *ret_n, struct error *err)
{
    struct store_query query = {.sql = fetch->sql,
                                .params = fetch->params,
                                .nparams = fetch->nparams,
                                .timeout_ms = ask->timeout_ms};
    struct chosen c = {.traces = BUF_INIT(MOST_LITERALS * LITERAL_BYTES),
                       .calls = BUF_INIT(MOST_LITERALS * LITERAL_BYTES),
                       .pairs = BUF_INIT(MOST_LITERALS * LITERAL_BYTES)};
    struct rows *rows = NULL;
    int ret = store_query(ask->store, &query, &rows, err);

    while (ret >= 0 && c.n <= MOST_LITERALS && (ret = rows_next(rows, err)) > 0)
        choose(&c, rows);
    rows_free(rows);
    *ret_condition = NULL;
    *ret_n = c.n;
    if (ret >= 0 && c.n > MOST_LITERALS)
        *ret_condition = answer_printf(
            answer, "(trace_id, call_id::BIGINT) IN (SELECT trace_id, call_id::BIGINT FROM (%s))",
            fetch->sql);
    else if (ret >= 0 && c.n > 0)
        *ret_condition = condition(answer, &c);
    if (ret >= 0 && (c.traces.failed || c.calls.failed || c.pairs.failed))
        ret = error_set(err, ERR_FAILED, "out of memory");
    buf_release(&c.traces);
    buf_release(&c.calls);
    buf_release(&c.pairs);
    return ret < 0 ? ret : 0;
}

int fetch_text(const struct asking *ask, struct answer *answer, const char *sql,
               const char **ret_text, struct error *err)
{
    struct store_query query = {.sql = sql, .timeout_ms = ask->timeout_ms};
    struct rows *rows = NULL;
    int ret = store_query(ask->store, &query, &rows, err);

    *ret_text = NULL;
    if (ret == 0)
        ret = rows_next(rows, err);
    if (ret > 0 && !rows_null(rows, 0))
        *ret_text = answer_printf(answer, "%s", rows_text(rows, 0, NULL));
    rows_free(rows);
    return ret < 0 ? ret : 0;
}
