/*
 * behind.h - how far a store is behind the trails, without changing either.
 */
#ifndef INGEST_BEHIND_H
#define INGEST_BEHIND_H

#include "base/base.h"
#include "ingest/scan.h"
#include "store/store.h"

struct behind {
    uint64_t bytes; /* committed in the trails, not taken in */
    uint64_t
        events; /* the same in records; counted only when asked, and then an estimate beyond BEHIND_COUNTED bytes */
    uint64_t ended; /* processes that have ended and whose end is not yet stored */
    uint64_t begun; /* processes that run and are not known to the store */
};

#define BEHIND_COUNTED (16 * 1024 * 1024)

/* `store` may be NULL: nothing is stored. */
int behind_look(const struct scan *scan, struct store *store, bool count_events,
                struct behind *ret_behind, struct error *err);

#endif
