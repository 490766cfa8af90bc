/* uuid_test.c - identities: printed as they are read, ordered by time, never twice the same. */
#include "base/base.h"

#include "base/clock.h"
#include "base/uuid.h"

#include <setjmp.h>

#include <cmocka.h>

static void made_ones_are_version_7_and_differ(void **state)
{
    struct uuid last = uuid_make();

    (void)state;
    for (int i = 0; i < 1000; i++) {
        struct uuid u = uuid_make();
        uint64_t ms = 0, now = (uint64_t)clock_wall_ns() / 1000000;

        assert_int_equal(u.bytes[6] >> 4, 7);
        assert_int_equal(u.bytes[8] >> 6, 2);
        assert_false(uuid_equal(&u, &last));
        assert_true(memcmp(u.bytes, last.bytes, 6) >= 0);
        for (int j = 0; j < 6; j++)
            ms = ms << 8 | u.bytes[j];
        assert_true(ms <= now && ms + 10000 > now);
        last = u;
    }
}

static void text_and_back(void **state)
{
    static const char TEXT[] = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";
    char text[UUID_TEXT], upper[] = "0190A1B2-C3D4-7E5F-8A9B-0C1D2E3F4A5B";
    struct uuid u, v;

    (void)state;
    assert_true(uuid_parse(TEXT, &u));
    uuid_format(&u, text);
    assert_string_equal(text, TEXT);
    assert_true(uuid_parse(upper, &v));
    assert_true(uuid_equal(&u, &v));
    assert_false(uuid_is_nil(&u));
    assert_true(uuid_parse("00000000-0000-0000-0000-000000000000", &u));
    assert_true(uuid_is_nil(&u));
}

static void anything_else_is_refused(void **state)
{
    static const char *const BAD[] = {
        "",
        "0190a1b2",
        "0190a1b2c3d47e5f8a9b0c1d2e3f4a5b",
        "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5",
        "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b ",
        "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5g",
        "0190a1b2-c3d4-7e5f-8a9b_0c1d2e3f4a5b",
        "0190a1b2-c3d4-7e5f-",
    };
    struct uuid u;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(BAD); i++)
        assert_false(uuid_parse(BAD[i], &u));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(made_ones_are_version_7_and_differ),
        cmocka_unit_test(text_and_back),
        cmocka_unit_test(anything_else_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
