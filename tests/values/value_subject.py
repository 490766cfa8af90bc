"""Python code and values inside of an interpreter that is tested: see conftest.py for how `harness` is built."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import textwrap
from pathlib import Path
from typing import Any

from value_decode import decode

HERE = Path(__file__).resolve().parent

# What each subject script begins with.
PRELUDE = """
import sys
sys.path[:0] = [{folder!r}, {here!r}]
import harness
from value_decode import *
def show(value, **limits):
    harness.limit(**limits)
    return decode(harness.encode(value), harness.types())
"""
ENCODE = """
import json
scope = {{"__name__": "subject"}}
setup, cases, limits = json.loads({job!r})
exec(setup, scope)
for name, value in list(scope.items()):
    if isinstance(value, type) and value.__module__ == "subject":
        value  # looked at, so that it has a version tag as in real life
harness.limit(**limits)
found = []
for case in cases:
    value = eval(case, scope)
    made = harness.encode(value)
    assert harness.encode(value) == made, case  # now its type is known
    found.append(None if made is None else made.hex())
print(json.dumps([found, harness.types()]))
"""


class Harness:
    """One interpreter and the extension built for it."""

    def __init__(self, python: str, folder: Path, environment: dict[str, str]) -> None:
        self.python, self.folder, self.environment = python, folder, environment

    def run(self, source: str) -> str:
        """Runs Python that has `harness`, `show` and the decoder's names; returns what it prints."""
        prelude = PRELUDE.format(folder=str(self.folder), here=str(HERE))
        done = subprocess.run(
            [self.python, "-X", "faulthandler", "-c", prelude + textwrap.dedent(source)],
            capture_output=True,
            env={**os.environ, **self.environment, "PYTHONDONTWRITEBYTECODE": "1"},
            timeout=300,
        )
        error = done.stderr.decode("utf-8", "replace")
        assert done.returncode == 0, f"status {done.returncode}\n{error}"
        return done.stdout.decode("utf-8", "replace")

    def encode(self, setup: str, cases: list[str], **limits: int) -> list[Any]:
        """The decoded value of each expression."""
        job = json.dumps([textwrap.dedent(setup), cases, limits])
        found, types = json.loads(self.run(ENCODE.format(job=job)))
        return [decode(bytes.fromhex(one), types) if one is not None else None for one in found]


class Table:
    """Cases of one file: expression -> expected. All of a file run in one process of each interpreter."""

    def __init__(self, setup: str = "", **limits: int) -> None:
        self.setup, self.limits = setup, limits
        self.cases: dict[str, Any] = {}

    def check(self, harness: Harness) -> None:
        sources = list(self.cases)
        wrong = []
        for source, found in zip(
            sources, harness.encode(self.setup, sources, **self.limits), strict=True
        ):
            expected = self.cases[source]
            if not same(found, expected):
                wrong.append(f"{source}\n    found    {found!r}\n    expected {expected!r}")
        assert not wrong, "\n".join([f"{len(wrong)} of {len(sources)}:", *wrong])


def same(a: Any, b: Any) -> bool:
    """Equal, and of the same types all the way down: True is not 1, -0.0 is not 0.0, order counts."""
    if type(a) is not type(b):
        return False
    if dataclasses.is_dataclass(a):
        return all(
            same(getattr(a, one.name), getattr(b, one.name)) for one in dataclasses.fields(a)
        )
    if isinstance(a, dict):
        return same(list(a.items()), list(b.items()))
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, set | frozenset):
        return a == b
    return repr(a) == repr(b)
