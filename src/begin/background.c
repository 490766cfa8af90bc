/* background.c - see background.h. */
#include "base/base.h"

#include "base/clock.h"
#include "base/io.h"
#include "begin/background.h"
#include "settings/places.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MILLISECOND INT64_C(1000000)
#define END_NS (5000 * MILLISECOND) /* what does not end in this time hangs, or was stopped */

static void forget_signals(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t none;

    for (int number = 1; number < NSIG; number++)
        sigaction(number, &action, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

void background_be_modest(void)
{
    const struct sched_param none = {0};
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (fd >= 0 && write(fd, "1000", 4) == 4)
        close(fd);
    setpriority(PRIO_PROCESS, 0, 10);
    sched_setscheduler(0, SCHED_BATCH, &none);
}

void background_withdraw(int keep)
{
    int null = open("/dev/null", O_RDWR);

    setsid();
    for (int fd = 0; null >= 0 && fd <= STDERR_FILENO; fd++)
        if (fd != keep)
            dup2(null, fd);
    if (keep >= 0 && keep != STDERR_FILENO + 1)
        dup2(keep, STDERR_FILENO + 1);
    else if (keep >= 0)
        fcntl(keep, F_SETFD, 0);
    io_close_from(STDERR_FILENO + 1 + (keep >= 0));
    forget_signals();
    /* Somebody may want to unmount where we were. */
    if (chdir("/") < 0)
        return;
    unsetenv("BREADCRUMB_RUN"); /* no process of the run, for whoever looks for those */
}

int background_turn(const char *database, bool wait)
{
    char *trails = places_trails(database);
    int fd = trails != NULL ? open(trails, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    int ret = -1;

    free(trails);
    while (fd >= 0 && (ret = flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB))) < 0 && errno == EINTR)
        ;
    if (fd >= 0 && ret < 0)
        close(fd);
    return ret == 0 ? fd : -1;
}

pid_t background_ingest(const char *database, int turn)
{
    char *looked_at = NULL, *program = io_beside_program("breadcrumb", &looked_at);
    pid_t pid = program != NULL ? fork() : -1;

    if (pid == 0) {
        background_withdraw(turn);
        background_be_modest();
        execl(program, "breadcrumb", "ingest", "--background", "--db-path", database, (char *)NULL);
        _exit(1);
    }
    close(turn);
    free(program);
    free(looked_at);
    return pid > 0 ? pid : 0;
}

void background_wait(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

void background_end(pid_t pid)
{
    const struct timespec pause = {0, 2 * MILLISECOND};
    int64_t until = clock_mono_ns() + END_NS;
    pid_t got;

    kill(pid, SIGTERM);
    while ((got = waitpid(pid, NULL, WNOHANG)) == 0 || (got < 0 && errno == EINTR)) {
        if (clock_mono_ns() >= until) {
            kill(pid, SIGKILL);
            background_wait(pid);
            return;
        }
        nanosleep(&pause, NULL);
    }
}
