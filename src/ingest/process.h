/*
 * process.h - one process's folder from the beginning of an ingest to its end.
 *
 *     process_open(&t, ...);              // NULL in *ret_trace: nothing to do here
 *     do {
 *         more = process_step(t, rows);   // decodes until so many rows have come, or all is read
 *         process_save(t);                // puts the state into the same transaction
 *         ... commit, then process_clean(t, &doomed) ...
 *     } while (more);
 *     process_close(t);
 */
#ifndef INGEST_PROCESS_H
#define INGEST_PROCESS_H

#include "base/base.h"
#include "ingest/functions.h"
#include "ingest/ingest.h"
#include "ingest/scan.h"
#include "ingest/trace.h"

/* *ret_trace is NULL for a folder that is left alone (the report says why) or is of no use. */
int process_open(struct trace **ret_trace, const struct scan_process *where, struct sink *sink,
                 struct functions *functions, struct ingest_report *report, struct error *err);
/* True: there is more, and the transaction has its rows. */
bool process_step(struct trace *t, uint64_t rows);
void process_save(struct trace *t);
void process_close(struct trace *t);

/* Files and folders that may go once the transaction is committed. */
struct doomed {
    char **paths; /* Owned */
    size_t n;
};

/* Adds what is not needed any more when this transaction is committed. */
void process_doom(struct trace *t, struct doomed *doomed);
void doomed_add(struct doomed *doomed, const char *path);
void doomed_remove_all(struct doomed *doomed);
void doomed_release(struct doomed *doomed);

#endif
