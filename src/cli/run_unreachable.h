/*
 * run_unreachable.h - what `run` says of the Python processes below it that were not recorded (trail/unreachable.h).
 *
 *     run_unreachable_read(&u, folder);              // before the ingest, which may remove the run's folder
 *     ...ingest...
 *     run_unreachable_settle(&u, database, run_id);  // which of them have left a trace after all
 *     run_unreachable_tell(&u);
 *     run_unreachable_release(&u);
 */
#ifndef CLI_RUN_UNREACHABLE_H
#define CLI_RUN_UNREACHABLE_H

#include "base/base.h"
#include "base/buf.h"

struct run_unreachable {
    struct buf text;  /* Owned: the file */
    size_t processes; /* that ran without being recorded */
    char first
        [480]; /* why the first did: "3.9.18 ImportError: ...", "(python3) was started with -I, ..." */
};

void run_unreachable_read(struct run_unreachable *u, const char *folder);
void run_unreachable_settle(struct run_unreachable *u, const char *database, const char *run_id);
void run_unreachable_tell(const struct run_unreachable *u);
void run_unreachable_release(struct run_unreachable *u);

#endif
