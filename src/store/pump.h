/*
 * pump.h - moves full chunks of rows into their tables while the next ones are being filled.
 *
 * Each batch has a lane. A thread of the pump's own runs INSERT INTO table SELECT * FROM breadcrumb_feed(), whose rows are
 * the lane's chunks as they come; DuckDB compresses them with its threads meanwhile. That takes a third less work than its
 * appender, which copies every row once more. Only one such statement can run in a transaction at a time: it ends when another
 * lane is full, when its lane closes, or when somebody else needs the connection.
 *
 * The caller's side belongs to one thread.
 */
#ifndef STORE_PUMP_H
#define STORE_PUMP_H

#include "base/base.h"
#include "base/error.h"

#include "store/duck_calls.h"

#define PUMP_COLUMNS 32
#define PUMP_CHUNKS 24 /* of one lane: being filled, waiting, being inserted */

struct chunk {
    duckdb_data_chunk data; /* Owned */
    size_t text_bytes;
    void *cells[PUMP_COLUMNS];           /* Borrowed from the vectors */
    uint64_t *validity[PUMP_COLUMNS];    /* Borrowed; all rows are valid to begin with */
    duckdb_vector vectors[PUMP_COLUMNS]; /* Borrowed */
};

struct pump;

struct lane {
    struct pump *pump; /* Borrowed */
    const char *table; /* Borrowed */
    size_t ncolumns;
    duckdb_logical_type types[PUMP_COLUMNS]; /* Owned */
    struct chunk chunks[PUMP_CHUNKS];        /* Owned; made when needed */
    size_t nchunks;
    bool used; /* chunks went through it */
    /* Under the pump's lock: */
    struct chunk *ready[PUMP_CHUNKS];
    size_t nready, first_ready;
    struct chunk *free[PUMP_CHUNKS];
    size_t nfree;
    bool blocked; /* the caller waits for a chunk of this lane */
    bool closing; /* no more will come */
};

/* Registers the feeding function on the connection, which is Borrowed. NULL when memory is out. */
struct pump *pump_new(duckdb_connection connection);
/* No lane may be open any more; NULL is fine. */
void pump_free(struct pump *pump);
/* Between these two the connection is the caller's: no insert runs. They nest. */
void pump_pause(struct pump *pump);
void pump_resume(struct pump *pump);
/* What DuckDB said when an insert failed; NULL: none has. Borrowed. Stays until pump_forget. */
const char *pump_failure(struct pump *pump);
/* After a rollback: what failed is past. */
void pump_forget(struct pump *pump);

int lane_open(struct lane *lane, struct pump *pump, const char *table, struct error *err);
/* Drops what is not yet inserted. */
void lane_release(struct lane *lane);
/* An empty chunk, its size 0; waits for one. NULL after a failure. */
struct chunk *lane_take(struct lane *lane);
/* Gives a filled chunk, its size set. */
void lane_give(struct lane *lane, struct chunk *chunk);
/* Waits until all that was given is inserted. False after a failure. */
bool lane_finish(struct lane *lane);

#endif
