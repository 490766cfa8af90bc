/*
 * size.h - how much of a run's recording lies on disk. Both sides; needs libc only.
 */
#ifndef TRAIL_SIZE_H
#define TRAIL_SIZE_H

#include "base/base.h"

/* Bytes on disk of all files in a run's folder and in those of its processes. 0: it is not there. Keeps errno. */
uint64_t trail_run_bytes(const char *run_folder);

#endif
