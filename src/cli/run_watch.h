/* run_watch.h - the waiting half of run_child: signals and time, one at a time. Private to run_child.c. */
#ifndef CLI_RUN_WATCH_H
#define CLI_RUN_WATCH_H

#include "base/base.h"
#include "cli/run_child.h"

#include <signal.h>

/* What we change of the process's signals, as it was: the child gets it back before it becomes the command. */
struct run_signals {
    sigset_t mask;
    sigset_t watched; /* blocked, and taken one by one */
    struct sigaction child;
};

void run_signals_take(struct run_signals *signals);
/* Async-signal-safe. */
void run_signals_give_back(const struct run_signals *signals);
/* Forgets what came in meanwhile: it was meant for the command. */
void run_signals_drain(const struct run_signals *signals);

/* Waits for the end of ret->pid and fills the rest of ret. */
void run_watch(const struct run_child_spec *spec, const struct run_signals *signals,
               struct run_outcome *ret);

#endif
