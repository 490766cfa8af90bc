/*
 * unreachable.h - the file `unreachable` of a run's folder: a line for each Python process that ran without being recorded, with its
 * pid and the reason. Written by the process itself where it can say so, else by who started it; the reports read it.
 *
 * Guest code: needs libc only, fails silently, as there is nobody left to be told. Any thread.
 */
#ifndef TRAIL_UNREACHABLE_H
#define TRAIL_UNREACHABLE_H

#include "base/base.h"

#define TRAIL_UNREACHABLE "unreachable" /* the file's name */
#define TRAIL_UNREACHABLE_MOST (512 * 1024)
/* What a reason begins with that holds only if the process has left no trace. */
#define TRAIL_UNREACHABLE_PERHAPS "? "

/* Appends "PID REASON" as one line, at most 511 bytes of it. */
void trail_unreachable_note(const char *run_folder, long pid, const char *format, ...)
    PRINTF_LIKE(3, 4);

#endif
