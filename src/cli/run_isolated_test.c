/* run_isolated_test.c - which command lines start a Python that cannot be reached. */
#include "base/base.h"

#include "cli/run_isolated.h"

#include <setjmp.h>

#include <cmocka.h>

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static char option_of(const char *const *argv)
{
    const char *program = NULL;
    char option = run_isolated(argv, &program);

    assert_true(option == 0 || strncmp(program, "python", 6) == 0);
    return option;
}

static void options_are_found(void **state)
{
    (void)state;
    assert_int_equal(option_of(WORDS("python", "-I", "x.py")), 'I');
    assert_int_equal(option_of(WORDS("/usr/bin/python3.12", "-uS", "x.py")), 'S');
    assert_int_equal(option_of(WORDS("python3", "-W", "error", "-X", "dev", "-E", "-m", "x")), 'E');
    assert_int_equal(option_of(WORDS("python3.13t", "-Wignore", "-Xdev", "-sE", "-c", "1")), 'E');
    assert_int_equal(option_of(WORDS("env", "A=1", "python3", "-I", "-")), 'I');
    assert_int_equal(option_of(WORDS("python3", "--check-hash-based-pycs", "always", "-I")), 'I');
}

static void what_is_the_programs_own_is_not(void **state)
{
    (void)state;
    assert_int_equal(option_of(WORDS("python", "x.py", "-I")), 0);
    assert_int_equal(option_of(WORDS("python", "-m", "x", "-E")), 0);
    assert_int_equal(option_of(WORDS("python", "-c", "1", "-S")), 0);
    assert_int_equal(option_of(WORDS("python", "-cI")), 0);
    assert_int_equal(option_of(WORDS("python", "-W", "-I")), 0);
    assert_int_equal(option_of(WORDS("python", "-", "-I")), 0);
    assert_int_equal(option_of(WORDS("python", "-W")), 0);
    assert_int_equal(option_of(WORDS("pytest", "-I")), 0);
    assert_int_equal(option_of(WORDS("python-config", "-I")), 0);
    assert_int_equal(option_of(WORDS("env")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_found),
        cmocka_unit_test(what_is_the_programs_own_is_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
