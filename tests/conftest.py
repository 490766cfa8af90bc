"""What all Python tests share: the program, the interpreters, and `trace`, which records a small program.

BREADCRUMB_BIN            the program under test; build/bin/breadcrumb by default
BREADCRUMB_TEST_PYTHONS   the interpreters, separated by colons; what tools/pythons.sh finds by default
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from helpers import Bench, Interpreter, Run  # noqa: E402


@functools.cache
def interpreters() -> list[Interpreter]:
    given = os.environ.get("BREADCRUMB_TEST_PYTHONS")
    if not given:
        listed = subprocess.run([ROOT / "tools/pythons.sh"], capture_output=True, text=True)
        given = ":".join(listed.stdout.split())
    probe = "import json, sys; print(json.dumps(list(sys.version_info[:3])))"
    found = []
    for path in filter(None, given.split(":")):
        version = subprocess.run([path, "-I", "-c", probe], capture_output=True, text=True)
        found.append(Interpreter(path, tuple(json.loads(version.stdout))))
    return found


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that uses `python`, directly or through `trace`, runs once for each interpreter.

    @pytest.mark.one_python is for what does not depend on it: once, with the newest.
    @pytest.mark.since(3, 12) leaves out the older ones.
    """
    if "python" not in metafunc.fixturenames:
        return
    chosen = interpreters()
    since = metafunc.definition.get_closest_marker("since")
    if since:
        chosen = [one for one in chosen if one.version >= since.args]
    if metafunc.definition.get_closest_marker("one_python"):
        chosen = chosen[-1:]
    metafunc.parametrize("python", chosen, ids=str, scope="session")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "one_python: does not depend on the interpreter: run once")
    config.addinivalue_line("markers", "since(major, minor): leave out older interpreters")


@pytest.fixture(scope="session")
def breadcrumb() -> Path:
    path = Path(os.environ.get("BREADCRUMB_BIN") or ROOT / "build/bin/breadcrumb").absolute()
    if not path.exists():
        pytest.exit(f"{path} is not built: run 'make build', or set BREADCRUMB_BIN", returncode=1)
    return path


@pytest.fixture
def bench(breadcrumb: Path, tmp_path: Path) -> Bench:
    """A fresh project folder, a fresh database and a home of its own."""
    return Bench(breadcrumb, tmp_path)


@pytest.fixture
def trace(bench: Bench, python: Interpreter) -> Any:
    """trace(source, *options of run) -> Run. See helpers.Bench.trace for the rest."""

    def record(source: str, *options: str, **more: Any) -> Run:
        return bench.trace(source, *options, python=more.pop("python", python), **more)

    return record
