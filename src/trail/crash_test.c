/* crash_test.c - killed writers, forked children, readers at work beside writers: the promise of the format page. */
#include "base/base.h"

#include <setjmp.h>

#include <cmocka.h>

#include "trail/testing.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define KILLS 50
#define THREADS 2
#define THREAD_RECORDS 300000

static void *share(size_t size)
{
    void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_true(map != MAP_FAILED);
    return map;
}

static void end_child(pid_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void wait_for(const volatile uint64_t *number)
{
    while (__atomic_load_n(number, __ATOMIC_ACQUIRE) == 0)
        usleep(100);
}

/* ---- the promise ------------------------------------------------------------------------- */

static void write_until_killed(struct place *place, uint64_t *count)
{
    struct trail_stream s;

    if (trail_stream_open(&s, &place->dir, 1, 1) < 0)
        _exit(1);
    for (uint64_t n = 1;; n++) {
        if (put_numbered(&s, n, n % 200) < 0)
            _exit(1);
        __atomic_store_n(count, n, __ATOMIC_RELEASE);
    }
}

static void a_kill_loses_at_most_the_record_in_flight(void **state)
{
    uint64_t *count = share(4096);
    uint64_t most = 0;

    (void)state;
    srandom(41);
    for (int i = 0; i < KILLS; i++) {
        struct progress at = {.stream = 1};
        struct place place;
        pid_t pid;

        place_make(&place);
        *count = 0;
        pid = fork();
        if (pid == 0)
            write_until_killed(&place, count);
        assert_true(pid > 0);
        wait_for(count);
        usleep((useconds_t)(random() % 15000));
        end_child(pid);
        read_numbered(place.dir.path, &at);
        assert_in_range(at.numbers, *count, *count + 1);
        most = *count > most ? *count : most;
        place_release(&place);
    }
    assert_true(most > 1000);
    munmap(count, 4096);
}

/* ---- alive ------------------------------------------------------------------------------- */

struct shared {
    uint64_t ready;
    char path[LIMIT_PATH_BYTES];
};

/* Makes a place of its own in a run folder and waits to be killed. */
static void live(const char *run, struct shared *shared, bool close_all)
{
    struct uuid id = uuid_make();
    struct trail_dir dir;

    if (trail_dir_open(&dir, run, &id, CLOCK_KIND_MONOTONIC, 0, 0) < 0)
        _exit(1);
    if (close_all) {
        for (int fd = 3; fd < 1024; fd++)
            close(fd);
        trail_dir_keep(&dir); /* nothing to do but on overlayfs */
    }
    memcpy(shared->path, dir.path, sizeof(dir.path));
    __atomic_store_n(&shared->ready, 1, __ATOMIC_RELEASE);
    for (;;)
        pause();
}

static void assert_alive_until_killed(const char *run, bool close_all)
{
    struct shared *shared = share(sizeof(*shared));
    pid_t pid = fork();

    if (pid == 0)
        live(run, shared, close_all);
    assert_true(pid > 0);
    wait_for(&shared->ready);
    for (int i = 0; i < 3; i++) /* asking does not take the lock away */
        assert_int_equal(trail_dir_alive(shared->path), 1);
    end_child(pid);
    assert_int_equal(trail_dir_alive(shared->path), 0);
    munmap(shared, sizeof(*shared));
}

static void a_process_is_alive_until_it_is_killed(void **state)
{
    struct place place;

    (void)state;
    place_make(&place);
    assert_alive_until_killed(place.run, false);
    assert_alive_until_killed(place.run, true);
    place_release(&place);
}

/* A process that forks and is killed; its child lives on. */
static void fork_and_live(const char *run, struct shared *shared, bool forget)
{
    struct uuid id = uuid_make();
    struct trail_dir dir;
    pid_t child;

    if (trail_dir_open(&dir, run, &id, CLOCK_KIND_MONOTONIC, 0, 0) < 0)
        _exit(1);
    memcpy(shared->path, dir.path, sizeof(dir.path));
    child = fork();
    if (child == 0) {
        if (forget)
            trail_dir_forget(&dir);
        __atomic_store_n(&shared->ready, (uint64_t)getpid(), __ATOMIC_RELEASE);
    }
    for (;;)
        pause();
}

static void assert_child_keeps_nothing(const char *run, bool forget)
{
    struct shared *shared = share(sizeof(*shared));
    pid_t pid = fork();

    if (pid == 0)
        fork_and_live(run, shared, forget);
    assert_true(pid > 0);
    wait_for(&shared->ready);
    assert_int_equal(trail_dir_alive(shared->path), 1);
    end_child(pid);
    assert_int_equal(kill((pid_t)shared->ready, 0), 0);
    assert_int_equal(trail_dir_alive(shared->path), 0);
    assert_int_equal(kill((pid_t)shared->ready, SIGKILL), 0);
    munmap(shared, sizeof(*shared));
}

static void a_child_does_not_keep_its_parent_alive(void **state)
{
    struct place place;

    (void)state;
    place_make(&place);
    if (place.dir.alive_fd < 0)
        assert_child_keeps_nothing(place.run, false); /* even one that no handler tells */
    assert_child_keeps_nothing(place.run, true);
    place_release(&place);
}

static void a_child_that_forgets_leaves_the_parent_all(void **state)
{
    struct progress at = {.stream = 1};
    struct trail_stream s;
    struct place place;
    int status = -1;
    pid_t pid;

    (void)state;
    place_make(&place);
    assert_int_equal(trail_stream_open(&s, &place.dir, 1, 1), 0);
    assert_int_equal(put_numbered(&s, 1, 5), 0);
    pid = fork();
    if (pid == 0) {
        trail_stream_forget(&s);
        trail_dir_forget(&place.dir);
        trail_stream_close(&s, true);
        trail_dir_close(&place.dir);
        _exit(s.header == NULL && place.dir.alive == NULL ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(trail_dir_alive(place.dir.path), 1);
    assert_int_equal(put_numbered(&s, 2, 5), 0);
    read_numbered(place.dir.path, &at);
    assert_int_equal(at.numbers, 2);
    assert_int_equal(at.state, TRAIL_OPEN);
    trail_stream_close(&s, true);
    place_release(&place);
}

/* Where containers write: a mapping keeps no lock there. */
static void alive_on_overlayfs(void **state)
{
    char options[400], lower[100], upper[100], work[100], merged[100];
    struct place place;

    (void)state;
    place_make(&place);
    snprintf(lower, sizeof(lower), "%s/lower", place.run);
    snprintf(upper, sizeof(upper), "%s/upper", place.run);
    snprintf(work, sizeof(work), "%s/work", place.run);
    snprintf(merged, sizeof(merged), "%s/merged", place.run);
    assert_int_equal(
        mkdir(lower, 0700) | mkdir(upper, 0700) | mkdir(work, 0700) | mkdir(merged, 0700), 0);
    snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s", lower, upper, work);
    if (mount("overlay", merged, "overlay", 0, options) < 0) {
        print_message("no permission to mount overlayfs: skipped\n");
        place_release(&place);
        skip();
    }
    assert_alive_until_killed(merged, false);
    assert_alive_until_killed(merged, true);
    assert_child_keeps_nothing(merged, true);
    assert_int_equal(umount(merged), 0);
    place_release(&place);
}

/* ---- readers beside writers -------------------------------------------------------------- */

struct writing {
    struct place *place;
    uint32_t stream;
};

static void *write_records(void *arg)
{
    struct writing *w = arg;
    struct trail_stream s;

    if (trail_stream_open(&s, &w->place->dir, w->stream, 1) < 0)
        return arg;
    for (uint64_t n = 1; n <= THREAD_RECORDS; n++)
        if (put_numbered(&s, n, n % 40) < 0)
            return arg;
    trail_stream_close(&s, true);
    return NULL;
}

static void a_reader_sees_whole_records_only(void **state)
{
    struct progress at[THREADS] = {{.stream = 1}, {.stream = 2}};
    struct writing writing[THREADS];
    pthread_t threads[THREADS];
    struct place place;
    bool done = false;

    (void)state;
    place_make(&place);
    for (uint32_t i = 0; i < THREADS; i++) {
        writing[i] = (struct writing){&place, i + 1};
        assert_int_equal(pthread_create(&threads[i], NULL, write_records, &writing[i]), 0);
    }
    while (!done) {
        done = true;
        for (int i = 0; i < THREADS; i++) {
            read_numbered(place.dir.path, &at[i]);
            done = done && at[i].state == TRAIL_ENDED;
        }
    }
    for (int i = 0; i < THREADS; i++) {
        void *failed = NULL;

        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
        assert_int_equal(at[i].numbers, THREAD_RECORDS);
    }
    place_release(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kill_loses_at_most_the_record_in_flight),
        cmocka_unit_test(a_process_is_alive_until_it_is_killed),
        cmocka_unit_test(a_child_does_not_keep_its_parent_alive),
        cmocka_unit_test(a_child_that_forgets_leaves_the_parent_all),
        cmocka_unit_test(alive_on_overlayfs),
        cmocka_unit_test(a_reader_sees_whole_records_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
