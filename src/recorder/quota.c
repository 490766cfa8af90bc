/* quota.c - see quota.h. */
#include "base/base.h"

#include "recorder/quota.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes on disk of the files in a folder, and of those in its folders while `levels` last. Takes over fd. */
static uint64_t folder_bytes(int fd, int levels)
{
    DIR *dir = fdopendir(fd);
    struct dirent *entry;
    uint64_t sum = 0;

    if (dir == NULL) {
        close(fd);
        return 0;
    }
    while ((entry = readdir(dir)) != NULL) {
        struct stat st;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        if (S_ISREG(st.st_mode)) {
            sum += (uint64_t)st.st_blocks * 512;
        } else if (S_ISDIR(st.st_mode) && levels > 0) {
            int below = openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

            if (below >= 0)
                sum += folder_bytes(below, levels - 1);
        }
    }
    closedir(dir);
    return sum;
}

uint64_t quota_room(struct quota *q, const char *run_folder, uint64_t limit, uint64_t made,
                    uint64_t more)
{
    bool armed = __atomic_load_n(&q->armed, __ATOMIC_RELAXED);
    int saved = errno;
    uint64_t used = 0;
    int fd;

    /* A sixteenth of the quota each may be used up unseen by sixteen processes that start together: then they look. */
    if (armed && (limit == 0 || made + more <= limit / 16))
        return more;
    fd = open(run_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        used = folder_bytes(fd, 1);
    errno = saved;
    if (!armed && (limit == 0 || used < limit / 2))
        __atomic_store_n(&q->armed, true, __ATOMIC_RELAXED);
    if (limit == 0)
        return more;
    if (used >= limit)
        return 0;
    return limit - used < more ? limit - used : more;
}

bool quota_overflow(struct quota *q)
{
    if (!__atomic_exchange_n(&q->armed, false, __ATOMIC_RELAXED))
        return false;
    if (__atomic_add_fetch(&q->overflows, 1, __ATOMIC_RELAXED) >= QUOTA_OVERFLOWS)
        __atomic_store_n(&q->stopped, true, __ATOMIC_RELAXED);
    return true;
}
