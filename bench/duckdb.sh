# shellcheck shell=sh disable=SC2034
# For programs that use libduckdb: sets `folder` (the build's), `include` and `library` (the compiler's words for it). Sourced in the
# tree's root.

# shellcheck source=/dev/null
. build/setup.env
folder=${BREADCRUMB_BUILD:-build}
if [ "$BREADCRUMB_DUCKDB" = system ]; then
    include='' library=-lduckdb
else
    include="-isystem $BREADCRUMB_DUCKDB/include" library="$BREADCRUMB_DUCKDB/lib/libduckdb.so -Wl,-rpath,$BREADCRUMB_DUCKDB/lib"
fi
