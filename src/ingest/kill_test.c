/*
 * kill_test.c - an ingest that is killed with SIGKILL at random moments, again and again: in the end every row is there, once.
 * And one that has no room on the disk: a clean error, and nothing is lost.
 */
#include "base/base.h"

#include "ingest/bench_test.h"
#include "ingest/testprogram.h"

#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#if defined(__SANITIZE_ADDRESS__)
#define KILLS 15 /* a store takes long to open there */
#else
#define KILLS 100
#endif
#define STEPS 15000
#define SEED 4711

static const struct ingest_options OPTIONS = {
    .wait_ms = 5000, .delete_consumed = true, .batch_rows = 1500};

enum end { KILLED, DONE, REFUSED };

/* A process that ingests, unless it is killed before. */
static enum end ingest_and_kill(struct bench *b, long after_us)
{
    struct ingest_report report;
    struct timespec pause = {after_us / 1000000, after_us % 1000000 * 1000};
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        struct error err = {0};
        int ret = ingest_run(b->db, b->trails, &OPTIONS, &report, &err);

        if (ret < 0)
            fprintf(stderr, "ingest said %d: %s\n", ret, err.message);
        _exit(ret < 0);
    }
    nanosleep(&pause, NULL);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status))
        return KILLED;
    return WEXITSTATUS(status) == 0 ? DONE : REFUSED;
}

static void make_trail(struct bench *b)
{
    struct testprogram p;

    testprogram_begin(&p, &b->trail, SEED, 3);
    for (int i = 0; i < STEPS; i++)
        testprogram_step(&p);
    testtrail_finish(&b->trail, 0);
}

/* What is there after an undisturbed ingest (Owned, free()), and how long that took. */
static char *expected_rows(long *ret_us)
{
    struct timespec began, ended;
    void *state;
    struct bench *b;
    char *rows;

    bench_setup(&state);
    b = state;
    make_trail(b);
    clock_gettime(CLOCK_MONOTONIC, &began);
    bench_ingest(b, true);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    *ret_us = (ended.tv_sec - began.tv_sec) * 1000000 + (ended.tv_nsec - began.tv_nsec) / 1000;
    rows = bench_everything(b);
    bench_teardown(&state);
    return rows;
}

static void test_kill(void **state)
{
    long whole_us;
    char *expected = expected_rows(&whole_us);
    uint64_t seed = 1;
    int kills = 0, refused = 0;

    (void)state;
    while (kills < KILLS) {
        void *s;
        struct bench *b;
        char *got;

        bench_setup(&s);
        b = s;
        make_trail(b);
        for (enum end end = KILLED; end != DONE;) {
            seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
            /* At any moment of it, and now and then behind its end. */
            end = ingest_and_kill(b, (long)((seed >> 33) % (uint64_t)(whole_us * 5 / 4)));
            kills += end == KILLED;
            refused += end == REFUSED; /* no loss, as long as the next one does it */
        }
        bench_ingest(b, true);
        got = bench_everything(b);
        bench_same(expected, got, "after kills");
        free(got);
        assert_false(io_exists(b->trail.dir.path));
        bench_teardown(&s);
    }
    free(expected);
    assert_in_range(refused, 0, 1);
}

/* The database on a disk of a few MB; the trail is elsewhere. Needs a mount, so root. */
static void test_full_disk(void **state)
{
    struct bench *b = *state;
    struct ingest_report report;
    struct error err = {0};
    long whole_us;
    char small[80], *expected = expected_rows(&whole_us), *got;
    int ret;

    snprintf(small, sizeof(small), "%s/small", b->dir);
    assert_int_equal(mkdir(small, 0700), 0);
    if (mount("tmpfs", small, "tmpfs", 0, "size=1500k") < 0) {
        free(expected);
        skip();
    }
    snprintf(b->db, sizeof(b->db), "%s/traces.duckdb", small);
    make_trail(b);
    ret = ingest_run(b->db, b->trails, &OPTIONS, &report, &err);
    if (ret != ERR_SYSTEM || strstr(err.message, "full") == NULL || err.suggestion[0] == '\0') {
        umount(small);
        fail_msg("%d: %s", ret, err.message);
    }
    assert_int_equal(mount("tmpfs", small, "tmpfs", MS_REMOUNT, "size=100m"), 0);
    bench_ingest(b, true);
    got = bench_everything(b);
    umount(small);
    bench_same(expected, got, "after the disk was full");
    free(got);
    free(expected);
}

static void test_read_only_disk(void **state)
{
    struct bench *b = *state;
    struct ingest_report report;
    struct error err = {0};
    char small[80];
    int ret;

    snprintf(small, sizeof(small), "%s/small", b->dir);
    assert_int_equal(mkdir(small, 0700), 0);
    if (mount("tmpfs", small, "tmpfs", MS_RDONLY, "size=1m") < 0)
        skip();
    snprintf(b->db, sizeof(b->db), "%s/traces.duckdb", small);
    ret = ingest_run(b->db, b->trails, &OPTIONS, &report, &err);
    umount(small);
    assert_int_equal(ret, ERR_SYSTEM);
    assert_non_null(strstr(err.message, "read-only"));
    assert_true(err.suggestion[0] != '\0');
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, bench_setup, bench_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kill),
        T(test_full_disk),
        T(test_read_only_disk),
    };

    return cmocka_run_group_tests_name("kill", tests, NULL, NULL);
}
