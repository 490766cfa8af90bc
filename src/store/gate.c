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

int gate_open(const char *database)
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

void gate_pass(int gate, int64_t deadline_ns)
{
    /* Held for no time: many who hold it by turns would keep a writer from shutting it. */
    if (gate >= 0 && lock(gate, LOCK_SH, deadline_ns))
        flock(gate, LOCK_UN);
}

bool gate_shut(int gate, int64_t deadline_ns)
{
    return gate >= 0 && lock(gate, LOCK_EX, deadline_ns);
}

void gate_release(int gate)
{
    if (gate >= 0)
        flock(gate, LOCK_UN);
}

void gate_close(int gate)
{
    if (gate >= 0)
        close(gate);
}
