"""Asking while the program runs, from a second terminal, and from several at once."""

from __future__ import annotations

import json
import os
import subprocess
import time

import pytest
from helpers import Ended, Run, another_duckdb

LONG = """
    import sys, threading

    def step(n):
        return n

    def work(start):
        n = start
        while not done.is_set():
            step(n)
            n += 1
            done.wait(0.0005)

    done = threading.Event()
    threads = [threading.Thread(target=work, args=(n,)) for n in (0, 1_000_000)]
    for thread in threads:
        thread.start()
    print("ready", flush=True)
    sys.stdin.readline()
    done.set()
    for thread in threads:
        thread.join()
    print("done", flush=True)
"""


class Long:
    """A program that runs until it is told to end."""

    def __init__(self, bench, python):
        bench.write({"program.py": LONG})
        self.read, self.write = os.pipe()
        words = [*bench.tracing("--every-call"), python.path, "program.py"]
        self.process = bench.start(words, stdin=self.read)
        os.close(self.read)

    def __enter__(self):
        assert self.process.stdout.readline() == b"ready\n"
        return self

    def finish(self) -> Ended:
        os.write(self.write, b"end\n")
        stdout, stderr = self.process.communicate(timeout=100)
        return Ended(self.process.returncode, stdout, stderr)

    def __exit__(self, *_error):
        os.close(self.write)
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


@pytest.mark.one_python
def test_counts_grow_while_it_runs(bench, python):
    run = Run(bench, Ended(0, b"", b""))
    count = "SELECT count(*) FROM calls WHERE function_name = 'step'"
    with Long(bench, python) as program:
        seen = []
        for _ in range(6):
            seen.append(run.value(count))
            assert run.value("SELECT status FROM traces") == "running"
            names = {
                row["function_name"]
                for row in run.query("SELECT * FROM calls WHERE outcome = 'open'")
            }
            assert "work" in names
            time.sleep(0.2)
        assert seen == sorted(seen) and seen[-1] > seen[0]
        ended = program.finish()
    assert (ended.status, ended.out) == (0, "done\n")
    assert run.value("SELECT status FROM traces") == "completed"
    for start in (0, 1_000_000):
        rows = run.query(f"""
            SELECT count(*) AS n, count(DISTINCT args::VARCHAR) AS different,
                   min((args->>'n')::INT) AS low, max((args->>'n')::INT) AS high
            FROM calls WHERE function_name = 'step' AND (args->>'n')::INT // 1000000 = {start // 1000000}
        """)
        (row,) = rows
        assert row["n"] == row["different"] == row["high"] - row["low"] + 1
        assert row["low"] == start


@pytest.mark.one_python
def test_many_ask_at_once(bench, python):
    """Nobody sees an error, and nobody sees a call twice."""
    ask = [bench.program, "query", "--db-path", bench.database, "--format", "json"]
    sql = "SELECT count(*) AS n, count(DISTINCT (trace_id, call_id)) AS d FROM calls"
    with Long(bench, python) as program:
        for _ in range(3):
            asking = [bench.start([*ask, sql]) for _ in range(5)]
            asking += [bench.start([bench.program, "ingest", "--db-path", bench.database])]
            asking += [bench.start([bench.program, "list", "--db-path", bench.database])]
            for process in asking:
                stdout, stderr = process.communicate(timeout=60)
                assert process.returncode == 0, (process.args, stdout, stderr)
        program.finish()
    row = Run(bench, Ended(0, b"", b"")).one(sql)
    assert row["n"] == row["d"] > 0


@pytest.mark.one_python
def test_two_ingests_at_once(bench, python, tmp_path):
    """Started together on a large trail: one does the work, or they share it; every row is there once."""
    bench.write({"program.py": LONG})
    with Long(bench, python) as program:
        time.sleep(1)
        both = [
            bench.start([bench.program, "ingest", "--db-path", bench.database]) for _ in range(4)
        ]
        for process in both:
            stdout, stderr = process.communicate(timeout=60)
            assert process.returncode == 0, (stdout, stderr)
        program.finish()
    run = Run(bench, Ended(0, b"", b""))
    row = run.one("SELECT count(*) AS n, count(DISTINCT call_id) AS d FROM calls")
    assert row["n"] == row["d"]


@pytest.mark.one_python
def test_several_programs_share_a_database(bench, python):
    bench.write(
        {"program.py": "import sys\ndef f(n): return n\nfor n in range(20): f(int(sys.argv[1]))\n"}
    )
    running = [bench.start([*bench.tracing(), python.path, "program.py", str(n)]) for n in range(6)]
    for process in running:
        stdout, stderr = process.communicate(timeout=100)
        assert (process.returncode, stdout, stderr) == (0, b"", b"")
    run = Run(bench, Ended(0, b"", b""))
    rows = run.query("""
        SELECT (args->>'n')::INT AS n, count(*) AS calls, count(DISTINCT trace_id) AS traces
        FROM calls WHERE function_name = 'f' GROUP BY 1 ORDER BY 1
    """)
    assert rows == [{"n": n, "calls": 20, "traces": 1} for n in range(6)]


@pytest.mark.one_python
def test_reader_that_holds_the_database(bench, python):
    """Somebody else's DuckDB has the file open: run ends in time, and nothing is lost."""
    bench.write({"program.py": "def f(n): return n\nfor n in range(20): f(n)\n"})
    command = [*bench.tracing(), python.path, "program.py"]
    assert bench.run(command).status == 0
    with another_duckdb(bench.database, read_only=True):
        began = time.monotonic()
        ended = bench.run(command)
        assert (ended.status, ended.stdout) == (0, b"")
        assert time.monotonic() - began < 30
    run = Run(bench, ended)
    assert run.value("SELECT count(*) FROM calls WHERE function_name = 'f'") == 40


@pytest.mark.one_python
def test_status_says_what_is_recorded_now(bench, python):
    with Long(bench, python) as program:
        ended = bench.breadcrumb("status")
        assert ended.status == 0
        assert json.loads(ended.out)["status"]["recording"] == 1
        program.finish()
    assert bench.breadcrumb("status").status in (0, 2)


@pytest.mark.one_python
def test_query_without_a_database(bench, python):
    ended = bench.breadcrumb("query", "SELECT 1")
    assert ended.status in (1, 2)
    assert "Traceback" not in ended.err


def test_background_ingest_is_no_child(bench, python):
    """The program can wait for all its children: none of ours is among them."""
    bench.write(
        {
            "program.py": LONG.replace("done.set()", "done.set(); import os; wait(os)").replace(
                "done = thr",
                "def wait(os):\n        try: print(os.wait())\n"
                "        except ChildProcessError: print('none')\n\n    done = thr",
            )
        }
    )
    with subprocess.Popen(["true"]):
        pass
    read, write = os.pipe()
    command = [*bench.tracing("--every-call"), python.path, "program.py"]
    with bench.start(command, stdin=read) as process:
        os.close(read)
        process.stdout.readline()
        assert bench.breadcrumb("ingest").status == 0
        os.close(write)
        assert process.stdout.read() == b"none\ndone\n"
