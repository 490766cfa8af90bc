/*
 * quota.h - how much of a run's trail is waiting on disk, and when the recording stops itself.
 *
 * The setting quota_mb is for one run: all its processes together, and only what was not ingested yet (ingest deletes what
 * it has taken). Asked when a segment is about to be made, never at an event. An overflow is that the quota (or the disk) is
 * reached after there was room again, which means: after less than half of the quota was in use, and, where the disk was full,
 * after a segment could be made again. At the third this process stops recording, and only counts.
 */
#ifndef RECORDER_QUOTA_H
#define RECORDER_QUOTA_H

#include "base/base.h"
#include "trail/format.h"

#define QUOTA_OVERFLOWS 3

struct quota {
    bool armed;         /* atomic: the next time that there is no room is an overflow */
    bool disk_full;     /* atomic: since then no segment could be made */
    uint32_t overflows; /* atomic */
    uint32_t
        stopped_for; /* atomic: enum trail_loss, of the overflow that stopped it; 0: recording goes on */
};
#define QUOTA_INIT {.armed = true}

/* Bytes that may still be made in the run's folder, of the `more` that are wanted at most. `made`: what this process has made so far:
 * as long as that alone is small, the other processes are not looked at. limit 0: none. */
uint64_t quota_room(struct quota *q, const char *run_folder, uint64_t limit, uint64_t made,
                    uint64_t more);
/* There was no room, for this cause. True: this was an overflow (q->overflows says the how manieth). */
bool quota_overflow(struct quota *q, enum trail_loss cause);
/* A segment was made. */
void quota_made(struct quota *q);

#endif
