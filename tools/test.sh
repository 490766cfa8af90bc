#!/bin/sh
# Runs the unit tests of a build folder, then the end-to-end tests with the program that was built there.
# usage: tools/test.sh [FOLDER]        PYTEST_ARGS is passed to pytest
set -eu
cd "$(dirname "$0")/.."

folder=${1:-build}
ctest --test-dir "$folder" --no-tests=error --output-on-failure --parallel "$(nproc)"

if [ -z "$(find tests -name '*_test.py' -o -name 'test_*.py' 2>/dev/null | head -n 1)" ]; then
    echo "test: no end-to-end tests in tests/ yet"
    exit 0
fi
# The long ones take their ten minutes by nature.
limit=600
[ "${BREADCRUMB_TEST_LONG:-}" != 1 ] || limit=3600
# pytest exits with 5 when it finds no test, so that counts as a failure too.
# shellcheck disable=SC2016,SC2086
BREADCRUMB_BUILD=$folder tools/with_env.sh \
    sh -c '"$BREADCRUMB_TOOLS_PYTHON" -m pytest -p no:cacheprovider -n "$(nproc)" "$@"' pytest --timeout $limit ${PYTEST_ARGS:-tests}
