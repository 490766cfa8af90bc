/*
 * timeline.h - from the counter's ticks to nanoseconds since 1970: one straight line for a whole trace, fixed when the trace is
 * first seen and kept in the store, so that times never disagree between two ingests.
 */
#ifndef INGEST_TIMELINE_H
#define INGEST_TIMELINE_H

#include "base/base.h"
#include "ingest/registry.h"

struct timeline {
    uint64_t base_ticks;
    int64_t base_ns;
    uint64_t ns_per_tick; /* as a fraction of 2^32 */
};

/*
 * Fixes the line from the registry's first header and, where the counter's rate is not known, a second point at least
 * 10 ms away: the clock of this machine if it is the same and still runs (waits for it), else the newest calibration in
 * the registry or in `streams`, else 1 tick = 1 ns.
 */
void timeline_fix(struct timeline *t, const struct registry *registry,
                  const struct trail_header *newest);
/* Is this trace of this machine, since it was started last? */
bool timeline_is_local(const struct trail_header *header);

static inline int64_t timeline_ns(const struct timeline *t, uint64_t ticks)
{
    __extension__ typedef unsigned __int128 wide;

    if (ticks >= t->base_ticks)
        return t->base_ns + (int64_t)(((wide)(ticks - t->base_ticks) * t->ns_per_tick) >> 32);
    return t->base_ns - (int64_t)(((wide)(t->base_ticks - ticks) * t->ns_per_tick) >> 32);
}

#endif
