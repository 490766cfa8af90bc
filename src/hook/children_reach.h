/*
 * children_reach.h - what is told of a command that this process starts: its words and its environment, taken out of the arguments
 * of the C function that starts it. For children.c.
 *
 * No Python code runs and nothing is allocated: what only the program's own objects could tell (a mapping of another class, a
 * path object) is not judged.
 */
#ifndef HOOK_CHILDREN_REACH_H
#define HOOK_CHILDREN_REACH_H

#include "hook/pycompat.h"
#include "trail/reach.h"

/* The arguments of a C function. Borrowed. */
struct given {
    PyObject *const *args; /* by position, then those of `names` */
    Py_ssize_t n;          /* by position */
    PyObject *names;       /* a tuple, or NULL */
};

/* One argument, Borrowed; NULL: it was not given. */
PyObject *given_at(const struct given *g, Py_ssize_t place, const char *name);
Py_ssize_t given_count(const struct given *g);

/* One call of such a function. */
struct child {
    struct reach reach;
    bool told;        /* the registry knows that it will be another program */
    bool silent;      /* the run's file `exits` does: it has recorded nothing */
    int64_t began_ns; /* of a forked one */
};

/* Are children recorded at all? From now on, if what leads to the recorder is in the environment. */
void child_expect(void);

/* Judge what is about to be started. _exec: false if it is plain that it cannot be. */
bool child_judge_exec(const struct given *g, struct child *child);
void child_judge_spawn(const struct given *g, struct child *child);
void child_judge_fork_exec(const struct given *g, struct child *child);
void child_judge_system(const struct given *g, struct child *child);

/* It was started, as `pid` (0: not known): says so where it cannot be reached. */
void child_note(const struct child *child, long pid);

#endif
