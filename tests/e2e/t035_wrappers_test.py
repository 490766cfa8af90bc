"""Programs that start programs: nox, tox, uv and ddtrace-run. What runs in the environments that they make is recorded;
what they keep our variables from is told.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from helpers import SANITIZED, Run

PATH = os.environ.get("BREADCRUMB_TOOLS_PYTHON", "")
WRAPPERS = Path(os.environ.get("BREADCRUMB_NEIGHBOURS", "/nonexistent")) / "wrappers"
pytestmark = pytest.mark.skipif(
    not (PATH and WRAPPERS.is_dir()), reason="tools/with_env.sh knows where tools/wrappers.txt is"
)

FILES = {
    "program.py": """
        import sys
        def work(n): return [n, sys.prefix]
        print(work(int(sys.argv[1]))[0])
    """,
    "noxfile.py": """
        import nox

        @nox.session(python=False)
        def plain(session):
            session.run("python3", "program.py", "1")

        @nox.session(venv_backend="venv")
        def made(session):
            session.run("python", "program.py", "2")
    """,
    "tox.ini": """
        [tox]
        env_list = one
        no_package = true
        [testenv]
        pass_env = PYTHONPATH, BREADCRUMB_RUN
        commands = python program.py 3
        [testenv:strict]
        pass_env =
        commands = python program.py 4
    """,
    "pyproject.toml": """
        [project]
        name = "project"
        version = "1"
        requires-python = ">=3.10"
    """,
}


@pytest.fixture
def record(bench):
    """The words of a wrapper, recorded with the report; and the calls of work() with where each ran."""
    bench.write(FILES)

    def run(*words: str | Path) -> tuple[Run, dict[int, str]]:
        path = f"{Path(PATH).parent}:{os.environ['PATH']}"
        quiet = {"DD_TRACE_ENABLED": "false", "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false"}
        env = {"PYTHONPATH": str(WRAPPERS), "PATH": path, "UV_OFFLINE": "1", "VIRTUAL_ENV": ""}
        start = [bench.program, "run", "-t", "100", "--db-path", bench.database, "--"]
        ended = bench.run([*start, *words], env={**env, **quiet})
        assert ended.status == 0, ended
        traced = Run(bench, ended)
        rows = traced.query("SELECT args->'n' AS n, result FROM calls WHERE function_name = 'work'")
        assert traced.value("SELECT count(DISTINCT run_id) FROM traces") == 1
        return traced, {row["n"]: row["result"][1] for row in rows}

    return run


def test_nox(bench, record):
    _, places = record(PATH, "-m", "nox", "-s", "plain", "made")
    assert places.keys() == {1, 2}
    assert places[2].startswith(str(bench.project / ".nox")) and places[1] != places[2]


@pytest.mark.skipif(SANITIZED, reason="tox asks its Pythons without ASan's runtime before them")
def test_tox(bench, record):
    run, places = record(PATH, "-m", "tox", "-q", "-e", "one")
    assert places.keys() == {3} and places[3].startswith(str(bench.project / ".tox"))
    assert "environment that lacks our" not in run.ended.err


def test_tox_that_hands_nothing_on(record):
    run, places = record(PATH, "-m", "tox", "-q", "-e", "strict")
    assert places == {} and "4" in run.ended.out.splitlines()
    assert "environment that lacks our BREADCRUMB_RUN" in run.ended.err
    assert run.value("SELECT sum(events)::INT FROM losses WHERE cause = 'unreachable'") >= 1


def test_uv_run(bench, record):
    _, places = record(WRAPPERS / "bin/uv", "run", "-p", PATH, "program.py", "5")
    assert places == {5: str(bench.project / ".venv")}, "the environment of the project"


def test_uv_run_without_a_project(record):
    words = [WRAPPERS / "bin/uv", "run", "--no-project", "-p", PATH, "python", "program.py", "6"]
    _, places = record(*words)
    assert places.keys() == {6}


def test_ddtrace_run(record):
    run, places = record(
        PATH, "-m", "ddtrace.commands.ddtrace_run", PATH, "program.py", "7"
    )  # fmt: skip
    assert places.keys() == {7}
    assert "without being recorded" not in run.ended.err
