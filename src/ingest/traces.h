/*
 * traces.h - the rows that describe the process itself: `traces`, `threads`, `tasks`, `losses`.
 */
#ifndef INGEST_TRACES_H
#define INGEST_TRACES_H

#include "base/base.h"
#include "ingest/exits.h"
#include "ingest/trace.h"

enum trace_stored { TRACE_UNKNOWN, TRACE_RUNS, TRACE_TAKEN_IN /* it has ended, and that is all */ };

/* What the store knows of the trace with this id: an enum trace_stored, or a negative error. */
int traces_stored(struct store *store, const char *id, struct error *err);

/* One row of `traces`: of the process itself, or of one that it has forked and that has recorded nothing. */
struct traces_row {
    const struct uuid *id, *parent; /* parent nil: none */
    uint64_t pid, ppid;
    uint64_t thread; /* 0: nothing was recorded of it */
    int64_t began_ns;
    const struct ended *ended; /* NULL: it runs */
};
void traces_put(struct trace *t, const struct traces_row *row);
/* Writes the rows anew. `ended`: the process is gone and all it wrote is taken in. */
void traces_save(struct trace *t, bool ended);

/*
 * How a process ended according to the run's `exits` file (docs/trail-format.md), for processes that could not say so
 * themselves. Corrects rows of the run whose reason is not known.
 */
void traces_apply_exits(struct sink *sink, const char *run_dir, const char *run);
/* Gives traces of started programs (subprocess, exec) their parent's id, once both are stored. */
void traces_link_parents(struct sink *sink);

#endif
