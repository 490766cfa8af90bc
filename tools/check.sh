#!/bin/sh
# All the checks, each under its name; every one is run, and one that fails makes the whole fail.
# usage: tools/check.sh
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=/dev/null
. build/setup.env
python=$BREADCRUMB_VENV/bin/python

failed=
check() {
    name=$1
    shift
    echo "check: $name"
    "$@" || failed="$failed $name"
}

shell() { { tools/files.sh sh && echo .ci/run; } | xargs shellcheck; }
clang() { CC=clang tools/build.sh build-clang; }

check rooms "$python" tools/check_includes.py
check sizes "$python" tools/check_size.py
check symbols tools/check_symbols.sh build
check hardening tools/check_hardening.sh build
check types tools/check_types.sh
check faces "$python" tools/settings_faces.py --check
check format tools/format.sh --check
check faces "$python" tools/faces.py --check
check shell shell
check clang clang

if [ -n "$failed" ]; then
    echo "check: failed:$failed" >&2
    exit 1
fi
echo "check: all good"
