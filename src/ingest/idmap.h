/*
 * idmap.h - a hash from numbers (not 0) to pointers. Open addressing, grows by doubling. Not thread-safe.
 */
#ifndef INGEST_IDMAP_H
#define INGEST_IDMAP_H

#include "base/base.h"

struct idmap_slot {
    uint64_t id; /* 0: free */
    void *value; /* Borrowed */
};

struct idmap {
    struct idmap_slot *slots; /* Owned */
    size_t room, n;           /* room is a power of two or 0 */
};

void idmap_release(struct idmap *m);
void *idmap_get(const struct idmap *m, uint64_t id);
/* Adds or replaces. False when memory is out. */
bool idmap_put(struct idmap *m, uint64_t id, void *value);
/* What was there; NULL: nothing. */
void *idmap_take(struct idmap *m, uint64_t id);

#endif
