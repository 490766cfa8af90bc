#!/bin/sh
# What recording costs a web server; see servers.py.
set -eu
exec "${BREADCRUMB_TOOLS_PYTHON:-python3}" "$(dirname "$0")/servers.py" "$@"
