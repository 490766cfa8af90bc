/* dir.c - see writer.h: a process's folder, and the lock that says that the process lives. Guest code. */
#include "base/base.h"

#include "trail/file.h"
#include "trail/writer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DIR_MODE 0700
#define ALIVE_BYTES 4096
#define ALIVE_FD_FROM 512 /* a number that programs neither expect nor close in passing */
#define LOCK_TRIES \
    50 /* of a millisecond: a reader that probes the lock holds it for microseconds */

/* Takes the lock; waits a little for a reader that is just probing it. */
static int lock_alive(int fd)
{
    const struct timespec millisecond = {0, 1000000};

    for (int i = 0; i < LOCK_TRIES; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return 0;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return -errno;
        nanosleep(&millisecond, NULL);
    }
    return -EWOULDBLOCK;
}

/*
 * Closes fd unless it must stay. A mapping keeps the open file, and with it the lock, on ordinary file systems; but
 * overlayfs (every container) maps the file of the layer below, and the lock goes with the last descriptor. So ask:
 * if a shared lock can be had now, nothing holds ours. Returns -1 or the descriptor that has to stay open.
 */
static int settle_alive(int fd, const char *path)
{
    int probe, high;
    bool kept;

    trail_file_close(fd);
    probe = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (probe < 0)
        return -1;
    kept = flock(probe, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    if (kept || lock_alive(probe) < 0) {
        trail_file_close(probe);
        return -1;
    }
    high = fcntl(probe, F_DUPFD_CLOEXEC, ALIVE_FD_FROM);
    if (high < 0)
        return probe;
    trail_file_close(probe);
    return high;
}

/* Makes, locks and maps `alive`. */
static int make_alive(struct trail_dir *dir)
{
    char path[LIMIT_PATH_BYTES];
    void *map = MAP_FAILED;
    int fd, ret;

    if (!trail_file_join(path, dir->path, "alive"))
        return -ENAMETOOLONG;
    fd = trail_file_make(path);
    if (fd < 0)
        return fd;
    ret = lock_alive(fd);
    if (ret == 0)
        ret = trail_file_allocate(fd, ALIVE_BYTES);
    if (ret == 0) {
        map = mmap(NULL, ALIVE_BYTES, PROT_READ, MAP_SHARED, fd, 0);
        if (map == MAP_FAILED)
            ret = -errno;
    }
    if (ret < 0) {
        trail_file_close(fd);
        unlink(path);
        return ret;
    }
    /* A child that kept the mapping would keep its dead parent alive. */
    (void)madvise(map, ALIVE_BYTES, MADV_DONTFORK);
    dir->alive = map;
    dir->alive_fd = settle_alive(fd, path);
    return 0;
}

/* Once: a forked child asks again. */
static void read_boot_id(uint8_t ret_id[16])
{
    static struct uuid id;
    char text[UUID_TEXT];
    int fd = -1;

    if (uuid_is_nil(&id))
        fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (read(fd, text, UUID_TEXT - 1) == UUID_TEXT - 1) {
            text[UUID_TEXT - 1] = '\0';
            (void)uuid_parse(text, &id);
        }
        close(fd);
    }
    memcpy(ret_id, id.bytes, sizeof(id.bytes));
}

/* The folder gets its name when `alive` is locked, so that no reader takes a beginning for an end. */
static int make_folder(struct trail_dir *dir, const char *run)
{
    char name[64], final[LIMIT_PATH_BYTES];
    struct stat st;
    int ret;
    uint64_t tail = 0;

    for (int i = 8; i < UUID_BYTES; i++)
        tail = tail << 8 | dir->trace_id.bytes[i];
    snprintf(name, sizeof(name), ".%u-%016llx", dir->pid, (unsigned long long)tail);
    if (!trail_file_join(dir->path, run, name) || !trail_file_join(final, run, name + 1))
        return -ENAMETOOLONG;
    if (mkdir(dir->path, DIR_MODE) < 0)
        return -errno;
    if (stat(dir->path, &st) == 0 && (st.st_mode & 0777) != DIR_MODE)
        (void)chmod(dir->path, DIR_MODE);
    ret = make_alive(dir);
    if (ret == 0 && rename(dir->path, final) < 0) {
        ret = -errno;
        trail_dir_close(dir);
        if (trail_file_join(final, dir->path, "alive"))
            unlink(final);
    }
    if (ret < 0)
        rmdir(dir->path);
    else
        memcpy(dir->path, final, sizeof(final));
    return ret;
}

int trail_dir_open(struct trail_dir *dir, const char *run, const struct uuid *trace_id,
                   enum clock_kind clock, uint32_t tick_shift, uint32_t python)
{
    int saved = errno;
    int ret = -EINVAL;

    memset(dir, 0, sizeof(*dir));
    dir->alive_fd = -1;
    dir->trace_id = *trace_id;
    dir->clock = clock;
    dir->tick_shift = tick_shift;
    dir->python = python;
    dir->pid = (uint32_t)getpid();
    if (run[0] == '/' && tick_shift <= 32) { /* absolute: the program may change its directory */
        read_boot_id(dir->boot_id);
        ret = make_folder(dir, run);
    }
    if (ret < 0)
        dir->path[0] = '\0';
    errno = saved;
    return ret;
}

/* Is the descriptor still our `alive`? The program may have closed it, and have got the number for something else. */
static bool is_alive_file(int fd, const char *path)
{
    struct stat mine, there;

    return fd >= 0 && fstat(fd, &mine) == 0 && stat(path, &there) == 0 &&
           mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
}

static void drop_alive_fd(struct trail_dir *dir)
{
    char path[LIMIT_PATH_BYTES];

    if (dir->alive_fd >= 0 && trail_file_join(path, dir->path, "alive") &&
        is_alive_file(dir->alive_fd, path))
        close(dir->alive_fd);
    dir->alive_fd = -1;
}

void trail_dir_close(struct trail_dir *dir)
{
    int saved = errno;

    drop_alive_fd(dir);
    if (dir->alive != NULL)
        munmap(dir->alive, ALIVE_BYTES);
    dir->alive = NULL;
    errno = saved;
}

void trail_dir_forget(struct trail_dir *dir)
{
    int saved = errno;

    /* The mapping was not inherited: something else may stand at its address by now. An inherited descriptor shares
     * the parent's lock; closing ours leaves the parent its own. */
    drop_alive_fd(dir);
    dir->alive = NULL;
    errno = saved;
}

void trail_dir_keep(struct trail_dir *dir)
{
    char path[LIMIT_PATH_BYTES];
    int saved = errno;
    int fd = __atomic_load_n(&dir->alive_fd, __ATOMIC_ACQUIRE);

    if (fd >= 0 && trail_file_join(path, dir->path, "alive") && !is_alive_file(fd, path)) {
        int probe = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

        if (probe >= 0) {
            int again = settle_alive(probe, path);

            if (again >= 0 && !__atomic_compare_exchange_n(&dir->alive_fd, &fd, again, false,
                                                           __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
                close(again);
        }
    }
    errno = saved;
}
