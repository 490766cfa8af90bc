/*
 * rows.c - running a query and reading its rows, cell by cell.
 */
#include "base/base.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/uuid.h"
#include "store/duck.h"
#include "store/pump.h"
#include "store/timer.h"

#include <time.h>

#define US_PER_S 1000000

struct rows {
    struct store *store;          /* Borrowed */
    size_t slot;                  /* in store->running */
    duckdb_connection connection; /* Owned in STORE_READ mode, else the store's main one */
    bool own_connection;
    duckdb_prepared_statement statement; /* Owned */
    duckdb_result result;                /* Owned */
    bool has_result;
    struct timer *timer; /* Owned; NULL: no timeout */
    int timeout_ms;
    enum store_form form;
    size_t ncolumns;
    duckdb_type *types;      /* Owned, by column */
    duckdb_data_chunk chunk; /* Owned; NULL before the first and after the last */
    duckdb_vector *vectors;  /* Owned, by column; Borrowed vectors of the chunk */
    size_t row, nrows;       /* in the chunk; row + 1 is next */
    bool ended;              /* a stream must not be asked again after its end */
    struct buf *texts;       /* Owned, by column: what rows_text has converted */
};

/* ---- running -------------------------------------------------------------------------------- */

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

/* An error of the query itself, in words for who wrote it. */
static int query_error(struct rows *r, const char *duckdb_says, struct error *err)
{
    char line[LIMIT_ERROR_BYTES / 2];

    if (r->timer != NULL && timer_fired(r->timer)) {
        error_set(err, ERR_QUERY_TIMEOUT, "Query exceeded %g second timeout",
                  r->timeout_ms / 1000.0);
        return error_suggest(err, "Use LIMIT to reduce result set or simplify your query");
    }
    if (duckdb_says != NULL && strstr(duckdb_says, "INTERRUPT Error") != NULL)
        return error_set(err, ERR_FAILED, "the query was interrupted");
    if (is_of_store(duckdb_says))
        return words_for(err, "cannot answer from the database", r->store->path, duckdb_says);
    words_first_line(duckdb_says, line, sizeof(line));
    error_set(err, ERR_INVALID_QUERY, "%s", line);
    return error_suggest(err, "Only SELECT queries are allowed. Available tables: %s",
                         store_table_names());
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
        return query_error(r, duckdb_prepare_error(r->statement), err);
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
        return query_error(r, duckdb_result_error(&r->result), err);
    return prepare_columns(r, err);
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

/* ---- reading -------------------------------------------------------------------------------- */

size_t rows_columns(const struct rows *rows)
{
    return rows->ncolumns;
}

const char *rows_column_name(const struct rows *rows, size_t column)
{
    /* The C API takes the result without const, though it only reads it. */
    const char *name = duckdb_column_name((duckdb_result *)(uintptr_t)&rows->result, column);

    return name != NULL ? name : "";
}

enum store_type rows_column_type(const struct rows *rows, size_t column)
{
    switch (rows->types[column]) {
    case DUCKDB_TYPE_BOOLEAN:
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
        return STORE_INT;
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
        return STORE_DOUBLE;
    default:
        return STORE_TEXT;
    }
}

int rows_next(struct rows *rows, struct error *err)
{
    const char *says;

    if (rows->chunk != NULL && ++rows->row < rows->nrows)
        return 1;
    if (rows->ended)
        return 0;
    do {
        if (rows->chunk != NULL)
            duckdb_destroy_data_chunk(&rows->chunk);
        rows->chunk = duckdb_fetch_chunk(rows->result);
        if (rows->chunk == NULL) {
            says = duckdb_result_error(&rows->result);
            rows->nrows = 0;
            rows->ended = true;
            return says != NULL && says[0] != '\0' ? query_error(rows, says, err) : 0;
        }
        rows->nrows = duckdb_data_chunk_get_size(rows->chunk);
    } while (rows->nrows == 0);
    rows->row = 0;
    for (size_t i = 0; i < rows->ncolumns; i++)
        rows->vectors[i] = duckdb_data_chunk_get_vector(rows->chunk, i);
    return 1;
}

bool rows_null(const struct rows *rows, size_t column)
{
    uint64_t *validity = duckdb_vector_get_validity(rows->vectors[column]);

    return validity != NULL && !duckdb_validity_row_is_valid(validity, rows->row);
}

#define CELL(type) (((const type *)duckdb_vector_get_data(rows->vectors[column]))[rows->row])

int64_t rows_int(const struct rows *rows, size_t column)
{
    if (rows_null(rows, column))
        return 0;
    switch (rows->types[column]) {
    case DUCKDB_TYPE_BOOLEAN:
    case DUCKDB_TYPE_UTINYINT:
        return CELL(uint8_t);
    case DUCKDB_TYPE_TINYINT:
        return CELL(int8_t);
    case DUCKDB_TYPE_SMALLINT:
        return CELL(int16_t);
    case DUCKDB_TYPE_USMALLINT:
        return CELL(uint16_t);
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_DATE:
        return CELL(int32_t);
    case DUCKDB_TYPE_UINTEGER:
        return CELL(uint32_t);
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
        return CELL(int64_t);
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_HUGEINT: /* sums of BIGINT are HUGEINT: its low half comes first */
        return rows->types[column] == DUCKDB_TYPE_UBIGINT ? (int64_t)CELL(uint64_t)
                                                          : (int64_t)CELL(duckdb_hugeint).lower;
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
        return (int64_t)rows_double(rows, column);
    default:
        return 0;
    }
}

double rows_double(const struct rows *rows, size_t column)
{
    if (rows_null(rows, column))
        return 0;
    switch (rows->types[column]) {
    case DUCKDB_TYPE_FLOAT:
        return (double)CELL(float);
    case DUCKDB_TYPE_DOUBLE:
        return CELL(double);
    case DUCKDB_TYPE_HUGEINT:
        return duckdb_hugeint_to_double(CELL(duckdb_hugeint));
    case DUCKDB_TYPE_UBIGINT:
        return (double)CELL(uint64_t);
    default:
        return (double)rows_int(rows, column);
    }
}

/* ---- cells as text -------------------------------------------------------------------------- */

static void put_uuid(struct buf *b, duckdb_hugeint v)
{
    char text[UUID_TEXT];
    struct uuid u;

    duck_to_uuid(v, &u);
    uuid_format(&u, text);
    buf_puts(b, text);
}

static void put_time(struct buf *b, int64_t us)
{
    time_t seconds = (time_t)(us / US_PER_S);
    int64_t rest = us % US_PER_S;
    struct tm tm;

    if (rest < 0) {
        seconds--;
        rest += US_PER_S;
    }
    if (gmtime_r(&seconds, &tm) == NULL)
        return;
    buf_putf(b, "%04d-%02d-%02d %02d:%02d:%02d.%06d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
             tm.tm_hour, tm.tm_min, tm.tm_sec, (int)rest);
}

static void put_date(struct buf *b, int32_t days)
{
    time_t seconds = (time_t)days * 86400;
    struct tm tm;

    if (gmtime_r(&seconds, &tm) != NULL)
        buf_putf(b, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

static void put_hugeint(struct buf *b, duckdb_hugeint v)
{
    __extension__ typedef unsigned __int128 wide;
    wide n = ((wide)(uint64_t)v.upper << 64) | v.lower;
    char digits[48];
    size_t i = sizeof(digits);

    if (v.upper < 0)
        n = -n;
    do {
        digits[--i] = (char)('0' + (int)(n % 10));
        n /= 10;
    } while (n != 0);
    if (v.upper < 0)
        digits[--i] = '-';
    buf_put(b, digits + i, sizeof(digits) - i);
}

/* The shortest of the usual precisions that reads back as the same number. */
static void put_double(struct buf *b, double v)
{
    char text[64];

    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    buf_puts(b, text);
}

/*
 * DuckDB's to_json writes NaN, Infinity and -Infinity bare, which JSON does not have. Outside of strings JSON has no
 * other capital letter, so that the first one found there begins such a word.
 */
static void put_json(struct buf *b, const char *text, size_t len)
{
    static const char *const words[] = {"NaN", "Infinity", "-Infinity"};
    bool in_string = false;

    for (size_t i = 0; i < len; i++) {
        char c = text[i];

        if (in_string) {
            if (c == '\\' && i + 1 < len)
                buf_putc(b, text[i++]);
            else if (c == '"')
                in_string = false;
            buf_putc(b, text[i]);
            continue;
        }
        in_string = c == '"';
        for (size_t w = 0; w < ARRAY_SIZE(words); w++) {
            size_t n = strlen(words[w]);

            if (len - i >= n && memcmp(text + i, words[w], n) == 0) {
                buf_putf(b, "\"%s\"", words[w]);
                i += n - 1;
                c = '\0';
                break;
            }
        }
        if (c != '\0')
            buf_putc(b, c);
    }
}

static void put_cell(const struct rows *rows, size_t column, struct buf *b)
{
    duckdb_string_t text;

    switch (rows->types[column]) {
    case DUCKDB_TYPE_VARCHAR:
    case DUCKDB_TYPE_BLOB:
        text = CELL(duckdb_string_t);
        if (rows->form == STORE_AS_JSON)
            put_json(b, duckdb_string_t_data(&text), duckdb_string_t_length(text));
        else
            buf_put(b, duckdb_string_t_data(&text), duckdb_string_t_length(text));
        break;
    case DUCKDB_TYPE_UUID:
        put_uuid(b, CELL(duckdb_hugeint));
        break;
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
        put_time(b, CELL(int64_t));
        break;
    case DUCKDB_TYPE_DATE:
        put_date(b, CELL(int32_t));
        break;
    case DUCKDB_TYPE_BOOLEAN:
        buf_puts(b, CELL(bool) ? "true" : "false");
        break;
    case DUCKDB_TYPE_HUGEINT:
        put_hugeint(b, CELL(duckdb_hugeint));
        break;
    case DUCKDB_TYPE_UBIGINT:
        buf_putf(b, "%llu", (unsigned long long)CELL(uint64_t));
        break;
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
        put_double(b, rows_double(rows, column));
        break;
    default:
        if (rows_column_type(rows, column) == STORE_INT)
            buf_putf(b, "%lld", (long long)rows_int(rows, column));
        break;
    }
}

const char *rows_text(struct rows *rows, size_t column, size_t *ret_len)
{
    struct buf *b = &rows->texts[column];

    if (rows_null(rows, column)) {
        if (ret_len != NULL)
            *ret_len = 0;
        return NULL;
    }
    buf_clear(b);
    put_cell(rows, column, b);
    if (ret_len != NULL)
        *ret_len = b->len;
    return buf_text(b);
}
