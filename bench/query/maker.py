#!/usr/bin/env python3
"""Makes a database as an ingest would have left it, of any size, within seconds: what bench/query asks.

usage: bench/query/maker.py PATH [--calls N] [--shape deep|wide]

deep: one process, one thread, a thousand functions.
wide: a million functions and a thousand threads in the latest of ten thousand processes.

Requests of a hundred calls: an outermost one, nine below it, ten below each of these. Rows lie as ingest writes
them: thread by thread, each call when it ends. All that ingest counts is there: statistics with histograms, edges,
paths (maker.sql).
"""

import argparse
import os
import subprocess
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parent.parent.parent
BIN = os.environ.get("BREADCRUMB_BIN", str(ROOT / "build" / "bin" / "breadcrumb"))
START = 1_795_000_000_000_000_000
SHAPES = {"deep": (1_000, 1, 1), "wide": (1_000_000, 1_000, 10_000)}  # functions, threads, traces
HEADS, TOPS, SMALL_CALLS = 90, 10, 20
MOST_PATHS = 100_000  # src/ingest/nodes.c


def fill(path, calls, shape="deep"):
    """Makes the database; returns the ID of its largest trace."""
    functions, threads, traces = SHAPES[shape]
    subprocess.run([BIN, "ingest", "--db-path", path], check=True, capture_output=True)
    facts = {
        "start": START,
        "calls": calls,
        "functions": functions,
        "threads": threads,
        "traces": traces,
        "heads": HEADS,
        "tops": TOPS,
        "leaves": (functions - HEADS - TOPS) // HEADS,
        "small": SMALL_CALLS,
        "most": MOST_PATHS,
        "trace": f"01990000-0000-7000-8000-{traces:012x}",
        # How long a call takes: of few functions it varies, of a million each has its own.
        "spread": "i * 31" if shape == "deep" else "function_id",
    }
    sql = (Path(__file__).parent / "maker.sql").read_text()
    for name, value in facts.items():
        sql = sql.replace(f"{{{name}}}", str(value))
    with duckdb.connect(path, config={"memory_limit": "4GB", "threads": 2}) as connection:
        connection.execute(sql)
    return facts["trace"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("path")
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--shape", choices=SHAPES, default="deep")
    args = parser.parse_args()
    print(fill(args.path, args.calls, args.shape))


if __name__ == "__main__":
    main()
