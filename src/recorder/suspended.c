/* suspended.c - see suspended.h. Open addressing with linear probing and backward-shift deletion (Knuth 6.4 R),
 * so that tables of long-running servers do not silt up with tombstones. */
#include "base/base.h"

#include "recorder/suspended.h"

#include "base/spin.h"

#include <sys/mman.h>

/* Threads that run at the same time wait for each other only where their frames share a place near. */
#define TABLES (TRAIL_CONCURRENT ? 1 << SUSPENDED_NEAR_LOG : 1)

static struct table {
    struct rec_frame *entries; /* Owned mapping; frame 0: empty */
    size_t size;               /* a power of two */
    size_t used;
    uint32_t lock; /* of this and of its place near, where threads run at the same time */
} tables[TABLES];

struct rec_frame suspended_near[1 << SUSPENDED_NEAR_LOG];

#define FIRST_SIZE 256

static struct table *table_of(uintptr_t frame)
{
    return &tables[TRAIL_CONCURRENT ? suspended_place(frame) - suspended_near : 0];
}

static struct table *enter(uintptr_t frame)
{
    struct table *table = table_of(frame);

    spin_enter(TRAIL_CONCURRENT, &table->lock);
    return table;
}

static size_t home_of(uintptr_t frame, size_t size)
{
    return (size_t)((frame >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (size - 1);
}

static struct rec_frame *map_entries(size_t size)
{
    void *p = mmap(NULL, size * sizeof(struct rec_frame), PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

static struct rec_frame *find(struct rec_frame *entries, size_t size, uintptr_t frame)
{
    size_t i = home_of(frame, size);

    while (entries[i].frame != 0 && entries[i].frame != frame)
        i = (i + 1) & (size - 1);
    return &entries[i];
}

static bool grow(struct table *table)
{
    size_t size = table->size == 0 ? FIRST_SIZE : table->size * 2;
    struct rec_frame *entries = map_entries(size);

    if (entries == NULL)
        return false;
    for (size_t i = 0; i < table->size; i++)
        if (table->entries[i].frame != 0)
            *find(entries, size, table->entries[i].frame) = table->entries[i];
    if (table->entries != NULL)
        munmap(table->entries, table->size * sizeof(struct rec_frame));
    table->entries = entries;
    table->size = size;
    return true;
}

static bool put_far(struct table *table, const struct rec_frame *call)
{
    struct rec_frame *e;

    if (table->used * 4 >= table->size * 3 && !grow(table))
        return false;
    e = find(table->entries, table->size, call->frame);
    if (e->frame == 0)
        table->used++;
    *e = *call;
    return true;
}

static void remove_at(struct table *table, size_t hole)
{
    size_t mask = table->size - 1;
    size_t i = hole;

    for (;;) {
        size_t home;

        i = (i + 1) & mask;
        if (table->entries[i].frame == 0)
            break;
        home = home_of(table->entries[i].frame, table->size);
        /* Move it into the hole unless its home lies cyclically behind the hole. */
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            table->entries[hole] = table->entries[i];
            hole = i;
        }
    }
    table->entries[hole].frame = 0;
    table->used--;
}

static void forget_far(struct table *table, uintptr_t frame)
{
    struct rec_frame *e;

    if (table->used == 0)
        return;
    e = find(table->entries, table->size, frame);
    if (e->frame != 0)
        remove_at(table, (size_t)(e - table->entries));
}

/* The newest is near: what was in its place goes to the table. */
static bool put(struct table *table, const struct rec_frame *call)
{
    struct rec_frame *near = suspended_place(call->frame);

    if (near->frame != 0 && near->frame != call->frame && !put_far(table, near))
        return false;
    if (near->frame != call->frame)
        forget_far(table, call->frame);
    *near = *call;
    return true;
}

bool suspended_put(const struct rec_frame *call)
{
    struct table *table = enter(call->frame);
    bool done = put(table, call);

    spin_leave(TRAIL_CONCURRENT, &table->lock);
    return done;
}

static bool take(struct table *table, uintptr_t frame, struct rec_frame *ret_call)
{
    struct rec_frame *e = suspended_place(frame);

    if (e->frame == frame) {
        *ret_call = *e;
        e->frame = 0;
        return true;
    }
    if (table->used == 0)
        return false;
    e = find(table->entries, table->size, frame);
    if (e->frame == 0)
        return false;
    *ret_call = *e;
    remove_at(table, (size_t)(e - table->entries));
    return true;
}

bool suspended_take(uintptr_t frame, struct rec_frame *ret_call)
{
    struct table *table = enter(frame);
    bool found = take(table, frame, ret_call);

    spin_leave(TRAIL_CONCURRENT, &table->lock);
    return found;
}

bool suspended_is_known(uintptr_t frame)
{
    struct table *table = enter(frame);
    bool known = suspended_place(frame)->frame == frame ||
                 (table->used > 0 && find(table->entries, table->size, frame)->frame != 0);

    spin_leave(TRAIL_CONCURRENT, &table->lock);
    return known;
}

bool suspended_has(uint32_t code)
{
    for (size_t i = 0; i < ARRAY_SIZE(suspended_near); i++)
        if (suspended_near[i].frame != 0 && suspended_near[i].code == code)
            return true;
    for (const struct table *table = tables; table < tables + TABLES; table++)
        for (size_t i = 0; table->used > 0 && i < table->size; i++)
            if (table->entries[i].frame != 0 && table->entries[i].code == code)
                return true;
    return false;
}

void suspended_clear(void)
{
    for (struct table *table = tables; table < tables + TABLES; table++)
        if (table->entries != NULL)
            munmap(table->entries, table->size * sizeof(struct rec_frame));
    memset(tables, 0, sizeof(tables));
    memset(suspended_near, 0, sizeof(suspended_near));
}
