/*
 * torn.c - see duck.h: the block that a killed writer has left half written.
 *
 * DuckDB 1.5 adds to a block of metadata by writing all of it anew in its place. What the file's header leads to is the same in
 * the old block and in the new one, the checksum over the whole is not. SIGKILL ends a write between two pages: then the
 * sum fits neither, and DuckDB takes the file for damaged, though all that it needs is there. (Seen once in some thousand kills.)
 * That this is what happened is told by the log: a writer that comes to its end removes it.
 */
#include "base/base.h"

#include "store/duck.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADERS_BYTES (3 * 4096) /* they are written as a whole, and have sums of their own */

struct torn {
    uint64_t right, wrong, at; /* the sum that fits, the one that is there, where it is */
};

static bool find(const char *says, struct torn *ret)
{
    const char *text = strstr(says, "computed checksum ");

    return text != NULL &&
           sscanf(text,
                  "computed checksum %" SCNu64 " does not match stored checksum %" SCNu64
                  " in block at location %" SCNu64,
                  &ret->right, &ret->wrong, &ret->at) == 3 &&
           ret->at >= HEADERS_BYTES;
}

static bool has_log(const char *path)
{
    char wal[LIMIT_PATH_BYTES + 8];
    struct stat st;

    snprintf(wal, sizeof(wal), "%s.wal", path);
    return stat(wal, &st) == 0 && st.st_size > 0;
}

bool torn_mend(const char *path, const char *says)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct torn torn;
    uint64_t there;
    bool done;
    int fd;

    if (!find(says, &torn) || !has_log(path))
        return false;
    fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return false;
    done = fcntl(fd, F_SETLK, &lock) == 0 && has_log(path) &&
           pread(fd, &there, sizeof(there), (off_t)torn.at) == sizeof(there) &&
           there == torn.wrong &&
           pwrite(fd, &torn.right, sizeof(torn.right), (off_t)torn.at) == sizeof(torn.right) &&
           fsync(fd) == 0;
    close(fd);
    return done;
}
