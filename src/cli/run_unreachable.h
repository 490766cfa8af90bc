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

/* Was it told already of the process, or of `parent`, the shell that stands between it and who started it? A `reason` that was
 * given for a process without a number, as of os.system(), may have been its; NULL: it cannot. */
bool run_unreachable_is_told(const char *folder, long pid, long parent, const char *reason);

void run_unreachable_read(struct run_unreachable *u, const char *folder);
void run_unreachable_settle(struct run_unreachable *u, const char *database, const char *run_id);
void run_unreachable_tell(const struct run_unreachable *u);
void run_unreachable_release(struct run_unreachable *u);

#endif
