/* rows_private.h - an open query, as statement.c begins and ends it and rows.c reads it. Private to them. */
#ifndef STORE_ROWS_PRIVATE_H
#define STORE_ROWS_PRIVATE_H

#include "base/buf.h"
#include "store/duck.h"
#include "store/timer.h"

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
    struct buf sql, params;  /* Owned; of a query that is told (store_tell); else empty */
    int64_t began_ns;
};

/* What DuckDB said about the query, or that its time was up, in words for who wrote it. Returns the error's code. */
int rows_error(struct rows *r, const char *duckdb_says, struct error *err);

#endif
