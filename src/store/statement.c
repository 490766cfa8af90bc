/*
 * statement.c - running a query: its SQL checked and wrapped, parameters bound, a slot, a connection and a timeout; and its end.
 * rows.c reads what comes of it.
 */
#include "base/base.h"

#include "base/clock.h"
#include "base/limits.h"
#include "store/pump.h"
#include "store/rows_private.h"

static int take_slot(struct rows *r, struct error *err)
{
    for (size_t i = 0; i < STORE_OPEN_ROWS; i++) {
        if (r->store->running[i] == NULL) {
            r->slot = i;
            __atomic_store_n(&r->store->running[i], r->connection, __ATOMIC_RELEASE);
            return 0;
        }
    }
    return error_set(err, ERR_FAILED, "more than %d answers are open at a time", STORE_OPEN_ROWS);
}

static int bind_params(struct rows *r, const struct store_query *q, struct error *err)
{
    for (size_t i = 0; i < q->nparams; i++) {
        const struct store_param *p = &q->params[i];
        duckdb_state state = DuckDBSuccess;
        idx_t index;

        if (duckdb_bind_parameter_index(r->statement, &index, p->name) != DuckDBSuccess)
            continue;
        switch (p->type) {
        case STORE_NULL:
            state = duckdb_bind_null(r->statement, index);
            break;
        case STORE_INT:
            state = duckdb_bind_int64(r->statement, index, p->integer);
            break;
        case STORE_DOUBLE:
            state = duckdb_bind_double(r->statement, index, p->real);
            break;
        case STORE_TEXT:
            state = duckdb_bind_varchar_length(r->statement, index, p->text, p->len);
            break;
        }
        if (state != DuckDBSuccess)
            return error_set(err, ERR_INVALID_QUERY, "cannot bind the parameter '%s'", p->name);
    }
    return 0;
}

/* Does DuckDB say that the file or the memory is at fault, and not the query? */
static bool is_of_store(const char *duckdb_says)
{
    static const char *const kinds[] = {"IO Error",
                                        "Serialization Error",
                                        "INTERNAL Error",
                                        "FATAL Error",
                                        "Out of Memory Error",
                                        "Failed to deserialize",
                                        "Invalid Error: Failed to deserialize"};

    for (size_t i = 0; duckdb_says != NULL && i < ARRAY_SIZE(kinds); i++)
        if (strncmp(duckdb_says, kinds[i], strlen(kinds[i])) == 0)
            return true;
    return duckdb_says != NULL && strstr(duckdb_says, "Out of Memory Error") != NULL;
}

int rows_error(struct rows *r, const char *duckdb_says, struct error *err)
{
    if (r->timer != NULL && timer_fired(r->timer)) {
        error_set(err, ERR_QUERY_TIMEOUT, "Query exceeded %g second timeout",
                  r->timeout_ms / 1000.0);
        return error_suggest(err, "Use LIMIT to reduce result set or simplify your query");
    }
    if (duckdb_says != NULL && strstr(duckdb_says, "INTERRUPT Error") != NULL)
        return error_set(err, ERR_FAILED, "the query was interrupted");
    if (is_of_store(duckdb_says))
        return words_for(err, "cannot answer from the database", r->store->path, duckdb_says);
    return words_for_query(r->store, NULL, duckdb_says, err);
}

/* The SQL as it is run: a person's checked, and wrapped where another form of the rows is asked for. The wrapper's name
 * for the row is one that no column has, else to_json would take the column. */
static int final_sql(struct rows *r, const struct store_query *q, struct buf *sql,
                     struct error *err)
{
    const char *text = q->sql + strspn(q->sql, " \t\r\n;");
    size_t len = strlen(text);
    const char *before = "";
    const char *after = "";
    int ret;

    if (q->from_user) {
        if ((ret = guard_check(r->store, text, &len, err)) < 0)
            return ret;
    } else if (q->form != STORE_TYPED) {
        len = guard_statement_length(text);
    }
    if (q->form == STORE_AS_TEXT) {
        before = "SELECT COLUMNS(*)::VARCHAR FROM (";
        after = "\n)";
    } else if (q->form == STORE_AS_JSON) {
        before = "SELECT to_json(\"the whole row\")::VARCHAR AS json FROM (";
        after = "\n) AS \"the whole row\"";
    }
    buf_puts(sql, before);
    buf_put(sql, text, len);
    buf_puts(sql, after);
    if (sql->failed)
        return error_set(err, ERR_INVALID_QUERY, "the query is longer than %d bytes",
                         LIMIT_SQL_BYTES);
    return 0;
}

static int prepare_columns(struct rows *r, struct error *err)
{
    r->ncolumns = duckdb_column_count(&r->result);
    r->types = calloc(r->ncolumns + 1, sizeof(*r->types));
    r->vectors = calloc(r->ncolumns + 1, sizeof(*r->vectors));
    r->texts = calloc(r->ncolumns + 1, sizeof(*r->texts));
    if (r->types == NULL || r->vectors == NULL || r->texts == NULL)
        return error_set(err, ERR_FAILED, "memory is out");
    for (size_t i = 0; i < r->ncolumns; i++) {
        r->types[i] = duckdb_column_type(&r->result, i);
        r->texts[i].max = LIMIT_ANSWER_BYTES;
    }
    return 0;
}

static int execute(struct rows *r, const struct store_query *q, const char *sql, struct error *err)
{
    duckdb_state state;
    int ret;

    if (q->timeout_ms > 0) {
        r->timeout_ms = q->timeout_ms;
        r->timer = timer_start(r->connection, q->timeout_ms);
        if (r->timer == NULL)
            return error_set(err, ERR_FAILED, "cannot start a thread for the query's timeout");
    }
    if (duckdb_prepare(r->connection, sql, &r->statement) != DuckDBSuccess)
        return rows_error(r, duckdb_prepare_error(r->statement), err);
    if ((ret = bind_params(r, q, err)) < 0)
        return ret;
    /* Streaming is marked deprecated in the C header for a change of names only; a materialised answer of ten million
     * rows is what the alternative would be. */
    if (r->own_connection)
        state = duckdb_execute_prepared_streaming(r->statement, &r->result);
    else
        state = duckdb_execute_prepared(r->statement, &r->result);
    r->has_result = true;
    if (state != DuckDBSuccess)
        return rows_error(r, duckdb_result_error(&r->result), err);
    return prepare_columns(r, err);
}

/* ---- what is told of it (store_tell) -------------------------------------------------------- */

void store_tell(struct store *store, store_teller *tell, void *ctx)
{
    store->tell = tell;
    store->tell_ctx = ctx;
}

static void put_text(struct buf *out, const char *text, size_t len)
{
    buf_putc(out, '\'');
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\'')
            buf_putc(out, '\'');
        buf_putc(out, text[i] >= 0 && text[i] < ' ' ? ' ' : text[i]);
    }
    buf_putc(out, '\'');
}

/* Keeps the query for its end: only what the SQL names of the parameters is said. */
static void remember(struct rows *r, const struct store_query *q, const char *sql)
{
    r->sql.max = r->params.max = 4 * LIMIT_SQL_BYTES;
    r->began_ns = clock_mono_ns();
    buf_puts(&r->sql, sql);
    for (size_t i = 0; i < q->nparams; i++) {
        const struct store_param *p = &q->params[i];
        char name[64];

        snprintf(name, sizeof(name), "$%s", p->name);
        if (strstr(sql, name) == NULL)
            continue;
        buf_putf(&r->params, "%s%s = ", r->params.len > 0 ? ", " : " -- ", name);
        if (p->type == STORE_TEXT)
            put_text(&r->params, p->text, p->len);
        else if (p->type == STORE_INT)
            buf_putf(&r->params, "%lld", (long long)p->integer);
        else if (p->type == STORE_DOUBLE)
            buf_putf(&r->params, "%.17g", p->real);
        else
            buf_puts(&r->params, "NULL");
    }
}

static void tell(struct rows *r)
{
    const struct store *s = r->store;

    if (s->tell != NULL && r->sql.len > 0)
        s->tell(s->tell_ctx, buf_text(&r->sql), buf_text(&r->params),
                (double)(clock_mono_ns() - r->began_ns) / 1e6);
    buf_release(&r->sql);
    buf_release(&r->params);
}

int store_query(struct store *store, const struct store_query *query, struct rows **ret_rows,
                struct error *err)
{
    struct buf sql = BUF_INIT(LIMIT_SQL_BYTES);
    struct rows *r = calloc(1, sizeof(*r));
    int ret;

    if (r == NULL)
        return error_set(err, ERR_FAILED, "memory is out");
    r->store = store;
    r->form = query->form;
    r->slot = STORE_OPEN_ROWS;
    if ((ret = final_sql(r, query, &sql, err)) < 0)
        goto out;
    if (store->tell != NULL)
        remember(r, query, buf_text(&sql));
    r->own_connection = store->mode == STORE_READ;
    r->connection = store->main;
    if (r->own_connection && (ret = store_connect(store, &r->connection, err)) < 0)
        goto out;
    if (store->pump != NULL)
        pump_pause(store->pump);
    if ((ret = take_slot(r, err)) == 0)
        ret = execute(r, query, buf_text(&sql), err);
    if (store->pump != NULL)
        pump_resume(store->pump);
    if (ret < 0)
        goto out;
    *ret_rows = r;
    r = NULL;
out:
    rows_free(r);
    buf_release(&sql);
    return ret;
}

void rows_free(struct rows *rows)
{
    if (rows == NULL)
        return;
    tell(rows);
    timer_stop(rows->timer); /* joins: after this nobody interrupts the connection */
    if (rows->slot < STORE_OPEN_ROWS)
        __atomic_store_n(&rows->store->running[rows->slot], NULL, __ATOMIC_RELEASE);
    if (rows->chunk != NULL)
        duckdb_destroy_data_chunk(&rows->chunk);
    if (rows->has_result)
        duckdb_destroy_result(&rows->result);
    if (rows->statement != NULL)
        duckdb_destroy_prepare(&rows->statement);
    if (rows->own_connection && rows->connection != NULL)
        duckdb_disconnect(&rows->connection);
    for (size_t i = 0; rows->texts != NULL && i < rows->ncolumns; i++)
        buf_release(&rows->texts[i]);
    free(rows->texts);
    free(rows->types);
    free(rows->vectors);
    free(rows);
}

int store_query_int(struct store *store, const char *sql, int64_t *ret_value, struct error *err)
{
    struct store_query query = {.sql = sql};
    struct rows *rows = NULL;
    int ret = store_query(store, &query, &rows, err);

    if (ret < 0)
        return ret;
    ret = rows_next(rows, err);
    if (ret >= 0)
        *ret_value = ret > 0 ? rows_int(rows, 0) : 0;
    rows_free(rows);
    return ret < 0 ? ret : 0;
}

int store_exec(struct store *store, const char *sql, const struct store_param *params,
               size_t nparams, struct error *err)
{
    struct store_query query = {.sql = sql, .params = params, .nparams = nparams};
    struct rows *rows = NULL;
    int ret = store_query(store, &query, &rows, err);

    rows_free(rows);
    return ret;
}
