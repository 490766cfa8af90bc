/*
 * proc.h - what /proc says of a process: whose child it is, since when it lives, whether it has ended.
 * Allocates nothing; thread-safe. Used on both sides.
 */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include "base/base.h"

#include <sys/types.h>

struct proc {
    pid_t pid, parent, group, session;
    uint64_t started; /* ticks since boot: tells a process from a later one with its number */
    bool ended;       /* a zombie */
};

/* False: there is no such process, or no /proc. */
bool proc_read(pid_t pid, struct proc *ret);
/* When it began, ns UTC by today's clocks; up to one tick (10 ms) too early. exec() does not change it. */
int64_t proc_began_ns(const struct proc *p);

#endif
