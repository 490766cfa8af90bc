/*
 * functions.h - the store's dense numbers for functions: one for each distinct (host, module, qualified name, file, line).
 * Loaded once for an ingest; new ones are appended in the open transaction.
 */
#ifndef INGEST_FUNCTIONS_H
#define INGEST_FUNCTIONS_H

#include "base/base.h"
#include "ingest/registry.h"
#include "ingest/sink.h"

struct functions {
    struct function_slot {
        uint64_t hash[2]; /* both 0: free */
        int32_t id;
    } *slots; /* Owned */
    size_t room, n;
    int32_t next;
    bool loaded;
};

void functions_release(struct functions *f);
/* Gives each code of the registry that has none its function's number. */
int functions_resolve(struct functions *f, struct registry *registry, struct sink *sink,
                      struct error *err);

#endif
