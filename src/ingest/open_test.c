/* open_test.c - the one door: what it takes in, when it gives way, how far it says it is behind; folders that go. */
#include "base/base.h"

#include "base/clock.h"
#include "ingest/bench_test.h"
#include "ingest/open.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

static struct ingest_report ask_calls(struct bench *b, int64_t expected)
{
    struct ingest_report report;
    struct store *store = NULL;
    struct error err = {0};
    int64_t n = -1;

    if (ingest_open(b->db, &store, &report, &err) < 0)
        fail_msg("%s", err.message);
    assert_int_equal(store_query_int(store, "SELECT count(*) FROM calls", &n, &err), 0);
    assert_int_equal(n, expected);
    store_close(store);
    return report;
}

static void test_takes_in(void **state)
{
    struct bench *b = *state;
    uint32_t f = testtrail_code(&b->trail, "f", 0, 0, NULL);
    struct ingest_report report;

    ask_calls(b, 0); /* that it runs is known before it has called anything */
    bench_expect(b, "SELECT count(*), any_value(status) FROM traces", "1 running");
    testtrail_call(&b->trail, 1, f, 0);
    report = ask_calls(b, 1);
    assert_int_equal(report.events, 1);
    assert_int_equal(report.behind_events, 0);
    assert_int_equal(ask_calls(b, 1).events, 0); /* nothing new */
    testtrail_return(&b->trail, 1);
    assert_int_equal(ask_calls(b, 1).events, 1);
    bench_expect(b, "SELECT status FROM traces", "running");
    testtrail_kill(&b->trail);
    ask_calls(b, 1);
    bench_expect(b, "SELECT status, end_reason FROM traces", "failed unknown");
    assert_false(io_exists(b->trail.dir.path));
    assert_true(io_exists(b->run));
}

/* Another process has the database open for a while. */
static pid_t hold(struct bench *b, enum store_mode mode, int ms)
{
    int ready[2];
    char c;
    pid_t pid;

    assert_int_equal(pipe(ready), 0);
    pid = fork();
    if (pid == 0) {
        struct store *store = NULL;

        if (store_open(&store, b->db, mode, 1000, NULL) < 0 || write(ready[1], "x", 1) != 1)
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

static void test_gives_way_to_a_reader(void **state)
{
    struct bench *b = *state;
    uint32_t f = testtrail_code(&b->trail, "f", 0, 0, NULL);
    struct ingest_report report;
    int64_t start;
    pid_t pid;

    testtrail_call(&b->trail, 1, f, 0);
    ask_calls(b, 1);
    for (int i = 0; i < 10; i++)
        testtrail_call(&b->trail, 1, f, 0);
    pid = hold(b, STORE_READ, 60000);
    start = clock_mono_ns();
    report = ask_calls(b, 1); /* what is stored */
    assert_true(clock_mono_ns() - start < 9000000000);
    assert_true(report.locked);
    assert_int_equal(report.behind_events, 10);
    assert_true(report.behind_bytes > 0);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    report = ask_calls(b, 11);
    assert_false(report.locked);
}

static void test_waits_for_a_writer(void **state)
{
    struct bench *b = *state;
    uint32_t f = testtrail_code(&b->trail, "f", 0, 0, NULL);
    pid_t pid;

    testtrail_call(&b->trail, 1, f, 0);
    ask_calls(b, 1);
    pid = hold(b, STORE_WRITE, 1000);
    ask_calls(b, 1);
    waitpid(pid, NULL, 0);
}

static void test_nothing_there(void **state)
{
    struct bench *b = *state;
    struct store *store = NULL;
    struct ingest_report report;
    struct error err = {0};

    testtrail_kill(&b->trail);
    io_remove_tree(b->trails, NULL);
    assert_int_equal(ingest_open(b->db, &store, &report, &err), ERR_DATABASE_NOT_FOUND);
    assert_null(store);
    assert_false(io_exists(b->db));
}

static void test_failure_is_told_and_the_store_answers(void **state)
{
    struct bench *b = *state;
    struct store *store = NULL;
    struct ingest_report report;
    struct error err = {0};

    /* A database that cannot be made. */
    snprintf(b->db, sizeof(b->db), "%s/no.duckdb", b->dir);
    assert_int_equal(mkdir(b->db, 0700), 0);
    assert_int_equal(ingest_open(b->db, &store, &report, &err), ERR_SYSTEM);
    assert_non_null(strstr(err.message, "directory"));
}

static void write_exits(struct bench *b, const char *text)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/exits", b->run);
    assert_int_equal(io_write_atomic(path, text, strlen(text), 0600, NULL), 0);
}

static void test_exits(void **state)
{
    struct bench *b = *state;
    char line[128];

    testtrail_kill(&b->trail);
    snprintf(line, sizeof(line), "1 exit 0 5\nnonsense\n%d signal 9 1700000005000000000\n",
             getpid());
    write_exits(b, line);
    bench_ingest(b, true);
    bench_expect(b, "SELECT status, end_reason, exit_code, ended_at FROM traces",
                 "failed signal -9 2023-11-14 22:13:25");
}

/* The news that `run` brings may come after the trail was taken in by somebody else. */
static void test_exits_later(void **state)
{
    struct bench *b = *state;
    struct ingest_options options = {
        .only_run = "run-1", .run_over = true, .delete_consumed = true};
    struct ingest_report report;
    char line[128];

    testtrail_kill(&b->trail);
    bench_ingest(b, true);
    bench_expect(b, "SELECT status, end_reason FROM traces", "failed unknown");
    snprintf(line, sizeof(line), "%d timeout 15 1700000005000000000\n", getpid());
    write_exits(b, line);
    assert_int_equal(ingest_run(b->db, b->trails, &options, &report, NULL), 0);
    bench_expect(b, "SELECT status, end_reason, exit_code FROM traces", "failed timeout -");
    assert_false(io_exists(b->run)); /* the run is over, and so its folder goes */
    assert_true(io_exists(b->trails));
}

static void test_two_processes_two_traces(void **state)
{
    struct bench *b = *state;
    struct testtrail *other = calloc(1, sizeof(*other));
    uint32_t f = testtrail_code(&b->trail, "f", 0, 0, NULL), g;

    assert_non_null(other);
    testtrail_open(other, b->run);
    g = testtrail_code(other, "f", 0, 0, NULL); /* the same function */
    testtrail_call(&b->trail, 1, f, 0);
    testtrail_call(other, 1, g, 0);
    testtrail_finish(other, 0);
    ask_calls(b, 2);
    bench_expect(
        b, "SELECT count(*), count(DISTINCT trace_id), count(DISTINCT function_id) FROM calls",
        "2 2 1");
    bench_expect(b, "SELECT count(*), count(DISTINCT run_id) FROM traces", "2 1");
    free(other);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, bench_setup, bench_teardown)
    const struct CMUnitTest tests[] = {
        T(test_takes_in),
        T(test_gives_way_to_a_reader),
        T(test_waits_for_a_writer),
        T(test_nothing_there),
        T(test_failure_is_told_and_the_store_answers),
        T(test_exits),
        T(test_exits_later),
        T(test_two_processes_two_traces),
    };

    return cmocka_run_group_tests_name("open", tests, NULL, NULL);
}
