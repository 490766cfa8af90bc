#!/bin/sh
# Compares what others' test suites, and small programs that would notice, do with and without the recorder.
# usage: tools/harm.sh         HARM_ARGS="--python 3.12 --suite 'test_sys*'" picks some suites, and no small programs
#                              leaves build/harm/report.txt and build/harm/differences.jsonl
set -eu
cd "$(dirname "$0")/.."

BREADCRUMB_HARM_PYTHONS=$(tools/pythons.sh --suites | tr '\n' ':')
BREADCRUMB_HARM_PYTHONS=${BREADCRUMB_HARM_PYTHONS%:}
export BREADCRUMB_HARM_PYTHONS
if [ -n "${HARM_ARGS:-}" ]; then
    eval "set -- $HARM_ARGS"
    exec "$BREADCRUMB_TOOLS_PYTHON" tests/harm/harm.py "$@"
fi
"$BREADCRUMB_TOOLS_PYTHON" tests/harm/harm.py
BREADCRUMB_TEST_ALL=1 "$BREADCRUMB_TOOLS_PYTHON" -m pytest -p no:cacheprovider --timeout 600 -n "$(nproc)" -q \
    tests/harm/traps_test.py tests/e2e/t012_harm_test.py
