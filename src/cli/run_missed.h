/*
 * run_missed.h - the Pythons of a run that nobody else tells of: a shell script or a Makefile starts them with a cleared
 * environment, or with -I. `run` looks for them in /proc: through all of it now and then, and some hundred times a second at the
 * children of those of the run that are no Python, as these tell of nothing. That has a hundredth of a CPU at most, and costs
 * nothing where a Python is what was run. What ends between two looks is not seen.
 *
 *     struct run_missed missed = RUN_MISSED_INIT;
 *     missed.folder = run_folder;
 *     while (...) { again = run_missed_look(&missed, &tree, now); ... }
 */
#ifndef CLI_RUN_MISSED_H
#define CLI_RUN_MISSED_H

#include "base/base.h"
#include "cli/run_tree.h"

struct run_missed {
    const char *folder;       /* Borrowed: of the run */
    int64_t next_look, pause; /* monotonic: the next look through all, and how long after it */
    int64_t next_close;       /* and the next at those children */
};

#define RUN_MISSED_INIT {NULL, 0, 0, 0}

/* Looks if it is time to, and writes those that it finds to the run's file `unreachable`. Returns when to come again. */
int64_t run_missed_look(struct run_missed *m, struct run_tree *tree, int64_t now);

#endif
