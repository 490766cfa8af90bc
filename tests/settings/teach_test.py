"""Answers that teach a profile: the command they print is run as it stands, and the next recording obeys."""

from __future__ import annotations

import shlex

import pytest
from helpers import answered

pytestmark = pytest.mark.one_python

PROGRAM = """
import app_logging
import tool


def work(i):
    app_logging.write(i)


tool.each(work, 120)
app_logging.close()
"""

FILES = {
    "app_logging.py": "def write(x):\n    return str(x)\n\n\ndef close():\n    pass\n",
    "tool.py": "def each(f, n):\n    for i in range(n):\n        f(i)\n",
    "program.py": PROGRAM,
}


def recorded(bench, python, *options: str) -> set[str]:
    bench.write(FILES)
    ended = bench.run([*bench.tracing(*options), python.path, "program.py"])
    assert ended.status == 0, ended
    answer = answered(bench.breadcrumb("top", "100"))
    return {row["module_name"] for row in answer["functions"]}


def obey(bench, command: str) -> None:
    program, *words = shlex.split(command)
    assert program == "breadcrumb"
    assert bench.run([bench.program, *words]).status == 0


def test_a_suggested_exclude_leaves_plumbing_out(bench, python):
    assert bench.run([bench.program, "config", "create", "quiet"]).status == 0
    assert recorded(bench, python, "-c", "quiet") == {"app_logging", "tool", "__main__"}
    suggested = answered(bench.breadcrumb("top"))["suggested_excludes"]
    assert [(row["pattern"], row["kind"]) for row in suggested] == [("app_logging.*", "logging")]
    assert suggested[0]["command"] == "breadcrumb config edit quiet --add-exclude 'app_logging.*'"
    assert answered(bench.breadcrumb("report"))["suggested_excludes"] == suggested
    text = bench.breadcrumb("report", "--format", "table").out
    assert (
        f"     High call counts? Consider excluding with:\n       {suggested[0]['command']}\n"
        in text
    )
    obey(bench, suggested[0]["command"])
    assert recorded(bench, python, "-c", "quiet") == {"tool", "__main__"}


def test_a_gap_names_the_include(bench, python):
    words = ["config", "create", "narrow", "--include", "__main__"]
    assert bench.run([bench.program, *words]).status == 0
    assert recorded(bench, python, "-c", "narrow") == {"__main__"}
    gaps = {row["module"]: row for row in answered(bench.breadcrumb("gaps"))["gaps"]}
    command = gaps["tool"]["command"]
    assert command == "breadcrumb config edit narrow --add-include 'tool.*'"
    obey(bench, command)
    assert recorded(bench, python, "-c", "narrow") == {"__main__", "tool"}


def test_a_gap_names_the_exclude_and_the_switch(bench, python):
    words = ["config", "create", "few", "--exclude", "tool*"]
    assert bench.run([bench.program, *words]).status == 0
    assert "tool" not in recorded(bench, python, "-c", "few")
    gaps = {row["module"]: row for row in answered(bench.breadcrumb("gaps"))["gaps"]}
    obey(bench, gaps["tool"]["command"])
    assert "tool" in recorded(bench, python, "-c", "few")


OUTSIDE = {
    **FILES,
    "../elsewhere/far/__init__.py": "",
    "../elsewhere/far/tool.py": FILES["tool.py"],
    "program.py": """
import sys, unittest
sys.path.insert(0, "../elsewhere")
import app_logging, far.tool
far.tool.each(app_logging.write, 3)
class Test(unittest.TestCase):
    def test(self): app_logging.close()
unittest.main(exit=False)
""",
}


def recorded_outside(bench, python) -> set[str]:
    bench.write(OUTSIDE)
    assert bench.run([*bench.tracing("-c", "p"), python.path, "program.py"]).status == 0
    answer = answered(bench.breadcrumb("top", "100"))
    return {row["module_name"] for row in answer["functions"]}


@pytest.mark.parametrize(
    "options", [[], ["--include", "*"], ["--include", "*", "--exclude", "far*"]]
)
def test_a_gap_outside_of_the_workspace_names_the_include(bench, python, options):
    assert bench.run([bench.program, "config", "create", "p", *options]).status == 0
    assert recorded_outside(bench, python) == {"app_logging", "__main__"}
    gaps = {row["module"]: row for row in answered(bench.breadcrumb("gaps"))["gaps"]}
    assert gaps["far.tool"]["rule"] == gaps["unittest.case"]["rule"] == "workspace_only"
    command = gaps["far.tool"]["command"]
    assert command.startswith("breadcrumb config edit p --all-code ")
    assert command.endswith("--add-include 'far.tool.*'")
    obey(bench, command)
    assert recorded_outside(bench, python) == {"app_logging", "__main__", "far.tool"}
    # And the next one, by what is recorded now: what the first has let in stays.
    gaps = {row["module"]: row for row in answered(bench.breadcrumb("gaps"))["gaps"]}
    command = gaps["unittest.case"]["command"]
    assert command == "breadcrumb config edit p --add-include 'unittest.case.*'"
    obey(bench, command)
    assert recorded_outside(bench, python) == {
        "app_logging",
        "__main__",
        "far.tool",
        "unittest.case",
    }


def test_two_gaps_of_one_recording(bench, python):
    assert bench.run([bench.program, "config", "create", "p"]).status == 0
    recorded_outside(bench, python)
    gaps = {row["module"]: row for row in answered(bench.breadcrumb("gaps"))["gaps"]}
    obey(bench, gaps["unittest.case"]["command"])
    obey(bench, gaps["far.tool"]["command"])
    assert recorded_outside(bench, python) == {
        "app_logging",
        "__main__",
        "far.tool",
        "unittest.case",
    }


def test_a_gap_of_the_built_in_excludes(bench, python):
    bench.write(
        {"program.py": "import json\njson.loads('1', object_hook=repr, parse_int=lambda s: 0)\n"}
    )
    assert bench.run([bench.program, "config", "create", "p"]).status == 0
    words = [*bench.tracing("-c", "p"), python.path, "program.py"]
    assert bench.run(words).status == 0
    gaps = {row["module"]: row for row in answered(bench.breadcrumb("gaps"))["gaps"]}
    (module,) = [name for name in gaps if name.startswith("json.")]
    obey(bench, gaps[module]["command"])
    assert bench.run(words).status == 0
    answer = answered(bench.breadcrumb("top", "100"))
    assert {row["module_name"] for row in answer["functions"]} == {"__main__", module}


def test_without_a_profile_the_name_is_open(bench, python):
    recorded(bench, python)
    (suggested,) = answered(bench.breadcrumb("top"))["suggested_excludes"]
    assert suggested["command"] == "breadcrumb config edit <name> --add-exclude 'app_logging.*'"
