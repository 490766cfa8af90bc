/*
 * bare.c - the least that a program can do to answer: opens a database as breadcrumb does, runs the statements that it is given, reads
 * every chunk of their rows, and prints nothing. What breadcrumb costs above it is breadcrumb's own.
 * usage: bench-query DATABASE [SQL...]
 */
#include <duckdb.h>
#include <stdio.h>

static const char *const CONFIG[][2] = {
    {"access_mode", "READ_ONLY"},
    {"threads", "1"},
    {"memory_limit", "128MiB"},
};

static int run(duckdb_connection connection, const char *sql)
{
    duckdb_prepared_statement statement = NULL;
    duckdb_result result;
    duckdb_data_chunk chunk;
    int ret = 1;

    if (duckdb_prepare(connection, sql, &statement) != DuckDBSuccess) {
        fprintf(stderr, "%s\n", duckdb_prepare_error(statement));
    } else if (duckdb_execute_prepared_streaming(statement, &result) != DuckDBSuccess) {
        fprintf(stderr, "%s\n", duckdb_result_error(&result));
        duckdb_destroy_result(&result);
    } else {
        while ((chunk = duckdb_fetch_chunk(result)) != NULL)
            duckdb_destroy_data_chunk(&chunk);
        duckdb_destroy_result(&result);
        ret = 0;
    }
    duckdb_destroy_prepare(&statement);
    return ret;
}

int main(int argc, char **argv)
{
    duckdb_config config = NULL;
    duckdb_database database = NULL;
    duckdb_connection connection = NULL;
    int failed = 0;

    if (argc < 2 || duckdb_create_config(&config) != DuckDBSuccess)
        return 1;
    for (size_t i = 0; i < sizeof(CONFIG) / sizeof(CONFIG[0]); i++)
        duckdb_set_config(config, CONFIG[i][0], CONFIG[i][1]);
    if (duckdb_open_ext(argv[1], &database, config, NULL) != DuckDBSuccess ||
        duckdb_connect(database, &connection) != DuckDBSuccess)
        return 1;
    for (int i = 2; i < argc; i++)
        failed |= run(connection, argv[i]);
    duckdb_disconnect(&connection);
    duckdb_close(&database);
    duckdb_destroy_config(&config);
    return failed;
}
