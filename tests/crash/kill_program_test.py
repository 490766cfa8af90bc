"""SIGKILL at random moments: every call that had begun is in the store, and the open calls are exactly the stack.

The program (counting.py) writes down each call after the recorder has, and crosses it out before the recorder does. So
where the kill falls between the two, the recorder may be one call ahead, in each thread; and never behind.
"""

from __future__ import annotations

import mmap
import os
import random
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest
from books import PAGE, compare_thread, read_book
from helpers import Bench, Interpreter

COUNTING = Path(__file__).with_name("counting.py")
NAMES = ["MainThread", "worker-0", "worker-1"]
KILLS = 200
SEED = 20261123


def kill_one(breadcrumb: Path, folder: Path, python: Interpreter, after: float) -> str | None:
    """Runs the program, kills it `after` seconds after its first call, and compares. What is wrong, or None."""
    bench = Bench(breadcrumb, folder)
    (bench.project / "program.py").write_text(COUNTING.read_text())
    book = bench.project / "book"
    book.write_bytes(bytes(len(NAMES) * PAGE))
    words = [*bench.tracing("--every-call"), "sh", "-c", 'echo $$; exec "$@"', "sh"]
    with bench.start([*words, python.path, "program.py", "book"]) as run:
        assert run.stdout is not None
        process = int(run.stdout.readline())
        assert run.stdout.readline() == b"ready\n"
        time.sleep(after)
        os.kill(process, signal.SIGKILL)
        _, stderr = run.communicate(timeout=100)
    if run.returncode != -signal.SIGKILL or stderr:
        return f"run ended with {run.returncode}: {stderr!r}"
    with book.open("r+b") as file, mmap.mmap(file.fileno(), 0) as view:
        data = bytes(view)
    return compare(bench.database, data)


def compare(database: Path, data: bytes) -> str | None:
    with duckdb.connect(str(database), read_only=True) as connection:
        recorded: dict[str, list[tuple[int, str]]] = {name: [] for name in NAMES}
        for name, number, outcome in connection.sql("""
            SELECT t.name, (args->>'number')::BIGINT, outcome
            FROM calls c LEFT JOIN threads t ON t.thread_id = c.thread_id
            WHERE function_name = 'down' ORDER BY c.thread_id, call_id
        """).fetchall():
            recorded[name].append((number, outcome))
        lost = connection.sql("SELECT coalesce(sum(events), 0) FROM losses").fetchone()
        twice = connection.sql("SELECT count(*) - count(DISTINCT call_id) FROM calls").fetchone()
    if lost != (0,) or twice != (0,):
        return f"{lost} lost, {twice} twice"
    for thread, name in enumerate(NAMES):
        wrong = compare_thread(recorded[name], *read_book(data, thread))
        if wrong:
            return f"{name}: {wrong}"
    return None


@pytest.mark.timeout(900)
def test_nothing_is_lost(
    breadcrumb: Path, python: Interpreter, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    versions = {item.callspec.params["python"] for item in request.session.items
                if item.originalname == "test_nothing_is_lost"}  # fmt: skip
    count = -(-KILLS // len(versions))
    # The seed is in the message: the same moments again are one constant away.
    moments = random.Random(SEED + python.version[1])

    def attempt(i: int) -> str | None:
        folder = tmp_path / f"kill-{i}"
        after = moments.uniform(0, 0.06)
        try:
            wrong = kill_one(breadcrumb, folder, python, after)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return wrong and f"kill {i} after {after:.4f} s: {wrong}"

    with ThreadPoolExecutor(2) as pool:
        wrong = [line for line in pool.map(attempt, range(count)) if line]
    assert not wrong, "\n".join(wrong)
