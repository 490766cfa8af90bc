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

/* Those that were told of and whose end was not; under the lock. */
static struct {
    uint32_t lock;
    uint32_t told; /* in all, at most LIMIT_FORKS */
    uint32_t n;
    pid_t open[LIMIT_FORKS_OPEN];
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

/* Was it there? */
static bool take(long pid)
{
    bool found = false;

    spin_lock(&forks.lock);
    for (uint32_t i = 0; i < forks.n && !found; i++) {
        found = forks.open[i] == pid;
        if (found)
            forks.open[i] = forks.open[--forks.n];
    }
    spin_unlock(&forks.lock);
    return found;
}

void forks_ended(long pid, enum trail_child how, int number)
{
    if (__atomic_load_n(&forks.n, __ATOMIC_RELAXED) > 0 && take(pid))
        tell(pid, how, number, clock_wall_ns());
}

void forks_settle(void)
{
    for (uint32_t i = __atomic_load_n(&forks.n, __ATOMIC_RELAXED); i-- > 0;) {
        siginfo_t info = {0};
        pid_t pid = forks.open[i];

        if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != pid)
            continue;
        forks_ended(pid, info.si_code == CLD_EXITED ? TRAIL_CHILD_EXITED : TRAIL_CHILD_SIGNALED,
                    info.si_status);
    }
}

void forks_clear(void)
{
    forks.lock = forks.n = forks.told = 0;
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
