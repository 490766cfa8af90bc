/* quota.c - see quota.h. */
#include "base/base.h"

#include "recorder/quota.h"
#include "trail/size.h"

uint64_t quota_room(struct quota *q, const char *run_folder, uint64_t limit, uint64_t made,
                    uint64_t more)
{
    bool armed = __atomic_load_n(&q->armed, __ATOMIC_RELAXED);
    bool disk_full = __atomic_load_n(&q->disk_full, __ATOMIC_RELAXED);
    uint64_t used;

    /* A sixteenth of the quota each may be used up unseen by sixteen processes that start together: then they look. */
    if (armed && (limit == 0 || made + more <= limit / 16))
        return more;
    used = trail_run_bytes(run_folder);
    if (!armed && !disk_full && (limit == 0 || used < limit / 2))
        __atomic_store_n(&q->armed, true, __ATOMIC_RELAXED);
    if (limit == 0)
        return more;
    if (used >= limit)
        return 0;
    return limit - used < more ? limit - used : more;
}

bool quota_overflow(struct quota *q, enum trail_loss cause)
{
    if (cause == TRAIL_LOSS_DISK_FULL)
        __atomic_store_n(&q->disk_full, true, __ATOMIC_RELAXED);
    if (!__atomic_exchange_n(&q->armed, false, __ATOMIC_RELAXED))
        return false;
    if (__atomic_add_fetch(&q->overflows, 1, __ATOMIC_RELAXED) >= QUOTA_OVERFLOWS)
        __atomic_store_n(&q->stopped_for, cause, __ATOMIC_RELAXED);
    return true;
}

void quota_made(struct quota *q)
{
    if (__atomic_load_n(&q->disk_full, __ATOMIC_RELAXED))
        __atomic_store_n(&q->disk_full, false, __ATOMIC_RELAXED);
}
