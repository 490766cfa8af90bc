/*
 * width.h - how much the calls that wait in the trails tell of themselves, before any of them is read.
 */
#ifndef INGEST_WIDTH_H
#define INGEST_WIDTH_H

#include "base/base.h"
#include "ingest/scan.h"

/* Bytes of trail a call, on average; 0 when there is too little to say (no thread has filled its first segment). Reads the first record of two
 * segments of each thread. */
uint64_t width_of_calls(const struct scan *scan);

#endif
