#!/bin/sh
# What the scan for secrets costs on text that has none.
# usage: bench/redact/run.sh [--check]      --check: status 1 when the target is missed
set -eu
cd "$(dirname "$0")/../.."

program=$(mktemp)
trap 'rm -f "$program"' EXIT
sources=$(find src/redact -name '*.c' ! -name '*_test.c' ! -name '*_fuzz.c')
# shellcheck disable=SC2086
"${CC:-gcc}" -std=gnu17 -O2 -fPIC -Isrc $sources bench/redact/redact.c -o "$program"
"$program" "$@"
