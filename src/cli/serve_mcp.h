/*
 * serve_mcp.h - the options of the command `serve-mcp`.
 */
#ifndef CLI_SERVE_MCP_H
#define CLI_SERVE_MCP_H

#include "query/argument.h"

extern const struct argument serve_mcp_args[];
extern const size_t serve_mcp_nargs;

#endif
