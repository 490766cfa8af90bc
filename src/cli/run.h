/*
 * run.h - what the files of the command `run` share: its options, how the command ended.
 *
 *     run.c        the order of things, what is said
 *     run_args.c   options to settings
 *     begin/       the run's folder and the command's environment, the line at the start
 *     run_child.c  starts the command, waits for it, ends it after the timeout
 *     run_tree.c   finds all processes that it started
 */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "base/base.h"
#include "base/error.h"
#include "query/argument.h"
#include "settings/settings.h"

struct cli;

/* The options of `breadcrumb run`, for the table of commands. --db-path is one of every command. */
extern const struct argument run_args[];
extern const size_t run_nargs;

struct run_options {
    struct settings settings;
    int64_t timeout_ns; /* how long the command may run */
    int64_t grace_ns;   /* between SIGTERM and SIGKILL */
    struct error fault; /* code 0: none; of a variable: the command runs without being recorded */
};

/* Defaults, files, environment, then the options. ERR_USAGE or ERR_INVALID_SETTING; run_options_release() is fine in any case. */
int run_options_read(const struct cli *cli, struct run_options *ret, struct error *err);
void run_options_release(struct run_options *options);

#endif
