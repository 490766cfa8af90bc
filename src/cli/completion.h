/* completion.h - the commands that complete command lines. */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include "cli/cli.h"

void describe_completion(struct command *ret_command);
/* What the shells' scripts call; not shown by --help. */
void describe_complete(struct command *ret_command);

#endif
