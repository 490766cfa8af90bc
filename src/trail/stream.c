/* stream.c - see writer.h: a stream's segments. Guest code. */
#include "base/base.h"

#include "trail/file.h"
#include "trail/writer.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

static bool segment_path(char path[LIMIT_PATH_BYTES], const struct trail_stream *s, uint32_t index)
{
    char name[48];

    if (s->stream == 0)
        snprintf(name, sizeof(name), "registry.%u", index);
    else
        snprintf(name, sizeof(name), "thread-%u.%u", s->stream, index);
    return trail_file_join(path, s->dir->path, name);
}

static uint64_t rate_hz(enum clock_kind kind)
{
#if defined(__aarch64__)
    if (kind == CLOCK_KIND_CNTVCT) {
        uint64_t hz;

        __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(hz));
        return hz;
    }
#endif
    return kind == CLOCK_KIND_MONOTONIC ? 1000000000 : 0;
}

static void fill_header(struct trail_header *h, const struct trail_stream *s, uint32_t index,
                        size_t size)
{
    const struct trail_dir *dir = s->dir;
    struct clock_sample now = clock_take_sample(dir->clock);
    uint64_t magic;

    h->version = TRAIL_VERSION;
    h->endian = TRAIL_ENDIAN_LITTLE;
    h->word_size = 8;
    h->header_size = sizeof(*h);
    h->stream = s->stream;
    h->index = index;
    h->capacity = size;
    h->committed = sizeof(*h);
    h->state = TRAIL_OPEN;
    h->pid = dir->pid;
    memcpy(h->trace_id, dir->trace_id.bytes, UUID_BYTES);
    h->ticks =
        now.ticks >> dir->tick_shift
                         << dir->tick_shift; /* whole units, as all that is counted from here */
    h->wall_ns = now.wall_ns;
    h->mono_ns = now.mono_ns;
    h->clock_kind = (uint32_t)dir->clock;
    h->tick_shift = dir->tick_shift;
    h->tid = s->tid;
    h->python = dir->python;
    memcpy(h->boot_id, dir->boot_id, sizeof(h->boot_id));
    h->rate_hz = rate_hz(dir->clock);
    /* The magic comes last: a reader that sees it sees the whole header. */
    memcpy(&magic, TRAIL_MAGIC, sizeof(magic));
    __atomic_store_n((uint64_t *)(void *)h->magic, magic, __ATOMIC_RELEASE);
}

/* Makes and maps segment `index` of the stream; its file is gone again if that fails. */
static int make_segment(struct trail_stream *s, uint32_t index, size_t size,
                        struct trail_header **ret_header)
{
    char path[LIMIT_PATH_BYTES];
    void *map = MAP_FAILED;
    int fd, ret;

    if (!segment_path(path, s, index))
        return -ENAMETOOLONG;
    fd = trail_file_make(path);
    if (fd < 0)
        return fd;
    ret = trail_file_allocate(fd, size);
    if (ret == 0) {
        map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (map == MAP_FAILED)
            ret = -errno;
    }
    trail_file_close(fd);
    if (ret < 0) {
        unlink(path);
        return ret;
    }
    fill_header(map, s, index, size);
    __atomic_add_fetch(&s->dir->bytes, size, __ATOMIC_RELAXED);
    *ret_header = map;
    return 0;
}

/*
 * Every signal waits while a segment is made: a handler may be the program's own and run calls that we record, and
 * tmpfs gives up an allocation when one arrives, which under a profiling timer could go on for ever.
 */
static int next_segment(struct trail_stream *s, uint32_t index, size_t size)
{
    struct trail_header *header = NULL;
    sigset_t all, before;
    int saved = errno;
    int ret;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    ret = make_segment(s, index, size, &header);
    if (ret == 0) {
        if (s->header != NULL) {
            __atomic_store_n(&s->header->state, TRAIL_SEALED, __ATOMIC_RELEASE);
            munmap(s->header, (size_t)(s->end - (uint8_t *)s->header));
        }
        s->header = header;
        s->end = (uint8_t *)header + size;
        s->next = (uint8_t *)(header + 1);
        s->sync_at = s->stream == 0 ? UINT64_MAX : sizeof(*header);
        s->index = index;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = saved;
    return ret;
}

int trail_stream_open(struct trail_stream *s, struct trail_dir *dir, uint32_t stream, uint32_t tid)
{
    *s = (struct trail_stream){.dir = dir, .stream = stream, .tid = tid};
    return next_segment(s, 0,
                        dir->is_short ? LIMIT_SEGMENT_SMALL_BYTES : LIMIT_SEGMENT_FIRST_BYTES);
}

int trail_stream_roll(struct trail_stream *s)
{
    return trail_stream_roll_within(s, LIMIT_SEGMENT_BYTES);
}

int trail_stream_roll_within(struct trail_stream *s, uint64_t most)
{
    size_t size = (size_t)(s->end - (uint8_t *)s->header);
    size_t next = size < LIMIT_SEGMENT_BYTES ? size * 2 : LIMIT_SEGMENT_BYTES;

    if (next < LIMIT_SEGMENT_FIRST_BYTES)
        next = LIMIT_SEGMENT_FIRST_BYTES;
    if (size - trail_stream_committed(s) >= TRAIL_RECORD_BYTES)
        return -EMSGSIZE;
    if (next > most)
        next = most / LIMIT_SEGMENT_FIRST_BYTES * LIMIT_SEGMENT_FIRST_BYTES;
    if (next == 0)
        return -ENOSPC;
    trail_dir_keep(s->dir);
    return next_segment(s, s->index + 1, next);
}

void trail_stream_close(struct trail_stream *s, bool ended)
{
    char path[LIMIT_PATH_BYTES];
    size_t size, committed;
    int saved = errno;

    if (s->header == NULL)
        return;
    size = (size_t)(s->end - (uint8_t *)s->header);
    committed = trail_stream_committed(s);
    if (ended)
        __atomic_store_n(&s->header->state, TRAIL_ENDED, __ATOMIC_RELEASE);
    munmap(s->header, size);
    s->header = NULL;
    s->end = NULL;
    /* What a small file has too much is not worth the system call: of a file that is just made it takes ext4 milliseconds. */
    if (size > LIMIT_SEGMENT_SMALL_BYTES && segment_path(path, s, s->index) &&
        truncate(path, (off_t)committed) == 0)
        __atomic_sub_fetch(&s->dir->bytes, size - committed, __ATOMIC_RELAXED);
    errno = saved;
}

void trail_stream_forget(struct trail_stream *s)
{
    int saved = errno;

    if (s->header != NULL)
        munmap(s->header, (size_t)(s->end - (uint8_t *)s->header));
    s->header = NULL;
    s->end = NULL;
    errno = saved;
}
