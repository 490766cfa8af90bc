#!/bin/sh
# Installs what tests/e2e/t024 records programs beside: what runs on any Python once, coverage for each with its C tracer;
# and what t035 starts programs with, for the tools' own Python.
# usage: tools/get_neighbours.sh PIP CACHE        prints the folder: common/, 3.12/, ..., wrappers/
set -eu
cd "$(dirname "$0")/.."

say() { echo "setup: $*" >&2; }

coverage=coverage==7.16.2
folder=$2/neighbours-$(cat tools/neighbours.txt tools/wrappers.txt "$0" | sha256sum | cut -c 1-12)
echo "$folder"

# fetch NAME WORDS...: a folder that is complete or not there
fetch() {
    part=$folder/$1.part
    place=$folder/$1
    shift
    [ ! -d "$place" ] || return 0
    rm -rf "$part"
    "$pip" install --quiet --disable-pip-version-check --no-deps --only-binary :all: --target "$part" "$@" >&2 || return 1
    mv "$part" "$place"
}

pip=$1
mkdir -p "$folder"
if [ ! -d "$folder/common" ]; then
    say "installing debuggers, coverage and instrumentation that programs are recorded beside"
    fetch common --python-version 3.10 --implementation py --abi none --platform any -r tools/neighbours.txt || {
        say "cannot install the packages of tools/neighbours.txt with pip: check the network, then try again"
        exit 1
    }
fi
# For all, also those that are not here yet. A Python that coverage has no C tracer for gets the one in Python.
for version in 3.10 3.11 3.12 3.13 3.14 3.15; do
    fetch "$version" --python-version "$version" "$coverage" || say "no coverage for Python $version"
done
# Without a GIL its C tracer is another one.
fetch 3.14t --python-version 3.14 --abi cp314t "$coverage" || say "no coverage for Python 3.14t"
# Their tests are skipped where a machine has no wheel of one.
fetch wrappers -r tools/wrappers.txt || say "no nox, tox, uv and ddtrace to start programs with"
