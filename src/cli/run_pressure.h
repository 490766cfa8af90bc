/*
 * run_pressure.h - what `run` says when the recording cannot keep up: a warning for each hundred events lost, not more often
 * than a person can read, and a line when the recording has stopped itself. On stderr. The report has what to do about it.
 */
#ifndef CLI_RUN_PRESSURE_H
#define CLI_RUN_PRESSURE_H

#include "base/base.h"
#include "ingest/pressure.h"

struct run_pressure {
    const char *folder; /* Borrowed: of the run; NULL: nothing is said */
    uint64_t warned;    /* events lost for want of room when the last warning was said */
    uint64_t seen;      /* events lost for whatever cause at the last close look */
    int64_t next_look, next_warning; /* monotonic */
    bool stop_told;
};

/* Looks if it is time to, and warns. Returns when to come again. */
int64_t run_pressure_watch(struct run_pressure *p, int64_t now);
/* The command has ended: what was not told of yet. To be called before an ingest takes the pages away. */
void run_pressure_end(struct run_pressure *p);

#endif
