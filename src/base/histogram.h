/*
 * histogram.h - how durations are counted: log-linear buckets, 32 for each power of two.
 *
 * Numbers below 64 have a bucket each; above, a bucket is as wide as 1/32 of its power of two, so that its middle is off
 * by at most 1.6 %. Plain numbers, no allocation: the recorder keeps one in a mapped page, ingest in memory and as a
 * blob. Not thread-safe: one writer each. Both sides.
 */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include "base/base.h"

#define HISTOGRAM_SUB_BITS 5
#define HISTOGRAM_SUB (1u << HISTOGRAM_SUB_BITS)
#define HISTOGRAM_POWERS 44 /* the last bucket takes all from 2^44 ns (4.9 hours) on */
#define HISTOGRAM_BUCKETS ((HISTOGRAM_POWERS - HISTOGRAM_SUB_BITS + 1) * HISTOGRAM_SUB)

struct histogram {
    uint64_t count, total;
    uint64_t min, max; /* of no meaning while count is 0 */
    uint32_t buckets[HISTOGRAM_BUCKETS];
};

static inline uint32_t histogram_bucket(uint64_t v)
{
    unsigned power, shift;

    if (v < HISTOGRAM_SUB)
        return (uint32_t)v;
    power = 63 - (unsigned)__builtin_clzll(v);
    if (UNLIKELY(power >= HISTOGRAM_POWERS))
        return HISTOGRAM_BUCKETS - 1;
    shift = power - HISTOGRAM_SUB_BITS;
    return (shift << HISTOGRAM_SUB_BITS) + (uint32_t)(v >> shift);
}

static inline void histogram_add(struct histogram *h, uint64_t v)
{
    uint32_t *bucket = &h->buckets[histogram_bucket(v)];

    if (h->count == 0 || v < h->min)
        h->min = v;
    if (h->count == 0 || v > h->max)
        h->max = v;
    h->count++;
    h->total += v;
    if (LIKELY(*bucket < UINT32_MAX))
        ++*bucket;
}

/* The smallest number of a bucket; of HISTOGRAM_BUCKETS: one past the largest. */
uint64_t histogram_low(uint32_t bucket);

/* A run of buckets, where the rest is zero: what is left of a histogram when the empty ends are cut off. */
struct histogram_run {
    const uint32_t *counts; /* Borrowed */
    uint32_t first, n;
    uint64_t min, max; /* what was seen: answers lie between them */
};

/* The number below which a share `q` (0 to 1) of all lies: exact to 1.6 %; 0 when nothing was counted. */
uint64_t histogram_quantile(const struct histogram_run *run, double q);

#endif
