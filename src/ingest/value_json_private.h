/* value_json_private.h - what the files of value_json share. Private to them. */
#ifndef INGEST_VALUE_JSON_PRIVATE_H
#define INGEST_VALUE_JSON_PRIVATE_H

#include "ingest/value_json.h"

struct value_json_writer {
    struct buf *out;                /* Borrowed */
    struct trail_bytes *in;         /* Borrowed */
    const struct type_names *types; /* Borrowed */
};

/* A value with no other values in it. False, with nothing written: it is none, or memory is out. */
bool value_json_leaf(struct value_json_writer *w, const struct trail_value *v);

/* `{"$type":NAME`, left open. */
void value_json_type(struct value_json_writer *w, uint64_t type);
/* `[TRUNCATED: original size N UNIT]`, inside of a string. */
void value_json_cut(struct value_json_writer *w, uint64_t size, const char *unit);

#endif
