/*
 * merge.h - the streams of a process in the order of time: whose record is the earliest now.
 *
 *     if (!merge_begin(&merge, trace)) ...
 *     while ((s = merge_next(&merge, &until)) != NULL)
 *         ... take in records of s, at least one, while they are not later than `until` ...
 *     merge_release(&merge);
 *
 * A program may have had tens of thousands of threads, and each open segment is a mapping, of which a process may have 65,530: so a
 * stream is opened when its first record may be next, and closed behind its last.
 */
#ifndef INGEST_MERGE_H
#define INGEST_MERGE_H

#include "ingest/trace.h"

struct merge {
    struct trace *trace; /* Borrowed */
    struct stream **
        streams; /* Owned array of Borrowed streams, by the time before which they have no record */
    size_t first, n; /* those before `first` are at their ends */
};

/* False: memory is out. */
bool merge_begin(struct merge *merge, struct trace *trace);
/* The stream with the earliest next record, which is ready; *ret_until: no other has one before. NULL: there is none. */
struct stream *merge_next(struct merge *merge, uint64_t *ret_until);
void merge_release(struct merge *merge);

#endif
