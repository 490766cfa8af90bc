/* page_read.c - see page.h: somebody else's page, which may change, be torn or be nonsense. */
#include "base/base.h"

#include "trail/page.h"
#include "trail/reader.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLOT_UNITS (sizeof(struct trail_slot) / TRAIL_PAGE_UNIT)
#define BLOCK_UNITS (TRAIL_PAGE_SUB * sizeof(uint32_t) / TRAIL_PAGE_UNIT)
#define HEADER_UNITS (sizeof(struct trail_page_header) / TRAIL_PAGE_UNIT)
#define SEQ_TRIES 1000 /* a writer that was killed in the middle leaves the number odd for ever */

static int check_header(struct trail_page_reader *r)
{
    const struct trail_page_header *h = (const struct trail_page_header *)(const void *)r->map;
    uint64_t magic = __atomic_load_n((const uint64_t *)(const void *)h->magic, __ATOMIC_ACQUIRE);

    if (magic == 0)
        return TRAIL_SHORT;
    if (memcmp(&magic, TRAIL_PAGE_MAGIC, sizeof(magic)) != 0)
        return TRAIL_GARBAGE;
    if (h->version != TRAIL_PAGE_VERSION || h->unit != TRAIL_PAGE_UNIT)
        return TRAIL_FOREIGN;
    r->header = h;
    r->next = __atomic_load_n(&h->newest, __ATOMIC_ACQUIRE);
    return TRAIL_OPENED;
}

int trail_page_reader_open(struct trail_page_reader *r, const char *dir)
{
    char path[LIMIT_PATH_BYTES];
    struct stat st;
    int fd, ret = TRAIL_UNREADABLE;
    void *map;

    *r = (struct trail_page_reader){0};
    if (snprintf(path, sizeof(path), "%s/stats", dir) >= (int)sizeof(path))
        return TRAIL_UNREADABLE;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? TRAIL_MISSING : TRAIL_UNREADABLE;
    if (fstat(fd, &st) == 0)
        ret = !S_ISREG(st.st_mode)                                   ? TRAIL_GARBAGE
              : st.st_size < (off_t)sizeof(struct trail_page_header) ? TRAIL_SHORT
                                                                     : TRAIL_OPENED;
    if (ret == TRAIL_OPENED) {
        map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
        ret = map != MAP_FAILED ? TRAIL_OPENED : TRAIL_UNREADABLE;
        if (ret == TRAIL_OPENED) {
            r->map = map;
            r->size = (size_t)st.st_size;
            r->units = (uint32_t)(r->size / TRAIL_PAGE_UNIT);
            ret = check_header(r);
        }
    }
    close(fd);
    if (ret != TRAIL_OPENED)
        trail_page_reader_close(r);
    return ret;
}

void trail_page_reader_close(struct trail_page_reader *r)
{
    if (r->map != NULL)
        munmap((void *)(uintptr_t)r->map, r->size);
    *r = (struct trail_page_reader){0};
}

static const void *at(const struct trail_page_reader *r, uint32_t unit, uint32_t units)
{
    if (unit < HEADER_UNITS || unit > r->units || units > r->units - unit)
        return NULL;
    return r->map + (size_t)unit * TRAIL_PAGE_UNIT;
}

static void copy(const struct trail_page_reader *r, const struct trail_slot *slot,
                 struct trail_page_entry *e)
{
    memset(e->counts, 0, sizeof(e->counts));
    e->slot = *slot;
    for (uint32_t block = 0; block < TRAIL_PAGE_BLOCKS; block++) {
        const void *counts = at(r, e->slot.blocks[block], BLOCK_UNITS);

        if (counts != NULL)
            memcpy(&e->counts[block * TRAIL_PAGE_SUB], counts, TRAIL_PAGE_SUB * sizeof(uint32_t));
    }
}

bool trail_page_reader_next(struct trail_page_reader *r, struct trail_page_entry *ret_entry)
{
    const struct trail_slot *slot = at(r, r->next, SLOT_UNITS);

    if (slot == NULL)
        return false;
    for (int i = 0; i < SEQ_TRIES; i++) {
        uint32_t before = __atomic_load_n(&slot->seq, __ATOMIC_ACQUIRE);

        copy(r, slot, ret_entry);
        MEMORY_FENCE(__ATOMIC_ACQUIRE);
        if ((before & 1) == 0 && __atomic_load_n(&slot->seq, __ATOMIC_RELAXED) == before)
            break;
    }
    /* Slots are made one behind the other, so a chain that does not go backwards is nonsense: it ends here. */
    r->next = ret_entry->slot.older < r->next ? ret_entry->slot.older : 0;
    return true;
}
