"""Pythons that cannot be reached: the run says which and why, and they run as ever."""

from __future__ import annotations

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
