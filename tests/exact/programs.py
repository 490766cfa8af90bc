"""The programs of pyperformance that the recording is compared on, made small."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


@dataclass(frozen=True)
class Program:
    name: str
    arguments: tuple[str, ...] = ()
    # What is written differently to make it small, as pairs of old and new text.
    smaller: tuple[tuple[str, str], ...] = ()
    # The same, to make it smaller still, for a reference that is slow.
    tiny: tuple[tuple[str, str], ...] = ()
    folder: str = ""
    since: tuple[int, ...] = (3, 11)

    def source(self, benchmarks: Path, *, tiny: bool) -> str:
        text = (benchmarks / f"bm_{self.folder or self.name}" / "run_benchmark.py").read_text()
        for old, new in (self.tiny or self.smaller) if tiny else self.smaller:
            assert text.count(old) == 1, f"{self.name}: {old!r} is not there once"
            text = text.replace(old, new)
        return text


def levels(count: int) -> tuple[str, str]:
    return "NUM_RECURSE_LEVELS = 6", f"NUM_RECURSE_LEVELS = {count}"


TREE = "range(100000)"
# How often the event loop turns while it sleeps is a matter of time.
NO_SLEEP = ("IO_SLEEP_TIME = 0.05", "IO_SLEEP_TIME = 0")

PROGRAMS = [
    Program("richards", tiny=(("self.count = 10000", "self.count = 300"),)),
    Program("deltablue", smaller=(("    n = 100", "    n = 10"),)),
    Program("raytrace", ("--width", "20", "--height", "20")),
    Program("go", smaller=(("GAMES = 200", "GAMES = 12"),), tiny=(("GAMES = 200", "GAMES = 2"),)),
    Program("chaos", ("--width", "40", "--height", "40", "--iterations", "500")),
    Program("generators", smaller=((TREE, "range(5000)"),), tiny=((TREE, "range(1000)"),)),
    Program("async_tree", ("none",), (levels(3),), (levels(2),)),
    Program(
        "async_tree_memoization",
        ("memoization",),
        (levels(3), NO_SLEEP),
        (levels(2), NO_SLEEP),
        "async_tree",
    ),
    Program("async_tree_tg", ("none", "--task-groups"), (levels(3),), (levels(2),), "async_tree"),
    Program("async_generators", smaller=((TREE, "range(2000)"),), tiny=((TREE, "range(300)"),)),
    Program("coroutines", smaller=(("fibonacci(25)", "fibonacci(15)"),)),
    Program("pprint", smaller=(("100_000", "500"),), tiny=(("100_000", "50"),)),
    Program("hexiom", ("--level", "10")),
    Program("nqueens", smaller=(("queen_count = 8", "queen_count = 6"),)),
    Program("float", smaller=(("POINTS = 100000", "POINTS = 5000"),)),
    Program("unpack_sequence"),
    Program("comprehensions"),
    Program("deepcopy"),
    Program("pickle", ("pickle", "--pure-python")),
    Program("unpickle", ("unpickle", "--pure-python"), folder="pickle"),
    Program("logging"),
]


def benchmarks() -> Path:
    """The folder of pyperformance's benchmarks, as tools/setup.sh has fetched it."""
    place = os.environ.get("BREADCRUMB_PYPERFORMANCE")
    if not place:
        script = '. build/setup.env && printf %s "$BREADCRUMB_PYPERFORMANCE"'
        found = subprocess.run(["sh", "-c", script], cwd=ROOT, capture_output=True, text=True)
        place = found.stdout
    if not place:
        pytest.skip("pyperformance is not there: run 'make setup'")
    return Path(place) / "pyperformance/data-files/benchmarks"
