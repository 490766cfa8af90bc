/*
 * looked.h - what `run` saw of a process's threads when the timeout came (trail/last_look.h), as a part of the trace's metadata.
 */
#ifndef INGEST_LOOKED_H
#define INGEST_LOOKED_H

#include "base/buf.h"
#include "ingest/trace.h"

/* Appends `,"last_look":[{"thread_id", "at_ns", "busy", "wakes", "doing", "on"}, ...]`; nothing where there was no look. */
struct looked_at {
    uint64_t pid; /* of the trace's own process, or of one that it has forked */
    int64_t began_ns;
};
void looked_put(const struct trace *t, const struct looked_at *whose, struct buf *out);

#endif
