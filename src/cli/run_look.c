/* run_look.c - see run_look.h. What a thread waits for is in run_wait.c. */
#include "base/base.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/io.h"
#include "cli/run_look.h"
#include "cli/run_wait.h"

#include <dirent.h>
#include <signal.h>
#include <time.h>

#define BETWEEN_NS INT64_C(200000000)
#define LIMIT_LOOKS 4096 /* threads */
#define HOT 500          /* thousandths of a CPU */
#define SHARES 100       /* of a CPU that several threads take turns with */
#define GIL_WAKES 8      /* who waits for the interpreter wakes up each 5 ms */

struct looked {
    struct last_look look;
    struct run_call call;
    char state;            /* R, S, D, T, ... */
    unsigned long long ns; /* on a CPU, or ready for one */
    long switches;
    bool handles; /* its process has handlers for signals that somebody may send to wake it */
};

struct looking {
    struct looked *all; /* Owned */
    size_t count;
};

static bool read_proc(struct buf *text, pid_t pid, pid_t tid, const char *name)
{
    char path[80];

    buf_clear(text);
    snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", (int)pid, (int)tid, name);
    return io_read_file(path, text, NULL) == 0;
}

static long long field(const struct buf *text, const char *name, int base)
{
    const char *found = strstr(buf_text(text), name);

    return found != NULL ? strtoll(found + strlen(name), NULL, base) : 0;
}

/* Python always handles SIGINT, and faulthandler those of a crash. */
static bool handles_signals(const struct buf *status)
{
    static const int quiet[] = {SIGINT, SIGSEGV, SIGFPE, SIGABRT, SIGBUS, SIGILL};
    unsigned long long caught = (unsigned long long)field(status, "\nSigCgt:", 16);

    for (size_t i = 0; i < ARRAY_SIZE(quiet); i++)
        caught &= ~(1ULL << (quiet[i] - 1));
    /* The two below the real-time signals are the C library's own. */
    return (caught & ((1ULL << 31) - 1)) != 0;
}

static bool read_thread(pid_t pid, pid_t tid, struct looked *ret)
{
    struct buf text = BUF_INIT(16384);
    unsigned long long ran = 0, ready = 0;
    const char *state;
    bool there = read_proc(&text, pid, tid, "status");

    if (there) {
        state = strstr(buf_text(&text), "\nState:");
        *ret = (struct looked){.look = {.pid = pid, .tid = tid, .wall_ns = clock_wall_ns()},
                               .state = state != NULL ? state[8] : '?',
                               .handles = handles_signals(&text)};
        ret->switches = (long)(field(&text, "\nvoluntary_ctxt_switches:", 10) +
                               field(&text, "\nnonvoluntary_ctxt_switches:", 10));
        if (read_proc(&text, pid, tid, "schedstat") &&
            sscanf(buf_text(&text), "%llu %llu", &ran, &ready) == 2)
            ret->ns = ran + ready;
        run_call_read(pid, tid, &ret->call);
    }
    buf_release(&text);
    return there;
}

static void add_threads(struct looking *l, pid_t pid)
{
    char path[64];
    const struct dirent *entry;
    DIR *dir;

    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    dir = opendir(path);
    while (dir != NULL && (entry = readdir(dir)) != NULL && l->count < LIMIT_LOOKS) {
        pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

        if (tid > 0 && read_thread(pid, tid, &l->all[l->count]))
            l->count++;
    }
    if (dir != NULL)
        closedir(dir);
}

/* ---- the second look, and what follows ------------------------------------------------------ */

static void compare(struct looked *before, const struct looked *now, int64_t passed)
{
    struct last_look *look = &before->look;
    int64_t busy = now->ns > before->ns ? (int64_t)(now->ns - before->ns) * 1000 / (passed + 1) : 0;

    before->call.same = now->call.number == before->call.number &&
                        memcmp(now->call.args, before->call.args, sizeof(now->call.args)) == 0;
    look->wall_ns = now->look.wall_ns;
    look->busy = busy < 1000 ? (int)busy : 1000;
    look->wakes = now->switches - before->switches;
    before->state = now->state;
    before->call.number = now->call.number;
    memcpy(before->call.args, now->call.args, sizeof(now->call.args));
    switch (now->state) {
    case 'R':
        snprintf(look->doing, sizeof(look->doing), "running");
        break;
    case 'T':
    case 't':
        snprintf(look->doing, sizeof(look->doing), "stopped");
        break;
    default:
        run_wait_tell(&now->call, look);
    }
}

/* Nobody is left to wake anybody: each thread waits without a limit for a lock that only a thread of this process can give
 * free, none has moved between the looks, and no signal would be handled. */
static bool is_deadlock(const struct looked *threads, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(threads[i].look.doing, "lock") != 0 || threads[i].look.wakes != 0 ||
            !threads[i].call.same || threads[i].handles)
            return false;
    return n > 0;
}

static void judge_process(struct looked *threads, size_t n)
{
    bool deadlock = is_deadlock(threads, n);
    int busy = 0;

    for (size_t i = 0; i < n; i++)
        busy += threads[i].look.busy;
    for (size_t i = 0; i < n; i++) {
        struct last_look *look = &threads[i].look;

        if (deadlock)
            snprintf(look->doing, sizeof(look->doing), "deadlock");
        else if (strcmp(look->doing, "lock_timed") == 0 && look->wakes >= GIL_WAKES && busy >= HOT)
            snprintf(look->doing, sizeof(look->doing), "%s",
                     look->busy >= SHARES ? "running" : "interpreter");
    }
}

static size_t look_again(struct looking *l, int64_t passed)
{
    size_t kept = 0;

    for (size_t i = 0; i < l->count; i++) {
        struct looked now;

        if (!read_thread((pid_t)l->all[i].look.pid, (pid_t)l->all[i].look.tid, &now) ||
            now.state == 'Z' || now.state == 'X')
            continue;
        compare(&l->all[i], &now, passed);
        l->all[kept++] = l->all[i];
    }
    l->count = kept;
    for (size_t first = 0, last; first < kept; first = last) {
        for (last = first; last < kept && l->all[last].look.pid == l->all[first].look.pid; last++)
            ;
        judge_process(l->all + first, last - first);
    }
    return kept;
}

void run_look(const char *run_folder, const struct run_tree *tree)
{
    const struct timespec between = {0, BETWEEN_NS};
    struct looking l = {.all = calloc(LIMIT_LOOKS, sizeof(*l.all))};
    struct last_look *looks = NULL;
    int64_t began = clock_mono_ns();

    for (size_t i = 0; l.all != NULL && i < tree->count; i++)
        if (tree->processes[i].alive)
            add_threads(&l, tree->processes[i].pid);
    if (l.count > 0) {
        nanosleep(&between, NULL);
        look_again(&l, clock_mono_ns() - began);
        looks = calloc(l.count + 1, sizeof(*looks));
    }
    for (size_t i = 0; looks != NULL && i < l.count; i++)
        looks[i] = l.all[i].look;
    if (looks != NULL)
        last_look_write(run_folder, looks, l.count);
    free(looks);
    free(l.all);
}
