/* filter_test.c - the order of the rules, on paths as programs have them. */
#include "base/base.h"

#include "recorder/filter.h"

#include <setjmp.h>

#include <cmocka.h>

static struct settings settings;
static struct filter filter;

static void set(const char *key, const char *value)
{
    assert_int_equal(settings_set(&settings, key, value, FROM_ARGUMENT, "test", NULL), 0);
}

static int setup(void **state)
{
    (void)state;
    memset(&filter, 0, sizeof(filter));
    assert_int_equal(settings_init(&settings, NULL), 0);
    filter.settings = &settings;
    snprintf(filter.stdlib, sizeof(filter.stdlib), "/usr/lib/python3.12/");
    snprintf(filter.cwd, sizeof(filter.cwd), "/home/me/project");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    settings_release(&settings);
    return 0;
}

static bool included(const char *module, const char *file, const char *module_file)
{
    struct filter_subject subject = {module, file, module_file};

    return filter_included(&filter, &subject);
}

static void workspace_only_keeps_the_users_files(void **state)
{
    (void)state;
    assert_true(included("__main__", "/home/me/project/app.py", "/home/me/project/app.py"));
    assert_true(included("pkg.mod", "/home/me/project/pkg/mod.py", ""));
    assert_false(included("other", "/home/me/projectile/other.py", ""));
    assert_false(included("random", "/usr/lib/python3.12/random.py", ""));
    assert_false(included("requests", "/usr/lib/python3.12/site-packages/requests/api.py", ""));
    assert_false(included("x", "/home/me/project/.venv/lib/x.py", ""));
    assert_false(included("x", "/home/me/project/venv/lib/x.py", ""));
    assert_false(included("x", "/home/me/project/lib/site-packages/x.py", ""));
}

static void code_without_a_file_lies_where_its_module_does(void **state)
{
    (void)state;
    assert_true(included("__main__", "<string>", ""));
    assert_true(included("app.models", "<string>", "/home/me/project/app/models.py"));
    assert_false(
        included("dep.models", "<string>", "/usr/lib/python3.12/site-packages/dep/models.py"));
    assert_false(included("importlib._bootstrap", "<frozen importlib._bootstrap>", ""));
    assert_false(included("namedtuple_Point", "<string>", ""));
    assert_false(included("", "<attrs generated init app.A>", ""));
    assert_true(included("__main__", "<ipython-input-3-5f6d>", ""));
}

static void all_code_still_respects_the_excludes(void **state)
{
    (void)state;
    set("workspace_only", "false");
    assert_true(included("random", "/usr/lib/python3.12/random.py", ""));
    assert_true(included("requests.api", "/usr/lib/python3.12/site-packages/requests/api.py", ""));
    assert_false(included("asyncio.events", "/usr/lib/python3.12/asyncio/events.py", ""));
    assert_false(included("json", "/usr/lib/python3.12/json/__init__.py", ""));
    assert_true(included("json.decoder", "/usr/lib/python3.12/json/decoder.py", ""));
    set("default_excludes", "false");
    assert_true(included("json", "/usr/lib/python3.12/json/__init__.py", ""));
    assert_false(included("breadcrumb", "/opt/breadcrumb/lib/breadcrumb/__init__.py", ""));
}

static void excludes_come_before_includes(void **state)
{
    (void)state;
    set("include", "app.*");
    set("exclude", "app.noise.*");
    assert_true(included("app", "/home/me/project/app/__init__.py", ""));
    assert_true(included("app.core", "/home/me/project/app/core.py", ""));
    assert_false(included("app.noise", "/home/me/project/app/noise.py", ""));
    assert_false(included("app.noise.deep", "/home/me/project/app/noise/deep.py", ""));
    assert_false(included("other", "/home/me/project/other.py", ""));
}

static void workspaces_can_be_several_and_lie_elsewhere(void **state)
{
    (void)state;
    set("workspace", "/etc");
    set("workspace", "/var/");
    assert_true(included("a", "/etc/a.py", ""));
    assert_true(included("b", "/var/b.py", ""));
    assert_false(included("c", "/home/me/project/c.py", ""));
}

static void categories_say_where_code_comes_from(void **state)
{
    struct filter_subject app = {"app", "/home/me/project/app.py", ""};
    struct filter_subject library = {"x", "/usr/lib/python3.12/site-packages/x.py", ""};
    struct filter_subject standard = {"re", "/usr/lib/python3.12/re.py", ""};

    (void)state;
    assert_int_equal(filter_category(&filter, &app), CATEGORY_APP);
    assert_int_equal(filter_category(&filter, &library), CATEGORY_LIBRARY);
    assert_int_equal(filter_category(&filter, &standard), CATEGORY_STDLIB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(workspace_only_keeps_the_users_files, setup, teardown),
        cmocka_unit_test_setup_teardown(code_without_a_file_lies_where_its_module_does, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(all_code_still_respects_the_excludes, setup, teardown),
        cmocka_unit_test_setup_teardown(excludes_come_before_includes, setup, teardown),
        cmocka_unit_test_setup_teardown(workspaces_can_be_several_and_lie_elsewhere, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(categories_say_where_code_comes_from, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
