#!/bin/sh
# What was built is hardened: position-independent, with no writable code, no executable stack and no function table that can be
# written once it runs; with the stack guarded, and the checked forms of memcpy() and its like.
# usage: tools/check_hardening.sh FOLDER
set -eu

status=0
bad() {
    echo "$file: $*" >&2
    status=1
}

for file in "$1"/bin/breadcrumb "$1"/bin/breadcrumb-begin "$1"/lib/breadcrumb/_native*.so; do
    [ -e "$file" ] || {
        bad "was not built"
        continue
    }
    facts=$(readelf -hldW "$file")
    has() { echo "$facts" | grep -qE "$1"; }
    has 'Type: +DYN' || bad "is not position-independent"
    has 'GNU_STACK .* RW ' || bad "has an executable stack"
    ! has 'LOAD .* RWE ' || bad "has code that can be written"
    { has 'GNU_RELRO' && has 'BIND_NOW|FLAGS_1.*NOW'; } || bad "leaves its table of functions writable"
    calls=$(nm -D --undefined-only --format=posix "$file" | sed 's/[@ ].*//')
    echo "$calls" | grep -qx __stack_chk_fail || bad "does not guard its stack"
    echo "$calls" | grep -q '_chk$' || bad "was built without _FORTIFY_SOURCE"
done
exit $status
