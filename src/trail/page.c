/* page.c - see page.h: the page of the process that we are in. Guest code. */
#include "base/base.h"

#include "trail/page.h"

#include "base/spin.h"
#include "trail/file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#define UNITS_OF(bytes) (((bytes) + TRAIL_PAGE_UNIT - 1) / TRAIL_PAGE_UNIT)
#define CHUNK_UNITS (TRAIL_PAGE_CHUNK / TRAIL_PAGE_UNIT)
#define BLOCK_BYTES (TRAIL_PAGE_SUB * sizeof(uint32_t))

/* ---- growing ------------------------------------------------------------------------------- */

static int open_file(const char *path, bool first)
{
    int fd;

    if (first)
        return trail_file_make(path);
    fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int map_chunk(struct trail_page *page, const char *path)
{
    size_t from = (size_t)page->nchunks * TRAIL_PAGE_CHUNK;
    void *map = MAP_FAILED;
    int fd = open_file(path, page->nchunks == 0);
    int ret;

    if (fd < 0)
        return fd;
    ret = trail_file_allocate_at(fd, from, TRAIL_PAGE_CHUNK);
    if (ret == 0) {
        map = mmap(NULL, TRAIL_PAGE_CHUNK, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)from);
        if (map == MAP_FAILED)
            ret = -errno;
    }
    trail_file_close(fd);
    if (ret < 0)
        return ret;
    __atomic_store_n(&page->chunks[page->nchunks], map, __ATOMIC_RELEASE);
    page->nchunks++;
    return 0;
}

/* As with segments, signals wait: a handler may be the program's own, and recorded. */
static int add_chunk(struct trail_page *page)
{
    char path[LIMIT_PATH_BYTES];
    sigset_t all, before;
    int saved = errno;
    int ret;

    if (page->nchunks == TRAIL_PAGE_CHUNKS || !trail_file_join(path, page->dir->path, "stats"))
        return -ENOSPC;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    ret = map_chunk(page, path);
    if (ret < 0 && page->nchunks == 0)
        unlink(path);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = saved;
    return ret;
}

/* So many units in a row, zeroed; 0: no room. Under the lock. */
static uint32_t take_units(struct trail_page *page, uint32_t n)
{
    uint32_t at = page->header->units;
    uint32_t end = page->nchunks * CHUNK_UNITS;

    if (at % CHUNK_UNITS + n > CHUNK_UNITS) /* what is left of the chunk stays empty */
        at = (at / CHUNK_UNITS + 1) * CHUNK_UNITS;
    if (at + n > end && add_chunk(page) < 0)
        return 0;
    __atomic_store_n(&page->header->units, at + n, __ATOMIC_RELEASE);
    return at;
}

/* Under the lock. */
static struct trail_slot *make_slot(struct trail_page *page, uint32_t code)
{
    uint32_t unit = take_units(page, UNITS_OF(sizeof(struct trail_slot)));
    struct trail_slot *slot = NULL;

    if (unit != 0) {
        slot = trail_page_at(page, unit);
        slot->code = code;
        slot->gear = TRAIL_GEAR_FULL;
        slot->slow_above = UINT64_MAX;
        slot->min = UINT64_MAX;
        slot->older = page->header->newest;
        /* A reader that sees the slot sees what it holds. */
        __atomic_store_n(&page->header->newest, unit, __ATOMIC_RELEASE);
    }
    return slot;
}

/* Under the lock, or before anybody else knows of the page. */
static int begin(struct trail_page *page)
{
    struct trail_page_header *h;
    uint64_t magic;
    int ret = add_chunk(page);

    if (ret < 0)
        return ret;
    h = (struct trail_page_header *)(void *)page->chunks[0];
    h->version = TRAIL_PAGE_VERSION;
    h->unit = TRAIL_PAGE_UNIT;
    h->units = UNITS_OF(sizeof(*h));
    memcpy(h->trace_id, page->dir->trace_id.bytes, sizeof(h->trace_id));
    /* The magic comes last: a reader that sees it sees the whole header. */
    memcpy(&magic, TRAIL_PAGE_MAGIC, sizeof(magic));
    __atomic_store_n((uint64_t *)(void *)h->magic, magic, __ATOMIC_RELEASE);
    __atomic_store_n(&page->header, h, __ATOMIC_RELEASE);
    __atomic_store_n(&page->any, make_slot(page, 0), __ATOMIC_RELEASE);
    return 0;
}

/* Is there a file? It is made now if that was postponed; once, also if it fails. */
static bool is_open(struct trail_page *page)
{
    if (UNLIKELY(__atomic_load_n(&page->postponed, __ATOMIC_ACQUIRE))) {
        spin_lock(&page->lock);
        if (page->postponed) {
            begin(page);
            __atomic_store_n(&page->postponed, false, __ATOMIC_RELEASE);
        }
        spin_unlock(&page->lock);
    }
    return __atomic_load_n(&page->header, __ATOMIC_ACQUIRE) != NULL;
}

struct trail_slot *trail_page_any(struct trail_page *page)
{
    is_open(page);
    return __atomic_load_n(&page->any, __ATOMIC_ACQUIRE);
}

struct trail_slot *trail_page_slot(struct trail_page *page, uint32_t code)
{
    struct trail_slot *slot;

    if (!is_open(page))
        return NULL;
    spin_lock(&page->lock);
    slot = make_slot(page, code);
    spin_unlock(&page->lock);
    return slot;
}

uint32_t *trail_page_block(struct trail_page *page, struct trail_slot *slot, uint32_t block)
{
    uint32_t unit;

    if (page->header == NULL)
        return NULL;
    spin_lock(&page->lock);
    unit = slot->blocks[block];
    if (unit == 0) {
        unit = take_units(page, UNITS_OF(BLOCK_BYTES));
        if (unit != 0)
            __atomic_store_n(&slot->blocks[block], unit, __ATOMIC_RELEASE);
    }
    spin_unlock(&page->lock);
    return unit != 0 ? trail_page_at(page, unit) : NULL;
}

/* ---- life ---------------------------------------------------------------------------------- */

static void clear(struct trail_page *page, struct trail_dir *dir)
{
    page->dir = dir;
    page->nchunks = page->lock = 0;
    page->header = NULL;
    page->postponed = false;
    memset(&page->spare, 0, sizeof(page->spare));
    page->spare.slow_above = UINT64_MAX;
    page->spare.min = UINT64_MAX;
    page->any = &page->spare;
}

int trail_page_open(struct trail_page *page, struct trail_dir *dir)
{
    clear(page, dir);
    return begin(page);
}

void trail_page_postpone(struct trail_page *page, struct trail_dir *dir)
{
    clear(page, dir);
    page->postponed = true;
}

static void unmap_from(struct trail_page *page, uint32_t first)
{
    for (uint32_t i = first; i < page->nchunks; i++)
        munmap(page->chunks[i], TRAIL_PAGE_CHUNK);
    page->nchunks = page->lock = 0;
    page->header = NULL;
    page->postponed = false;
    page->any = &page->spare;
}

void trail_page_close(struct trail_page *page)
{
    unmap_from(page, 0);
}

void trail_page_leave(struct trail_page *page, struct trail_page_parent *ret_parent)
{
    *ret_parent = (struct trail_page_parent){NULL, NULL, NULL};
    if (page->header != NULL && page->any != &page->spare)
        *ret_parent = (struct trail_page_parent){page->chunks[0], page->header, page->any};
    unmap_from(page, ret_parent->chunk != NULL ? 1 : 0);
}

void trail_page_parent_release(struct trail_page_parent *parent)
{
    if (parent->chunk != NULL)
        munmap(parent->chunk, TRAIL_PAGE_CHUNK);
    parent->chunk = NULL;
}

/* ---- losses and quantiles ------------------------------------------------------------------ */

static void lose(struct trail_page_header *header, struct trail_slot *slot, enum trail_loss cause,
                 uint64_t events, uint64_t ticks)
{
    uint64_t none = 0;

    /* The first may be set by one thread only; the newest by any. */
    __atomic_compare_exchange_n(&slot->lost_first, &none, ticks, false, __ATOMIC_RELAXED,
                                __ATOMIC_RELAXED);
    __atomic_store_n(&slot->lost_last, ticks, __ATOMIC_RELAXED);
    /* Losses may come from threads without the GIL (at their end), so these are atomic everywhere. */
    __atomic_fetch_add(&slot->lost[cause], events, __ATOMIC_RELAXED);
    if (header != NULL)
        __atomic_fetch_add(&header->lost, events, __ATOMIC_RELAXED);
}

void trail_slot_lose(struct trail_page *page, struct trail_slot *slot, enum trail_loss cause,
                     uint64_t events, uint64_t ticks)
{
    lose(page->header, slot, cause, events, ticks);
}

void trail_page_parent_lose(const struct trail_page_parent *parent, enum trail_loss cause,
                            uint64_t ticks)
{
    if (parent->chunk != NULL)
        lose(parent->header, parent->any, cause, 1, ticks);
}

uint64_t trail_page_low(uint32_t n)
{
    uint32_t block = n / TRAIL_PAGE_SUB, bucket = n % TRAIL_PAGE_SUB;

    if (block == 0)
        return bucket;
    return (uint64_t)(TRAIL_PAGE_SUB + bucket) << (block - 1);
}

uint64_t trail_slot_quantile(const struct trail_page *page, const struct trail_slot *slot, double q)
{
    uint64_t rank = (uint64_t)(q * (double)slot->timed), seen = 0;

    for (uint32_t block = 0; block < TRAIL_PAGE_BLOCKS; block++) {
        const uint32_t *counts =
            slot->blocks[block] != 0 ? trail_page_at(page, slot->blocks[block]) : NULL;

        for (uint32_t i = 0; counts != NULL && i < TRAIL_PAGE_SUB; i++) {
            uint32_t n = block * TRAIL_PAGE_SUB + i;

            seen += counts[i];
            if (seen > rank)
                return trail_page_low(n) + (trail_page_low(n + 1) - trail_page_low(n)) / 2;
        }
    }
    return slot->timed > 0 ? slot->max : 0;
}
