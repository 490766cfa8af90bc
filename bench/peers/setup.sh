#!/bin/sh
# Makes the virtual environments of the peers, once, in the cache.
# usage: bench/peers/setup.sh PYTHON        prints PEERS=FOLDER and ORIGINAL=FOLDER
set -eu
cd "$(dirname "$0")"

python=$1
cache=${BREADCRUMB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/breadcrumb}
version=$("$python" -I -c 'import platform; print(platform.python_version())')

# environment NAME REQUIREMENTS: a stamp in it says that it is complete, as it can only be made in place.
environment() {
    folder=$cache/$1-$version-$(sha256sum "$2" | cut -c 1-12)
    if [ ! -e "$folder/complete" ]; then
        echo "peers: making $1 for Python $version" >&2
        rm -rf "$folder"
        "$python" -m venv "$folder"
        "$folder/bin/pip" install --quiet --disable-pip-version-check -r "$2" >&2 || {
            echo "peers: cannot install $2 with pip for Python $version: it is left out" >&2
            return 0
        }
        touch "$folder/complete"
    fi
    echo "$folder"
}

mkdir -p "$cache"
echo "PEERS=$(environment peers requirements.txt)"
echo "ORIGINAL=$(environment original requirements-original.txt)"
