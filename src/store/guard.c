/*
 * guard.c - what a person's SQL may be: one statement, of SELECT type, as DuckDB's own parser sees it.
 * No search for keywords: a string that holds the word DELETE is fine. Everything else that could do harm is off in
 * the connection (store.c, READ_CONFIG).
 */
#include "base/base.h"

#include "store/duck.h"

static int refuse(struct error *err, const char *why)
{
    error_set(err, ERR_INVALID_QUERY, "%s", why);
    return error_suggest(err, "Only SELECT queries are allowed. Available tables: %s",
                         store_table_names());
}

/* ---- where a statement ends ----------------------------------------------------------------- */

static bool is_name(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (unsigned char)c >= 0x80;
}

/* E'...' knows backslashes; DATE'...' does not. */
static bool is_escape_string(const char *sql, const char *quote)
{
    return quote > sql && (quote[-1] == 'e' || quote[-1] == 'E') &&
           (quote - 1 == sql || !is_name(quote[-2]));
}

/* Past a quoted thing that begins at p; the quote doubled does not end it. */
static const char *skip_quoted(const char *p, char quote, bool backslash)
{
    for (p++; *p != '\0'; p++) {
        if (backslash && *p == '\\' && p[1] != '\0') {
            p++;
        } else if (*p == quote) {
            if (p[1] != quote)
                return p + 1;
            p++;
        }
    }
    return p;
}

/* Past $tag$ ... $tag$, or past the dollar of a parameter. */
static const char *skip_dollar(const char *p)
{
    const char *q = p + 1;
    const char *end;
    size_t len;

    while (is_name(*q))
        q++;
    if (*q != '$' || (p[1] >= '0' && p[1] <= '9'))
        return p + 1;
    len = (size_t)(q + 1 - p);
    for (end = q + 1; *end != '\0'; end++) {
        if (*end == '$' && strncmp(end, p, len) == 0)
            return end + len;
    }
    return end;
}

/* Past a comment, which may hold others. */
static const char *skip_comment(const char *p)
{
    int depth = 1;

    for (p += 2; *p != '\0' && depth > 0; p++) {
        if (p[0] == '/' && p[1] == '*') {
            depth++;
            p++;
        } else if (p[0] == '*' && p[1] == '/') {
            depth--;
            p++;
        }
    }
    return p;
}

/* Only a wish: what it cuts off wrongly does not parse, and the wrapped query passes DuckDB's parser again. */
size_t guard_statement_length(const char *sql)
{
    const char *p = sql;

    while (*p != '\0' && *p != ';') {
        if (*p == '\'') {
            p = skip_quoted(p, '\'', is_escape_string(sql, p));
        } else if (*p == '"') {
            p = skip_quoted(p, '"', false);
        } else if (*p == '$') {
            p = skip_dollar(p);
        } else if (p[0] == '-' && p[1] == '-') {
            p += strcspn(p, "\n");
        } else if (p[0] == '/' && p[1] == '*') {
            p = skip_comment(p);
        } else {
            p++;
        }
    }
    return (size_t)(p - sql);
}

/* ---- the guard ------------------------------------------------------------------------------- */

/* The word that a statement begins with, in capitals: what it is, if not a SELECT. */
static void first_word(const char *sql, char ret[24])
{
    size_t n = 0;

    for (;;) {
        sql += strspn(sql, " \t\r\n;(");
        if (sql[0] == '-' && sql[1] == '-')
            sql += strcspn(sql, "\n");
        else if (sql[0] == '/' && sql[1] == '*')
            sql = skip_comment(sql);
        else
            break;
    }
    for (; n < 23 && is_name(sql[n]); n++)
        ret[n] = sql[n] >= 'a' && sql[n] <= 'z' ? (char)(sql[n] - 32) : sql[n];
    ret[n] = '\0';
    if (strcmp(ret, "WITH") == 0 || n == 0)
        snprintf(ret, 24, "it changes something");
}

int guard_check(struct store *store, const char *sql, size_t *ret_len, struct error *err)
{
    char line[LIMIT_ERROR_BYTES / 2];
    char why[LIMIT_ERROR_BYTES];
    duckdb_extracted_statements extracted = NULL;
    duckdb_prepared_statement statement = NULL;
    char word[24];
    bool select = false;
    idx_t n;
    int ret = ERR_INVALID_QUERY;

    if (strlen(sql) > LIMIT_SQL_BYTES)
        return refuse(err, "the query is too long");
    n = duckdb_extract_statements(store->main, sql, &extracted);
    if (n == 0) {
        const char *says = duckdb_extract_statements_error(extracted);

        words_first_line(says, line, sizeof(line));
        refuse(err, says != NULL ? line : "the query is empty");
        goto out;
    }
    if (n > 1) {
        snprintf(why, sizeof(why), "one query at a time: this is %llu statements",
                 (unsigned long long)n);
        refuse(err, why);
        goto out;
    }
    /* Nothing is bound before its functions are known: binding alone can have an effect. */
    ret = guard_functions(store, sql, strlen(sql), &select, err);
    if (ret < 0)
        goto out;
    ret = ERR_INVALID_QUERY;
    if (!select) {
        first_word(sql, word);
        snprintf(why, sizeof(why), "not a SELECT query: %s", word);
        refuse(err, why);
        goto out;
    }
    if (duckdb_prepare_extracted_statement(store->main, extracted, 0, &statement) !=
        DuckDBSuccess) {
        words_for_query(store, sql, duckdb_prepare_error(statement), err);
        goto out;
    }
    if (duckdb_prepared_statement_type(statement) != DUCKDB_STATEMENT_TYPE_SELECT) {
        refuse(err, "not a SELECT query");
        goto out;
    }
    *ret_len = guard_statement_length(sql);
    ret = 0;
out:
    if (statement != NULL)
        duckdb_destroy_prepare(&statement);
    if (extracted != NULL)
        duckdb_destroy_extracted(&extracted);
    return ret;
}
