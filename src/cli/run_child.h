/*
 * run_child.h - starts a command and waits for its end, without its noticing.
 *
 * The command stays in our process group: so the terminal, the shell's job control, the neighbours of a pipeline and
 * its own kill(0) meet it as they would without us. Signals of the keyboard reach it by themselves and we sit them
 * out; those that somebody sent to us alone are passed on. After the timeout all that it started is ended: SIGTERM, a
 * grace, SIGKILL. A second Ctrl-C within a few seconds is the command's too, which has the grace to end by it; then, or with
 * a third one, the same comes.
 */
#ifndef CLI_RUN_CHILD_H
#define CLI_RUN_CHILD_H

#include "base/base.h"
#include "base/error.h"
#include "begin/follow.h"
#include "begin/run_place.h"
#include "cli/run_missed.h"
#include "cli/run_pressure.h"
#include "cli/run_tree.h"

struct run_child_spec {
    char **argv;                   /* Borrowed, NULL-terminated */
    const struct run_place *place; /* Borrowed; NULL: run it untraced */
    int64_t timeout_ns, grace_ns;
    bool silent;                   /* nothing is said on stderr */
    struct run_pressure *pressure; /* Borrowed; NULL: nobody wants to hear of losses */
    struct run_missed *missed; /* Borrowed; NULL: nobody wants to hear of what is not recorded */
    struct follow *follow;     /* Borrowed; NULL: nothing is stored meanwhile */
};

enum run_end {
    RUN_ENDED, /* by itself, or by a signal that was not ours */
    RUN_TIMED_OUT,
    RUN_INTERRUPTED, /* Ctrl-C twice */
};

struct run_outcome {
    enum run_end end;
    pid_t pid;
    int status;           /* as wait() gives it */
    struct run_tree tree; /* Owned: the processes that we ended; empty after RUN_ENDED */
};

/* The exit status with which a shell would refuse to run this word (126, 127) and why, or 0. */
int run_child_check(const char *word, struct error *err);
/* Runs the command to its end. 0; or the exit status to refuse with (125, 126, 127) and err: then nothing was run. Has the process to
 * itself meanwhile: no other thread, no other child. */
int run_child(const struct run_child_spec *spec, struct run_outcome *ret, struct error *err);

#endif
