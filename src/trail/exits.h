/*
 * exits.h - the file `exits` of a run's folder: how processes have ended that could not say so themselves, from whoever waited for
 * them (docs/trail-format.md).
 *
 * Guest code: needs libc only, fails silently. Any thread.
 */
#ifndef TRAIL_EXITS_H
#define TRAIL_EXITS_H

#include "base/base.h"

#define TRAIL_EXITS "exits"            /* the file's name */
#define TRAIL_EXITS_MOST (1024 * 1024) /* bytes that are read */

#define TRAIL_EXITS_EXEC "exec" /* no end: see below */

/* Appends how a process ended: "exit" and its status, "signal" and its number, "timeout" and 124; or, of a forked process that has
 * recorded nothing, that it becomes another program: "exec" and 0, or 1 where that has failed. */
void trail_exits_note(const char *run_folder, long pid, const char *word, int number);

#endif
