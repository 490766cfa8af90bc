/* suspended_threads_test.c - threads that run at the same time put and take calls whose frames share places. */
#define TRAIL_CONCURRENT 1 /* as in a Python without a GIL */
#include "base/base.h"

#include "recorder/suspended.c"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define THREADS 8
#define FRAMES 64
#define ROUNDS 400

static uint32_t wrong;

/* Frames of all threads lie among each other; those of one are its own. */
static void *work(void *number)
{
    uintptr_t first = ((uintptr_t)number + 1) * 16;
    struct rec_frame call = {0}, taken;

    for (uint32_t round = 1; round <= ROUNDS; round++) {
        for (uintptr_t i = 0; i < FRAMES; i++) {
            call.frame = first + i * THREADS * 16;
            call.call = call.frame + round;
            if (!suspended_put(&call))
                __atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
        }
        for (uintptr_t i = 0; i < FRAMES; i++) {
            uintptr_t frame = first + i * THREADS * 16;

            if (!suspended_is_known(frame) || !suspended_take(frame, &taken) ||
                taken.call != frame + round || suspended_take(frame, &taken))
                __atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
        }
    }
    return NULL;
}

static void test_threads(void **state)
{
    pthread_t threads[THREADS];

    (void)state;
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, (void *)i), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(wrong, 0);
    for (size_t i = 0; i < TABLES; i++)
        assert_int_equal(tables[i].used, 0);
    suspended_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
