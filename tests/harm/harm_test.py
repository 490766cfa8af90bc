"""A slice of `make harm`, on each interpreter; and that the harness sees the harm that is done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import harm  # noqa: E402
import packages  # noqa: E402
import report  # noqa: E402
import suites  # noqa: E402
from judging import Difference, Pass, compared, normalised, without_echoes  # noqa: E402
from running import WATCH, Place, Suite  # noqa: E402


@pytest.fixture(scope="session")
def with_suites():
    """version -> the interpreter of it that has CPython's test package beside it."""
    root = HERE.parent.parent
    listed = subprocess.run(
        [root / "tools/pythons.sh", "--suites"], capture_output=True, text=True, check=True
    )
    return {version: python for python, version in suites.versioned(listed.stdout.split())}


@pytest.fixture
def place(breadcrumb, tmp_path):
    return Place(breadcrumb, tmp_path / "h")


def check(place, suite, least):
    verdict = harm.judged(place, suite, harm.allowed_list(), twice=False)
    unexplained = [one for one in verdict.differences if not one.allowed]
    assert not unexplained, json.dumps([vars(one) for one in unexplained], indent=1)
    assert verdict.tests > least and verdict.recorded > 10 * least


@pytest.mark.every_python
def test_modules_of_cpython(place, with_suites, python):
    version = python.release
    if version not in with_suites:
        pytest.skip(f"no Python {version} here has CPython's test package")
    check(place, suites.quick_of_cpython(with_suites[version], version), 500)


@pytest.mark.every_python
def test_what_is_left_out(python):
    """The interpreter dies by itself, with a tool that does nothing."""
    for entry in suites.left_out():
        if python.release in entry["pythons"]:
            ended = subprocess.run([python.path, "-I", "-c", entry["witness"]], capture_output=True)
            assert ended.returncode < 0, f"this does not crash any more: {entry['test']}"


@pytest.mark.every_python
def test_a_package(place, python):
    """pluggy's own tests, with the pytest of tools/neighbours.txt, which runs on any interpreter."""
    sources = os.environ.get("BREADCRUMB_PLUGGY", "")
    neighbours = os.environ.get("BREADCRUMB_NEIGHBOURS", "")
    if not sources or not neighbours:
        pytest.skip("tools/with_env.sh knows where the source of pluggy is")
    (package,) = (one for one in packages.listed() if one.name == "pluggy")
    suite = packages.suite_of(package, python.path, python.release, Path(sources))
    path = f"{suite.environment['PYTHONPATH']}:{neighbours}/common"
    environment = {"PYTHONPATH": path, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    check(place, Suite(**{**vars(suite), "environment": environment}), 150)


PLANTED = """
import os, sys, unittest

harmed = os.environ.get("PLANTED", "")

class Planted(unittest.TestCase):
    def test_passes(self):
        print("in a test", harmed == "output")
    def test_outcome(self):
        self.assertNotEqual(harmed, "outcome")
    def test_flickers(self):
        self.assertTrue(os.getpid() % 2)
    def test_subtests(self):
        for n in range(3):
            with self.subTest(n=n):
                self.assertFalse(harmed == "subtest" and n == 1)
    def test_takes_a_life(self):
        if harmed == "crash":
            os.abort()
        if harmed == "exit":
            os._exit(7)

os.write(2, b"said at the end\\n" if harmed == "stderr" else b"said\\n")
"""


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        ("nothing", set()),
        ("output", {("Planted.test_passes", "out")}),
        ("outcome", {("Planted.test_outcome", "outcome")}),
        ("subtest", {("Planted.test_subtests", "outcome")}),
        ("stderr", {("", "err")}),
        ("crash", {("Planted.test_takes_a_life", "crash")}),
    ],
)
def test_the_harness_sees(tmp_path, with_suites, kind, seen):
    """A recorder that does one kind of harm, in the place of ours."""
    if not with_suites:
        pytest.skip("no Python here has CPython's test package; 'make harm' fetches it")
    version, python = max(with_suites.items())
    fake = tmp_path / "breadcrumb"
    fake.write_text(
        f'#!/bin/sh\nuntil [ "$1" = -- ]; do shift; done; shift\nPLANTED={kind} exec "$@"\n'
    )
    fake.chmod(0o755)
    (tmp_path / "test").mkdir()
    # Beside another kind an outcome that differs each time, by chance, would take the place of what is looked for.
    planted = PLANTED if kind == "nothing" else PLANTED.replace("os.getpid() % 2", "True")
    (tmp_path / "test/test_planted.py").write_text(planted)
    words = [str(WATCH / "watch_unittest.py"), "RECORDS", "test_planted"]
    suite = Suite(
        "planted", python, version, words, environment={"HARM_MORE_TESTS": str(tmp_path / "test")}
    )
    verdict = harm.judged(Place(fake, tmp_path / "h"), suite, [])
    found = {(one.test.removeprefix("test.test_planted."), one.what) for one in verdict.differences}
    assert {one for one in found if "flickers" not in one[0]} == seen
    assert all(one.steady for one in verdict.differences if "flickers" not in one.test)


def test_what_is_compared():
    def one(status=0, out="", **tests):
        return Pass(status, out, tests={name: {"outcome": how} for name, how in tests.items()})

    good = one(a="passed", b="passed")
    assert compared(good, good, good) == []
    assert compared(good, good, one(a="passed"))[0][:2] == ("b", "outcome")
    assert compared(good, one(a="passed", b="failed"), one(a="passed", b="skipped")) == []
    assert compared(good, good, one(status="timeout"))[0][1] == "timeout"
    assert compared(good, good, one(status=3, a="passed", b="passed"))[0][1] == "status"
    assert compared(one(out="x\n"), one(out="x\ny 1\n"), one(out="y 2\nx\n")) == []
    assert compared(one(out="x\n"), one(out="x\n"), one(out="x\nx\n"))[0][1] == "out"


def test_what_a_flickering_test_hides():
    """Nothing; one that is steady is told of by the runner once more, in its words and its status."""

    def found(test="", what="out", steady=True):
        return Difference("suite", "3.12", test, what, "", "", steady)

    steady, flickers = found("a", "outcome"), found("a", "outcome", steady=False)
    assert without_echoes([steady, found(), found(what="status")]) == [steady]
    assert without_echoes([flickers, found()]) == [flickers, found()]
    assert without_echoes([steady, found(what="crash")]) == [steady, found(what="crash")]
    first = Pass(0, "x\n", tests={"a": {"outcome": "passed"}})
    traced = Pass(0, "y\n", tests={"a": {"outcome": "failed"}})
    assert [row[:2] for row in compared(first, first, traced)] == [("a", "outcome"), ("", "out")]


def test_the_sums(tmp_path):
    """Of what several runs have noted; a suite counts as it went last."""
    found = [Difference("s", "3.13", "t", "crash", "0", "-11")]

    def verdict(suite, tests, differences=()):
        return report.Verdict(suite, "3.13", tests, [], "0", list(differences), 50, 1.0)

    noted = (
        verdict("test_sys", 7, found),
        verdict("package:click", 3),
        verdict("test_sys", 8),
        verdict("test_gc", 2, found),
    )
    for one in noted:
        report.note(tmp_path, one)
    head, *lines = (line.split() for line in report.summed([tmp_path]))
    assert [dict(zip(head, line, strict=True)) for line in lines] == [
        dict(zip(head, f"3.13 {rest} 0 0".split(), strict=True))
        for rest in ("packages 1 3 50 0 0 0", "modules 2 10 100 0 1 1")
    ]


def test_what_is_volatile():
    before = "at 0x7f8a12345678 in 12.5 sec, pid 123456, /tmp/tmpab12cd, 3 items, line 250"
    after = "at 0x7fffffffffff in 1.0 sec, pid 65432, /tmp/tmpzz99_x, 3 items, line 250"
    assert normalised(before) == normalised(after)
    assert normalised(before) != normalised(before.replace("3 items", "4 items"))
    assert normalised(before) != normalised(before.replace("250", "251"))
    slow = "one line\ntest_pdb passed in 1 min 12 sec\nanother\n"
    assert normalised(slow) == "one line\nanother\n"
    assert normalised(slow.replace("passed", "failed")) != normalised("one line\nanother\n")


def test_allowed_entries_are_complete():
    listed = tomllib.loads((HERE / "allowed.toml").read_text())
    for entry in listed["left_out"]:
        assert set(entry) == {"suite", "test", "pythons", "why", "witness"}
    for entry in listed["allowed"] + listed["left_out"]:
        assert set(entry) <= {"suite", "tests", "test", "pythons", "what", "why", "witness"}
        assert len(entry["why"]) > 30 and entry["suite"] != "*"
