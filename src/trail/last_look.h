/*
 * last_look.h - the file `last-look` of a run's folder: what each thread was doing when the run's timeout came, as the kernel
 * tells it. `run` writes it before it ends the processes; ingest puts it into the trace.
 *
 *     last_look_write(run_folder, looks, n);
 *     ...
 *     while (last_look_next(&rest, &look)) ...            // rest: the file's text, which is cut up
 *
 * One line a thread: "PID TID WALL_NS BUSY WAKES DOING [ON]". Host only; not thread-safe.
 */
#ifndef TRAIL_LAST_LOOK_H
#define TRAIL_LAST_LOOK_H

#include "base/base.h"

#define LAST_LOOK "last-look" /* the file's name */
#define LAST_LOOK_ON_BYTES 256

struct last_look {
    int64_t pid, tid;
    int64_t wall_ns;
    int busy;   /* thousandths of the look in which it ran or was ready to */
    long wakes; /* how often it was switched away from a CPU meanwhile; 0: it slept all the time */
    char doing[24]; /* running, lock, deadlock, sleep, ...: cli/run_look.c has them all */
    char on
        [LAST_LOOK_ON_BYTES]; /* what it waits for: "a socket to 10.0.0.5:5432"; "": nothing to name */
};

/* Replaces the file. What cannot be written is left out: the answers do without. */
void last_look_write(const char *run_folder, const struct last_look *looks, size_t n);
/* The next line that makes sense; false at the end. */
bool last_look_next(char **rest, struct last_look *ret);

#endif
