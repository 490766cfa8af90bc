/*
 * pressure.h - how a run's recording fares: what was lost so far and in which functions, read from the statistics pages of its
 * processes. Needs no database, and may be asked at any time. One thread.
 */
#ifndef INGEST_PRESSURE_H
#define INGEST_PRESSURE_H

#include "base/base.h"
#include "base/error.h"

#define PRESSURE_TOP 20

struct pressure_function {
    char name[200]; /* "module.Class.method", cut */
    uint64_t lost;  /* events */
};

struct pressure {
    uint64_t lost;                              /* events, of all processes: for want of room */
    uint64_t disk_full;                         /* of them: the disk's, and not the quota's */
    uint32_t stopped;                           /* processes whose recording has stopped itself */
    struct pressure_function top[PRESSURE_TOP]; /* by events lost, most first */
    size_t ntop;
};

/* Events lost in the run whose folder it is, for whatever cause: cheap, from the pages' headers alone. */
uint64_t pressure_lost(const char *run_dir);
/* All of it. A process whose page or registry cannot be read counts as having lost nothing. */
void pressure_look(const char *run_dir, struct pressure *ret);

#endif
