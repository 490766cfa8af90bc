/*
 * batch.h - many rows into one table, fast: typed cells go straight into DuckDB's column vectors, and a full
 * chunk of rows is appended at once.
 *
 *     batch_open(&batch, store, "line_rows", err);
 *     batch_put_uuid(batch, 0, &trace_id);
 *     batch_put_i64(batch, 1, at_ns);
 *     ...                                   // every column of the row, in any order
 *     batch_end_row(batch, err);
 *     batch_close(batch, err);              // before store_commit; batch_free() gives up instead
 *
 * The rows belong to the transaction that is open. A column that is not put in a row is NULL. Texts and blobs are copied.
 * Batches of a store belong to one thread, and so do
 * statements on it meanwhile: these see the rows of closed batches only.
 */
#ifndef STORE_BATCH_H
#define STORE_BATCH_H

#include "base/base.h"
#include "base/uuid.h"
#include "store/store.h"

struct batch;

/* Columns are numbered as in the table. *ret_batch is Owned by the caller. */
int batch_open(struct batch **ret_batch, struct store *store, const char *table, struct error *err);
/* Flushes what is left and frees the batch, also on failure. */
int batch_close(struct batch *batch, struct error *err);
/* Drops what was not flushed; NULL is fine. */
void batch_free(struct batch *batch);

/* One cell of the row at hand. The column's type in the table decides which one is right: BIGINT and TIMESTAMP
 * (microseconds) i64, UBIGINT u64, INTEGER i32, UTINYINT and BOOLEAN u8, UUID uuid, VARCHAR and JSON text, BLOB blob. */
void batch_put_i64(struct batch *batch, size_t column, int64_t v);
void batch_put_u64(struct batch *batch, size_t column, uint64_t v);
void batch_put_i32(struct batch *batch, size_t column, int32_t v);
void batch_put_u8(struct batch *batch, size_t column, uint8_t v);
void batch_put_uuid(struct batch *batch, size_t column, const struct uuid *v);
/* UTF-8 without lone surrogates: the caller's duty, DuckDB does not look here. */
void batch_put_text(struct batch *batch, size_t column, const char *text, size_t len);
void batch_put_blob(struct batch *batch, size_t column, const void *bytes, size_t len);
void batch_put_null(struct batch *batch, size_t column);
/* Ends the row; appends the chunk when it is full. */
int batch_end_row(struct batch *batch, struct error *err);
uint64_t batch_rows(const struct batch *batch);

#endif
