"""SIGKILL at random over a fork tree of eight processes with threads and tasks, while an ingest may run: every process
has its trace, every call that had begun is there, once, and the open calls are exactly the stacks.

BREADCRUMB_TEST_LONG=1: 504 kills instead of 24.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import time
from pathlib import Path

import duckdb
import pytest
from books import PAGE, compare_thread, read_book
from family import BOOKS, PROCESSES
from helpers import Bench, Interpreter

LONG = os.environ.get("BREADCRUMB_TEST_LONG") == "1"
FAMILIES = 63 if LONG else 3
SEED = 20261129
THREADS = ["MainThread", "worker", "loop"]
HERE = Path(__file__).parent


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def wait_until(wanted, what: str, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < end, what
        time.sleep(0.002)


def pids_in(folder: Path) -> list[int]:
    found = []
    for number in range(PROCESSES):
        with contextlib.suppress(OSError):
            found.append(int.from_bytes((folder / f"book-{number}").read_bytes()[:8], "little"))
    return [pid for pid in found if pid]


def kill_family(bench: Bench, python: Interpreter, moments: random.Random, ingest: bool) -> Path:
    """Runs the family, kills each of it, and takes in what they left. The folder with their books."""
    books = bench.project / "books"
    books.mkdir()
    for name in ("family.py", "counting.py"):
        shutil.copy(HERE / name, bench.project)
    command = [*bench.tracing("--every-call"), python.path, "family.py", "books"]
    with bench.start(command) as run, contextlib.ExitStack() as others:
        try:
            wait_until(lambda: len(pids_in(books)) == PROCESSES, "the family is not complete")
            pids = pids_in(books)
            moments.shuffle(pids)
            time.sleep(moments.uniform(0, 0.05))
            if ingest:
                others.enter_context(
                    bench.start([bench.program, "ingest", "--db-path", bench.database])
                )
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
                time.sleep(moments.uniform(0, 0.02))
        finally:
            for pid in pids_in(books):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        _, stderr = run.communicate(timeout=120)
    assert (run.returncode, stderr) == (-signal.SIGKILL, b"")
    for pid in pids:
        wait_until(lambda pid=pid: gone(pid), f"process {pid} has not ended")
    # `run` itself, its follower or the ingest beside may have the database for a moment.
    for _ in range(100):
        assert bench.breadcrumb("ingest").status == 0
        with duckdb.connect(str(bench.database), read_only=True) as connection:
            if not connection.sql("FROM traces WHERE status = 'running'").fetchall():
                return books
        time.sleep(0.05)
    pytest.fail("traces of dead processes run on")


def compare(database: Path, books: Path) -> list[str]:
    wrong = []
    with duckdb.connect(str(database), read_only=True) as connection:
        traces = dict(connection.sql("SELECT pid, id FROM traces").fetchall())
        if len(traces) != PROCESSES or sorted(traces) != sorted(pids_in(books)):
            return [f"traces of {sorted(traces)}, processes {sorted(pids_in(books))}"]
        roots = connection.sql("SELECT count(*) FROM traces WHERE parent_trace_id IS NULL")
        lost = connection.sql("SELECT coalesce(sum(events), 0) FROM losses").fetchone()
        twice = connection.sql(
            "SELECT count(*) - count(DISTINCT (trace_id, call_id)) FROM calls"
        ).fetchone()
        if (roots.fetchone(), lost, twice) != ((1,), (0,), (0,)):
            wrong.append(f"parents missing, {lost} lost or {twice} twice")
        for number in range(PROCESSES):
            data = (books / f"book-{number}").read_bytes()
            pid = int.from_bytes(data[:8], "little")
            recorded: dict[str, list[tuple[int, str]]] = {name: [] for name in THREADS}
            for name, call, outcome in connection.execute(
                """SELECT t.name, (args->>'number')::BIGINT, outcome
                   FROM calls c JOIN threads t ON t.thread_id = c.thread_id AND t.trace_id = c.trace_id
                   WHERE function_name = 'down' AND c.trace_id = ? ORDER BY c.thread_id, call_id""",
                [traces[pid]],
            ).fetchall():
                recorded[name].append((call, outcome))
            for book in range(BOOKS):
                error = compare_thread(recorded[THREADS[book]], *read_book(data, 1 + book))
                if error:
                    wrong.append(f"process {number} ({pid}), {THREADS[book]}: {error}")
    return wrong


@pytest.mark.any_python
@pytest.mark.timeout(3000 if LONG else 400)
def test_a_family_is_killed(breadcrumb: Path, python: Interpreter, tmp_path: Path) -> None:
    moments = random.Random(SEED)
    assert PAGE == 4096
    for i in range(FAMILIES):
        folder = tmp_path / f"family-{i}"
        bench = Bench(breadcrumb, folder)
        books = kill_family(bench, python, moments, ingest=i % 3 == 1)
        wrong = compare(bench.database, books)
        assert not wrong, f"seed {SEED}, family {i}:\n" + "\n".join(wrong)
        shutil.rmtree(folder)
