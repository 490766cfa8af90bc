/*
 * testprogram.h - a made-up program that leaves a trail: random calls, generators that move between threads, exceptions, lines,
 * tasks. The same seed gives the same program. For tests and benchmarks; see testtrail.h.
 */
#ifndef INGEST_TESTPROGRAM_H
#define INGEST_TESTPROGRAM_H

#include "base/base.h"
#include "ingest/testtrail.h"

#define TESTPROGRAM_CODES 8
#define TESTPROGRAM_SUSPENDED 64

struct testprogram {
    struct testtrail *trail; /* Borrowed, open */
    uint64_t random;
    uint32_t threads;
    uint32_t codes[TESTPROGRAM_CODES];
    uint32_t type;
    uint64_t suspended[TESTPROGRAM_SUSPENDED];
    size_t nsuspended;
    bool in_flight[TESTTRAIL_STREAMS];
    uint64_t calls; /* begun so far */
};

void testprogram_begin(struct testprogram *p, struct testtrail *trail, uint64_t seed,
                       uint32_t threads);
/* Writes one record (now and then a few). */
void testprogram_step(struct testprogram *p);

#endif
