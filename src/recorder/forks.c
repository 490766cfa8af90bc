/* forks.c - see forks.h. */
#include "base/base.h"

#include "recorder/forks.h"

#include "base/clock.h"
#include "base/spin.h"
#include "recorder/recorder.h"
#include "recorder/registry.h"
#include "trail/exits.h"

#include <sys/wait.h>
#include <unistd.h>

/* Those that were told of and whose end was not; and those that were started as other programs. Under the lock. */
static struct {
    uint32_t lock;
    uint32_t told; /* in all, at most LIMIT_FORKS */
    uint32_t n, nstarted;
    pid_t open[LIMIT_FORKS_OPEN], started[LIMIT_STARTED_OPEN];
} forks;

static bool tell(long pid, enum trail_child what, int number, int64_t wall_ns)
{
    struct trail_child_info info = {(uint64_t)pid, what, number, wall_ns};

    return recorder_is_on() && registry_add_child(&info);
}

int64_t forks_before(void)
{
    return recorder_ready() ? clock_wall_ns() : 0;
}

void forks_began(long pid, int64_t began_ns)
{
    if (began_ns == 0 || __atomic_load_n(&forks.told, __ATOMIC_RELAXED) >= LIMIT_FORKS ||
        !tell(pid, TRAIL_CHILD_BEGAN, 0, began_ns))
        return;
    spin_lock(&forks.lock);
    /* Full: they are not waited for, or the kernel is told to drop them. Of one the end stays unknown. */
    forks.open[forks.n < LIMIT_FORKS_OPEN ? forks.n++ : forks.told % LIMIT_FORKS_OPEN] = (pid_t)pid;
    forks.told++;
    spin_unlock(&forks.lock);
}

void forks_started(long pid)
{
    if (pid <= 0 || !recorder_is_on())
        return;
    spin_lock(&forks.lock);
    /* Full: see above. */
    forks.started[forks.nstarted < LIMIT_STARTED_OPEN ? forks.nstarted++
                                                      : (uint32_t)pid % LIMIT_STARTED_OPEN] =
        (pid_t)pid;
    spin_unlock(&forks.lock);
}

/* Was it there? */
static bool take(pid_t *pids, uint32_t *n, long pid)
{
    bool found = false;

    if (__atomic_load_n(n, __ATOMIC_RELAXED) == 0)
        return false;
    spin_lock(&forks.lock);
    for (uint32_t i = 0; i < *n && !found; i++) {
        found = pids[i] == pid;
        if (found)
            pids[i] = pids[--*n];
    }
    spin_unlock(&forks.lock);
    return found;
}

void forks_ended(long pid, enum trail_child how, int number)
{
    if (take(forks.open, &forks.n, pid))
        tell(pid, how, number, clock_wall_ns());
    else
        take(forks.started, &forks.nstarted, pid);
}

/* Which of them live on, as text. */
struct left {
    char text[LIMIT_STARTED_OPEN * 12];
    size_t len;
};

static void settle(pid_t pid, struct left *left)
{
    siginfo_t info = {0};

    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0)
        return;
    if (info.si_pid == pid)
        forks_ended(pid, info.si_code == CLD_EXITED ? TRAIL_CHILD_EXITED : TRAIL_CHILD_SIGNALED,
                    info.si_status);
    else if (left->len + 12 < sizeof(left->text))
        left->len += (size_t)snprintf(left->text + left->len, sizeof(left->text) - left->len,
                                      "%s%d", left->len > 0 ? "," : "", (int)pid);
}

void forks_settle(void)
{
    struct left left = {.len = 0};

    for (uint32_t i = __atomic_load_n(&forks.n, __ATOMIC_RELAXED); i-- > 0;)
        settle(forks.open[i], &left);
    for (uint32_t i = __atomic_load_n(&forks.nstarted, __ATOMIC_RELAXED); i-- > 0;)
        settle(forks.started[i], &left);
    /* One that begins to record only when this process has gone cannot say whose child it was. */
    if (left.len > 0)
        registry_note(TRAIL_NOTE_LEFT, left.text);
}

void forks_clear(void)
{
    forks.lock = forks.n = forks.nstarted = forks.told = 0;
}

/* Until it begins its own recording, this is still the parent's. */
static bool has_parent(void)
{
    return getppid() == (pid_t)recorder.dir.pid;
}

void forks_tell_own(int status)
{
    if (!has_parent())
        trail_exits_note(recorder.config.run_folder, (long)getpid(), "exit", status);
}

void forks_tell_exec(bool failed)
{
    trail_exits_note(recorder.config.run_folder, (long)getpid(), TRAIL_EXITS_EXEC, failed);
}
