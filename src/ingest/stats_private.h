/* stats_private.h - what stats.c and stats_store.c share. Nobody else includes it. */
#ifndef INGEST_STATS_PRIVATE_H
#define INGEST_STATS_PRIVATE_H

#include "ingest/trace.h"

/* A histogram without its empty ends: most functions fill a few dozen of 1,280 buckets. */
struct run {
    uint16_t first, n;
    uint32_t *counts; /* Owned; n of them, from bucket `first` on */
};

/* Of a function that is not recorded call by call. */
struct thinned {
    struct stats_thinned sum;
    struct run run;
};

struct stat {
    int32_t function;
    bool stored, changed;
    uint64_t finished, exceptions;
    uint64_t open; /* counted at each save */
    int64_t total_ns, self_ns, min_ns, max_ns;
    uint64_t untimed; /* of finished, whose begin was not seen */
    struct run run;
    struct thinned *thinned;               /* Owned; NULL: every call is recorded */
    uint64_t thinned_calls, thinned_timed; /* as stored */
    uint32_t thinned_gear;
};

struct stats {
    struct idmap by_function; /* Owned struct stat, by function + 1 */
};

/* Made at its first call; NULL: memory is out, and the sink knows. Borrowed. */
struct stat *stats_of(struct trace *t, int32_t function);
/* Adds n to a bucket; what is past 32 bits stays there. False when memory is out. */
bool stats_run_add(struct run *r, uint32_t bucket, uint32_t n);

#endif
