"""What `import breadcrumb` and `breadcrumb.init()` add to the start of a program.

usage: start.py [--python PATH] [--rounds N] [--check]

Three programs take turns, in an order that is drawn anew for each round: one that does nothing, one that imports the
package, one that calls init() too. `inside` is what the program itself measures around the import and the call, `whole`
the process from its start to its end less the plain one of the same round, and `cpu` the CPU time of that, with the
processes that it starts; the end has the trail closed, too.

--check: status 1 if the fastest tenth of `inside` is more than LIMITS. Other work on the machine makes it longer, above
all where a process has to wait for its turn: the median is what it took today, the fastest tenth and the CPU time what
it takes.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from page import tell  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent.parent
LIMITS = {"import": 3.0, "init": 5.0}  # ms
CLOCK = "import time\nt = time.perf_counter\na = t()\n"
PROGRAMS = {
    "plain": CLOCK + "b = t()\n",
    "import": CLOCK + "import breadcrumb\nb = t()\n",
    "init": CLOCK + "import breadcrumb\na = t()\nbreadcrumb.init()\nb = t()\n",
}


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(python: str, name: str, place: dict[str, str], folder: Path) -> tuple[float, float, float]:
    """Milliseconds: what the program measured, the whole process, its CPU time."""
    command = [python, "-c", PROGRAMS[name] + "print(b - a)"]
    start, before = time.perf_counter(), cpu()
    done = subprocess.run(command, cwd=folder, env=place, capture_output=True, check=True)
    whole = time.perf_counter() - start
    if done.stderr:
        sys.exit(f"start: it was not recorded: {done.stderr.decode()}")
    return float(done.stdout) * 1000, whole * 1000, (cpu() - before) * 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    program = Path(os.environ.get("BREADCRUMB_BIN") or ROOT / "build/bin/breadcrumb")
    inside: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    added: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    used: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        place = os.environ | {
            "PYTHONPATH": str(program.parent.parent / "lib"),
            "BREADCRUMB_HOME": str(folder / "home"),
            "BREADCRUMB_DB_PATH": str(folder / "traces.duckdb"),
            "BREADCRUMB_SILENT": "1",
        }
        run(options.python, "init", place, folder)  # makes the config file
        for _ in range(options.rounds):
            whole, busy = {}, {}
            for name in random.sample(list(PROGRAMS), len(PROGRAMS)):
                own, whole[name], busy[name] = run(options.python, name, place, folder)
                inside[name].append(own)
            for name in PROGRAMS:
                added[name].append(whole[name] - whole["plain"])
                used[name].append(busy[name] - busy["plain"])
        time.sleep(
            3
        )  # until what was recorded last is stored, beside us, in the folder that goes now
    print(f"{options.python}, {options.rounds} rounds, ms (median, fastest tenth)")
    missed = 0
    for name, limit in LIMITS.items():
        typical, fast = median(inside[name]), quantiles(inside[name], n=10)[0]
        print(
            f"  {name:7} inside {typical:5.2f} {fast:5.2f}   whole process {median(added[name]):+5.2f}, "
            f"cpu {median(used[name]):+5.2f}   limit {limit}"
        )
        missed += fast > limit
        tell(f"start: {name}, ms, fastest tenth", fast, limit)
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
