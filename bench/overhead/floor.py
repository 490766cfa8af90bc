"""Where the time of a call goes: what Breadcrumb adds beside tracers that do ever more of what it cannot do without.

usage: floor.py [--python PATH] [--launches N] [--rounds N] [--calls N]

All take turns, as in overhead.py. For 3.12 and later.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from statistics import median

from overhead import launched, take_turns

ROWS = {
    "null": "nothing: CPython calls two callbacks",
    "null-1": "the clock is read in both",
    "null-2": "and 32 bytes are written in both",
    "counted": "Breadcrumb, counted: one callback, one counter",
    "timed": "Breadcrumb, timed: clock, stack, histogram",
    "recorded": "Breadcrumb, every call with its values",
}
NOTE = """
The clock is the counter of the CPU, the cheapest there is: what tells how long a call took is not below the second row.
What is left above the third row is 220 instructions a call (instructions.py): to find the function, the frame and the
caller, to tell whether the call is the one on top of the stack, to put each value in its shortest form, to publish.
Tried: a clock that is no clock (a counter in memory), 7 ns less, so the clock is now read first, where its cycles may
pass beside the rest; one store for a number or a time instead of one for each byte, a shorter hash of the function,
45 instructions less in all: within the noise; the struct of the thread at another offset in its page: nothing; no
prefetch of the file: 0.4 to 1.7 ns more. In a run of 3 million calls 5 to 9 % is the kernel's, which zeroes the
file's pages ahead: touched unzeroed they cost three to four times as much. Without the arguments 2 ns less, with
the same few pages written again and again 3 ns less: that is what new memory costs.

Tried too: the place behind the time computed instead of jumped to, 2 to 3 ns more: it waits for the clock. A time in
one byte is a tenth less of new memory, and no less time.

A method with a plain self takes 568 instructions, 838 before an instance of a known class was put at once. A function
of 0.85 us: on 3.12 the tracer that does nothing adds 38 to 55 ns to it, three times what it adds to an empty one, and
Breadcrumb, which only counts it, no more; on 3.13 both add 7 to 9.

A timed call takes 190 instructions: 29 to find the function, 54 to begin it (the clock, nine words of the stack, the
counter), 107 to end it: the clock, the place in the histogram, six numbers of the page that change (calls timed, total,
own, min, max, the place), under a number that tells a reader that they do, and the caller's share. They cost 8 ns on
3.13 and 15 on 3.12 above two readings of the clock, which alone are at 1.2 and 1.3 of the 1.4. Tried: the clock read
first at the beginning too, nothing read again that was just written, 201 instructions before: 0 to 2 ns less. Fewer
numbers would be a count, a time or a percentile that is not exact.

The compiler: the files of the hot path are compiled with -O3. Optimised by a profile of these very loops
(-fprofile-use), against without, on 3.13: timed 39.3 and 37.5 ns, recorded 62.4 and 59.4, a method 62.5 and 63.3,
counted 14.0 and 12.3: nothing, so `make build` needs no second build.
"""


def launch(python: str, rounds: int, calls: int, found: dict[str, list[float]]) -> None:
    with launched(python, ("plain", *ROWS)) as workers:
        for worker in workers.values():
            worker.measure("function", calls)
        for _ in range(rounds):
            took = take_turns(workers, workers, "function", calls)
            for mode, ns in took.items():
                found[mode].append(ns if mode == "plain" else ns - took["plain"])


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--launches", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=12, help="of each launch")
    parser.add_argument("--calls", type=int, default=20_000)
    given = parser.parse_args()
    version = subprocess.check_output([given.python, "-V"], text=True).split()[1]
    found: dict[str, list[float]] = {mode: [] for mode in ("plain", *ROWS)}
    for _ in range(given.launches):
        launch(given.python, given.rounds, given.calls, found)
    null = median(found["null"])
    print(f"Python {version}, f(int, int) -> int: {median(found['plain']):.1f} ns a call, plain")
    print(f"{'a tracer adds':54}{'ns':>6}{'x null':>9}")
    for mode, title in ROWS.items():
        ns = median(found[mode])
        print(f"{title:54}{ns:6.1f}{ns / null:9.2f}")
    print(NOTE.rstrip())
    return 0


if __name__ == "__main__":
    sys.exit(main())
