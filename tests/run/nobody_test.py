"""Processes that nobody saw end: killed together with their `run`, or after init() alone, or with the machine. The next
question says so: ended, nobody knows how, at its last sign of life. Whether a process lives is known from its lock, so
neither another one with its number nor another boot changes that.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from helpers import Bench, Ended, Run

PROGRAM = """
import os, sys, time
{before}

def work(n):
    return n

for n in range(7):
    work(n)
print(os.getpid(), flush=True)
time.sleep(600)
"""


def change(trails: Path, what: str) -> None:
    """As after a reboot, or when the process's number is another's by now: docs/trail-format.md has the offsets."""
    offset, value = {
        "plain": (0, b""),
        "number": (44, os.getpid().to_bytes(4, "little")),
        "boot": (104, bytes(range(16))),
    }[what]
    for segment in trails.rglob("*.0"):
        with segment.open("r+b") as file:
            file.seek(offset)
            file.write(value)


def wait_until_gone(pid: int) -> None:
    """Nobody may wait for it here: the container's first process may let zombies lie."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX":
                return
        except OSError:
            return
        time.sleep(0.01)
    raise AssertionError(f"{pid} lives")


@pytest.mark.any_python
@pytest.mark.parametrize("what", ["plain", "number", "boot"])
@pytest.mark.parametrize("how", ["run", "init"])
def test_ended_unknown_how(bench: Bench, python, how: str, what: str) -> None:
    lib = bench.run([bench.program, "doctor", "--python-path"]).out.strip()
    init = f"import breadcrumb; breadcrumb.init(db_path={str(bench.database)!r}, silent=True, ingest_mb=0)"
    bench.write({"program.py": PROGRAM.format(before="" if how == "run" else init)})
    words = bench.tracing("--every-call") if how == "run" else []
    with bench.start([*words, python.path, "program.py"], env={"PYTHONPATH": lib}) as process:
        pid = int(process.stdout.readline())
        told = time.time()
        running = bench.breadcrumb("list", "--format", "json")
        assert '"running"' in running.out, running
        if how == "run":
            process.kill()
            process.wait()
        time.sleep(0.3)
        os.kill(pid, signal.SIGKILL)
        wait_until_gone(pid)
    change(bench.database.parent / "trails", what)
    for _ in range(2):
        trace = Run(bench, Ended(0, b"", b"")).one(
            "SELECT status, end_reason, exit_code, pid, epoch(ended_at) AS ended, "
            "(SELECT epoch(max(started_at)) FROM calls) AS last, "
            "(SELECT count(*) FROM calls WHERE function_name = 'work') AS calls FROM traces"
        )
        ended, last, number = trace.pop("ended"), trace.pop("last"), trace.pop("pid")
        assert trace == {"status": "failed", "end_reason": "unknown", "exit_code": None, "calls": 7}
        assert number == (os.getpid() if what == "number" else pid)
        assert last <= ended <= told + 0.01
