#!/bin/sh
# The stubs of the Python package, as two type checkers see them: a file that uses it (and has some mistakes that must be
# found), and the package itself against its stubs.
# usage: tools/check_types.sh
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=/dev/null
. build/setup.env
tools=$BREADCRUMB_VENV/bin
mkdir -p build/types

MYPYPATH=python "$tools/mypy" --strict --warn-unused-ignores --no-error-summary --cache-dir build/types/mypy tests/api/typed.py
MYPYPATH=build/lib PYTHONPATH=build/lib MYPY_CACHE_DIR=build/types/mypy \
    "$tools/stubtest" breadcrumb --ignore-missing-stub --concise >build/types/stubtest.log || {
    cat build/types/stubtest.log >&2
    exit 1
}
cat >build/types/pyrightconfig.json <<END
{"include": ["$PWD/tests/api/typed.py"], "extraPaths": ["$PWD/python"], "typeCheckingMode": "strict",
 "reportUnnecessaryTypeIgnoreComment": false, "enableTypeIgnoreComments": false}
END
"$tools/basedpyright" --project build/types/pyrightconfig.json --level error >build/types/pyright.log || {
    cat build/types/pyright.log >&2
    exit 1
}
