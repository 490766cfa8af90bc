/* ears.c - see ears.h. */
#include "base/base.h"

#include "hook/ears.h"

#include "base/spin.h"

#include <time.h>

#define SECOND 1000
#define RESTLESS_CALLS 20 /* in a second: what is called no oftener always stays on */
#define TRIED_CALLS \
    400 /* that the coarse clock, of 4 ms, can tell from the 100,000 a second of an eager ear */
#define TRIALS 20000 /* calls in a second, of all that are being tried */

static struct ear {
    const PyCodeObject *code;
    uint32_t heard_ms;
} quiet_ears[4], eager_ears[2];

struct kind {
    struct ear *ears;
    uint32_t places;
    uint32_t calls;   /* in a second, at most */
    uint32_t gone_ms; /* who was not heard for so long gives its place to another */
};

/* Quiet ears are what a program usually has: a handler of requests, a loop over files. The eager ones are for a program in which
 * everything that runs is called thousands of times a second. */
static const struct kind quiet = {quiet_ears, 4, 2000, 2000};
static const struct kind eager = {eager_ears, 2, 100000, 50};

/* Has it been called more often, since its second began, than an ear of this kind may be? */
static bool is_faster(const struct kind *kind, const struct code_entry *e, uint32_t now)
{
    return (uint64_t)(now - e->f.since_ms) * kind->calls < (uint64_t)e->f.budget * SECOND;
}

static struct ear *find(const struct kind *kind, const PyCodeObject *code)
{
    for (uint32_t i = 0; i < kind->places; i++)
        if (kind->ears[i].code == code)
            return &kind->ears[i];
    return NULL;
}

/* Makes it an ear of this kind, if it is quiet enough and there is a place. */
static bool take(const struct kind *kind, const struct code_entry *e, uint32_t now)
{
    for (uint32_t i = 0; !is_faster(kind, e, now) && i < kind->places; i++) {
        struct ear *ear = &kind->ears[i];

        if (ear->code != NULL && now - ear->heard_ms <= kind->gone_ms)
            continue;
        *ear = (struct ear){e->code, now};
        return true;
    }
    return false;
}

/* Is it an ear? The one that has become too loud for its place leaves it. */
static bool is_ear(const struct kind *kind, const struct code_entry *e, uint32_t now)
{
    struct ear *ear = find(kind, e->code);

    if (ear == NULL)
        return false;
    ear->heard_ms = now;
    if (e->f.budget > kind->calls)
        ear->code = NULL;
    return ear->code != NULL;
}

/* Are there events to spare, to find out whether something can be an eager ear? */
static bool may_try(uint32_t now)
{
    static uint32_t tried, since_ms;

    if (now - since_ms >= SECOND) {
        since_ms = now;
        tried = 0;
    }
    return ++tried <= TRIALS;
}

/* A pause in the first calls may have made a quiet ear of what is not: that is found at its last call as such. */
static bool listens(const struct code_entry *e, uint32_t now)
{
    uint32_t calls = e->f.budget;

    if (is_ear(&quiet, e, now) || is_ear(&eager, e, now))
        return true;
    if (calls == RESTLESS_CALLS + 1 && take(&quiet, e, now))
        return true;
    if (calls <= TRIED_CALLS)
        return may_try(now);
    return (calls == TRIED_CALLS + 1 || calls == quiet.calls + 1) && take(&eager, e, now);
}

static uint32_t lock; /* where threads run at the same time */

/* What is left out has no budget and no window: their places hold the calls of a second, and when that began. */
bool ears_may_rest(struct code_entry *e)
{
    struct timespec time;
    uint32_t now;
    bool rest;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    now = (uint32_t)(time.tv_sec * SECOND + time.tv_nsec / 1000000);
    if (now - e->f.since_ms >= SECOND) {
        e->f.since_ms = now;
        e->f.budget = 0;
    }
    if (++e->f.budget <= RESTLESS_CALLS)
        return false;
    if (PYC_CONCURRENT)
        spin_lock(&lock);
    rest = !listens(e, now);
    if (PYC_CONCURRENT)
        spin_unlock(&lock);
    return rest;
}
