#!/bin/sh
# What tracing, ingesting and asking cost, measured on this machine, one table after another.
# usage: bench/run.sh [--check]      --check: status 1 when a target is missed
set -eu
cd "$(dirname "$0")/.."

tools_python=${BREADCRUMB_TOOLS_PYTHON:-python3}
pythons=${BREADCRUMB_TEST_PYTHONS:-$(tools/pythons.sh | tr '\n' ':')}
status=0

echo "== tracing: $(grep -m 1 'model name' /proc/cpuinfo | sed 's/.*: //'), $(nproc) CPUs, load $(cut -d ' ' -f 1 /proc/loadavg)"
for python in $(echo "$pythons" | tr ':' ' '); do
    echo
    "$tools_python" bench/overhead/overhead.py --python "$python" "$@" || status=1
    "$tools_python" bench/start/start.py --python "$python" "$@" || status=1
    # On 3.11 the hook is a frame evaluation function: another path, without a limit of its own.
    case $python in *3.11) ;; *) "$tools_python" bench/overhead/instructions.py --python "$python" "$@" || status=1 ;; esac
done

for part in redact ingest query mcp; do
    [ -x "bench/$part/run.sh" ] || continue
    echo
    echo "== $part"
    "bench/$part/run.sh" "$@" || status=1
done
exit $status
