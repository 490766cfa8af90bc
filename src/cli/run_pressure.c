/* run_pressure.c - see run_pressure.h. */
#include "base/base.h"

#include "base/buf.h"
#include "base/limits.h"
#include "cli/output.h"
#include "cli/run_pressure.h"

#include <inttypes.h>

#define SECOND INT64_C(1000000000)
#define LOOK_NS (SECOND / 2)
#define WARNING_NS (5 * SECOND)
#define WARN_EACH 100
#define WARN_FUNCTIONS 5

static void warn(const struct pressure *p)
{
    struct buf text = BUF_INIT(LIMIT_ANSWER_BYTES);

    buf_putf(&text, "WARNING: %s full. Dropped %" PRIu64 " events total.\n",
             p->disk_full == 0         ? "Breadcrumb's quota is"
             : p->disk_full == p->lost ? "the disk is"
                                       : "Breadcrumb's quota and the disk are",
             p->lost);
    if (p->ntop > 0)
        buf_puts(&text, "\nMost frequent calls being dropped:\n");
    for (size_t i = 0; i < p->ntop && i < WARN_FUNCTIONS; i++)
        buf_putf(&text, "  %s: %" PRIu64 " call%s\n", p->top[i].name, p->top[i].lost,
                 p->top[i].lost == 1 ? "" : "s");
    output_remark(buf_text(&text));
    buf_release(&text);
}

/* May hundreds more have been lost than were told of? Not all that is lost is for want of room. */
static bool may_be_news(struct run_pressure *p)
{
    uint64_t lost = pressure_lost(p->folder);

    if (lost / WARN_EACH <= p->seen / WARN_EACH)
        return false;
    p->seen = lost;
    return true;
}

static bool tell(struct run_pressure *p)
{
    struct pressure pressure;

    pressure_look(p->folder, &pressure);
    if (pressure.lost / WARN_EACH <= p->warned / WARN_EACH)
        return false;
    p->warned = pressure.lost;
    warn(&pressure);
    if (pressure.stopped > 0 && !p->stop_told) {
        p->stop_told = true;
        fputs("Breadcrumb: recording has stopped itself; the program runs on, and its calls are "
              "counted\n",
              stderr);
    }
    return true;
}

int64_t run_pressure_watch(struct run_pressure *p, int64_t now)
{
    if (p->folder == NULL)
        return INT64_MAX;
    if (now < p->next_look)
        return p->next_look;
    p->next_look = now + LOOK_NS;
    if (now >= p->next_warning && may_be_news(p) && tell(p))
        p->next_warning = now + WARNING_NS;
    return p->next_look;
}

void run_pressure_end(struct run_pressure *p)
{
    if (p->folder != NULL && may_be_news(p))
        tell(p);
}
