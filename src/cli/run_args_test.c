/* run_args_test.c - the options of `run` and the table of settings say the same. */
#include "base/base.h"

#include "cli/run.h"
#include "settings/table.h"

#include <setjmp.h>

#include <cmocka.h>

static const struct argument *option(const char *name)
{
    return argument_find(run_args, run_nargs, name + 2);
}

static void every_setting_with_an_option_has_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < settings_count; i++) {
        const struct settings_row *row = &settings_table[i];
        const struct argument *spec;

        if (row->option_off != NULL) {
            assert_non_null(option(row->option_off));
            assert_int_equal(option(row->option_off)->type, ARGUMENT_FLAG);
        }
        /* --db-path is an option of every command. */
        if (row->option == NULL || strcmp(row->option, "--db-path") == 0)
            continue;
        spec = option(row->option);
        assert_non_null(spec);
        assert_int_equal(spec->letter, row->letter);
        assert_int_equal(spec->type == ARGUMENT_FLAG, row->argument == NULL);
        assert_int_equal((spec->flags & ARGUMENT_REPEATS) != 0, settings_is_list(row));
        if (row->argument == NULL)
            continue;
        assert_string_equal(spec->metavar, row->argument);
        assert_string_equal(spec->help, row->comment);
    }
}

static void every_option_is_a_setting_or_a_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < run_nargs; i++) {
        const char *name = run_args[i].name;
        /* --every-call is a short way to write --hot-threshold 0. */
        bool found = strcmp(name, "timeout") == 0 || strcmp(name, "grace") == 0 ||
                     strcmp(name, "every-call") == 0;

        for (size_t j = 0; j < settings_count; j++) {
            const struct settings_row *row = &settings_table[j];

            found = found || (row->option != NULL && strcmp(row->option + 2, name) == 0) ||
                    (row->option_off != NULL && strcmp(row->option_off + 2, name) == 0);
        }
        assert_true(found);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_setting_with_an_option_has_it),
        cmocka_unit_test(every_option_is_a_setting_or_a_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
