/*
 * forks.h - the children that this process has forked, told of in its registry: one that runs no recorded code writes nothing
 * itself, and the reader makes its trace from what its parent says.
 *
 *     began = forks_before();            before fork()
 *     forks_began(pid, began);           in the parent
 *     forks_started(pid);                one that is another program at once
 *     forks_ended(pid, ...);             when the program has waited for it
 *     forks_settle();                    this process ends: what of its children nobody has waited for
 *     forks_tell_own(status);            in a child that has recorded nothing, at its end
 *
 * A child costs its parent two records of some 16 bytes, and itself nothing, but where nobody is left who could wait for it.
 * Thread-safe.
 */
#ifndef RECORDER_FORKS_H
#define RECORDER_FORKS_H

#include "base/base.h"
#include "trail/encode.h"

/* The moment, ns UTC; 0: this process is not recorded. A child that has recorded nothing yet begins here: it has children. */
int64_t forks_before(void);
void forks_began(long pid, int64_t began_ns);
/* Of a child that was started, nothing is told but that it has outlived us. */
void forks_started(long pid);
void forks_ended(long pid, enum trail_child how, int number);
/* Looks which children have ended, and leaves them to whoever waits; a note has those that live on. */
void forks_settle(void);
/* In a child, before fork() returns: those are its parent's. */
void forks_clear(void);
/* Into the run's file `exits`, as nobody will be told: its parent has gone. */
void forks_tell_own(int status);
/* Becomes another program (or could not): then it is no trace. */
void forks_tell_exec(bool failed);

#endif
