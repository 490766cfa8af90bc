/*
 * begin.h - the command `begin`: what breadcrumb.init() calls to have the folder of its run made.
 */
#ifndef CLI_BEGIN_H
#define CLI_BEGIN_H

#include "cli/cli.h"

extern const struct argument begin_args[];
extern const size_t begin_nargs;

int cmd_begin(const struct cli *cli, int argc, char **argv);

#endif
