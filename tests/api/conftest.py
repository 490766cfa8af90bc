"""`program`: runs a script that imports the package, in a project of its own."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from typing import Any

import pytest
from helpers import Bench, Ended, Interpreter, Run, rows_of


@dataclass
class Program:
    bench: Bench
    python: Interpreter

    @property
    def lib(self) -> str:
        return str(self.bench.program.parent.parent / "lib")

    def run(
        self, source: str, *words: str, env: dict[str, str] | None = None, **more: Any
    ) -> Ended:
        """Runs `source` with the package on the path and the bench's database in the environment."""
        self.bench.write({"program.py": textwrap.dedent(source)})
        around = [str(word) for word in more.pop("around", ())]
        given = {"PYTHONPATH": self.lib, "BREADCRUMB_DB_PATH": str(self.bench.database)} | (
            env or {}
        )
        return self.bench.run([*around, self.python.path, "program.py", *words], env=given, **more)

    def silent(self, source: str, *words: str, **more: Any) -> Ended:
        """The same, quiet, and it must work."""
        env = {"BREADCRUMB_SILENT": "1"} | more.pop("env", {})
        ended = self.run(source, *words, env=env, **more)
        assert (ended.status, ended.err) == (0, ""), ended.err
        return ended

    def stored(self) -> Run:
        return Run(self.bench, Ended(0, b"", b""))

    def names(self) -> list[str]:
        """The functions that were recorded, in the sequence of their calls."""
        ended = self.bench.breadcrumb(
            "query", "SELECT function_name FROM calls ORDER BY trace_id, start_ns, call_id"
        )
        told = json.loads(ended.stdout)
        return [] if "error" in told else [row["function_name"] for row in rows_of(told)]


@pytest.fixture
def program(bench: Bench, python: Interpreter) -> Program:
    return Program(bench, python)
