/* stream_test.c - the writing half on good and bad days: sizes, modes, limits, full disks; never a signal. */
#include "base/base.h"

#include <setjmp.h>

#include <cmocka.h>

#include "trail/testing.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static off_t file_size(const struct place *place, const char *name, mode_t *ret_mode)
{
    char *path = io_join(place->dir.path, name);
    struct stat st;
    int r = lstat(path, &st);

    free(path);
    if (r < 0)
        return -1;
    if (ret_mode != NULL)
        *ret_mode = st.st_mode & 07777;
    return st.st_size;
}

static int count_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;

    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n;
}

static void segments_double_up_to_their_limit(void **state)
{
    struct progress at = {.stream = 1};
    struct trail_stream s;
    struct place place;
    uint64_t total = 0;

    (void)state;
    place_make(&place);
    assert_int_equal(trail_stream_open(&s, &place.dir, 1, 77), 0);
    for (uint64_t n = 1; s.index < 8; n++)
        assert_int_equal(put_numbered(&s, n, n % 5000), 0);
    for (uint32_t i = 0; i < 9; i++) {
        uint64_t size = (uint64_t)LIMIT_SEGMENT_FIRST_BYTES << i;
        struct trail_segment seg;

        if (size > LIMIT_SEGMENT_BYTES)
            size = LIMIT_SEGMENT_BYTES;
        total += size;
        assert_int_equal(trail_segment_open(&seg, place.dir.path, 1, i), TRAIL_OPENED);
        assert_int_equal(seg.size, size);
        assert_int_equal(seg.header->capacity, size);
        assert_int_equal(seg.header->state, i < 8 ? TRAIL_SEALED : TRAIL_OPEN);
        assert_int_equal(seg.header->tid, 77);
        assert_int_equal(seg.header->pid, getpid());
        assert_int_equal(seg.header->python, 0x030d);
        assert_int_equal(seg.header->rate_hz, 1000000000);
        assert_memory_equal(seg.header->trace_id, place.dir.trace_id.bytes, 16);
        assert_memory_equal(seg.header->boot_id, place.dir.boot_id, 16);
        trail_segment_close(&seg);
    }
    assert_int_equal(place.dir.bytes, total);
    read_numbered(place.dir.path, &at);
    assert_int_equal(at.index, 8);
    assert_true(at.numbers > 1000);
    trail_stream_close(&s, true);
    place_release(&place);
}

static void syncs_are_never_far_apart(void **state)
{
    struct trail_stream s;
    struct place place;

    (void)state;
    place_make(&place);
    assert_int_equal(trail_stream_open(&s, &place.dir, 1, 1), 0);
    for (uint64_t n = 1; s.index < 6; n++)
        assert_int_equal(put_numbered(&s, n, n % 13 == 0 ? 32000 : n % 300), 0);
    for (uint32_t i = 0; i < 6; i++) {
        struct trail_segment seg;
        struct trail_record r;
        struct trail_cursor c;
        const uint8_t *last = NULL;

        assert_int_equal(trail_segment_open(&seg, place.dir.path, 1, i), TRAIL_OPENED);
        trail_cursor_init(&c, &seg, 0, 0, trail_segment_committed(&seg, NULL), NULL);
        for (const uint8_t *p = c.p; trail_cursor_next(&c, &r) == 1; p = c.p) {
            assert_true(last != NULL || r.kind == TRAIL_SYNC);
            if (r.kind == TRAIL_SYNC)
                last = p;
            assert_true(p - last <= LIMIT_SYNC_INTERVAL_BYTES);
        }
        trail_segment_close(&seg);
    }
    trail_stream_close(&s, true);
    place_release(&place);
}

static void closing_cuts_the_file(void **state)
{
    struct progress at = {.stream = 3};
    struct trail_stream s;
    struct place place;
    uint64_t committed;

    (void)state;
    place_make(&place);
    assert_int_equal(trail_stream_open(&s, &place.dir, 3, 1), 0);
    assert_int_equal(put_numbered(&s, 1, 10), 0);
    committed = trail_stream_committed(&s);
    trail_stream_close(&s, true);
    trail_stream_close(&s, true);
    assert_int_equal(file_size(&place, "thread-3.0", NULL), committed);
    assert_int_equal(place.dir.bytes, committed);
    read_numbered(place.dir.path, &at);
    assert_int_equal(at.state, TRAIL_ENDED);
    assert_int_equal(at.numbers, 1);

    at = (struct progress){.stream = 4};
    assert_int_equal(trail_stream_open(&s, &place.dir, 4, 1), 0);
    trail_stream_close(&s, false);
    read_numbered(place.dir.path, &at);
    assert_int_equal(at.state, TRAIL_OPEN);
    assert_int_equal(file_size(&place, "thread-4.0", NULL), 128);
    place_release(&place);
}

static void a_record_too_large_for_any_segment_is_told(void **state)
{
    static const char TEXT[LIMIT_REGISTRY_RECORD_BYTES];
    struct trail_stream s;
    struct place place;

    (void)state;
    place_make(&place);
    assert_int_equal(trail_stream_open(&s, &place.dir, 1, 1), 0);
    assert_int_equal(put_numbered(&s, 1, LIMIT_RECORD_BYTES - 32), 0);
    assert_int_equal(put_numbered(&s, 2, LIMIT_RECORD_BYTES), -EMSGSIZE);
    assert_int_equal(put_numbered(&s, 2, 5), 0);
    trail_stream_close(&s, true);

    /* The registry's largest record does not fit its first segment, but the next one. */
    assert_int_equal(trail_stream_open(&s, &place.dir, 0, 1), 0);
    for (int i = 0; i < 2; i++) {
        struct trail_out out = trail_stream_begin(&s);

        trail_encode_note(&out, trail_text_of(""), (struct trail_text){TEXT, sizeof(TEXT) - 20});
        assert_int_equal(out.overflow, i == 0);
        if (i == 0)
            assert_int_equal(trail_stream_roll(&s), 0);
        else
            assert_true(out.p <= out.end);
    }
    trail_stream_close(&s, true);
    place_release(&place);
}

static void modes_do_not_depend_on_the_umask(void **state)
{
    static const mode_t UMASKS[] = {0, 022, 0777};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(UMASKS); i++) {
        mode_t before = umask(UMASKS[i]);
        struct trail_stream s;
        struct place place;
        mode_t mode = 0;

        place_make(&place);
        assert_int_equal(trail_stream_open(&s, &place.dir, 0, 1), 0);
        umask(before);
        assert_true(file_size(&place, ".", &mode) > 0);
        assert_int_equal(mode, 0700);
        assert_int_equal(file_size(&place, "alive", &mode), 4096);
        assert_int_equal(mode, 0600);
        assert_int_equal(file_size(&place, "registry.0", &mode), LIMIT_SEGMENT_FIRST_BYTES);
        assert_int_equal(mode, 0600);
        trail_stream_close(&s, true);
        place_release(&place);
    }
}

static void no_descriptor_stays_and_errno_is_kept(void **state)
{
    int before = count_descriptors();
    struct uuid id = uuid_make();
    struct trail_stream s;
    struct trail_dir bad;
    struct place place;

    (void)state;
    place_make(&place);
    errno = 4242;
    assert_int_equal(trail_stream_open(&s, &place.dir, 1, 1), 0);
    assert_int_equal(errno, 4242);
    for (uint64_t n = 1; n < 40; n++)
        put_numbered(&s, n, 8000);
    assert_int_equal(errno, 4242);
    assert_int_equal(count_descriptors() - before, place.dir.alive_fd >= 0);
    errno = 4242;
    assert_int_equal(trail_dir_open(&bad, "/proc/nonexistent", &id, CLOCK_KIND_MONOTONIC, 0, 0),
                     -ENOENT);
    trail_stream_close(&s, true);
    trail_dir_close(&place.dir);
    trail_dir_close(&place.dir);
    assert_int_equal(errno, 4242);
    assert_int_equal(count_descriptors(), before);
    place_release(&place);
}

static void what_is_there_is_never_opened(void **state)
{
    struct trail_stream s;
    struct place place;
    char *path;

    (void)state;
    place_make(&place);
    path = io_join(place.dir.path, "thread-1.0");
    assert_int_equal(symlink("/tmp/breadcrumb-test-target", path), 0);
    assert_int_equal(trail_stream_open(&s, &place.dir, 1, 1), -EEXIST);
    assert_null(s.header);
    trail_stream_close(&s, true);
    trail_stream_forget(&s);
    assert_false(io_exists("/tmp/breadcrumb-test-target"));
    free(path);
    place_release(&place);
}

static void bad_folders_are_refused(void **state)
{
    struct uuid id = uuid_make();
    struct trail_dir dir;
    char longer[LIMIT_PATH_BYTES];
    struct place place;
    char *file;

    (void)state;
    place_make(&place);
    file = io_join(place.dir.path, "alive");
    assert_int_equal(trail_dir_open(&dir, file, &id, CLOCK_KIND_MONOTONIC, 0, 0), -ENOTDIR);
    assert_int_equal(trail_dir_open(&dir, "here", &id, CLOCK_KIND_MONOTONIC, 0, 0), -EINVAL);
    assert_int_equal(trail_dir_open(&dir, place.run, &id, CLOCK_KIND_MONOTONIC, 33, 0), -EINVAL);
    assert_int_equal(
        trail_dir_open(&dir, place.run, &place.dir.trace_id, CLOCK_KIND_MONOTONIC, 0, 0),
        -ENOTEMPTY);
    assert_int_equal(trail_dir_alive(place.dir.path), 1);
    memset(longer, 'x', sizeof(longer));
    longer[0] = '/';
    longer[LIMIT_PATH_BYTES - 1] = '\0';
    assert_int_equal(trail_dir_open(&dir, longer, &id, CLOCK_KIND_MONOTONIC, 0, 0), -ENAMETOOLONG);
    free(file);
    trail_dir_close(&place.dir);
    assert_int_equal(io_remove_tree(place.dir.path, NULL), 0);
    assert_int_equal(rmdir(place.run), 0); /* nothing is left of those that failed */
}

/* Runs the function in a child; 0 when its assertions held. */
static int in_child(void (*run)(struct place *), struct place *place)
{
    int status = -1;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        run(place);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

#define CHILD_ASSERT(c)                \
    do {                               \
        if (!(c))                      \
            _exit(__LINE__ % 200 + 1); \
    } while (0)

static void write_past_file_limit(struct place *place)
{
    struct rlimit limit = {100 * 1000, 100 * 1000};
    struct uuid id = uuid_make();
    struct trail_dir dir;
    struct trail_stream s;
    uint64_t n = 1;
    int r;

    CHILD_ASSERT(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    CHILD_ASSERT(trail_stream_open(&s, &place->dir, 1, 1) == 0);
    while ((r = put_numbered(&s, n, 3000)) == 0)
        n++;
    CHILD_ASSERT(r == -EFBIG && s.index == 0);
    while (put_numbered(&s, n, 1) == 0) /* what still fits is still written */
        n++;
    limit.rlim_cur = limit.rlim_max = 1000;
    CHILD_ASSERT(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    CHILD_ASSERT(trail_dir_open(&dir, place->run, &id, CLOCK_KIND_MONOTONIC, 0, 0) == -EFBIG);
    trail_stream_close(&s, true);
}

static void a_file_size_limit_is_an_error_not_a_signal(void **state)
{
    struct progress at = {.stream = 1};
    struct place place;

    (void)state;
    place_make(&place);
    assert_int_equal(in_child(write_past_file_limit, &place), 0);
    assert_int_equal(file_size(&place, "thread-1.1", NULL), -1);
    read_numbered(place.dir.path, &at);
    assert_int_equal(at.state, TRAIL_ENDED);
    assert_true(at.numbers > 20);
    trail_dir_close(&place.dir);
    assert_int_equal(io_remove_tree(place.dir.path, NULL), 0);
    assert_int_equal(rmdir(place.run), 0); /* nothing is left of the one that failed */
}

static void open_without_descriptors(struct place *place)
{
    struct rlimit limit = {3, 3};
    struct trail_stream s;

    for (int fd = 3; fd < 100; fd++)
        close(fd);
    CHILD_ASSERT(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHILD_ASSERT(trail_stream_open(&s, &place->dir, 1, 1) == -EMFILE);
}

static void open_without_permission(struct place *place)
{
    struct uuid id = uuid_make();
    struct trail_stream s;
    struct trail_dir dir;

    if (geteuid() == 0)
        CHILD_ASSERT(setresuid(65534, 65534, 65534) == 0);
    else
        CHILD_ASSERT(chmod(place->dir.path, 0500) == 0 && chmod(place->run, 0500) == 0);
    CHILD_ASSERT(trail_stream_open(&s, &place->dir, 1, 1) == -EACCES);
    CHILD_ASSERT(trail_dir_open(&dir, place->run, &id, CLOCK_KIND_MONOTONIC, 0, 0) == -EACCES);
}

static void missing_descriptors_and_permissions_are_errors(void **state)
{
    struct place place;

    (void)state;
    place_make(&place);
    assert_int_equal(in_child(open_without_descriptors, &place), 0);
    assert_int_equal(in_child(open_without_permission, &place), 0);
    chmod(place.run, 0700);
    chmod(place.dir.path, 0700);
    place_release(&place);
}

static void fill_the_disk(struct place *place)
{
    struct trail_stream s;
    uint64_t n = 1;
    int r;

    CHILD_ASSERT(trail_stream_open(&s, &place->dir, 1, 1) == 0);
    while ((r = put_numbered(&s, n, 3000)) == 0)
        n++;
    CHILD_ASSERT(r == -ENOSPC && s.index == 1);
    trail_stream_forget(&s); /* as if killed */
}

static void a_full_disk_is_an_error_not_a_signal(void **state)
{
    struct progress at = {.stream = 1};
    struct uuid id = uuid_make();
    struct place place;

    (void)state;
    place_make(&place);
    trail_dir_close(&place.dir);
    if (mount("none", place.run, "tmpfs", 0, "size=300k") < 0) {
        print_message("no permission to mount a small tmpfs: skipped\n");
        assert_int_equal(io_remove_tree(place.run, NULL), 0);
        skip();
    }
    assert_int_equal(trail_dir_open(&place.dir, place.run, &id, CLOCK_KIND_MONOTONIC, 0, 0x030d),
                     0);
    assert_int_equal(in_child(fill_the_disk, &place), 0);
    assert_int_equal(file_size(&place, "thread-1.2", NULL), -1);
    read_numbered(place.dir.path, &at);
    assert_int_equal(at.index, 1);
    assert_true(at.numbers > 50);
    trail_dir_close(&place.dir);
    assert_int_equal(umount(place.run), 0);
    assert_int_equal(io_remove_tree(place.run, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_double_up_to_their_limit),
        cmocka_unit_test(syncs_are_never_far_apart),
        cmocka_unit_test(closing_cuts_the_file),
        cmocka_unit_test(a_record_too_large_for_any_segment_is_told),
        cmocka_unit_test(modes_do_not_depend_on_the_umask),
        cmocka_unit_test(no_descriptor_stays_and_errno_is_kept),
        cmocka_unit_test(what_is_there_is_never_opened),
        cmocka_unit_test(bad_folders_are_refused),
        cmocka_unit_test(a_file_size_limit_is_an_error_not_a_signal),
        cmocka_unit_test(missing_descriptors_and_permissions_are_errors),
        cmocka_unit_test(a_full_disk_is_an_error_not_a_signal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
