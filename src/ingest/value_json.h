/*
 * value_json.h - values of the trail as the JSON that people and agents read. The forms are in docs/values.md.
 */
#ifndef INGEST_VALUE_JSON_H
#define INGEST_VALUE_JSON_H

#include "base/base.h"
#include "base/buf.h"
#include "trail/reader.h"

/* The attributes of instances of one type, as their JSON has them. */
struct layout_names {
    const char *begin;        /* Borrowed: `{"$type":"shop.Cart","$id":"0x`; NULL: no such layout */
    const char *const *keys;  /* Borrowed: `,"name":` for each */
    const uint32_t *key_lens; /* Borrowed */
    uint32_t begin_len, n;
};

/* The process's types by number, each as a JSON string ("\"shop.Cart\""), and its layouts. */
struct type_names {
    char **json; /* Owned texts; NULL: no such type */
    size_t n;
    struct layout_names *layouts; /* Owned */
    size_t nlayouts;
};

/* Takes one value off *bytes and appends its JSON. False: not valid (nothing more was appended than what came before the
 * fault; the caller cuts it off), or `out` is full. */
bool value_json(struct buf *out, struct trail_bytes *bytes, const struct type_names *types);
/* The same for what **kwargs took: always an object with the names as keys. */
bool value_json_kwargs(struct buf *out, struct trail_bytes *bytes, const struct type_names *types);
/* A key of an object with its colon; one that begins with `$` gets another, because ours begin so. */
void value_json_key(struct buf *out, const uint8_t *text, size_t len);

#endif
