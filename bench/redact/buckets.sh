#!/bin/sh
# Finds which anchors should share a bucket of the filter: the table for src/redact/detect_anchors.c, from usual text.
# usage: bench/redact/buckets.sh FILE...      some megabytes: prose, programs, logs, JSON, base64
set -eu
program=$(mktemp)
trap 'rm -f "$program"' EXIT
root=$(dirname "$0")/../..
sources=$(find "$root/src/redact" -name '*.c' ! -name '*_test.c' ! -name '*_fuzz.c' ! -name detect_anchors.c)
# shellcheck disable=SC2086
"${CC:-gcc}" -std=gnu17 -O2 -I"$root/src" $sources "$root/bench/redact/buckets.c" -o "$program"
cat "$@" | "$program"
