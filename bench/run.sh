#!/bin/sh
# What tracing, ingesting and asking cost, measured on this machine, one table after another; docs/benchmarks.md has them all.
# usage: bench/run.sh [--check]      --check: status 1 when a target is missed
set -eu
cd "$(dirname "$0")/.."

tools_python=${BREADCRUMB_TOOLS_PYTHON:-python3}
pythons=${BREADCRUMB_TEST_PYTHONS:-$(tools/pythons.sh | tr '\n' ':')}
status=0

# part NAME COMMAND...: shows it and writes it on the page
part() {
    echo
    echo "== $1"
    "$tools_python" bench/page.py "$@" || status=1
}

echo "$(grep -m 1 'model name' /proc/cpuinfo | sed 's/.*: //'), $(nproc) CPUs, load $(cut -d ' ' -f 1 /proc/loadavg)"
for python in $(echo "$pythons" | tr ':' ' '); do
    version=$("$python" -I -c 'import sys; print("%d.%d%s" % (*sys.version_info[:2], sys.abiflags))')
    part "call-$version" "$tools_python" bench/overhead/overhead.py --python "$python" "$@"
    part "start-$version" "$tools_python" bench/start/start.py --python "$python" "$@"
    # On 3.11 the hook is a frame evaluation function: another path, without a limit of its own.
    case $version in
        3.10 | 3.11) ;;
        *)
            part "instructions-$version" "$tools_python" bench/overhead/instructions.py --python "$python" "$@"
            part "floor-$version" "$tools_python" bench/overhead/floor.py --python "$python"
            ;;
    esac
    case $version in
        *t) part "threads-$version" "$tools_python" bench/overhead/threads.py --python "$python" "$@" ;;
    esac
done
part trail-bytes "$tools_python" bench/overhead/trail_bytes.py --python "$python"
for name in redact ingest query mcp; do
    part "$name" "bench/$name/run.sh" "$@"
done
if command -v wrk >/dev/null; then
    part servers bench/servers/run.sh "$@"
else
    echo "servers: left out: there is no wrk on this machine"
fi
exit $status
