#!/bin/sh
# Ingest against the bare appender of DuckDB, and bytes a call on disk.
# usage: bench/ingest/run.sh [--check]      CALLS=1000000 ROUNDS=5
set -eu
cd "$(dirname "$0")/../.."

folder='' include='' library=''
# shellcheck source=bench/duckdb.sh
. bench/duckdb.sh
# shellcheck disable=SC2086
"${CC:-gcc}" -std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra -I src $include -o "$folder/bench-ingest" bench/ingest/ingest.c \
    -Wl,--start-group "$folder/libingest.a" "$folder/libstore.a" "$folder/libtrail.a" "$folder/libsettings.a" "$folder/libredact.a" \
    "$folder/libbase.a" -Wl,--end-group $library -lyaml -lm -ldl -pthread
check=
[ "${1:-}" = --check ] && check=check
# shellcheck disable=SC2086
exec "$folder/bench-ingest" "${CALLS:-1000000}" "${ROUNDS:-5}" $check
