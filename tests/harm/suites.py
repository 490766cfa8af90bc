"""Which suites there are: CPython's own test package in each interpreter, and the packages of packages.toml."""

from __future__ import annotations

import json
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import packages
from running import WATCH, Suite

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Module:
    name: str
    quick: bool


def modules() -> list[Module]:
    found = []
    for line in (HERE / "cpython.txt").read_text().splitlines():
        name, _, mark = line.partition(" ")
        if name and not name.startswith("#"):
            found.append(Module(name, mark == "*"))
    return found


def left_out() -> list[dict]:
    return tomllib.loads((HERE / "allowed.toml").read_text())["left_out"]


def without(names: list[str], version: str) -> list[str]:
    """The words for regrtest that leave out what the interpreter itself does not survive."""
    entries = [one for one in left_out() if one["suite"] in names and version in one["pythons"]]
    return [word for entry in entries for word in ("-i", entry["test"])]


PROBE = """
import json, os, sys
place = os.path.dirname(os.__file__)
found = [name for name in sys.argv[1:]
         if any(os.path.exists(os.path.join(place, "test", *name.split(".")) + end) for end in ("", ".py"))]
print(json.dumps(found))
"""


def versioned(pythons: list[str]) -> Iterator[tuple[str, str]]:
    for python in pythons:
        probe = "import sys; print('%d.%d%s' % (*sys.version_info[:2], sys.abiflags))"
        asked = subprocess.run(
            [python, "-I", "-c", probe], capture_output=True, text=True, check=True
        )
        yield python, asked.stdout.strip()


def of_cpython(python: str, version: str, wanted: list[Module]) -> Iterator[Suite]:
    names = [module.name for module in wanted]
    asked = subprocess.run(
        [python, "-I", "-c", PROBE, *names], capture_output=True, text=True, check=True
    )
    script = str(WATCH / "watch_unittest.py")
    for name in json.loads(asked.stdout):
        yield Suite(name, python, version, [script, "RECORDS", *without([name], version), name])


def quick_of_cpython(python: str, version: str) -> Suite:
    """The marked modules in one process: a start of the interpreter takes as long as most of them."""
    marked = list(of_cpython(python, version, [one for one in modules() if one.quick]))
    names = [one.name for one in marked]
    words = [*marked[0].words[:2], *without(names, version), *names]
    return Suite("quick", python, version, words)


def all_of(
    pythons: list[str], versions: list[str], patterns: list[str], cache: Path
) -> Iterator[Suite]:
    """Those whose name fits one of the globs, on the versions that are asked for (none: on all)."""

    def fits(name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in patterns or ["*"])

    for python, version in versioned(pythons):
        if versions and version not in versions:
            continue
        yield from of_cpython(python, version, [one for one in modules() if fits(one.name)])
        wanted = [one for one in packages.listed() if fits(one.suite)]
        yield from packages.suites_of(python, version, wanted, cache)
