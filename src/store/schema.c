/*
 * schema.c - the list of versions of the tables and views, and the way from each to the next.
 *
 * Rules that let the same SQL run on a lake later: no primary key, sequence, enum, index or ON CONFLICT; ids are made in
 * C; views use unqualified names. docs/store.md describes every column: change it there too.
 */
#include "base/base.h"

#include "base/clock.h"
#include "store/duck.h"
#include "version.h"

#define SCHEMA_NOT_OURS "it is a DuckDB database, but not one of breadcrumb"

struct migration {
    const char *version;
    const char *const *sql; /* what leads here from the version before; ends with NULL */
};

/* Oldest first; append only. */
static const struct migration MIGRATIONS[] = {
    {"1.0.0", SCHEMA_1_0_0},
    {"1.1.0", SCHEMA_1_1_0},
    {"1.2.0", SCHEMA_1_2_0},
};

const char *store_schema_newest(void)
{
    return MIGRATIONS[ARRAY_SIZE(MIGRATIONS) - 1].version;
}

const char *store_table_names(void)
{
    return "traces, trace_events, exceptions, functions, calls, function_stats, lines, threads, "
           "tasks, "
           "losses, open_calls, schema_version";
}

static int migrate(struct store *store, size_t from, struct error *err)
{
    int ret;

    for (size_t i = from; i < ARRAY_SIZE(MIGRATIONS); i++) {
        struct store_param params[] = {
            store_text("version", MIGRATIONS[i].version),
            store_int("us", clock_wall_ns() / 1000),
            store_text("program", BREADCRUMB_VERSION),
        };

        for (const char *const *sql = MIGRATIONS[i].sql; *sql != NULL; sql++) {
            if ((ret = store_run(store, store->main, *sql, err)) < 0)
                return ret;
        }
        ret = store_exec(
            store, "INSERT INTO schema_version VALUES ($version, make_timestamp($us), $program)",
            params, ARRAY_SIZE(params), err);
        if (ret < 0)
            return ret;
    }
    snprintf(store->version, sizeof(store->version), "%s", store_schema_newest());
    return 0;
}

int schema_create(struct store *store, struct error *err)
{
    return migrate(store, 0, err);
}

/* "1.10.2" as a number that compares; false for anything else. */
static bool parse_version(const char *text, uint64_t *ret_number)
{
    unsigned major, minor, patch;
    char rest;

    if (sscanf(text, "%5u.%5u.%5u%c", &major, &minor, &patch, &rest) != 3)
        return false;
    *ret_number = ((uint64_t)major * 100000 + minor) * 100000 + patch;
    return true;
}

/* The greatest of all that came; compared here, as every command waits for it and DuckDB plans such an order for 2 ms. */
static int read_version(struct store *store, struct error *err)
{
    struct store_query query = {.sql = "SELECT version FROM schema_version"};
    struct rows *rows = NULL;
    struct error why = {0};
    uint64_t greatest = 0, number = 0;
    int ret = store_query(store, &query, &rows, &why);

    while (ret >= 0 && (ret = rows_next(rows, &why)) > 0) {
        const char *version = rows_text(rows, 0, NULL);

        if (version == NULL || !parse_version(version, &number)) {
            ret = ERR_DATABASE_CORRUPT;
        } else if (number > greatest) {
            greatest = number;
            snprintf(store->version, sizeof(store->version), "%s", version);
        }
    }
    rows_free(rows);
    if (ret == 0 && greatest > 0)
        return 0;
    if (ret == ERR_DATABASE_CORRUPT && why.message[0] != '\0') {
        if (err != NULL)
            *err = why;
        return ret;
    }
    error_set(err, ERR_DATABASE_CORRUPT, "cannot use the database '%s': " SCHEMA_NOT_OURS,
              store->path);
    return error_suggest(err, "name another file with --db-path");
}

int schema_check(struct store *store, struct error *err)
{
    uint64_t have, newest = 0;
    size_t i;
    int ret;

    if ((ret = read_version(store, err)) < 0)
        return ret;
    parse_version(store_schema_newest(), &newest);
    if (!parse_version(store->version, &have) || have > newest) {
        error_set(err, ERR_DATABASE_VERSION,
                  "the database '%s' has schema %s, this breadcrumb knows up to %s", store->path,
                  store->version, store_schema_newest());
        return error_suggest(err,
                             "install a newer breadcrumb, or name another database with --db-path");
    }
    if (have == newest)
        return 0;
    for (i = 0; i < ARRAY_SIZE(MIGRATIONS); i++) {
        if (strcmp(MIGRATIONS[i].version, store->version) == 0)
            break;
    }
    if (i == ARRAY_SIZE(MIGRATIONS))
        return error_set(err, ERR_DATABASE_VERSION, "the database '%s' has the unknown schema %s",
                         store->path, store->version);
    if (store->mode == STORE_READ) {
        error_set(err, ERR_DATABASE_VERSION, "the database '%s' has the older schema %s",
                  store->path, store->version);
        return error_suggest(err,
                             "run `breadcrumb ingest` once: it brings the database up to date");
    }
    if ((ret = store_begin(store, err)) < 0)
        return ret;
    if ((ret = migrate(store, i + 1, err)) < 0) {
        store_rollback(store);
        return ret;
    }
    return store_commit(store, err);
}
