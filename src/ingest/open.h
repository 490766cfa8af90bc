/*
 * open.h - the one door for every face that asks: takes in what the trails have, then opens the database for questions.
 *
 *     struct store *store = NULL;
 *     struct ingest_report report;
 *
 *     if (ingest_open(db_path, &store, &report, err) < 0) ...
 *     if (report.behind_events > 0)
 *         say("%llu events not yet ingested: another query is running")
 *     ... store_query(store, ...) ...
 *     store_close(store);
 *
 * Gives way after 200 ms when another process has the database, and answers from what is stored. When there is nothing
 * to take in, the database is not opened for writing at all, so that many readers work at the same time.
 */
#ifndef INGEST_OPEN_H
#define INGEST_OPEN_H

#include "base/base.h"
#include "ingest/ingest.h"
#include "store/store.h"

#define INGEST_GIVE_WAY_MS 200
#define INGEST_READ_WAIT_MS 10000 /* a person never sees "locked" sooner */

/* *ret_store is Owned by the caller, open in STORE_READ mode; only then *ret_report is written: with `locked` or `failure` when
 * the trails could not be taken in, and how far behind the store is. ERR_DATABASE_NOT_FOUND: neither a database nor a trail. */
int ingest_open(const char *db_path, struct store **ret_store, struct ingest_report *ret_report,
                struct error *err);

/* Why a store is behind its trails, as half a sentence: Owned by the caller. NULL: it is not (or memory is out). */
char *ingest_why_behind(const struct ingest_report *report);

/* The folder of trails that belongs to a database: `trails` beside it. Owned by the caller; NULL when memory is out. */
char *ingest_trails_dir(const char *db_path);

#endif
