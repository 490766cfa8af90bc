/*
 * scan.h - finds the folders of runs and processes below a trails folder.
 */
#ifndef INGEST_SCAN_H
#define INGEST_SCAN_H

#include "base/base.h"
#include "base/error.h"

struct scan_process {
    char *dir; /* Owned: path of the process's folder */
    char *run; /* Owned: name of the run's folder */
};

struct scan {
    struct scan_process *processes; /* Owned; by run, then by name */
    size_t nprocesses;
    char **runs; /* Owned names */
    size_t nruns;
};

/* `only_run` may be NULL. Runs that belong to another database than `db_path` are left out; NULL: all are wanted. A folder that
 * is not there gives nothing. */
int scan_trails(struct scan *scan, const char *trails_dir, const char *db_path,
                const char *only_run, struct error *err);
void scan_release(struct scan *scan);

#endif
