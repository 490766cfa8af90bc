#!/bin/sh
# What the MCP server costs; see mcp.py.
set -eu
exec "${BREADCRUMB_TOOLS_PYTHON:-python3}" "$(dirname "$0")/mcp.py" "$@"
