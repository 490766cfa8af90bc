/* match_test.c - which names a pattern matches. */
#include "base/base.h"

#include "settings/match.h"

#include <setjmp.h>

#include <cmocka.h>

static void the_documented_forms(void **state)
{
    (void)state;
    assert_true(match_module("*", ""));
    assert_true(match_module("*", "a.b.c"));
    assert_true(match_module("pkg.*", "pkg"));
    assert_true(match_module("pkg.*", "pkg.a"));
    assert_true(match_module("pkg.*", "pkg.a.b"));
    assert_false(match_module("pkg.*", "pkgs"));
    assert_false(match_module("pkg.*", "my.pkg"));
    assert_true(match_module("module", "module"));
    assert_false(match_module("module", "module.sub"));
    assert_false(match_module("module", "Module"));
}

static void globs_cover_the_whole_name(void **state)
{
    (void)state;
    assert_true(match_module("*webhook*", "app.webhooks.stripe"));
    assert_true(match_module("flock.logging*", "flock.logging_tools"));
    assert_false(match_module("flock.logging*", "my.flock.logging"));
    assert_true(match_module("*.tests.*", "pkg.tests"));
    assert_true(match_module("*.tests.*", "pkg.tests.unit.a"));
    assert_false(match_module("*.tests.*", "tests.unit"));
    assert_true(match_module("a?c", "abc"));
    assert_false(match_module("a?c", "ac"));
    assert_true(match_module("*_test", "pkg.my_test"));
    assert_true(match_module("a*b*c", "aXbXbXc"));
    assert_false(match_module("a*b*c", "aXbX"));
    assert_true(match_module("**", "x"));
    assert_false(match_module(".*", "a"));
}

static void sets(void **state)
{
    (void)state;
    assert_true(match_module("v[0-9]", "v7"));
    assert_false(match_module("v[0-9]", "vx"));
    assert_true(match_module("v[!0-9]", "vx"));
    assert_false(match_module("v[!0-9]", "v1"));
    assert_true(match_module("[]a]", "]"));
    assert_true(match_module("[a-]", "-"));
    assert_true(match_module("a[", "a["));
    assert_true(match_module("a[bc].*", "ac"));
}

static void characters_not_bytes(void **state)
{
    (void)state;
    assert_true(match_module("m?dchen", "m\xc3\xa4"
                                        "dchen"));
    assert_true(match_module("[\xc3\xa0-\xc3\xbc]x", "\xc3\xa4x"));
    assert_false(match_module("[!\xc3\xa4]x", "\xc3\xa4x"));
    assert_true(match_module("?", "\xff"));
    assert_true(match_module("\xff*", "\xff\xfe"));
}

static void many_stars_are_not_slow(void **state)
{
    char pattern[401], text[20001];

    (void)state;
    for (size_t i = 0; i < 400; i += 2) {
        pattern[i] = '*';
        pattern[i + 1] = 'a';
    }
    pattern[399] = 'b';
    pattern[400] = '\0';
    memset(text, 'a', 20000);
    text[20000] = '\0';
    assert_false(match_module(pattern, text));
}

static void what_is_no_pattern(void **state)
{
    (void)state;
    assert_null(match_problem("*"));
    assert_null(match_problem("pkg.*"));
    assert_null(match_problem("[a-z]*"));
    assert_null(match_problem("__main__"));
    assert_non_null(match_problem(""));
    assert_non_null(match_problem("a b"));
    assert_non_null(match_problem("src/app.py"));
    assert_non_null(match_problem("a[b"));
    assert_non_null(match_problem("src\\app"));
    assert_non_null(match_problem("{a"));
    assert_non_null(match_problem("a}"));
    assert_non_null(match_problem("a."));
    assert_non_null(match_problem(".*"));
    assert_non_null(match_problem("a..b"));
    assert_non_null(match_problem("."));
    assert_non_null(match_problem("v[z-a]"));
    assert_non_null(match_problem("v[!a-z9-0]"));
    assert_null(match_problem("v[!a-]"));
    assert_null(match_problem("v[]-a]"));
    assert_null(match_problem("[.].a"));
    assert_null(match_problem("**.a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_documented_forms),
        cmocka_unit_test(globs_cover_the_whole_name),
        cmocka_unit_test(sets),
        cmocka_unit_test(characters_not_bytes),
        cmocka_unit_test(many_stars_are_not_slow),
        cmocka_unit_test(what_is_no_pattern),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
