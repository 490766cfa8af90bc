#!/bin/sh
# What asking costs; see query.py.
set -eu
exec "${BREADCRUMB_TOOLS_PYTHON:-python3}" "$(dirname "$0")/query.py" "$@"
