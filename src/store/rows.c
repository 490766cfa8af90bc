/*
 * rows.c - reading the rows of a query, cell by cell. statement.c runs it.
 */
#include "base/base.h"

#include "base/uuid.h"
#include "store/rows_private.h"

#include <time.h>

#define US_PER_S 1000000

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
            return says != NULL && says[0] != '\0' ? rows_error(rows, says, err) : 0;
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
