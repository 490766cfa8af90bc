/* size.c - see size.h. */
#include "base/base.h"

#include "trail/size.h"

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

uint64_t trail_run_bytes(const char *run_folder)
{
    int saved = errno;
    int fd = open(run_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    uint64_t used = fd >= 0 ? folder_bytes(fd, 1) : 0;

    errno = saved;
    return used;
}
