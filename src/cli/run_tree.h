/*
 * run_tree.h - the processes that a command has started, however they have hidden: forked twice, in a session or a group of
 * their own, with another environment. Only /proc is asked; nothing of it changes what the processes themselves see
 * (a subreaper would change what an orphan's getppid says).
 *
 *     struct run_tree tree = {.root = pid, .mark = "BREADCRUMB_RUN=/..."};
 *     while (run_tree_look(&tree) > 0) { run_tree_signal(&tree, SIGKILL); ... }
 *     run_tree_release(&tree);
 */
#ifndef CLI_RUN_TREE_H
#define CLI_RUN_TREE_H

#include "base/base.h"
#include "base/proc.h"

#include <sys/types.h>

struct run_process {
    pid_t pid, parent; /* at the last look */
    uint64_t started;  /* ticks since boot: tells one process from a later one with its number */
    bool alive;        /* at the last look */
    bool
        was_alive; /* at any look since run_tree_begin_end(): a zombie had ended by itself before */
    bool judged;   /* for run_missed.h */
};

struct run_tree {
    pid_t root; /* the process that we started */
    const char
        *mark; /* Borrowed: an environment entry that all of them inherit; NULL: there is none */
    struct run_process *processes; /* Owned: all that were ever seen */
    size_t count;
};

/* Looks for new ones and for those that have ended. Returns how many are alive. */
size_t run_tree_look(struct run_tree *tree);
/* One more that is known to be of it, as /proc shows it now; its place is good until the next call. NULL: memory is out. */
struct run_process *run_tree_add(struct run_tree *tree, const struct proc *p);
/* The run is about to be ended: who was alive until now is forgotten. */
void run_tree_begin_end(struct run_tree *tree);
/* Sends a signal to all that were alive at the last look. */
void run_tree_signal(const struct run_tree *tree, int signal);
void run_tree_release(struct run_tree *tree);

#endif
