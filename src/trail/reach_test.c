/* reach_test.c - which commands are Pythons that cannot be reached. */
#include "base/base.h"

#include "trail/reach.h"

#include <setjmp.h>

#include <cmocka.h>

#include "trail/testing.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static char option_of(const char *const *argv)
{
    const struct reach_env none = {NULL, NULL};
    struct reach reach;

    reach_judge(&reach, argv, NULL, &none);
    assert_true(reach.option == 0 || strncmp(reach.program, "python", 6) == 0);
    return reach.option;
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

static enum reach_why why_of(const char *const *argv, const char *run, const char *path)
{
    const struct reach_env env = {run, path};
    struct reach reach;

    return reach_judge(&reach, argv, NULL, &env);
}

static void put_file(const char *folder, const char *name, const char *text)
{
    char *path = io_join(folder, name);

    assert_int_equal(io_write_unsynced(path, text, strlen(text), 0600, NULL), 0);
    free(path);
}

static void environments_are_looked_at(void **state)
{
    char boot[] = "/tmp/breadcrumb-reach-XXXXXX", other[] = "/tmp/breadcrumb-reach-XXXXXX";
    char *path = NULL, *behind = NULL, *set = NULL;

    (void)state;
    assert_non_null(mkdtemp(boot));
    assert_non_null(mkdtemp(other));
    put_file(boot, "breadcrumb_boot.py", "");
    put_file(other, "sitecustomize.py", "");
    assert_true(asprintf(&path, "/nowhere::%s:%s", boot, other) > 0);
    assert_true(asprintf(&behind, "%s:%s", other, boot) > 0);
    assert_true(asprintf(&set, "PYTHONPATH=%s", boot) > 0);
    assert_int_equal(why_of(WORDS("python3", "x.py"), "/run", path), REACH_UNKNOWN);
    assert_int_equal(why_of(WORDS("python3", "x.py"), NULL, path), REACH_NO_RUN);
    assert_int_equal(why_of(WORDS("python3", "x.py"), "", path), REACH_NO_RUN);
    assert_int_equal(why_of(WORDS("python3", "x.py"), "/run", NULL), REACH_NO_PATH);
    assert_int_equal(why_of(WORDS("python3", "x.py"), "/run", other), REACH_NO_PATH);
    assert_int_equal(why_of(WORDS("python3", "x.py"), "/run", behind), REACH_BEHIND);
    assert_int_equal(why_of(WORDS("git", "status"), NULL, NULL), REACH_UNKNOWN);
    assert_int_equal(why_of(WORDS("/usr/bin/env", "-i", "A=1", "python3"), "/run", path),
                     REACH_NO_RUN);
    assert_int_equal(why_of(WORDS("env", "-u", "PYTHONPATH", "python3"), "/run", path),
                     REACH_NO_PATH);
    assert_int_equal(why_of(WORDS("env", "--unset=BREADCRUMB_RUN", "python"), "/run", path),
                     REACH_NO_RUN);
    assert_int_equal(why_of(WORDS("env", "-i", "git"), "/run", path), REACH_UNKNOWN);
    assert_int_equal(why_of(WORDS("env", "-i", "BREADCRUMB_RUN=/run", set, "python"), NULL, NULL),
                     REACH_UNKNOWN);
    assert_int_equal(why_of(WORDS("sudo", "-u", "me", "python3"), "/run", path), REACH_NO_RUN);
    assert_int_equal(why_of(WORDS("/bin/sh", "-c", "exec python3 x.py"), NULL, NULL), REACH_NO_RUN);
    assert_int_equal(why_of(WORDS("/bin/sh", "-c", "PYTHONPATH= python3"), "/run", path),
                     REACH_NO_PATH);
    assert_int_equal(why_of(WORDS("/bin/sh", "-ec", "python3 -I"), "/run", path), REACH_ISOLATED);
    assert_int_equal(why_of(WORDS("sh", "python3"), NULL, NULL), REACH_UNKNOWN);
    assert_int_equal(why_of(WORDS("sh", "-c"), NULL, NULL), REACH_UNKNOWN);
    assert_int_equal(why_of(WORDS("sh", "-c", ""), NULL, NULL), REACH_UNKNOWN);
    assert_int_equal(why_of(WORDS("env"), NULL, NULL), REACH_UNKNOWN);
    free(path);
    free(behind);
    free(set);
    assert_int_equal(io_remove_tree(boot, NULL), 0);
    assert_int_equal(io_remove_tree(other, NULL), 0);
}

static enum reach_why why_of_script(const char *folder, const char *line)
{
    const struct reach_env none = {NULL, NULL};
    char *file = io_join(folder, "tool");
    struct reach reach;
    enum reach_why ret;

    put_file(folder, "tool", line);
    ret = reach_judge(&reach, WORDS("tool", "-c", "-I"), file, &none);
    free(file);
    return ret;
}

static void first_lines_are_looked_at(void **state)
{
    char folder[] = "/tmp/breadcrumb-reach-XXXXXX";

    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(why_of_script(folder, "#!/usr/bin/python3 -I\nimport x\n"), REACH_ISOLATED);
    assert_int_equal(why_of_script(folder, "#! /usr/bin/env python3\n"), REACH_NO_RUN);
    assert_int_equal(why_of_script(folder, "#!/usr/bin/env -S python3 -E\n"), REACH_ISOLATED);
    assert_int_equal(why_of_script(folder, "#!/bin/bash\npython3 -I"), REACH_UNKNOWN);
    assert_int_equal(why_of_script(folder, "\x7f"
                                           "ELF"),
                     REACH_UNKNOWN);
    assert_int_equal(why_of_script(folder, "#!"), REACH_UNKNOWN);
    assert_int_equal(why_of_script(folder, "#!\n"), REACH_UNKNOWN);
    assert_int_equal(why_of_script(folder, ""), REACH_UNKNOWN);
    assert_int_equal(io_remove_tree(folder, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_found),
        cmocka_unit_test(what_is_the_programs_own_is_not),
        cmocka_unit_test(environments_are_looked_at),
        cmocka_unit_test(first_lines_are_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
