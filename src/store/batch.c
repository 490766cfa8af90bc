/*
 * batch.c - see batch.h. Cells are written into a chunk here; full chunks go through the pump. A table that never fills a
 * chunk is written by the appender at the end, which is quicker to start.
 */
#include "base/base.h"

#include "store/batch.h"
#include "store/duck.h"
#include "store/pump.h"

#define CHUNK_TEXT_BYTES (1024 * 1024) /* a chunk with so much text counts as full */

struct batch {
    struct store *store;   /* Borrowed */
    char *table;           /* Owned */
    struct lane lane;      /* Owned */
    struct chunk *current; /* being filled; NULL: none */
    idx_t row;             /* in it */
    uint32_t put;          /* columns put in this row, a bit each */
    uint32_t all;          /* a bit for each column */
    uint64_t rows;
    idx_t size; /* rows of a full chunk */
};

/* ---- identities ----------------------------------------------------------------------------- */

static uint64_t big_endian(const uint8_t *p)
{
    uint64_t v = 0;

    for (int i = 0; i < 8; i++)
        v = v << 8 | p[i];
    return v;
}

duckdb_hugeint duck_from_uuid(const struct uuid *u)
{
    duckdb_hugeint v;

    v.upper = (int64_t)(big_endian(u->bytes) ^ (1ULL << 63));
    v.lower = big_endian(u->bytes + 8);
    return v;
}

void duck_to_uuid(duckdb_hugeint v, struct uuid *ret_uuid)
{
    uint64_t upper = (uint64_t)v.upper ^ (1ULL << 63);

    for (int i = 0; i < 8; i++) {
        ret_uuid->bytes[i] = (uint8_t)(upper >> (56 - 8 * i));
        ret_uuid->bytes[8 + i] = (uint8_t)(v.lower >> (56 - 8 * i));
    }
}

/* ---- life ----------------------------------------------------------------------------------- */

static int failed(struct batch *b, const char *says, struct error *err)
{
    return words_for(err, "cannot write to the database", b->store->path, says);
}

int batch_open(struct batch **ret_batch, struct store *store, const char *table, struct error *err)
{
    struct batch *b = calloc(1, sizeof(*b));
    int ret;

    if (b == NULL)
        return error_set(err, ERR_FAILED, "memory is out");
    b->store = store;
    b->table = strdup(table);
    if (b->table == NULL) {
        ret = error_set(err, ERR_FAILED, "memory is out");
        goto out;
    }
    if (pump_failure(store->pump) != NULL) { /* the reason, not what follows from it */
        ret = failed(b, pump_failure(store->pump), err);
        goto out;
    }
    if ((ret = lane_open(&b->lane, store->pump, b->table, err)) < 0)
        goto out;
    b->all = (uint32_t)((1ULL << b->lane.ncolumns) - 1);
    b->size = duckdb_vector_size();
    *ret_batch = b;
    b = NULL;
out:
    batch_free(b);
    return ret;
}

static void hand_over(struct batch *b)
{
    duckdb_data_chunk_set_size(b->current->data, b->row);
    lane_give(&b->lane, b->current);
    b->current = NULL;
    b->row = 0;
}

/* The few rows of a small table. */
static int append_rest(struct batch *b, struct error *err)
{
    duckdb_appender appender = NULL;
    int ret = 0;

    duckdb_data_chunk_set_size(b->current->data, b->row);
    pump_pause(b->store->pump);
    if (duckdb_appender_create(b->store->main, NULL, b->table, &appender) != DuckDBSuccess ||
        duckdb_append_data_chunk(appender, b->current->data) != DuckDBSuccess ||
        duckdb_appender_close(appender) != DuckDBSuccess)
        ret = failed(b, duckdb_appender_error(appender), err);
    duckdb_appender_destroy(&appender);
    pump_resume(b->store->pump);
    return ret;
}

int batch_close(struct batch *batch, struct error *err)
{
    const char *failure = pump_failure(batch->store->pump);
    int ret = 0;

    if (failure != NULL) {
        ret = failed(batch, failure, err);
    } else if (!batch->lane.used) {
        if (batch->row > 0)
            ret = append_rest(batch, err);
    } else {
        if (batch->row > 0)
            hand_over(batch);
        if (!lane_finish(&batch->lane))
            ret = failed(batch, pump_failure(batch->store->pump), err);
    }
    batch_free(batch);
    return ret;
}

void batch_free(struct batch *batch)
{
    if (batch == NULL)
        return;
    lane_release(&batch->lane);
    free(batch->table);
    free(batch);
}

uint64_t batch_rows(const struct batch *batch)
{
    return batch->rows;
}

/* ---- cells ---------------------------------------------------------------------------------- */

/* The place of a cell; NULL after a failure, which batch_end_row reports. */
static void *cell(struct batch *b, size_t column, size_t size)
{
    if (UNLIKELY(b->current == NULL) && (b->current = lane_take(&b->lane)) == NULL)
        return NULL;
    b->put |= 1u << column;
    return (char *)b->current->cells[column] + b->row * size;
}

void batch_put_i64(struct batch *batch, size_t column, int64_t v)
{
    int64_t *p = cell(batch, column, sizeof(v));

    if (LIKELY(p != NULL))
        *p = v;
}

void batch_put_u64(struct batch *batch, size_t column, uint64_t v)
{
    uint64_t *p = cell(batch, column, sizeof(v));

    if (LIKELY(p != NULL))
        *p = v;
}

void batch_put_i32(struct batch *batch, size_t column, int32_t v)
{
    int32_t *p = cell(batch, column, sizeof(v));

    if (LIKELY(p != NULL))
        *p = v;
}

void batch_put_u8(struct batch *batch, size_t column, uint8_t v)
{
    uint8_t *p = cell(batch, column, sizeof(v));

    if (LIKELY(p != NULL))
        *p = v;
}

void batch_put_uuid(struct batch *batch, size_t column, const struct uuid *v)
{
    duckdb_hugeint *p = cell(batch, column, sizeof(*p));

    if (LIKELY(p != NULL))
        *p = duck_from_uuid(v);
}

void batch_put_text(struct batch *batch, size_t column, const char *text, size_t len)
{
    if (UNLIKELY(cell(batch, column, sizeof(duckdb_string_t)) == NULL))
        return;
    duckdb_unsafe_vector_assign_string_element_len(batch->current->vectors[column], batch->row,
                                                   text, len);
    batch->current->text_bytes += len;
}

void batch_put_blob(struct batch *batch, size_t column, const void *bytes, size_t len)
{
    batch_put_text(batch, column, bytes, len);
}

void batch_put_null(struct batch *batch, size_t column)
{
    batch->put &= ~(1u << column);
}

static void put_nulls(struct batch *b)
{
    uint32_t missing = b->all & ~b->put;

    while (missing != 0) {
        unsigned column = (unsigned)__builtin_ctz(missing);

        b->current->validity[column][b->row / 64] &= ~(1ULL << (b->row % 64));
        missing &= missing - 1;
    }
}

int batch_end_row(struct batch *batch, struct error *err)
{
    if (UNLIKELY(batch->current == NULL) && (batch->current = lane_take(&batch->lane)) == NULL)
        return failed(batch, pump_failure(batch->store->pump), err);
    if (batch->put != batch->all)
        put_nulls(batch);
    batch->put = 0;
    batch->rows++;
    if (++batch->row == batch->size || batch->current->text_bytes > CHUNK_TEXT_BYTES)
        hand_over(batch);
    return 0;
}
