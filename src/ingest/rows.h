/*
 * rows.h - from open calls and lines to rows of the store: which column gets what, in one place.
 */
#ifndef INGEST_ROWS_H
#define INGEST_ROWS_H

#include "base/base.h"
#include "ingest/trace.h"

struct ending {
    enum outcome outcome;
    int64_t end_ns;
    const char *result; /* JSON, Borrowed; NULL: none */
    size_t result_len;
    uint64_t exception; /* 0: none */
};

/* The row of a finished call, and its count in the statistics. Ghosts have none. */
void rows_call(struct trace *t, struct stream *s, const struct call *c, const struct ending *e);
/* The row of an open call; `place` on the stack of `stream`, or stream 0: suspended. */
void rows_open_call(struct trace *t, const struct call *c, uint32_t stream, int32_t place);
/* The line that the call is at; `locals`: its JSON, NULL: not told. */
void rows_line(struct trace *t, struct stream *s, const struct call *c, const struct buf *locals);

#endif
