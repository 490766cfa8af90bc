"""Wrong usage and bad days: a message that says what to do next, the right status, and nothing lost."""

from __future__ import annotations

import json
import os

import pytest
from helpers import Run, another_duckdb

pytestmark = pytest.mark.one_python

WRONG = {
    "unknown command": ["frobnicate"],
    "unknown option": ["list", "--frobnicate"],
    "run without a timeout": ["run", "true"],
    "run without a command": ["run", "-t", "5"],
    "negative timeout": ["run", "-t", "-5", "true"],
    "timeout that is no number": ["run", "-t", "soon", "true"],
    "limit that is no number": ["list", "--limit", "many"],
    "unknown format": ["list", "--format", "xml"],
    "option without its value": ["list", "--limit"],
    "unknown backend": ["run", "-t", "5", "--backend", "magic", "true"],
    "sample rate out of range": ["run", "-t", "5", "--sample-rate", "2", "true"],
    "query without sql": ["query"],
    "get without id": ["get"],
}


@pytest.mark.parametrize("case", WRONG)
def test_usage(bench, case):
    ended = bench.run([bench.program, *WRONG[case]])
    assert ended.status == 1
    assert ended.err.strip() or "error" in json.loads(ended.out)
    assert not bench.database.exists()


@pytest.mark.parametrize(
    ("command", "status"),
    [(["/nonexistent/program"], 127), (["no-such-program-at-all"], 127), (["./plain.txt"], 126)],
)
def test_command_that_cannot_be_started(bench, command, status):
    bench.write({"plain.txt": "not a program\n"})
    ended = bench.run([*bench.tracing(), *command])
    assert ended.status == status
    assert command[0] in ended.err


SQL = {
    "writes": "DELETE FROM traces",
    "creates": "CREATE TABLE t(i INT)",
    "drops": "DROP TABLE traces",
    "inserts": "INSERT INTO schema_version VALUES ('9', now(), 'x')",
    "attaches": "ATTACH '/tmp/other.duckdb'",
    "copies out": "COPY traces TO '/tmp/breadcrumb-stolen.csv'",
    "reads a file": "SELECT * FROM read_csv('/etc/passwd')",
    "reads a file by name": "SELECT * FROM '/etc/passwd'",
    "reads a text": "SELECT * FROM read_text('/etc/passwd')",
    "lists files": "SELECT * FROM glob('/etc/*')",
    "two statements": "SELECT 1; SELECT 2",
    "hidden second": "SELECT 1; DROP TABLE traces",
    "changes settings": "SET memory_limit = '100GB'",
    "pragma": "PRAGMA database_list",
    "installs": "INSTALL httpfs",
    "loads": "LOAD httpfs",
    "calls": "CALL pragma_version()",
    "does not parse": "SELEC 1",
    "unknown table": "SELECT * FROM nothing",
    "comment only": "/* nothing */",
    "explain analyze of a write": "EXPLAIN ANALYZE DELETE FROM traces",
}


@pytest.fixture
def filled(trace):
    return trace("def f(n): return n\nfor n in range(10): f(n)\n")


@pytest.mark.parametrize("case", SQL)
def test_sql_that_is_refused(filled, case):
    ended = filled.bench.breadcrumb("query", "--format", "json", SQL[case])
    assert ended.status == 1
    answer = json.loads(ended.out)
    assert answer["error"] == "InvalidQueryError"
    assert answer["message"] and answer["suggestion"]
    assert filled.value("SELECT count(*) FROM calls WHERE function_name = 'f'") == 10
    assert not os.path.exists("/tmp/breadcrumb-stolen.csv")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'DELETE FROM traces; DROP TABLE x' AS word",
        "WITH a AS (SELECT 1 AS word) SELECT * FROM a",
        "SELECT 1 AS word;",
        "/* a comment */\nSELECT 1 AS word -- another\n",
        "FROM (SELECT 1 AS word)",
    ],
)
def test_sql_that_is_fine(filled, sql):
    (row,) = filled.query(sql)
    assert list(row) == ["word"]


def test_empty_answer(filled):
    ended = filled.bench.breadcrumb("query", "SELECT * FROM calls WHERE false")
    assert ended.status == 2


def test_endless_query_is_interrupted(filled):
    """A query that would run for hours ends by the timeout, here shortened by Ctrl-C."""
    sql = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range * b.range = 7"
    bench = filled.bench
    with bench.start([bench.program, "query", "--db-path", bench.database, sql]) as process:
        try:
            process.wait(timeout=1.5)
        except Exception:
            process.send_signal(2)
        process.communicate(timeout=20)
    assert process.returncode != 0
    assert filled.value("SELECT count(*) FROM calls WHERE function_name = 'f'") == 10


def test_large_answer_is_cut_and_says_so(filled):
    ended = filled.bench.breadcrumb(
        "query", "--format", "json", "SELECT repeat('x', 1000) AS x FROM range(5000)"
    )
    assert ended.status == 0
    answer = json.loads(ended.out)
    assert len(ended.stdout) < 1_500_000
    assert "omitted" in answer


def place(bench, case):
    path = bench.project / "place.duckdb"
    if case == "a directory":
        path.mkdir()
    elif case == "not a database":
        path.write_bytes(b"something else " * 1000)
    elif case == "empty file":
        path.write_bytes(b"")
    elif case == "below a file":
        path.write_bytes(b"x")
        return path / "traces.duckdb"
    return path


@pytest.mark.parametrize("case", ["a directory", "not a database", "below a file"])
def test_database_that_cannot_be_used(bench, python, case):
    path = place(bench, case)
    before = path.read_bytes() if path.is_file() else None
    bench.write({"program.py": "def f(): return 1\nprint(f())\n"})
    for words in (["list"], ["query", "SELECT 1"], ["report"], ["ingest"]):
        ended = bench.run([bench.program, *words, "--db-path", path])
        assert ended.status in (1, 2), words
        assert str(bench.project / "place.duckdb") in ended.out + ended.err
    words = [bench.program, "run", "-t", "60", "--silent", "--db-path", path, "--"]
    ended = bench.run([*words, python.path, "program.py"])
    assert (ended.status, ended.out) in ((0, "1\n"), (125, ""), (1, ""))
    if before is not None:
        assert path.read_bytes() == before


def test_newer_schema_is_not_touched(filled):
    with another_duckdb(filled.bench.database, run="UPDATE schema_version SET version = '99.0.0'"):
        pass
    before = filled.bench.database.read_bytes()
    ended = filled.bench.breadcrumb("query", "--format", "json", "SELECT 1")
    assert ended.status == 1
    assert "99.0.0" in ended.out + ended.err
    assert filled.bench.database.read_bytes() == before


@pytest.mark.parametrize("cut", ["middle", "tail", "zeros", "header"])
def test_damaged_trail(bench, python, cut):
    """What is readable is kept, and the rest is a loss on record. (Killing `run` leaves the trail in place.)"""
    source = """
        import os, signal

        def step(n):
            return n

        for n in range(20_000):
            step(n)
        os.kill(os.getppid(), signal.SIGKILL)
    """
    bench.write({"program.py": source})
    bench.run([*bench.tracing("--every-call"), python.path, "program.py"])
    segments = sorted(bench.database.parent.rglob("thread-1.*"))
    assert segments
    victim = segments[len(segments) // 2]
    data = bytearray(victim.read_bytes())
    used = int.from_bytes(data[32:40], "little")
    if cut == "middle":
        data[used // 2 : used // 2 + 64] = b"\xff" * 64
    elif cut == "zeros":
        data[used // 2 : used // 2 + 4096] = bytes(4096)
    elif cut == "tail":
        data = data[: used - 100]
    else:
        data[0:64] = bytes(64)
    victim.write_bytes(data)
    ended = bench.breadcrumb("ingest")
    assert ended.status == 0, ended
    run = Run(bench, ended)
    kept = run.value("SELECT count(*) FROM calls WHERE function_name = 'step'")
    assert 0 < kept < 20_000
    assert run.value("SELECT count(*) FROM losses WHERE cause = 'damage'") >= 1
