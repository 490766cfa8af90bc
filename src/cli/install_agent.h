/*
 * install_agent.h - the options of the command `install-agent`.
 */
#ifndef CLI_INSTALL_AGENT_H
#define CLI_INSTALL_AGENT_H

#include "query/argument.h"

extern const struct argument install_agent_args[];
extern const size_t install_agent_nargs;

#endif
