#!/usr/bin/env python3
"""What asking costs: each question on a store of many calls, beside opening the same file through the duckdb module.

usage: bench/query/query.py [--calls N] [--rounds N] [--check]

--check: status 1 when --version costs more than 5 ms above /bin/true, or `list` more than twice the bare opening (CPU).
Times are medians of interleaved runs: wall time, and CPU time of the child. Absolute times are this machine's.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parent.parent.parent
BIN = os.environ.get("BREADCRUMB_BIN", str(ROOT / "build" / "bin" / "breadcrumb"))
BARE = (
    "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True, config={'threads': 2, "
    "'memory_limit': '256MiB'}); "
    "c.execute(sys.argv[2]).fetchall()"
)
TRACE = "01990000-0000-7000-8000-000000000001"
VERSION, BARE_OPEN = "breadcrumb --version", "bare: open and SELECT 1 (python)"
START = 1_795_000_000_000_000_000


def fill(path, calls):
    subprocess.run([BIN, "ingest", "--db-path", path], check=True, capture_output=True)
    c = duckdb.connect(path)
    c.execute(
        "INSERT INTO traces BY NAME SELECT ?::UUID AS id, ?::UUID AS run_id, make_timestamp(?) AS "
        "started_at, "
        "make_timestamp(?) AS ended_at, 'completed' AS status, 'exit' AS end_reason, 1 AS pid, "
        "'python app.py' AS command, '{}' AS metadata",
        [TRACE, TRACE, START // 1000, START // 1000 + 60_000_000],
    )
    c.execute(
        "INSERT INTO functions BY NAME SELECT i::INTEGER AS id, 'f' || i AS function_name, 'f' || "
        "i AS qualified_name, 'app.m' || i % 50 AS module_name, "
        "'/srv/app.py' AS file_path, i::INTEGER AS line_number, 'app' AS category, 'h' AS host "
        "FROM range(1000) t(i)"
    )
    c.execute(
        "INSERT INTO call_rows BY NAME SELECT ?::UUID AS trace_id, (1::UBIGINT << 40) + i AS "
        "call_id, CASE WHEN i % 100 > 0 THEN (1::UBIGINT << 40) + i - i % 100 END AS parent_id, "
        "((i * 7919) % 1000)::INTEGER AS function_id, 1 AS thread_id, (i % 100 > 0)::INTEGER AS "
        "depth, ? + i * 1000 AS start_ns, (i * 31 % 5000) AS duration_ns, 0 AS child_ns, "
        "0 AS suspended_ns, 0 AS resumes, (i % 10007 = 0)::UTINYINT AS outcome, json_object('x', "
        "i) AS args, to_json(i) AS result, "
        "CASE WHEN i % 10007 = 0 THEN (1::UBIGINT << 40) + i END AS exception_id FROM range(?) t(i)",
        [TRACE, START, calls],
    )
    c.execute(
        "INSERT INTO exception_rows BY NAME SELECT trace_id, exception_id, call_id, function_id, "
        "thread_id, depth, start_ns AS at_ns, 'ValueError' AS exception_type, "
        "'bad' AS message, 'Traceback' AS stack_trace, 1 AS line_number, 1::UTINYINT AS handled, 2 "
        "AS handled_by FROM call_rows WHERE exception_id IS NOT NULL"
    )
    c.execute(
        "INSERT INTO stat_rows BY NAME SELECT trace_id, function_id, count(*) AS call_count, "
        "count(*) AS recorded_calls, count(*) AS timed_calls, 0 AS exception_count, "
        "sum(duration_ns)::BIGINT AS total_ns, sum(duration_ns)::BIGINT AS self_ns, "
        "min(duration_ns) AS min_ns, max(duration_ns) AS max_ns, 'full' AS gear FROM call_rows "
        "GROUP BY ALL"
    )
    c.execute(
        "INSERT INTO edge_rows SELECT c.trace_id, c.function_id, c.caller_function_id, p.function_id, "
        "count(*), sum(c.duration_ns) FROM call_rows c LEFT JOIN call_rows p "
        "ON p.trace_id = c.trace_id AND p.call_id = c.parent_id GROUP BY ALL"
    )
    c.close()


def measure(command):
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=False)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 2):
        sys.exit(f"{command}: {done.stdout[:500]!r} {done.stderr[:500]!r}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "traces.duckdb")
        fill(path, args.calls)
        ask = lambda *words: [BIN, *words, "--db-path", path]  # noqa: E731
        rows = {
            "/bin/true": ["/bin/true"],
            VERSION: [BIN, "--version"],
            BARE_OPEN: [sys.executable, "-c", BARE, path, "SELECT 1"],
            "list": ask("list"),
            "top": ask("top"),
            "exceptions": ask("exceptions", "--trace", "last"),
            "performance": ask("performance", "f7"),
            "calls": ask("calls", "f7"),
            "get": ask("get", "last", "-n", "100"),
            "flow": ask("flow"),
            "tree": ask("tree", "--depth", "2"),
            "search": ask("search", "nowhere at all"),
        }
        times = {name: [] for name in rows}
        for _ in range(args.rounds):
            for name, command in rows.items():
                times[name].append(measure(command))
        print(
            f"{args.calls:,} calls, {Path(path).stat().st_size / 1e6:.1f} MB, medians of {args.rounds} rounds"
        )
        print(f"{'':36}{'wall ms':>10}{'CPU ms':>10}")
        for name, each in times.items():
            wall, cpu = (statistics.median(column) * 1000 for column in zip(*each, strict=True))
            print(f"{name:36}{wall:10.1f}{cpu:10.1f}")
        used = {name: statistics.median(c for _, c in each) for name, each in times.items()}
        if args.check and (
            used[VERSION] - used["/bin/true"] > 0.005 or used["list"] > 2 * used[BARE_OPEN]
        ):
            sys.exit("query: a target is missed")


if __name__ == "__main__":
    main()
