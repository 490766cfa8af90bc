/*
 * reach.h - which commands are Pythons that the recorder will not reach: told to read no environment, started without what
 * leads to the recorder, or with somebody else's sitecustomize in front. `run` asks for its own command, and the recorder
 * for those that its process starts.
 *
 *     struct reach reach;
 *
 *     if (reach_judge(&reach, argv, file, &env) != REACH_UNKNOWN)
 *         reach_note(run_folder, pid, &reach);
 *
 * Guest code: needs libc only, allocates nothing. Any thread.
 */
#ifndef TRAIL_REACH_H
#define TRAIL_REACH_H

#include "base/base.h"

#define REACH_RUN "BREADCRUMB_RUN"
#define REACH_PATH "PYTHONPATH"
#define REACH_WORDS 64 /* of a command that are looked at: options stand in front */

/* What a command's environment has of ours. Borrowed; NULL: it is not set. */
struct reach_env {
    const char *run;  /* REACH_RUN */
    const char *path; /* REACH_PATH */
};

/* Takes one "NAME=value", if it is ours. */
void reach_take(struct reach_env *env, const char *entry);
/* Is it the name of a Python: python, python3, python3.12, python3.13t, python3.12-dbg? */
bool reach_is_python(const char *name);

enum reach_why {
    REACH_UNKNOWN,  /* nothing is in the way, or it is no Python */
    REACH_ISOLATED, /* -I, -E, -S */
    REACH_NO_RUN,
    REACH_NO_PATH,
    REACH_BEHIND, /* another sitecustomize stands before ours: recorded only if that one runs the next */
};

struct reach {
    enum reach_why why;
    char option;      /* of REACH_ISOLATED */
    char program[48]; /* the Python's name */
    char place[256];  /* of REACH_BEHIND: the folder of the other */
};

/* Judges a command of NULL-terminated words. `file`: what is executed, for its first line; NULL: not known. Looks through `env`,
 * `sudo` and the first command of `sh -c`; what another program starts in turn is not seen. */
enum reach_why reach_judge(struct reach *ret, const char *const *argv, const char *file,
                           const struct reach_env *env);

#define REACH_TEXT 480
/* The reason as a text of at most REACH_TEXT bytes; not of REACH_UNKNOWN. */
void reach_tell(const struct reach *reach, char *text, size_t size);
/* Says so in the run's folder, where what is not recorded is told from (unreachable.h). */
void reach_note(const char *run_folder, long pid, const struct reach *reach);

#endif
