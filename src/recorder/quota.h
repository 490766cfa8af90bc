/*
 * quota.h - how much of a run's trail is waiting on disk.
 *
 * The setting quota_mb is for one run: all its processes together, and only what was not ingested yet (ingest deletes what
 * it has taken). Asked when a segment is about to be made, never at an event.
 */
#ifndef RECORDER_QUOTA_H
#define RECORDER_QUOTA_H

#include "base/base.h"

/* Bytes that may still be made, of the `more` that are wanted at most. `made`: what this process has made so far: as long as
 * that alone is small, the other processes are not looked at. quota 0: no limit. */
uint64_t quota_room(const char *run_folder, uint64_t quota, uint64_t made, uint64_t more);

#endif
