/*
 * prompts.h - the prompts: questions that people have, said so that an agent goes about them with the tools. No state.
 */
#ifndef MCP_PROMPTS_H
#define MCP_PROMPTS_H

#include "base/base.h"

/* Whether there is a prompt that has an argument, which is always a trace. */
bool prompt_has_argument(const char *prompt, const char *argument);
bool prompt_exists(const char *prompt);

#endif
