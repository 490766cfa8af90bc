"""What was recorded outlives a store that is damaged: its trail stays until its rows are in one that can be read."""

from __future__ import annotations

import random

import pytest
from helpers import Bench, Interpreter, answered

pytestmark = pytest.mark.one_python

SOURCE = """
def f(n):
    return n

for n in range(200):
    f(n)
"""
COUNT = "SELECT count(*) AS n FROM calls WHERE function_name = 'f'"


def head(data: bytes) -> bytes:
    """The two pages that say where all else is."""
    return data[:4096] + bytes(8192) + data[12288:]


def tail(data: bytes) -> bytes:
    return data[: len(data) // 2]


def middle(data: bytes) -> bytes:
    source = random.Random(7)
    return data[:4096] + source.randbytes(len(data) - 4096)


@pytest.mark.parametrize("damage", [head, tail, middle])
def test_the_trail_stays(bench: Bench, python: Interpreter, damage) -> None:
    bench.write({"program.py": SOURCE})
    command = [*bench.tracing("--every-call"), python.path, "program.py"]
    assert bench.run(command).status == 0
    whole = bench.database.read_bytes()

    bench.database.write_bytes(damage(whole))
    ended = bench.run(command)
    assert ended.status == 0, ended.err  # the program's own status: it ran and was recorded
    for _ in range(2):
        refused = bench.breadcrumb("ingest")
        assert refused.status == 1
        assert b"DatabaseCorruptError" in refused.stdout
        assert b"trails that were not ingested are still there" in refused.stdout
    trails = [path for path in (bench.database.parent / "trails").rglob("thread-*") if path.stat()]
    assert trails

    bench.database.write_bytes(whole)
    bench.database.with_name(bench.database.name + ".wal").unlink(missing_ok=True)
    (row,) = answered(bench.breadcrumb("query", COUNT))["rows"]
    assert row == {"n": 400}
    assert not any(path.exists() for path in trails)
