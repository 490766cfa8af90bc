/* gate.c - see gate.h. */
#include "base/base.h"

#include "base/clock.h"
#include "base/limits.h"
#include "store/gate.h"

#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_NS 2000000
#define RETRY_NS 20000000
#define SHUT_NS 5000000000 /* so long a writer keeps new readers out at a time */

/* Negative: there is none. */
static int open_gate(const char *database)
{
    const char *slash = strrchr(database, '/');
    char folder[LIMIT_PATH_BYTES];
    size_t len = slash != NULL ? (size_t)(slash - database) : 0;

    if (len >= sizeof(folder))
        return -1;
    memcpy(folder, database, len);
    folder[len] = '\0';
    if (len == 0)
        snprintf(folder, sizeof(folder), "%s", slash != NULL ? "/" : ".");
    return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool lock(int gate, int how, int64_t deadline_ns)
{
    struct timespec pause = {0, PAUSE_NS};

    while (flock(gate, how | LOCK_NB) < 0) {
        if ((errno != EWOULDBLOCK && errno != EINTR) || clock_mono_ns() >= deadline_ns)
            return false;
        nanosleep(&pause, NULL);
    }
    return true;
}

void gate_begin(struct gate_turn *turn, const char *database, bool writes, int wait_ms)
{
    *turn = (struct gate_turn){.gate = open_gate(database),
                               .writes = writes,
                               .deadline_ns = clock_mono_ns() + (int64_t)wait_ms * 1000000};
}

void gate_wait(struct gate_turn *turn)
{
    int64_t now = clock_mono_ns();

    if (turn->gate < 0)
        return;
    if (!turn->writes) {
        /* Held for no time: many who hold it by turns would keep a writer from shutting it. */
        if (lock(turn->gate, LOCK_SH, turn->deadline_ns))
            flock(turn->gate, LOCK_UN);
        return;
    }
    /* A query that takes long must not shut out all others: the gate is let go now and then. */
    if (turn->shut && now >= turn->until_ns) {
        flock(turn->gate, LOCK_UN);
        turn->shut = false;
    } else if (!turn->shut) {
        turn->shut = lock(turn->gate, LOCK_EX, now + RETRY_NS);
        turn->until_ns = now + SHUT_NS;
    }
}

bool gate_again(struct gate_turn *turn)
{
    struct timespec pause = {0, RETRY_NS};

    if (clock_mono_ns() >= turn->deadline_ns)
        return false;
    nanosleep(&pause, NULL);
    return true;
}

void gate_end(struct gate_turn *turn)
{
    if (turn->gate >= 0)
        close(turn->gate);
    turn->gate = -1;
}
