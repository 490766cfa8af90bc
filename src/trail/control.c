/* control.c - see control.h. */
#include "base/base.h"

#include "trail/control.h"

#include "base/limits.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(sizeof(struct control_page) == CONTROL_BYTES, "as the header says");

static const char MAGIC[8] = "BCCTRL1";
static struct control_page never;

static bool path_of(const char *dir, char path[LIMIT_PATH_BYTES])
{
    return (size_t)snprintf(path, LIMIT_PATH_BYTES, "%s/control", dir) < LIMIT_PATH_BYTES;
}

static struct control_page *map(int fd)
{
    void *page = mmap(NULL, CONTROL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    return page != MAP_FAILED ? page : NULL;
}

/* ---- guest -------------------------------------------------------------------------------- */

void control_open(struct control *c, const char *dir)
{
    struct control_page *page;
    char path[LIMIT_PATH_BYTES];
    int saved = errno, fd = -1;

    if (c->mapped)
        munmap(c->page, CONTROL_BYTES);
    *c = (struct control){.page = &never};
    if (path_of(dir, path))
        fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && posix_fallocate(fd, 0, CONTROL_BYTES) == 0) {
        page = map(fd);
        if (page != NULL) {
            memcpy(page->magic, MAGIC, sizeof(MAGIC));
            *c = (struct control){.page = page, .mapped = true};
        }
    }
    if (fd >= 0)
        close(fd);
    errno = saved;
}

int control_take(struct control *c, char *ret, size_t size)
{
    uint32_t seq = __atomic_load_n(&c->page->seq, __ATOMIC_ACQUIRE);
    uint32_t len = __atomic_load_n(&c->page->length, __ATOMIC_RELAXED);

    if (seq & 1)
        return -1;
    len = len < CONTROL_TEXT_BYTES ? len : CONTROL_TEXT_BYTES;
    len = len < size ? len : (uint32_t)size - 1;
    memcpy(ret, c->page->text, len);
    ret[len] = '\0';
    /* The text was read before seq is looked at again. */
    MEMORY_FENCE(__ATOMIC_ACQUIRE);
    if (__atomic_load_n(&c->page->seq, __ATOMIC_RELAXED) != seq)
        return -1;
    c->seen = seq;
    __atomic_store_n(&c->page->taken, seq, __ATOMIC_RELEASE);
    return (int)len;
}

/* ---- host --------------------------------------------------------------------------------- */

/* The mapped page of a process and the descriptor that holds the lock, or a negative errno. */
static int open_page(const char *dir, int lock, struct control_page **ret_page)
{
    char path[LIMIT_PATH_BYTES];
    struct stat st;
    int fd = path_of(dir, path) ? open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW) : -1, error = 0;

    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) < 0 || st.st_size != CONTROL_BYTES)
        error = -EPROTO;
    while (error == 0 && flock(fd, lock) < 0)
        error = errno == EINTR ? 0 : -errno;
    *ret_page = error == 0 ? map(fd) : NULL;
    if (error == 0 && (*ret_page == NULL || memcmp((*ret_page)->magic, MAGIC, sizeof(MAGIC)) != 0))
        error = -EPROTO;
    if (error == 0)
        return fd;
    if (*ret_page != NULL)
        munmap(*ret_page, CONTROL_BYTES);
    close(fd);
    return error;
}

static void close_page(int fd, struct control_page *page)
{
    munmap(page, CONTROL_BYTES);
    close(fd); /* gives the lock free */
}

int control_read(const char *dir, char *ret, size_t size)
{
    struct control_page *page;
    int fd = open_page(dir, LOCK_SH, &page);
    size_t len;

    if (fd < 0)
        return fd;
    len = page->length < CONTROL_TEXT_BYTES ? page->length : CONTROL_TEXT_BYTES;
    len = len < size ? len : size - 1;
    memcpy(ret, page->text, len);
    ret[len] = '\0';
    close_page(fd, page);
    return (int)len;
}

int control_write(const char *dir, const char *text, size_t len, uint32_t *ret_seq)
{
    struct control_page *page;
    uint32_t seq;
    int fd;

    if (len > CONTROL_TEXT_BYTES)
        return -EMSGSIZE;
    fd = open_page(dir, LOCK_EX, &page);
    if (fd < 0)
        return fd;
    seq = (page->seq | 1) + 2; /* a writer that was killed has left it odd */
    __atomic_store_n(&page->seq, seq, __ATOMIC_RELAXED);
    MEMORY_FENCE(__ATOMIC_RELEASE); /* odd before the text changes */
    memcpy(page->text, text, len);
    __atomic_store_n(&page->length, (uint32_t)len, __ATOMIC_RELAXED);
    __atomic_store_n(&page->seq, seq + 1, __ATOMIC_RELEASE); /* even after it has changed */
    *ret_seq = seq + 1;
    close_page(fd, page);
    return 0;
}

uint32_t control_taken(const char *dir)
{
    struct control_page *page;
    int fd = open_page(dir, LOCK_SH, &page);
    uint32_t taken;

    if (fd < 0)
        return 0;
    taken = __atomic_load_n(&page->taken, __ATOMIC_ACQUIRE);
    close_page(fd, page);
    return taken;
}
