/*
 * value_json.h - values of the trail as the JSON that people and agents read. The forms are in docs/values.md.
 */
#ifndef INGEST_VALUE_JSON_H
#define INGEST_VALUE_JSON_H

#include "base/base.h"
#include "base/buf.h"
#include "trail/reader.h"

/* The process's types by number, each as a JSON string ("\"shop.Cart\""). */
struct type_names {
    char **json; /* Owned texts; NULL: no such type */
    size_t n;
};

/* Takes one value off *bytes and appends its JSON. False: not valid (nothing more was appended than what came before the
 * fault; the caller cuts it off), or `out` is full. */
bool value_json(struct buf *out, struct trail_bytes *bytes, const struct type_names *types);
/* The same for what **kwargs took: always an object with the names as keys. */
bool value_json_kwargs(struct buf *out, struct trail_bytes *bytes, const struct type_names *types);

#endif
