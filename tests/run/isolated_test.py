"""Pythons that cannot be reached: the run says which and why, and they run as ever."""

from __future__ import annotations

import json

import pytest


@pytest.mark.any_python
@pytest.mark.parametrize("option", ["-I", "-E", "-S"])
def test_it_is_said(bench, python, option):
    bench.write({"program.py": "print('ran')"})
    words = [
        "run",
        "-t",
        "60",
        "--db-path",
        bench.database,
        "--",
        python.path,
        option,
        "program.py",
    ]
    ended = bench.run([bench.program, *words])
    assert (ended.status, ended.out) == (0, "ran\n")
    assert "nothing was recorded" in ended.err
    assert f"was started with {option}, and reads no" in ended.err


@pytest.mark.any_python
def test_nothing_is_said_of_others(bench, python):
    bench.write({"program.py": "print('ran')"})
    words = ["run", "-t", "60", "--db-path", bench.database, "--", python.path, "program.py", "-I"]
    ended = bench.run([bench.program, *words])
    assert (ended.status, ended.out) == (0, "ran\n")
    assert "was started with" not in ended.err


@pytest.mark.any_python
def test_what_is_not_found_may_have_run_there(bench, python):
    lonely = "def lonely(): pass\nlonely()"
    program = f"import subprocess, sys\nsubprocess.run([sys.executable, '-I', '-c', {lonely!r}])\n"
    bench.write({"program.py": program})
    ended = bench.run([*bench.tracing(), python.path, "program.py"])
    assert ended.status == 0, ended
    for name, reason in ("lonely", "never called"), ("elsewhere.lonely", "not imported"):
        said = json.loads(bench.breadcrumb("why-not", name).out)["why_not"]
        assert said["reason"] == reason
        place = "; or it ran where nothing is recorded: 1 Python interpreter could not be, Python (python"
        assert place in said["explanation"] and "was started with -I" in said["explanation"]
