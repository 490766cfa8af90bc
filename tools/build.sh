#!/bin/sh
# Configures a build folder when it is new or was configured otherwise, and builds it.
# usage: tools/build.sh FOLDER [CMAKE-OPTION...]       CC chooses the compiler
set -eu
cd "$(dirname "$0")/.."

folder=$1
shift
# shellcheck source=/dev/null
. build/setup.env

pythons=$(tools/pythons.sh | tr '\n' ';')
set -- "-DBREADCRUMB_DUCKDB=$BREADCRUMB_DUCKDB" "-DBREADCRUMB_PYTHONS=${pythons%;}" "-DCMAKE_C_COMPILER=${CC:-gcc}" "$@"
# Two builds in one folder at a time would write over each other's files.
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
if [ ! -e "$folder/build.ninja" ] || [ "$*" != "$(cat "$folder/configured" 2>/dev/null)" ]; then
    # An extension for a Python that is gone would stay behind.
    rm -f "$folder/CMakeCache.txt" "$folder"/lib/breadcrumb/_native*.so
    cmake -S . -B "$folder" -G Ninja --log-level=NOTICE "$@"
    echo "$*" >"$folder/configured"
fi
ninja -C "$folder" --quiet -k 0
