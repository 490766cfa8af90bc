/*
 * spill.h - the folder into which a question spills what does not fit into memory. Only we can read it; it goes when it is
 * released, and when its process was killed, with the next one that is made: who lives holds a lock on his own.
 *
 *     struct spill spill = SPILL_INIT;    spill_make(&spill);    ... spill.path ...    spill_release(&spill);
 */
#ifndef STORE_SPILL_H
#define STORE_SPILL_H

#include "base/base.h"

struct spill {
    char *path; /* Owned; NULL: there is none (a full or read-only disk) */
    int lock;   /* Owned; -1: none */
};

#define SPILL_INIT {NULL, -1}

void spill_make(struct spill *s);
/* Fine when there is none. */
void spill_release(struct spill *s);

#endif
