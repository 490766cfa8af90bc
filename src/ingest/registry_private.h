/* registry_private.h - what registry.c and registry_take.c share. Nobody else includes it. */
#ifndef INGEST_REGISTRY_PRIVATE_H
#define INGEST_REGISTRY_PRIVATE_H

#include "ingest/registry.h"
#include "trail/reader.h"

/* Ceilings of the arena: past the first no code is kept, past the second no thread, type or note. */
#define REGISTRY_CODES_BYTES (1024ULL * 1024 * 1024)
#define REGISTRY_OTHERS_BYTES (REGISTRY_CODES_BYTES + 256ULL * 1024 * 1024)
/* More than any record takes: every byte of a name quoted. */
#define REGISTRY_RECORD_BYTES (16ULL * 1024 * 1024)

/* Copies what the record says into the tables. What there is no room for is counted, in left_out or as a code that is known by its
 * number of arguments only. False when memory is out. */
bool registry_take(struct registry *r, const struct trail_registry_record *rec);

#endif
