"""What the tests of `breadcrumb run` share. The commands are small shell and Python programs: what is recorded of
them is of no interest here."""

from __future__ import annotations

import contextlib
import json
import os
import sys

PYTHON = sys.executable


def run(bench, *command, options=("-t", "60", "--silent"), **more):
    place = ("--db-path", bench.database)
    return bench.run([bench.program, "run", *options, *place, "--", *command], **more)


def folders(bench):
    trails = bench.database.parent / "trails"
    return sorted(trails.iterdir()) if trails.exists() else []


def ends(bench):
    """Why the recorded processes ended, the first first: "exit 3"."""
    sql = "SELECT end_reason, exit_code FROM traces ORDER BY started_at"
    answer = json.loads(bench.breadcrumb("query", sql).out)
    (rows,) = (
        value for value in answer.values() if isinstance(value, list) and "end_reason" in str(value)
    )
    return [" ".join(str(row[name]) for name in row if row[name] is not None) for row in rows]


def alive(marker: str) -> bool:
    """Is there a process with this word on its command line?"""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            words = open(f"/proc/{pid}/cmdline", "rb").read().split(b"\0")
            state = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0]
            if marker.encode() in words and state != "Z":
                return True
    return False


# A program that says which of some signals it got, and ends with status 9.
COUNTS = """
import signal, sys, time
seen = []
for name in sys.argv[1].split(','):
    signal.signal(getattr(signal, name), lambda number, frame: seen.append(signal.Signals(number).name))
print('up', flush=True)
end = time.monotonic() + 30
while not seen and time.monotonic() < end:
    time.sleep(0.02)
time.sleep(0.5)
print(*seen)
sys.exit(9)
"""
