/* follow.c - see follow.h. */
#include "base/base.h"

#include "base/clock.h"
#include "base/io.h"
#include "begin/background.h"
#include "begin/follow.h"
#include "trail/reader.h"
#include "trail/size.h"

#include <dirent.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FOLLOW_PROGRAM "breadcrumb-begin"
#define SECOND INT64_C(1000000000)
#define LOOK_NS (SECOND / 2)
#define LOOK_SHARE 50              /* a look may take this part of the time between two, */
#define LOOK_MOST_NS (10 * SECOND) /* which is no longer than this */
#define FIRST_NS (20 * SECOND)     /* for a follower's first process to begin */
#define GONE_LOOKS \
    3 /* a daemon's parent ends before its child records, and exec() gives the lock up */

void follow_init(struct follow *follow, const struct settings *settings)
{
    *follow = (struct follow){.threshold = (uint64_t)settings->ingest_mb << 20,
                              .quota = (uint64_t)settings->quota_mb << 20};
}

/* How long to wait for the next look after one that took so long, on a CPU. A run of ten thousand processes has as many folders. */
static int64_t pause_after(int64_t cpu_ns)
{
    int64_t pause = cpu_ns * LOOK_SHARE;

    return pause < LOOK_NS ? LOOK_NS : pause > LOOK_MOST_NS ? LOOK_MOST_NS : pause;
}

/* What there is after an ingest: nothing of it is worth another one, neither files that grow still, nor what could not be stored. A fast
 * program has filled its quota again by now, though, and no more can come: then it is tried again, less and less often. */
static void measure(struct follow *follow, uint64_t bytes, int64_t now)
{
    follow->left = bytes;
    if (bytes < follow->quota / 2)
        follow->pause = 0;
    else if (follow->pause < LOOK_MOST_NS)
        follow->pause = follow->pause > 0 ? 2 * follow->pause : LOOK_NS;
    follow->not_before = now + follow->pause;
}

static bool is_worth_it(const struct follow *follow, uint64_t bytes, int64_t now)
{
    if (bytes - follow->left >= follow->threshold)
        return true;
    return follow->quota > 0 && bytes >= follow->quota / 2 && now >= follow->not_before;
}

int64_t follow_look(struct follow *follow, int64_t now)
{
    int64_t began = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    uint64_t bytes;

    if (follow->threshold == 0)
        return INT64_MAX;
    if (now < follow->next_look)
        return follow->next_look;
    follow->next_look = now + LOOK_NS;
    if (follow->ingest != 0)
        return follow->next_look;
    bytes = trail_run_bytes(follow->run_folder);
    follow->next_look = now + pause_after(clock_ns(CLOCK_THREAD_CPUTIME_ID) - began);
    if (follow->stale)
        measure(follow, bytes, now);
    else if (bytes < follow->left)
        follow->left = bytes;
    follow->stale = false;
    if (is_worth_it(follow, bytes, now)) {
        int turn = background_turn(follow->database, false);

        if (turn >= 0)
            follow->ingest = background_ingest(follow->database, turn);
        follow->stale = follow->ingest != 0;
    }
    return follow->next_look;
}

void follow_ended(struct follow *follow, pid_t pid)
{
    if (pid == follow->ingest)
        follow->ingest = 0;
}

void follow_finish(struct follow *follow)
{
    if (follow->ingest != 0)
        background_end(follow->ingest);
    follow->ingest = 0;
}

/* ---- the follower ------------------------------------------------------------------------- */

struct processes {
    int folders; /* that are still in the trail; -1: the run's own has gone */
    int alive;
};

static struct processes count(const char *run_folder)
{
    struct processes ret = {.folders = -1};
    DIR *dir = opendir(run_folder);
    const struct dirent *entry;

    if (dir == NULL)
        return ret;
    ret.folders = 0;
    while ((entry = readdir(dir)) != NULL) {
        char *path = entry->d_name[0] != '.' ? io_join(run_folder, entry->d_name) : NULL;

        if (path != NULL && io_is_dir(path)) {
            ret.folders++;
            ret.alive += trail_dir_alive(path) == 1;
        }
        free(path);
    }
    closedir(dir);
    return ret;
}

static void wait_for_ingest(struct follow *follow)
{
    if (follow->ingest != 0)
        background_wait(follow->ingest);
    follow->ingest = 0;
}

/* Until no process of the run lives. False: none ever did. */
static bool watch(struct follow *follow)
{
    int64_t began = clock_mono_ns();
    int gone = 0;
    bool seen = false;

    while (gone < GONE_LOOKS) {
        int64_t cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID), pause;
        struct processes now = count(follow->run_folder);
        struct timespec wait;
        pid_t pid;

        while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
            follow_ended(follow, pid);
        if (now.folders < 0)
            return false;
        seen = seen || now.alive > 0;
        gone = now.alive > 0 || (!seen && clock_mono_ns() - began < FIRST_NS) ? 0 : gone + 1;
        follow_look(follow, clock_mono_ns());
        pause = pause_after(clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu);
        wait = (struct timespec){pause / SECOND, pause % SECOND};
        nanosleep(&wait, NULL);
    }
    return seen;
}

static void store_the_rest(struct follow *follow)
{
    int turn = background_turn(follow->database, true);

    if (turn >= 0 && count(follow->run_folder).folders > 0)
        follow->ingest = background_ingest(follow->database, turn);
    else if (turn >= 0)
        close(turn); /* whoever had it before us has stored ours too */
    wait_for_ingest(follow);
}

void follow_run(struct follow *follow)
{
    do {
        bool seen = watch(follow);

        wait_for_ingest(follow);
        if (!seen)
            return;
        store_the_rest(follow);
    } while (count(follow->run_folder).alive > 0);
}

/* A program of its own: who leaves it may have the memory of a database. */
static void become_follower(const struct follow *follow, const char *program)
{
    char threshold[24], quota[24];

    background_be_modest(); /* not sooner: somebody waits for the one in between */
    snprintf(threshold, sizeof(threshold), "%llu", (unsigned long long)follow->threshold);
    snprintf(quota, sizeof(quota), "%llu", (unsigned long long)follow->quota);
    execl(program, FOLLOW_PROGRAM, "--follow", follow->run_folder, follow->database, threshold,
          quota, (char *)NULL);
    _exit(1);
}

void follow_leave(const struct follow *follow)
{
    char *looked_at = NULL, *program = NULL;
    pid_t pid = -1;

    if (follow->threshold > 0 && getpid() != 1)
        program = io_beside_program(FOLLOW_PROGRAM, &looked_at);
    if (program != NULL)
        pid = fork();
    if (pid == 0) {
        background_withdraw(-1);
        /* This one ends at once, so that the follower is an orphan and leads no session. */
        if (fork() == 0)
            become_follower(follow, program);
        _exit(0);
    }
    if (pid > 0)
        background_wait(pid);
    free(program);
    free(looked_at);
}
