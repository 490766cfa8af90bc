"""kill -9 of an ingest at random moments: rows are neither lost nor doubled."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from pathlib import Path

import duckdb
import pytest
from helpers import Bench, Interpreter

KILLS = 100
SEED = 20261123

PROGRAM = """
    import os, signal, sys, threading

    def leaf(n):
        return [n, "x" * (n % 50)]

    def steps(n):
        for i in range(n):
            yield leaf(i)

    def bad(n):
        raise ValueError(n)

    def work(n):
        for i in range(n):
            leaf(i)
            if i % 10 == 0:
                try:
                    bad(i)
                except ValueError:
                    pass
            if i % 100 == 0:
                list(steps(10))

    threads = [threading.Thread(target=work, args=(6_000,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Its own `breadcrumb run` goes first, so that nobody ingests what is left here.
    os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
"""

# All but times: they are worked out from what the clocks say when the ingest runs, and differ by a few nanoseconds.
CONTENT = {
    "calls": """SELECT call_id, parent_id, function_name, thread_id, depth, resumes, outcome, args::VARCHAR,
        result::VARCHAR, caller_line FROM calls""",
    "exceptions": "SELECT call_id, exception_type, message, function_name, handled FROM exceptions",
    "events": "SELECT event_type, function_name, call_id FROM trace_events",
    "stats": "SELECT function_name, call_count, recorded_calls, exception_count FROM function_stats",
    "functions": "SELECT qualified_name, module_name, file_path, line_number FROM functions",
    "traces": "SELECT id, run_id, status, end_reason FROM traces",
    "threads": "SELECT thread_id, name FROM threads",
    "losses": "SELECT cause, events FROM losses",
}


def content(database: Path) -> dict[str, tuple[int, str]]:
    """Rows and a hash that does not depend on their sequence, for each table."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return {
            name: connection.sql(
                f"SELECT count(*), coalesce(sum(hash(t)::HUGEINT), 0)::VARCHAR FROM ({sql}) t"
            ).fetchone()
            for name, sql in CONTENT.items()
        }  # type: ignore[return-value]


@pytest.fixture
def left(bench: Bench, python: Interpreter) -> Bench:
    """A trail that nobody has ingested."""
    bench.write({"program.py": PROGRAM})
    bench.run([*bench.tracing("--every-call"), python.path, "program.py"])
    assert list(bench.database.parent.rglob("thread-1.*"))
    return bench


def copy_of(bench: Bench, folder: Path) -> Path:
    shutil.copytree(bench.database.parent, folder)
    return folder / bench.database.name


def ingest(left: Bench, database: Path, kill_after: float | None = None) -> bool:
    """Whether it came to its end."""
    command = [left.program, "ingest", "--db-path", database]
    with left.start(command, stdout=subprocess.DEVNULL) as process:
        try:
            status = process.wait(timeout=kill_after)
        except subprocess.TimeoutExpired:
            process.kill()
            return False
        assert status == 0, process.stderr and process.stderr.read()
    return True


@pytest.mark.one_python
@pytest.mark.timeout(900)
def test_rows_are_neither_lost_nor_doubled(left: Bench, tmp_path: Path) -> None:
    whole = copy_of(left, tmp_path / "whole")
    began = time.monotonic()
    assert ingest(left, whole)
    took = time.monotonic() - began
    expected = content(whole)
    assert expected["calls"][0] > 20_000

    moments = random.Random(SEED)
    kills = ends = 0
    while kills < KILLS:
        # One ingest after another goes on where the one before was killed, until one comes to its end.
        folder = tmp_path / f"copy-{ends}"
        database = copy_of(left, folder)
        while not ingest(left, database, moments.uniform(0, took)):
            kills += 1
        assert content(database) == expected, f"seed {SEED}, {kills} kills, copy {ends}"
        shutil.rmtree(folder)
        ends += 1
        assert ends < KILLS, "the ingest ends before it can be killed"


@pytest.mark.one_python
def test_ingest_in_many_steps(left: Bench, tmp_path: Path) -> None:
    """Again and again while nothing new is there: nothing changes."""
    database = copy_of(left, tmp_path / "copy")
    assert ingest(left, database)
    found = content(database)
    for _ in range(3):
        assert ingest(left, database)
        assert content(database) == found
