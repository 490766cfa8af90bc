/* bench_test.h - what the tests of this room share: a folder with trails and a database, ingesting, asking. Included by
 * tests only, behind base/base.h; brings cmocka. */
#ifndef INGEST_BENCH_TEST_H
#define INGEST_BENCH_TEST_H

#include <setjmp.h>

#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/io.h"
#include "ingest/ingest.h"
#include "ingest/testtrail.h"
#include "store/store.h"

struct bench {
    char dir[64], trails[96], run[128], db[96];
    struct testtrail trail;
};

static inline int bench_setup(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));

    assert_non_null(b);
    snprintf(b->dir, sizeof(b->dir), "/tmp/breadcrumb-ingest-XXXXXX");
    assert_non_null(mkdtemp(b->dir));
    snprintf(b->trails, sizeof(b->trails), "%s/trails", b->dir);
    snprintf(b->run, sizeof(b->run), "%s/run-1", b->trails);
    snprintf(b->db, sizeof(b->db), "%s/traces.duckdb", b->dir);
    assert_int_equal(io_make_dirs(b->run, 0700, NULL), 0);
    testtrail_open(&b->trail, b->run);
    *state = b;
    return 0;
}

static inline int bench_teardown(void **state)
{
    struct bench *b = *state;

    if (b->trail.dir.alive != NULL)
        testtrail_kill(&b->trail);
    io_remove_tree(b->dir, NULL);
    free(b);
    return 0;
}

static inline struct ingest_report bench_ingest(struct bench *b, bool delete_consumed)
{
    struct ingest_options options = {.wait_ms = 1000, .delete_consumed = delete_consumed};
    struct ingest_report report = {0};
    struct error err = {0};

    if (ingest_run(b->db, b->trails, &options, &report, &err) < 0)
        fail_msg("%s", err.message);
    return report;
}

/* All rows of a query, columns joined by spaces, rows by newlines. Owned by the caller. */
static inline char *bench_ask(const char *db, const char *sql)
{
    struct store_query query = {.sql = sql, .form = STORE_AS_TEXT, .from_user = true};
    struct buf out = BUF_INIT(LIMIT_ANSWER_BYTES);
    struct store *store = NULL;
    struct rows *rows = NULL;
    struct error err = {0};
    int r;

    if (store_open(&store, db, STORE_READ, 1000, &err) < 0 ||
        store_query(store, &query, &rows, &err) < 0)
        fail_msg("%s: %s", sql, err.message);
    while ((r = rows_next(rows, &err)) > 0) {
        if (out.len > 0)
            buf_putc(&out, '\n');
        for (size_t i = 0; i < rows_columns(rows); i++) {
            const char *text = rows_text(rows, i, NULL);

            buf_putf(&out, "%s%s", i > 0 ? " " : "", text != NULL ? text : "-");
        }
    }
    if (r < 0)
        fail_msg("%s: %s", sql, err.message);
    rows_free(rows);
    store_close(store);
    return buf_detach(&out);
}

static inline void bench_expect(struct bench *b, const char *sql, const char *expected)
{
    char *got = bench_ask(b->db, sql);

    if (strcmp(got, expected) != 0)
        fail_msg("%s\n--- expected\n%s\n--- got\n%s", sql, expected, got);
    free(got);
}

#define EDGES_SQL \
    "SELECT function_id, caller_function_id, parent_function_id, sum(calls), sum(total_ns) FROM edge_rows GROUP BY ALL ORDER BY ALL"

/* Who called whom, counted as the calls came in, is what a join of them says. */
static inline void bench_check_edges(struct bench *b)
{
    char *got = bench_ask(b->db, EDGES_SQL);
    char *expected = bench_ask(
        b->db, "SELECT c.function_id, c.caller_function_id, p.function_id AS parent, count(*), "
               "sum(c.duration_ns) FROM call_rows c LEFT JOIN (SELECT trace_id, call_id, "
               "function_id FROM call_rows UNION ALL SELECT trace_id, call_id, function_id FROM "
               "open_calls) p ON p.trace_id = c.trace_id AND p.call_id = c.parent_id "
               "GROUP BY ALL ORDER BY ALL");

    if (strcmp(got, expected) != 0)
        fail_msg("edges\n--- expected\n%.2000s\n--- got\n%.2000s", expected, got);
    free(got);
    free(expected);
}

#define NODES_SQL \
    "SELECT function_id, level, sum(calls) AS n, sum(total_ns) AS total, sum(self_ns) AS self, sum(raised) AS raised, arg_min(call_id, start_ns) AS first FROM node_rows GROUP BY node, function_id, level ORDER BY ALL"

/* The same from the calls themselves, walked from the outermost down. */
#define WALKED_SQL \
    "WITH RECURSIVE c AS (SELECT * EXCLUDE (trace_id) FROM call_rows UNION ALL BY NAME SELECT call_id, parent_id, function_id, thread_id FROM open_calls WHERE function_id IS NOT NULL), walk(call_id, key, level) AS (SELECT call_id, [thread_id, function_id], 0 FROM c WHERE parent_id IS NULL UNION ALL SELECT c.call_id, list_append(w.key, c.function_id), w.level + 1 FROM walk w JOIN c ON c.parent_id = w.call_id) SELECT c.function_id, w.level, count(*) AS n, sum(c.duration_ns) AS total, sum(c.duration_ns - c.suspended_ns - c.child_ns) AS self, count(*) FILTER (c.outcome = 1) AS raised, arg_min(c.call_id, c.start_ns) AS first FROM walk w JOIN call_rows c ON c.call_id = w.call_id GROUP BY w.key, c.function_id, w.level ORDER BY ALL"

/* Each path of calls, counted as they came in, is what a walk finds. */
static inline void bench_check_nodes(struct bench *b)
{
    char *got = bench_ask(b->db, NODES_SQL), *expected = bench_ask(b->db, WALKED_SQL);

    if (strcmp(got, expected) != 0)
        fail_msg("nodes\n--- expected\n%.2000s\n--- got\n%.2000s", expected, got);
    free(got);
    free(expected);
}

/* All rows of all tables, less what depends on when they were ingested. Owned by the caller. */
static inline char *bench_everything(struct bench *b)
{
    static const char *const questions[] = {
        "SELECT * EXCLUDE (trace_id) FROM calls ORDER BY call_id",
        "SELECT * EXCLUDE (trace_id) FROM call_rows ORDER BY call_id",
        "SELECT * EXCLUDE (trace_id) FROM open_calls ORDER BY call_id",
        "SELECT * EXCLUDE (trace_id, id, event_id, cause_id) FROM exceptions ORDER BY exception_id",
        "SELECT * EXCLUDE (trace_id) FROM lines ORDER BY line_id",
        "SELECT * EXCLUDE (trace_id) FROM stat_rows ORDER BY function_id",
        EDGES_SQL,
        NODES_SQL,
        "SELECT * EXCLUDE (trace_id) FROM threads ORDER BY stream",
        "SELECT * EXCLUDE (trace_id) FROM tasks ORDER BY task_id",
        "SELECT cause, function_id, sum(events), sum(bytes) FROM losses GROUP BY ALL ORDER BY ALL",
        "SELECT * FROM functions ORDER BY id",
        "SELECT count(*), status, end_reason FROM traces GROUP BY ALL",
        "SELECT count(*) FROM consumed",
    };
    struct buf all = BUF_INIT(LIMIT_ANSWER_BYTES);

    for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
        char *answer = bench_ask(b->db, questions[i]);

        buf_puts(&all, questions[i]);
        buf_putc(&all, '\n');
        buf_puts(&all, answer);
        buf_puts(&all, "\n\n");
        free(answer);
    }
    assert_false(all.failed);
    bench_check_edges(b);
    bench_check_nodes(b);
    return buf_detach(&all);
}

/* Shows the first line that differs. */
static inline void bench_same(const char *expected, const char *got, const char *what)
{
    size_t i = 0;

    if (strcmp(expected, got) == 0)
        return;
    while (expected[i] == got[i])
        i++;
    while (i > 0 && expected[i - 1] != '\n')
        i--;
    fail_msg("%s:\n--- expected\n%.400s\n--- got\n%.400s", what, expected + i, got + i);
}

#endif
