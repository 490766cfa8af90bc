/* function.c - see function.h. */
#include "base/base.h"

#include "recorder/function.h"

#include "base/clock.h"
#include "base/spin.h"
#include "recorder/recorder.h"

#include <sys/mman.h>

#define CHECK_EVERY 16 /* calls of a counted function between two looks at the clock */
/* The same, where it is called so often that the clock hardly moves in between. */
#define CHECK_RARELY 64
#define CHECK_SHIFT 16  /* ticks are told in 2^this here: some 20 us */
#define CHECK_SOON 16   /* and this many of those are a short time */
#define FIRST_REVIEW 16 /* timed calls until the median is known well enough to call a call slow */
#define SLOW_FACTOR \
    10 /* times the median, and at least SLOW_US: shorter hiccups are the machine's, not the function's */
#define SLOW_US 100
#define FIRST_SLOTS 1024 /* in the table by code; it doubles */

/* ---- slots by code ------------------------------------------------------------------------- */

static struct {
    struct trail_slot **slots; /* Owned mapping */
    uint32_t n;
    uint32_t lock; /* where threads run at the same time */
} by_code;

void rec_slots_clear(void)
{
    if (by_code.slots != NULL)
        munmap(by_code.slots, by_code.n * sizeof(*by_code.slots));
    by_code.slots = NULL;
    by_code.n = by_code.lock = 0;
}

static bool reach(uint32_t code)
{
    uint32_t n = by_code.n > 0 ? by_code.n : FIRST_SLOTS;
    void *map;

    while (n <= code)
        n *= 2;
    if (n == by_code.n)
        return true;
    if (by_code.n == 0)
        map = mmap(NULL, n * sizeof(*by_code.slots), PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    else
        map = mremap(by_code.slots, by_code.n * sizeof(*by_code.slots), n * sizeof(*by_code.slots),
                     MREMAP_MAYMOVE);
    if (map == MAP_FAILED)
        return false;
    by_code.slots = map;
    by_code.n = n;
    return true;
}

static struct trail_slot *find_slot(uint32_t code)
{
    if (code == 0 || !reach(code))
        return NULL;
    if (by_code.slots[code] == NULL)
        by_code.slots[code] = trail_page_slot(&recorder.page, code);
    return by_code.slots[code];
}

static struct trail_slot *make_slot(uint32_t code)
{
    struct trail_slot *slot;

    spin_enter(TRAIL_CONCURRENT, &by_code.lock);
    slot = find_slot(code);
    spin_leave(TRAIL_CONCURRENT, &by_code.lock);
    return slot;
}

static bool has_made_slot(uint32_t code)
{
    bool has;

    spin_enter(TRAIL_CONCURRENT, &by_code.lock);
    has = code < by_code.n && by_code.slots[code] != NULL;
    spin_leave(TRAIL_CONCURRENT, &by_code.lock);
    return has;
}

struct trail_slot *rec_slot_of(uint32_t code)
{
    struct trail_slot *slot = make_slot(code);

    return slot != NULL ? slot : trail_page_any(&recorder.page);
}

/* A program that compiles for ever loses the calls of ever new functions: their names must not fill what has no room. */
struct trail_slot *rec_slot_of_loss(uint32_t code)
{
    if (code < LIMIT_LOST_CODES || has_made_slot(code))
        return rec_slot_of(code);
    return trail_page_any(&recorder.page);
}

struct trail_slot *rec_function_slot(struct rec_function *f)
{
    if (f->slot == NULL)
        f->slot = make_slot(f->code);
    return f->slot != NULL ? f->slot : trail_page_any(&recorder.page);
}

/* Has it one of its own? */
static bool has_slot(struct rec_function *f)
{
    rec_function_slot(f);
    return f->slot != NULL;
}

/* ---- gears --------------------------------------------------------------------------------- */

static uint32_t now_ms(void)
{
    return (uint32_t)(clock_mono_ns() / 1000000);
}

static bool window_is_over(const struct rec_function *f, uint32_t now)
{
    return now - f->since_ms > recorder.config.hot.window_ms;
}

/* One more than the calls that are let pass: the decision is due at the call behind them. */
static uint32_t budget_of(uint64_t calls)
{
    return calls < UINT32_MAX ? (uint32_t)calls + 1 : UINT32_MAX;
}

static void begin_full(struct rec_function *f, uint32_t now)
{
    uint64_t threshold = recorder.config.hot.threshold;

    f->gear = REC_FULL;
    f->flags &= (uint8_t)~REC_SOFT;
    f->since_ms = now;
    f->budget = threshold > 0 ? budget_of(threshold) : UINT32_MAX;
    if (f->slot != NULL)
        f->slot->gear = TRAIL_GEAR_FULL;
}

static void begin_counted(struct rec_function *f, enum rec_gear gear)
{
    f->gear = (uint8_t)gear;
    f->flags |= REC_SOFT;
    f->budget = CHECK_EVERY;
    f->slot->spare = 0;
    f->slot->gear = TRAIL_GEAR_COUNTED;
}

/* The next of `left` timed calls, of which the one that is beginning is the first; the median is looked at anew ever more
 * rarely. */
static void go_on_timed(struct rec_function *f, uint32_t left)
{
    uint64_t step = f->slot->timed < FIRST_REVIEW ? FIRST_REVIEW : f->slot->timed * 3;

    if (step > left)
        step = left;
    f->slot->spare = left - (uint32_t)step;
    f->budget = (uint32_t)step;
}

static uint32_t timed_calls(void)
{
    uint64_t n = recorder.config.hot.timed_calls;

    return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

static void leave_full(struct rec_function *f, uint32_t now)
{
    if (recorder.config.hot.threshold == 0 || window_is_over(f, now) ||
        !has_slot(f)) { /* what has no histogram stays recorded */
        begin_full(f, now);
        f->budget -= f->budget < UINT32_MAX; /* the call that is beginning is the first of these */
        return;
    }
    f->slot->reset_at =
        clock_ticks(recorder.dir.clock) + recorder_ticks(recorder.config.hot.reset_ms);
    f->slot->gear = TRAIL_GEAR_TIMED;
    f->gear = REC_TIMED;
    if (timed_calls() == 0) {
        begin_counted(f, REC_COUNTED);
        return;
    }
    go_on_timed(f, timed_calls());
}

static void review_timed(struct rec_function *f, uint32_t now)
{
    struct trail_slot *slot = f->slot;
    uint32_t left = slot->spare;

    if (slot->timed >= FIRST_REVIEW) {
        uint64_t slow = SLOW_FACTOR * trail_slot_quantile(&recorder.page, slot, 0.5);
        uint64_t least = recorder_ticks(1) * SLOW_US / 1000;

        slot->slow_above = slow > least ? slow : least;
    }
    if (left == 0 && !window_is_over(f, now)) {
        begin_counted(f, REC_COUNTED);
        return;
    }
    if (left == 0) {
        f->since_ms = now;
        left = timed_calls();
    }
    go_on_timed(f, left);
}

/* Some hundred million calls a second may come here: it asks no clock but the cheapest. */
static void check_counted(struct rec_function *f)
{
    uint64_t ticks = clock_ticks(recorder.dir.clock);
    uint32_t now = (uint32_t)(ticks >> CHECK_SHIFT);

    f->budget =
        now - f->since_ms < CHECK_SOON && !(f->flags & REC_SOFT) ? CHECK_RARELY : CHECK_EVERY;
    f->since_ms = now;
    if (f->gear == REC_COUNTED && f->slot->reset_at != 0 && ticks >= f->slot->reset_at) {
        begin_full(f, now_ms());
        f->budget--;
    }
}

void rec_function_begin(struct rec_function *f)
{
    uint32_t now = now_ms();

    begin_full(f, now);
    if (recorder.config.sample_below == 0 && has_slot(f))
        begin_counted(f, REC_COUNTED); /* reset_at 0: for ever */
}

void rec_function_reset(struct rec_function *f)
{
    begin_full(f, now_ms());
    f->budget -= f->budget < UINT32_MAX;
}

enum rec_gear rec_function_spent(struct rec_function *f)
{
    switch ((enum rec_gear)f->gear) {
    case REC_FULL:
        leave_full(f, now_ms());
        break;
    case REC_TIMED:
        review_timed(f, now_ms());
        break;
    case REC_COUNTED:
    case REC_STOPPED:
        check_counted(f);
        break;
    case REC_UNKNOWN:
    case REC_LEFT_OUT:
        break;
    }
    return (enum rec_gear)f->gear;
}

bool rec_function_odd(struct trail_slot *slot, uint64_t now)
{
    if (recorder.config.sample_below == 0) /* of nothing the odd is nothing, too */
        return false;
    if (now >= slot->odd_until) {
        slot->odd_until = now + recorder_ticks(recorder.config.hot.window_ms);
        slot->odd_left = budget_of(recorder.config.hot.threshold) - 1;
    }
    return trail_take32(&slot->odd_left);
}

void rec_function_lose(uint32_t code, enum trail_loss cause)
{
    struct trail_slot *slot = code != 0 ? rec_slot_of_loss(code) : trail_page_any(&recorder.page);

    recorder_lose_of(slot, cause, 1);
}

void rec_function_lose_call(struct rec_function *f, enum trail_loss cause)
{
    struct trail_slot *slot = f->slot != NULL ? f->slot : rec_slot_of_loss(f->code);

    if (slot != recorder.page.any)
        f->slot = slot;
    trail_slot_count(slot);
    recorder_lose_of(slot, cause, 1);
    if (recorder_stopped() && f->gear != REC_STOPPED && f->slot != NULL)
        begin_counted(f, REC_STOPPED);
}
