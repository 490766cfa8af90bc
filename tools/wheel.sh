#!/bin/sh
# Makes the wheel, dist/breadcrumb-VERSION-py3-none-PLATFORM.whl, and tries it in a fresh virtual environment of each Python.
# usage: tools/wheel.sh
#
# It has the package with an extension for each Python that tools/pythons.sh finds, the program, and the libraries that the program
# needs, libduckdb among them: it installs where there is nothing but Python. The name says from which glibc on.
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=/dev/null
. build/setup.env

say() { echo "wheel: $*" >&2; }
work=$PWD/build/wheel
rm -rf "$work"
mkdir -p "$work" dist

tools=$(dirname "$BREADCRUMB_VENV")/wheel-$(cat tools/wheel_requirements.txt tools/wheel.sh | sha256sum | cut -c 1-12)
if [ ! -e "$tools/complete" ]; then
    say "installing what packs it"
    rm -rf "$tools"
    "$BREADCRUMB_VENV/bin/python" -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check -r tools/wheel_requirements.txt || {
        say "cannot install it with pip: check the network, then try again"
        exit 1
    }
    touch "$tools/complete"
fi
PATH=$tools/bin:$PATH

# From what `make build` has built and chosen: nothing is compiled again.
say "packing"
exec 9>build/lock
flock 9
# With this, another version of the tools would take the folder for one that was moved, and begin it anew in its own way.
rm -f build/.skbuild-info.json
pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --config-settings=build-dir=build \
    --wheel-dir "$work/plain" .
exec 9>&-

# What the program needs of the system comes into the wheel too; only glibc does not.
auditwheel repair --wheel-dir "$work/whole" "$work"/plain/*.whl >"$work/auditwheel.log" 2>&1 || {
    cat "$work/auditwheel.log" >&2
    exit 1
}
wheel=$(echo "$work"/whole/*.whl)
mv "$wheel" dist/
wheel=dist/$(basename "$wheel")

pythons=$(tools/pythons.sh)
for python in $pythons; do
    say "trying it with $("$python" --version)"
    other=$(echo "$pythons" | grep -vx "$python" | tail -n 1)
    tools/wheel_try.sh "$python" "$wheel" "$work/try" "${other:-$python}"
done
ls -l "$wheel"
