"""What the report of a run says, and the commands that it suggests: pasted as they stand."""

from __future__ import annotations

import re

import pytest
from helpers import Bench, answered, rows_of

pytestmark = pytest.mark.one_python

FILES = {
    "elsewhere/lib/__init__.py": "",
    "elsewhere/lib/noise.py": "def loud():\n    pass\n",
    "elsewhere/lib/core.py": "def work(n):\n    return n\n",
    "program.py": """
        from lib import core, noise

        for n in range(1000):
            noise.loud()
        core.work(n)
    """,
}
FUNCTIONS = """
    SELECT module_name || '.' || function_name AS name, recorded_calls AS n FROM function_stats
    WHERE function_name <> '<module>' AND trace_id = (SELECT id FROM traces ORDER BY started_at DESC LIMIT 1)
    ORDER BY name
"""


def functions(bench: Bench) -> dict[str, int]:
    rows = rows_of(answered(bench.breadcrumb("query", "--format", "json", FUNCTIONS)))
    return {row["name"]: row["n"] for row in rows}


def again(bench: Bench, why: str) -> str:
    answer = answered(bench.breadcrumb("report", "--format", "json"))
    [command] = [step["command"] for step in answer["next"] if why in step["why"]]
    return command


def test_the_options_of_the_run_are_in_it(bench: Bench, python) -> None:
    bench.write(FILES)
    lib = {"PYTHONPATH": str(bench.project / "elsewhere")}
    path = {"PATH": f"{bench.program.parent}:/usr/bin:/bin"}
    options = ["--all-code", "--include", "lib.*", "--every-call", "--values", "names"]
    ended = bench.run([*bench.tracing(*options), python.path, "program.py"], env=lib)
    assert ended.status == 0
    assert functions(bench) == {"lib.core.work": 1, "lib.noise.loud": 1000}
    command = again(bench, "run again without them")
    assert command.replace(str(bench.database), "X") == (
        f'breadcrumb run --timeout 60 --exclude "lib.noise.*" --db-path X --include "lib.*" --all-code '
        f"--values names --hot-threshold 0 {python.path} program.py"
    )
    assert bench.run(["sh", "-c", command], env=lib | path).status == 0
    assert functions(bench) == {"lib.core.work": 1}


def test_settings_of_the_environment_are_in_it_and_defaults_are_not(bench: Bench, python) -> None:
    bench.write({"slow.py": "import time\n\ndef f():\n    time.sleep(30)\n\nf()\n"})
    command = [python.path, "slow.py"]
    for env, options in (
        ({}, ""),
        (
            {"BREADCRUMB_SAMPLE_RATE": "0.5", "BREADCRUMB_LINES": "yes"},
            "--sample-rate 0.5 --lines ",
        ),
    ):
        bench.run([*bench.tracing("-t", "1"), *command], env=env)
        assert again(bench, "more time").replace(str(bench.database), "X") == (
            f"breadcrumb run --timeout 5 --db-path X {options}{python.path} slow.py"
        )


def test_short_calls_have_a_time(bench: Bench, python) -> None:
    """The call tree of the report tells a call of some nanoseconds from one that took no time."""
    bench.trace("def f():\n    pass\n\nfor _ in range(5):\n    f()\n", python=python)
    report = bench.breadcrumb("report", "--format", "table").out
    times = re.findall(r"<- __main__\.f \((\d+\.\d+)ms\)", report)
    assert len(times) == 5 and all(float(time) > 0 for time in times), report
