/* run_watch.c - see run_watch.h. */
#include "base/base.h"

#include "base/clock.h"
#include "cli/output.h"
#include "cli/run_look.h"
#include "cli/run_watch.h"
#include "cli/run_witness.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define SECOND INT64_C(1000000000)
#define TWICE_NS (5 * SECOND) /* two Ctrl-C are one wish when they are not further apart */
#define BOUNCE_NS \
    (SECOND / 20)      /* and one Ctrl-C when they are as near as this: kill(1) after kill(0) */
#define TELL_NS SECOND /* after the second one: most commands have ended by then */
#define LOOK_NS (SECOND / 25)  /* between two looks at the tree */
#define KILLED_NS (2 * SECOND) /* what SIGKILL does not end in this time hangs in the kernel */

/* What somebody may send to us and mean the command. */
static const int FORWARDED[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};

/* ---- the process's signals ------------------------------------------------------------------ */

void run_signals_take(struct run_signals *signals)
{
    struct sigaction action = {.sa_handler = SIG_DFL};

    sigemptyset(&signals->watched);
    sigaddset(&signals->watched, SIGCHLD);
    for (size_t i = 0; i < ARRAY_SIZE(FORWARDED); i++) {
        struct sigaction old;

        /* What was ignored when we came (nohup) stays so; blocked it would be kept instead. */
        if (sigaction(FORWARDED[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaddset(&signals->watched, FORWARDED[i]);
    }
    sigprocmask(SIG_BLOCK, &signals->watched, &signals->mask);
    /* Ignored, it would let the kernel throw the child's status away. */
    sigaction(SIGCHLD, &action, &signals->child);
}

void run_signals_give_back(const struct run_signals *signals)
{
    sigaction(SIGCHLD, &signals->child, NULL);
    sigprocmask(SIG_SETMASK, &signals->mask, NULL);
}

void run_signals_drain(const struct run_signals *signals)
{
    const struct timespec none = {0, 0};

    while (sigtimedwait(&signals->watched, NULL, &none) > 0)
        ;
}

/* ---- the wait ------------------------------------------------------------------------------- */

/* Asked: by a second Ctrl-C, which the command has as well. Many programs (celery, uvicorn) end then in their own way. */
enum phase { RUNNING, ASKED, ENDING, KILLING };

struct watch {
    const struct run_child_spec *spec; /* Borrowed */
    struct run_outcome *out;           /* Borrowed */
    enum phase phase;
    int64_t until;          /* of this phase, on the monotonic clock */
    int64_t last_interrupt; /* 0: none yet */
    int64_t tell_at;        /* when to say what a third one does; 0: never */
    uint64_t
        forward; /* bit n: signal n was sent to us, and is passed on unless the command has it */
    int64_t forward_at; /* when the witness knows which of those that came it has; 0: none came */
    struct run_witness witness;
    bool ended;   /* the command itself */
    size_t alive; /* of the tree, at the last look; only once we end it */
};

/* Orphans may become our children too, where we are a container's first process. */
static void reap(struct watch *w)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == w->out->pid) {
            w->ended = true;
            w->out->status = status;
        } else if (pid == w->witness.pid) {
            w->witness.pid =
                0; /* somebody has killed it: every signal is for us alone from now on */
        } else if (w->spec->follow != NULL) {
            follow_ended(w->spec->follow, pid);
        }
    }
    /* Its number may be given to another process from now on. */
    if (w->ended)
        w->out->tree.root = 0;
}

static void begin_end(struct watch *w, enum run_end end, int64_t now)
{
    w->out->end = end;
    w->phase = ENDING;
    w->until = now + w->spec->grace_ns;
    run_tree_begin_end(&w->out->tree);
    w->alive = run_tree_look(&w->out->tree);
    if (end == RUN_TIMED_OUT && w->spec->place != NULL) {
        run_look(w->spec->place->folder, &w->out->tree);
        w->until = clock_mono_ns() + w->spec->grace_ns;
    }
    run_tree_signal(&w->out->tree, SIGTERM);
    /* Who is stopped cannot end. */
    run_tree_signal(&w->out->tree, SIGCONT);
}

static void begin_kill(struct watch *w, int64_t now)
{
    w->phase = KILLING;
    w->until = now + KILLED_NS;
}

/* What has to be done by now. Returns whether all is over. */
static bool step(struct watch *w, int64_t now)
{
    reap(w);
    if (w->phase <= ASKED) {
        if (w->ended)
            return true;
        if (now < w->until)
            return false;
        begin_end(w, w->phase == ASKED ? RUN_INTERRUPTED : RUN_TIMED_OUT, now);
        return false;
    }
    w->alive = run_tree_look(&w->out->tree);
    reap(w);
    if (w->ended && w->alive == 0)
        return true;
    if (w->phase == ENDING && now >= w->until)
        begin_kill(w, now);
    if (w->phase == KILLING)
        run_tree_signal(&w->out->tree, SIGKILL);
    return w->phase == KILLING && now >= w->until;
}

/* An editor of lines (the Python prompt, pdb) has the terminal in its own hands: there Ctrl-C clears a line, and no number of
 * them means the end. */
static bool at_a_prompt(void)
{
    int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
    struct termios mode;
    bool raw = fd >= 0 && tcgetattr(fd, &mode) == 0 && !(mode.c_lflag & ICANON);

    if (fd >= 0)
        close(fd);
    return raw;
}

static void interrupted(struct watch *w, int64_t now)
{
    int64_t apart = now - w->last_interrupt;

    if (at_a_prompt() || (w->last_interrupt != 0 && apart < BOUNCE_NS))
        return;
    if (w->phase == ASKED) {
        begin_end(w, RUN_INTERRUPTED, now);
        w->tell_at = 0;
    } else if (w->last_interrupt != 0 && apart <= TWICE_NS) {
        w->phase = ASKED;
        if (now + w->spec->grace_ns < w->until)
            w->until = now + w->spec->grace_ns;
        w->tell_at = w->spec->silent ? 0 : now + TELL_NS;
    }
    w->last_interrupt = now;
}

/* Somebody sits there and waits. */
static void tell_of_third(struct watch *w, int64_t now)
{
    int64_t left = (w->until - now + SECOND - 1) / SECOND;
    char text[128];

    w->tell_at = 0;
    snprintf(text, sizeof(text),
             "breadcrumb: the command has %" PRId64 " s more to end; Ctrl-C again ends it now\n",
             left);
    if (left > 0)
        output_remark(text);
}

static void take_signal(struct watch *w, const siginfo_t *info, int64_t now)
{
    if (info->si_signo == SIGCHLD)
        return;
    if (w->phase > ASKED) {
        /* Whoever insists does not want to wait. */
        if (w->phase == ENDING && info->si_signo != SIGUSR1 && info->si_signo != SIGUSR2)
            begin_kill(w, now);
        return;
    }
    if (w->forward_at ==
        0) /* also for what is not passed on: the witness has it, and is to forget it */
        w->forward_at = now + RUN_WITNESS_NS;
    /* The kernel's come from the terminal and reach the whole group; the command's own (to its group) it has as well. */
    if (info->si_code <= 0 && info->si_pid != w->out->pid)
        w->forward |= UINT64_C(1) << info->si_signo;
    if (info->si_signo == SIGINT)
        interrupted(w, now);
}

/* What was sent to us alone is the command's. */
static void forward(struct watch *w)
{
    uint64_t signals = w->forward;
    uint64_t had = run_witness_forget(&w->witness);

    w->forward = 0;
    w->forward_at = 0;
    for (int signo = 1; signo < 64 && !w->ended; signo++)
        if (signals >> signo & 1 && !(had >> signo & 1))
            kill(w->out->pid, signo);
}

/* Does what has waited until now. Returns when the next is due, on the monotonic clock. */
static int64_t look_at_own(struct watch *w)
{
    int64_t now = clock_mono_ns(), at = w->until;

    if (w->phase == ASKED && w->tell_at != 0 && now >= w->tell_at)
        tell_of_third(w, now);
    if (w->forward_at != 0 && now >= w->forward_at)
        forward(w);
    if (w->tell_at != 0 && w->tell_at < at)
        at = w->tell_at;
    if (w->forward_at != 0 && w->forward_at < at)
        at = w->forward_at;
    return w->phase > ASKED && now + LOOK_NS < at ? now + LOOK_NS : at;
}

/* Looks at all that is to be looked at while the command runs. Returns when to look again. */
static int64_t look(struct watch *w)
{
    const struct run_child_spec *spec = w->spec;
    int64_t at = look_at_own(w), again;

    if (spec->pressure != NULL &&
        (again = run_pressure_watch(spec->pressure, clock_mono_ns())) < at)
        at = again;
    if (w->phase > ASKED)
        return at;
    if (spec->missed != NULL &&
        (again = run_missed_look(spec->missed, &w->out->tree, clock_mono_ns())) < at)
        at = again;
    if (spec->follow != NULL && (again = follow_look(spec->follow, clock_mono_ns())) < at)
        at = again;
    return at;
}

void run_watch(const struct run_child_spec *spec, const struct run_signals *signals,
               struct run_outcome *ret)
{
    struct watch w = {.spec = spec, .out = ret};

    ret->tree =
        (struct run_tree){.root = ret->pid, .mark = spec->place != NULL ? spec->place->mark : NULL};
    ret->status = SIGKILL; /* unless we see it end */
    w.until = clock_mono_ns() + spec->timeout_ns;
    run_witness_begin(&w.witness);
    while (!step(&w, clock_mono_ns())) {
        int64_t left = look(&w) - clock_mono_ns();
        struct timespec wait;
        siginfo_t info;

        if (left < SECOND / 1000)
            left = SECOND / 1000;
        wait = (struct timespec){.tv_sec = left / SECOND, .tv_nsec = left % SECOND};
        if (sigtimedwait(&signals->watched, &info, &wait) > 0)
            take_signal(&w, &info, clock_mono_ns());
    }
    run_witness_end(&w.witness);
}
