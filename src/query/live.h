/*
 * live.h - what only a face can find out, because it lies in files and not in the store: trails and their processes. A face fills
 * it, the question `status` says it. All pointers are Borrowed from the face.
 */
#ifndef QUERY_LIVE_H
#define QUERY_LIVE_H

#include "base/base.h"
#include "base/uuid.h"

struct live_process {
    char trace_id[UUID_TEXT]; /* "": not known yet */
    const char *run;          /* the folder of its run */
    int64_t pid;
    bool alive;
    int64_t streams;     /* threads that wrote */
    int64_t trail_bytes; /* on disk */
    const char *set;     /* what was set while it runs, as `key=value` lines; NULL: nothing */
};

struct live {
    const char *db_path;
    bool db_exists;
    int64_t db_bytes; /* with the log beside it */
    const char *trails;
    const struct live_process *processes;
    size_t nprocesses;
    int64_t behind_bytes, behind_events; /* recorded and not in the store yet; -1: unknown */
    const char *why_behind;              /* in words; NULL: it is not */
};

#endif
