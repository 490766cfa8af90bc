/* proc.c - see proc.h. */
#include "base/base.h"

#include "base/proc.h"

#include "base/clock.h"

#include <fcntl.h>
#include <unistd.h>

#define FIRST_FIELD 3 /* behind the name: the state */
#define SECOND INT64_C(1000000000)

/* The fields that are wanted, by the numbers of proc(5). */
enum { PARENT = 4, GROUP = 5, SESSION = 6, STARTED = 22 };

static size_t read_text(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, size - 1) : -1;

    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0 ? (size_t)n : 0;
}

static void take_field(struct proc *p, int field, const char *text)
{
    long long number = strtoll(text, NULL, 10);

    switch (field) {
    case PARENT:
        p->parent = (pid_t)number;
        break;
    case GROUP:
        p->group = (pid_t)number;
        break;
    case SESSION:
        p->session = (pid_t)number;
        break;
    case STARTED:
        p->started = (uint64_t)number;
        break;
    default:
        break;
    }
}

/* "pid (any text) S ppid pgrp session ... starttime(22) ...": the text may hold parentheses and blanks. */
bool proc_read(pid_t pid, struct proc *ret)
{
    char path[64], text[1024];
    struct proc p = {.pid = pid};
    const char *at;
    int saved = errno, field = FIRST_FIELD;

    snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
    at = read_text(path, text, sizeof(text)) > 0 ? strrchr(text, ')') : NULL;
    errno = saved;
    if (at == NULL || at[1] != ' ')
        return false;
    p.ended = at[2] == 'Z' || at[2] == 'X';
    for (at += 2; at != NULL && field < STARTED; field++) {
        at = strchr(at, ' ');
        if (at != NULL)
            take_field(&p, field + 1, ++at);
    }
    if (field != STARTED || at == NULL)
        return false;
    *ret = p;
    return true;
}

int64_t proc_began_ns(const struct proc *p)
{
    long ticks = sysconf(_SC_CLK_TCK);
    int64_t since_boot =
        (int64_t)(p->started * (uint64_t)(SECOND / (ticks > 0 && ticks <= SECOND ? ticks : 100)));

    return clock_wall_ns() - (clock_ns(CLOCK_BOOTTIME) - since_boot);
}
