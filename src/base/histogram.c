/* histogram.c - see histogram.h. */
#include "base/base.h"

#include "base/histogram.h"

uint64_t histogram_low(uint32_t bucket)
{
    unsigned shift;

    if (bucket < 2 * HISTOGRAM_SUB)
        return bucket;
    shift = (bucket >> HISTOGRAM_SUB_BITS) - 1;
    return (uint64_t)(bucket - (shift << HISTOGRAM_SUB_BITS)) << shift;
}

uint64_t histogram_quantile(const struct histogram_run *run, double q)
{
    uint64_t total = 0, rank, seen = 0;

    for (uint32_t i = 0; i < run->n; i++)
        total += run->counts[i];
    if (total == 0)
        return 0;
    /* The rank as in "nearest rank": the smallest number with at least q * total numbers at or below it. */
    rank = (uint64_t)(q * (double)total);
    if ((double)rank < q * (double)total || rank == 0)
        rank++;
    for (uint32_t i = 0; i < run->n; i++) {
        uint64_t low, high, middle;

        seen += run->counts[i];
        if (seen < rank)
            continue;
        low = histogram_low(run->first + i);
        high = histogram_low(run->first + i + 1);
        middle = low + (high - low) / 2;
        if (rank == total)
            return run->max;
        return middle < run->min ? run->min : middle > run->max ? run->max : middle;
    }
    return run->max;
}
