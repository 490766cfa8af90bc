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


def test_without_a_profile_the_name_is_open(bench, python):
    recorded(bench, python)
    (suggested,) = answered(bench.breadcrumb("top"))["suggested_excludes"]
    assert suggested["command"] == "breadcrumb config edit <name> --add-exclude 'app_logging.*'"
