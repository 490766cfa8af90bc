/*
 * duck.h - what the files of this room share and no other room may see: DuckDB itself.
 */
#ifndef STORE_DUCK_H
#define STORE_DUCK_H

#include "base/base.h"
#include "base/uuid.h"
#include "store/duck_calls.h"
#include "store/spill.h"
#include "store/store.h"

#include <sys/types.h>

#define STORE_OPEN_ROWS 16 /* answers that may be open at a time on one store */

struct pump;

struct store {
    char *path; /* Owned */
    enum store_mode mode;
    duckdb_database database; /* Owned */
    duckdb_connection main;   /* Owned; writes and what they must see */
    /* Connections that run a query now, for store_interrupt: slots are set and cleared with atomic stores, because a
     * signal handler may look at any moment. */
    duckdb_connection running[STORE_OPEN_ROWS]; /* Borrowed from their rows */
    struct pump *pump;                          /* Owned; STORE_WRITE only: rows on their way in */
    bool in_transaction;
    bool wide; /* opened by STORE_WRITE_WIDE */
    struct spill
        spill; /* STORE_READ: for what does not fit into memory; without it such a query ends with an error */
    mode_t umask_before; /* STORE_WRITE: what store_close restores */
    char version[32];
    store_teller *tell; /* NULL: nobody asks */
    void *tell_ctx;     /* Borrowed */
};

/* ---- words.c: DuckDB's errors in ours ------------------------------------------------------ */

/* Turns DuckDB's message into ours, with what to do next; `doing` is what failed ("cannot open", "cannot write").
 * Returns the code it has set. */
int words_for(struct error *err, const char *doing, const char *path, const char *duckdb_says);
/* DuckDB's first line without "Parser Error: " and the like; its caret lines are dropped. */
void words_first_line(const char *duckdb_says, char *ret_text, size_t size);
/* What DuckDB takes for meant, as a list: "function_id, function_name"; "" where it has no idea. */
void words_meant(const char *duckdb_says, char *ret_text, size_t size);

/* ---- words_query.c: what is wrong with a person's SQL --------------------------------------- */

/* ERR_INVALID_QUERY: DuckDB's first line, and in the suggestion the names that it takes for meant, the tables, and the columns of those
 * that the SQL names (NULL: none). Returns the code. */
int words_for_query(struct store *store, const char *sql, const char *duckdb_says,
                    struct error *err);

/* ---- schema.c ------------------------------------------------------------------------------ */

/* The statements of a version, the last is NULL. */
extern const char *const SCHEMA_1_0_0[];
extern const char *const SCHEMA_1_1_0[];
extern const char *const SCHEMA_1_2_0[];

/* Makes the whole schema in an empty database (in the transaction that is open). */
int schema_create(struct store *store, struct error *err);
/* Reads the version and, in STORE_WRITE mode, brings an older one up to date. */
int schema_check(struct store *store, struct error *err);

/* ---- guard.c: a person's SQL --------------------------------------------------------------- */

/* Exactly one statement, of SELECT type; `ret_len` is its length without the semicolon and what follows it. */
int guard_check(struct store *store, const char *sql, size_t *ret_len, struct error *err);
/* Looks at the functions that a statement calls before it is bound (guard_functions.c). *ret_select: whether it is a SELECT at all. */
int guard_functions(struct store *store, const char *sql, size_t len, bool *ret_select,
                    struct error *err);
/* The length of the first statement of `sql`, without its semicolon. */
size_t guard_statement_length(const char *sql);

/* ---- batch.c: a UUID in a vector is a signed 128-bit number whose top bit is flipped, so that it sorts ---- */

duckdb_hugeint duck_from_uuid(const struct uuid *u);
void duck_to_uuid(duckdb_hugeint v, struct uuid *ret_uuid);

/* ---- instance.c ------------------------------------------------------------------------------- */

/* Opens the file as the store's mode wants it and sets s->database. ERR_DATABASE_LOCKED: another process has it. If the store is `wide`,
 * the database is `store` in an instance in memory. */
int instance_open(struct store *s, const char *path, struct error *err);

/* ---- torn.c ----------------------------------------------------------------------------------- */

/* DuckDB `says` why it does not open the file. If that is a block that a killed writer has torn, its checksum is set right; true:
 * try again. Takes the file's lock meanwhile; nobody of this process may have it open. */
bool torn_mend(const char *path, const char *says);

/* ---- an instance without a database of its own, to attach others to (store.c) ------------------------------- */

/* `path` is for messages. Owned by the caller; store_close(). */
int store_open_scratch(struct store **ret_store, const char *path, struct error *err);
/* before + path with its quotes doubled + after. */
void duck_quote_path(char *sql, size_t size, const char *before, const char *path,
                     const char *after);

/* ---- connections --------------------------------------------------------------------------- */

int store_connect(struct store *store, duckdb_connection *ret_connection, struct error *err);
/* Runs statements without parameters and rows (store.c). */
int store_run(struct store *store, duckdb_connection connection, const char *sql,
              struct error *err);

#endif
