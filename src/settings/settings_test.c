/* settings_test.c - defaults, sources and their order, messages, and the compiled form there and back. */
#include "base/base.h"

#include "base/buf.h"
#include "settings/nearest.h"
#include "settings/settings.h"
#include "settings/table.h"

#include <setjmp.h>
#include <unistd.h>

#include <cmocka.h>

static struct error err;

static int argument(struct settings *s, const char *key, const char *value)
{
    return settings_set(s, key, value, FROM_ARGUMENT, "option", &err);
}

static void the_defaults(void **state)
{
    struct settings s;
    size_t excludes = 0;

    (void)state;
    assert_int_equal(settings_init(&s, &err), 0);
    assert_true(s.enabled && s.default_excludes && s.workspace_only && !s.silent);
    assert_int_equal(s.include.count, 1);
    assert_string_equal(s.include.items[0], "*");
    assert_int_equal(s.exclude.count, 0);
    assert_true(s.sample_rate == 1.0);
    assert_null(s.db_path);
    assert_int_equal(s.backend, BACKEND_AUTO);
    assert_int_equal(s.values, VALUES_STRUCTURE);
    assert_int_equal(s.max_chars, 200);
    assert_int_equal(s.max_value_bytes, 1024);
    assert_int_equal(s.max_items, 10);
    assert_int_equal(s.max_depth, 3);
    assert_int_equal(s.max_attributes, 16);
    assert_int_equal(s.quota_mb, 4096);
    while (settings_default_excludes[excludes] != NULL)
        excludes++;
    assert_int_equal(excludes, 15);
    settings_release(&s);
    settings_release(&s);
}

static void a_stronger_source_wins(void **state)
{
    struct settings s;

    (void)state;
    assert_int_equal(settings_init(&s, &err), 0);
    setenv("BREADCRUMB_INCLUDE", "a.*, b", 1);
    setenv("BREADCRUMB_SAMPLE_RATE", "0.25", 1);
    setenv("BREADCRUMB_SILENT", "", 1);
    assert_int_equal(settings_from_environment(&s, &err), 0);
    assert_int_equal(s.include.count, 2);
    assert_string_equal(s.include.items[1], "b");
    assert_true(s.sample_rate == 0.25);
    assert_int_equal(argument(&s, "include", "c"), 0);
    assert_int_equal(argument(&s, "include", "d"), 0);
    assert_int_equal(settings_from_environment(&s, &err), 0);
    assert_int_equal(s.include.count, 2);
    assert_string_equal(s.include.items[0], "c");
    assert_int_equal(argument(&s, "sample_rate", "1e-1"), 0);
    assert_true(s.sample_rate > 0.0999 && s.sample_rate < 0.1001);
    unsetenv("BREADCRUMB_INCLUDE");
    unsetenv("BREADCRUMB_SAMPLE_RATE");
    unsetenv("BREADCRUMB_SILENT");
    settings_release(&s);
}

static void what_does_not_fit_changes_nothing(void **state)
{
    static const char *const bad[][2] = {
        {"sample_rate", "1.5"},
        {"sample_rate", "-0.1"},
        {"sample_rate", "half"},
        {"sample_rate", "nan"},
        {"sample_rate", "."},
        {"max_chars", "0"},
        {"max_chars", "12x"},
        {"max_chars", ""},
        {"max_chars", " 5"},
        {"max_depth", "17"},
        {"silent", "maybe"},
        {"backend", "Pep669"},
        {"include", "a[b"},
        {"include", ""},
        {"include", "src/x.py"},
        {"db_path", ""},
        {"quota_mb", "99999999999999999999"},
        {"workspace", "/does/not/exist"},
    };
    struct settings s;

    (void)state;
    assert_int_equal(settings_init(&s, &err), 0);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        memset(&err, 0, sizeof(err));
        assert_int_equal(argument(&s, bad[i][0], bad[i][1]), ERR_INVALID_SETTING);
        assert_non_null(strstr(err.message, "option"));
    }
    assert_true(s.sample_rate == 1.0);
    assert_int_equal(s.max_chars, 200);
    assert_int_equal(s.include.count, 1);
    settings_release(&s);
}

static void messages_name_the_nearest(void **state)
{
    struct settings s;

    (void)state;
    assert_int_equal(settings_init(&s, &err), 0);
    assert_int_equal(argument(&s, "exlcude", "x"), ERR_INVALID_SETTING);
    assert_string_equal(err.message, "unknown setting 'exlcude' (option)");
    assert_string_equal(err.suggestion, "did you mean 'exclude'?");
    assert_int_equal(argument(&s, "zzzzzz", "x"), ERR_INVALID_SETTING);
    assert_string_equal(err.suggestion, "'breadcrumb config keys' lists all settings");
    assert_int_equal(argument(&s, "backend", "settace"), ERR_INVALID_SETTING);
    assert_non_null(strstr(err.suggestion, "did you mean 'settrace'?"));
    settings_set(&s, "sample_rate", "2", FROM_ENVIRONMENT, "BREADCRUMB_SAMPLE_RATE", &err);
    assert_string_equal(err.message,
                        "the value '2' does not fit sample_rate (BREADCRUMB_SAMPLE_RATE)");
    assert_string_equal(err.suggestion, "it is a number from 0.0 to 1.0");
    settings_release(&s);
}

static void distances(void **state)
{
    (void)state;
    assert_int_equal(nearest_distance("", "abc"), 3);
    assert_int_equal(nearest_distance("kitten", "sitting"), 3);
    assert_int_equal(nearest_distance("exlcude", "exclude"), 1);
    assert_int_equal(nearest_distance("Max-Chars", "max_chars"), 0);
}

static void fill(struct settings *s)
{
    assert_int_equal(settings_init(s, &err), 0);
    assert_int_equal(argument(s, "include", "a,b.*"), 0);
    assert_int_equal(argument(s, "exclude", "c[%\xc3\xa4]"), 0);
    assert_int_equal(argument(s, "workspace", "/"), 0);
    assert_int_equal(argument(s, "workspace", "/tmp"), 0);
    assert_int_equal(argument(s, "sample_rate", "0.125"), 0);
    assert_int_equal(argument(s, "db_path", "/a b/x%20\ny.duckdb"), 0);
    assert_int_equal(argument(s, "backend", "settrace"), 0);
    assert_int_equal(argument(s, "values", "names"), 0);
    assert_int_equal(argument(s, "max_depth", "0"), 0);
    assert_int_equal(argument(s, "enabled", "off"), 0);
}

static void the_compiled_form_there_and_back(void **state)
{
    struct buf first = BUF_INIT(65536), again = BUF_INIT(65536);
    struct settings s, t;
    char value[64];

    (void)state;
    fill(&s);
    settings_compile(&s, &first);
    settings_compile_fact(&first, "command", "100%\nsure");
    assert_non_null(strstr(buf_text(&first), "db_path=/a b/x%2520%0Ay.duckdb\n"));
    assert_int_equal(settings_init(&t, &err), 0);
    assert_int_equal(settings_parse_compiled(&t, first.data, first.len), 0);
    settings_compile(&t, &again);
    assert_memory_equal(first.data, again.data, again.len);
    assert_true(t.sample_rate == 0.125 && !t.enabled);
    assert_int_equal(settings_compiled_fact(first.data, first.len, "command", value, sizeof(value)),
                     9);
    assert_string_equal(value, "100%\nsure");
    assert_int_equal(settings_compiled_fact(first.data, first.len, "nothing", value, sizeof(value)),
                     -1);
    settings_release(&s);
    settings_release(&t);
    buf_release(&first);
    buf_release(&again);
}

/* Every prefix, and every text with one byte gone wrong, is read without harm. */
static void a_damaged_compiled_form(void **state)
{
    struct buf text = BUF_INIT(65536);
    struct settings s;

    (void)state;
    fill(&s);
    settings_compile(&s, &text);
    settings_release(&s);
    for (size_t i = 0; i < text.len; i++) {
        char *copy = malloc(text.len);

        memcpy(copy, text.data, text.len);
        copy[i] = (char)(copy[i] ^ 0x15);
        assert_int_equal(settings_init(&s, NULL), 0);
        assert_int_equal(settings_parse_compiled(&s, copy, text.len), 0);
        assert_int_equal(settings_parse_compiled(&s, copy, i), 0);
        settings_release(&s);
        free(copy);
    }
    buf_release(&text);
}

static void another_versions_text(void **state)
{
    static const char text[] =
        "colour=blue\nmax_chars=-5\nno mark\nexclude=\ninclude=\nsilent=true\nvalues=x%4";
    struct settings s;

    (void)state;
    assert_int_equal(settings_init(&s, &err), 0);
    assert_int_equal(settings_parse_compiled(&s, text, strlen(text)), 0);
    assert_int_equal(s.max_chars, 200);
    assert_int_equal(s.include.count, 0);
    assert_true(s.silent);
    settings_release(&s);
}

static void every_row_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < settings_count; i++) {
        const struct settings_row *row = &settings_table[i];

        assert_ptr_equal(settings_row(row->key), row);
        assert_true((row->type == SETTING_CHOICE) == (row->choices != NULL));
        assert_true(row->option == NULL || strncmp(row->option, "--", 2) == 0);
        assert_true(strncmp(row->environment, "BREADCRUMB_", 11) == 0);
        assert_true(row->type == SETTING_BOOL || row->option == NULL || row->argument != NULL);
        assert_non_null(row->comment);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_defaults),
        cmocka_unit_test(a_stronger_source_wins),
        cmocka_unit_test(what_does_not_fit_changes_nothing),
        cmocka_unit_test(messages_name_the_nearest),
        cmocka_unit_test(distances),
        cmocka_unit_test(the_compiled_form_there_and_back),
        cmocka_unit_test(a_damaged_compiled_form),
        cmocka_unit_test(another_versions_text),
        cmocka_unit_test(every_row_is_sound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
