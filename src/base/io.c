/* io.c - see io.h. */
#include "base/base.h"

#include "base/io.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#define OLD_KERNEL_FDS 4096 /* closed one by one where the kernel has no close_range() */

int io_read_file(const char *path, struct buf *out, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int ret = -1;

    if (fd < 0)
        return error_set_errno(err, ERR_SYSTEM, "cannot open '%s'", path);
    for (;;) {
        char chunk[16384];
        ssize_t n = read(fd, chunk, sizeof(chunk));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            ret = error_set_errno(err, ERR_SYSTEM, "cannot read '%s'", path);
            break;
        }
        if (n == 0) {
            ret = 0;
            break;
        }
        buf_put(out, chunk, (size_t)n);
        if (out->failed) {
            ret = error_set(err, ERR_SYSTEM, "'%s' is longer than %zu bytes", path, out->max);
            break;
        }
    }
    close(fd);
    return ret;
}

static int write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

static int write_and_rename(const char *path, const void *bytes, size_t len, unsigned mode,
                            bool sync, struct error *err)
{
    char temporary[PATH_MAX];
    int fd, ret = 0;

    snprintf(temporary, sizeof(temporary), "%s.tmp.%ld", path, (long)getpid());
    fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, (mode_t)mode);
    if (fd < 0)
        return error_set_errno(err, ERR_SYSTEM, "cannot write '%s'", path);
    if (write_all(fd, bytes, len) < 0 || (sync && fsync(fd) < 0))
        ret = error_set_errno(err, ERR_SYSTEM, "cannot write '%s'", path);
    if (close(fd) < 0 && ret == 0)
        ret = error_set_errno(err, ERR_SYSTEM, "cannot write '%s'", path);
    if (ret == 0 && rename(temporary, path) < 0)
        ret = error_set_errno(err, ERR_SYSTEM, "cannot replace '%s'", path);
    if (ret < 0)
        unlink(temporary);
    return ret;
}

int io_write_atomic(const char *path, const void *bytes, size_t len, unsigned mode,
                    struct error *err)
{
    return write_and_rename(path, bytes, len, mode, true, err);
}

int io_write_unsynced(const char *path, const void *bytes, size_t len, unsigned mode,
                      struct error *err)
{
    return write_and_rename(path, bytes, len, mode, false, err);
}

void io_hold_streams(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int io_make_dirs(const char *path, unsigned mode, struct error *err)
{
    char partial[PATH_MAX];
    size_t len = strlen(path);

    if (len == 0 || len >= sizeof(partial))
        return error_set(err, ERR_SYSTEM, "the path '%s' is empty or too long", path);
    memcpy(partial, path, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (partial[i] != '/' && partial[i] != '\0')
            continue;
        partial[i] = '\0';
        if (mkdir(partial, (mode_t)mode) < 0 && errno != EEXIST) {
            int why = errno; /* looking whether it is there says why it is not */

            if (!io_is_dir(partial)) {
                errno = why;
                return error_set_errno(err, ERR_SYSTEM, "cannot make the directory '%s'", partial);
            }
        }
        partial[i] = path[i];
    }
    if (!io_is_dir(path))
        return error_set(err, ERR_SYSTEM, "'%s' is there but is not a directory", path);
    return 0;
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st;
    (void)kind;
    (void)where;
    return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

int io_remove_tree(const char *path, struct error *err)
{
    if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) < 0 && errno != ENOENT)
        return error_set_errno(err, ERR_SYSTEM, "cannot delete '%s'", path);
    return 0;
}

void io_close_from(int fd)
{
    if (close_range((unsigned)fd, ~0U, 0) < 0)
        for (; fd < OLD_KERNEL_FDS; fd++)
            close(fd);
}

char *io_join(const char *dir, const char *name)
{
    char *path;
    size_t len = strlen(dir);
    const char *slash = len > 0 && dir[len - 1] == '/' ? "" : "/";

    return asprintf(&path, "%s%s%s", dir, slash, name) < 0 ? NULL : path;
}

char *io_program_dir(void)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
    char *slash;

    if (n <= 0)
        return NULL;
    path[n] = '\0';
    slash = strrchr(path, '/');
    if (slash == NULL)
        return NULL;
    *slash = '\0';
    return strdup(path);
}

char *io_beside_program(const char *relative, char **ret_looked_at)
{
    char *folder = io_program_dir();

    *ret_looked_at = folder != NULL ? io_join(folder, relative) : NULL;
    free(folder);
    return *ret_looked_at != NULL ? realpath(*ret_looked_at, NULL) : NULL;
}

char *io_package_dir(char **ret_looked_at)
{
    char *inside, *boot, *package = io_beside_program("../lib/breadcrumb", ret_looked_at);

    if (package != NULL)
        return package;
    boot = io_beside_program("../boot", &inside);
    free(inside);
    if (boot != NULL) {
        *strrchr(boot, '/') = '\0';
        free(*ret_looked_at);
        *ret_looked_at = strdup(boot);
    }
    return boot;
}

bool io_is_dir(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool io_exists(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0;
}
