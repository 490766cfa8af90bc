/*
 * state.h - what the next ingest must know of a trace: how far each stream was taken in, and which calls are open. Committed
 * with the rows, so that each record counts once.
 */
#ifndef INGEST_STATE_H
#define INGEST_STATE_H

#include "base/base.h"
#include "ingest/trace.h"

/* Reads what is stored of t->id. Call after registry_read and functions_resolve. */
int state_load(struct trace *t, struct error *err);
/* Puts the state of now in its place; `done`: nothing will follow, so only the open calls stay. */
void state_save(struct trace *t, bool done);

#endif
