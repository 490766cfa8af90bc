/*
 * instance.c - see duck.h: an instance of DuckDB with the settings of its use, and the database in it.
 */
#include "base/base.h"

#include "base/limits.h"
#include "store/duck.h"

#define MOST_TORN 4 /* blocks: each of DuckDB's threads writes one at a time */

#define NUMBER(n) NUMBER_TEXT(n)
#define NUMBER_TEXT(n) #n

/* Settings for each mode. Those of STORE_READ make a person's SQL harmless: no file, no extension, no way to change that. */
static const char *const READ_CONFIG[][2] = {
    {"access_mode", "READ_ONLY"},
    {"threads", NUMBER(LIMIT_STORE_READ_THREADS)},
    {"memory_limit", NUMBER(LIMIT_STORE_READ_MB) "MiB"},
    {"max_temp_directory_size", NUMBER(LIMIT_STORE_SPILL_MB) "MiB"},
    {"autoinstall_known_extensions", "false"},
    {"autoload_known_extensions", "false"},
    {"allow_community_extensions", "false"},
    {"allow_persistent_secrets", "false"},
    {"enable_external_access", "false"},
    {"lock_configuration", "true"},
};
static const char *const WRITE_CONFIG[][2] = {
    {"access_mode", "READ_WRITE"},
    {"threads", NUMBER(LIMIT_STORE_WRITE_THREADS)},
    {"memory_limit", NUMBER(LIMIT_STORE_WRITE_MB) "MiB"},
    {"autoinstall_known_extensions", "false"},
    {"autoload_known_extensions", "false"},
    /* Rows are found by their ids and times; keeping the order of parallel plans would cost memory. */
    {"preserve_insertion_order", "false"},
    /* A new file: with DuckDB's 256 KiB blocks a dozen small tables take 3 MB; below 64 KiB numbers are not packed any more. The
     * packing of values (schema_1_0_0.c) needs the format of 1.2. A file that is there stays as it was made. */
    {"default_block_size", "65536"},
    {"storage_compatibility_version", "v1.2.0"},
};

static int configure(const struct store *s, duckdb_config config, struct error *err)
{
    const char *const(*settings)[2] = s->mode == STORE_READ ? READ_CONFIG : WRITE_CONFIG;
    size_t n = s->mode == STORE_READ ? ARRAY_SIZE(READ_CONFIG) : ARRAY_SIZE(WRITE_CONFIG);

    /* It cannot be set any more once external access is off. */
    if (s->mode == STORE_READ &&
        duckdb_set_config(config, "temp_directory", s->spill.path != NULL ? s->spill.path : "") !=
            DuckDBSuccess)
        return error_set(err, ERR_FAILED, "libduckdb refuses the setting 'temp_directory'");
    for (size_t i = 0; i < n; i++)
        if (duckdb_set_config(config, settings[i][0], settings[i][1]) != DuckDBSuccess)
            return error_set(err, ERR_FAILED, "libduckdb refuses the setting '%s'", settings[i][0]);
    return 0;
}

/* Only a database that is attached can be given a size of row groups. */
static bool attach(struct store *s, const char *path, char *says, size_t size)
{
    char sql[LIMIT_PATH_BYTES * 2 + 100];
    duckdb_connection connection;
    duckdb_result result;
    bool ok;

    if (duckdb_connect(s->database, &connection) != DuckDBSuccess) {
        snprintf(says, size, "Out of Memory Error: memory is out");
        return false;
    }
    duck_quote_path(sql, sizeof(sql), "ATTACH '", path,
                    "' AS store (ROW_GROUP_SIZE " NUMBER(LIMIT_STORE_WIDE_ROWS) ")");
    ok = duckdb_query(connection, sql, &result) == DuckDBSuccess;
    if (!ok)
        snprintf(says, size, "%s", duckdb_result_error(&result));
    duckdb_destroy_result(&result);
    duckdb_disconnect(&connection);
    return ok;
}

/* False: `says` has DuckDB's reason. */
static bool try_open(struct store *s, const char *path, duckdb_config config, char *says,
                     size_t size)
{
    char *reason = NULL;
    bool ok = duckdb_open_ext(s->wide ? ":memory:" : path, &s->database, config, &reason) ==
              DuckDBSuccess;

    if (!ok) {
        snprintf(says, size, "%s", reason != NULL ? reason : "unknown error");
        s->database = NULL;
    } else if (s->wide && !attach(s, path, says, size)) {
        duckdb_close(&s->database);
        ok = false;
    }
    duckdb_free(reason);
    return ok;
}

int instance_open(struct store *s, const char *path, struct error *err)
{
    char says[LIMIT_ERROR_BYTES];
    duckdb_config config = NULL;
    int ret = duck_load(err);

    if (ret < 0)
        return ret;
    ret = ERR_FAILED;
    if (duckdb_create_config(&config) != DuckDBSuccess) {
        error_set(err, ERR_FAILED, "cannot open the database '%s': memory is out", s->path);
        goto out;
    }
    if ((ret = configure(s, config, err)) < 0)
        goto out;
    for (int tries = 0; !try_open(s, path, config, says, sizeof(says)); tries++) {
        /* By the name that a person gave it: a new one is made under another. */
        ret = words_for(err, "cannot open the database", s->path, says);
        if (ret != ERR_DATABASE_CORRUPT || tries == MOST_TORN || !torn_mend(path, says))
            goto out;
    }
    ret = 0;
out:
    duckdb_destroy_config(&config);
    return ret;
}
