/* filter_test.c - the order of the rules, on paths as programs have them. */
#include "base/base.h"

#include "settings/filter.h"

#include "base/io.h"
#include "settings/table.h"

#include <setjmp.h>
#include <unistd.h>

#include <cmocka.h>

static struct settings settings;
static struct filter filter;

static void set(const char *key, const char *value)
{
    assert_int_equal(settings_set(&settings, key, value, FROM_ARGUMENT, "test", NULL), 0);
}

/* A folder of a made-up path. */
static void work_in(const char *folder)
{
    settings_list_add(&settings.workspace, folder);
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
    filter_release(&filter);
    settings_release(&settings);
    return 0;
}

static bool included(const char *module, const char *file, const char *module_file)
{
    struct filter_subject subject = {module, file, module_file, NULL, false};

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

static void a_path_that_leads_upwards_is_followed(void **state)
{
    (void)state;
    assert_false(included("tool", "/home/me/project/../elsewhere/tool.py", ""));
    assert_false(included("tool", "/home/me/project/a/../../elsewhere/tool.py", ""));
    assert_true(included("tool", "/home/me/elsewhere/../project/tool.py", ""));
    assert_true(included("tool", "/../home/me/project/a/../tool.py", ""));
    assert_true(included("tool", "/home/me/project/..a/b../tool.py", ""));
    assert_false(included("tool", "/home/me/project/x.zip/../../other/tool.py", ""));
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

static void a_text_without_a_module_is_of_who_runs_it(void **state)
{
    struct filter_subject text = {"", "<string>", "", "", false};
    const char *pattern;

    (void)state;
    assert_true(filter_has_no_place(&text));
    assert_int_equal(filter_decide(&filter, &text, &pattern), RULE_GENERATED);
    assert_int_equal(filter_category(&filter, &text), CATEGORY_LIBRARY);
    text.vouched = true;
    assert_int_equal(filter_decide(&filter, &text, &pattern), RULE_INCLUDED);
    assert_int_equal(filter_category(&filter, &text), CATEGORY_APP);
    text.module = "made";
    assert_true(filter_has_no_place(&text));
    text.module_file = "/home/me/project/made.py";
    assert_false(filter_has_no_place(&text));
    assert_true(included("__console__", "<console>", ""));
    assert_true(included("__main__", "<stdin>", ""));
    /* the prompt of 3.13.0 leaves the file of its own module in the globals */
    assert_true(
        included("__main__", "<python-input-2>", "/usr/lib/python3.12/_pyrepl/__main__.py"));
    assert_true(included("__main__", "<stdin>", "/usr/lib/python3.12/code.py"));
    assert_false(included("_pyrepl", "<string>", "/usr/lib/python3.12/_pyrepl/__main__.py"));
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
    struct filter_subject app = {"app", "/home/me/project/app.py", "", "", false};
    struct filter_subject library = {"x", "/usr/lib/python3.12/site-packages/x.py", "", "", false};
    struct filter_subject standard = {"re", "/usr/lib/python3.12/re.py", "", "", false};

    (void)state;
    assert_int_equal(filter_category(&filter, &app), CATEGORY_APP);
    assert_int_equal(filter_category(&filter, &library), CATEGORY_LIBRARY);
    assert_int_equal(filter_category(&filter, &standard), CATEGORY_STDLIB);
}

static void the_inner_folder_says_what_a_file_is(void **state)
{
    (void)state;
    snprintf(filter.venv, sizeof(filter.venv), "/home/me/project/env/");
    assert_false(included("t", "/home/me/project/env/bin/tool", ""));
    assert_true(included("t", "/home/me/project/environment/t.py", ""));
    work_in("/usr/lib/python3.12/site-packages/mine");
    assert_true(included("mine.a", "/usr/lib/python3.12/site-packages/mine/a.py", ""));
    assert_false(included("yours.a", "/usr/lib/python3.12/site-packages/yours/a.py", ""));
    assert_false(included("x", "/usr/lib/python3.12/site-packages/mine/.venv/x.py", ""));
    work_in("/");
    assert_true(included("x", "/srv/x.py", ""));
    assert_false(included("random", "/usr/lib/python3.12/random.py", ""));
    work_in("/usr/lib/python3.12/json");
    assert_true(included("json.tool", "/usr/lib/python3.12/json/tool.py", ""));
}

static void a_virtual_environment_may_be_the_project(void **state)
{
    (void)state;
    snprintf(filter.venv, sizeof(filter.venv), "/home/me/project/");
    assert_true(included("app", "/home/me/project/app.py", ""));
    assert_false(included("x", "/home/me/project/lib/python3.12/site-packages/x.py", ""));
}

static void zips_and_cells(void **state)
{
    (void)state;
    assert_true(included("app", "/home/me/project/app.pyz/app.py", ""));
    assert_false(included("re", "/usr/lib/python312.zip/re.py", ""));
    assert_false(included("x", "/usr/lib/python3.12/site-packages/x.egg/x.py", ""));
    assert_true(included("__main__", "/tmp/ipykernel_4711/123.py", ""));
    assert_false(included("x", "/tmp/ipykernel_/x.py", ""));
    assert_false(included("x", "/tmp/my/ipykernel_47", ""));
}

static void a_module_run_as_main_keeps_its_name(void **state)
{
    struct filter_subject subject = {"__main__", "/home/me/project/app/cli.py", "", "app.cli",
                                     false};

    (void)state;
    set("include", "app.*");
    assert_true(filter_included(&filter, &subject));
    set("exclude", "app.cli");
    assert_false(filter_included(&filter, &subject));
    subject.alias = "";
    assert_false(filter_included(&filter, &subject));
}

static void the_rule_is_told(void **state)
{
    struct filter_subject subject = {"app.noise", "/home/me/project/app/noise.py", "", "", false};
    const char *pattern;

    (void)state;
    assert_int_equal(filter_decide(&filter, &subject, &pattern), RULE_INCLUDED);
    assert_string_equal(pattern, "*");
    set("exclude", "*.noise");
    assert_int_equal(filter_decide(&filter, &subject, &pattern), RULE_EXCLUDED);
    assert_string_equal(pattern, "*.noise");
    subject.module = "queue";
    assert_int_equal(filter_decide(&filter, &subject, &pattern), RULE_DEFAULT_EXCLUDE);
    subject.file = "/elsewhere/x.py";
    assert_int_equal(filter_decide(&filter, &subject, &pattern), RULE_OUTSIDE);
    assert_null(pattern);
}

static void put_file(const char *folder, const char *name, const char *text)
{
    char path[LIMIT_PATH_BYTES];
    struct error err;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_int_equal(io_make_dirs(path, 0700, NULL), 0);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(io_write_atomic(path, text, strlen(text), 0600, &err), 0);
}

static void editable_projects_are_the_users(void **state)
{
    char site[] = "filter_test_XXXXXX";

    (void)state;
    assert_non_null(mkdtemp(site));
    put_file(site, "a.dist-info/direct_url.json",
             "{\"dir_info\": {\"editable\": true}, \"url\": \"file:///home/me/my%20lib\"}");
    put_file(site, "b.dist-info/direct_url.json",
             "{\"url\":\"file:///srv/wheel\",\"dir_info\":{\"editable\" : false}}");
    put_file(site, "c.egg-link", "/srv/old\n.");
    put_file(site, "d.dist-info/METADATA", "");
    put_file(site, "e.dist-info/direct_url.json", "\"editable\": true, \"url\": \"file://");
    settings_list_add(&filter.sites, site);
    settings_list_add(&filter.sites, "/no/such/site-packages");
    assert_true(included("lib", "/home/me/my lib/src/lib.py", ""));
    assert_true(included("old", "/srv/old/old.py", ""));
    assert_false(included("wheel", "/srv/wheel/x.py", ""));
    assert_false(included("dep", "/home/me/my lib/.venv/dep.py", ""));
    io_remove_tree(site, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(workspace_only_keeps_the_users_files, setup, teardown),
        cmocka_unit_test_setup_teardown(a_path_that_leads_upwards_is_followed, setup, teardown),
        cmocka_unit_test_setup_teardown(code_without_a_file_lies_where_its_module_does, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_text_without_a_module_is_of_who_runs_it, setup, teardown),
        cmocka_unit_test_setup_teardown(all_code_still_respects_the_excludes, setup, teardown),
        cmocka_unit_test_setup_teardown(excludes_come_before_includes, setup, teardown),
        cmocka_unit_test_setup_teardown(workspaces_can_be_several_and_lie_elsewhere, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_inner_folder_says_what_a_file_is, setup, teardown),
        cmocka_unit_test_setup_teardown(a_virtual_environment_may_be_the_project, setup, teardown),
        cmocka_unit_test_setup_teardown(zips_and_cells, setup, teardown),
        cmocka_unit_test_setup_teardown(a_module_run_as_main_keeps_its_name, setup, teardown),
        cmocka_unit_test_setup_teardown(the_rule_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(editable_projects_are_the_users, setup, teardown),
        cmocka_unit_test_setup_teardown(categories_say_where_code_comes_from, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
