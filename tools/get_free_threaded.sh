#!/bin/sh
# With BREADCRUMB_FREE_THREADED=1: makes a CPython without a GIL where there is none, from the source package that Debian has of it.
# usage: tools/get_free_threaded.sh   after tools/setup.sh; what it made is listed by tools/pythons.sh, as 3.14t
#
# Debian has no such packages. The source is pinned by its hash, and built in the cache: three minutes of a processor, once; with -O1,
# which takes half the time and is enough for tests. Whatever keeps it from that, one line says so, and the status is 0: nothing else
# needs it.
set -eu
[ "${BREADCRUMB_FREE_THREADED:-}" = 1 ] || exit 0
cd "$(dirname "$0")/.."
# shellcheck source=/dev/null
. build/setup.env

version=3.14.7
source_hash=3b48dac8fb59f62eaa67ac83c1eb12bda1b7a08406dd286e252c11a66be27f81
minor=${version%.*}
file=python${minor}_$version.orig.tar.xz
cache=${BREADCRUMB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/breadcrumb}
place=$cache/pythons-free-threaded-$version
# A mirror that says nothing, a machine that is too slow: the rest goes on without it.
longest_download=300
longest_build=1200

say() { echo "setup: $*" >&2; }
skip() {
    say "no free-threaded Python $minor: $*; the tests go on with those that are here"
    exit 0
}

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
! tools/pythons.sh --versions | grep -qx "${minor}t" || exit 0

command -v apt-get >/dev/null || skip "there is no apt here"
mirror=$(tools/debian_mirror.sh)
mirror=${mirror:-http://deb.debian.org/debian/}
# For what tests import from it.
headers='libbz2-dev libffi-dev liblzma-dev libsqlite3-dev libssl-dev zlib1g-dev'
# shellcheck disable=SC2086
tools/get_packages.sh $headers 2>/dev/null || skip "not all of $headers can be installed here"
work=$place.part
rm -rf "$work" "$place"
trap 'rm -rf "$work" || true' EXIT
mkdir -p "$work/source" || skip "$work cannot be made"

say "building a free-threaded Python $version: some minutes"
timeout $longest_download /usr/lib/apt/apt-helper -qq -o APT::Sandbox::User=root \
    download-file "${mirror%/}/pool/main/p/python$minor/$file" "$work/$file" "SHA256:$source_hash" >/dev/null 2>"$work/said" ||
    skip "its source cannot be fetched from Debian, or is another one"
# Not with tar, which wants a program for xz.
"$BREADCRUMB_VENV/bin/python" -W ignore -m tarfile -e "$work/$file" "$work/source" 2>"$work/said" || skip "its source cannot be unpacked"
# Into its place as a whole, or not at all; nor without the modules that tests import.
# shellcheck disable=SC2016
timeout $longest_build sh -c '
    cd "$1/source/"*/ &&
    ./configure -q --disable-gil --disable-test-modules --prefix="$2/usr" CFLAGS="-O1 -g0" &&
    make -s -j"$(nproc)" &&
    ./python -c "import bz2, ctypes, lzma, sqlite3, ssl, zlib" &&
    make -s install DESTDIR="$1/root"
' build "$work" "$place" >"$cache/free-threaded.log" 2>&1 || skip "its build failed: $cache/free-threaded.log"
mv -T "$work/root$place" "$place" || skip "$place cannot be made"
say "done: $place/usr/bin/python${minor}t"
