/*
 * doctor.h - the command `doctor`: what of this machine can be recorded, what cannot, and why.
 *
 *     doctor.c         the command, and the checks of what does not depend on a Python
 *     doctor_try.c     one Python, tried: it runs a small program under `breadcrumb run`
 */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "cli/cli.h"
#include "query/answer.h"

void describe_doctor(struct command *ret_command);

/* How one Python did. */
struct doctor_python {
    char version[64];    /* "CPython 3.12.1"; "": it did not even start */
    const char *backend; /* that it was recorded with, static; NULL: it was not */
    char tools
        [256]; /* who holds a monitoring tool id in it at its start, as "0 debugger, 1 coverage" */
    char why[LIMIT_ERROR_BYTES]; /* why it cannot be recorded; "" it can */
    bool recorded;
};

/* Records a program of two calls with the Python at `path`, in a folder of its own, and looks what came of it. Takes
 * 10 s at most for a Python that hangs. ERR_SYSTEM when there is no room for that. */
int doctor_try(const char *path, struct doctor_python *ret, struct error *err);

#endif
