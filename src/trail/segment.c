/* segment.c - see reader.h: a segment's file and header, a process's folder. */
#include "base/base.h"

#include "base/clock.h"
#include "base/limits.h"
#include "trail/reader.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEGMENT_FILES_MAX (1u << 22) /* of one process: 16 TiB of full segments */

/* ---- one segment ------------------------------------------------------------------------- */

static bool header_makes_sense(const struct trail_header *h, size_t size)
{
    return h->header_size == sizeof(*h) && h->capacity >= size && h->tick_shift <= 32 &&
           h->clock_kind >= CLOCK_KIND_TSC && h->clock_kind <= CLOCK_KIND_MONOTONIC &&
           __atomic_load_n(&h->state, __ATOMIC_ACQUIRE) <= TRAIL_ENDED;
}

int trail_segment_wrap(struct trail_segment *seg, const void *bytes, size_t size)
{
    const struct trail_header *h = bytes;
    uint64_t magic;

    if (size < sizeof(*h))
        return TRAIL_SHORT;
    if ((uintptr_t)bytes % _Alignof(struct trail_header) != 0)
        return TRAIL_GARBAGE;
    /* The writer stores the magic last: who sees it sees the rest of the header. */
    magic = __atomic_load_n((const uint64_t *)(const void *)h->magic, __ATOMIC_ACQUIRE);
    if (magic == 0)
        return TRAIL_SHORT;
    if (memcmp(&magic, TRAIL_MAGIC, sizeof(magic)) != 0)
        return TRAIL_GARBAGE;
    if (h->endian != TRAIL_ENDIAN_LITTLE || h->version < TRAIL_VERSION_OLDEST ||
        h->version > TRAIL_VERSION || h->word_size != 8)
        return TRAIL_FOREIGN;
    if (!header_makes_sense(h, size))
        return TRAIL_GARBAGE;
    seg->header = h;
    seg->size = size;
    return TRAIL_OPENED;
}

static int map_file(const char *path, void **ret_map, size_t *ret_size)
{
    struct stat st;
    void *map;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    int ret = TRAIL_UNREADABLE;

    if (fd < 0)
        return errno == ENOENT ? TRAIL_MISSING : TRAIL_UNREADABLE;
    if (fstat(fd, &st) < 0)
        goto out;
    ret = TRAIL_GARBAGE;
    if (!S_ISREG(st.st_mode))
        goto out;
    ret = TRAIL_SHORT;
    if (st.st_size < (off_t)sizeof(struct trail_header))
        goto out;
    ret = TRAIL_UNREADABLE;
    map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        goto out;
    *ret_map = map;
    *ret_size = (size_t)st.st_size;
    ret = TRAIL_OPENED;
out: {
    int saved = errno;

    close(fd);
    errno = saved;
}
    return ret;
}

static bool segment_path(char path[LIMIT_PATH_BYTES], const char *dir, uint32_t stream,
                         uint32_t index)
{
    int n = stream == 0 ? snprintf(path, LIMIT_PATH_BYTES, "%s/registry.%u", dir, index)
                        : snprintf(path, LIMIT_PATH_BYTES, "%s/thread-%u.%u", dir, stream, index);

    return n > 0 && n < LIMIT_PATH_BYTES;
}

int trail_segment_open(struct trail_segment *seg, const char *dir, uint32_t stream, uint32_t index)
{
    char path[LIMIT_PATH_BYTES];
    void *map = NULL;
    size_t size = 0;
    int ret;

    if (!segment_path(path, dir, stream, index)) {
        errno = ENAMETOOLONG;
        return TRAIL_UNREADABLE;
    }
    ret = map_file(path, &map, &size);
    if (ret != TRAIL_OPENED)
        return ret;
    ret = trail_segment_wrap(seg, map, size);
    /* A file under another's name would be taken for records of another thread. */
    if (ret == TRAIL_OPENED && (seg->header->stream != stream || seg->header->index != index))
        ret = TRAIL_GARBAGE;
    if (ret != TRAIL_OPENED)
        munmap(map, size);
    return ret;
}

void trail_segment_close(struct trail_segment *seg)
{
    if (seg->header != NULL)
        munmap((void *)(uintptr_t)seg->header, seg->size);
    seg->header = NULL;
    seg->size = 0;
}

uint64_t trail_segment_committed(const struct trail_segment *seg, enum trail_state *ret_state)
{
    const struct trail_header *h = seg->header;
    /* State first: once it says sealed or ended, committed does not move any more. */
    uint32_t state = __atomic_load_n(&h->state, __ATOMIC_ACQUIRE);
    uint64_t committed = __atomic_load_n(&h->committed, __ATOMIC_ACQUIRE);

    if (ret_state != NULL)
        *ret_state = state == TRAIL_SEALED  ? TRAIL_SEALED
                     : state == TRAIL_ENDED ? TRAIL_ENDED
                                            : TRAIL_OPEN;
    if (committed > seg->size)
        return seg->size;
    return committed < h->header_size ? h->header_size : committed;
}

/* ---- a process's folder ------------------------------------------------------------------ */

int trail_dir_alive(const char *dir)
{
    char path[LIMIT_PATH_BYTES];
    int fd, ret;

    if (snprintf(path, sizeof(path), "%s/alive", dir) >= (int)sizeof(path))
        return -ENAMETOOLONG;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? 0 : -errno;
    if (flock(fd, LOCK_SH | LOCK_NB) == 0)
        ret = 0;
    else
        ret = errno == EWOULDBLOCK ? 1 : -errno;
    close(fd);
    return ret;
}

struct file_entry {
    uint32_t stream, index;
    uint64_t bytes;
};

struct file_list {
    struct file_entry *files; /* Owned */
    size_t n, capacity;
};

static bool parse_u32(const char **text, uint32_t *ret_number)
{
    const char *p = *text;
    uint64_t v = 0;

    if (*p < '0' || *p > '9' || (p[0] == '0' && p[1] >= '0' && p[1] <= '9'))
        return false;
    for (; *p >= '0' && *p <= '9'; p++) {
        v = v * 10 + (uint64_t)(*p - '0');
        if (v > UINT32_MAX)
            return false;
    }
    *text = p;
    *ret_number = (uint32_t)v;
    return true;
}

static bool parse_name(const char *name, struct file_entry *ret_file)
{
    ret_file->stream = 0;
    if (strncmp(name, "registry.", 9) == 0) {
        name += 9;
    } else if (strncmp(name, "thread-", 7) == 0) {
        name += 7;
        if (!parse_u32(&name, &ret_file->stream) || ret_file->stream == 0 || *name++ != '.')
            return false;
    } else {
        return false;
    }
    return parse_u32(&name, &ret_file->index) && *name == '\0';
}

static int add_file(struct file_list *list, const struct file_entry *file)
{
    if (list->n == list->capacity) {
        size_t capacity = list->capacity == 0 ? 64 : list->capacity * 2;
        struct file_entry *files =
            capacity <= SEGMENT_FILES_MAX ? realloc(list->files, capacity * sizeof(*files)) : NULL;

        if (files == NULL)
            return -ENOMEM;
        list->files = files;
        list->capacity = capacity;
    }
    list->files[list->n++] = *file;
    return 0;
}

static int list_files(const char *dir, struct file_list *list)
{
    DIR *folder = opendir(dir);
    int ret = 0;

    if (folder == NULL)
        return -errno;
    while (ret == 0) {
        struct file_entry file;
        struct dirent *entry;
        struct stat st;

        errno = 0;
        entry = readdir(folder);
        if (entry == NULL) {
            ret = -errno;
            break;
        }
        if (!parse_name(entry->d_name, &file) ||
            fstatat(dirfd(folder), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
            !S_ISREG(st.st_mode))
            continue;
        file.bytes = (uint64_t)st.st_size;
        ret = add_file(list, &file);
    }
    closedir(folder);
    return ret;
}

static int by_stream_and_index(const void *left, const void *right)
{
    const struct file_entry *a = left, *b = right;

    if (a->stream != b->stream)
        return a->stream < b->stream ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

int trail_dir_streams(const char *dir, trail_stream_visit *visit, void *ctx)
{
    struct file_list list = {NULL, 0, 0};
    int ret = list_files(dir, &list);

    if (ret == 0 && list.n > 0)
        qsort(list.files, list.n, sizeof(*list.files), by_stream_and_index);
    for (size_t i = 0, j; ret == 0 && i < list.n; i = j) {
        uint64_t bytes = 0;

        for (j = i; j < list.n && list.files[j].stream == list.files[i].stream; j++)
            bytes += list.files[j].bytes;
        ret = visit(ctx, list.files[i].stream, list.files[i].index, list.files[j - 1].index, bytes);
    }
    free(list.files);
    return ret;
}
