#!/bin/sh
# The tests again with sanitizers: all of them under ASan and UBSan, the recorder's and what it stands on under TSan.
# usage: tools/sanitize.sh        PYTEST_ARGS is passed to pytest; BREADCRUMB_TEST_ALL=1: each test on every Python it can run on
set -eu
cd "$(dirname "$0")/.."

# TSan wants certain addresses for itself, which the randomisation of newer kernels may have given away.
fixed_addresses="setarch $(uname -m) --addr-no-randomize"
$fixed_addresses true 2>/dev/null || fixed_addresses=

CC=gcc tools/build.sh build-tsan -DBREADCRUMB_SANITIZE=thread
echo "sanitize: thread"
TSAN_OPTIONS=halt_on_error=1 $fixed_addresses ctest --test-dir build-tsan --no-tests=error --output-on-failure -R '^(base|trail|recorder)/'

CC=gcc tools/build.sh build-asan -DBREADCRUMB_SANITIZE=address,undefined
echo "sanitize: address,undefined, unit tests"
UBSAN_OPTIONS=print_stacktrace=1 ctest --test-dir build-asan --no-tests=error --output-on-failure --parallel "$(nproc)"

echo "sanitize: address,undefined, end-to-end tests"
# A Python that loads the extension was not built with ASan, so the runtime has to be there before it. CPython frees
# little at its end: leaks are looked for in the unit tests only. A program that dies of SIGSEGV has to, here too.
# ASan looks for the C++ runtime's throw once, at its start: that has to be there as well, for greenlet and others throw.
# A program that is refused memory gets MemoryError, here too: ASan would end it.
# Left out is what costs hours here and runs the same C again: whole benchmark programs, and test suites of others.
options=detect_leaks=0:handle_segv=0:allocator_may_return_null=1
places="tests/e2e tests/run tests/crash tests/faults tests/values tests/redaction tests/settings tests/api tests/cli tests/mcp"
preloaded="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libstdc++.so.6)"
# shellcheck disable=SC2016,SC2086
BREADCRUMB_BUILD=build-asan BREADCRUMB_SANITIZED=1 tools/with_env.sh \
    env LD_PRELOAD="$preloaded" ASAN_OPTIONS=$options UBSAN_OPTIONS=print_stacktrace=1 \
    sh -c '"$BREADCRUMB_TOOLS_PYTHON" -m pytest -p no:cacheprovider --timeout 1200 -n "$(nproc)" "$@"' pytest ${PYTEST_ARGS:-$places}
