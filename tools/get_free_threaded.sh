#!/bin/sh
# With BREADCRUMB_FREE_THREADED=1: makes a CPython without a GIL, from the source package that Debian has of it.
# usage: tools/get_free_threaded.sh   after tools/setup.sh; what it made is listed by tools/pythons.sh, as 3.14t
#
# Debian has no such packages. The source is pinned by its hash, and built in the cache: some minutes, once. Where it cannot be had or
# built, one line says so.
set -eu
[ "${BREADCRUMB_FREE_THREADED:-}" = 1 ] || exit 0
cd "$(dirname "$0")/.."

version=3.14.7
source_hash=3b48dac8fb59f62eaa67ac83c1eb12bda1b7a08406dd286e252c11a66be27f81
minor=${version%.*}
file=python${minor}_$version.orig.tar.xz
cache=${BREADCRUMB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/breadcrumb}
place=$cache/pythons-free-threaded-$version

say() { echo "setup: $*" >&2; }
skip() {
    say "no free-threaded Python $minor: $*; the tests go on with those that are here"
    exit 0
}

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
[ ! -x "$place/usr/bin/python${minor}t" ] || exit 0

command -v apt-get >/dev/null || skip "there is no apt here"
# shellcheck disable=SC2016
mirror=$(apt-get indextargets --format '$(ORIGIN) $(SITE) $(REPO_URI)' 2>/dev/null | awk '$1 == "Debian" { print $NF; exit }')
mirror=${mirror:-http://deb.debian.org/debian/}
work=$place.part
rm -rf "$work"
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT

say "building a free-threaded Python $version: some minutes"
/usr/lib/apt/apt-helper -qq -o APT::Sandbox::User=root download-file "${mirror%/}/pool/main/p/python$minor/$file" "$work/$file" "SHA256:$source_hash" >/dev/null ||
    skip "its source cannot be fetched from Debian, or is another one"
mkdir "$work/source"
tar -xJf "$work/$file" -C "$work/source" --strip-components=1
(
    cd "$work/source"
    ./configure -q --disable-gil --disable-test-modules --prefix="$place/usr" &&
        make -s -j"$(nproc)" && make -s install
) >"$cache/free-threaded.log" 2>&1 || {
    rm -rf "$place"
    skip "its build failed: $cache/free-threaded.log"
}
say "done: $place/usr/bin/python${minor}t"
