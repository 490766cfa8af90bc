/*
 * spin.h - a lock of one word for what takes a moment: who waits yields, and nothing is called.
 *
 * For guest code, where threads may hold the GIL or not. Hold it only over what cannot wait for another thread, call Python, or
 * come back here. 0 is unlocked; a forked child, whose other threads are gone, sets it to 0.
 */
#ifndef BASE_SPIN_H
#define BASE_SPIN_H

#include "base/base.h"

#include <sched.h>

static inline void spin_lock(uint32_t *lock)
{
    while (__atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE) != 0)
        sched_yield();
}

static inline void spin_unlock(uint32_t *lock)
{
    __atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

/* The same for what the GIL guards where there is one: `concurrent`, a constant, says that threads run Python at the same time. */
static inline void spin_enter(bool concurrent, uint32_t *lock)
{
    if (concurrent)
        spin_lock(lock);
}

static inline void spin_leave(bool concurrent, uint32_t *lock)
{
    if (concurrent)
        spin_unlock(lock);
}

#endif
