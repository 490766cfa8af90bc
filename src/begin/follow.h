/*
 * follow.h - stores a recording in the background: while its programs run, when there is much of it, and when they have ended.
 *
 * The programs take no part in it: nothing of this is a child of theirs. `breadcrumb run` looks after its own run, as long as it
 * waits anyway. A recording that began with init(), or that outlives its `run`, gets a follower: a small process in a session of its
 * own, which looks at the trail now and then, and goes when the last program has gone. The storing itself is done by
 * `breadcrumb ingest --background`, one at a time for a folder of trails: it holds a lock on that folder for as long as it lives.
 *
 *     follow_init(&follow, &settings);     follow.run_folder = ...; follow.database = ...
 *     ... now and then: again = follow_look(&follow, now) ...     and follow_ended(&follow, pid) of each child that was waited for
 *     follow_finish(&follow);
 *
 * One thread. Whatever goes wrong is left alone: the next question stores what there is.
 */
#ifndef BEGIN_FOLLOW_H
#define BEGIN_FOLLOW_H

#include "base/base.h"
#include "settings/settings.h"

#include <sys/types.h>

struct follow {
    const char *run_folder; /* Borrowed, absolute */
    const char *database;   /* Borrowed, absolute */
    uint64_t threshold;     /* bytes of trail that are worth an ingest; 0: nothing ever is */
    uint64_t quota; /* bytes that the trail may have: half of them are worth one too; 0: no limit */
    uint64_t left;  /* what the last ingest left there: files that are in use */
    int64_t pause;  /* after an ingest that left half of the quota */
    int64_t not_before; /* the next one for the quota's sake, on the monotonic clock */
    bool stale;         /* an ingest has begun since `left` was measured */
    int64_t next_look;  /* on the monotonic clock */
    pid_t ingest;       /* our child; 0: none */
};

/* What the settings ask for: ingest_mb and quota_mb. */
void follow_init(struct follow *follow, const struct settings *settings);
/* Starts an ingest if it is time. Returns when to look again, on the monotonic clock. */
int64_t follow_look(struct follow *follow, int64_t now);
/* A child of this process has ended and was waited for. */
void follow_ended(struct follow *follow, pid_t pid);
/* Ends the ingest that runs now, if one does; what it has not stored is still in the trail. */
void follow_finish(struct follow *follow);

/* Leaves a follower behind, which is nobody's child. It stores what is worth it, and all when no process of the run lives. */
void follow_leave(const struct follow *follow);
/* What the follower does, to its end. */
void follow_run(struct follow *follow);

#endif
