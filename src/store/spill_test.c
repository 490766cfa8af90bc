/* spill_test.c - the folder for what does not fit: it goes, also when its process was killed, and never under one that lives. */
#include "base/base.h"

#include "base/io.h"
#include "store/spill.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];

static int setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/breadcrumb-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return setenv("TMPDIR", folder, 1);
}

static int teardown(void **state)
{
    (void)state;
    unsetenv("TMPDIR");
    return io_remove_tree(folder, NULL);
}

static void it_is_ours_and_goes(void **state)
{
    struct spill s = SPILL_INIT;
    struct stat st;
    char *path;

    (void)state;
    spill_release(&s);
    spill_make(&s);
    assert_non_null(s.path);
    assert_int_equal(strncmp(s.path, folder, strlen(folder)), 0);
    assert_int_equal(stat(s.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    path = strdup(s.path);
    spill_release(&s);
    assert_false(io_exists(path));
    free(path);
}

/* A process that has made one, with a file in it; where that is comes into `ret`. */
static pid_t another(char *ret, size_t size)
{
    int ends[2];
    pid_t pid;
    ssize_t n;

    assert_int_equal(pipe(ends), 0);
    pid = fork();
    if (pid == 0) {
        struct spill s = SPILL_INIT;
        char *file;

        spill_make(&s);
        file = s.path != NULL ? io_join(s.path, "a.tmp") : NULL;
        if (file == NULL || io_write_atomic(file, "x", 1, 0600, NULL) < 0 ||
            write(ends[1], s.path, strlen(s.path)) < 0)
            _exit(1);
        for (;;)
            pause();
    }
    close(ends[1]);
    n = read(ends[0], ret, size - 1);
    assert_true(n > 0);
    ret[n] = '\0';
    close(ends[0]);
    return pid;
}

static void what_a_killed_one_left_goes_with_the_next(void **state)
{
    char dead[128], alive[128];
    pid_t killed = another(dead, sizeof(dead)), other = another(alive, sizeof(alive));
    struct spill s = SPILL_INIT;

    (void)state;
    kill(killed, SIGKILL);
    waitpid(killed, NULL, 0);
    assert_true(io_exists(dead));
    spill_make(&s);
    assert_false(io_exists(dead));
    assert_true(io_exists(alive));
    spill_release(&s);
    kill(other, SIGKILL);
    waitpid(other, NULL, 0);
    assert_true(io_exists(alive));
}

static void what_is_not_a_folder_of_ours_stays(void **state)
{
    char file[128], link[128];
    struct spill s = SPILL_INIT;

    (void)state;
    snprintf(file, sizeof(file), "%s/breadcrumb-spill-file", folder);
    snprintf(link, sizeof(link), "%s/breadcrumb-spill-link", folder);
    assert_int_equal(io_write_atomic(file, "x", 1, 0600, NULL), 0);
    assert_int_equal(symlink("/tmp", link), 0);
    spill_make(&s);
    assert_non_null(s.path);
    assert_true(io_exists(file) && io_exists(link));
    spill_release(&s);
}

static void where_none_can_be_made_there_is_none(void **state)
{
    struct spill s = SPILL_INIT;

    (void)state;
    setenv("TMPDIR", "/proc/nonexistent", 1);
    spill_make(&s);
    assert_null(s.path);
    spill_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_is_ours_and_goes, setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_killed_one_left_goes_with_the_next, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_a_folder_of_ours_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(where_none_can_be_made_there_is_none, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
