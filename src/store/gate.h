/*
 * gate.h - the turnstile in front of the database: a writer that waits keeps new readers out, so that readers who come and go
 * without a pause cannot keep it waiting for ever. It is a lock on the folder that the database lies in; DuckDB's own lock
 * on the file stays what protects it. Where a folder cannot be locked there is no turnstile.
 *
 *     struct gate_turn turn;
 *     gate_begin(&turn, path, writes, wait_ms);
 *     do {
 *         gate_wait(&turn);                   // a reader passes it; a writer shuts it
 *         ret = open(path);
 *     } while (ret == ERR_DATABASE_LOCKED && gate_again(&turn));
 *     gate_end(&turn);                        // lets all others through again
 *
 * Host only.
 */
#ifndef STORE_GATE_H
#define STORE_GATE_H

#include "base/base.h"

/* Where somebody who wants to open a database stands. */
struct gate_turn {
    int gate; /* Owned; negative: none */
    bool writes;
    int64_t deadline_ns; /* of clock_mono_ns() */
    bool shut;           /* we have shut the gate */
    int64_t until_ns;    /* and let it go then */
};

void gate_begin(struct gate_turn *turn, const char *database, bool writes, int wait_ms);
/* Before each try. A reader waits while a writer has shut the gate; a writer shuts it, but not for long at a time. */
void gate_wait(struct gate_turn *turn);
/* After a try that found the database locked: waits a moment. False: the time is up. */
bool gate_again(struct gate_turn *turn);
void gate_end(struct gate_turn *turn);

#endif
