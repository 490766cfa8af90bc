/* timeline.c - see timeline.h. */
#include "base/base.h"

#include "base/clock.h"
#include "ingest/timeline.h"

#include <fcntl.h>
#include <unistd.h>

#define ONE (1ULL << 32)
#define BASELINE_NS 10000000
#define PLAUSIBLE_LOW (ONE / 64)    /* 64 GHz */
#define PLAUSIBLE_HIGH (ONE * 1000) /* 1 MHz */

bool timeline_is_local(const struct trail_header *header)
{
    static const uint8_t unknown[16];
    char text[UUID_TEXT] = "";
    struct uuid id;
    int fd;
    ssize_t n;

    if (memcmp(header->boot_id, unknown, sizeof(unknown)) == 0)
        return false;
    fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    n = read(fd, text, UUID_TEXT - 1);
    close(fd);
    text[UUID_TEXT - 1] = '\0';
    return n == UUID_TEXT - 1 && uuid_parse(text, &id) &&
           memcmp(id.bytes, header->boot_id, UUID_BYTES) == 0;
}

/* Ticks that are further than this apart cannot be of one counter that runs. */
static bool set_rate(struct timeline *t, uint64_t ticks, int64_t ns)
{
    __extension__ typedef unsigned __int128 wide;
    wide rate;

    if (ticks == 0 || ns <= 0)
        return false;
    rate = ((wide)(uint64_t)ns << 32) / ticks;
    if (rate < PLAUSIBLE_LOW || rate > PLAUSIBLE_HIGH)
        return false;
    t->ns_per_tick = (uint64_t)rate;
    return true;
}

static bool rate_from_here(struct timeline *t, const struct trail_header *h)
{
    struct clock_sample now;
    int64_t missing;

    if (!timeline_is_local(h) || clock_choose() != (enum clock_kind)h->clock_kind)
        return false;
    missing = h->mono_ns + BASELINE_NS - clock_mono_ns();
    if (missing > BASELINE_NS)
        return false; /* it has not begun yet? not our clock, then */
    if (missing > 0)
        usleep((useconds_t)(missing / 1000 + 1));
    now = clock_take_sample((enum clock_kind)h->clock_kind);
    return now.ticks > h->ticks && set_rate(t, now.ticks - h->ticks, now.mono_ns - h->mono_ns);
}

void timeline_fix(struct timeline *t, const struct registry *registry,
                  const struct trail_header *newest)
{
    const struct trail_header *h = &registry->header;
    const struct clock_record *c = &registry->last_clock;

    t->base_ticks = h->ticks;
    t->base_ns = h->wall_ns;
    t->ns_per_tick = ONE;
    if (h->clock_kind == CLOCK_KIND_MONOTONIC)
        return;
    if (h->rate_hz > 0) {
        set_rate(t, h->rate_hz, 1000000000);
        return;
    }
    if (rate_from_here(t, h))
        return;
    if (c->ticks > h->ticks && c->mono_ns - h->mono_ns >= BASELINE_NS &&
        set_rate(t, c->ticks - h->ticks, c->mono_ns - h->mono_ns))
        return;
    if (newest != NULL && newest->ticks > h->ticks)
        set_rate(t, newest->ticks - h->ticks, newest->mono_ns - h->mono_ns);
}
