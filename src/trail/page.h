/*
 * page.h - the statistics page of a process: the file `stats` of its folder, mapped and updated in place.
 *
 * What the streams do not hold is counted here, function by function: calls that a hot function was spared, calls that sampling
 * left out, events that were lost and why. docs/trail-format.md gives the bytes. A kill loses nothing of it, and a reader may
 * look at any moment. The file grows in chunks that are mapped where there is room and never move, so a slot's address is good
 * until trail_page_close() or _forget().
 *
 *     trail_page_open(&page, &dir);
 *     slot = trail_page_slot(&page, code);          // slow: once a function
 *     trail_slot_count(slot);                       // a call that is not recorded begins
 *     trail_slot_time(&page, slot, ticks, self);    // ... and has ended
 *
 * Guest code: needs libc only, takes no lock but a spin lock on growing. TRAIL_CONCURRENT 1 (set before the include: builds of
 * Python without a GIL, and tests) makes each update atomic against the others; with a GIL plain stores do.
 */
#ifndef TRAIL_PAGE_H
#define TRAIL_PAGE_H

#include "base/base.h"
#include "trail/format.h"
#include "trail/writer.h"

#ifndef TRAIL_CONCURRENT
#define TRAIL_CONCURRENT 0
#endif

#define TRAIL_PAGE_MAGIC "BCSTATS\n"
#define TRAIL_PAGE_VERSION 1
#define TRAIL_PAGE_UNIT 64 /* bytes; places in the file are counted in units */
#define TRAIL_PAGE_CHUNK \
    (64 * 1024)                 /* bytes; no slot and no block crosses the border of two chunks */
#define TRAIL_PAGE_CHUNKS 16384 /* 1 GiB: beyond, functions share the slot of code 0 */
#define TRAIL_PAGE_SUB_BITS \
    6 /* 64 buckets for each power of two: their middle is off by 0.8 % at most */
#define TRAIL_PAGE_SUB (1u << TRAIL_PAGE_SUB_BITS)
#define TRAIL_PAGE_BLOCKS 41 /* the last bucket takes all from 2^46 ticks (6 hours at 3 GHz) on */
#define TRAIL_PAGE_CAUSES 11 /* room for TRAIL_LOSS_CAUSES */
_Static_assert(TRAIL_LOSS_CAUSES <= TRAIL_PAGE_CAUSES, "one more needs a new version of the page");

/* Gears of a function, as docs/trail-format.md numbers them. */
enum trail_gear {
    TRAIL_GEAR_FULL = 1,
    TRAIL_GEAR_TIMED = 2,
    TRAIL_GEAR_COUNTED = 3,
    TRAIL_GEAR_OFF = 4
};

struct trail_page_header {
    uint8_t magic[8];
    uint32_t version, unit;
    uint32_t units;  /* in use, from the file's start; release */
    uint32_t newest; /* unit of the newest slot; release */
    uint8_t trace_id[16];
    uint32_t overflows; /* how often the quota or the disk was reached, see the format page */
    uint32_t stopped;   /* 1: the recording has stopped itself */
    uint64_t lost;      /* events, all functions and causes together */
    uint64_t spare[25];
};
_Static_assert(sizeof(struct trail_page_header) == 4 * TRAIL_PAGE_UNIT, "as the format page says");

struct trail_slot {
    uint32_t seq;   /* odd: the times are being changed */
    uint32_t code;  /* 0: any */
    uint32_t older; /* unit of the slot made before; 0: none */
    uint32_t gear;  /* enum trail_gear */
    uint64_t calls; /* that are not in a stream */
    uint64_t timed; /* of those, that have ended and were timed */
    uint64_t total, self, min,
        max; /* ticks, of the timed; min and max mean nothing while timed is 0 */
    /* The recorder's own, of no meaning to a reader: when to write a thinned call down, and when to go back. */
    uint64_t slow_above; /* ticks: a timed call that took longer is odd */
    uint64_t reset_at;   /* ticks: the function goes back to full */
    uint64_t odd_until;  /* ticks: end of the window that odd_left is for */
    uint32_t odd_left;   /* odd calls that may still be recorded in it */
    uint32_t spare;
    uint64_t raised;                    /* calls of `calls` that ended by an exception */
    uint64_t sampled;                   /* calls of `calls` that sampling left out */
    uint64_t lost_first, lost_last;     /* ticks of the first and the newest loss */
    uint64_t lost[TRAIL_PAGE_CAUSES];   /* events, by enum trail_loss */
    uint32_t blocks[TRAIL_PAGE_BLOCKS]; /* units of the histogram's blocks; 0: empty */
    uint32_t spare2;
};
_Static_assert(sizeof(struct trail_slot) == 6 * TRAIL_PAGE_UNIT, "as the format page says");

struct trail_page {
    struct trail_dir *dir;              /* Borrowed */
    struct trail_page_header *header;   /* NULL: none; then slots are `spare` */
    uint8_t *chunks[TRAIL_PAGE_CHUNKS]; /* Owned mappings; release, acquire */
    uint32_t nchunks;
    uint32_t lock;
    struct trail_slot spare; /* of processes without a page: counts that nobody reads */
    struct trail_slot *any;  /* the slot of code 0; never NULL after open or postpone */
    bool postponed;          /* atomic: the file is made with the first slot */
};

/* Makes the file, its first chunk and the slot of code 0. 0 or a negative errno: then `any` is a slot in memory. */
int trail_page_open(struct trail_page *page, struct trail_dir *dir);
/* The same later: with the first slot that is asked for. */
void trail_page_postpone(struct trail_page *page, struct trail_dir *dir);
/* page->any, the file made if that was postponed. Never NULL. */
struct trail_slot *trail_page_any(struct trail_page *page);
/* Makes a slot. NULL when there is no room (disk, memory, the ceiling): the caller uses page->any for losses. */
struct trail_slot *trail_page_slot(struct trail_page *page, uint32_t code);
/* Makes the block of a power of two that has none yet; NULL when there is no room. */
uint32_t *trail_page_block(struct trail_page *page, struct trail_slot *slot, uint32_t block);
/* Unmaps everything; the file stays. */
void trail_page_close(struct trail_page *page);

/* What a forked child keeps of its parent's page: the place where it can say that it cannot be recorded itself. */
struct trail_page_parent {
    uint8_t *chunk; /* Owned mapping; NULL: the parent had no page */
    struct trail_page_header *header;
    struct trail_slot *any;
};
/* In a forked child: as close, but for that. Nothing else of the parent's page must be written to. */
void trail_page_leave(struct trail_page *page, struct trail_page_parent *ret_parent);
void trail_page_parent_lose(const struct trail_page_parent *parent, enum trail_loss cause,
                            uint64_t ticks);
void trail_page_parent_release(struct trail_page_parent *parent);

/* ---- updates ------------------------------------------------------------------------------ */

static inline void trail_add64(uint64_t *counter, uint64_t n)
{
#if TRAIL_CONCURRENT
    __atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
#else
    __atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + n, __ATOMIC_RELAXED);
#endif
}

static inline void trail_add32(uint32_t *counter, uint32_t n)
{
#if TRAIL_CONCURRENT
    __atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
#else
    __atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + n, __ATOMIC_RELAXED);
#endif
}

/* Takes one; false: there is none left. */
static inline bool trail_take32(uint32_t *counter)
{
    uint32_t left = __atomic_load_n(counter, __ATOMIC_RELAXED);

#if TRAIL_CONCURRENT
    while (left != 0)
        if (__atomic_compare_exchange_n(counter, &left, left - 1, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED))
            return true;
    return false;
#else
    if (left != 0)
        __atomic_store_n(counter, left - 1, __ATOMIC_RELAXED);
    return left != 0;
#endif
}

static inline void trail_slot_count(struct trail_slot *slot)
{
    trail_add64(&slot->calls, 1);
}

/* Which block and bucket a number of ticks belongs to: block 0 has the numbers below 64, one each. */
static inline uint32_t trail_page_bucket(uint64_t ticks, uint32_t *ret_bucket)
{
    uint32_t power;

    if (ticks < TRAIL_PAGE_SUB) {
        *ret_bucket = (uint32_t)ticks;
        return 0;
    }
    power = (uint32_t)__builtin_clzll(ticks) ^ 63; /* 63 - that, in one instruction */
    if (UNLIKELY(power >= TRAIL_PAGE_SUB_BITS + TRAIL_PAGE_BLOCKS - 1)) {
        *ret_bucket = TRAIL_PAGE_SUB - 1;
        return TRAIL_PAGE_BLOCKS - 1;
    }
    *ret_bucket = (uint32_t)(ticks >> (power - TRAIL_PAGE_SUB_BITS)) - TRAIL_PAGE_SUB;
    return power - TRAIL_PAGE_SUB_BITS + 1;
}

/* Where a unit lies in memory. */
static inline void *trail_page_at(const struct trail_page *page, uint32_t unit)
{
    uint8_t *chunk = __atomic_load_n(&page->chunks[unit / (TRAIL_PAGE_CHUNK / TRAIL_PAGE_UNIT)],
                                     __ATOMIC_ACQUIRE);

    return chunk + (size_t)(unit % (TRAIL_PAGE_CHUNK / TRAIL_PAGE_UNIT)) * TRAIL_PAGE_UNIT;
}

static inline void trail_keep_extreme(uint64_t *kept, uint64_t v, bool greater)
{
    uint64_t old = __atomic_load_n(kept, __ATOMIC_RELAXED);

    while (UNLIKELY(greater ? v > old : v < old)) {
#if TRAIL_CONCURRENT
        if (__atomic_compare_exchange_n(kept, &old, v, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            break;
#else
        __atomic_store_n(kept, v, __ATOMIC_RELAXED);
        break;
#endif
    }
}

/* Where the slot's histogram counts durations like this one; NULL: there is no block for them yet. */
static inline uint32_t *trail_slot_bucket(const struct trail_page *page,
                                          const struct trail_slot *slot, uint64_t ticks)
{
    uint32_t bucket, block = trail_page_bucket(ticks, &bucket);
    uint32_t unit = __atomic_load_n(&slot->blocks[block], __ATOMIC_ACQUIRE);

    return LIKELY(unit != 0) ? (uint32_t *)trail_page_at(page, unit) + bucket : NULL;
}

/* The times begin to change, and have changed. Alone, a writer need not read again what it has written. */
static inline uint32_t trail_slot_change(struct trail_slot *slot)
{
    uint32_t seq = __atomic_load_n(&slot->seq, __ATOMIC_RELAXED);

#if TRAIL_CONCURRENT
    __atomic_fetch_add(&slot->seq, 1, __ATOMIC_RELAXED);
#else
    __atomic_store_n(&slot->seq, seq + 1, __ATOMIC_RELAXED);
#endif
    return seq;
}

static inline void trail_slot_changed(struct trail_slot *slot, uint32_t seq)
{
#if TRAIL_CONCURRENT
    (void)seq;
    __atomic_fetch_add(&slot->seq, 1, __ATOMIC_RELAXED);
#else
    __atomic_store_n(&slot->seq, seq + 2, __ATOMIC_RELAXED);
#endif
}

/* A counted call has ended after `ticks`, `self` of them its own; `count` is its bucket, or NULL. */
static inline __attribute__((always_inline)) void
trail_slot_time_in(struct trail_slot *slot, uint32_t *count, uint64_t ticks, uint64_t self)
{
    /* Odd while it changes: the fences keep the stores between the two. */
    uint32_t seq = trail_slot_change(slot);

    MEMORY_FENCE(__ATOMIC_RELEASE);
    trail_add64(&slot->timed, 1);
    trail_add64(&slot->total, ticks);
    trail_add64(&slot->self, self);
    trail_keep_extreme(&slot->min, ticks, false);
    trail_keep_extreme(&slot->max, ticks, true);
    if (LIKELY(count != NULL))
        trail_add32(count, 1);
    MEMORY_FENCE(__ATOMIC_RELEASE);
    trail_slot_changed(slot, seq);
}

static inline void trail_slot_time(struct trail_page *page, struct trail_slot *slot, uint64_t ticks,
                                   uint64_t self)
{
    uint32_t *count = trail_slot_bucket(page, slot, ticks);

    if (UNLIKELY(count == NULL)) {
        uint32_t bucket, block = trail_page_bucket(ticks, &bucket);
        uint32_t *counts = trail_page_block(page, slot, block);

        count = counts != NULL ? &counts[bucket] : NULL;
    }
    trail_slot_time_in(slot, count, ticks, self);
}

/* `events` were lost, at `ticks`. */
void trail_slot_lose(struct trail_page *page, struct trail_slot *slot, enum trail_loss cause,
                     uint64_t events, uint64_t ticks);
/* The number of ticks that a share `q` of the timed calls did not exceed, off by 0.8 % at most; 0: none. */
uint64_t trail_slot_quantile(const struct trail_page *page, const struct trail_slot *slot,
                             double q);

/* ---- reading ------------------------------------------------------------------------------- */

/* A page that another process writes, or wrote. Host only. */
struct trail_page_reader {
    const uint8_t *map; /* Owned mapping */
    size_t size;
    const struct trail_page_header *header; /* in the mapping */
    uint32_t units, next;
};

/* One function's numbers as they were at one moment. */
struct trail_page_entry {
    struct trail_slot slot;
    uint32_t counts[TRAIL_PAGE_BLOCKS * TRAIL_PAGE_SUB]; /* by block, then bucket */
};

/* Opens `<dir>/stats`; TRAIL_OPENED, TRAIL_MISSING, TRAIL_GARBAGE ... as of segments (reader.h). */
int trail_page_reader_open(struct trail_page_reader *r, const char *dir);
/* The next slot; false at the end. What does not make sense is passed over. */
bool trail_page_reader_next(struct trail_page_reader *r, struct trail_page_entry *ret_entry);
void trail_page_reader_close(struct trail_page_reader *r);
/* The smallest number of ticks of a bucket; of one past the last: one past its largest. */
uint64_t trail_page_low(uint32_t bucket_of_all);

#endif
