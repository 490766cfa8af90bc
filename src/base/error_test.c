/* error_test.c - errors: code and text together, a NULL that is fine, names that the answers carry. */
#include "base/base.h"

#include "base/error.h"

#include <setjmp.h>

#include <cmocka.h>

static void code_and_message_are_set(void **state)
{
    struct error err = {0, "", "old"};

    (void)state;
    assert_int_equal(error_set(&err, ERR_USAGE, "no such command '%s'", "x"), ERR_USAGE);
    assert_int_equal(err.code, ERR_USAGE);
    assert_string_equal(err.message, "no such command 'x'");
    assert_string_equal(err.suggestion, "");
    assert_int_equal(error_suggest(&err, "try '%s'", "y"), ERR_USAGE);
    assert_string_equal(err.suggestion, "try 'y'");
}

static void errno_is_said_and_kept(void **state)
{
    struct error err;

    (void)state;
    errno = ENOENT;
    assert_int_equal(error_set_errno(&err, ERR_SYSTEM, "cannot open '%s'", "f"), ERR_SYSTEM);
    assert_string_equal(err.message, "cannot open 'f': No such file or directory");
    assert_int_equal(errno, ENOENT);
}

static void what_to_do_about_it_is_said(void **state)
{
    static const int HAVE[] = {ENOSPC, EDQUOT, EROFS,   EACCES, EPERM,       EMFILE,
                               ENFILE, ENOMEM, ENOTDIR, ELOOP,  ENAMETOOLONG};
    struct error err;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(HAVE); i++) {
        errno = HAVE[i];
        error_set_errno(&err, ERR_SYSTEM, "cannot write '%s'", "f");
        assert_string_not_equal(err.suggestion, "");
    }
    errno = EINVAL;
    error_set_errno(&err, ERR_SYSTEM, "cannot write '%s'", "f");
    assert_string_equal(err.suggestion, "");
}

static void nobody_has_to_listen(void **state)
{
    (void)state;
    assert_int_equal(error_set(NULL, ERR_FAILED, "x"), ERR_FAILED);
    assert_int_equal(error_set_errno(NULL, ERR_SYSTEM, "x"), ERR_SYSTEM);
    assert_int_equal(error_suggest(NULL, "x"), ERR_FAILED);
}

static void long_messages_are_cut(void **state)
{
    struct error err;

    (void)state;
    errno = EACCES;
    error_set_errno(&err, ERR_SYSTEM, "%2000s", "x");
    assert_int_equal(strlen(err.message), LIMIT_ERROR_BYTES - 1);
}

static void every_code_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(error_name(ERR_EMPTY_DATABASE), "EmptyDatabaseError");
    assert_string_equal(error_name(ERR_FAILED), "Error");
    for (int code = ERR_USAGE; code >= ERR_SYSTEM; code--)
        assert_string_not_equal(error_name(code), "Error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(code_and_message_are_set),    cmocka_unit_test(errno_is_said_and_kept),
        cmocka_unit_test(what_to_do_about_it_is_said), cmocka_unit_test(nobody_has_to_listen),
        cmocka_unit_test(long_messages_are_cut),       cmocka_unit_test(every_code_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
