/* run_pressure.c - see run_pressure.h. */
#include "base/base.h"

#include "base/buf.h"
#include "base/limits.h"
#include "cli/run_pressure.h"

#include <inttypes.h>
#include <signal.h>

#define SECOND INT64_C(1000000000)
#define LOOK_NS (SECOND / 2)
#define WARNING_NS (5 * SECOND)
#define WARN_EACH 100
#define WARN_FUNCTIONS 5

/* A reader that has gone is for the command to notice, or not. */
static void say(const struct buf *text)
{
    void (*on_pipe)(int) = signal(SIGPIPE, SIG_IGN);

    fputs(buf_text(text), stderr);
    signal(SIGPIPE, on_pipe);
}

static void warn(const struct pressure *p)
{
    struct buf text = BUF_INIT(LIMIT_ANSWER_BYTES);

    buf_putf(&text,
             "WARNING: Breadcrumb's quota or disk is full. Dropped %" PRIu64 " events total.\n",
             p->lost);
    if (p->ntop > 0)
        buf_puts(&text, "\nMost frequent calls being dropped:\n");
    for (size_t i = 0; i < p->ntop && i < WARN_FUNCTIONS; i++)
        buf_putf(&text, "  %s: %" PRIu64 " calls\n", p->top[i].name, p->top[i].lost);
    say(&text);
    buf_release(&text);
}

/* Have hundreds more been lost than were told of? */
static bool is_news(const struct run_pressure *p)
{
    return pressure_lost(p->folder) / WARN_EACH > p->warned / WARN_EACH;
}

static void tell(struct run_pressure *p)
{
    struct pressure pressure;

    pressure_look(p->folder, &pressure);
    p->warned = pressure.lost;
    warn(&pressure);
    if (pressure.stopped > 0 && !p->stop_told) {
        p->stop_told = true;
        fputs("Breadcrumb: recording has stopped itself; the program runs on, and its calls are "
              "counted\n",
              stderr);
    }
}

int64_t run_pressure_watch(struct run_pressure *p, int64_t now)
{
    if (p->folder == NULL)
        return INT64_MAX;
    if (now < p->next_look)
        return p->next_look;
    p->next_look = now + LOOK_NS;
    if (now >= p->next_warning && is_news(p)) {
        p->next_warning = now + WARNING_NS;
        tell(p);
    }
    return p->next_look;
}

void run_pressure_end(struct run_pressure *p)
{
    if (p->folder != NULL && is_news(p))
        tell(p);
}
