/*
 * guard_corpus_test.c - the guard against all that we could think of: statements that must never run, each in several disguises, and
 * queries that must always run. Every attempt has to end with an error; afterwards the database is the same byte for byte, no file has
 * come, and what the canary file holds was in no answer.
 */
#include "base/base.h"

#include "base/buf.h"
#include "base/io.h"
#include "store/store.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define CANARY "the canary sings"

/* @ stands for the folder of the test, which holds the file `canary`. */
static const char *const STATEMENTS[] = {
    "DELETE FROM traces",
    "DELETE FROM traces RETURNING id",
    "INSERT INTO traces(pid) VALUES (1)",
    "INSERT INTO traces BY NAME SELECT 1 AS pid",
    "INSERT OR REPLACE INTO traces(pid) VALUES (1)",
    "UPDATE traces SET pid = 1",
    "MERGE INTO traces USING (SELECT 1 AS pid) s ON traces.pid = s.pid WHEN MATCHED THEN DELETE",
    "TRUNCATE traces",
    "DROP TABLE traces",
    "DROP VIEW calls",
    "DROP SCHEMA main CASCADE",
    "ALTER TABLE traces ADD COLUMN x INTEGER",
    "CREATE TABLE x AS SELECT 1",
    "CREATE TEMP TABLE x(a INTEGER)",
    "CREATE OR REPLACE VIEW calls AS SELECT 1",
    "CREATE SEQUENCE s",
    "CREATE MACRO m(a) AS a",
    "CREATE MACRO t() AS TABLE SELECT 1",
    "CREATE TYPE e AS ENUM ('a')",
    "CREATE SCHEMA s",
    "CREATE INDEX i ON traces(pid)",
    "CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')",
    "ATTACH '@/x.duckdb' AS x",
    "ATTACH ':memory:' AS x",
    "ATTACH '@/canary' AS x (READ_ONLY)",
    "DETACH x",
    "USE system",
    "COPY traces TO '@/x.csv'",
    "COPY (SELECT 1) TO '@/x.parquet' (FORMAT parquet)",
    "COPY traces FROM '@/canary'",
    "COPY FROM DATABASE system TO memory",
    "EXPORT DATABASE '@/x'",
    "IMPORT DATABASE '@/x'",
    "INSTALL httpfs",
    "INSTALL httpfs FROM community",
    "LOAD httpfs",
    "LOAD '@/canary'",
    "UPDATE EXTENSIONS",
    "PRAGMA enable_profiling",
    "PRAGMA database_list",
    "PRAGMA force_checkpoint",
    "SET memory_limit = '10GB'",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "SET GLOBAL threads = 99",
    "SET VARIABLE x = 1",
    "RESET memory_limit",
    "CALL pragma_version()",
    "CALL enable_logging()",
    "CALL force_checkpoint()",
    "CHECKPOINT",
    "FORCE CHECKPOINT",
    "VACUUM",
    "ANALYZE",
    "BEGIN TRANSACTION",
    "COMMIT",
    "ROLLBACK",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "DEALLOCATE p",
    "EXPLAIN SELECT 1",
    "EXPLAIN ANALYZE DELETE FROM traces",
    "EXPLAIN ANALYZE SELECT * FROM enable_logging(storage = 'file', storage_path = '@/l')",
    "COMMENT ON TABLE traces IS 'x'",
    ".shell touch @/x",
    "\\! touch @/x",
};

/* Selects that reach out of the database. */
static const char *const REACHING[] = {
    "SELECT * FROM read_csv('@/canary')",
    "SELECT * FROM read_csv_auto('@/canary')",
    "SELECT * FROM read_text('@/canary')",
    "SELECT * FROM read_blob('@/canary')",
    "SELECT * FROM read_json('@/canary')",
    "SELECT * FROM read_ndjson_objects('@/canary')",
    "SELECT * FROM read_json_auto('@/canary')",
    "SELECT * FROM read_parquet('@/canary')",
    "SELECT * FROM parquet_metadata('@/canary')",
    "SELECT * FROM sniff_csv('@/canary')",
    "SELECT * FROM read_duckdb('@/sub/traces.duckdb')",
    "SELECT * FROM '@/canary'",
    "SELECT * FROM \"@/canary\"",
    "SELECT * FROM '@/canary.csv'",
    "SELECT * FROM glob('@/*')",
    "SELECT * FROM glob('/etc/pass*')",
    "SELECT getenv('HOME')",
    "SELECT * FROM read_text(['@/canary'])",
    "SELECT * FROM read_text('file:@/canary')",
    "SELECT * FROM read_csv('https://127.0.0.1:1/x')",
    "SELECT * FROM sqlite_scan('@/canary', 't')",
    "SELECT * FROM postgres_scan('', '', '')",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query('DELETE FROM traces')",
    "SELECT * FROM query_table('traces')",
    "SELECT * FROM query_table(['traces'])",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "SELECT * FROM enable_logging()",
    "SELECT * FROM enable_logging(storage = 'file', storage_path = '@/l')",
    "SELECT * FROM \"Enable_Logging\"(storage := 'file', storage_path := '@/l')",
    "SELECT * FROM system.main.enable_logging(level = 'trace')",
    "SELECT * FROM disable_logging()",
    "SELECT * FROM truncate_duckdb_logs()",
    "SELECT * FROM enable_profiling(save_location = '@/p')",
    "SELECT * FROM checkpoint()",
    "SELECT * FROM force_checkpoint()",
    "SELECT write_log('x')",
    "SELECT WRITE_LOG('x', level := 'error')",
    "SELECT * FROM arrow_scan(1, 2, 3)",
    "SELECT * FROM seq_scan('traces')",
    "SELECT * FROM enable_peg_parser()",
    "SELECT * FROM which_secret('s3://x', 's3')",
    "SELECT nextval('s')",
    "SELECT * FROM duckdb_external_file_cache()",
    "SELECT * FROM load_aws_credentials()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM test_vector_types(NULL::INTEGER)",
    "SELECT * FROM st_read('@/canary')",
    "SELECT * FROM sql_auto_complete('SEL')",
};

/* %s is the attempt. */
static const char *const DISGUISES[] = {
    "%s",
    "  \n\t%s ;",
    "/* SELECT */ %s",
    "-- SELECT 1\n%s",
    "SELECT 1; %s",
    "%s; SELECT 1",
    "SELECT 1;;; /* ; */ %s",
    "(%s)",
    "SELECT * FROM (%s)",
    "WITH x AS (%s) SELECT * FROM x",
    "WITH x AS MATERIALIZED (%s) SELECT 1",
    "SELECT 1 WHERE EXISTS (%s)",
    "EXPLAIN ANALYZE %s",
    "PREPARE p AS %s",
    "SELECT 'a' --'\n; %s",
    "SELECT $$;$$; %s",
    "SELECT E'\\'; ' ; %s",
    "\xef\xbb\xbf%s",
    "\xc2\xa0%s",
};
/* For what is a SELECT already, and stays one. */
static const char *const WRAPPINGS[] = {
    "%s",
    "%s ;\n-- end",
    "/* a /* nested */ comment */ %s",
    "SELECT * FROM (%s)",
    "WITH x AS (%s) SELECT * FROM x",
    "SELECT 1 WHERE EXISTS (%s)",
    "SELECT (SELECT count(*) FROM (%s))",
    "SELECT 1 UNION ALL SELECT 2 FROM (%s)",
    "DESCRIBE %s",
    "SUMMARIZE %s",
    "FROM (%s) SELECT 1",
    "SELECT * FROM (SELECT 1) a, LATERAL (%s) b",
};

static const char *const LEGITIMATE[] = {
    "SELECT 1",
    "SELECT * FROM traces LIMIT 10",
    "FROM traces",
    "TABLE traces",
    "VALUES (1, 'a'), (2, 'b')",
    "SELECT 'DELETE FROM traces; DROP TABLE x'",
    "SELECT 'COPY (SELECT 1) TO ''/tmp/x''' AS t",
    "SELECT $$SET x = 1$$",
    "SELECT id, status FROM traces WHERE status = 'completed'",
    "SELECT * FROM exceptions WHERE exception_type = 'ValueError'",
    "SELECT function_name, count(*) FROM trace_events GROUP BY function_name",
    "SELECT function_name, count(*) AS n FROM calls GROUP BY ALL ORDER BY n DESC",
    "SELECT count(*) FROM calls",
    "SELECT count(DISTINCT function_id) FROM calls",
    "SELECT max(duration_ns) / 1e6 FROM calls",
    "SELECT quantile_cont(duration_ns, 0.95) FROM calls",
    "SELECT approx_count_distinct(function_id) FROM calls",
    "SELECT args ->> 'name' FROM calls",
    "SELECT args -> '$.a[0].b' FROM calls",
    "SELECT json_extract_string(args, '$.x') FROM calls",
    "SELECT json_keys(args) FROM calls",
    "SELECT * FROM json_each('{\"a\": 1}')",
    "SELECT to_json(c) FROM calls c",
    "SELECT c.function_name, f.file_path FROM calls c JOIN functions f ON f.id = c.function_id",
    "SELECT * FROM calls LEFT JOIN exceptions USING (trace_id)",
    "SELECT p.function_name, c.function_name FROM calls c JOIN calls p ON p.call_id = c.parent_id AND p.trace_id = c.trace_id",
    "SELECT * FROM calls SEMI JOIN exceptions USING (call_id)",
    "SELECT * FROM calls ANTI JOIN exceptions USING (call_id)",
    "SELECT * FROM calls a ASOF JOIN lines b ON a.thread_id = b.thread_id AND a.start_ns >= b.at_ns",
    "SELECT * FROM range(10)",
    "SELECT * FROM generate_series(1, 10, 2)",
    "SELECT unnest([1, 2, 3])",
    "SELECT * FROM unnest([1, 2, 3])",
    "SELECT row_number() OVER (PARTITION BY thread_id ORDER BY start_ns) FROM calls",
    "SELECT lag(start_ns) OVER w FROM calls WINDOW w AS (ORDER BY start_ns)",
    "SELECT * FROM calls QUALIFY row_number() OVER (PARTITION BY function_id ORDER BY duration_ns DESC) = 1",
    "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 10) SELECT * FROM t",
    "WITH a AS (SELECT 1), b AS (SELECT 2) SELECT * FROM a, b",
    "SELECT * FROM traces WHERE started_at > now()::TIMESTAMP - INTERVAL 1 HOUR",
    "SELECT date_trunc('minute', started_at), count(*) FROM calls GROUP BY 1",
    "SELECT strftime(started_at, '%Y-%m-%d') FROM traces",
    "SELECT epoch_us(started_at) FROM traces",
    "SELECT CASE WHEN status = 'failed' THEN 1 ELSE 0 END FROM traces",
    "SELECT coalesce(ended_at, started_at) FROM traces",
    "SELECT * EXCLUDE (metadata) FROM traces",
    "SELECT * REPLACE (upper(status) AS status) FROM traces",
    "SELECT COLUMNS('.*_at') FROM traces",
    "SELECT [x * 2 FOR x IN [1, 2]]",
    "SELECT list_transform([1, 2], lambda x: x + 1)",
    "SELECT {'a': 1, 'b': 'x'}",
    "SELECT MAP {'a': 1}",
    "SELECT struct_pack(a := 1)",
    "SELECT list(function_name) FROM functions",
    "SELECT string_agg(function_name, ', ' ORDER BY function_name) FROM functions",
    "SELECT regexp_extract(function_name, '(.*)\\.', 1) FROM functions",
    "SELECT * FROM functions WHERE function_name LIKE 'Cart.%'",
    "SELECT * FROM functions WHERE function_name SIMILAR TO 'a.*'",
    "SELECT * FROM functions WHERE function_name GLOB '*.total'",
    "SELECT levenshtein('a', 'b'), jaro_winkler_similarity('ab', 'ac')",
    "DESCRIBE calls",
    "DESCRIBE SELECT * FROM calls",
    "SHOW TABLES",
    "SHOW ALL TABLES",
    "SUMMARIZE calls",
    "SELECT * FROM duckdb_tables()",
    "SELECT column_name FROM duckdb_columns() WHERE table_name = 'calls'",
    "SELECT * FROM pragma_table_info('calls')",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM information_schema.columns",
    "SELECT view_name FROM duckdb_views() WHERE NOT internal",
    "SELECT version()",
    "SELECT current_setting('threads')",
    "PIVOT functions ON category IN ('app', 'stdlib') USING count(*)",
    "UNPIVOT (SELECT 1 AS a, 2 AS b) ON a, b",
    "SELECT * FROM traces TABLESAMPLE 10 PERCENT",
    "SELECT * FROM traces USING SAMPLE 5",
    "SELECT 1 UNION SELECT 2 INTERSECT SELECT 2 EXCEPT SELECT 3",
    "SELECT * FROM (SELECT 1 AS a) UNION ALL BY NAME SELECT 2 AS b",
    "SELECT status, count(*) FROM traces GROUP BY ROLLUP (status)",
    "SELECT status, count(*) FROM traces GROUP BY GROUPING SETS ((status), ())",
    "SELECT count(*) FILTER (WHERE status = 'failed') FROM traces",
    "SELECT arg_max(function_name, duration_ns) FROM calls",
    "SELECT histogram(depth) FROM calls",
    "SELECT * FROM histogram(calls, depth)",
    "SELECT bar(1, 0, 10)",
    "SELECT format('{} {}', 1, 'a'), printf('%d', 1)",
    "SELECT 1::HUGEINT << 100",
    "SELECT '2026-01-31'::DATE + 1",
    "SELECT uuid()",
    "SELECT md5('a'), sha256('a')",
    "SELECT random() < 2",
    "SELECT \"select\" FROM (SELECT 1 AS \"select\")",
    "SELECT 1 AS \"delete from traces\"",
    "SELECT 'query(''x'')', 'enable_logging()' AS \"function_name\"",
    "SELECT '\"function_name\":\"enable_logging\"'",
    "SELECT '\"type\":\"TABLE_FUNCTION\"'",
    "SELECT 'gr\xc3\xb6\xc3\x9f\x65 \xe6\x97\xa5\xe6\x9c\xac'",
};
/* How the same is written by other hands. */
static const char *const HANDS[] = {"%s", "%s;", "\n  %s\n;\n", "-- what I want; really\n%s",
                                    "/* a ; b */ %s -- done; ok"};

static char folder[64], path[128];
static struct store *store;

static int setup(void **state)
{
    char canary[128];

    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/breadcrumb-guard-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/sub/traces.duckdb", folder);
    snprintf(canary, sizeof(canary), "%s/canary", folder);
    assert_int_equal(io_write_atomic(canary, CANARY "\n", strlen(CANARY) + 1, 0600, NULL), 0);
    assert_int_equal(store_open(&store, path, STORE_WRITE, 0, NULL), 0);
    store_close(store);
    store = NULL;
    assert_int_equal(store_open(&store, path, STORE_READ, 0, NULL), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    store_close(store);
    return io_remove_tree(folder, NULL);
}

static char *fill(const char *pattern, const char *what)
{
    struct buf out = BUF_INIT(8192);

    for (; *pattern != '\0'; pattern++) {
        if (pattern[0] != '%' || pattern[1] != 's') {
            buf_putc(&out, *pattern);
            continue;
        }
        pattern++;
        for (const char *p = what; *p != '\0'; p++)
            if (*p == '@')
                buf_puts(&out, folder);
            else
                buf_putc(&out, *p);
    }
    return buf_detach(&out);
}

/* Runs a person's query to its end. 0 or the error; the canary may be in no cell. */
static int run(const char *sql, struct error *err)
{
    struct store_query query = {
        .sql = sql, .form = STORE_AS_JSON, .from_user = true, .timeout_ms = 20000};
    struct rows *rows = NULL;
    int ret = store_query(store, &query, &rows, err);

    while (ret == 0 && (ret = rows_next(rows, err)) > 0) {
        if (strstr(rows_text(rows, 0, NULL), CANARY) != NULL)
            fail_msg("the canary was heard: %s", sql);
        ret = 0;
    }
    rows_free(rows);
    return ret;
}

static void refuse_all(const char *const *what, size_t n, const char *const *patterns,
                       size_t npatterns, size_t *count)
{
    for (size_t i = 0; i < n; i++)
        for (size_t p = 0; p < npatterns; p++) {
            struct error err = {0};
            char *sql = fill(patterns[p], what[i]);

            ++*count;
            if (run(sql, &err) == 0)
                fail_msg("this was allowed: %s", sql);
            if (err.code != ERR_INVALID_QUERY)
                fail_msg("%s: %s: %s", sql, error_name(err.code), err.message);
            free(sql);
        }
}

static size_t files_in(const char *name)
{
    DIR *dir = opendir(name);
    size_t n = 0;

    assert_non_null(dir);
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n;
}

static void nothing_escapes(void **state)
{
    struct buf before = BUF_INIT(64 << 20), after = BUF_INIT(64 << 20);
    char sub[100];
    size_t attempts = 0;

    (void)state;
    snprintf(sub, sizeof(sub), "%s/sub", folder);
    assert_int_equal(io_read_file(path, &before, NULL), 0);
    refuse_all(STATEMENTS, ARRAY_SIZE(STATEMENTS), DISGUISES, ARRAY_SIZE(DISGUISES), &attempts);
    refuse_all(REACHING, ARRAY_SIZE(REACHING), WRAPPINGS, ARRAY_SIZE(WRAPPINGS), &attempts);
    assert_int_equal(io_read_file(path, &after, NULL), 0);
    assert_int_equal(before.len, after.len);
    assert_memory_equal(before.data, after.data, before.len);
    assert_int_equal(files_in(folder), 4); /* . .. canary sub */
    assert_int_equal(files_in(sub), 3);    /* . .. traces.duckdb */
    assert_true(attempts >= 300);
    print_message("%zu attempts\n", attempts);
    buf_release(&before);
    buf_release(&after);
}

static void nothing_honest_is_refused(void **state)
{
    size_t queries = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(LEGITIMATE); i++)
        for (size_t h = 0; h < ARRAY_SIZE(HANDS); h++) {
            struct error err = {0};
            char *sql = fill(HANDS[h], LEGITIMATE[i]);

            queries++;
            if (run(sql, &err) < 0)
                fail_msg("refused: %s\n%s", sql, err.message);
            free(sql);
        }
    assert_true(queries >= 200);
    print_message("%zu queries\n", queries);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_escapes),
        cmocka_unit_test(nothing_honest_is_refused),
    };

    return cmocka_run_group_tests_name("guard corpus", tests, setup, teardown);
}
