/*
 * run_wait.h - what a thread waits for, from the system call that it is in. Private to run_look.c.
 */
#ifndef CLI_RUN_WAIT_H
#define CLI_RUN_WAIT_H

#include "trail/last_look.h"

/* The system call of a thread that sleeps: its number and arguments. number -1: it is in none, or the kernel does not tell. */
struct run_call {
    long number;
    unsigned long long args[6];
    bool same; /* the same call with the same arguments as at the first look */
};

/* /proc/PID/task/TID/syscall. */
void run_call_read(pid_t pid, pid_t tid, struct run_call *ret);
/* Fills `doing` and `on` of a thread in that call. */
void run_wait_tell(const struct run_call *call, struct last_look *look);

#endif
