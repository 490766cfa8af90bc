/*
 * trails_test.c - sample trails of every released version, in tests/trails, are read as they always were.
 *
 * With BREADCRUMB_WRITE_SAMPLES=<the folder tests> it writes instead: the trail of the present version, its text, and the
 * seeds of the fuzzers in tests/corpus. Look at the difference before it is committed.
 */
#include "base/base.h"

#include <setjmp.h>

#include <cmocka.h>

#include "trail/dump.h"
#include "trail/sample.h"
#include "trail/testing.h"

#define PROCESS_NAME "4242-8899aabbccddeeff"
#define CODES_MAX 64
#define SEEDS 12

/* ---- writing ----------------------------------------------------------------------------- */

static union {
    struct trail_header header;
    uint8_t bytes[64 * 1024];
} memory;

static struct trail_out begin_segment(uint32_t stream, uint32_t index)
{
    struct trail_header *h = &memory.header;

    memset(memory.bytes, 0, sizeof(memory.bytes));
    sample_header(memory.bytes, sizeof(memory.bytes), stream);
    h->index = index;
    h->pid = 4242;
    for (int i = 0; i < 16; i++)
        h->trace_id[i] = (uint8_t)(0x11 * i);
    h->ticks = 5000000000 + (uint64_t)index * 1000000;
    h->wall_ns = 1767225600000000000 + (int64_t)index * 1000000;
    h->mono_ns = 5000000000 + (int64_t)index * 1000000;
    h->tid = stream > 0 ? 4241 + stream : 4242;
    h->python = 0x030d;
    h->rate_hz = 1000000000;
    return (struct trail_out){memory.bytes + sizeof(*h), memory.bytes + sizeof(memory.bytes),
                              false};
}

static void write_bytes(const char *folder, const char *name, const void *bytes, size_t len)
{
    char *path = io_join(folder, name);

    assert_int_equal(io_write_atomic(path, bytes, len, 0644, NULL), 0);
    free(path);
}

static void end_segment(const char *folder, const char *name, const struct trail_out *out,
                        enum trail_state state)
{
    size_t size = (size_t)(out->p - memory.bytes);

    assert_false(out->overflow);
    memory.header.committed = size;
    memory.header.state = state;
    write_bytes(folder, name, memory.bytes, size);
}

static void put_codes(struct trail_out *out)
{
    struct trail_text order_args[] = {trail_text_of("self"), trail_text_of("n"),
                                      trail_text_of("note")};
    struct trail_code_info codes[] = {
        {.id = 1,
         .name = trail_text_of("main"),
         .module = trail_text_of("shop"),
         .file = trail_text_of("/srv/shop/shop.py"),
         .first_line = 90,
         .table_format = 1,
         .table = "\x80\x01\x90\x02",
         .table_len = 4},
        {.id = 2,
         .name = trail_text_of("Shop.order"),
         .module = trail_text_of("shop"),
         .file = trail_text_of("/srv/shop/shop.py"),
         .first_line = 12,
         .args = order_args,
         .nargs = 3,
         .nkeyword_only = 1},
        {.id = 3,
         .flags = TRAIL_CODE_GENERATOR,
         .name = trail_text_of("Shop.lines"),
         .module = trail_text_of("shop"),
         .file = trail_text_of("/srv/shop/shop.py"),
         .first_line = 40,
         .args = order_args,
         .nargs = 1},
        {.id = 4,
         .flags = TRAIL_CODE_NOT_TRACED | TRAIL_CODE_STDLIB,
         .name = trail_text_of("run"),
         .module = trail_text_of("threading"),
         .file = trail_text_of("/usr/lib/threading.py")},
    };

    for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
        trail_encode_code(out, &codes[i]);
}

static void write_registry(const char *folder)
{
    struct trail_out out = begin_segment(0, 0);
    struct trail_text argv[] = {trail_text_of("shop.py"), trail_text_of("--fast")};
    struct trail_process_info process = {
        .run_id = {{0xaa, 0xbb}},
        .pid = 4242,
        .ppid = 4200,
        .python = trail_text_of("3.13.1"),
        .breadcrumb = trail_text_of("0.1.0"),
        .host = trail_text_of("box"),
        .executable = trail_text_of("/usr/bin/python3"),
        .cwd = trail_text_of("/srv/shop"),
        .argv = argv,
        .argc = ARRAY_SIZE(argv),
        .settings = trail_text_of("threshold=100\n"),
    };
    struct trail_thread_info threads[] = {
        {1, 4242, 140001, trail_text_of("MainThread"), 1767225600000000000},
        {2, 4243, 140002, trail_text_of("worker-1"), 1767225600000100000}};
    struct trail_losses_info losses = {TRAIL_LOSS_THREAD_TABLE, 0, 17, 1767225600000000001,
                                       1767225600000000002};

    trail_encode_process(&out, &process);
    trail_encode_note(&out, trail_text_of("backend"), trail_text_of("monitoring"));
    put_codes(&out);
    trail_encode_type(&out, 1, trail_text_of("shop"), trail_text_of("Shop"));
    trail_encode_type(&out, 2, trail_text_of("builtins"), trail_text_of("ValueError"));
    trail_encode_layout(&out,
                        &(struct trail_layout_info){1, 1, &(struct trail_text){"stock", 5}, 1});
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
        trail_encode_thread(&out, &threads[i]);
    trail_encode_clock(&out, 5009000000, 1767225600009000000, 5009000000);
    trail_encode_losses(&out, &losses);
    trail_encode_finish(&out, TRAIL_FINISH_EXIT, 1, 1767225600010000000);
    end_segment(folder, "registry.0", &out, TRAIL_ENDED);
}

/* `stack`: the numbers of the open calls, outermost first. */
static void put_sync(struct trail_out *out, uint64_t last_call, const uint64_t *stack,
                     uint64_t depth)
{
    struct trail_sync sync = {memory.bytes, memory.header.ticks, last_call, 0, depth};

    trail_encode_sync(out, 0, &sync);
    for (uint64_t i = 0; i < depth; i++)
        trail_put_uv(out, last_call - stack[i]);
}

static void put_shop(struct trail_out *out)
{
    trail_put_bytes(out, "\x12\x01\x00\x10\x20\x30\x40\x00\x00\x00\x01\x01",
                    12); /* OBJECT of type 1 */
    trail_put_text(out, "stock", 5);
    trail_put_bytes(out, "\x11\x01\x01", 3); /* DICT */
    trail_put_string(out, TRAIL_TAG_STR, "pear", 4);
    trail_put_int(out, 3);
}

/* The same by a layout. */
static void put_laid_shop(struct trail_out *out)
{
    trail_put_bytes(out, "\x25\x01\x00\x10\x20\x30\x40\x00\x01", 9); /* INSTANCE of layout 1 */
    trail_put_bytes(out, "\x11\x00\x00", 3);                         /* DICT */
}

/* main() calls Shop.order, which takes two lines from the generator Shop.lines and raises in the second round. */
static void write_main_thread(const char *folder)
{
    struct trail_frame frames[] = {{2, 31}, {1, 8}};
    struct trail_raise raise = {0, 2, "no pears left", 13, frames, 2, 0};
    struct trail_out out = begin_segment(1, 0);

    put_sync(&out, 0, NULL, 0);
    trail_encode_call(&out, 1000, 1, 0);
    trail_encode_call(&out, 400, 2, 7);
    put_shop(&out);
    trail_put_int(&out, 2);
    trail_put_u8(&out, TRAIL_TAG_NONE);
    trail_encode_call(&out, 250, 3, 12);
    put_laid_shop(&out);
    trail_encode_yield(&out, 90);
    end_segment(folder, "thread-1.0", &out, TRAIL_SEALED);

    out = begin_segment(1, 1);
    put_sync(&out, 3, (const uint64_t[]){1, 2}, 2); /* main and order; lines is suspended */
    trail_encode_resume(&out, 100, trail_ref_own(3, 3), 0);
    trail_encode_return(&out, 80);
    trail_put_string(&out, TRAIL_TAG_STR, "caf\xc3\xa9", 5);
    trail_encode_raise(&out, 300, &raise);
    trail_encode_unwind(&out, 20);
    trail_encode_reraise(&out, 10, 0);
    trail_encode_handled(&out, 30, 0, 9);
    trail_encode_line(&out, 5, 12);
    trail_encode_loss(&out, 5, TRAIL_LOSS_QUOTA, 2, 48111);
    trail_encode_return(&out, 500);
    trail_put_u8(&out, TRAIL_TAG_NONE);
    trail_encode_end(&out, 10);
    end_segment(folder, "thread-1.1", &out, TRAIL_ENDED);
}

/* A worker that was killed: its first call has no end. */
static void write_worker_thread(const char *folder)
{
    struct trail_call_from from = {TRAIL_FROM_CALLER | TRAIL_FROM_NO_PARENT, {0, 0, 0}, 4, 5, 1, 0};
    struct trail_out out = begin_segment(2, 0);

    put_sync(&out, 0, NULL, 0);
    trail_encode_task(&out, 10, &(struct trail_task){.number = 1});
    trail_encode_call_from(&out, 700, &from);
    trail_encode_end_of(&out, 60, TRAIL_END_CLOSED, trail_ref_other(1, 3));
    trail_encode_extra(&out, 1, 99, "later", 5);
    end_segment(folder, "thread-2.0", &out, TRAIL_OPEN);
}

static char *make_folder(const char *parent, const char *name)
{
    char *path = io_join(parent, name);

    assert_int_equal(io_make_dirs(path, 0755, NULL), 0);
    return path;
}

static void write_seeds(const char *tests, const char *target, int what)
{
    static struct sample s = SAMPLE_INIT(51);
    char *corpus = make_folder(tests, "corpus");
    char *folder = make_folder(corpus, target);

    for (int i = 0; i < SEEDS; i++) {
        struct trail_out out = {memory.bytes + 128, memory.bytes + 128 + 4096, false};
        char name[32];

        for (int j = 0; j < 4 + i; j++) {
            struct trail_record r;

            if (what == 0) {
                sample_record(&s, &r);
                sample_put_record(&out, memory.bytes, sample_below(&s, 1000), &r);
            } else if (what == 1) {
                sample_put_registry(&s, &out);
            } else {
                sample_put_value(&s, &out);
            }
        }
        snprintf(name, sizeof(name), "seed-%02d", i);
        write_bytes(folder, name, memory.bytes + 128, (size_t)(out.p - memory.bytes - 128));
    }
    free(folder);
    free(corpus);
}

static void dump_process(const char *folder, struct buf *out);

static void write_all(const char *tests)
{
    char *trails = make_folder(tests, "trails");
    char *version = make_folder(trails, "v4");
    char *process = make_folder(version, PROCESS_NAME);
    struct buf text = BUF_INIT(1 << 20);

    write_bytes(process, "alive", "", 0);
    write_registry(process);
    write_main_thread(process);
    write_worker_thread(process);
    dump_process(process, &text);
    write_bytes(version, "expected.txt", buf_text(&text), text.len);
    write_seeds(tests, "trail_record_fuzz", 0);
    write_seeds(tests, "trail_registry_fuzz", 1);
    write_seeds(tests, "trail_value_fuzz", 2);
    buf_release(&text);
    free(process);
    free(version);
    free(trails);
}

/* ---- reading ----------------------------------------------------------------------------- */

struct dumping {
    const char *folder;
    struct buf *out;
    uint16_t nargs[CODES_MAX];
    struct trail_arity arity;
};

static void dump_registry(struct dumping *d, const struct trail_segment *seg)
{
    struct trail_registry_record r;
    struct trail_cursor c;
    int got;

    trail_cursor_init(&c, seg, 0, 0, trail_segment_committed(seg, NULL), NULL);
    while ((got = trail_registry_next(&c, &r)) == 1) {
        if (r.kind == TRAIL_REG_CODE && r.id < CODES_MAX)
            d->nargs[r.id] = (uint16_t)r.n;
        trail_registry_text(&r, d->out);
        buf_putc(d->out, '\n');
    }
    assert_int_equal(got, 0);
}

static void dump_thread(struct dumping *d, const struct trail_segment *seg)
{
    struct trail_record r;
    struct trail_cursor c;
    int got;

    trail_cursor_init(&c, seg, 0, 0, trail_segment_committed(seg, NULL), &d->arity);
    while ((got = trail_cursor_next(&c, &r)) == 1) {
        trail_record_text(&r, d->out);
        buf_putc(d->out, '\n');
    }
    assert_int_equal(got, 0);
}

static int dump_stream(void *ctx, uint32_t stream, uint32_t first, uint32_t last, uint64_t bytes)
{
    struct dumping *d = ctx;

    (void)bytes;
    for (uint32_t i = first; i <= last; i++) {
        struct trail_segment seg;
        enum trail_state state;

        assert_int_equal(trail_segment_open(&seg, d->folder, stream, i), TRAIL_OPENED);
        (void)trail_segment_committed(&seg, &state);
        buf_putf(d->out, "-- stream %u segment %u state %d pid %u tid %u python %x wall %lld\n",
                 stream, i, state, seg.header->pid, seg.header->tid, seg.header->python,
                 (long long)seg.header->wall_ns);
        if (stream == 0)
            dump_registry(d, &seg);
        else
            dump_thread(d, &seg);
        trail_segment_close(&seg);
    }
    return 0;
}

/* Streams come in their order, the registry first. */
static void dump_process(const char *folder, struct buf *out)
{
    struct dumping d = {.folder = folder, .out = out};

    memset(d.nargs, 0xff, sizeof(d.nargs));
    d.arity = (struct trail_arity){d.nargs, CODES_MAX};
    assert_int_equal(trail_dir_alive(folder), 0);
    assert_int_equal(trail_dir_streams(folder, dump_stream, &d), 0);
}

/* The folder tests/trails, from wherever the build folder is; Owned, NULL when this runs outside of the tree. */
static char *find_trails(void)
{
    char up[300] = ".";

    for (int i = 0; i < 6; i++) {
        char *path = io_join(up, "tests/trails");

        if (path != NULL && io_is_dir(path))
            return path;
        free(path);
        snprintf(up + strlen(up), sizeof(up) - strlen(up), "/..");
    }
    return NULL;
}

static void expect_version(const char *name)
{
    char *trails = find_trails();
    char *version, *process, *file;
    struct buf text = BUF_INIT(1 << 20), expected = BUF_INIT(1 << 20);

    if (trails == NULL) {
        print_message("tests/trails is not above this folder: skipped\n");
        skip();
    }
    version = io_join(trails, name);
    process = io_join(version, PROCESS_NAME);
    file = io_join(version, "expected.txt");
    assert_int_equal(io_read_file(file, &expected, NULL), 0);
    dump_process(process, &text);
    assert_string_equal(buf_text(&text), buf_text(&expected));
    buf_release(&text);
    buf_release(&expected);
    free(file);
    free(process);
    free(version);
    free(trails);
}

static void version_1_is_read(void **state)
{
    (void)state;
    expect_version("v1");
}

static void version_2_is_read(void **state)
{
    (void)state;
    expect_version("v2");
}

static void version_3_is_read(void **state)
{
    (void)state;
    expect_version("v3");
}

static void version_4_is_read(void **state)
{
    (void)state;
    expect_version("v4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_1_is_read),
        cmocka_unit_test(version_2_is_read),
        cmocka_unit_test(version_3_is_read),
        cmocka_unit_test(version_4_is_read),
    };
    const char *write_to = getenv("BREADCRUMB_WRITE_SAMPLES");

    if (write_to != NULL)
        write_all(write_to);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
