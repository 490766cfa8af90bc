/*
 * looked.h - what `run` saw of a process's threads when the timeout came (trail/last_look.h), as a part of the trace's metadata.
 */
#ifndef INGEST_LOOKED_H
#define INGEST_LOOKED_H

#include "base/buf.h"
#include "ingest/trace.h"

/* Appends `,"last_look":[{"thread_id", "at_ns", "busy", "wakes", "doing", "on"}, ...]`; nothing where there was no look. */
void looked_put(const struct trace *t, struct buf *out);

#endif
