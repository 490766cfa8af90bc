/*
 * run_pressure.h - what `run` says when the recording cannot keep up: a warning for each hundred events lost, not more often
 * than a person can read, and a report when the recording has stopped itself. On stderr.
 */
#ifndef CLI_RUN_PRESSURE_H
#define CLI_RUN_PRESSURE_H

#include "base/base.h"
#include "ingest/pressure.h"

struct run_pressure {
    const char *folder;              /* Borrowed: of the run; NULL: nothing is said */
    uint64_t warned;                 /* events lost when the last warning was said */
    int64_t next_look, next_warning; /* monotonic */
    bool stop_told;
};

/* Looks if it is time to, and warns. Returns when to come again. */
int64_t run_pressure_watch(struct run_pressure *p, int64_t now);
/* The auto-stop report, if any process has stopped recording. `pressure` is from before the ingest, which removes the pages. */
void run_pressure_report(const struct pressure *pressure, uint64_t events_written,
                         int64_t threshold, int64_t window_s);

#endif
