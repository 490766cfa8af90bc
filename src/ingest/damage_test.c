/* damage_test.c - a trail with something broken in it: what is readable is kept, what is lost is counted. */
#include "base/base.h"

#include "ingest/bench_test.h"
#include "ingest/testprogram.h"

#include <fcntl.h>
#include <sys/stat.h>

static void segment_path(struct bench *b, char path[256], uint32_t stream, uint32_t index)
{
    snprintf(path, 256, "%s/thread-%u.%u", b->trail.dir.path, stream, index);
}

/* Overwrites bytes in the middle of a file. */
static void scribble(const char *path, off_t at, size_t len)
{
    static const char garbage[4096] = {[0 ... 4095] = (char)0xee};
    int fd = open(path, O_WRONLY);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, garbage, len, at), len);
    close(fd);
}

/* f( g() g() g() ... ), `n` times g, with a SYNC behind each hundred. */
static uint32_t write_nest(struct testtrail *t, int n)
{
    uint32_t f = testtrail_code(t, "f", 0, 0, NULL), g = testtrail_code(t, "g", 0, 0, NULL);

    testtrail_call(t, 1, f, 0);
    for (int i = 0; i < n; i++) {
        testtrail_tick(t, 10);
        testtrail_call(t, 1, g, 2);
        testtrail_tick(t, 5);
        testtrail_return(t, 1);
        if (i % 100 == 99)
            testtrail_sync(t, 1);
    }
    testtrail_return(t, 1);
    return f;
}

static void test_middle(void **state)
{
    struct bench *b = *state;
    char path[256];

    write_nest(&b->trail, 1000);
    testtrail_finish(&b->trail, 0);
    segment_path(b, path, 1, 0);
    scribble(path, 3000, 100);
    bench_ingest(b, false);
    bench_expect(b,
                 "SELECT count(*) BETWEEN 880 AND 980, min(depth), max(depth), min(duration_ns), "
                 "max(call_id & 65535) "
                 "FROM calls WHERE function_name = 'g'",
                 "true 1 1 5 1001");
    /* The outermost call has survived, with its full time. */
    bench_expect(b, "SELECT duration_ns, outcome FROM calls WHERE function_name = 'f'",
                 "15000 return");
    bench_expect(b,
                 "SELECT cause, events BETWEEN 20 AND 110, bytes BETWEEN 100 AND 1500 FROM losses",
                 "damage true true");
    bench_expect(b, "SELECT (SELECT sum(events) FROM losses) + count(*) FROM calls", "1001");
    bench_expect(b, "SELECT status FROM traces", "completed");
}

static void test_whole_segment(void **state)
{
    struct bench *b = *state;
    struct testtrail *t = &b->trail;
    uint32_t f = testtrail_code(t, "f", 0, 0, NULL),
             g = testtrail_code(t, "g", TRAIL_CODE_GENERATOR, 0, NULL);
    char path[256];

    testtrail_call(t, 1, f, 0); /* stays over the gap */
    testtrail_call(t, 1, f, 0); /* ends in it */
    testtrail_call(t, 1, g, 0); /* rests in it */
    testtrail_roll(t, 1);
    testtrail_yield(t, 1);
    testtrail_return(t, 1);
    testtrail_call(t, 1, f, 0); /* begins in it */
    testtrail_roll(t, 1);
    testtrail_tick(t, 50);
    testtrail_call(t, 1, f, 3);
    testtrail_return(t, 1);
    testtrail_resume(t, 1, 1ULL << 40 | 3, 0);
    testtrail_return(t, 1);
    testtrail_return(t, 1);
    testtrail_return(t, 1);
    testtrail_finish(t, 0);
    segment_path(b, path, 1, 1);
    unlink(path);
    bench_ingest(b, true);
    assert_false(io_exists(t->dir.path));
    bench_expect(b, "SELECT call_id & 255, outcome, depth FROM call_rows ORDER BY call_id",
                 "1 0 0\n2 3 1\n3 0 2\n5 0 2");
    bench_expect(b, "SELECT caller_function_id, parent_id & 255 FROM calls WHERE call_id & 255 = 5",
                 "- 4");
    bench_expect(b, "SELECT cause, events FROM losses", "damage 1");
}

/* The last segment has gone, or is empty: that there was one says the segment before it. */
static void test_last_segment(void **state)
{
    for (int gone = 0; gone < 2; gone++) {
        struct bench *b = *state;
        char path[256];

        write_nest(&b->trail, 10);
        testtrail_roll(&b->trail, 1);
        write_nest(&b->trail, 5);
        testtrail_kill(&b->trail);
        segment_path(b, path, 1, 1);
        assert_int_equal(gone ? unlink(path) : truncate(path, 0), 0);
        bench_ingest(b, true);
        assert_false(io_exists(b->trail.dir.path));
        bench_expect(b, "SELECT cause, events, bytes > 0, (SELECT count(*) FROM calls) FROM losses",
                     "damage 0 true 11");
        if (gone == 0) {
            bench_teardown(state);
            bench_setup(state);
        }
    }
}

/* Between segments of ours, so nobody else's: what follows is read. */
static void test_another_version_in_the_middle(void **state)
{
    struct bench *b = *state;
    struct testtrail *t = &b->trail;
    uint32_t f = testtrail_code(t, "f", 0, 0, NULL);
    char path[256];

    for (int segment = 0; segment < 3; segment++) {
        if (segment > 0)
            testtrail_roll(t, 1);
        testtrail_call(t, 1, f, 0);
        testtrail_return(t, 1);
    }
    testtrail_finish(t, 0);
    segment_path(b, path, 1, 1);
    scribble(path, 8, 1);
    assert_int_equal(bench_ingest(b, true).foreign, 0);
    assert_false(io_exists(t->dir.path));
    bench_expect(b, "SELECT call_id & 255, outcome FROM calls ORDER BY call_id",
                 "1 return\n3 return");
    bench_expect(b, "SELECT cause, events FROM losses", "damage 1");
}

static void test_torn_end(void **state)
{
    struct bench *b = *state;
    struct stat st;
    char path[256];

    write_nest(&b->trail, 150);
    testtrail_finish(&b->trail, 0);
    segment_path(b, path, 1, 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(truncate(path, st.st_size - 600), 0);
    bench_ingest(b, true);
    assert_false(io_exists(b->trail.dir.path));
    bench_expect(b, "SELECT outcome, count(*) > 20 FROM calls GROUP BY ALL ORDER BY ALL",
                 "open false\nreturn true");
    bench_expect(b, "SELECT function_name FROM calls WHERE outcome = 'open' AND depth = 0", "f");
    bench_expect(b, "SELECT count(*) FROM consumed", "0");
}

static void test_headers(void **state)
{
    struct bench *b = *state;
    char path[256];

    write_nest(&b->trail, 150);
    testtrail_kill(&b->trail);
    segment_path(b, path, 1, 0);
    scribble(path, 8, 1); /* another version: left alone */
    assert_int_equal(bench_ingest(b, true).foreign, 1);
    assert_true(io_exists(path));
    scribble(path, 0, 128); /* no header at all: a loss as a whole */
    bench_ingest(b, true);
    bench_expect(b, "SELECT count(*) FROM calls", "0");
    bench_expect(b, "SELECT cause, events, bytes > 0 FROM losses", "damage 0 true");
    bench_expect(b, "SELECT status, end_reason FROM traces", "failed unknown");
}

static void test_registry(void **state)
{
    struct bench *b = *state;
    char path[256];
    off_t end;

    write_nest(&b->trail, 10);
    end = (off_t)trail_stream_committed(&b->trail.registry);
    testtrail_kill(&b->trail);
    snprintf(path, sizeof(path), "%s/registry.0", b->trail.dir.path);
    scribble(path, end - 60, 60); /* the second function is not known any more */
    bench_ingest(b, false);
    bench_expect(b, "SELECT function_name, count(*) FROM calls GROUP BY ALL", "f 1");
    bench_expect(b, "SELECT count(*) > 0 FROM losses WHERE cause = 'damage'", "true");
}

static void test_empty_folders(void **state)
{
    struct bench *b = *state;
    char path[256];

    write_nest(&b->trail, 1);
    testtrail_kill(&b->trail);
    bench_ingest(b, true);
    snprintf(path, sizeof(path), "%s/99-0123456789abcdef", b->run);
    assert_int_equal(mkdir(path, 0700), 0); /* died before it wrote anything */
    bench_ingest(b, true);
    assert_false(io_exists(path));
    snprintf(path, sizeof(path), "%s/.98-0123456789abcdef", b->run);
    assert_int_equal(mkdir(path, 0700), 0); /* is just beginning */
    bench_ingest(b, true);
    assert_true(io_exists(path));
}

/* Anything may be broken: never a crash, never JSON that is none, always an end. */
static void test_random_damage(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct testprogram p;
        char path[256];
        struct stat st;
        void *s;
        struct bench *b;

        bench_setup(&s);
        b = s;
        testprogram_begin(&p, &b->trail, seed, 2);
        for (int i = 0; i < 600; i++)
            testprogram_step(&p);
        testtrail_finish(&b->trail, 0);
        for (int i = 0; i < 3; i++) {
            segment_path(b, path, 1 + (uint32_t)(seed + (uint64_t)i) % 2, 0);
            assert_int_equal(stat(path, &st), 0);
            scribble(
                path,
                128 + (off_t)((seed * 7919 + (uint64_t)i * 104729) % (uint64_t)(st.st_size - 128)),
                1 + seed % 5);
        }
        bench_ingest(b, true);
        assert_false(io_exists(b->trail.dir.path));
        bench_expect(b,
                     "SELECT bool_and(json_valid(args::VARCHAR)), "
                     "bool_and(coalesce(json_valid(result::VARCHAR), true)), "
                     "bool_and(coalesce(duration_ns >= 0 AND self_ns >= 0, true)), count(*) = "
                     "count(DISTINCT call_id) "
                     "FROM calls",
                     "true true true true");
        bench_teardown(&s);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, bench_setup, bench_teardown)
    const struct CMUnitTest tests[] = {
        T(test_middle),
        T(test_whole_segment),
        T(test_last_segment),
        T(test_another_version_in_the_middle),
        T(test_torn_end),
        T(test_headers),
        T(test_registry),
        T(test_empty_folders),
        cmocka_unit_test(test_random_damage),
    };

    return cmocka_run_group_tests_name("damage", tests, NULL, NULL);
}
