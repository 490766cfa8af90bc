"""Stands in for pyperf, so that a benchmark of pyperformance is an ordinary deterministic program.

A Runner only notes what it is given; subject.py then runs each job once, and small: no loops, no processes, no timing.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Callable
from typing import Any

perf_counter = time.perf_counter
python_implementation = "cpython".lower

# The arguments of benchmarks whose own are too large for a test and that take none on the command line.
SMALL: dict[str, tuple[Any, ...]] = {"deltablue": (10,), "float": (2000,), "nqueens": (6,)}

jobs: list[Callable[[], object]] = []


class Runner:
    def __init__(self, add_cmdline_args: object = None, **_ignored: object) -> None:
        self.metadata: dict[str, object] = {}
        self.argparser = argparse.ArgumentParser()
        self.args: argparse.Namespace | None = None

    def parse_args(self) -> argparse.Namespace:
        self.args = self.argparser.parse_args()
        return self.args

    def bench_func(self, name: str, function: Callable[..., object], *args: object) -> None:
        given = SMALL.get(name, args)
        jobs.append(lambda: function(*given))

    def bench_time_func(
        self, name: str, function: Callable[..., object], *args: object, inner_loops: int = 1
    ) -> None:
        jobs.append(lambda: function(1, *args))

    def bench_async_func(self, name: str, function: Callable[..., Any], *args: object) -> None:
        jobs.append(lambda: asyncio.run(function(*args)))
