/* proc_test.c - this process, one that has ended, one with a name that looks like the fields behind it. */
#include "base/base.h"

#include "base/clock.h"
#include "base/proc.h"

#include <setjmp.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define TICK_NS 10000000

static void it_is_this_process(void **state)
{
    struct proc p;

    (void)state;
    assert_int_equal(prctl(PR_SET_NAME, ") Z 1 2 3 (x"), 0);
    assert_true(proc_read(getpid(), &p));
    assert_int_equal(p.pid, getpid());
    assert_int_equal(p.parent, getppid());
    assert_int_equal(p.group, getpgrp());
    assert_int_equal(p.session, getsid(0));
    assert_false(p.ended);
}

static void a_child_began_when_it_was_forked_and_ends(void **state)
{
    int64_t before = clock_wall_ns();
    pid_t pid = fork();
    struct proc p;
    siginfo_t info;

    (void)state;
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    assert_true(proc_read(pid, &p));
    assert_true(p.ended);
    assert_int_equal(p.parent, getpid());
    assert_in_range(proc_began_ns(&p), before - 2 * TICK_NS, clock_wall_ns());
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_false(proc_read(pid, &p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_this_process),
        cmocka_unit_test(a_child_began_when_it_was_forked_and_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
