/*
 * gate.h - the turnstile in front of the database: a writer that waits keeps new readers out, so that readers who come and go
 * without a pause cannot keep it waiting for ever. It is a lock on the folder that the database lies in; DuckDB's own lock
 * on the file stays what protects it. Where a folder cannot be locked there is no turnstile.
 *
 *     int gate = gate_open(path);
 *     gate_pass(gate, deadline);              // a reader, before it opens the database
 *     if (gate_shut(gate, deadline)) ...      // a writer; then it opens the database as soon as the readers have left
 *     gate_close(gate);                       // opens it again
 *
 * Deadlines are those of clock_mono_ns(). Host only.
 */
#ifndef STORE_GATE_H
#define STORE_GATE_H

#include "base/base.h"

/* Negative: none; all others take that and do nothing. */
int gate_open(const char *database);
/* Waits while a writer has shut it. */
void gate_pass(int gate, int64_t deadline_ns);
/* False: another writer had it until the deadline, or there is none. */
bool gate_shut(int gate, int64_t deadline_ns);
/* Lets readers through again. */
void gate_release(int gate);
void gate_close(int gate);

#endif
