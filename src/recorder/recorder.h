/*
 * recorder.h - the recording of this process: its folder, its registry, its life from start to end.
 *
 * The recorder knows nothing of CPython: the hook room calls it with frames as numbers and fills the values in
 * itself. There is one recorder for each process, since there is one trail for each process; a forked child starts its own
 * when it has something to record. It starts no thread, prints nothing, raises nothing; where it cannot go on it counts why
 * and is off.
 *
 *     recorder_start(&config)            once, from the hook
 *     t = recorder_thread()              on each event: this thread's stream
 *     ... event.h ...
 *     (the process ends: recorder_finish by on_exit, or never: a kill loses nothing)
 */
#ifndef RECORDER_RECORDER_H
#define RECORDER_RECORDER_H

#include "base/base.h"
#include "base/clock.h"
#include "base/uuid.h"
#include "recorder/quota.h"
#include "recorder/thread.h"
#include "settings/settings.h"
#include "trail/control.h"
#include "trail/encode.h"
#include "trail/page.h"
#include "trail/writer.h"

/* When a hot function is thinned; settings.h has the meaning. threshold 0: never. */
struct recorder_hot {
    uint64_t threshold, timed_calls;
    uint32_t window_ms, reset_ms;
};

/* What the hook knows of the process; texts are copied. */
struct recorder_config {
    const char *run_folder;         /* absolute */
    struct trail_text run_settings; /* the run's compiled settings, for the PROCESS record */
    struct uuid run_id;
    uint64_t quota; /* bytes of the run's trail on disk, not yet ingested; 0: no limit */
    struct recorder_hot hot;
    uint64_t
        sample_below; /* a call is recorded when 32 random bits are below this; 1 << 32: every */
    uint64_t seed;    /* of the draws; 0: another one in each process */
    struct trail_text python; /* "3.12.1" */
    uint32_t python_version;  /* (major << 8) + minor */
    struct trail_text executable;
    const struct trail_text *argv;
    size_t argc;
    /* Called in a forked child before fork() returns to anybody: forget all that is known of codes and types. */
    void (*forget)(void);
    /* The thread's name and ident, at its first event; the GIL is held. Returns the bytes written to name. */
    size_t (*describe_thread)(char *name, size_t size, uint64_t *ret_ident);
};

enum recorder_mode {
    RECORDER_OFF = 0,
    RECORDER_ON = 1,
    RECORDER_FORKED = 2, /* a child that has recorded nothing yet */
};

struct recorder {
    int mode;                      /* enum recorder_mode, atomic */
    struct recorder_config config; /* its texts Borrowed from `texts` */
    struct trail_dir dir;
    struct trail_stream registry;
    struct trail_page page;
    struct trail_page_parent parents_page; /* until a forked child begins its own */
    /* Of a process without a page, by cause: what the registry has told of losses, and from which number on it tells again. */
    uint64_t told_losses[TRAIL_LOSS_CAUSES], next_losses[TRAIL_LOSS_CAUSES];
    struct clock_sample born; /* the beginning, to know the counter's rate */
    int64_t forked_ns;        /* on CLOCK_MONOTONIC_COARSE; of a child that has not begun */
    struct quota quota;
    struct rec_thread *threads; /* all that live, under threads_lock; Borrowed: each owns itself */
    struct rec_thread *ended;   /* whose threads are gone, to be freed; likewise */
    uint32_t threads_lock;      /* spin lock */
    uint32_t registry_lock;     /* spin lock, see registry.h */
    uint32_t begin_lock;        /* spin lock: of a forked child's beginning */
    struct control control;     /* what `breadcrumb set` wants changed */
    uint32_t next_code, next_type, next_layout, next_stream;
    struct uuid parent_trace_id; /* nil: not forked */
    void *texts;                 /* Owned mapping: the copies of the config's texts */
    size_t texts_size;
};

extern struct recorder recorder;

/* Begins the recording. 0 or a negative errno: then nothing is recorded. */
int recorder_start(const struct recorder_config *config);
/* Writes what closes the registry and this thread's stream. `status` -1: not known. */
void recorder_finish(enum trail_finish reason, int status);
/* Begins the child's own recording, if it has none. */
bool recorder_continue_after_fork(void);
/* Is there a recording to write to? In a forked child it begins its own. */
static inline bool recorder_ready(void)
{
    int mode = __atomic_load_n(&recorder.mode, __ATOMIC_ACQUIRE);

    return mode == RECORDER_ON || (mode == RECORDER_FORKED && recorder_continue_after_fork());
}

/* Is there one, or may there be? A forked child that has nothing to record begins its own only when it is so old that somebody may
 * look for it, or want other settings of it. */
bool recorder_continue_in_time(void);
static inline bool recorder_may_be(void)
{
    int mode = __atomic_load_n(&recorder.mode, __ATOMIC_ACQUIRE);

    return mode == RECORDER_ON || (mode == RECORDER_FORKED && recorder_continue_in_time());
}

/* The same as recorder_ready(), but begins none. */
static inline bool recorder_is_on(void)
{
    return __atomic_load_n(&recorder.mode, __ATOMIC_ACQUIRE) == RECORDER_ON;
}

/* Is it a forked child that has recorded nothing yet? */
static inline bool recorder_is_silent(void)
{
    return __atomic_load_n(&recorder.mode, __ATOMIC_ACQUIRE) == RECORDER_FORKED;
}

/* Counts `events` lost for `cause`, of any function; lock-free, where there is a statistics page. */
void recorder_lose(enum trail_loss cause, uint64_t events);
/* The same, of the function that has the slot. */
void recorder_lose_of(struct trail_slot *slot, enum trail_loss cause, uint64_t events);
/* So many milliseconds in ticks of the counter. */
uint64_t recorder_ticks(uint64_t ms);
/* Why it has stopped itself, after three overflows: then calls are counted only, as lost for this cause. 0: it has not. */
static inline enum trail_loss recorder_stopped(void)
{
    return __atomic_load_n(&recorder.quota.stopped_for, __ATOMIC_RELAXED);
}

#endif
