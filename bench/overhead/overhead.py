"""What tracing costs: CPU time of a call, plain, with a tracer that does nothing, and under Breadcrumb.

usage: overhead.py [--python PATH] [--launches N] [--rounds N] [--calls N] [--check]

One process for each way of running (see MODES) takes turns with the others: in every round each runs the same calls,
in an order that is drawn anew. What a tracer adds in a round is divided by what the null tracer adds in it (or what the
calls take by what they take plain); the table has the medians. So neither a machine that changes its speed nor a
neighbour that steals time changes a ratio much. Where a process's code and memory happen to lie changes it by a tenth:
so all processes are started anew several times. The gear of each mode is looked up in its database at the end: one that
was not in use would measure nothing.

Each row has a target. --check: status 1 if a row is above its ceiling: the target itself where it is met, and where
it is not, what was reached so far. A missed target is told either way. That is for 3.12 and later. On 3.10 and 3.11
there is no target: a frame-evaluation hook is called for all code, also for what is left out, and the null tracer is
a hook that only passes each frame on: hardly a measure, so ours is told beside plain.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from page import tell  # noqa: E402

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
EVER = "100000000"
# How `breadcrumb run` is told to record, and the gear that f() has to be in at the end.
MODES: dict[str, tuple[dict[str, str], list[str], str]] = {
    "recorded": ({}, ["--every-call"], "full"),
    "timed": ({"BREADCRUMB_HOT_TIMED_CALLS": EVER}, ["--hot-threshold", "1"], "timed"),
    "counted": ({"BREADCRUMB_HOT_TIMED_CALLS": "0"}, ["--hot-threshold", "1"], "counted"),
    "defaults": ({}, [], "counted"),
}


@dataclass(frozen=True)
class Row:
    title: str
    shape: str  # of worker.py
    mode: str
    against: str  # "null": what is added, in multiples of that; "plain": what it takes, in multiples of that
    target: float
    ceiling: float  # the target, or what was reached so far

    def ratio(self, one: dict[str, float], against: str = "") -> float | None:
        if (against or self.against) == "plain":
            return one[self.mode] / one["plain"]
        null = one["null"] - one["plain"]
        return (one[self.mode] - one["plain"]) / null if null > 0 else None


# What was reached so far is the worse one of 3.12 and 3.13: on 3.12 the null tracer is cheaper.
ROWS = (
    Row("f(int, int) -> int, every call recorded", "function", "recorded", "null", 1.8, 2.5),
    Row("method(self, str, *, int) -> str, the same", "method", "recorded", "null", 2.5, 4.2),
    Row("one step of a generator, the same", "generator", "recorded", "null", 2.0, 2.0),
    Row("f(int, int) -> int, timed", "function", "timed", "null", 1.4, 2.4),
    Row("f(int, int) -> int, counted", "function", "counted", "null", 0.6, 0.95),
    Row(
        "f(int, int) -> int, left out by the workspace", "excluded", "recorded", "plain", 1.01, 1.08
    ),
    Row("a function of 0.85 us, defaults", "work", "defaults", "plain", 1.02, 1.08),
)
SHAPES = tuple(dict.fromkeys(row.shape for row in ROWS))
WAYS = {shape: ["plain", "null", *(r.mode for r in ROWS if r.shape == shape)] for shape in SHAPES}
MEMORY_TARGET = 8  # MiB
NO_TARGETS = """
No targets: before 3.12 the null tracer is a frame-evaluation hook (PEP 523) that only passes each frame on. On 3.10
that adds next to nothing, on 3.11 that calls run on the C stack again: no measure for a tracer, so ours is told
beside plain. Such a hook is called for all code, so what is left out is not free, and what is counted costs a look at
each call.
"""
Rounds = dict[str, list[dict[str, float]]]


def build_null_tracer(python: str, folder: Path) -> None:
    code = "import sysconfig as s; print(s.get_path('include'), s.get_config_var('EXT_SUFFIX'))"
    include, suffix = subprocess.check_output([python, "-I", "-c", code], text=True).split()
    target = folder / f"null_tracer{suffix}"
    flags = ["-O2", "-shared", "-fPIC", "-Wall", "-Wextra", "-isystem", include]
    command = [os.environ.get("CC", "cc"), *flags, HERE / "null_tracer.c", "-o", target]
    subprocess.run(command, check=True)


def prepare(folder: Path, python: str) -> None:
    """All that workers need."""
    (folder / "project").mkdir()
    shutil.copy(HERE / "worker.py", folder / "project")
    outside = (
        "def f(a, b):\n    return a\n\n\ndef f_loop(n):\n    for i in range(n):\n        f(i, 7)\n"
    )
    (folder / "shapes_outside.py").write_text(outside)
    build_null_tracer(python, folder)


@contextmanager
def launched(
    python: str, modes: Iterable[str], cpus: Collection[int] = ()
) -> Iterator[dict[str, Worker]]:
    """A worker for each mode, on one CPU or on those that are given; they are finished at the end."""
    where = ",".join(map(str, cpus or [max(os.sched_getaffinity(0))]))
    with tempfile.TemporaryDirectory(prefix="overhead-", dir=os.environ.get("TMPDIR")) as name:
        folder = Path(name)
        prepare(folder, python)
        workers = {mode: Worker(mode, python, folder, where) for mode in modes}
        yield workers
        for worker in workers.values():
            worker.finish()


def take_turns(
    workers: dict[str, Worker], modes: Collection[str], shape: str, calls: int
) -> dict[str, float]:
    """One round, in an order that is drawn anew: nanoseconds a call, by mode."""
    order = random.sample(list(modes), len(modes))
    return {mode: workers[mode].measure(shape, calls) / calls for mode in order}


def program() -> str:
    return os.environ.get("BREADCRUMB_BIN") or str(ROOT / "build/bin/breadcrumb")


class Worker:
    def __init__(self, mode: str, python: str, folder: Path, cpus: str) -> None:
        kind = "recorded" if mode in MODES else mode
        command = [python, "worker.py", kind, str(folder), cpus]
        environment = dict(os.environ)
        self.mode, self.database = mode, Path(tempfile.mkdtemp(dir=folder)) / "traces.duckdb"
        if mode in MODES:
            environment |= {"BREADCRUMB_HOT_RESET_S": "3600"} | MODES[mode][0]
            options = ["-t", "3600", "--silent", *MODES[mode][1], "--db-path", str(self.database)]
            command = [program(), "run", *options, "--", *command]
        self.process = subprocess.Popen(
            command,
            cwd=folder / "project",
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def measure(self, shape: str, calls: int, threads: int | str = "") -> int:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(f"{shape} {calls} {threads}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"overhead: the worker has ended with status {self.process.wait()}")
        return int(answer)

    def finish(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        if self.process.wait() != 0:
            sys.exit(f"overhead: the worker has ended with status {self.process.returncode}")
        if self.mode not in MODES:
            return
        function = "work" if self.mode == "defaults" else "f"
        sql = f"SELECT gear FROM function_stats WHERE function_name = '{function}' AND call_count > 1000"
        query = [program(), "query", "--format", "json", "--db-path", str(self.database), sql]
        answer = json.loads(subprocess.check_output(query, text=True))
        rows = answer["rows"] if isinstance(answer, dict) else answer
        if [row["gear"] for row in rows] != [MODES[self.mode][2]]:
            sys.exit(f"overhead: {function} was not in the gear that is measured: {rows}")


def launch(python: str, rounds: int, calls: int, results: Rounds) -> dict[str, int]:
    """Adds nanoseconds a call by mode, for each shape and round. Returns the bytes that are resident at the end."""
    with launched(python, ("plain", "null", *MODES)) as workers:
        for shape in SHAPES:
            for mode in WAYS[shape]:
                workers[mode].measure(shape, calls)
        for _ in range(rounds):
            for shape in SHAPES:
                results[shape].append(take_turns(workers, WAYS[shape], shape, calls))
        return {mode: workers[mode].measure("memory", 0) for mode in workers}


def report(row: Row, rounds: list[dict[str, float]], *, promised: bool) -> tuple[str, float]:
    """The row's line of the table, and its ratio."""
    plain, null = median(r["plain"] for r in rounds), median(r["null"] - r["plain"] for r in rounds)
    ours = median(r[row.mode] - r["plain"] for r in rounds)
    against = row.against if promised else "plain"
    ratio = median(found for r in rounds if (found := row.ratio(r, against)) is not None)
    line = f"{row.title:46}{plain:8.1f}{null:8.1f}{ours:8.1f}{ratio:9.3f} x {against:5}"
    return (f"{line}  at most {row.target}" if promised else line.rstrip(), ratio)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--launches", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=12, help="of each launch")
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()

    version = subprocess.check_output([given.python, "-V"], text=True).split()[1]
    promised = tuple(map(int, version.split(".")[:2])) >= (3, 12)
    results: Rounds = {shape: [] for shape in SHAPES}
    added = []
    for _ in range(given.launches):
        resident = launch(given.python, given.rounds, given.calls, results)
        added.append(max(resident[mode] for mode in MODES) - resident["plain"])
    print(
        f"Python {version}, {given.launches} x {given.rounds} rounds of {given.calls:,} calls, CPU ns a call"
    )
    print(f"{'':46}{'plain':>8}{'+ null':>8}{'+ ours':>8}{'ratio':>9}")
    over = False
    for row in ROWS:
        line, ratio = report(row, results[row.shape], promised=promised)
        missed = promised and ratio > row.target
        if promised:
            tell(f"Python {version}: {row.title} / {row.against}", ratio, row.target)
        over = over or (promised and ratio > row.ceiling)
        print(line + (f", MISSED (so far {row.ceiling})" if missed else ""))
    memory = median(added) / 2**20
    over = over or memory > MEMORY_TARGET
    tell(f"Python {version}: MiB of resident memory added", memory, MEMORY_TARGET)
    print(f"resident memory added: {memory:.1f} MiB, at most {MEMORY_TARGET}")
    if not promised:
        print(NO_TARGETS.rstrip())
    return 1 if over and given.check else 0


if __name__ == "__main__":
    sys.exit(main())
