#!/bin/sh
# Finds or fetches libduckdb and prints where it is: a folder with include/ and lib/, or the word "system".
# usage: tools/get_duckdb.sh             fetches it when it is not there
#        tools/get_duckdb.sh --present   only looks: status 1 when it would have to be fetched
#
# DuckDB has no package of its own that holds both, so they come from two: the header from the source package of its
# Python module, the library from that of its node module. A wrong byte in either is an error, not a warning.
set -eu

version=1.5.5
header_sha256=72f33ee57ca7595b23957671a2cc7f7fe2be0ecc2d68f63abedcfcaa3a5c1238
npm_version=1.5.5-r.5
case $(uname -m) in
    x86_64) arch=x64 library_sha256=86d2bda909785550e8a14a57a8a4584827aff0e268d8f1a58c3fd48559f7020e ;;
    aarch64) arch=arm64 library_sha256=3b85f3ea438f7dc3691d7b5e6e4222ffe9127fd17885f96ca72e0c99925c348e ;;
    *) arch= ;;
esac

cache=${BREADCRUMB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/breadcrumb}
place=$cache/duckdb-$version

die() {
    echo "setup: $*" >&2
    exit 1
}

work=
trap 'rm -rf "$work"' EXIT

# A library of the same minor version has the same C API.
system_has_it() {
    printf '#include <duckdb.h>\n#include <stdio.h>\nint main(void) { puts(duckdb_library_version()); return 0; }\n' |
        cc -x c -o "$work/version" - -lduckdb 2>/dev/null || return 1
    case $("$work/version") in v"${version%.*}".*) return 0 ;; *) return 1 ;; esac
}

verify() {
    echo "$2  $1" | sha256sum --check --status ||
        die "$(basename "$1") is not the file that was expected: its SHA-256 differs from the one in tools/get_duckdb.sh"
}

fetch_header() {
    # shellcheck disable=SC2086
    ${PIP:-python3 -m pip} download --quiet --disable-pip-version-check --no-deps --no-binary duckdb \
        --dest "$work" "duckdb==$version" >&2 ||
        die "cannot fetch the source package duckdb $version with pip: check the network, then try again"
    verify "$work/duckdb-$version.tar.gz" $header_sha256
    tar -xzf "$work/duckdb-$version.tar.gz" -C "$work" --wildcards '*/src/include/duckdb.h'
    mkdir -p "$work/done/include"
    find "$work/duckdb-$version" -name duckdb.h -exec mv {} "$work/done/include/" \;
}

fetch_library() {
    (cd "$work" && npm pack --silent "@duckdb/node-bindings-linux-$arch@$npm_version" >/dev/null) ||
        die "cannot fetch @duckdb/node-bindings-linux-$arch $npm_version with npm: check the network, then try again"
    mv "$work/duckdb-node-bindings-linux-$arch-$npm_version.tgz" "$work/library.tgz"
    verify "$work/library.tgz" "$library_sha256"
    tar -xzf "$work/library.tgz" -C "$work" package/libduckdb.so
    mkdir -p "$work/done/lib"
    mv "$work/package/libduckdb.so" "$work/done/lib/"
    chmod 755 "$work/done/lib/libduckdb.so"
}

if [ -e "$place/include/duckdb.h" ] && [ -e "$place/lib/libduckdb.so" ]; then
    echo "$place"
    exit 0
fi

work=$(mktemp -d)
if system_has_it; then
    echo system
    exit 0
fi
[ "${1:-}" != --present ] || exit 1
[ -n "$arch" ] || die "no libduckdb is packaged for $(uname -m): install libduckdb ${version%.*}.x with its header yourself"

echo "setup: fetching libduckdb $version" >&2
mkdir -p "$cache"
rm -rf "$work"
work=$(mktemp -d "$cache/duckdb.XXXXXX")
fetch_header
fetch_library
# It appears whole or not at all; whoever was faster has put the same bytes there.
mv -T "$work/done" "$place" 2>/dev/null || [ -e "$place/lib/libduckdb.so" ] || die "cannot write $place"
echo "$place"
