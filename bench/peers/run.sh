#!/bin/sh
# Whole programs under Breadcrumb and under other tracers; takes a quarter of an hour. The environments of the others are made first.
# usage: bench/peers/run.sh [OPTION OF compare.py]...     PYTHON=/path/to/python
set -eu
cd "$(dirname "$0")/../.."

tools_python=${BREADCRUMB_TOOLS_PYTHON:-python3}
python=${PYTHON:-$(tools/pythons.sh | grep -m 1 '3\.12$' || tools/pythons.sh | head -n 1)}
PEERS='' ORIGINAL=''
eval "$(bench/peers/setup.sh "$python")"
table=$(mktemp)
trap 'rm -f "$table"' EXIT
set -- "$@" --markdown "$table"
[ -z "$ORIGINAL" ] || set -- --original "$ORIGINAL" "$@"
[ -z "$PEERS" ] || set -- --peers "$PEERS" "$@"
# Two sections, so that one can be measured anew without the other.
for part in defaults every; do
    "$tools_python" bench/page.py --markdown "$table" "programs-$part" \
        "$tools_python" bench/peers/compare.py --python "$python" --table "$part" "$@"
done
