/* clock_test.c - time: a counter that goes forwards, and samples whose clocks agree. */
#include "base/base.h"

#include "base/clock.h"

#include <sched.h>
#include <setjmp.h>

#include <cmocka.h>

static void samples_go_forwards(void **state)
{
    enum clock_kind kinds[] = {clock_choose(), CLOCK_KIND_MONOTONIC};

    cpu_set_t one;
    int cpu = sched_getcpu();

    (void)state;
    /* The counter of another processor may be behind: what the recorder makes of that is 0, here it would be a failure. */
    assert_true(cpu >= 0);
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        struct clock_sample last = clock_take_sample(kinds[i]);

        for (int j = 0; j < 1000; j++) {
            struct clock_sample now = clock_take_sample(kinds[i]);

            assert_true(now.mono_ns >= last.mono_ns);
            assert_true(now.ticks >= last.ticks);
            last = now;
        }
    }
}

static void one_tick_of_the_monotonic_clock_is_a_nanosecond(void **state)
{
    struct clock_sample now = clock_take_sample(CLOCK_KIND_MONOTONIC);
    int64_t apart = (int64_t)now.ticks - now.mono_ns;

    (void)state;
    assert_true(apart > -1000000000 && apart < 1000000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_go_forwards),
        cmocka_unit_test(one_tick_of_the_monotonic_clock_is_a_nanosecond),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
