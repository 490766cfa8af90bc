"""A recorded program that works when it is told to, so that a setting can change at a known moment."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from helpers import Bench, Interpreter

# Reads a letter, works, answers: so that nothing in these tests depends on time.
PROGRAM = """
import noise, sys
def work(n): return [n]
for n, line in enumerate(sys.stdin):
    work(n); noise.hum(n)
    print(n, flush=True)
"""


class Running:
    def __init__(
        self, bench: Bench, python: Interpreter, *options: str, source: str = PROGRAM
    ) -> None:
        self.bench = bench
        bench.write({"program.py": source, "noise.py": "def hum(n): pass\n"})
        words = [*bench.tracing(*options), python.path, "program.py"]
        self.process = bench.start(words, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.turn()

    def turn(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() != b""

    def set(self, *words: str) -> list[dict[str, Any]]:
        # The program waits for a letter: it hears of the change at its next event.
        ended = self.bench.breadcrumb("set", *words)
        assert ended.status == 0, ended.out
        return json.loads(ended.out)["processes"]

    def finish(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.wait(60) == 0

    def ask(self, sql: str) -> list[dict[str, Any]]:
        return json.loads(self.bench.breadcrumb("query", sql).out).get("rows", [])

    def end(self) -> dict[str, list[int]]:
        """The turns in which each function was recorded."""
        self.finish()
        found: dict[str, list[int]] = {"work": [], "hum": []}
        for row in self.ask(
            "SELECT function_name AS f, TRY_CAST(args->>'n' AS INT) AS n FROM calls "
            "WHERE function_name <> '<module>' ORDER BY n"
        ):
            found[row["f"]].append(row["n"])
        return found
