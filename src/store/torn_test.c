/* torn_test.c - a writer is killed, and one block after the other does not fit its checksum: that is mended, but only beside a log. */
#include "base/base.h"

#include "base/io.h"
#include "store/store.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define FIRST_BLOCK (3 * 4096)
#define BLOCK_BYTES 65536

static char folder[64], path[128], wal[140];

static int setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/breadcrumb-store-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/traces.duckdb", folder);
    snprintf(wal, sizeof(wal), "%s.wal", path);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return io_remove_tree(folder, NULL);
}

/* Writes a row, and is killed before it closes: the row is in the log. */
static void write_and_die(void)
{
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (pid == 0) {
        struct store *store = NULL;

        if (store_open(&store, path, STORE_WRITE, 0, NULL) == 0 && store_begin(store, NULL) == 0 &&
            store_exec(store, "INSERT INTO losses(cause, events) VALUES ('quota', 1)", NULL, 0,
                       NULL) == 0 &&
            store_commit(store, NULL) == 0)
            kill(getpid(), SIGKILL);
        _exit(1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(access(wal, F_OK), 0);
}

static int rows(enum store_mode mode, int64_t *ret_rows, struct error *err)
{
    struct store *store = NULL;
    int ret = store_open(&store, path, mode, 0, err);

    if (ret == 0)
        ret = store_query_int(store, "SELECT count(*) FROM losses", ret_rows, err);
    store_close(store);
    return ret;
}

/* The checksum of the block that begins at `at`, changed. */
static void tear(off_t at)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    uint64_t sum;

    assert_int_equal(pread(fd, &sum, sizeof(sum), at), sizeof(sum));
    sum ^= 1;
    assert_int_equal(pwrite(fd, &sum, sizeof(sum), at), sizeof(sum));
    close(fd);
}

static off_t size_of(const char *file)
{
    struct stat st;

    assert_int_equal(stat(file, &st), 0);
    return st.st_size;
}

static void copy(const char *from, const char *to)
{
    char words[400];

    snprintf(words, sizeof(words), "cp '%s' '%s'", from, to);
    assert_int_equal(system(words), 0);
}

/* Is the block at `at` of metadata, which DuckDB reads to open the file? Nobody was killed: then it is what it looks like. */
static bool is_needed(off_t at, const char *kept)
{
    struct error err = {0};
    int64_t n;

    copy(kept, path);
    unlink(wal);
    tear(at);
    return rows(STORE_READ, &n, &err) == ERR_DATABASE_CORRUPT &&
           strstr(err.message, "cannot open the database") != NULL;
}

static void test_torn(void **state)
{
    char kept[140], kept_wal[150];
    struct error err = {0};
    int mended = 0;
    int64_t n;

    (void)state;
    write_and_die();
    assert_int_equal(rows(STORE_WRITE, &n, &err), 0); /* and now the first row is in the file */
    write_and_die();
    snprintf(kept, sizeof(kept), "%s/kept", folder);
    snprintf(kept_wal, sizeof(kept_wal), "%s/kept.wal", folder);
    copy(path, kept);
    copy(wal, kept_wal);
    for (off_t at = FIRST_BLOCK; at < size_of(kept); at += BLOCK_BYTES) {
        enum store_mode modes[] = {STORE_WRITE, STORE_WRITE_WIDE, STORE_READ};

        if (!is_needed(at, kept))
            continue;
        for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
            copy(kept, path);
            copy(kept_wal, wal);
            tear(at);
            n = 0;
            if (rows(modes[i], &n, &err) < 0)
                fail_msg("block at %ld: %s", (long)at, err.message);
            assert_int_equal(n, 2);
        }
        mended++;
    }
    assert_true(mended > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_torn, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
