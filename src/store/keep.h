/*
 * keep.h - which traces stay, and how they travel: pruning with the space given back to the disk, a trace's way into a file of its own,
 * and such a file's way into a database.
 *
 * All three take the database's lock like an ingest and wait for it. A running trace is never touched. Killed at any moment they leave
 * the database as it was or as it is to be: rows go in one transaction, and a smaller file takes the place of the old one by a rename.
 * Host only.
 */
#ifndef STORE_KEEP_H
#define STORE_KEEP_H

#include "store/store.h"

struct keep_rules {
    int64_t
        before_us; /* traces that began before this, in microseconds since 1970; 0: no such rule */
    int64_t keep;  /* the newest so many stay; -1: no such rule */
    int64_t max_bytes; /* the oldest go until the file is about this size; -1: no such rule */
    bool dry_run;      /* say what would go, change nothing */
};

struct keep_report {
    int64_t traces; /* that went or came */
    int64_t
        left_alone; /* prune: running ones that a rule meant; import: those that are there already */
    int64_t bytes_before, bytes_after; /* of the database's file; export: of the new one */
};

/* Called with each trace that goes or comes, oldest first. Texts are Borrowed for the call. */
typedef void keep_each(void *ctx, const char *id, int64_t started_us, const char *command);

/* A trace goes when any rule means it; what is not in the database yet (trails) is not looked at. */
int keep_prune(const char *db_path, const struct keep_rules *rules, int wait_ms, keep_each *each,
               void *ctx, struct keep_report *ret, struct error *err);
/* Writes the traces of `ids`, "('...'::UUID, ...)", into a new database file; ERR_SYSTEM when it is there already, ERR_USAGE when
 * one of them still runs. */
int keep_export(const char *db_path, const char *ids, const char *file, int wait_ms,
                keep_each *each, void *ctx, struct keep_report *ret, struct error *err);
/* Takes all traces of a file into the database (made if it is not there). ERR_DATABASE_VERSION when the file's schema is not the
 * newest. */
int keep_import(const char *db_path, const char *file, int wait_ms, keep_each *each, void *ctx,
                struct keep_report *ret, struct error *err);

/* Deletes the database's file and its log, once nobody has it open. ERR_DATABASE_LOCKED; ERR_DATABASE_CORRUPT when the file is no
 * database, which is then left alone. */
int keep_clear(const char *db_path, int wait_ms, struct error *err);

#endif
