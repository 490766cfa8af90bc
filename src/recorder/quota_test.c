/*
 * quota_test.c - what is an overflow: the quota was reached after it had been under half again; and how far one may go without
 * looking at the others of the run.
 */
#include "base/base.h"

#include "base/io.h"
#include "recorder/quota.h"

#include <fcntl.h>
#include <setjmp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define KIB UINT64_C(1024)
#define LIMIT (1024 * KIB)

static char run[64];

static int make_run(void **state)
{
    char process[128];

    (void)state;
    snprintf(run, sizeof(run), "/tmp/breadcrumb-test-XXXXXX");
    assert_non_null(mkdtemp(run));
    snprintf(process, sizeof(process), "%s/1-process", run);
    return mkdir(process, 0700);
}

static int remove_run(void **state)
{
    (void)state;
    return io_remove_tree(run, NULL);
}

/* As much is waiting on disk, in the folder of a process. */
static void fill(uint64_t bytes)
{
    char path[128];
    int fd;

    snprintf(path, sizeof(path), "%s/1-process/thread-1.0", run);
    unlink(path);
    fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    if (bytes > 0)
        assert_int_equal(posix_fallocate(fd, 0, (off_t)bytes), 0);
    close(fd);
}

static uint64_t room(struct quota *q, uint64_t more)
{
    return quota_room(q, run, LIMIT, LIMIT,
                      more); /* this process has made much already, so it looks */
}

static void test_room_is_what_is_left(void **state)
{
    struct quota q = QUOTA_INIT;

    (void)state;
    fill(0);
    assert_int_equal(room(&q, 64 * KIB), 64 * KIB);
    fill(LIMIT - 100 * KIB);
    assert_int_equal(room(&q, 64 * KIB), 64 * KIB);
    assert_int_equal(room(&q, 200 * KIB), 100 * KIB);
    fill(LIMIT);
    assert_int_equal(room(&q, 64 * KIB), 0);
    fill(2 * LIMIT);
    assert_int_equal(room(&q, 64 * KIB), 0);
    assert_int_equal(quota_room(&q, run, 0, LIMIT, 64 * KIB), 64 * KIB); /* no quota */
    /* A sixteenth may be used up unseen, as long as there was no overflow. */
    assert_int_equal(quota_room(&q, run, LIMIT, 0, LIMIT / 16), LIMIT / 16);
    assert_int_equal(quota_room(&q, run, LIMIT, 1, LIMIT / 16), 0);
}

/* Full, a bit of room, full again: one overflow as long as it was not under half. */
static void test_only_what_was_under_half_overflows_again(void **state)
{
    struct quota q = QUOTA_INIT;

    (void)state;
    fill(LIMIT);
    assert_int_equal(room(&q, 64 * KIB), 0);
    assert_true(quota_overflow(&q, TRAIL_LOSS_QUOTA));
    assert_false(quota_overflow(
        &q, TRAIL_LOSS_QUOTA)); /* the same one, for the next thread that has no room */
    for (int turn = 0; turn < 10; turn++) {
        fill(LIMIT / 2 + 4 * KIB); /* recording goes on */
        assert_int_equal(room(&q, 64 * KIB), 64 * KIB);
        fill(LIMIT);
        assert_int_equal(room(&q, 64 * KIB), 0);
        assert_false(quota_overflow(&q, TRAIL_LOSS_QUOTA));
    }
    assert_int_equal(q.overflows, 1);
    assert_int_equal(q.stopped_for, 0);
    fill(LIMIT / 2 - 4 * KIB);
    assert_int_equal(room(&q, 64 * KIB), 64 * KIB);
    fill(LIMIT);
    assert_int_equal(room(&q, 64 * KIB), 0);
    assert_true(quota_overflow(&q, TRAIL_LOSS_QUOTA));
    assert_int_equal(q.overflows, 2);
    assert_int_equal(q.stopped_for, 0);
}

static void test_the_third_stops(void **state)
{
    struct quota q = QUOTA_INIT;

    (void)state;
    for (unsigned turn = 1; turn <= QUOTA_OVERFLOWS; turn++) {
        fill(0);
        assert_int_equal(room(&q, 64 * KIB), 64 * KIB);
        assert_int_equal(q.stopped_for, 0);
        fill(LIMIT);
        assert_int_equal(room(&q, 64 * KIB), 0);
        assert_true(quota_overflow(&q, TRAIL_LOSS_QUOTA));
        assert_int_equal(q.overflows, turn);
    }
    assert_int_equal(q.stopped_for, TRAIL_LOSS_QUOTA);
}

/* A disk that stays full is one overflow, however often it is asked: only a segment that could be made ends it. */
static void test_a_full_disk_is_one_overflow_until_it_has_room(void **state)
{
    struct quota q = QUOTA_INIT;

    (void)state;
    fill(0);
    for (unsigned turn = 1; turn <= QUOTA_OVERFLOWS; turn++) {
        assert_int_equal(q.stopped_for, 0);
        assert_int_equal(room(&q, 64 * KIB), 64 * KIB);
        assert_true(quota_overflow(&q, TRAIL_LOSS_DISK_FULL));
        for (int again = 0; again < 10; again++) {
            assert_int_equal(room(&q, 64 * KIB), 64 * KIB);
            assert_false(quota_overflow(&q, TRAIL_LOSS_DISK_FULL));
        }
        assert_int_equal(q.overflows, turn);
        quota_made(&q);
    }
    assert_int_equal(q.stopped_for, TRAIL_LOSS_DISK_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_room_is_what_is_left, make_run, remove_run),
        cmocka_unit_test_setup_teardown(test_only_what_was_under_half_overflows_again, make_run,
                                        remove_run),
        cmocka_unit_test_setup_teardown(test_a_full_disk_is_one_overflow_until_it_has_room,
                                        make_run, remove_run),
        cmocka_unit_test_setup_teardown(test_the_third_stops, make_run, remove_run),
    };

    return cmocka_run_group_tests_name("quota", tests, NULL, NULL);
}
