/* io_test.c - files and folders: whole or not at all, and errors that name the file. */
#include "base/base.h"

#include "base/io.h"

#include <setjmp.h>

#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/breadcrumb-test-XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int drop_folder(void **state)
{
    (void)state;
    return io_remove_tree(folder, NULL);
}

static void written_files_are_read(void **state)
{
    char *path = io_join(folder, "file");
    struct buf b = BUF_INIT(100), small = BUF_INIT(4);
    struct error err;
    struct stat st;

    (void)state;
    assert_int_equal(io_write_atomic(path, "hello", 5, 0600, &err), 0);
    assert_int_equal(io_write_atomic(path, "again", 5, 0600, &err), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(io_read_file(path, &b, &err), 0);
    assert_string_equal(buf_text(&b), "again");
    assert_int_equal(io_read_file(path, &small, &err), ERR_SYSTEM);
    assert_non_null(strstr(err.message, "is longer than 4 bytes"));
    buf_release(&small);
    buf_release(&b);
    free(path);
}

static void errors_name_the_file(void **state)
{
    struct buf b = BUF_INIT(100);
    struct error err;

    (void)state;
    assert_int_equal(io_read_file("/proc/nonexistent/x", &b, &err), ERR_SYSTEM);
    assert_string_equal(err.message,
                        "cannot open '/proc/nonexistent/x': No such file or directory");
    assert_int_equal(io_write_atomic("/proc/nonexistent/x", "", 0, 0600, &err), ERR_SYSTEM);
    assert_string_equal(err.message,
                        "cannot write '/proc/nonexistent/x': No such file or directory");
    buf_release(&b);
}

static void folders_are_made_with_their_parents(void **state)
{
    char *path = io_join(folder, "a/b/c");
    char *file = io_join(folder, "plain");
    char *below = io_join(file, "d");
    struct error err;

    (void)state;
    assert_int_equal(io_make_dirs(path, 0700, &err), 0);
    assert_int_equal(io_make_dirs(path, 0700, &err), 0);
    assert_true(io_is_dir(path));
    assert_int_equal(io_write_atomic(file, "", 0, 0600, &err), 0);
    assert_true(io_exists(file));
    assert_false(io_is_dir(file));
    assert_int_equal(io_make_dirs(file, 0700, &err), ERR_SYSTEM);
    assert_int_equal(io_make_dirs(below, 0700, &err), ERR_SYSTEM);
    assert_int_equal(io_make_dirs("", 0700, &err), ERR_SYSTEM);
    free(below);
    free(file);
    free(path);
}

static void removing_a_tree_follows_no_links(void **state)
{
    char *tree = io_join(folder, "tree/sub");
    char *top = io_join(folder, "tree");
    char *kept = io_join(folder, "kept");
    char *link = io_join(tree, "link");

    (void)state;
    assert_int_equal(io_make_dirs(tree, 0700, NULL), 0);
    assert_int_equal(io_make_dirs(kept, 0700, NULL), 0);
    assert_int_equal(symlink(kept, link), 0);
    assert_int_equal(io_remove_tree(top, NULL), 0);
    assert_false(io_exists(top));
    assert_true(io_exists(kept));
    assert_int_equal(io_remove_tree(top, NULL), 0);
    free(link);
    free(kept);
    free(top);
    free(tree);
}

static void joining_takes_one_slash(void **state)
{
    char *one = io_join("/a/", "b"), *two = io_join("/a", "b");
    char *here = io_program_dir();

    (void)state;
    assert_string_equal(one, "/a/b");
    assert_string_equal(two, "/a/b");
    assert_true(io_is_dir(here));
    free(here);
    free(two);
    free(one);
}

static void neighbours_are_found_beside_the_program(void **state)
{
    char *sought, *missed, *here = io_program_dir();
    char *found = io_beside_program("../.", &sought), *none = io_beside_program("no such", &missed);
    char *up = io_join(here, "..");
    char *real = realpath(up, NULL);

    (void)state;
    assert_string_equal(found, real);
    assert_int_equal(strncmp(sought, here, strlen(here)), 0);
    assert_null(none);
    assert_string_equal(missed + strlen(here), "/no such");
    free(real);
    free(up);
    free(none);
    free(found);
    free(missed);
    free(sought);
    free(here);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_files_are_read),
        cmocka_unit_test(errors_name_the_file),
        cmocka_unit_test(folders_are_made_with_their_parents),
        cmocka_unit_test(removing_a_tree_follows_no_links),
        cmocka_unit_test(joining_takes_one_slash),
        cmocka_unit_test(neighbours_are_found_beside_the_program),
    };

    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
