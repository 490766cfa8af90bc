/*
 * guard_functions.c - which functions a person's SQL may call. A SELECT can do more than read: enable_logging() makes files, or ends the
 * whole program when it may not; checkpoint() writes; query() hides another statement in a string. So the statement's tree, as DuckDB's
 * own parser has it (json_serialize_sql), is looked through before anything of it is bound: table functions must be on a list, and a
 * few scalar ones must not be called.
 */
#include "base/base.h"

#include "base/buf.h"
#include "store/duck.h"

#include <strings.h>

/* Table functions that only compute or describe. */
static const char *const TABLE_FUNCTIONS[] = {
    "range",
    "generate_series",
    "unnest",
    "repeat",
    "repeat_row",
    "json_each",
    "json_tree",
    "histogram",
    "histogram_values",
    "summary",
    "duckdb_columns",
    "duckdb_tables",
    "duckdb_views",
    "duckdb_functions",
    "duckdb_types",
    "duckdb_schemas",
    "duckdb_databases",
    "duckdb_keywords",
    "duckdb_constraints",
    "duckdb_indexes",
    "duckdb_settings",
    "duckdb_memory",
    "duckdb_sequences",
    "duckdb_optimizers",
    "duckdb_dependencies",
    "pragma_table_info",
    "pragma_show",
    "pragma_version",
    "pragma_platform",
    "pragma_database_size",
    "pragma_storage_info",
    "pragma_metadata_info",
    "pragma_collations",
    "pg_timezone_names",
    "icu_calendar_names",
    "test_all_types",
};
static const char *const NEVER[] = {
    "write_log", "query", "query_table", "json_execute_serialized_sql", "nextval", "setseed",
};

static bool is_one_of(const char *const *names, size_t n, const char *name, size_t len)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(names[i]) == len && strncasecmp(names[i], name, len) == 0)
            return true;
    return false;
}

/* The tree as JSON text. Inside of a string of the query's own a quote is escaped, so that what we look for cannot be made by one. */
static int serialize(struct store *store, const char *sql, size_t len, struct buf *out,
                     struct error *err)
{
    struct store_param params[] = {{"sql", STORE_TEXT, 0, 0, sql, len}};
    struct store_query query = {
        .sql = "SELECT json_serialize_sql($sql::VARCHAR)::VARCHAR", .params = params, .nparams = 1};
    struct rows *rows = NULL;
    int ret = store_query(store, &query, &rows, err);
    const char *text;

    if (ret == 0)
        ret = rows_next(rows, err);
    if (ret > 0) {
        text = rows_text(rows, 0, &len);
        buf_put(out, text, len);
    }
    rows_free(rows);
    if (ret >= 0 && (ret == 0 || out->failed))
        ret = error_set(err, ERR_INVALID_QUERY, "the query is too long");
    return ret < 0 ? ret : 0;
}

/* The name behind the next "function_name":" at or after p; NULL when there is none. */
static const char *next_name(const char *p, size_t *ret_len)
{
    static const char KEY[] = "\"function_name\":\"";
    const char *name = strstr(p, KEY), *end;

    if (name == NULL)
        return NULL;
    name += sizeof(KEY) - 1;
    for (end = name; *end != '\0' && *end != '"'; end++)
        if (*end == '\\' && end[1] != '\0')
            end++;
    *ret_len = (size_t)(end - name);
    return name;
}

static int refuse(const char *name, size_t len, struct error *err)
{
    error_set(err, ERR_INVALID_QUERY, "the function %.*s is not for queries",
              len < 60 ? (int)len : 60, name);
    return error_suggest(err, "Only SELECT queries are allowed. Available tables: %s",
                         store_table_names());
}

int guard_functions(struct store *store, const char *sql, size_t len, bool *ret_select,
                    struct error *err)
{
    static const char TABLE[] = "\"type\":\"TABLE_FUNCTION\"", FAILED[] = "{\"error\":true";
    struct buf tree = BUF_INIT(LIMIT_ANSWER_BYTES);
    const char *p, *name;
    int ret = serialize(store, sql, len, &tree, err);

    *ret_select = ret == 0 && strncmp(buf_text(&tree), FAILED, sizeof(FAILED) - 1) != 0;
    for (p = buf_text(&tree); ret == 0 && (name = next_name(p, &len)) != NULL; p = name)
        if (is_one_of(NEVER, ARRAY_SIZE(NEVER), name, len))
            ret = refuse(name, len, err);
    /* The first name behind a table function is its own: its arguments come later. */
    for (p = buf_text(&tree); ret == 0 && (p = strstr(p, TABLE)) != NULL; p++) {
        name = next_name(p, &len);
        if (name == NULL || !is_one_of(TABLE_FUNCTIONS, ARRAY_SIZE(TABLE_FUNCTIONS), name, len))
            ret = name != NULL ? refuse(name, len, err) : refuse("?", 1, err);
    }
    buf_release(&tree);
    return ret;
}
