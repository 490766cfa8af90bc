#!/bin/sh
# Installs the system packages that build and tests need, and only those that are missing.
# usage: tools/get_packages.sh [PACKAGE...]      more packages that are wanted
set -eu

wanted="gcc libc6-dev binutils clang cmake ninja-build pkg-config python3 python3-dev python3-venv
    libevent-dev libjansson-dev libyaml-dev libsmartcols-dev libcmocka-dev valgrind shellcheck git util-linux $*"

say() { echo "setup: $*" >&2; }

missing_of() {
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
    done | tr '\n' ' '
}

# The sanitizer and fuzzer runtime has clang's version in its name, which differs between releases.
clang_runtime() {
    { dpkg-query -W -f 'Depends: ${Depends}\n' clang 2>/dev/null || apt-cache show clang 2>/dev/null; } |
        sed -n 's/^Depends:.*\bclang-\([0-9][0-9]*\).*/libclang-rt-\1-dev/p' | head -n 1
}

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "no apt here: going on with what is installed; CMake names what is missing"
    exit 0
fi

if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    as_root=sudo
else
    as_root=none
fi

# shellcheck disable=SC2046,SC2086
missing=$(missing_of $wanted $(clang_runtime))
[ -n "$missing" ] || exit 0

if [ "$as_root" = none ]; then
    say "packages are missing and this is not root: run 'apt-get update && apt-get install -y ${missing% }' as root, then try again"
    exit 1
fi

say "installing ${missing% }"
install() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }

# Package lists that are missing or old make an install fail: then they are fetched, once.
# shellcheck disable=SC2046,SC2086
if ! install $missing 2>/dev/null; then
    $as_root apt-get update -qq
    install $(missing_of $wanted $(clang_runtime))
fi
# Only now is the version of a clang known that no list had before.
# shellcheck disable=SC2046
runtime=$(missing_of $(clang_runtime))
# shellcheck disable=SC2086
[ -z "$runtime" ] || install $runtime
