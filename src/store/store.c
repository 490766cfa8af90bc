/*
 * store.c - opening and closing the database, transactions, statements. Rows are in rows.c.
 */
#include "base/base.h"

#include "base/io.h"
#include "store/duck.h"
#include "store/gate.h"
#include "store/pump.h"

#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_MODE 0700
#define PRIVATE_UMASK 077 /* DuckDB makes its files and its log with 0666 */
#define DUCKDB_MAGIC_OFFSET 8

/* DuckDB's own reasons are poor for these, so they are looked at first. A file that appears or goes meanwhile is
 * still caught by the open itself. */
static int check_file(const char *path, enum store_mode mode, bool *ret_exists, struct error *err)
{
    struct stat st;
    char start[DUCKDB_MAGIC_OFFSET + 4];
    FILE *file;
    size_t n;

    *ret_exists = false;
    if (stat(path, &st) < 0) {
        if (errno != ENOENT) {
            error_set_errno(err, ERR_SYSTEM, "cannot open the database '%s'", path);
            return error_suggest(err, "name another database with --db-path");
        }
        if (mode == STORE_WRITE)
            return 0;
        return words_for(err, "cannot open the database", path, "database does not exist");
    }
    *ret_exists = true;
    if (S_ISDIR(st.st_mode))
        return words_for(err, "cannot open the database", path, "Is a directory");
    if (!S_ISREG(st.st_mode)) /* a pipe would be waited for */
        return words_for(err, "cannot open the database", path, "not a valid DuckDB database file");
    file = fopen(path, "rbe");
    if (file == NULL) {
        error_set_errno(err, ERR_SYSTEM, "cannot open the database '%s'", path);
        return error_suggest(err,
                             "change the permissions, or name another database with --db-path");
    }
    n = fread(start, 1, sizeof(start), file);
    fclose(file);
    if (n < sizeof(start) || memcmp(start + DUCKDB_MAGIC_OFFSET, "DUCK", 4) != 0)
        return words_for(err, "cannot open the database", path, "not a valid DuckDB database file");
    return 0;
}

static int open_patiently(struct store *s, const char *path, int wait_ms, struct error *err)
{
    struct gate_turn turn;
    struct error last;
    int r;

    gate_begin(&turn, path, s->mode == STORE_WRITE, wait_ms);
    for (;;) {
        struct stat before = {0}, after = {0};

        gate_wait(&turn);
        stat(path, &before);
        r = instance_open(s, path, &last);
        /* A smaller file may have taken the place of the one that we opened (compact.c); its lock is ours now, its name not. */
        if (r == 0 && stat(path, &after) == 0 && after.st_ino != before.st_ino &&
            before.st_ino != 0) {
            duckdb_close(&s->database);
            continue;
        }
        if (r != ERR_DATABASE_LOCKED || !gate_again(&turn))
            break;
    }
    gate_end(&turn);
    if (r < 0 && err != NULL)
        *err = last;
    return r;
}

static void close_database(struct store *s)
{
    pump_free(s->pump);
    s->pump = NULL;
    if (s->main != NULL)
        duckdb_disconnect(&s->main);
    if (s->database != NULL)
        duckdb_close(&s->database);
    s->main = NULL;
    s->database = NULL;
}

/*
 * A database is made whole under another name and then linked to its own, so that nobody ever meets one without our
 * tables, and so that a kill in the middle leaves nothing that cannot be opened. If another process was faster, its
 * database is taken.
 */
static int make_database(struct store *s, struct error *err)
{
    char name[LIMIT_PATH_BYTES];
    char wal[LIMIT_PATH_BYTES + 8];
    char *folder = NULL;
    char *slash;
    int ret = ERR_SYSTEM;

    folder = strdup(s->path);
    if (folder == NULL)
        return error_set(err, ERR_FAILED, "memory is out");
    slash = strrchr(folder, '/');
    if (slash != NULL && slash != folder) {
        *slash = '\0';
        if ((ret = io_make_dirs(folder, FOLDER_MODE, err)) < 0) {
            error_suggest(err, "name a database elsewhere with --db-path");
            goto out;
        }
    }
    snprintf(name, sizeof(name), "%s.new-%ld", s->path, (long)getpid());
    snprintf(wal, sizeof(wal), "%s.wal", name);
    unlink(name);
    unlink(wal);
    if ((ret = instance_open(s, name, err)) < 0 || (ret = store_connect(s, &s->main, err)) < 0 ||
        (ret = store_begin(s, err)) < 0 || (ret = schema_create(s, err)) < 0 ||
        (ret = store_commit(s, err)) < 0 ||
        /* Closing writes the log into the file too, but on a full disk it fails without a word, and the log is dropped below. */
        (ret = store_run(s, s->main, "CHECKPOINT", err)) < 0)
        goto out;
    close_database(s);
    if (link(name, s->path) < 0 && errno != EEXIST) {
        ret = error_set_errno(err, ERR_SYSTEM, "cannot make the database '%s'", s->path);
        error_suggest(err, "name a database elsewhere with --db-path");
        goto out;
    }
    ret = 0;
out:
    if (ret < 0)
        close_database(s);
    unlink(name);
    unlink(wal);
    free(folder);
    return ret;
}

int store_open(struct store **ret_store, const char *path, enum store_mode mode, int wait_ms,
               struct error *err)
{
    struct store *s = NULL;
    bool wide = mode == STORE_WRITE_WIDE, exists = false;
    int ret;

    if (wide)
        mode = STORE_WRITE;
    if ((ret = check_file(path, mode, &exists, err)) < 0)
        return ret;
    s = calloc(1, sizeof(*s));
    if (s == NULL || (s->path = strdup(path)) == NULL) {
        ret = error_set(err, ERR_FAILED, "memory is out");
        goto out;
    }
    s->mode = mode;
    s->wide = wide;
    if (mode == STORE_WRITE)
        s->umask_before = umask(PRIVATE_UMASK);
    else
        spill_make(&s->spill);
    if (!exists && (ret = make_database(s, err)) < 0)
        goto out;
    if ((ret = open_patiently(s, path, wait_ms, err)) < 0 ||
        (ret = store_connect(s, &s->main, err)) < 0 || (ret = schema_check(s, err)) < 0)
        goto out;
    if (mode == STORE_WRITE && (s->pump = pump_new(s->main)) == NULL) {
        ret = error_set(err, ERR_FAILED, "memory is out");
        goto out;
    }
    *ret_store = s;
    s = NULL;
    ret = 0;
out:
    store_close(s);
    return ret;
}

int store_open_scratch(struct store **ret_store, const char *path, struct error *err)
{
    struct store *s = calloc(1, sizeof(*s));
    int ret;

    if (s == NULL || (s->path = strdup(path)) == NULL) {
        free(s);
        return error_set(err, ERR_FAILED, "memory is out");
    }
    s->mode = STORE_WRITE;
    s->umask_before = umask(PRIVATE_UMASK);
    if ((ret = instance_open(s, ":memory:", err)) < 0 ||
        (ret = store_connect(s, &s->main, err)) < 0 ||
        (ret = store_run(s, s->main, "SET threads = 1", err)) < 0) { /* windows, as in questions */
        store_close(s);
        return ret;
    }
    *ret_store = s;
    return 0;
}

void duck_quote_path(char *sql, size_t size, const char *before, const char *path,
                     const char *after)
{
    size_t used = (size_t)snprintf(sql, size, "%s", before);

    for (; *path != '\0' && used + 3 < size; path++) {
        if (*path == '\'')
            sql[used++] = '\'';
        sql[used++] = *path;
    }
    snprintf(sql + used, size - used, "%s", after);
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    if (store->in_transaction)
        store_rollback(store);
    close_database(store);
    if (store->mode == STORE_WRITE)
        umask(store->umask_before);
    else
        spill_release(&store->spill);
    free(store->path);
    free(store);
}

void store_interrupt(struct store *store)
{
    for (size_t i = 0; i < STORE_OPEN_ROWS; i++) {
        duckdb_connection c = __atomic_load_n(&store->running[i], __ATOMIC_ACQUIRE);

        if (c != NULL)
            duckdb_interrupt(c);
    }
}

const char *store_path(const struct store *store)
{
    return store->path;
}

const char *store_schema_version(const struct store *store)
{
    return store->version;
}

int store_connect(struct store *store, duckdb_connection *ret_connection, struct error *err)
{
    if (duckdb_connect(store->database, ret_connection) != DuckDBSuccess) {
        *ret_connection = NULL;
        return error_set(err, ERR_FAILED, "cannot connect to the database '%s'", store->path);
    }
    return store->wide ? store_run(store, *ret_connection, "USE store", err) : 0;
}

int store_run(struct store *store, duckdb_connection connection, const char *sql, struct error *err)
{
    duckdb_result result;
    int ret = 0;

    if (store->pump != NULL)
        pump_pause(store->pump);
    if (duckdb_query(connection, sql, &result) != DuckDBSuccess)
        ret = words_for(err, "cannot write to the database", store->path,
                        duckdb_result_error(&result));
    duckdb_destroy_result(&result);
    if (store->pump != NULL)
        pump_resume(store->pump);
    return ret;
}

/* ---- transactions --------------------------------------------------------------------------- */

int store_begin(struct store *store, struct error *err)
{
    int ret = store_run(store, store->main, "BEGIN TRANSACTION", err);

    if (ret == 0)
        store->in_transaction = true;
    return ret;
}

int store_commit(struct store *store, struct error *err)
{
    int ret = store_run(store, store->main, "COMMIT", err);

    if (ret == 0)
        store->in_transaction = false;
    else
        store_rollback(store);
    return ret;
}

void store_rollback(struct store *store)
{
    /* DuckDB may have rolled back by itself: then this says so, and that is fine. */
    store_run(store, store->main, "ROLLBACK", NULL);
    store->in_transaction = false;
    if (store->pump != NULL)
        pump_forget(store->pump);
}

int store_set_memory(struct store *store, int mib, struct error *err)
{
    char sql[64];

    snprintf(sql, sizeof(sql), "SET memory_limit = '%dMiB'", mib);
    return store_run(store, store->main, sql, err);
}

int store_checkpoint(struct store *store, struct error *err)
{
    return store_run(store, store->main, "CHECKPOINT", err);
}
