/* page_test.c - the statistics page: exact numbers under threads, a bounded error, growth, readers of half-written and broken ones. */
#define TRAIL_CONCURRENT 1 /* as in a Python without a GIL */

#include "base/base.h"

#include "base/io.h"
#include "base/uuid.h"
#include "trail/page.h"
#include "trail/reader.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define THREADS 8
#define CALLS 100000

static char folder[64];
static struct trail_dir dir;
static struct trail_page page;
static struct trail_page_entry entry;

static int setup(void **state)
{
    struct uuid id = uuid_make();

    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/breadcrumb-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(trail_dir_open(&dir, folder, &id, CLOCK_KIND_MONOTONIC, 0, 0x030c), 0);
    assert_int_equal(trail_page_open(&page, &dir), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    trail_page_close(&page);
    trail_dir_close(&dir);
    return io_remove_tree(folder, NULL);
}

static void read_slot(uint32_t code)
{
    struct trail_page_reader r;
    bool found = false;

    assert_int_equal(trail_page_reader_open(&r, dir.path), TRAIL_OPENED);
    while (!found && trail_page_reader_next(&r, &entry))
        found = entry.slot.code == code;
    trail_page_reader_close(&r);
    assert_true(found);
}

static uint64_t sum_of_counts(void)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < ARRAY_SIZE(entry.counts); i++)
        sum += entry.counts[i];
    return sum;
}

static void *add(void *slot)
{
    for (uint64_t i = 0; i < CALLS; i++) {
        trail_slot_count(slot);
        trail_slot_time(&page, slot, i, i / 2);
    }
    return NULL;
}

static void numbers_of_eight_threads_are_exact(void **state)
{
    struct trail_slot *slot = trail_page_slot(&page, 7);
    pthread_t threads[THREADS];

    (void)state;
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, add, slot);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    read_slot(7);
    assert_int_equal(entry.slot.calls, THREADS * CALLS);
    assert_int_equal(entry.slot.timed, THREADS * CALLS);
    assert_int_equal(entry.slot.total, (uint64_t)THREADS * CALLS * (CALLS - 1) / 2);
    assert_int_equal(entry.slot.min, 0);
    assert_int_equal(entry.slot.max, CALLS - 1);
    assert_int_equal(sum_of_counts(), THREADS * CALLS);
}

static void quantiles_are_off_by_less_than_a_percent(void **state)
{
    struct trail_slot *slot = trail_page_slot(&page, 1);

    (void)state;
    assert_int_equal(trail_slot_quantile(&page, slot, 0.5), 0);
    for (uint64_t i = 1; i <= 100000; i++)
        trail_slot_time(&page, slot, i * 37, 0);
    for (double q = 0.01; q < 1.0; q += 0.01) {
        double exact = q * 100000 * 37, got = (double)trail_slot_quantile(&page, slot, q);

        assert_true(got > exact * 0.99 && got < exact * 1.01);
    }
}

static void every_number_has_its_bucket(void **state)
{
    (void)state;
    for (unsigned power = 0; power < 64; power++) {
        for (int off = -1; off <= 1; off++) {
            uint64_t v = (UINT64_C(1) << power) + (uint64_t)(int64_t)off;
            uint32_t bucket, block = trail_page_bucket(v, &bucket);
            uint32_t n = block * TRAIL_PAGE_SUB + bucket;

            assert_true(block < TRAIL_PAGE_BLOCKS && bucket < TRAIL_PAGE_SUB);
            if (v == UINT64_MAX || n == TRAIL_PAGE_BLOCKS * TRAIL_PAGE_SUB - 1)
                continue;
            assert_true(trail_page_low(n) <= v && v < trail_page_low(n + 1));
        }
    }
}

static void thousands_of_slots_are_all_there(void **state)
{
    struct trail_page_reader r;
    uint32_t n = 20000;

    (void)state;
    for (uint32_t code = 1; code <= n; code++) {
        struct trail_slot *slot = trail_page_slot(&page, code);

        assert_non_null(slot);
        trail_slot_count(slot);
        trail_slot_time(&page, slot, code, code);
        trail_slot_lose(&page, slot, TRAIL_LOSS_QUOTA, 2, code);
    }
    assert_int_equal(trail_page_reader_open(&r, dir.path), TRAIL_OPENED);
    assert_int_equal(r.header->lost, 2 * n);
    while (n > 0 && trail_page_reader_next(&r, &entry)) {
        assert_int_equal(entry.slot.code, n--);
        assert_int_equal(entry.slot.total, entry.slot.code);
        assert_int_equal(entry.slot.lost[TRAIL_LOSS_QUOTA], 2);
        assert_int_equal(sum_of_counts(), 1);
    }
    assert_int_equal(n, 0);
    assert_true(trail_page_reader_next(&r, &entry)); /* the slot of all others */
    assert_int_equal(entry.slot.code, 0);
    assert_false(trail_page_reader_next(&r, &entry));
    trail_page_reader_close(&r);
}

static void without_room_there_is_a_slot_in_memory(void **state)
{
    struct rlimit none = {0, 0};
    pid_t pid = fork();
    int status = 0;

    (void)state;
    if (pid == 0) {
        struct trail_page other;
        struct trail_dir empty = dir;

        setrlimit(RLIMIT_FSIZE, &none);
        while (trail_page_slot(&page, 1) != NULL) /* what is left of the first chunk */
            continue;
        snprintf(empty.path, sizeof(empty.path), "%s", folder);
        if (trail_page_open(&other, &empty) != -EFBIG || trail_page_slot(&other, 1) != NULL)
            _exit(1);
        trail_slot_count(other.any);
        trail_slot_time(&other, other.any, 5, 5);
        trail_slot_lose(&other, other.any, TRAIL_LOSS_DISK_FULL, 1, 1);
        _exit(other.any->calls == 1 && other.any->lost[TRAIL_LOSS_DISK_FULL] == 1 ? 0 : 2);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* As of a forked child: no file until there is something to count, then as ever. */
static void a_postponed_page_is_made_with_its_first_slot(void **state)
{
    struct trail_page_reader r;

    (void)state;
    for (int i = 0; i < 2; i++) {
        char path[LIMIT_PATH_BYTES + 8];

        trail_page_close(&page);
        snprintf(path, sizeof(path), "%s/stats", dir.path);
        assert_int_equal(unlink(path), 0);
        trail_page_postpone(&page, &dir);
        assert_int_equal(trail_page_reader_open(&r, dir.path), TRAIL_MISSING);
        if (i == 0)
            trail_slot_lose(&page, trail_page_any(&page), TRAIL_LOSS_QUOTA, 3, 1);
        else
            trail_slot_count(trail_page_slot(&page, 7));
        assert_int_equal(trail_page_reader_open(&r, dir.path), TRAIL_OPENED);
        assert_true(trail_page_reader_next(&r, &entry));
        if (i == 1) {
            assert_int_equal(entry.slot.code, 7);
            assert_int_equal(entry.slot.calls, 1);
            assert_true(trail_page_reader_next(&r, &entry));
        }
        assert_int_equal(entry.slot.code, 0);
        assert_int_equal(entry.slot.lost[TRAIL_LOSS_QUOTA], i == 0 ? 3 : 0);
        assert_false(trail_page_reader_next(&r, &entry));
        trail_page_reader_close(&r);
    }
}

/* Random bytes over the file, and cuts of it: a reader answers with something, and ends. */
static void broken_pages_are_answers(void **state)
{
    char path[LIMIT_PATH_BYTES + 8];
    uint64_t random = 42;
    struct trail_slot *slot = trail_page_slot(&page, 3);
    uint8_t *map = page.chunks[0];

    (void)state;
    trail_slot_time(&page, slot, 1000, 1000);
    snprintf(path, sizeof(path), "%s/stats", dir.path);
    for (int i = 0; i < 3000; i++) {
        struct trail_page_reader r;
        int slots = 0;

        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        map[8 + (random >> 33) % 1024] = (uint8_t)(random >> 25);
        if (i % 100 == 99)
            assert_int_equal(truncate(path, TRAIL_PAGE_CHUNK / 2), 0);
        if (trail_page_reader_open(&r, dir.path) != TRAIL_OPENED)
            continue;
        while (trail_page_reader_next(&r, &entry))
            slots++;
        assert_true(slots <= TRAIL_PAGE_CHUNK / TRAIL_PAGE_UNIT);
        trail_page_reader_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(numbers_of_eight_threads_are_exact, setup, teardown),
        cmocka_unit_test_setup_teardown(quantiles_are_off_by_less_than_a_percent, setup, teardown),
        cmocka_unit_test(every_number_has_its_bucket),
        cmocka_unit_test_setup_teardown(thousands_of_slots_are_all_there, setup, teardown),
        cmocka_unit_test_setup_teardown(without_room_there_is_a_slot_in_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(a_postponed_page_is_made_with_its_first_slot, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(broken_pages_are_answers, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
