/*
 * batch.c - see batch.h. Cells are written into a chunk by the caller's thread; full chunks are appended by a thread of
 * the batch's own (DuckDB compresses there, which is most of the work), and come back empty.
 */
#include "base/base.h"

#include "store/batch.h"
#include "store/duck.h"

#include <pthread.h>

#define CHUNKS 16       /* in use by one batch: filled, waiting, being appended */
#define FLUSH_CHUNKS 60 /* the appender holds no more: DuckDB's row groups have as many rows */
#define MAX_COLUMNS 32
#define CHUNK_TEXT_BYTES (1024 * 1024)      /* a chunk with so much text counts as full */
#define FLUSH_TEXT_BYTES (16 * 1024 * 1024) /* and the appender holds no more than this */

struct chunk {
    duckdb_data_chunk data; /* Owned */
    size_t text_bytes;
    void *cells[MAX_COLUMNS];           /* Borrowed from the vectors */
    uint64_t *validity[MAX_COLUMNS];    /* Borrowed; all rows are valid to begin with */
    duckdb_vector vectors[MAX_COLUMNS]; /* Borrowed */
};

struct batch {
    struct store *store;      /* Borrowed */
    char *table;              /* Owned */
    duckdb_appender appender; /* Owned; used by the thread while it runs */
    size_t ncolumns;
    duckdb_logical_type logical[MAX_COLUMNS]; /* Owned; JSON is more than its type id */
    struct chunk chunks[CHUNKS];              /* Owned; made when needed */
    size_t nchunks;
    struct chunk *current; /* being filled */
    idx_t row;             /* in it */
    uint32_t put;          /* columns put in this row, a bit each */
    uint32_t all;          /* a bit for each column */
    uint64_t rows;
    idx_t size; /* rows of a full chunk */

    pthread_t thread;
    bool thread_runs;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Under the lock: */
    struct chunk *waiting[CHUNKS];
    size_t nwaiting, first_waiting;
    struct chunk *free[CHUNKS];
    size_t nfree;
    bool closing;
    bool failed; /* the appender refused; its message is read after the thread has ended */
    /* The appending thread's: */
    size_t chunks_since_flush, text_since_flush;
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

/* ---- the appending thread ------------------------------------------------------------------- */

static bool append_chunk(struct batch *b, struct chunk *c)
{
    if (duckdb_append_data_chunk(b->appender, c->data) != DuckDBSuccess)
        return false;
    b->text_since_flush += c->text_bytes;
    if (++b->chunks_since_flush < FLUSH_CHUNKS && b->text_since_flush < FLUSH_TEXT_BYTES)
        return true;
    b->chunks_since_flush = b->text_since_flush = 0;
    return duckdb_appender_flush(b->appender) == DuckDBSuccess;
}

static void *append_chunks(void *arg)
{
    struct batch *b = arg;

    pthread_mutex_lock(&b->lock);
    for (;;) {
        struct chunk *c;

        while (b->nwaiting == 0 && !b->closing)
            pthread_cond_wait(&b->changed, &b->lock);
        if (b->nwaiting == 0)
            break;
        c = b->waiting[b->first_waiting];
        b->first_waiting = (b->first_waiting + 1) % CHUNKS;
        b->nwaiting--;
        if (!b->failed) {
            bool fine;

            pthread_mutex_unlock(&b->lock);
            fine = append_chunk(b, c);
            pthread_mutex_lock(&b->lock);
            b->failed = !fine;
        }
        b->free[b->nfree++] = c;
        pthread_cond_broadcast(&b->changed);
    }
    pthread_mutex_unlock(&b->lock);
    return NULL;
}

/* A table of a few rows never gets a thread. */
static void start_thread(struct batch *b)
{
    if (!b->thread_runs && pthread_create(&b->thread, NULL, append_chunks, b) == 0)
        b->thread_runs = true;
}

static void append_here(struct batch *b)
{
    if (!b->failed)
        b->failed = !append_chunk(b, b->current);
    b->free[b->nfree++] = b->current;
    b->current = NULL;
    b->row = 0;
}

static void hand_over(struct batch *b, bool last)
{
    duckdb_data_chunk_set_size(b->current->data, b->row);
    if (!last)
        start_thread(b);
    if (!b->thread_runs) {
        append_here(b);
        return;
    }
    pthread_mutex_lock(&b->lock);
    b->waiting[(b->first_waiting + b->nwaiting++) % CHUNKS] = b->current;
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->lock);
    b->current = NULL;
    b->row = 0;
}

static void look_at_vectors(struct batch *b, struct chunk *c)
{
    duckdb_data_chunk_reset(c->data);
    c->text_bytes = 0;
    for (size_t i = 0; i < b->ncolumns; i++) {
        c->vectors[i] = duckdb_data_chunk_get_vector(c->data, i);
        c->cells[i] = duckdb_vector_get_data(c->vectors[i]);
        duckdb_vector_ensure_validity_writable(c->vectors[i]);
        c->validity[i] = duckdb_vector_get_validity(c->vectors[i]);
        memset(c->validity[i], 0xff, b->size / 8);
    }
}

/* Under the lock. */
static struct chunk *make_chunk(struct batch *b)
{
    struct chunk *c = &b->chunks[b->nchunks];

    c->data = duckdb_create_data_chunk(b->logical, b->ncolumns);
    if (c->data == NULL)
        return NULL;
    b->nchunks++;
    return c;
}

/* An empty chunk to fill; waits for one to come back when there are enough. False when the appender has failed. */
static bool take_chunk(struct batch *b)
{
    pthread_mutex_lock(&b->lock);
    if (b->nfree == 0 && b->nchunks < CHUNKS)
        b->current = make_chunk(b);
    if (b->current == NULL && b->nchunks == 0)
        b->failed = true; /* memory is out, and nothing will come back */
    while (b->current == NULL && !b->failed) {
        if (b->nfree > 0)
            b->current = b->free[--b->nfree];
        else
            pthread_cond_wait(&b->changed, &b->lock);
    }
    pthread_mutex_unlock(&b->lock);
    if (b->current == NULL)
        return false;
    look_at_vectors(b, b->current);
    return true;
}

static void join_thread(struct batch *b)
{
    if (!b->thread_runs)
        return;
    pthread_mutex_lock(&b->lock);
    b->closing = true;
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->lock);
    pthread_join(b->thread, NULL);
    b->thread_runs = false;
}

static int append_error(struct batch *b, struct error *err)
{
    join_thread(b);
    return words_for(err, "cannot write to the database", b->store->path,
                     duckdb_appender_error(b->appender));
}

/* ---- life ----------------------------------------------------------------------------------- */

static int look_at_columns(struct batch *b, struct error *err)
{
    size_t n = duckdb_appender_column_count(b->appender);

    if (n > MAX_COLUMNS)
        return error_set(err, ERR_FAILED, "the table '%s' has too many columns", b->table);
    b->ncolumns = n;
    b->all = (uint32_t)((1ULL << n) - 1);
    b->size = duckdb_vector_size();
    for (size_t i = 0; i < n; i++)
        b->logical[i] = duckdb_appender_column_type(b->appender, i);
    return 0;
}

int batch_open(struct batch **ret_batch, struct store *store, const char *table, struct error *err)
{
    struct batch *b = calloc(1, sizeof(*b));
    int ret;

    if (b == NULL)
        return error_set(err, ERR_FAILED, "memory is out");
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->changed, NULL);
    b->store = store;
    b->table = strdup(table);
    if (b->table == NULL) {
        ret = error_set(err, ERR_FAILED, "memory is out");
        goto out;
    }
    if (duckdb_appender_create(store->main, NULL, table, &b->appender) != DuckDBSuccess) {
        ret =
            words_for(err, "cannot write to the table", table, duckdb_appender_error(b->appender));
        goto out;
    }
    if ((ret = look_at_columns(b, err)) < 0)
        goto out;
    *ret_batch = b;
    b = NULL;
out:
    batch_free(b);
    return ret;
}

int batch_close(struct batch *batch, struct error *err)
{
    int ret = 0;

    if (batch->row > 0)
        hand_over(batch, true);
    join_thread(batch);
    if (batch->failed || duckdb_appender_close(batch->appender) != DuckDBSuccess)
        ret = append_error(batch, err);
    batch_free(batch);
    return ret;
}

void batch_free(struct batch *batch)
{
    if (batch == NULL)
        return;
    join_thread(batch);
    if (batch->appender != NULL) {
        duckdb_appender_clear(batch->appender); /* else destroying it would write what is left */
        duckdb_appender_destroy(&batch->appender);
    }
    for (size_t i = 0; i < batch->nchunks; i++)
        duckdb_destroy_data_chunk(&batch->chunks[i].data);
    for (size_t i = 0; i < batch->ncolumns; i++)
        duckdb_destroy_logical_type(&batch->logical[i]);
    pthread_cond_destroy(&batch->changed);
    pthread_mutex_destroy(&batch->lock);
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
    if (UNLIKELY(b->current == NULL) && !take_chunk(b))
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
    if (UNLIKELY(batch->current == NULL) && !take_chunk(batch))
        return append_error(batch, err);
    if (batch->put != batch->all)
        put_nulls(batch);
    batch->put = 0;
    batch->rows++;
    if (++batch->row == batch->size || batch->current->text_bytes > CHUNK_TEXT_BYTES)
        hand_over(batch, false);
    return 0;
}
