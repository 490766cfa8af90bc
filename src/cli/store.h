/*
 * store.h - from a command line to an open store: every question goes through here, so that it sees what was recorded until now.
 */
#ifndef CLI_STORE_H
#define CLI_STORE_H

#include "cli/cli.h"
#include "query/live.h"
#include "store/store.h"

/* An open store, and how far it is behind what was recorded. */
struct opened {
    struct store *store; /* Owned; NULL: there is none */
    char *why_behind;    /* Owned: "another query is running"; NULL: it is not behind */
    int64_t behind_bytes, behind_events; /* -1: unknown */
};

/* Ingests what it can and opens the database for reading. `ret` is always filled; opened_close() is fine in
 * any case. */
int cli_open(const char *path, struct opened *ret, struct error *err);
void opened_close(struct opened *opened);

/* What there is on disk beside a database. *ret_facts is Owned by the caller. */
struct live_facts;
int live_gather(const char *db_path, const struct opened *opened, struct live_facts **ret_facts,
                struct error *err);
const struct live *live_of(const struct live_facts *facts);
void live_release(struct live_facts *facts);

#endif
