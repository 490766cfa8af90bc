#!/bin/sh
# Prints the path of each Python that the extension is built for, one a line, one for each version.
# usage: tools/pythons.sh              BREADCRUMB_PYTHONS="/path/a /path/b" are tried first
#        tools/pythons.sh --lacking    the supported versions that are not among them
#        tools/pythons.sh --versions   theirs instead of their paths: 3.14, and 3.14t without a GIL
#        tools/pythons.sh --suites     those that have CPython's own test package beside them: for make harm
set -eu

# The one place that says which versions are supported: minor numbers of CPython 3.
oldest=10
newest=15
oldest_free=14 # of those without a GIL

candidates() {
    printf '%s\n' "${BREADCRUMB_PYTHONS:-}" | tr ' :' '\n'
    minor=$newest
    while [ "$minor" -ge "$oldest" ]; do
        # A pyenv shim runs, or fails, by a setting of the current folder: what is behind it is listed below.
        which -a "python3.$minor" "python3.${minor}t" 2>/dev/null | grep -v /shims/ || true
        minor=$((minor - 1))
    done
    which -a python3 2>/dev/null | grep -v /shims/ || true
    if command -v pyenv >/dev/null; then
        find "$(pyenv root)"/versions/3.*/bin -maxdepth 1 -name 'python3.*' 2>/dev/null | grep -E '/python3\.[0-9]+t?$' || true
    fi
    if command -v uv >/dev/null; then
        uv python list --only-installed --offline 2>/dev/null | awk '{ print $2 }' || true
    fi
    # What tools/get_pythons.sh has obtained.
    find "${BREADCRUMB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/breadcrumb}" -path '*/pythons-*/usr/bin/python3.*' \
        -maxdepth 4 2>/dev/null | grep -E '[^/]*/usr/bin/python3\.[0-9]+t?$' | grep -v '\.part/' || true
}

# A virtual environment is looked through, to the Python that it was made from. Python.h has to be there. A
# free-threaded build has an ABI of its own, and stands beside the other one as 3.14t.
# shellcheck disable=SC2016
probe='
import os, sys, sysconfig
oldest, newest, oldest_free = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[4])
usable = (
    sys.implementation.name == "cpython"
    and (3, oldest) <= sys.version_info[:2] <= (3, newest)
    and (not sysconfig.get_config_var("Py_GIL_DISABLED") or sys.version_info[:2] >= (3, oldest_free))
    and os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h"))
    and (sys.argv[3] == "" or os.path.exists(os.path.join(sysconfig.get_path("stdlib"), "test", "test_sys.py")))
)
if usable:
    path = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)
    print("%d.%d%s" % (*sys.version_info[:2], sys.abiflags), path)
'

suites=
[ "${1:-}" != --suites ] || suites=yes

found() {
    candidates | awk 'NF && !seen[$0]++' | while read -r python; do
        [ ! -x "$python" ] || "$python" -I -c "$probe" "$oldest" "$newest" "$suites" "$oldest_free" 2>/dev/null || true
    done | awk '!seen[$1]++' | sort -V
}

here=$(found)
case ${1:-} in
    --lacking) ;;
    --versions) echo "$here" | awk 'NF { print $1 }' && exit ;;
    *) echo "$here" | awk 'NF { print $2 }' && exit ;;
esac
minor=$oldest
while [ "$minor" -le "$newest" ]; do
    echo "$here" | grep -q "^3\.$minor " || echo "3.$minor"
    minor=$((minor + 1))
done
