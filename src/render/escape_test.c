/* escape_test.c - text made safe for JSON and for a terminal. */
#include "base/base.h"

#include "render/escape.h"

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ELLIPSIS "\xe2\x80\xa6"

static void check_json(const char *text, size_t len, const char *expected)
{
    struct buf out = BUF_INIT(1000);

    escape_json(&out, text, len);
    assert_string_equal(buf_text(&out), expected);
    buf_release(&out);
}

static void json_of_any_bytes(void **state)
{
    (void)state;
    check_json("", 0, "\"\"");
    check_json("a\"b\\c/", 6, "\"a\\\"b\\\\c/\"");
    check_json("\0\n\t\x1f\x7f", 5, "\"\\u0000\\n\\u0009\\u001f\\u007f\"");
    check_json("\xe6\x97\xa5", 3, "\"\xe6\x97\xa5\"");
    check_json("\xe6\x97", 2, "\"\\ufffd\\ufffd\"");
    check_json("\xed\xa0\x80x", 4, "\"\\ufffd\\ufffd\\ufffdx\"");
}

static void check_line(const char *text, size_t max_width, const char *expected, size_t width)
{
    struct buf out = BUF_INIT(1000);

    assert_int_equal(escape_line(&out, text, strlen(text), max_width), width);
    assert_string_equal(buf_text(&out), expected);
    buf_release(&out);
}

static void lines_show_what_would_not_be_seen(void **state)
{
    (void)state;
    check_line("plain", 0, "plain", 5);
    check_line("a\nb\tc\rd", 0, "a\\nb\\tc\\rd", 10);
    check_line("\x1b[31m", 0, "\\x1b[31m", 8);
    check_line("\xc2\x9b", 0, "\\u009b", 6);
    check_line("\xe2\x80\xae", 0, "\\u202e", 6);
    check_line("\xff", 0, "\\xff", 4);
    check_line("\xe6\x97\xa5", 0, "\xe6\x97\xa5", 2);
    check_line("e\xcc\x81", 0, "e\xcc\x81", 1);
}

static void lines_are_cut_before_the_width(void **state)
{
    (void)state;
    check_line("abcdef", 6, "abcdef", 6);
    check_line("abcdefg", 6, "abcde" ELLIPSIS, 6);
    check_line("\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5", 5, "\xe6\x97\xa5\xe6\x97\xa5" ELLIPSIS, 5);
    check_line("\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5", 4, "\xe6\x97\xa5" ELLIPSIS, 3);
    check_line("ab\x1b", 5, "ab" ELLIPSIS, 3);
    check_line("abc", 1, ELLIPSIS, 1);
}

static void check_double(double v, const char *expected)
{
    char text[ESCAPE_DOUBLE_BYTES];

    escape_double(text, v);
    assert_string_equal(text, expected);
}

static void numbers_read_back_the_same(void **state)
{
    char text[ESCAPE_DOUBLE_BYTES];

    (void)state;
    check_double(0.1, "0.1");
    check_double(1.0 / 3, "0.3333333333333333");
    check_double(2000.5, "2000.5");
    check_double(1e300, "1e+300");
    check_double(NAN, "\"NaN\"");
    check_double(INFINITY, "\"Infinity\"");
    check_double(-INFINITY, "\"-Infinity\"");
    for (double v = 1; v < 1e18; v = v * 1.7 + 0.3) {
        escape_double(text, v);
        assert_true(strtod(text, NULL) == v);
    }
}

static void check_time(int64_t us, int digits, const char *expected)
{
    char text[ESCAPE_TIME_BYTES];

    escape_time(text, us, 'T', digits);
    assert_string_equal(text, expected);
}

static void times_are_utc(void **state)
{
    (void)state;
    check_time(0, 6, "1970-01-01T00:00:00.000000");
    check_time(1795000000123456, 6, "2026-11-18T11:06:40.123456");
    check_time(1795000000123456, 3, "2026-11-18T11:06:40.123");
    check_time(1795000000123456, 0, "2026-11-18T11:06:40");
    check_time(-1, 6, "1969-12-31T23:59:59.999999");
    check_time(-1000000, 6, "1969-12-31T23:59:59.000000");
    check_time(INT64_MIN, 6, "-290308-12-21T19:59:05.224192");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_of_any_bytes),
        cmocka_unit_test(lines_show_what_would_not_be_seen),
        cmocka_unit_test(lines_are_cut_before_the_width),
        cmocka_unit_test(numbers_read_back_the_same),
        cmocka_unit_test(times_are_utc),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
