/* run_wait.c - see run_wait.h. Numbers of system calls differ from machine to machine, and some have not all of them. */
#include "base/base.h"

#include "base/buf.h"
#include "base/io.h"
#include "cli/run_wait.h"

#include <arpa/inet.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define LIMIT_SOCKETS_BYTES (8 * 1024 * 1024)

void run_call_read(pid_t pid, pid_t tid, struct run_call *ret)
{
    struct buf text = BUF_INIT(512);
    unsigned long long *a = ret->args;
    char path[64];

    *ret = (struct run_call){.number = -1};
    snprintf(path, sizeof(path), "/proc/%d/task/%d/syscall", (int)pid, (int)tid);
    if (io_read_file(path, &text, NULL) == 0 &&
        sscanf(buf_text(&text), "%ld %llx %llx %llx %llx %llx %llx", &ret->number, &a[0], &a[1],
               &a[2], &a[3], &a[4], &a[5]) != 7)
        ret->number = -1;
    buf_release(&text);
}

/* ---- what is behind a descriptor ------------------------------------------------------------ */

/* "0100007F:1538", or 32 digits: words of four bytes, each as this machine stores it. */
static bool read_address(const char *text, char *ret, size_t size)
{
    char name[INET6_ADDRSTRLEN] = "";
    uint32_t words[4] = {0};
    size_t n = strcspn(text, ":") / 8;
    unsigned port = 0;

    for (size_t i = 0; i < n && i < 4; i++)
        if (sscanf(text + 8 * i, "%8x", &words[i]) != 1)
            return false;
    if (sscanf(text + 8 * n, ":%4x", &port) != 1 || port == 0 ||
        inet_ntop(n == 4 ? AF_INET6 : AF_INET, words, name, sizeof(name)) == NULL)
        return false;
    snprintf(ret, size, n == 4 ? "[%s]:%u" : "%s:%u", name, port);
    return true;
}

/* Looks a socket up in a table of the process's network: "sl local remote st tx:rx tr:when retr uid timeout inode". */
static bool find_socket(const struct last_look *look, const char *table, unsigned long inode,
                        char *ret, size_t size)
{
    struct buf text = BUF_INIT(LIMIT_SOCKETS_BYTES);
    char path[64], *rest;
    const char *line;
    bool found = false;

    snprintf(path, sizeof(path), "/proc/%d/net/%s", (int)look->pid, table);
    io_read_file(path, &text, NULL);
    rest = text.len > 0 ? text.data : NULL;
    while (!found && (line = strsep(&rest, "\n")) != NULL) {
        char remote[64];
        unsigned long own;

        found = sscanf(line, "%*s %*s %63s %*s %*s %*s %*s %*s %*s %lu", remote, &own) == 2 &&
                own == inode && read_address(remote, ret, size);
    }
    buf_release(&text);
    return found;
}

static void tell_descriptor(struct last_look *look, int fd)
{
    char path[64], target[200], peer[INET6_ADDRSTRLEN + 8];
    unsigned long inode;
    ssize_t n;

    snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)look->pid, fd);
    n = readlink(path, target, sizeof(target) - 1);
    if (n <= 0) {
        snprintf(look->on, sizeof(look->on), "descriptor %d", fd);
        return;
    }
    target[n] = '\0';
    if (sscanf(target, "socket:[%lu]", &inode) == 1) {
        if (find_socket(look, "tcp", inode, peer, sizeof(peer)) ||
            find_socket(look, "tcp6", inode, peer, sizeof(peer)))
            snprintf(look->on, sizeof(look->on), "a socket to %s", peer);
        else
            snprintf(look->on, sizeof(look->on), "a socket, descriptor %d", fd);
    } else if (strncmp(target, "pipe:", 5) == 0) {
        snprintf(look->on, sizeof(look->on), "a pipe, descriptor %d", fd);
    } else {
        snprintf(look->on, sizeof(look->on), "%s", target);
    }
}

/* ---- system calls --------------------------------------------------------------------------- */

/* Only the threads of a process itself can wake who waits for a private futex without a limit. */
static void tell_futex(const struct run_call *call, struct last_look *look)
{
    unsigned long long op = call->args[1];
    bool timed = call->args[3] != 0;

    if ((op & FUTEX_CMD_MASK) != FUTEX_WAIT && (op & FUTEX_CMD_MASK) != FUTEX_WAIT_BITSET)
        snprintf(look->doing, sizeof(look->doing), "other");
    else if (timed)
        snprintf(look->doing, sizeof(look->doing), "lock_timed");
    else
        snprintf(look->doing, sizeof(look->doing), "%s",
                 op & FUTEX_PRIVATE_FLAG ? "lock" : "lock_shared");
}

/* One descriptor is a socket with a time limit; no descriptor is a sleep. */
static void tell_poll(const struct run_call *call, struct last_look *look)
{
    struct pollfd one = {.fd = -1};
    struct iovec here = {&one, sizeof(one)},
                 there = {(void *)(uintptr_t)call->args[0], sizeof(one)};

    snprintf(look->doing, sizeof(look->doing), call->args[1] == 0 ? "sleep" : "poll");
    if (call->args[1] == 1 &&
        process_vm_readv((pid_t)look->pid, &here, 1, &there, 1, 0) == (ssize_t)sizeof(one))
        tell_descriptor(look, one.fd);
}

enum shape { ON_NOTHING, ON_DESCRIPTOR, ON_FUTEX, ON_POLL, ON_SELECT, ON_CHILD };

static const struct {
    long number;
    const char *doing;
    enum shape shape;
} CALLS[] = {
    {SYS_futex, "lock", ON_FUTEX},
    {SYS_nanosleep, "sleep", ON_NOTHING},
    {SYS_clock_nanosleep, "sleep", ON_NOTHING},
    {SYS_read, "read", ON_DESCRIPTOR},
    {SYS_readv, "read", ON_DESCRIPTOR},
    {SYS_pread64, "read", ON_DESCRIPTOR},
    {SYS_recvfrom, "read", ON_DESCRIPTOR},
    {SYS_recvmsg, "read", ON_DESCRIPTOR},
    {SYS_write, "write", ON_DESCRIPTOR},
    {SYS_writev, "write", ON_DESCRIPTOR},
    {SYS_pwrite64, "write", ON_DESCRIPTOR},
    {SYS_sendto, "write", ON_DESCRIPTOR},
    {SYS_sendmsg, "write", ON_DESCRIPTOR},
    {SYS_connect, "connect", ON_DESCRIPTOR},
    {SYS_accept, "accept", ON_DESCRIPTOR},
    {SYS_accept4, "accept", ON_DESCRIPTOR},
    {SYS_flock, "file_lock", ON_DESCRIPTOR},
    {SYS_fcntl, "file_lock", ON_DESCRIPTOR},
    {SYS_fsync, "sync", ON_DESCRIPTOR},
    {SYS_fdatasync, "sync", ON_DESCRIPTOR},
    {SYS_wait4, "child", ON_CHILD},
    {SYS_waitid, "child", ON_NOTHING},
    {SYS_epoll_pwait, "events", ON_NOTHING},
    {SYS_ppoll, "poll", ON_POLL},
    {SYS_pselect6, "poll", ON_SELECT},
    {SYS_rt_sigtimedwait, "signal", ON_NOTHING},
    {SYS_rt_sigsuspend, "signal", ON_NOTHING},
#ifdef SYS_epoll_wait
    {SYS_epoll_wait, "events", ON_NOTHING},
#endif
#ifdef SYS_poll
    {SYS_poll, "poll", ON_POLL},
#endif
#ifdef SYS_select
    {SYS_select, "poll", ON_SELECT},
#endif
#ifdef SYS_pause
    {SYS_pause, "signal", ON_NOTHING},
#endif
};

static void tell_shape(enum shape shape, const struct run_call *call, struct last_look *look)
{
    switch (shape) {
    case ON_DESCRIPTOR:
        tell_descriptor(look, (int)call->args[0]);
        break;
    case ON_FUTEX:
        tell_futex(call, look);
        break;
    case ON_POLL:
        tell_poll(call, look);
        break;
    case ON_SELECT:
        if (call->args[0] == 0)
            snprintf(look->doing, sizeof(look->doing), "sleep");
        break;
    case ON_CHILD:
        if ((int)call->args[0] > 0)
            snprintf(look->on, sizeof(look->on), "process %d", (int)call->args[0]);
        break;
    case ON_NOTHING:
        break;
    }
}

void run_wait_tell(const struct run_call *call, struct last_look *look)
{
    for (size_t i = 0; i < ARRAY_SIZE(CALLS); i++)
        if (CALLS[i].number == call->number) {
            snprintf(look->doing, sizeof(look->doing), "%s", CALLS[i].doing);
            tell_shape(CALLS[i].shape, call, look);
            return;
        }
    snprintf(look->doing, sizeof(look->doing), "other");
    if (call->number >= 0)
        snprintf(look->on, sizeof(look->on), "system call %ld", call->number);
}
