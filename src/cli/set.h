/* set.h - the command `set`: other settings for processes that are being recorded now. */
#ifndef CLI_SET_H
#define CLI_SET_H

#include "cli/cli.h"

void describe_set(struct command *ret_command);

#endif
