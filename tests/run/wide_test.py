"""Calls that carry hundreds of bytes go into small row groups: those of DuckDB's own size would not fit into memory."""

from __future__ import annotations

import time

import duckdb
import pytest
from helpers import Bench

pytestmark = pytest.mark.one_python

PROGRAM = """
import os, time

def wide(n, texts):
    return n

def narrow(n):
    return n

def fill(first):
    for n in range(first, first + 5000):
        wide(n, [f"{n}-{i}-" + "y" * 100 for i in range(8)])

fill(0)
open("filled", "w").close()
while not os.path.exists("go"):
    time.sleep(0.02)
fill(5000)
"""
NARROW = """
def narrow(n):
    return n

for n in range(20_000):
    narrow(n)
"""
OPTIONS = ["-t", "200", "--silent", "--every-call"]


def asked(bench: Bench, sql: str) -> list[tuple]:
    with duckdb.connect(str(bench.database), read_only=True) as connection:
        return connection.sql(sql).fetchall()


def test_wide_rows(bench: Bench, python):
    bench.write({"program.py": PROGRAM, "narrow.py": NARROW})
    place = ["--db-path", bench.database]
    command = [bench.program, "run", *OPTIONS, *place, "--", python.path, "program.py"]
    with bench.start(command, env={"BREADCRUMB_INGEST_MB": "0"}) as process:
        end = time.monotonic() + 60
        while not (bench.project / "filled").exists() and time.monotonic() < end:
            time.sleep(0.02)
        meanwhile = bench.run([bench.program, "ingest", *place])
        assert meanwhile.status == 0, meanwhile.err
        (bench.project / "go").touch()
        assert process.wait(100) == 0
    sizes = """
        SELECT sum(count) AS n FROM pragma_storage_info('call_rows')
        WHERE column_name = 'call_id' AND segment_type <> 'VALIDITY' GROUP BY row_group_id"""
    ((largest,),) = asked(bench, f"SELECT max(n) FROM ({sizes})")
    assert largest <= 4096
    ended = bench.run([bench.program, "run", *OPTIONS, *place, "--", python.path, "narrow.py"])
    assert ended.status == 0
    assert asked(
        bench,
        """SELECT function_name, count(*), count(DISTINCT result::VARCHAR), count(DISTINCT args::VARCHAR)
           FROM calls WHERE function_name IN ('wide', 'narrow') GROUP BY 1 ORDER BY 1""",
    ) == [("narrow", 20_000, 20_000, 20_000), ("wide", 10_000, 10_000, 10_000)]
    ((texts,),) = asked(
        bench,
        "SELECT args->'texts'->>7 FROM calls WHERE result::VARCHAR = '7123' AND function_name = 'wide'",
    )
    assert texts == "7123-7-" + "y" * 100
