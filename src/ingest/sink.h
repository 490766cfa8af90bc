/*
 * sink.h - where the rows of one transaction go: a batch for each table, opened when its first row comes.
 *
 *     sink_begin(&sink, store, err);
 *     struct batch *b = sink_batch(&sink, SINK_CALLS);   // NULL after a failure
 *     ...
 *     sink_commit(&sink, err);                           // or sink_abort
 *
 * The first failure is kept; from then on nothing is written, and sink_commit reports it. One thread.
 */
#ifndef INGEST_SINK_H
#define INGEST_SINK_H

#include "base/base.h"
#include "base/error.h"
#include "base/limits.h"
#include "store/batch.h"
#include "store/store.h"

enum sink_table {
    SINK_CALLS,
    SINK_OPEN_CALLS,
    SINK_EXCEPTIONS,
    SINK_LINES,
    SINK_STATS,
    SINK_EDGES,
    SINK_NODES,
    SINK_FUNCTIONS,
    SINK_TRACES,
    SINK_THREADS,
    SINK_TASKS,
    SINK_LOSSES,
    SINK_CONSUMED,
    SINK_CHANGES,  /* temporary, see exceptions.c */
    SINK_OBSOLETE, /* temporary, see stats.c */
    SINK_TABLES,
};

struct sink {
    struct store *store;                /* Borrowed */
    struct batch *batches[SINK_TABLES]; /* Owned */
    uint64_t rows;                      /* in this transaction */
    uint64_t bytes;                     /* of trail that they come from */
    bool active;
    int code; /* 0, or the first failure */
    struct error error;
};

int sink_begin(struct sink *sink, struct store *store, struct error *err);
int sink_commit(struct sink *sink, struct error *err);
void sink_abort(struct sink *sink);
/* Is the transaction as large as it should be? Memory is bounded by that, whatever the size of the trail. */
static inline bool sink_is_full(const struct sink *sink, uint64_t rows)
{
    return sink->rows >= rows || sink->bytes >= LIMIT_INGEST_BYTES;
}

struct batch *sink_open(struct sink *sink, enum sink_table table);
static inline struct batch *sink_batch(struct sink *sink, enum sink_table table)
{
    return LIKELY(sink->batches[table] != NULL && sink->code == 0) ? sink->batches[table]
                                                                   : sink_open(sink, table);
}
void sink_end_row(struct sink *sink, enum sink_table table);
/* Appends what waits in every batch, so that statements see it. */
void sink_flush(struct sink *sink);
/* Runs one statement. */
void sink_exec(struct sink *sink, const char *sql, const struct store_param *params,
               size_t nparams);
/* Keeps a failure of the caller's own; the first one stays. */
void sink_fail(struct sink *sink, int code, const char *what);

#endif
