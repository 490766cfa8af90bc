"""One program in several processes, one for each tracer, that take turns.

A run of two seconds is as long as a neighbour of the machine needs to change what it measures. So all processes live at
once, and in each round every one runs a short slice of the program, in an order drawn anew: what is compared happened
within half a second, and the median is one of many rounds.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import threading
from pathlib import Path
from statistics import median


def end_family(process: subprocess.Popen) -> None:
    """Kills the process and all that it started, as far as it is in its session."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


class Turns:
    """One process that runs as many loops as it is told, and answers with the CPU seconds. `timeout`: of a slice, in
    seconds; one that is not done by then is killed."""

    def __init__(
        self, words: list[str], folder: Path, environment: dict[str, str], timeout: float
    ) -> None:
        self.timeout = timeout
        self.process = subprocess.Popen(
            words,
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self.took: list[float] = []

    def run(self, loops: int) -> float:
        assert self.process.stdin and self.process.stdout
        watch = threading.Timer(self.timeout, end_family, [self.process])
        watch.start()
        try:
            self.process.stdin.write(f"{loops}\n")
            self.process.stdin.flush()
            for line in self.process.stdout:  # the program may print, too
                if line.startswith("took "):
                    return float(line.split()[1])
        finally:
            watch.cancel()
        raise RuntimeError(f"the program has ended with status {self.process.wait()}")

    def finish(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        try:
            self.process.wait(self.timeout)
        finally:
            end_family(self.process)


def take_turns(ways: dict[str, Turns], loops: int, rounds: int) -> None:
    """Fills `took` of each way, and ends its process."""
    try:
        for _ in range(rounds):
            for name in random.sample(list(ways), len(ways)):
                ways[name].took.append(ways[name].run(loops))
        for way in ways.values():
            way.finish()
    finally:
        for way in ways.values():
            end_family(way.process)


def totals(ways: dict[str, Turns], plain: str) -> dict[str, float]:
    """CPU seconds of all slices together. What a tracer adds to one is the median of what it adds in all rounds but the
    first, where it learns the program."""
    base = ways[plain].took
    found = {}
    for name, way in ways.items():
        steady = median(mine - its for mine, its in zip(way.took[1:], base[1:], strict=True))
        found[name] = sum(base) + (way.took[0] - base[0]) + steady * (len(base) - 1)
    return found
