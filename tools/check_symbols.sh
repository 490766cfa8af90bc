#!/bin/sh
# The extension is a guest in somebody's program: it needs libc and the interpreter, shows one symbol, and calls nothing
# that ends the program, prints, starts threads or processes, or takes its signals.
# usage: tools/check_symbols.sh FOLDER
set -eu

# In the words of nm, with the names that fortify gives to the same functions.
forbidden='exit|_exit|_Exit|quick_exit|abort|raise|kill|__assert_fail|system|popen|fork|vfork|clone|posix_spawn.*|exec[lv]p?e?'
forbidden="$forbidden|signal|sigaction|pthread_create|thrd_create|pthread_kill|setitimer|alarm"
forbidden="$forbidden|stdout|stderr|v?f?printf|__v?f?printf_chk|v?dprintf|__v?dprintf_chk|puts|fputs|putchar|perror|psignal|syslog"

status=0
bad() {
    echo "$library: $*" >&2
    status=1
}

set -- "$1"/lib/breadcrumb/_native*.so
for library; do
    [ -e "$library" ] || {
        echo "no extension was built: $library" >&2
        exit 1
    }
    shown=$(nm -D --defined-only --format=posix "$library" | awk '{ print $1 }')
    [ "$shown" = PyInit__native ] || bad "shows" "$shown" "instead of PyInit__native only"

    needed=$(readelf -d "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vE '^(libc\.so\.6|ld-linux-.*)$' || true)
    [ -z "$needed" ] || bad "needs" "$needed" "and may need libc only"

    undefined=$(nm -D --undefined-only --format=posix "$library" | awk '{ print $1 }')
    unknown=$(echo "$undefined" | grep -vE '@GLIBC_|^_?Py|^(__gmon_start__|_ITM_.*TMCloneTable|__cxa_finalize)$' || true)
    [ -z "$unknown" ] || bad "calls what is neither in libc nor in Python:" "$unknown"

    banned=$(echo "$undefined" | sed 's/@.*//' | grep -xE "$forbidden" || true)
    [ -z "$banned" ] || bad "calls what a guest must not call:" "$banned"
done
exit $status
