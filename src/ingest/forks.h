/*
 * forks.h - the forked children that a process's registry tells of (recorder/forks.h), and the traces of those that have
 * recorded nothing: nobody else says that they have been there.
 *
 * A row is made when the end is known, or when the parent has ended and the child has too. One that has recorded something has a
 * trace of its own, which may be taken in sooner or later: forks_drop_doubles() removes the row that is one too many.
 */
#ifndef INGEST_FORKS_H
#define INGEST_FORKS_H

#include "base/base.h"
#include "ingest/idmap.h"
#include "trail/reader.h"

struct sink;
struct trace;

struct fork {
    uint64_t pid;
    int64_t began_ns, ended_ns; /* ended_ns 0: not yet */
    enum trail_child how;
    int32_t number;
};

struct forks {
    struct fork *all; /* Owned; in the order in which they began */
    size_t n;
    uint32_t *ends; /* Owned; numbers in `all`, in the order in which they ended */
    size_t nends;
    struct idmap open; /* by pid: its place in `ends`, which is free until then */
};

/* Takes a CHILD record. False: memory is out. */
bool forks_take(struct forks *forks, const struct trail_registry_record *r);
void forks_release(struct forks *forks);

/* Puts the rows of those whose end is new, and, where the parent has `ended`, of all others that have ended too. */
void forks_save(struct trace *t, bool ended);
/* Removes rows of processes that have left a trace after all. All rows are flushed. */
void forks_drop_doubles(struct sink *sink);

#endif
