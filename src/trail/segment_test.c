/* segment_test.c - a segment's header and a process's folder: foreign, torn, misplaced and unreadable ones are answers. */
#include "base/base.h"

#include <setjmp.h>

#include <cmocka.h>

#include "trail/sample.h"
#include "trail/testing.h"

#include <fcntl.h>
#include <sys/stat.h>

static union {
    struct trail_header header;
    uint8_t bytes[4096];
} memory;

static int wrap(size_t size)
{
    struct trail_segment seg;

    return trail_segment_wrap(&seg, memory.bytes, size);
}

static void reset(void)
{
    sample_header(memory.bytes, sizeof(memory.bytes), 1);
}

static void headers_are_judged(void **state)
{
    (void)state;
    reset();
    assert_int_equal(wrap(4096), TRAIL_OPENED);
    assert_int_equal(wrap(128), TRAIL_OPENED); /* cut: still as good as it gets */
    assert_int_equal(wrap(127), TRAIL_SHORT);
    assert_int_equal(wrap(0), TRAIL_SHORT);
    memory.header.magic[0] = 'b';
    assert_int_equal(wrap(4096), TRAIL_GARBAGE);
    memset(memory.header.magic, 0, 8);
    assert_int_equal(wrap(4096), TRAIL_SHORT);

    reset();
    memory.header.version = TRAIL_VERSION_OLDEST;
    assert_int_equal(wrap(4096), TRAIL_OPENED);
    memory.header.version = TRAIL_VERSION + 1;
    assert_int_equal(wrap(4096), TRAIL_FOREIGN);
    memory.header.version = TRAIL_VERSION_OLDEST - 1;
    assert_int_equal(wrap(4096), TRAIL_FOREIGN);
    reset();
    memory.header.endian = 2;
    assert_int_equal(wrap(4096), TRAIL_FOREIGN);
    reset();
    memory.header.word_size = 4;
    assert_int_equal(wrap(4096), TRAIL_FOREIGN);
}

static void headers_that_contradict_themselves_are_garbage(void **state)
{
    (void)state;
    reset();
    memory.header.header_size = 4097;
    assert_int_equal(wrap(4096), TRAIL_GARBAGE);
    reset();
    memory.header.capacity = 4095;
    assert_int_equal(wrap(4096), TRAIL_GARBAGE);
    reset();
    memory.header.tick_shift = 64;
    assert_int_equal(wrap(4096), TRAIL_GARBAGE);
    reset();
    memory.header.clock_kind = 0;
    assert_int_equal(wrap(4096), TRAIL_GARBAGE);
    reset();
    memory.header.state = 3;
    assert_int_equal(wrap(4096), TRAIL_GARBAGE);
}

static void committed_stays_inside_the_file(void **state)
{
    struct trail_segment seg;
    enum trail_state segment_state;

    (void)state;
    reset();
    assert_int_equal(trail_segment_wrap(&seg, memory.bytes, 200), TRAIL_OPENED);
    assert_int_equal(trail_segment_committed(&seg, &segment_state), 128);
    assert_int_equal(segment_state, TRAIL_OPEN);
    memory.header.committed = UINT64_MAX;
    memory.header.state = TRAIL_SEALED;
    assert_int_equal(trail_segment_committed(&seg, &segment_state), 200);
    assert_int_equal(segment_state, TRAIL_SEALED);
    memory.header.committed = 0;
    assert_int_equal(trail_segment_committed(&seg, NULL), 128);
}

static void write_file(const struct place *place, const char *name, const void *bytes, size_t len)
{
    char *path = io_join(place->dir.path, name);

    assert_int_equal(io_write_atomic(path, bytes, len, 0600, NULL), 0);
    free(path);
}

static void files_are_judged(void **state)
{
    struct trail_segment seg;
    struct place place;
    char path[LIMIT_PATH_BYTES + 32];

    (void)state;
    place_make(&place);
    assert_int_equal(trail_segment_open(&seg, place.dir.path, 1, 0), TRAIL_MISSING);
    write_file(&place, "thread-1.0", "", 0);
    assert_int_equal(trail_segment_open(&seg, place.dir.path, 1, 0), TRAIL_SHORT);
    write_file(&place, "thread-1.0", "hello", 5);
    assert_int_equal(trail_segment_open(&seg, place.dir.path, 1, 0), TRAIL_SHORT);

    reset();
    write_file(&place, "thread-1.0", memory.bytes, sizeof(memory.bytes));
    assert_int_equal(trail_segment_open(&seg, place.dir.path, 1, 0), TRAIL_OPENED);
    assert_int_equal(seg.size, sizeof(memory.bytes));
    trail_segment_close(&seg);
    trail_segment_close(&seg);
    write_file(&place, "thread-1.1", memory.bytes, sizeof(memory.bytes)); /* says it is number 0 */
    assert_int_equal(trail_segment_open(&seg, place.dir.path, 1, 1), TRAIL_GARBAGE);
    write_file(&place, "thread-2.0", memory.bytes, sizeof(memory.bytes)); /* says it is thread 1 */
    assert_int_equal(trail_segment_open(&seg, place.dir.path, 2, 0), TRAIL_GARBAGE);

    snprintf(path, sizeof(path), "%s/thread-3.0", place.dir.path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(trail_segment_open(&seg, place.dir.path, 3, 0), TRAIL_GARBAGE);
    snprintf(path, sizeof(path), "%s/thread-4.0", place.dir.path);
    assert_int_equal(symlink("thread-1.0", path), 0);
    assert_int_equal(trail_segment_open(&seg, place.dir.path, 4, 0), TRAIL_UNREADABLE);
    snprintf(path, sizeof(path), "%s/thread-5.0", place.dir.path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(trail_segment_open(&seg, place.dir.path, 5, 0), TRAIL_GARBAGE);
    place_release(&place);
}

struct visits {
    char text[500];
    int stop_at; /* stream */
};

static int note_visit(void *ctx, uint32_t stream, uint32_t first, uint32_t last, uint64_t bytes)
{
    struct visits *v = ctx;
    size_t used = strlen(v->text);

    snprintf(v->text + used, sizeof(v->text) - used, "%u: %u-%u %llu\n", stream, first, last,
             (unsigned long long)bytes);
    return v->stop_at == (int)stream ? 42 : 0;
}

static void streams_are_listed(void **state)
{
    static const char *const NAMES[] = {
        "registry.0",
        "registry.1",
        "thread-2.7",
        "thread-2.11",
        "thread-2.9",
        "thread-10.0",
        "registry.",
        "registry.01",
        "registry.1x",
        "thread-0.0",
        "thread-1",
        "thread-.1",
        "other",
        "thread-1.-1",
        "thread-4294967296.0",
        "thread-3.4294967296",
    };
    struct visits visits = {.stop_at = -1};
    struct place place;

    (void)state;
    place_make(&place);
    for (size_t i = 0; i < ARRAY_SIZE(NAMES); i++)
        write_file(&place, NAMES[i], "1234567890123456", 1 + i);
    assert_int_equal(trail_dir_streams(place.dir.path, note_visit, &visits), 0);
    assert_string_equal(visits.text, "0: 0-1 3\n2: 7-11 12\n10: 0-0 6\n");
    visits = (struct visits){.stop_at = 2};
    assert_int_equal(trail_dir_streams(place.dir.path, note_visit, &visits), 42);
    place_release(&place);
    assert_int_equal(trail_dir_streams(place.dir.path, note_visit, &visits), -ENOENT);
}

static void a_folder_without_a_lock_is_of_a_dead_process(void **state)
{
    struct place place;
    char path[LIMIT_PATH_BYTES + 32];

    (void)state;
    place_make(&place);
    assert_int_equal(trail_dir_alive(place.dir.path), 1);
    trail_dir_close(&place.dir);
    assert_int_equal(trail_dir_alive(place.dir.path), 0);
    snprintf(path, sizeof(path), "%s/alive", place.dir.path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(trail_dir_alive(place.dir.path), 0);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(trail_dir_alive(place.dir.path), -ELOOP);
    place_release(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_judged),
        cmocka_unit_test(headers_that_contradict_themselves_are_garbage),
        cmocka_unit_test(committed_stays_inside_the_file),
        cmocka_unit_test(files_are_judged),
        cmocka_unit_test(streams_are_listed),
        cmocka_unit_test(a_folder_without_a_lock_is_of_a_dead_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
