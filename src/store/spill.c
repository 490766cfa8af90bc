/* spill.c - see spill.h. */
#include "base/base.h"

#include "store/spill.h"

#include "base/io.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "breadcrumb-spill-"
#define MOST_LOOKED_AT 10000 /* entries of the folder of all temporary files */
#define TRIES 4

static const char *base_folder(void)
{
    const char *base = getenv("TMPDIR");

    return base != NULL && base[0] == '/' ? base : "/tmp";
}

/* Locks a folder of ours that is there: 0 and the descriptor that holds the lock, or a negative errno: -EWOULDBLOCK when
 * somebody else has it, -ENOENT also when it went meanwhile. */
static int lock_folder(const char *path, int *ret_lock)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), ret = 0;

    if (fd < 0)
        return -errno;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0 || fstat(fd, &st) < 0)
        ret = -errno;
    else if (st.st_nlink == 0 || st.st_uid != geteuid())
        ret = -ENOENT;
    if (ret == 0)
        *ret_lock = fd;
    else
        close(fd);
    return ret;
}

/* Removes what killed processes left: gigabytes, at times. */
static void sweep(const char *base)
{
    DIR *dir = opendir(base);
    struct dirent *entry;

    if (dir == NULL)
        return;
    for (int n = 0; n < MOST_LOOKED_AT && (entry = readdir(dir)) != NULL; n++) {
        char *path;
        int lock;

        if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0)
            continue;
        path = io_join(base, entry->d_name);
        if (path != NULL && lock_folder(path, &lock) == 0) {
            io_remove_tree(path, NULL);
            close(lock);
        }
        free(path);
    }
    closedir(dir);
}

void spill_make(struct spill *s)
{
    const char *base = base_folder();

    s->path = NULL;
    s->lock = -1;
    sweep(base);
    /* Between its making and its lock another process may sweep it away. */
    for (int i = 0; i < TRIES && s->path == NULL; i++) {
        char *path = io_join(base, PREFIX "XXXXXX");
        int ret = -ENOMEM;

        if (path != NULL)
            ret = mkdtemp(path) != NULL ? lock_folder(path, &s->lock) : -EACCES;
        /* A file system without locks: nobody else can have it either. */
        if (ret == 0 || (ret != -EACCES && ret != -ENOENT && ret != -EWOULDBLOCK && ret != -ENOMEM))
            s->path = path;
        else
            free(path);
        if (ret == -EACCES || ret == -ENOMEM)
            return;
    }
}

void spill_release(struct spill *s)
{
    if (s->path == NULL) /* also of a struct that was only cleared */
        return;
    io_remove_tree(s->path, NULL);
    if (s->lock >= 0)
        close(s->lock);
    free(s->path);
    s->path = NULL;
    s->lock = -1;
}
