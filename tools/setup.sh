#!/bin/sh
# All the set-up that build, tests and demo need. Run again, it does nothing, and needs no network.
# usage: tools/setup.sh [--build]        leaves build/setup.env, which says where things are
#        --build: without what only the tests need, which is most of it: a demo should not have to wait for that
#
# What is fetched goes to a cache outside the tree (BREADCRUMB_CACHE, by default ~/.cache/breadcrumb), so that a second
# clone finds it too. A folder there has its version in its name, appears whole or not at all, and is never changed.
set -eu
cd "$(dirname "$0")/.."

cache=${BREADCRUMB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/breadcrumb}
result=build/setup.env

say() { echo "setup: $*" >&2; }
die() {
    say "$@"
    exit 1
}
hash_of() { cat "$@" | sha256sum | cut -c 1-12; }

key=$(hash_of tools/setup.sh tools/get_packages.sh tools/get_duckdb.sh tools/requirements.txt \
    tools/get_neighbours.sh tools/neighbours.txt tools/get_mcp_clients.sh tools/mcp_clients/requirements.txt tools/mcp_clients/package-lock.json):$cache

for_tests=yes
[ "${1:-}" != --build ] || for_tests=no

already_done() {
    [ -e "$result" ] || return 1
    # shellcheck disable=SC1090
    . "./$result"
    [ "$BREADCRUMB_SETUP" = "$key" ] && [ -x "$BREADCRUMB_VENV/bin/python" ] && [ -d "$BREADCRUMB_DEMO_TOOLS" ] &&
        { [ "$BREADCRUMB_DUCKDB" = system ] || [ -d "$BREADCRUMB_DUCKDB/lib" ]; } || return 1
    [ $for_tests = no ] || { [ -d "$BREADCRUMB_PYPERFORMANCE" ] && [ -d "$BREADCRUMB_PLUGGY" ] &&
        [ -d "$BREADCRUMB_NEIGHBOURS/common" ] && [ -e "$BREADCRUMB_MCP_CLIENTS/python/complete" ]; }
}

# The first supported Python that can make a virtual environment; the tests are written for 3.11 and later.
tools_python() {
    for python in $(tools/pythons.sh); do
        if "$python" -I -c 'import ensurepip, venv, tomllib' 2>/dev/null; then
            echo "$python"
            return
        fi
    done
    die "no supported Python with the venv module was found: install python3-venv and python3-dev"
}

# fetch_source NAME VERSION SHA256: the source package as a folder of the cache. A program that tests or demo trace is
# taken so, because only there are the documents and benchmarks that it ships beside its code.
fetch_source() {
    name=$1-$2
    [ ! -d "$cache/$name" ] || return 0
    say "fetching $name"
    part=$cache/$name.part
    rm -rf "$part"
    "$venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --no-binary "$1" --dest "$part" "$1==$2" ||
        die "cannot fetch $name with pip: check the network, then try again"
    echo "$3  $part/$name.tar.gz" | sha256sum --check --status ||
        die "$name.tar.gz is not the file that was expected: its SHA-256 differs from the one in tools/setup.sh"
    tar -xzf "$part/$name.tar.gz" -C "$part"
    mv -T "$part/$name" "$cache/$name"
    rm -rf "$part"
}

# A virtual environment knows its own path, so it is made in place, and a stamp in it says that it is complete.
make_venv() {
    [ ! -e "$venv/complete" ] || return 0
    say "making the virtual environment of the test tools"
    rm -rf "$venv"
    "$python" -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r tools/requirements.txt ||
        die "cannot install the test tools with pip: check the network, then try again"
    touch "$venv/complete"
}

if already_done; then
    exit 0
fi

mkdir -p "$cache" build
exec 9>"$cache/lock"
flock 9

npm=
if ! command -v npm >/dev/null && ! tools/get_duckdb.sh --present >/dev/null 2>&1; then
    npm=npm
fi
# shellcheck disable=SC2086
tools/get_packages.sh $npm

python=$(tools_python)
venv=$cache/tools-$("$python" -I -c 'import platform; print(platform.python_version())')-$(hash_of tools/requirements.txt)
make_venv
duckdb=$(PIP="$venv/bin/pip" tools/get_duckdb.sh)
fetch_source docutils 0.23 746f5060322511280a1e50eb76846ed6bf2342984b2ac04dc42caa1a8d78799e

mcp_clients=/nonexistent
neighbours=/nonexistent
if [ $for_tests = yes ]; then
    fetch_source pluggy 1.7.0 d1eaa46ebb595891b860ab086b4d09c8588af65ebd4361b8e8f4bb8920b90ba8
    fetch_source pyperformance 1.14.0 91f74393997b604375ad5b79bf569a24076d70181c076a53abad5383a238a8aa
    mcp_clients=$(tools/get_mcp_clients.sh "$python" "$cache")
    neighbours=$(tools/get_neighbours.sh "$venv/bin/pip" "$cache")
fi

cat >"$result.part" <<END
BREADCRUMB_SETUP='$key'
BREADCRUMB_VENV='$venv'
BREADCRUMB_DUCKDB='$duckdb'
BREADCRUMB_DEMO_TOOLS='$cache/docutils-0.23'
BREADCRUMB_PYPERFORMANCE='$cache/pyperformance-1.14.0'
BREADCRUMB_PLUGGY='$cache/pluggy-1.7.0'
BREADCRUMB_HARM_CACHE='$cache/harm'
BREADCRUMB_MCP_CLIENTS='$mcp_clients'
BREADCRUMB_NEIGHBOURS='$neighbours'
END
mv "$result.part" "$result"
say "done"
