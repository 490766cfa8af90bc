#!/bin/sh
# Lays out C and Python, or tells which files are not laid out.
# usage: tools/format.sh [--check]
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=/dev/null
. build/setup.env
tools=$BREADCRUMB_VENV/bin

if [ "${1:-}" = --check ]; then
    status=0
    tools/files.sh c h | xargs -r "$tools/clang-format" --dry-run -Werror || status=1
    tools/files.sh py pyi | xargs -r "$tools/ruff" format --no-cache --quiet --diff || status=1
    tools/files.sh py pyi | xargs -r "$tools/ruff" check --no-cache --quiet || status=1
    [ $status = 0 ] || echo "format: run 'make format'" >&2
    exit $status
fi
tools/files.sh c h | xargs -r "$tools/clang-format" -i
tools/files.sh py pyi | xargs -r "$tools/ruff" format --no-cache --quiet
tools/files.sh py pyi | xargs -r "$tools/ruff" check --no-cache --quiet --fix
