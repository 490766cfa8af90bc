/* recorder_test.c - the recorder without CPython: threads, forks, full stacks; read back with the trail's reader. */
#include "base/base.h"

#include "base/io.h"
#include "recorder/event.h"
#include "recorder/recorder.h"
#include "recorder/registry.h"
#include "trail/reader.h"

#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define THREADS 8
#define CALLS 50000

static char folder[64];
static uint32_t code;

static void start(void)
{
    struct recorder_config config = {0};
    struct trail_code_info info = {0};
    struct trail_text arg = {"n", 1};

    snprintf(folder, sizeof(folder), "/tmp/breadcrumb-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    config.run_folder = folder;
    config.python_version = 0x030c;
    config.sample_below = UINT64_C(1) << 32;
    assert_int_equal(recorder_start(&config), 0);
    info.name = trail_text_of("f");
    info.args = &arg;
    info.nargs = 1;
    code = registry_add_code(&info);
    assert_int_equal(code, 1);
}

static void call(struct rec_thread *t, uintptr_t frame, int64_t n)
{
    struct rec_writing w;

    for (;;) {
        w = rec_begin(t);
        trail_encode_call(&w.out, w.units, code, 0);
        trail_put_int(&w.out, n);
        if (rec_commit(t, &w))
            break;
        assert_true(rec_thread_make_room(t));
    }
    assert_true(rec_push(t, frame, ++t->last_call, code, NULL, w.ticks));
}

static void finish(struct rec_thread *t, int64_t n)
{
    for (;;) {
        struct rec_writing w = rec_begin(t);

        trail_encode_return(&w.out, w.units);
        trail_put_int(&w.out, n);
        if (rec_commit(t, &w))
            break;
        assert_true(rec_thread_make_room(t));
    }
    t->top--;
}

static void *work(void *unused)
{
    struct rec_thread *t = recorder_thread();

    (void)unused;
    for (int i = 0; i < CALLS; i++) {
        call(t, 16, i);
        call(t, 32, -i);
        finish(t, i);
        finish(t, i);
    }
    return NULL;
}

struct counted {
    uint64_t calls, returns, ends, unwinds, resumes, streams;
    char dir[512];
};

static int count_stream(void *ctx, uint32_t stream, uint32_t first, uint32_t last, uint64_t bytes)
{
    struct counted *c = ctx;
    uint16_t nargs[2] = {UINT16_MAX, 1};
    struct trail_arity arity = {nargs, 2};

    (void)bytes;
    c->streams++;
    for (uint32_t i = first; stream > 0 && i <= last; i++) {
        struct trail_segment segment;
        enum trail_state state;
        struct trail_cursor cursor;
        struct trail_record record;
        int more;

        assert_int_equal(trail_segment_open(&segment, c->dir, stream, i), TRAIL_OPENED);
        trail_cursor_init(&cursor, &segment, 128, 0, trail_segment_committed(&segment, &state),
                          &arity);
        assert_int_equal(trail_cursor_next(&cursor, &record), 1);
        assert_int_equal(record.kind, TRAIL_SYNC);
        while ((more = trail_cursor_next(&cursor, &record)) == 1) {
            c->calls += record.kind == TRAIL_CALL;
            c->returns += record.kind == TRAIL_RETURN;
            c->ends += record.kind == TRAIL_END;
            c->unwinds += record.kind == TRAIL_UNWIND;
            c->resumes += record.kind == TRAIL_RESUME;
        }
        assert_int_equal(more, 0);
        trail_segment_close(&segment);
    }
    return 0;
}

static struct counted count_all(void)
{
    struct counted c = {0};
    DIR *run = opendir(folder);
    struct dirent *entry;

    assert_non_null(run);
    while ((entry = readdir(run)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(c.dir, sizeof(c.dir), "%s/%s", folder, entry->d_name);
        assert_int_equal(trail_dir_streams(c.dir, count_stream, &c), 0);
    }
    closedir(run);
    return c;
}

/* Each case runs in a child of its own, since there is one recorder for each process. */
static int in_child(void (*body)(void))
{
    int status = 0;
    pid_t pid;

    start();
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        body();
        exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void eight_threads(void)
{
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void every_call_of_eight_threads_is_there(void **state)
{
    struct counted c;

    (void)state;
    start();
    eight_threads();
    c = count_all();
    assert_int_equal(c.calls, 2 * THREADS * CALLS);
    assert_int_equal(c.returns, c.calls);
    assert_int_equal(c.ends, THREADS);
    recorder_finish(TRAIL_FINISH_SHUTDOWN, -1);
    assert_int_equal(io_remove_tree(folder, NULL), 0);
}

static void few_calls(void)
{
    struct rec_thread *t = recorder_thread();

    assert_non_null(t);
    assert_int_equal(rec_seq(t->last_call), 0); /* the child's own stream, from the start */
    for (int i = 0; i < 10; i++) {
        call(t, 16, i);
        finish(t, i);
    }
}

static void a_forked_child_writes_its_own_trail(void **state)
{
    struct counted c;
    struct rec_thread *t;

    (void)state;
    assert_int_equal(in_child(few_calls), 0);
    t = recorder_thread();
    call(t, 16, 1);
    finish(t, 1);
    c = count_all();
    assert_int_equal(c.calls, 11);
    assert_int_equal(c.streams, 4); /* a registry and a thread each */
    recorder_finish(TRAIL_FINISH_SHUTDOWN, -1);
    assert_int_equal(io_remove_tree(folder, NULL), 0);
}

static void deep_stacks_and_exceptions(void **state)
{
    struct rec_thread *t;
    struct trail_raise raise = {0};
    struct rec_exception *e;
    struct counted c;
    int object = 0;

    (void)state;
    start();
    t = recorder_thread();
    for (int i = 1; i <= 5000; i++)
        call(t, (uintptr_t)i * 16, i);
    assert_ptr_equal(rec_find(t, 16), t->stack + 1);
    raise.message = "deep";
    raise.message_len = 4;
    e = rec_raise(t, &object, NULL, &raise, NULL);
    assert_non_null(e);
    for (int i = 0; i < 4999; i++)
        rec_unwind(t, t->top, rec_exception_find(t, &object));
    rec_handled(t, rec_exception_find(t, &object), 0, 1);
    assert_false(t->recent[0].flying);
    finish(t, 0);
    assert_ptr_equal(t->top, t->stack);
    call(t, 48, 1);
    rec_yield(t, t->top);
    rec_resume(t, 48, false);
    finish(t, 1);
    rec_resume(t, 48, false); /* not suspended any more: nothing */
    c = count_all();
    assert_int_equal(c.calls, 5001);
    assert_int_equal(c.unwinds, 4999);
    assert_int_equal(c.resumes, 1);
    assert_int_equal(c.returns, 2);
    recorder_finish(TRAIL_FINISH_SHUTDOWN, -1);
    assert_int_equal(io_remove_tree(folder, NULL), 0);
}

/* A million functions have a name; of what comes later whoever calls counts that it was lost, and all else goes on. */
static void the_registry_has_a_ceiling(void **state)
{
    struct trail_code_info info = {.name = trail_text_of("g")};
    const char *type = "Cart";
    struct counted c;

    (void)state;
    start();
    recorder.next_code = LIMIT_CODES - 2;
    recorder.next_type = LIMIT_TYPES - 1;
    assert_int_equal(registry_add_code(&info), LIMIT_CODES - 1);
    assert_false(registry_is_full());
    assert_int_equal(registry_add_code(&info), LIMIT_CODES);
    for (int i = 0; i < 1000; i++) {
        assert_true(registry_is_full());
        assert_int_equal(registry_add_code(&info), 0);
    }
    assert_int_equal(recorder.next_code, LIMIT_CODES);
    assert_int_equal(recorder.page.header->lost, 0);
    assert_int_equal(registry_add_type("shop", 4, type, strlen(type)), LIMIT_TYPES);
    assert_int_equal(registry_add_type("shop", 4, type, strlen(type)), 0);
    assert_int_equal(recorder.page.any->lost[TRAIL_LOSS_VALUE_BUDGET], 1);
    call(recorder_thread(), 16, 1);
    finish(rec_self, 1);
    c = count_all();
    assert_int_equal(c.calls, 1);
    recorder_finish(TRAIL_FINISH_SHUTDOWN, -1);
    assert_int_equal(io_remove_tree(folder, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_of_eight_threads_is_there),
        cmocka_unit_test(a_forked_child_writes_its_own_trail),
        cmocka_unit_test(deep_stacks_and_exceptions),
        cmocka_unit_test(the_registry_has_a_ceiling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
