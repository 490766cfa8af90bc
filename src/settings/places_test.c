/* places_test.c - where the database is found. */
#include "base/base.h"

#include "base/io.h"
#include "settings/places.h"
#include "settings/settings.h"

#include <setjmp.h>
#include <unistd.h>

#include <cmocka.h>

static char root[] = "/tmp/breadcrumb-places-XXXXXX";
static struct error err;

static void make_dir(const char *name)
{
    char *path = io_join(root, name);

    assert_int_equal(io_make_dirs(path, 0700, &err), 0);
    free(path);
}

static void go(const char *name)
{
    char *path = io_join(root, name);

    assert_int_equal(chdir(path), 0);
    free(path);
}

/* The database as seen from here is NAME below the root. */
static void expect(const char *db_path, const char *name)
{
    char *wanted = io_join(root, name), *path = NULL;

    assert_int_equal(places_database(db_path, &path, &err), 0);
    assert_string_equal(path, wanted);
    free(path);
    free(wanted);
}

static int before(void **state)
{
    char *home;

    (void)state;
    if (mkdtemp(root) == NULL)
        return -1;
    make_dir("home/.breadcrumb");
    make_dir("home/work/project/.breadcrumb");
    make_dir("home/work/project/1/2/3/4/5/6");
    make_dir("elsewhere");
    home = io_join(root, "home");
    setenv("HOME", home, 1);
    free(home);
    unsetenv("BREADCRUMB_HOME");
    return 0;
}

static int after(void **state)
{
    (void)state;
    return chdir("/") < 0 ? -1 : io_remove_tree(root, NULL);
}

static void the_nearest_project(void **state)
{
    (void)state;
    go("home/work/project");
    expect(NULL, "home/work/project/.breadcrumb/traces.duckdb");
    go("home/work/project/1/2/3/4/5");
    expect(NULL, "home/work/project/.breadcrumb/traces.duckdb");
    go("home/work/project/1/2/3/4/5/6");
    expect(NULL, "home/.breadcrumb/traces.duckdb");
}

static void home_and_its_move(void **state)
{
    char *moved = io_join(root, "moved");

    (void)state;
    go("elsewhere");
    expect(NULL, "home/.breadcrumb/traces.duckdb");
    setenv("BREADCRUMB_HOME", moved, 1);
    expect(NULL, "moved/traces.duckdb");
    go("home/work");
    expect(NULL, "moved/traces.duckdb");
    unsetenv("BREADCRUMB_HOME");
    free(moved);
}

static void a_path_that_was_given(void **state)
{
    (void)state;
    go("elsewhere");
    expect("x.duckdb", "elsewhere/x.duckdb");
    expect("./a/x.duckdb", "elsewhere/a/x.duckdb");
    expect("~/x.duckdb", "home/x.duckdb");
}

static void a_directory_is_no_database(void **state)
{
    char *path = NULL;

    (void)state;
    assert_int_equal(places_database("/tmp/", &path, &err), ERR_SYSTEM);
    assert_string_equal(err.message, "the database '/tmp' is a directory");
    assert_null(path);
    assert_int_equal(places_database("", &path, &err), ERR_SYSTEM);
    assert_string_equal(err.message, "the database path is empty");
    assert_string_equal(err.suggestion, "name the file, like DIR/traces.duckdb");
}

/* The file that a link leads to is the database, whether it is there or not; a circle is what the system says of it. */
static void a_link_is_followed(void **state)
{
    char *absolute = io_join(root, "home/real.duckdb");

    (void)state;
    go("elsewhere");
    assert_int_equal(symlink(absolute, "absolute.duckdb"), 0);
    assert_int_equal(symlink("not-there.duckdb", "beside.duckdb"), 0);
    assert_int_equal(symlink("beside.duckdb", "twice.duckdb"), 0);
    assert_int_equal(symlink("circle.duckdb", "circle.duckdb"), 0);
    expect("absolute.duckdb", "home/real.duckdb");
    expect("beside.duckdb", "elsewhere/not-there.duckdb");
    expect("twice.duckdb", "elsewhere/not-there.duckdb");
    expect("circle.duckdb", "elsewhere/circle.duckdb");
    free(absolute);
}

static void trails_lie_beside(void **state)
{
    char *a = places_trails("/a/b.duckdb"), *b = places_trails("/b.duckdb");

    (void)state;
    assert_string_equal(a, "/a/trails");
    assert_string_equal(b, "/trails");
    free(a);
    free(b);
}

/* A link on the way to the workspace: both names of it count as the user's code. */
static void the_workspace_by_both_names(void **state)
{
    struct settings s;
    char *link = io_join(root, "link"), *target = io_join(root, "home/work");

    (void)state;
    assert_int_equal(symlink(target, link), 0);
    assert_int_equal(settings_init(&s, &err), 0);
    assert_int_equal(settings_set(&s, "workspace", link, FROM_ARGUMENT, "--workspace", &err), 0);
    assert_int_equal(s.workspace.count, 2);
    assert_string_equal(s.workspace.items[0], link);
    assert_string_equal(s.workspace.items[1], target);
    settings_release(&s);
    assert_int_equal(settings_init(&s, &err), 0);
    assert_int_equal(chdir(link), 0);
    setenv("PWD", link, 1);
    assert_int_equal(settings_default_workspace(&s, &err), 0);
    assert_int_equal(s.workspace.count, 2);
    assert_string_equal(s.workspace.items[0], target);
    settings_release(&s);
    free(link);
    free(target);
}

static void no_working_directory(void **state)
{
    struct settings s;

    (void)state;
    make_dir("gone");
    go("gone");
    assert_int_equal(rmdir("../gone"), 0);
    expect(NULL, "home/.breadcrumb/traces.duckdb");
    assert_int_equal(settings_init(&s, &err), 0);
    assert_int_equal(settings_default_workspace(&s, &err), 0);
    assert_int_equal(s.workspace.count, 0);
    settings_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_project),   cmocka_unit_test(home_and_its_move),
        cmocka_unit_test(a_path_that_was_given), cmocka_unit_test(a_directory_is_no_database),
        cmocka_unit_test(trails_lie_beside),     cmocka_unit_test(the_workspace_by_both_names),
        cmocka_unit_test(no_working_directory),  cmocka_unit_test(a_link_is_followed),
    };

    return cmocka_run_group_tests(tests, before, after);
}
