/* store_test.c - opening, asking, refusing; every way in which a database cannot be used. */
#include "base/base.h"

#include "base/clock.h"
#include "base/io.h"
#include "base/uuid.h"
#include "store/batch.h"
#include "store/store.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];
static char path[128];

static int setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/breadcrumb-store-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/sub/traces.duckdb", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return io_remove_tree(folder, NULL);
}

static struct store *open_store(enum store_mode mode)
{
    struct store *store = NULL;
    struct error err = {0};

    if (store_open(&store, path, mode, 0, &err) < 0)
        fail_msg("%s", err.message);
    return store;
}

static void make_store(void)
{
    store_close(open_store(STORE_WRITE));
}

/* The first cell of a user's query in a form, or the name of the error. */
static const char *ask(struct store *store, const char *sql, enum store_form form, bool from_user)
{
    static char text[4096];
    struct store_query query = {
        .sql = sql, .form = form, .from_user = from_user, .timeout_ms = 20000};
    struct rows *rows = NULL;
    struct error err = {0};
    int r = store_query(store, &query, &rows, &err);

    if (r == 0)
        r = rows_next(rows, &err);
    if (r < 0)
        snprintf(text, sizeof(text), "%s: %s", error_name(err.code), err.message);
    else if (r == 0)
        snprintf(text, sizeof(text), "no row");
    else
        snprintf(text, sizeof(text), "%s", rows_null(rows, 0) ? "NULL" : rows_text(rows, 0, NULL));
    rows_free(rows);
    return text;
}

/* ---- opening -------------------------------------------------------------------------------- */

static void test_makes_folder_and_schema(void **state)
{
    struct stat st;
    struct store *store;

    (void)state;
    make_store();
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    store = open_store(STORE_READ);
    assert_string_equal(store_schema_version(store), store_schema_newest());
    assert_string_equal(ask(store, "SELECT max(version) FROM schema_version", STORE_TYPED, true),
                        "1.2.0");
    store_close(store);
}

static void test_all_views_can_be_asked(void **state)
{
    static const char *const names[] = {"traces", "trace_events",   "exceptions", "functions",
                                        "calls",  "function_stats", "lines",      "threads",
                                        "tasks",  "losses"};
    struct store *store;

    (void)state;
    make_store();
    store = open_store(STORE_READ);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        char sql[128];

        snprintf(sql, sizeof(sql), "SELECT count(*) FROM (SELECT * FROM %s)", names[i]);
        assert_string_equal(ask(store, sql, STORE_TYPED, true), "0");
        assert_non_null(strstr(store_table_names(), names[i]));
    }
    store_close(store);
}

static void expect_open_error(enum store_mode mode, int code, const char *part)
{
    struct store *store = NULL;
    struct error err = {0};

    assert_int_equal(store_open(&store, path, mode, 0, &err), code);
    assert_null(store);
    assert_int_equal(err.code, code);
    if (strstr(err.message, part) == NULL)
        fail_msg("'%s' is not in '%s'", part, err.message);
    assert_true(err.suggestion[0] != '\0');
}

static void write_file(const char *bytes, size_t len)
{
    FILE *f;
    char sub[128];

    snprintf(sub, sizeof(sub), "%s/sub", folder);
    mkdir(sub, 0700);
    f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    fclose(f);
}

static void test_refusals(void **state)
{
    static const char zeros[64];

    (void)state;
    expect_open_error(STORE_READ, ERR_DATABASE_NOT_FOUND, "no such file");
    write_file("", 0);
    expect_open_error(STORE_READ, ERR_DATABASE_CORRUPT, "not a database");
    expect_open_error(STORE_WRITE, ERR_DATABASE_CORRUPT, "not a database");
    write_file(zeros, sizeof(zeros));
    expect_open_error(STORE_WRITE, ERR_DATABASE_CORRUPT, "not a database");
    write_file("\0\0\0\0\0\0\0\0DUCK garbage garbage", 28);
    expect_open_error(STORE_READ, ERR_DATABASE_CORRUPT, "damaged");
    unlink(path);
    mkdir(path, 0700);
    expect_open_error(STORE_READ, ERR_SYSTEM, "directory");
    expect_open_error(STORE_WRITE, ERR_SYSTEM, "directory");
    rmdir(path);
    snprintf(path, sizeof(path), "/proc/nowhere/x.duckdb");
    expect_open_error(STORE_WRITE, ERR_SYSTEM, "/proc/nowhere");
}

static void test_newer_schema_is_refused_untouched(void **state)
{
    struct store *store;
    struct error err = {0};

    (void)state;
    make_store();
    store = open_store(STORE_WRITE);
    assert_int_equal(
        store_exec(store, "INSERT INTO schema_version VALUES ('1.10.0', now()::TIMESTAMP, '9')",
                   NULL, 0, &err),
        0);
    store_close(store);
    expect_open_error(STORE_READ, ERR_DATABASE_VERSION, "schema 1.10.0");
    expect_open_error(STORE_WRITE, ERR_DATABASE_VERSION, "schema 1.10.0");
}

/* Another process holds the database for `ms`. */
static pid_t hold(enum store_mode mode, int ms)
{
    int ready[2];
    char c;
    pid_t pid;

    assert_int_equal(pipe(ready), 0);
    pid = fork();
    if (pid == 0) {
        struct store *store = NULL;

        if (store_open(&store, path, mode, 0, NULL) < 0 || write(ready[1], "x", 1) != 1)
            _exit(1);
        usleep((useconds_t)ms * 1000);
        store_close(store);
        _exit(0);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &c, 1), 1);
    close(ready[0]);
    return pid;
}

static void let_go(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void test_locked(void **state)
{
    pid_t pid;

    (void)state;
    make_store();
    pid = hold(STORE_WRITE, 60000);
    expect_open_error(STORE_READ, ERR_DATABASE_LOCKED, "temporarily locked");
    expect_open_error(STORE_WRITE, ERR_DATABASE_LOCKED, "temporarily locked");
    let_go(pid);
    pid = hold(STORE_READ, 60000); /* readers do not shut out readers */
    store_close(open_store(STORE_READ));
    expect_open_error(STORE_WRITE, ERR_DATABASE_LOCKED, "temporarily locked");
    let_go(pid);
}

static void test_waits_for_the_lock(void **state)
{
    struct store *store = NULL;
    struct error err = {0};
    pid_t pid;

    (void)state;
    make_store();
    pid = hold(STORE_WRITE, 300);
    assert_int_equal(store_open(&store, path, STORE_READ, 20000, &err), 0);
    store_close(store);
    waitpid(pid, NULL, 0);
}

/* ---- asking --------------------------------------------------------------------------------- */

static void test_types_and_text(void **state)
{
    static const char *const cases[][2] = {
        {"1", "1"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"18446744073709551615::UBIGINT", "18446744073709551615"},
        {"170141183460469231731687303715884105727::HUGEINT",
         "170141183460469231731687303715884105727"},
        {"-1::HUGEINT", "-1"},
        {"0.1::DOUBLE", "0.1"},
        {"1e300", "1e+300"},
        {"true", "true"},
        {"'h\xc3\xa9'", "h\xc3\xa9"},
        {"NULL", "NULL"},
        {"TIMESTAMP '2026-01-31 12:00:00.5'", "2026-01-31 12:00:00.500000"},
        {"TIMESTAMP '1969-12-31 23:59:59.9'", "1969-12-31 23:59:59.900000"},
        {"DATE '2026-01-31'", "2026-01-31"},
        {"'00112233-4455-6677-8899-aabbccddeeff'::UUID", "00112233-4455-6677-8899-aabbccddeeff"},
        {"'ffeeddcc-bbaa-9988-7766-554433221100'::UUID", "ffeeddcc-bbaa-9988-7766-554433221100"},
    };
    struct store *store;

    (void)state;
    make_store();
    store = open_store(STORE_READ);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char sql[256];

        snprintf(sql, sizeof(sql), "SELECT %s", cases[i][0]);
        assert_string_equal(ask(store, sql, STORE_TYPED, false), cases[i][1]);
    }
    assert_string_equal(ask(store, "SELECT [1, 2]", STORE_AS_TEXT, true), "[1, 2]");
    assert_string_equal(ask(store, "SELECT INTERVAL 3 DAYS", STORE_AS_TEXT, true), "3 days");
    assert_string_equal(ask(store, "SELECT 1.10::DECIMAL(10,2)", STORE_AS_TEXT, true), "1.10");
    store_close(store);
}

static void test_json(void **state)
{
    static const char *const cases[][2] = {
        {"SELECT 1 AS b, 'x' AS a", "{\"b\":1,\"a\":\"x\"}"},
        {"SELECT 1 AS a, 2 AS a", "{\"a\":1,\"a_1\":2}"},
        {"SELECT 'NaN'::DOUBLE a, [-'inf'::DOUBLE] b, 'say \"NaN\\' c",
         "{\"a\":\"NaN\",\"b\":[\"-Infinity\"],\"c\":\"say \\\"NaN\\\\\"}"},
        {"SELECT 18446744073709551615::UBIGINT a", "{\"a\":18446744073709551615}"},
        {"SELECT '\\xAA'::BLOB a", "{\"a\":\"\\\\xAA\"}"},
        {"SELECT chr(0) || 'x' a", "{\"a\":\"\\u0000x\"}"},
        {"SELECT '{\"k\": 1}'::JSON a", "{\"a\":{\"k\":1}}"},
        {"SELECT 1 AS t; -- and; a comment", "{\"t\":1}"},
        {"SELECT 1 AS t -- and a comment", "{\"t\":1}"},
        {" ;SELECT ';' AS t /* ; */ ;", "{\"t\":\";\"}"},
        {"SELECT $$;$$ AS t, e'\\';' u;", "{\"t\":\";\",\"u\":\"';\"}"},
        {"FROM range(3) t(i) ORDER BY i DESC", "{\"i\":2}"},
        {"VALUES (1, 2)", "{\"col0\":1,\"col1\":2}"},
        {"SELECT column_name FROM (DESCRIBE traces) LIMIT 1", "{\"column_name\":\"id\"}"},
    };
    struct store *store;

    (void)state;
    make_store();
    store = open_store(STORE_READ);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_string_equal(ask(store, cases[i][0], STORE_AS_JSON, true), cases[i][1]);
    store_close(store);
}

static void test_params(void **state)
{
    struct store_param params[] = {store_int("i", 40), store_double("d", 1.5),
                                   store_text("t", "it's"), store_text("n", NULL),
                                   store_int("unused", 1)};
    struct store_query query = {.sql = "SELECT $i + 2, $d, $t, $n", .params = params, .nparams = 5};
    struct store *store;
    struct rows *rows = NULL;
    struct error err = {0};

    (void)state;
    make_store();
    store = open_store(STORE_READ);
    if (store_query(store, &query, &rows, &err) < 0)
        fail_msg("%s", err.message);
    assert_int_equal(rows_columns(rows), 4);
    assert_int_equal(rows_next(rows, NULL), 1);
    assert_int_equal(rows_int(rows, 0), 42);
    assert_true(rows_double(rows, 1) == 1.5);
    assert_string_equal(rows_text(rows, 2, NULL), "it's");
    assert_true(rows_null(rows, 3));
    assert_int_equal(rows_next(rows, NULL), 0);
    assert_int_equal(rows_next(rows, NULL), 0);
    rows_free(rows);
    store_close(store);
}

static const char *const REFUSED[] = {
    "DELETE FROM traces",
    "SELECT 1; SELECT 2",
    "",
    "-- nothing",
    "SELEC 1",
    "INSERT INTO traces SELECT * FROM traces",
    "DROP TABLE traces",
    "UPDATE traces SET pid = 1",
    "CREATE TABLE x(i INT)",
    "CREATE TEMP TABLE x AS SELECT 1",
    "ATTACH 'x.db'",
    "COPY traces TO '/tmp/breadcrumb-escape'",
    "EXPORT DATABASE '/tmp/breadcrumb-escape'",
    "PRAGMA threads=4",
    "SET threads=4",
    "CALL pragma_version()",
    "INSTALL httpfs",
    "LOAD httpfs",
    "EXPLAIN SELECT 1",
    "PREPARE p AS SELECT 1",
    "BEGIN",
    "CHECKPOINT",
    "VACUUM",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM '/etc/passwd.csv'",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM read_json('/etc/passwd')",
    "SELECT * FROM nowhere",
    "SELECT 1) t; DROP TABLE traces; --",
    "SELECT 1) AS x, (SELECT 2",
    "SELECT getenv('HOME')",
};
static const char *const FINE[] = {
    "SELECT 'DELETE FROM traces; DROP'",
    "WITH x AS (SELECT 1) SELECT * FROM x",
    "SHOW TABLES",
    "DESCRIBE traces",
    "SUMMARIZE traces",
    "FROM traces SELECT count(*)",
    "SELECT count(*) FROM traces -- DROP",
    "TABLE functions",
    "VALUES (1)",
};

static void test_guard(void **state)
{
    struct store *store;

    (void)state;
    make_store();
    store = open_store(STORE_READ);
    for (size_t i = 0; i < ARRAY_SIZE(REFUSED); i++) {
        for (int form = STORE_TYPED; form <= STORE_AS_JSON; form++) {
            const char *answer = ask(store, REFUSED[i], (enum store_form)form, true);

            if (strncmp(answer, "InvalidQueryError: ", 19) != 0)
                fail_msg("%s: %s", REFUSED[i], answer);
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(FINE); i++) {
        for (int form = STORE_TYPED; form <= STORE_AS_JSON; form++) {
            const char *answer = ask(store, FINE[i], (enum store_form)form, true);

            if (strstr(answer, "Error: ") != NULL)
                fail_msg("%s: %s", FINE[i], answer);
        }
    }
    store_close(store);
    assert_false(io_exists("/tmp/breadcrumb-escape"));
}

#define SLOW \
    "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range * b.range % 7 = 3"

static void test_timeout(void **state)
{
    struct store_query query = {.sql = SLOW, .timeout_ms = 200, .from_user = true};
    struct store *store;
    struct rows *rows = NULL;
    struct error err = {0};
    int64_t start = clock_mono_ns();
    int r;

    (void)state;
    make_store();
    store = open_store(STORE_READ);
    r = store_query(store, &query, &rows, &err);
    if (r == 0)
        r = rows_next(rows, &err);
    assert_int_equal(r, ERR_QUERY_TIMEOUT);
    assert_string_equal(err.message, "Query exceeded 0.2 second timeout");
    assert_true(clock_mono_ns() - start < 5000000000);
    rows_free(rows);
    assert_string_equal(ask(store, "SELECT 1", STORE_TYPED, true),
                        "1"); /* the store is still good */
    store_close(store);
}

static void test_rows_stream_and_nest(void **state)
{
    struct store_query query = {.sql = "SELECT i FROM range(50000000) t(i)"};
    struct store *store;
    struct rows *rows = NULL;

    (void)state;
    make_store();
    store = open_store(STORE_READ);
    assert_int_equal(store_query(store, &query, &rows, NULL), 0);
    for (int i = 0; i < 5000; i++) {
        assert_int_equal(rows_next(rows, NULL), 1);
        assert_int_equal(rows_int(rows, 0), i);
        if (i % 1000 == 0)
            assert_string_equal(ask(store, "SELECT 7", STORE_TYPED, false), "7");
    }
    rows_free(rows);
    store_close(store);
}

/* What DuckDB 1.5.5 answers with an internal error once in some hundreds when two threads share it. */
static void test_windows_are_answered(void **state)
{
    static const char sql[] =
        "WITH c AS (SELECT i AS x FROM range(1) t(i)), p AS (SELECT * FROM c WHERE x >= 5000 "
        "UNION ALL SELECT * FROM c WHERE NOT EXISTS (SELECT 1 FROM c WHERE x >= 5000)) "
        "SELECT count(*) OVER () FROM p ORDER BY x DESC LIMIT 5";
    struct store *store;

    (void)state;
    make_store();
    store = open_store(STORE_READ);
    for (int i = 0; i < 1500; i++)
        assert_string_equal(ask(store, sql, STORE_TYPED, false), "1");
    store_close(store);
}

/* ---- writing -------------------------------------------------------------------------------- */

static void test_batch(void **state)
{
    struct uuid u;
    struct store *store;
    struct batch *batch = NULL;
    struct error err = {0};

    (void)state;
    assert_true(uuid_parse("f0112233-4455-6677-8899-aabbccddeeff", &u));
    make_store();
    store = open_store(STORE_WRITE);
    assert_int_equal(store_begin(store, &err), 0);
    assert_int_equal(batch_open(&batch, store, "line_rows", &err), 0);
    for (int i = 0; i < 5000; i++) {
        char text[64];

        snprintf(text, sizeof(text), "{\"a number that is long enough\":%d}", i);
        batch_put_uuid(batch, 0, &u);
        batch_put_u64(batch, 1, (uint64_t)i);
        batch_put_i32(batch, 3, -i);
        batch_put_i64(batch, 5, (int64_t)i * 1000000007);
        if (i % 3 == 0)
            batch_put_text(batch, 7, text, strlen(text));
        assert_int_equal(batch_end_row(batch, &err), 0);
    }
    assert_int_equal(batch_rows(batch), 5000);
    assert_int_equal(batch_close(batch, &err), 0);
    assert_int_equal(store_commit(store, &err), 0);
    store_close(store);
    store = open_store(STORE_READ);
    assert_string_equal(ask(store, "SELECT trace_id FROM line_rows LIMIT 1", STORE_TYPED, true),
                        "f0112233-4455-6677-8899-aabbccddeeff");
    assert_string_equal(ask(store,
                            "SELECT count(*) FROM line_rows WHERE trace_id = "
                            "'f0112233-4455-6677-8899-aabbccddeeff' "
                            "AND function_id = -line_id::INT AND at_ns = line_id * 1000000007 AND "
                            "call_id IS NULL AND "
                            "(locals->>'a number that is long enough')::INT IS NOT DISTINCT FROM "
                            "(CASE WHEN line_id % 3 = 0 THEN line_id::INT END)",
                            STORE_TYPED, true),
                        "5000");
    store_close(store);
}

static void test_rollback(void **state)
{
    struct store *store;
    struct batch *batch = NULL;
    int64_t n = -1;

    (void)state;
    make_store();
    store = open_store(STORE_WRITE);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(store_begin(store, NULL), 0);
        assert_int_equal(batch_open(&batch, store, "tasks", NULL), 0);
        for (int i = 0; i < 3000; i++) {
            batch_put_u64(batch, 1, (uint64_t)i);
            assert_int_equal(batch_end_row(batch, NULL), 0);
        }
        if (round == 0)
            batch_free(batch);
        else
            assert_int_equal(batch_close(batch, NULL), 0);
        store_rollback(store);
        assert_int_equal(store_query_int(store, "SELECT count(*) FROM tasks", &n, NULL), 0);
        assert_int_equal(n, 0);
    }
    store_close(store);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_makes_folder_and_schema),
        T(test_all_views_can_be_asked),
        T(test_refusals),
        T(test_newer_schema_is_refused_untouched),
        T(test_locked),
        T(test_waits_for_the_lock),
        T(test_types_and_text),
        T(test_json),
        T(test_params),
        T(test_guard),
        T(test_timeout),
        T(test_rows_stream_and_nest),
        T(test_windows_are_answered),
        T(test_batch),
        T(test_rollback),
    };

    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
