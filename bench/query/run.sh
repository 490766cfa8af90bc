#!/bin/sh
# What asking costs beside the same SQL in a bare libduckdb program; see query.py.
# usage: bench/query/run.sh [--check] [--calls N] [--shape deep|wide] [--rounds N]
set -eu
cd "$(dirname "$0")/../.."

folder='' include='' library=''
# shellcheck source=bench/duckdb.sh
. bench/duckdb.sh
# shellcheck disable=SC2086
"${CC:-gcc}" -std=c17 -O2 -Wall -Wextra $include -o "$folder/bench-query" bench/query/bare.c $library
BREADCRUMB_BARE=$folder/bench-query
export BREADCRUMB_BARE
exec "${BREADCRUMB_TOOLS_PYTHON:-$BREADCRUMB_VENV/bin/python}" bench/query/query.py "$@"
