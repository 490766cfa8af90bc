"""How much faster several threads of a Python without a GIL are than one, plain and under Breadcrumb.

usage: threads.py --python PATH [--launches N] [--rounds N] [--calls N] [--check]

Processes and rounds are those of overhead.py. In each round each process makes the same calls of f(int, int) -> int in
1, 2, 4 ... threads, as many as there are CPUs. What a call takes in a thread, with all that it waits for others but
without what it waits for a CPU, says how threads go on beside each other whatever else the machine does: the speed-up
is the number of threads, times a call's time in one, divided by its time in so many. Of the recorder is promised that
it takes nothing of it: the speed-up recorded, divided by the plain one of the same round, is at least LIMIT. --check:
status 1 where it is less.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

from overhead import launched

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from page import tell  # noqa: E402

MODES = {"plain": "plain", "defaults": "defaults", "recorded": "every call recorded"}
LIMIT = 0.9
# Nanoseconds a call by mode and threads.
Round = dict[tuple[str, int], float]


def launch(python: str, counts: list[int], rounds: int, calls: int) -> list[Round]:
    with launched(python, MODES, sorted(os.sched_getaffinity(0))) as workers:

        def one_round() -> Round:
            return {
                (mode, n): worker.measure("function", calls, n) / (n * calls)
                for n in counts
                for mode, worker in workers.items()
            }

        one_round()
        workers["defaults"].measure("work", calls)  # its gear is what overhead.py looks at
        return [one_round() for _ in range(rounds)]


def speed_up(one: Round, mode: str, threads: int) -> float:
    return threads * one[mode, 1] / one[mode, threads]


def print_table(
    version: str, given: argparse.Namespace, counts: list[int], found: list[Round]
) -> None:
    rounds = f"{given.launches} x {given.rounds} rounds of {given.calls:,} calls a thread"
    print(f"Python {version} without a GIL, {rounds}, ns a call in a thread (speed-up)")
    print(f"{'threads':24}" + "".join(f"{n:>18}" for n in counts))
    for mode, title in MODES.items():
        cells = [
            f"{median(r[mode, n] for r in found):.1f} ({median(speed_up(r, mode, n) for r in found):.2f})"
            for n in counts
        ]
        print(f"{title:24}" + "".join(f"{cell:>18}" for cell in cells))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--python", required=True)
    parser.add_argument("--launches", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=10, help="of each launch")
    parser.add_argument("--calls", type=int, default=100_000, help="of each thread")
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()

    code = "import sys; print(sys.version.split()[0], 't' in sys.abiflags)"
    version, free = subprocess.check_output([given.python, "-I", "-c", code], text=True).split()
    if free != "True":
        sys.exit(f"threads: {given.python} has a GIL")
    most = len(os.sched_getaffinity(0))
    counts = [2**n for n in range(most.bit_length()) if 2**n <= most]
    found: list[Round] = []
    for _ in range(given.launches):
        found += launch(given.python, counts, given.rounds, given.calls)

    print_table(version, given, counts, found)
    over = False
    for mode in ("defaults", "recorded") if len(counts) > 1 else ():
        n = counts[-1]
        kept = median(speed_up(r, mode, n) / speed_up(r, "plain", n) for r in found)
        what = f"speed-up of {n} threads, {MODES[mode]} / plain"
        tell(f"Python {version}: {what}", kept, LIMIT, at_least=True)
        print(f"{what}: {kept:.2f}, at least {LIMIT}")
        over = over or kept < LIMIT
    return 1 if over and given.check else 0


if __name__ == "__main__":
    sys.exit(main())
