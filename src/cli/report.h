/* report.h - the report that `run` shows on stderr when its command has ended. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "base/base.h"
#include "base/error.h"

struct report_wish {
    const char *db_path;
    const char *
        given_path; /* --db-path as it was given, for the commands of next steps; NULL: not given */
    const char *run_id; /* as printed (UUID); NULL: the latest run */
    bool timed_out;
};

/*
 * Writes the run report (timed_out: the timeout report, made from the calls that are open) of a run as text to `to`.
 * Ingests what is left first. 0, or a negative code: nothing was recorded (ERR_EMPTY_DATABASE, ERR_DATABASE_NOT_FOUND,
 * ERR_TRACE_NOT_FOUND) or the store cannot be read; nothing was written then.
 */
int report_run(const struct report_wish *wish, FILE *to, struct error *err);

#endif
