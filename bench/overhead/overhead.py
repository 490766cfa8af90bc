"""What tracing costs: CPU time of a call, plain, with a tracer that does nothing, and recorded by Breadcrumb.

usage: overhead.py [--python PATH] [--rounds N] [--calls N] [--check]

Three processes, one for each way, take turns: in every round each runs the same calls, in an order that is drawn anew.
In each round the added cost of Breadcrumb is divided by that of the null tracer; the table has the medians. So neither
a machine that changes its speed nor a neighbour that steals time changes the ratio much.

--check: status 1 if recording a call of f(int, int) -> int costs more than LIMIT times what the null tracer costs, or
if code that is left out costs anything. That is promised for 3.12 and later; on 3.11 the hook is called for all code.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from page import tell  # noqa: E402

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MODES = ("plain", "null", "breadcrumb")
SHAPES = {
    "function": "f(int, int) -> int",
    "method": "method(self, str, *, int) -> str",
    "generator": "one step of a generator",
    "excluded": "f(int, int) -> int, left out by the workspace",
}
LIMIT = 2.5
LIMIT_EXCLUDED_NS = 5.0


def build_null_tracer(python: str, folder: Path) -> None:
    code = "import sysconfig as s; print(s.get_path('include'), s.get_config_var('EXT_SUFFIX'))"
    include, suffix = subprocess.check_output([python, "-I", "-c", code], text=True).split()
    target = folder / f"null_tracer{suffix}"
    flags = ["-O2", "-shared", "-fPIC", "-Wall", "-Wextra", "-isystem", include]
    command = [os.environ.get("CC", "cc"), *flags, HERE / "null_tracer.c", "-o", target]
    subprocess.run(command, check=True)


class Worker:
    def __init__(self, mode: str, python: str, folder: Path, cpu: int) -> None:
        project = folder / "project"
        command = [python, "worker.py", mode, str(folder), str(cpu)]
        if mode == "breadcrumb":
            program = os.environ.get("BREADCRUMB_BIN") or str(ROOT / "build/bin/breadcrumb")
            options = ["-t", "3600", "--silent", "--every-call"]
            database = ["--db-path", str(folder / "db/traces.duckdb")]
            command = [program, "run", *options, *database, "--", *command]
        self.process = subprocess.Popen(
            command, cwd=project, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def measure(self, shape: str, calls: int) -> int:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(f"{shape} {calls}\n")
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


def measure(python: str, rounds: int, calls: int) -> dict[str, list[dict[str, float]]]:
    """For each shape and round: nanoseconds a call, by mode."""
    cpu = max(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="overhead-", dir=os.environ.get("TMPDIR")) as name:
        folder = Path(name)
        (folder / "project").mkdir()
        (folder / "db").mkdir()
        shutil.copy(HERE / "worker.py", folder / "project")
        outside = "def f(a, b):\n    return a\n\n\ndef f_loop(n):\n    for i in range(n):\n        f(i, 7)\n"
        (folder / "shapes_outside.py").write_text(outside)
        build_null_tracer(python, folder)
        workers = {mode: Worker(mode, python, folder, cpu) for mode in MODES}
        for mode in MODES:
            for shape in SHAPES:
                workers[mode].measure(shape, calls // 10)
        results: dict[str, list[dict[str, float]]] = {shape: [] for shape in SHAPES}
        for _ in range(rounds):
            for shape in SHAPES:
                order = random.sample(MODES, len(MODES))
                results[shape].append({m: workers[m].measure(shape, calls) / calls for m in order})
        for worker in workers.values():
            worker.finish()
    return results


def summary(rounds: list[dict[str, float]]) -> dict[str, float]:
    """Medians: what a plain call takes, what each tracer adds, and the ratio of the two additions."""
    added = {m: [one[m] - one["plain"] for one in rounds] for m in MODES}
    ratios = [
        ours / null
        for ours, null in zip(added["breadcrumb"], added["null"], strict=True)
        if null > 0
    ]
    return {
        "plain": median(one["plain"] for one in rounds),
        "null": median(added["null"]),
        "breadcrumb": median(added["breadcrumb"]),
        "ratio": median(ratios) if ratios else float("nan"),
        "slower": median(one["breadcrumb"] / one["plain"] for one in rounds),
    }


def what_is_missed(found: dict[str, dict[str, float]]) -> list[str]:
    ratio, excluded = found["function"]["ratio"], found["excluded"]["breadcrumb"]
    missed = []
    if ratio > LIMIT:
        missed.append(f"a call costs {ratio:.2f} x the null tracer, at most {LIMIT}")
    if excluded > LIMIT_EXCLUDED_NS:
        missed.append(f"code that is left out costs {excluded:.1f} ns a call")
    return missed


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()

    version = subprocess.check_output([given.python, "-V"], text=True).strip()
    results = measure(given.python, given.rounds, given.calls)
    print(f"{version}, {given.rounds} rounds of {given.calls:,} calls, CPU ns a call")
    print(f"{'':48}{'plain':>8}{'+ null':>8}{'+ ours':>8}{'ours/null':>11}{'slower':>9}")
    found = {shape: summary(rounds) for shape, rounds in results.items()}
    for shape, one in found.items():
        # Where the null tracer costs next to nothing there is nothing to divide by.
        ratio = "-" if shape == "excluded" or one["null"] < 5 else f"{one['ratio']:.2f}"
        print(
            f"{SHAPES[shape]:48}{one['plain']:8.1f}{one['null']:8.1f}{one['breadcrumb']:8.1f}"
            f"{ratio:>11}{one['slower']:8.2f}x"
        )
    missed = [] if version.startswith("Python 3.11") else what_is_missed(found)
    tell(f"{version}: a call of f(int, int) / null tracer", found["function"]["ratio"], LIMIT)
    for line in missed:
        print(f"missed: {line}")
    return 1 if missed and given.check else 0


if __name__ == "__main__":
    sys.exit(main())
