/*
 * run_witness.h - tells a signal that somebody sent to all of our process group (kill -INT -PGID, a supervisor that asks everyone to
 * end) from one that was sent to us alone: the command has had the first by itself, the second is passed on to it.
 *
 * The kernel does not say. So there is one more process in the group, which does nothing and blocks what we watch: what is pending
 * there has been sent to the group. It holds no file, no folder, and ends with us.
 *
 *     run_witness_begin(&w);     the signals are blocked already
 *     ... a signal came, and RUN_WITNESS_NS have passed: what is not in run_witness_forget(&w) was for us alone ...
 *     run_witness_end(&w);
 */
#ifndef CLI_RUN_WITNESS_H
#define CLI_RUN_WITNESS_H

#include "base/base.h"

/* From our signal to the witness's, at most: a supervisor may send them one by one. */
#define RUN_WITNESS_NS INT64_C(20000000)

struct run_witness {
    pid_t pid; /* our child; 0: none, and every signal was for us alone */
};

void run_witness_begin(struct run_witness *w);
/* The signals that it has got, bit n for signal n, which it has not any more then. */
uint64_t run_witness_forget(struct run_witness *w);
void run_witness_end(struct run_witness *w);

#endif
