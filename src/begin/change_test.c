/* change_test.c - what is changed in a running process: what was set before stays, what does not fit changes nothing. */
#include "base/base.h"

#include "begin/again.h"
#include "begin/change.h"

#include "base/io.h"
#include "settings/table.h"

#include <setjmp.h>
#include <sys/stat.h>

#include <cmocka.h>

static char run[64], dir[96];
static struct control control;
static struct settings settings;

static int setup(void **state)
{
    static const char text[] = "max_chars=200\nquota_mb=7\nredact_names=a\nredact_names=b\n";
    char path[128];

    (void)state;
    snprintf(run, sizeof(run), "change_test_XXXXXX");
    if (mkdtemp(run) == NULL)
        return -1;
    snprintf(dir, sizeof(dir), "%s/4711-0", run);
    snprintf(path, sizeof(path), "%s/settings", run);
    control = (struct control){0};
    if (mkdir(dir, 0700) < 0 || io_write_unsynced(path, text, sizeof(text) - 1, 0600, NULL) < 0)
        return -1;
    control_open(&control, dir);
    return settings_init(&settings, NULL);
}

static int teardown(void **state)
{
    (void)state;
    control_open(&control, "/nowhere");
    settings_release(&settings);
    return io_remove_tree(run, NULL);
}

static void give(const char *key, const char *value)
{
    assert_int_equal(settings_set(&settings, key, value, FROM_ARGUMENT, "test", NULL), 0);
}

static void expect(const char *expected)
{
    char text[512];

    assert_true(control_read(dir, text, sizeof(text)) >= 0);
    assert_string_equal(text, expected);
}

static void what_is_named_is_written_and_the_rest_stays(void **state)
{
    (void)state;
    give("max_chars", "9");
    give("exclude", "a.*,b");
    assert_int_equal(again_change(&settings, dir, NULL), 0);
    expect("exclude=a.*\nexclude=b\nmax_chars=9\n");
    settings_release(&settings);
    assert_int_equal(settings_init(&settings, NULL), 0);
    settings_set_none(&settings, settings_row("exclude"), FROM_ARGUMENT);
    assert_int_equal(again_change(&settings, dir, NULL), 0);
    expect("max_chars=9\nexclude=\n");
}

static void nothing_named_changes_nothing(void **state)
{
    (void)state;
    assert_int_equal(settings_set(&settings, "max_chars", "8", FROM_ENVIRONMENT, "test", NULL), 0);
    assert_int_equal(again_change(&settings, dir, NULL), 0);
    assert_false(control_changed(&control));
}

static void what_cannot_change_must_be_what_it_was(void **state)
{
    struct error err;

    (void)state;
    give("quota_mb", "7");
    give("redact_names", "a,b");
    give("silent", "true");
    assert_int_equal(again_change(&settings, dir, &err), 0);
    assert_false(control_changed(&control));
    give("max_chars", "9");
    give("redact_names", "c");
    assert_int_equal(again_change(&settings, dir, &err), ERR_INVALID_SETTING);
    assert_non_null(strstr(err.message, "redact_names cannot change"));
    assert_non_null(strstr(err.suggestion, "max_chars"));
    assert_false(control_changed(&control));
}

static void what_is_no_process_is_an_error_of_the_system(void **state)
{
    struct error err;

    (void)state;
    give("max_chars", "9");
    assert_int_equal(again_change(&settings, "nowhere/at/all", &err), ERR_SYSTEM);
    assert_int_equal(again_change(&settings, "word", &err), ERR_SYSTEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_named_is_written_and_the_rest_stays, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(nothing_named_changes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(what_cannot_change_must_be_what_it_was, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_process_is_an_error_of_the_system, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
