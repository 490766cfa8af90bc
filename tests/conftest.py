"""What all Python tests share: the program, the interpreters, and `trace`, which records a small program.

BREADCRUMB_BIN            the program under test; build/bin/breadcrumb by default
BREADCRUMB_TEST_PYTHONS   the interpreters, separated by colons; what tools/pythons.sh finds by default
BREADCRUMB_TEST_ALL       1: every test on every interpreter, instead of a share of them
BREADCRUMB_SANITIZED      1: what is under test was built with sanitizers, which makes it slow: a smaller share
"""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest

# How many times longer a test with a time limit of its own may take with sanitizers.
SLOWER = 4

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from helpers import SANITIZED, Bench, Interpreter, Run  # noqa: E402

# A shell starts its background jobs with these ignored, and what a test starts would inherit that: a test that
# interrupts a program would then pass or fail by how the tests were started.
signal.signal(signal.SIGINT, signal.default_int_handler)
for inherited in (signal.SIGQUIT, signal.SIGHUP):
    signal.signal(inherited, signal.SIG_DFL)


@functools.cache
def interpreters() -> list[Interpreter]:
    given = os.environ.get("BREADCRUMB_TEST_PYTHONS")
    if not given:
        listed = subprocess.run([ROOT / "tools/pythons.sh"], capture_output=True, text=True)
        given = ":".join(listed.stdout.split())
    probe = "import json, sys; print(json.dumps([sys.version_info[:3], sys.abiflags]))"
    found = []
    for path in filter(None, given.split(":")):
        version = subprocess.run([path, "-I", "-c", probe], capture_output=True, text=True)
        numbers, flags = json.loads(version.stdout)
        found.append(Interpreter(path, tuple(numbers), "t" in flags))
    return found


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that uses `python`, directly or through `trace`, runs on some of the interpreters.

    Unmarked: on one of those with sys.monitoring and on one of the older ones. Which, follows from the test's
    name, so that all tests together cover each interpreter, and a test meets the same one every time.
    @pytest.mark.every_python is for what may differ in each version: runs on all of them.
    @pytest.mark.any_python is for what rarely differs: on one of them all, by the test's name.
    @pytest.mark.one_python is for what does not depend on it: once, with the newest.
    @pytest.mark.since(3, 12) leaves out the older ones.
    @pytest.mark.free_threaded leaves out those with a GIL, @pytest.mark.with_gil those without.
    With sanitizers, what is for every one runs on one of each backend, and all else once: what they find is in our C,
    most of which is the same for all.
    """
    if "python" not in metafunc.fixturenames:
        return
    chosen = interpreters()
    since = metafunc.definition.get_closest_marker("since")
    if since:
        chosen = [one for one in chosen if one.version >= since.args]
    if metafunc.definition.get_closest_marker("free_threaded"):
        chosen = [one for one in chosen if one.free_threaded]
    if metafunc.definition.get_closest_marker("with_gil"):
        chosen = [one for one in chosen if not one.free_threaded]
    if metafunc.definition.get_closest_marker("one_python"):
        chosen = chosen[-1:]
    metafunc.parametrize("python", chosen, ids=str, scope="session")


def share_of(name: str, among: list[Interpreter], *, one: bool) -> set[Interpreter]:
    """One of each backend, or one in all, picked by the test's name."""
    pick = zlib.crc32(name.encode())
    if one:
        return {among[pick % len(among)]}
    monitored = [one for one in among if one.version >= (3, 12)]
    older = [one for one in among if one.version < (3, 12)]
    return {group[pick % len(group)] for group in (monitored, older) if group}


def give_more_time(items: list[pytest.Item]) -> None:
    for item in items:
        limit = item.get_closest_marker("timeout")
        if limit is not None:
            item.add_marker(pytest.mark.timeout(limit.args[0] * SLOWER), append=False)


def is_for_one(item: pytest.Item) -> bool:
    if SANITIZED:
        return item.get_closest_marker("every_python") is None
    return item.get_closest_marker("any_python") is not None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if SANITIZED:
        give_more_time(items)
    if os.environ.get("BREADCRUMB_TEST_ALL") == "1":
        return
    groups: dict[str, list[tuple[pytest.Item, Interpreter]]] = {}
    for item in items:
        python = getattr(getattr(item, "callspec", None), "params", {}).get("python")
        if isinstance(python, Interpreter) and (
            SANITIZED or not item.get_closest_marker("every_python")
        ):
            # The same name for each interpreter, whatever stands around its id.
            name = item.nodeid.replace(str(python), "", 1)
            groups.setdefault(name, []).append((item, python))
    left_out = set()
    for name, found in groups.items():
        share = share_of(name, [python for _, python in found], one=is_for_one(found[0][0]))
        left_out |= {item for item, python in found if python not in share}
    if left_out:
        config.hook.pytest_deselected(items=[item for item in items if item in left_out])
        items[:] = [item for item in items if item not in left_out]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "every_python: may differ in each interpreter: run on all")
    config.addinivalue_line("markers", "free_threaded: on those without a GIL only")
    config.addinivalue_line("markers", "with_gil: on those with a GIL only")
    config.addinivalue_line("markers", "any_python: run on one interpreter, by the test's name")
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
