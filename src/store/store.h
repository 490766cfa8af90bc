/*
 * store.h - the database behind an opaque door: opening it, asking it, changing it.
 *
 * The only room that knows DuckDB. Host only; nothing here prints or exits.
 *
 *     struct store *store = NULL;
 *     struct rows *rows = NULL;
 *     struct store_param params[] = {store_text("name", "Cart.total")};
 *     struct store_query query = {.sql = "SELECT call_id, result FROM calls WHERE function_name = $name",
 *                                 .params = params, .nparams = 1, .timeout_ms = 30000};
 *
 *     if (store_open(&store, path, STORE_READ, 10000, err) < 0 || store_query(store, &query, &rows, err) < 0)
 *         goto out;
 *     while ((r = rows_next(rows, err)) > 0)
 *         use(rows_int(rows, 0), rows_text(rows, 1, NULL));
 *     if (r < 0) goto out;
 *     out:
 *     rows_free(rows);
 *     store_close(store);
 *
 * DuckDB admits one process that writes or many that read, never both. So open late, close soon, and never open
 * the same file twice in one process: the lock belongs to the process, and closing one loses the other's.
 *
 * While a store is open in STORE_WRITE mode the process's umask is 077, for DuckDB's own files.
 *
 * Threads: a store and its rows belong to one thread at a time; only store_interrupt may come from elsewhere.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/base.h"
#include "base/error.h"

struct store;
struct rows;

enum store_mode {
    STORE_READ, /* questions: read-only, no way to files, configuration locked, memory and threads limited */
    STORE_WRITE, /* ingest, prune: makes the file, its folder and the schema; migrates an older schema */
    /* The same, for rows with values of hundreds of bytes and more. DuckDB holds a row group in memory as it comes until it is full, and
     * writes the last one anew at each checkpoint: with its own 122,880 rows that is half a gigabyte, and spills. Rows of plain
     * numbers take a sixth more room in the small groups. */
    STORE_WRITE_WIDE,
};

/*
 * Opens the database file. When another process holds it, tries again every 20 ms until `wait_ms` have passed (0: one
 * try), then ERR_DATABASE_LOCKED. Also: ERR_DATABASE_NOT_FOUND (STORE_READ only: no such file, or one without our
 * schema, which an ingest killed at its very first moment leaves), ERR_DATABASE_VERSION (made by a newer breadcrumb;
 * untouched), ERR_DATABASE_CORRUPT (not a database, or damaged), ERR_SYSTEM (a directory, no permission, no room,
 * read-only disk). Every message comes with a suggestion. *ret_store is Owned by the caller.
 */
int store_open(struct store **ret_store, const char *path, enum store_mode mode, int wait_ms,
               struct error *err);
void store_close(struct store *store); /* NULL is fine; an open transaction is rolled back */
/* Makes every query that runs now end with an error. Any thread, or a signal handler. */
void store_interrupt(struct store *store);
/* As given to store_open. Borrowed. */
const char *store_path(const struct store *store);
/* From here on each query is told when it has ended: its SQL, its parameters as a list behind a comment sign ("" without any), and the
 * milliseconds from its planning to the end of its rows. Borrowed; NULL: no more. */
typedef void store_teller(void *ctx, const char *sql, const char *params, double ms);
void store_tell(struct store *store, store_teller *tell, void *ctx);
/* The version of the open database's schema ("1.0.0"). Borrowed. */
const char *store_schema_version(const struct store *store);
/* The newest version that this program knows. Borrowed, static. */
const char *store_schema_newest(void);
/* "traces, trace_events, exceptions, ...": what user SQL may name. Borrowed, static. */
const char *store_table_names(void);

/* ---- questions ----------------------------------------------------------------------------- */

enum store_type { STORE_NULL, STORE_INT, STORE_DOUBLE, STORE_TEXT };

struct store_param {
    const char *name; /* Borrowed; without the $ */
    enum store_type type;
    int64_t integer;
    double real;
    const char *text; /* Borrowed */
    size_t len;
};

static inline struct store_param store_int(const char *name, int64_t v)
{
    struct store_param p = {name, STORE_INT, v, 0, NULL, 0};

    return p;
}

static inline struct store_param store_double(const char *name, double v)
{
    struct store_param p = {name, STORE_DOUBLE, 0, v, NULL, 0};

    return p;
}

/* NULL is SQL's NULL. */
static inline struct store_param store_text(const char *name, const char *v)
{
    struct store_param p = {
        name, v != NULL ? STORE_TEXT : STORE_NULL, 0, 0, v, v != NULL ? strlen(v) : 0};

    return p;
}

enum store_form {
    STORE_TYPED, /* columns as the SQL gives them; the accessors below convert */
    STORE_AS_TEXT, /* every column as DuckDB itself prints it: lists, structs, decimals, intervals too */
    STORE_AS_JSON, /* one column, `json`: each row as one JSON object, columns in their order, made by DuckDB's own
                    * to_json. Valid JSON whatever the values: NaN and infinities become the strings "NaN",
                    * "Infinity", "-Infinity". A UBIGINT or HUGEINT is a number in full. */
};

struct store_query {
    const char *sql; /* Borrowed; params as $name */
    const struct store_param
        *params; /* Borrowed; those that the SQL does not name are passed over */
    size_t nparams;
    int timeout_ms; /* of the query and of reading its rows; 0: none. Then ERR_QUERY_TIMEOUT */
    enum store_form form;
    bool
        from_user; /* the SQL is a person's: exactly one statement, of SELECT type by DuckDB's own parser */
};

/*
 * Runs one query. ERR_INVALID_QUERY for SQL that does not parse, bind or pass the guard (message and suggestion are
 * ready to show), ERR_QUERY_TIMEOUT, else ERR_FAILED with DuckDB's words. In STORE_READ mode rows are streamed, so that a
 * huge answer costs no memory, and several rows may be open at a time (at most 16). *ret_rows is Owned by the caller; free it
 * before the store.
 */
int store_query(struct store *store, const struct store_query *query, struct rows **ret_rows,
                struct error *err);
void rows_free(struct rows *rows); /* NULL is fine */

size_t rows_columns(const struct rows *rows);
/* Borrowed until rows_free. */
const char *rows_column_name(const struct rows *rows, size_t column);
/* STORE_INT, STORE_DOUBLE or STORE_TEXT: which accessor loses nothing. Booleans are STORE_INT. */
enum store_type rows_column_type(const struct rows *rows, size_t column);
/* 1: there is a row now; 0: no more; negative: an error. */
int rows_next(struct rows *rows, struct error *err);
bool rows_null(const struct rows *rows, size_t column);
/* Integers, booleans, doubles (cut), timestamps (microseconds since 1970); NULL and anything else: 0. */
int64_t rows_int(const struct rows *rows, size_t column);
double rows_double(const struct rows *rows, size_t column);
/* Any column as text: UUIDs as printed, timestamps as 2026-01-31 12:00:00.000000, booleans true and false; NULL for SQL's
 * NULL. NUL-terminated, but may hold NULs: *ret_len has the length (ret_len may be NULL). Borrowed until the next
 * rows_next or rows_free. */
const char *rows_text(struct rows *rows, size_t column, size_t *ret_len);

/* The first column of the first row of a query without parameters, as an integer (0 when there is no row). */
int store_query_int(struct store *store, const char *sql, int64_t *ret_value, struct error *err);

/* ---- changes (STORE_WRITE) ----------------------------------------------------------------- */

int store_begin(struct store *store, struct error *err);
/* A commit that fails has changed nothing. */
int store_commit(struct store *store, struct error *err);
void store_rollback(struct store *store);
/* Runs one statement that gives no rows; params may be NULL. */
int store_exec(struct store *store, const char *sql, const struct store_param *params,
               size_t nparams, struct error *err);
/* What DuckDB may use from here on, instead of LIMIT_STORE_WRITE_MB. */
int store_set_memory(struct store *store, int mib, struct error *err);
/* Writes the log into the file and shortens it, so that the next reader opens fast. */
int store_checkpoint(struct store *store, struct error *err);

#endif
