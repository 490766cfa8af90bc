/* words_query.c - what is wrong with a person's SQL: DuckDB's words, the names that were perhaps meant, and what there is to name. */
#include "base/base.h"

#include "base/buf.h"
#include "store/duck.h"

#include <ctype.h>
#include <strings.h>

#define COLUMNS_BYTES 600 /* of the suggestion, which also has the tables */

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Whether the SQL has the name as a word. */
static bool names(const char *sql, const char *name, size_t len)
{
    for (const char *p = sql; *p != '\0'; p++)
        if ((p == sql || !is_name(p[-1])) && strncasecmp(p, name, len) == 0 && !is_name(p[len]))
            return true;
    return false;
}

static void add_table(struct store *store, const char *table, size_t len, struct buf *out)
{
    struct store_param params[] = {{"name", STORE_TEXT, 0, 0, table, len}};
    struct store_query query = {
        .sql = "SELECT string_agg(column_name, ', ' ORDER BY column_index) FROM duckdb_columns() "
               "WHERE schema_name = 'main' AND table_name = $name",
        .params = params,
        .nparams = 1};
    struct rows *rows = NULL;
    const char *columns = NULL;

    if (store_query(store, &query, &rows, NULL) == 0 && rows_next(rows, NULL) > 0)
        columns = rows_text(rows, 0, NULL);
    if (columns != NULL && out->len + len + strlen(columns) + 10 < COLUMNS_BYTES)
        buf_putf(out, "; %.*s has %s", (int)len, table, columns);
    rows_free(rows);
}

/* "; traces has id, run_id, ..." of each table that the SQL names and that SQL may name. */
static void add_columns(struct store *store, const char *sql, struct buf *out)
{
    const char *table = store_table_names();

    while (*table != '\0') {
        size_t len = strcspn(table, ",");

        if (names(sql, table, len))
            add_table(store, table, len, out);
        table += len;
        table += strspn(table, ", ");
    }
}

/* DuckDB's words for parameters that were given no value; NULL: it speaks of something else. */
static const char *without_value(const char *duckdb_says)
{
    static const char WORDS[] = "Values were not provided for the following prepared statement "
                                "parameters: ";
    const char *found = duckdb_says != NULL ? strstr(duckdb_says, WORDS) : NULL;

    return found != NULL ? found + strlen(WORDS) : NULL;
}

/* DuckDB proposes the name that is next to it, also one of ours that no query may use. */
static bool is_table(const char *name)
{
    const char *found = strstr(store_table_names(), name);

    return found != NULL && (found == store_table_names() || found[-1] == ' ') &&
           !is_name(found[strlen(name)]);
}

/* DuckDB reads `args->'n' = 1` as args->('n' = 1). */
static bool is_arrow_trap(const char *duckdb_says)
{
    return duckdb_says != NULL && strstr(duckdb_says, "'json_extract") != NULL &&
           strstr(duckdb_says, "(JSON, BOOLEAN)'") != NULL;
}

int words_for_query(struct store *store, const char *sql, const char *duckdb_says,
                    struct error *err)
{
    char line[LIMIT_ERROR_BYTES / 2], meant[LIMIT_ERROR_BYTES / 4];
    const char *missing = without_value(duckdb_says), *before = "Only SELECT queries are allowed.";
    struct buf columns = BUF_INIT(COLUMNS_BYTES);

    if (missing != NULL) {
        error_set(err, ERR_INVALID_QUERY, "the query has parameters without a value: %.*s",
                  (int)strcspn(missing, "\n"), missing);
        return error_suggest(err, "give each one, as in --param NAME=VALUE");
    }
    if (is_arrow_trap(duckdb_says)) {
        error_set(err, ERR_INVALID_QUERY, "-> binds weaker than the comparison behind it");
        return error_suggest(err, "put parentheses around it, as in (args->>'name') = 'x'");
    }
    words_first_line(duckdb_says, line, sizeof(line));
    words_meant(duckdb_says, meant, sizeof(meant));
    if (strncmp(line, "Table with name ", 16) == 0 && !is_table(meant))
        meant[0] = '\0';
    if (sql != NULL)
        add_columns(store, sql, &columns);
    error_set(err, ERR_INVALID_QUERY, "%s", line);
    error_suggest(err, "%s%s%s Available tables: %s%s", meant[0] != '\0' ? "Did you mean " : before,
                  meant, meant[0] != '\0' ? "?" : "", store_table_names(),
                  columns.len > 0 ? buf_text(&columns) : "; breadcrumb schema has their columns");
    buf_release(&columns);
    return ERR_INVALID_QUERY;
}
