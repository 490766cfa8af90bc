/* compact.h - gives the space of deleted rows back to the disk. Private to this room. */
#ifndef STORE_COMPACT_H
#define STORE_COMPACT_H

#include "store/duck.h"

/* Every table whose rows belong to a trace, by its column `trace_id`; NULL-terminated. `traces` has `id` and is not one of them. */
extern const char *const compact_tables[];

/* Rewrites the database into a new file and puts it in the place of the old one. Takes the store over: it is closed in any case. When
 * another process was faster than the exchange, the old file stays, *ret_done is false, and that is no error. */
int compact_and_close(struct store *store, bool *ret_done, struct error *err);

/* The size of a file; 0 when it is not there (keep.c). */
int64_t keep_file_bytes(const char *path);

#endif
