/* forks_test.c - traces of forked children that have recorded nothing; and which processes with one number are one process. */
#include "base/base.h"

#include "base/clock.h"
#include "ingest/bench_test.h"
#include "trail/exits.h"

#include <signal.h>
#include <sys/wait.h>

#define SECOND 1000000000LL
#define CHILDREN \
    "SELECT pid, status, end_reason, exit_code, thread_id FROM traces WHERE thread_id IS NULL ORDER BY pid"

static void tell(struct bench *b, uint64_t pid, enum trail_child what, int number, int64_t after_ns)
{
    testtrail_child(&b->trail,
                    &(struct trail_child_info){pid, what, number, TESTTRAIL_WALL_NS + after_ns});
}

/* No process has it, nor will: it is above what the kernel gives out. */
#define PID 0x7ffffff0

static void each_end_is_a_row_once(void **state)
{
    struct bench *b = *state;

    tell(b, PID, TRAIL_CHILD_BEGAN, 0, 1);
    tell(b, PID + 1, TRAIL_CHILD_BEGAN, 0, 2);
    bench_ingest(b, true);
    bench_expect(b, CHILDREN, "");
    tell(b, PID, TRAIL_CHILD_EXITED, 0, SECOND);
    bench_ingest(b, true);
    bench_expect(b, CHILDREN, "2147483632 completed exit 0 -");
    tell(b, PID + 2, TRAIL_CHILD_EXITED, 7, SECOND); /* never told to have begun */
    tell(b, PID + 1, TRAIL_CHILD_SIGNALED, SIGKILL, SECOND);
    bench_ingest(b, true);
    bench_ingest(b, true);
    bench_expect(b, CHILDREN, "2147483632 completed exit 0 -\n2147483633 failed signal -9 -");
    bench_expect(b,
                 "SELECT count(*) FROM traces c JOIN traces p ON p.id = c.parent_trace_id AND "
                 "c.ppid = p.pid AND c.run_id = p.run_id AND c.command = p.command AND "
                 "(c.metadata->'notes'->>'nothing_recorded') IS NOT NULL AND "
                 "c.ended_at >= c.started_at",
                 "2");
    testtrail_finish(&b->trail, 0);
    bench_ingest(b, true);
    bench_expect(b, "SELECT count(*) FROM traces", "3");
}

static void a_number_may_come_again(void **state)
{
    struct bench *b = *state;

    for (int i = 0; i < 3; i++) {
        tell(b, PID, TRAIL_CHILD_BEGAN, 0, i * SECOND);
        tell(b, PID, TRAIL_CHILD_EXITED, i, i * SECOND + 1);
    }
    bench_ingest(b, true);
    bench_expect(b, CHILDREN,
                 "2147483632 completed exit 0 -\n2147483632 failed exit 1 -\n"
                 "2147483632 failed exit 2 -");
}

/* The parent has ended, and said nothing of their ends. One lives, one does not, one told it itself. */
static void what_the_parent_does_not_know(void **state)
{
    struct bench *b = *state;
    int64_t now = clock_wall_ns();
    pid_t pid = fork();

    if (pid == 0) {
        pause();
        _exit(0);
    }
    testtrail_child(&b->trail,
                    &(struct trail_child_info){(uint64_t)pid, TRAIL_CHILD_BEGAN, 0, now});
    /* The same number, but a process of long ago. */
    tell(b, PID, TRAIL_CHILD_BEGAN, 0, 1);
    tell(b, PID + 1, TRAIL_CHILD_BEGAN, 0, 2);
    trail_exits_note(b->run, PID + 1, "exit", 0);
    testtrail_kill(&b->trail);
    bench_ingest(b, true);
    bench_expect(b, CHILDREN, "2147483632 failed unknown - -\n2147483633 completed exit 0 -");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void who_recorded_something_has_one_trace(void **state)
{
    struct bench *b = *state;
    struct testtrail *child = calloc(1, sizeof(*child));

    tell(b, (uint64_t)getpid(), TRAIL_CHILD_BEGAN, 0, 0); /* in these tests all have one number */
    tell(b, (uint64_t)getpid(), TRAIL_CHILD_EXITED, 3, SECOND);
    testtrail_open(child, b->run);
    child->registry.header->wall_ns += 5000;
    bench_ingest(b, true);
    bench_expect(b, CHILDREN, "");
    bench_expect(b, "SELECT count(*) FROM traces", "2");
    testtrail_kill(child);
    free(child);
}

static void another_program_is_no_trace(void **state)
{
    struct bench *b = *state;
    int64_t now = clock_wall_ns() - TESTTRAIL_WALL_NS;

    for (int i = 0; i < 2; i++)
        tell(b, PID + (uint64_t)i, TRAIL_CHILD_BEGAN, 0, now);
    for (int i = 0; i < 2; i++)
        trail_exits_note(b->run, PID + i, TRAIL_EXITS_EXEC, 0);
    trail_exits_note(b->run, PID + 1, TRAIL_EXITS_EXEC, 1); /* it could not be started */
    for (int i = 0; i < 2; i++)
        tell(b, PID + (uint64_t)i, TRAIL_CHILD_EXITED, 1, now + SECOND);
    bench_ingest(b, true);
    bench_expect(b, CHILDREN, "2147483633 failed exit 1 -");
}

/* Two traces of one number. `began_ns`: the note of the later one; INT64_MIN: it has none. */
static void expect_ends(struct bench *b, int64_t began_ns, const char *expected)
{
    struct testtrail *later = calloc(1, sizeof(*later));
    char text[32];

    testtrail_kill(&b->trail);
    testtrail_open(later, b->run);
    later->registry.header->wall_ns += SECOND;
    snprintf(text, sizeof(text), "%lld", (long long)(TESTTRAIL_WALL_NS + began_ns));
    if (began_ns != INT64_MIN)
        testtrail_note(later, TRAIL_NOTE_BEGAN, text);
    testtrail_finish(later, 0);
    for (int i = 0; i < 2; i++) {
        bench_ingest(b, true);
        bench_expect(b,
                     "SELECT status, end_reason, parent_trace_id IS NOT NULL FROM traces ORDER BY "
                     "started_at",
                     expected);
    }
    free(later);
}

static void a_program_behind_another(void **state)
{
    expect_ends(*state, -SECOND / 10, "completed exec false\ncompleted exit true");
}

static void a_later_process_with_its_number(void **state)
{
    expect_ends(*state, SECOND / 2, "failed unknown false\ncompleted exit false");
}

static void a_program_behind_another_where_there_is_no_proc(void **state)
{
    expect_ends(*state, INT64_MIN, "completed exec false\ncompleted exit true");
}

/* Of two ends with one number the first is that of the first process. */
static void ends_with_one_number(void **state)
{
    struct bench *b = *state;

    trail_exits_note(b->run, getpid(), "signal", SIGTERM);
    trail_exits_note(b->run, getpid(), "exit", 0);
    testtrail_kill(&b->trail);
    bench_ingest(b, true);
    bench_expect(b, "SELECT status, end_reason, exit_code FROM traces", "failed signal -15");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_end_is_a_row_once),
        TEST(a_number_may_come_again),
        TEST(what_the_parent_does_not_know),
        TEST(who_recorded_something_has_one_trace),
        TEST(another_program_is_no_trace),
        TEST(a_program_behind_another),
        TEST(a_later_process_with_its_number),
        TEST(a_program_behind_another_where_there_is_no_proc),
        TEST(ends_with_one_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
