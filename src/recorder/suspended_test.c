/* suspended_test.c - the table against a plain array, over a hundred thousand random steps. */
#include "base/base.h"

#include "recorder/suspended.h"

#include <setjmp.h>

#include <cmocka.h>

#define FRAMES 3000

static void behaves_like_a_plain_array(void **state)
{
    static uint64_t expected[FRAMES]; /* call + 1; 0: not there */
    uint64_t random = 42;

    (void)state;
    for (int step = 0; step < 100000; step++) {
        size_t i;
        uintptr_t frame;
        struct rec_frame call = {0};

        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        i = (size_t)(random >> 33) % FRAMES;
        frame = 0x7f0000000000 + i * 48; /* close together, as an allocator gives them */
        call.frame = frame;
        call.call = (uint64_t)step;
        call.code = (uint32_t)i;
        if (random >> 60 < 9) {
            assert_true(suspended_put(&call));
            expected[i] = (uint64_t)step + 1;
        } else {
            assert_int_equal(suspended_take(frame, &call), expected[i] != 0);
            if (expected[i] != 0) {
                assert_int_equal(call.call + 1, expected[i]);
                assert_int_equal(call.code, i);
                assert_ptr_equal(call.frame, frame);
            }
            expected[i] = 0;
        }
    }
    suspended_clear();
    for (size_t i = 0; i < FRAMES; i++) {
        struct rec_frame call;

        assert_false(suspended_take(0x7f0000000000 + i * 48, &call));
        assert_false(suspended_has((uint32_t)i));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(behaves_like_a_plain_array),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
