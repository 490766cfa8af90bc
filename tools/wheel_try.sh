#!/bin/sh
# Installs a wheel in a fresh virtual environment, where nothing else is, and records a program in each of the three ways.
# usage: tools/wheel_try.sh PYTHON WHEEL FOLDER OTHER        FOLDER is made anew; OTHER is a Python too, which has nothing
#        installed; pip is on the PATH
set -eu
[ $# = 4 ] || exit 2
python=$1
wheel=$(realpath "$2")
folder=$3
other=$4

die() {
    echo "wheel: with $python: $*" >&2
    exit 1
}
rm -rf "$folder"
mkdir -p "$folder/home"
# Debian's Pythons have no pip to put into it; ours works for them.
"$python" -m venv --without-pip "$folder/venv"
pip --python "$folder/venv/bin/python" install --quiet --disable-pip-version-check --no-index --no-deps "$wheel"
cd "$folder"
# Nothing of the build is to be found: no path, no settings, no home of ours.
venv=$PWD/venv
alone() { env -i HOME="$PWD/home" PATH="$venv/bin:/usr/bin:/bin" LC_ALL=C.UTF-8 "$@"; }

cat >shop.py <<'END'
def price(item):
    return len(item) * 3

print(price("lamp"))
END
printf 'import breadcrumb\nbreadcrumb.init(silent=True)\n\n' | cat - shop.py >inside.py

# calls WORD...: runs it, and says how often price() was recorded so far.
calls() {
    [ "$(alone "$@" 2>said)" = 12 ] || die "'$*' did not print what the program prints: $(cat said)"
    alone breadcrumb query --format csv "SELECT count(*) AS n FROM calls WHERE function_name = 'price' AND result = '12'" |
        tail -n 1 | tr -d '\r'
}
expect() { [ "$1" = "$2" ] || die "$3: $1 calls recorded where $2 were made"; }

expect "$(calls breadcrumb run -t 60 python shop.py)" 1 "the script"
expect "$(calls python -m breadcrumb run -t 60 -- python shop.py)" 2 "python -m breadcrumb"
expect "$(calls python inside.py)" 3 "import breadcrumb"
# It is the program itself that runs: what ends it ends it as it ends any program.
status=0
alone breadcrumb run -t 60 --silent sh -c 'kill -TERM $$' 2>said || status=$?
[ $status = 143 ] || die "the status of a program ended by SIGTERM was $status"
[ "$(alone breadcrumb --version)" = "breadcrumb $(alone python -c 'import breadcrumb; print(breadcrumb.__version__)')" ] ||
    die "program and package have different versions"
alone breadcrumb doctor --python-path >where
[ -e "$(cat where)/breadcrumb/__init__.py" ] || die "there is no package in $(cat where)"
# Every Python that the wheel knows is recorded, not only the one that it is installed in.
expect "$(calls breadcrumb run -t 60 "$other" shop.py)" 4 "$other"
