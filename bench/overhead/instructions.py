"""How many instructions of ours one call takes, counted by valgrind: a number that no neighbour on the machine changes.

usage: instructions.py [--python PATH] [--check]

Runs f(int, int) -> int recorded (--every-call), timed, counted, and left out by a sample rate of 0, a method with a
str and a keyword, and a step of a generator, twice each with different numbers of calls. What callgrind counts more in
the extension, divided by the calls that are more, is one call's. (Under valgrind time goes slowly, so a record's time
takes a byte or two more than it would.) --check: status 1 if one takes more than LIMITS says. A limit may be lowered,
never raised without the reason in the commit.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from callgrind import self_cost

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from page import tell  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = """
import sys
def f(a, b):
    return a
def function(n):
    for i in range(n):
        f(i & 4095, 7)
class Thing:
    def __init__(self):
        self.size = 3
    def method(self, name, *, scale):
        return name
def method(n):
    thing = Thing()
    for i in range(n):
        thing.method("a name", scale=i & 4095)
def numbers(n):
    i = 0
    while i < n:
        yield i
        i += 1
def generator(n):
    for _ in numbers(n):
        pass
globals()[sys.argv[1]](int(sys.argv[2]))
"""
EVERY = ({}, ["--every-call"])
WAYS = {  # what is called, and how it is recorded
    "recorded": ("function", *EVERY),
    "timed": ("function", {"BREADCRUMB_HOT_TIMED_CALLS": "1000000"}, ["--hot-threshold", "1"]),
    "counted": ("function", {"BREADCRUMB_HOT_TIMED_CALLS": "0"}, ["--hot-threshold", "1"]),
    "left out": ("function", {}, ["--every-call", "--sample-rate", "0"]),
    "method": ("method", *EVERY),
    "generator": ("generator", *EVERY),
}
LIMITS = {  # of the extension, 3.12 and 3.13
    "recorded": 310,
    "timed": 215,
    "counted": 46,
    "left out": 46,  # by a sample rate of 0: no more than one that is counted
    "method": 650,
    "generator": 230,
}
FEW, MANY = 5_000, 15_000


def instructions(python: str, folder: Path, way: str, calls: int) -> int:
    """All that callgrind counts in functions of the extension."""
    shape, environment, options = WAYS[way]
    program = os.environ.get("BREADCRUMB_BIN") or str(ROOT / "build/bin/breadcrumb")
    counts = folder / "callgrind.out"
    valgrind = ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={counts}"]
    database = ["--db-path", str(folder / "traces.duckdb")]
    command = [program, "run", "-t", "300", "--silent", *options, *database, "--"]
    subprocess.run(
        [*command, *valgrind, python, "program.py", shape, str(calls)],
        cwd=folder,
        env=os.environ | environment,
        check=True,
        capture_output=True,
    )
    return sum(self_cost(counts, "/_native.").values())


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()

    if shutil.which("valgrind") is None:
        print(
            "instructions of a call: not counted, there is no valgrind (apt-get install valgrind)"
        )
        return 1 if given.check else 0
    version = subprocess.check_output([given.python, "-V"], text=True).strip()
    missed = False
    for way, limit in LIMITS.items():
        with tempfile.TemporaryDirectory(prefix="instructions-") as name:
            folder = Path(name)
            (folder / "program.py").write_text(PROGRAM)
            few, many = (instructions(given.python, folder, way, n) for n in (FEW, MANY))
        one = (many - few) / (MANY - FEW)
        over = one > limit
        missed = missed or over
        tell(f"{version}: instructions of a call {way}", one, limit)
        print(
            f"{version}: a call {way}: {one:6.1f} instructions, at most {limit}{' MISSED' if over else ''}"
        )
    return 1 if missed and given.check else 0


if __name__ == "__main__":
    sys.exit(main())
