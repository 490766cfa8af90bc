/* when_test.c - moments as people write them: each accepted form, its zones, and what is refused. */
#include "base/base.h"

#include "query/when.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define US 1000000LL
#define NOW (1795000000LL * US + 123456) /* 2026-11-18 11:06:40.123456 UTC */
#define DAY (1794960000LL * US)          /* its beginning */
#define H (3600 * US)

static void test_forms(void **state)
{
    static const struct {
        const char *text;
        int64_t us;
    } CASES[] = {
        {"now", NOW},
        {"NOW", NOW},
        {"today", DAY},
        {"Yesterday", DAY - 24 * H},
        {"30s", NOW - 30 * US},
        {"45m", NOW - 45 * 60 * US},
        {"2h", NOW - 2 * H},
        {"2H", NOW - 2 * H},
        {"1d", NOW - 24 * H},
        {"1w", NOW - 7 * 24 * H},
        {"2026-11-18", DAY},
        {"2026-11-18T11:06", DAY + 11 * H + 6 * 60 * US},
        {"2026-11-18 11:06", DAY + 11 * H + 6 * 60 * US},
        {"2026-11-18t11:06:40", NOW - 123456},
        {"2026-11-18T11:06:40.123456", NOW},
        {"2026-11-18T11:06:40,123456789", NOW},
        {"2026-11-18T11:06:40.5", NOW - 123456 + 500000},
        /* With a zone. */
        {"2026-11-18T11:06:40Z", NOW - 123456},
        {"2026-11-18 11:06:40z", NOW - 123456},
        {"2026-11-18T11:06Z", NOW - 123456 - 40 * US},
        {"2026-11-18T13:06:40+02:00", NOW - 123456},
        {"2026-11-18T13:06:40+0200", NOW - 123456},
        {"2026-11-18T13:06:40+02", NOW - 123456},
        {"2026-11-18T16:36:40+05:30", NOW - 123456},
        {"2026-11-18T07:36:40-0330", NOW - 123456},
        {"2026-11-18T13:06:40.123456+02:00", NOW},
        {"2026-11-19T01:06:40+14:00", NOW - 123456},
        {"2026-11-17T23:06:40-12:00", NOW - 123456},
        {"2026-11-18T11:06:40+00:00", NOW - 123456},
        {"2026-11-18T11:06:40-00:00", NOW - 123456},
        /* Days that are there in leap years only, and before 1970. */
        {"2024-02-29", 1709164800LL * US},
        {"1969-12-31T23:59:59", -US},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        struct when when = {WHEN_LAST, 0};
        struct error err;

        if (when_parse(CASES[i].text, NOW, "option --since", &when, &err) < 0)
            fail_msg("'%s' is refused: %s", CASES[i].text, err.message);
        if (when.kind != WHEN_AT || when.us != CASES[i].us)
            fail_msg("'%s' is off by %lld us", CASES[i].text, (long long)(when.us - CASES[i].us));
    }
}

static void test_last(void **state)
{
    struct when when = {WHEN_AT, 0};

    (void)state;
    assert_int_equal(when_parse("last", NOW, "option --since", &when, NULL), 0);
    assert_int_equal(when.kind, WHEN_LAST);
}

static void test_refused(void **state)
{
    static const char *const CASES[] = {
        "",
        " ",
        "0m",
        "h",
        "-5m",
        "5",
        "5x",
        "5 m",
        "1.5h",
        "2026",
        "2026-11",
        "2026-13-01",
        "2026-00-10",
        "2026-02-30",
        "2025-02-29",
        "2026-11-18T",
        "2026-11-18T11",
        "2026-11-18T24:00",
        "2026-11-18T11:60",
        "2026-11-18T11:06:60",
        "2026-11-18T11:06:40.",
        "2026-11-18T11:06+",
        "2026-11-18T11:06+2",
        "2026-11-18T11:06+02:",
        "2026-11-18T11:06+02:0",
        "2026-11-18T11:06+02:60",
        "2026-11-18T11:06+16:00",
        "2026-11-18T11:06Zulu",
        "2026-11-18T11:06 CET",
        "2026-11-18T11:06:40Z ",
        "2026-11-18Z",
        "18.11.2026",
        "11/18/2026",
        "lasts",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        struct when when;
        struct error err = {0};

        if (when_parse(CASES[i], NOW, "option --since", &when, &err) != ERR_INVALID_TIME)
            fail_msg("'%s' is taken for a time", CASES[i]);
        assert_non_null(strstr(err.message, "option --since"));
        assert_non_null(strstr(err.suggestion, "30m"));
    }
}

/* Further back than anything was recorded is as good as the beginning. */
static void test_far(void **state)
{
    struct when when;

    (void)state;
    assert_int_equal(when_parse("99999999999999999999w", NOW, "option --since", &when, NULL), 0);
    assert_true(when.us < -100LL * 365 * 24 * H);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_last),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_far),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
