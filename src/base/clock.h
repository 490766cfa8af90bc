/*
 * clock.h - time: the cheapest safe counter for stamps, and the clocks it is calibrated against.
 * All functions are async-signal-safe and thread-safe. Used on both sides.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/base.h"

#include <time.h>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

enum clock_kind {
    CLOCK_KIND_TSC = 1,       /* x86 time stamp counter, invariant; rate measured */
    CLOCK_KIND_CNTVCT = 2,    /* ARM virtual counter; rate read from CNTFRQ_EL0 */
    CLOCK_KIND_MONOTONIC = 3, /* clock_gettime(CLOCK_MONOTONIC), 1 tick = 1 ns */
};

static inline int64_t clock_ns(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Nanoseconds since the epoch, UTC. */
static inline int64_t clock_wall_ns(void)
{
    return clock_ns(CLOCK_REALTIME);
}

/* Nanoseconds since boot, never backwards. */
static inline int64_t clock_mono_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

/* The counter of `kind`, in its own ticks. On x86 rdtsc is not ordered against its neighbours:
 * an error of a few ns that costs a third of rdtscp. */
static inline uint64_t clock_ticks(enum clock_kind kind)
{
#if defined(__x86_64__)
    if (LIKELY(kind == CLOCK_KIND_TSC))
        return __rdtsc();
#elif defined(__aarch64__)
    if (LIKELY(kind == CLOCK_KIND_CNTVCT)) {
        uint64_t ticks;

        __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
        return ticks;
    }
#endif
    (void)kind;
    return (uint64_t)clock_mono_ns();
}

/* Is the counter of `kind` one instruction? Then clock_register() reads it, and calls nothing. */
static inline bool clock_is_register(enum clock_kind kind)
{
#if defined(__x86_64__)
    return kind == CLOCK_KIND_TSC;
#elif defined(__aarch64__)
    return kind == CLOCK_KIND_CNTVCT;
#else
    (void)kind;
    return false;
#endif
}

static inline uint64_t clock_register(void)
{
#if defined(__x86_64__)
    return clock_ticks(CLOCK_KIND_TSC);
#elif defined(__aarch64__)
    return clock_ticks(CLOCK_KIND_CNTVCT);
#else
    return 0;
#endif
}

/* The kind to use on this machine: TSC only where the CPU says that it is invariant and the
 * kernel itself trusts it (clocksource tsc, or a hypervisor clock built on it). */
enum clock_kind clock_choose(void);

/* One moment read on all clocks, the reads as close together as three tries can make them. */
struct clock_sample {
    uint64_t ticks; /* of the chosen kind */
    int64_t wall_ns;
    int64_t mono_ns;
};

struct clock_sample clock_take_sample(enum clock_kind kind);

#endif
