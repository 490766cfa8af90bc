#!/bin/sh
# Runs each fuzz target for FUZZ_SECONDS (60), starting from the inputs in tests/corpus/TARGET.
# usage: tools/fuzz.sh
set -eu
cd "$(dirname "$0")/.."

CC=clang tools/build.sh build-fuzz -DBREADCRUMB_FUZZ=ON
ran=0
for target in build-fuzz/fuzz/*_fuzz; do
    [ -x "$target" ] || continue
    name=$(basename "$target")
    seeds=tests/corpus/$name
    [ -d "$seeds" ] || seeds=
    # New inputs go to the first folder: the seeds in the tree stay as they are. A finding is left in build-fuzz.
    corpus=build-fuzz/corpus/$name
    mkdir -p "$corpus"
    echo "fuzz: $name for ${FUZZ_SECONDS:-60} s"
    # shellcheck disable=SC2086
    "$target" "$corpus" $seeds -max_total_time="${FUZZ_SECONDS:-60}" -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix=build-fuzz/found- -print_final_stats=1 -verbosity=1 >"build-fuzz/$name.log" 2>&1 || {
        tail -n 60 "build-fuzz/$name.log" >&2
        echo "fuzz: $name found something: the input is build-fuzz/found-*, run '$target INPUT' to see it again" >&2
        exit 1
    }
    grep -E '^stat::number_of_executed_units|^stat::new_units_added' "build-fuzz/$name.log"
    ran=$((ran + 1))
done
[ $ran -gt 0 ] || {
    echo "fuzz: there is no fuzz target: src/*/*_fuzz.c is empty" >&2
    exit 1
}
echo "fuzz: $ran targets, no finding"
