#!/usr/bin/env python3
"""What asking costs: each question on a store of many calls, beside a bare libduckdb program that runs the same SQL.

usage: bench/query/run.sh [--calls N] [--shape deep|wide] [--rounds N] [--database FILE] [--check]

The SQL is what `breadcrumb -v` says that it asks. Each round runs a question and then its SQL in the bare program
(bare.c); the ratio is the median of the rounds' ratios of CPU time. Absolute times are this machine's.
--check: status 1 when --version costs more than 5 ms above /bin/true, when a question costs more than LIMIT times
its own SQL, or when one takes more than 256 MiB of memory.
"""

import argparse
import os
import re
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import maker

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from page import tell  # noqa: E402

BIN = maker.BIN
BARE = os.environ.get("BREADCRUMB_BARE", str(maker.ROOT / "build" / "bench-query"))
QUESTIONS = (
    "list",
    "top",
    "exceptions --trace last",
    "performance f901",
    "calls f901",
    "get last -n 100",
    "flow",
    "flow --function f901",
    "tree",
    "tree f901",
    "stack",
    "gaps",
    "overview",
    "report",
    "search 'nowhere at all'",
    "query 'SELECT count(*) FROM trace_events'",
)
VERSION_MS, LIMIT, MEMORY_MB = 5, 1.5, 256


def measure(command):
    """(wall ms, CPU ms, MB) of a command."""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = child.stderr.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 2):
        sys.exit(f"{command}: status {child.returncode} {said[-500:]!r}")
    return (
        (time.perf_counter() - start) * 1e3,
        (used.ru_utime + used.ru_stime) * 1e3,
        used.ru_maxrss / 1024,
    )


def statements(command):
    """The SQL of a question, its parameters put in."""
    said = subprocess.run([*command, "-v"], capture_output=True, text=True, check=False).stderr
    found = []
    for one in re.split(r"^SQL, [\d.]+ ms: ", said, flags=re.M)[1:]:
        sql, _, params = one.rstrip("\n").partition(" -- $")
        for name, value in re.findall(r"(\w+) = ('(?:[^']|'')*'|[^,]+)", params):
            sql = re.sub(rf"\${name}\b", lambda _, v=value: v, sql)
        found.append(sql)
    return found


def table(path, rounds):
    """Prints a line for each question; returns what was missed."""
    missed = []
    floor, version = (
        [measure(c)[1] for _ in range(rounds)] for c in (["/bin/true"], [BIN, "--version"])
    )
    above = statistics.median(version) - statistics.median(floor)
    print(f"breadcrumb --version: {above:.1f} ms of CPU above /bin/true")
    if above > VERSION_MS:
        missed.append("--version")
    opening = statistics.median(measure([BARE, path, "SELECT 1"])[1] for _ in range(rounds))
    print(f"the bare program opens the database and runs SELECT 1 in {opening:.1f} ms of CPU")
    print(f"{'':36}{'wall ms':>10}{'CPU ms':>10}{'bare CPU':>10}{'ratio':>8}{'MB':>6}{'SQLs':>6}")
    for question in QUESTIONS:
        command = [BIN, *shlex.split(question), "--db-path", path]
        bare = [BARE, path, *statements(command)]
        pairs = [(measure(command), measure(bare)) for _ in range(rounds)]
        wall, cpu, below = (
            statistics.median(p[i][j] for p in pairs) for i, j in ((0, 0), (0, 1), (1, 1))
        )
        ratio = statistics.median(ours[1] / its[1] for ours, its in pairs)
        memory = max(ours[2] for ours, _ in pairs)
        numbers = f"{wall:10.1f}{cpu:10.1f}{below:10.1f}{ratio:8.2f}{memory:6.0f}{len(bare) - 2:6}"
        print(f"{question[:35]:36}{numbers}", flush=True)
        tell(f"{question[:35].strip()}: CPU / bare DuckDB", ratio, LIMIT)
        if ratio > LIMIT or memory > MEMORY_MB:
            missed.append(question)
    return missed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--shape", choices=maker.SHAPES, default="deep")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", help="one that maker.py made, instead of making one")
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = args.database or str(Path(folder) / "traces.duckdb")
        if args.database is None:
            maker.fill(path, args.calls, args.shape)
        print(f"{path}: {Path(path).stat().st_size / 1e6:.0f} MB; medians of {args.rounds} rounds")
        missed = table(path, args.rounds)
    if args.check and missed:
        sys.exit(f"query: a target is missed: {', '.join(missed)}")


if __name__ == "__main__":
    main()
