/*
 * exits.h - reads the `exits` file of a run (trail/exits.h): how the processes have ended that somebody waited for.
 */
#ifndef INGEST_EXITS_H
#define INGEST_EXITS_H

#include "base/base.h"
#include "base/buf.h"
#include "ingest/idmap.h"

struct ended {
    const char *reason; /* exit, signal, timeout, ...; Borrowed, static */
    int64_t at_ns;
    bool has_code, completed;
    int32_t code; /* a signal's number is negative */
};

struct exits {
    struct buf text; /* Owned */
    size_t next;
};

/* A file that is not there reads as an empty one. */
void exits_open(struct exits *exits, const char *run_dir);
/* The next line that makes sense; false at the end. */
bool exits_next(struct exits *exits, int64_t *ret_pid, struct ended *ret_ended);
void exits_close(struct exits *exits);
/* Overwrites *ended if the process that began then is there: its pid may have been another's before. */
void exits_find(const char *run_dir, int64_t pid, int64_t began_ns, struct ended *ended);

/* When processes that have recorded nothing became other programs, by pid. False: memory is out. */
bool exits_execs(const char *run_dir, struct idmap *ret);

#endif
