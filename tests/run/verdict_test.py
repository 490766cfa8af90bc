"""The timeout report says of each thread and task whether it ran hot, waited (for what, how long) or was deadlocked."""

from __future__ import annotations

import json

import pytest
from helpers import Bench, Row

SECONDS = "4"  # on a busy machine a program takes its time to start
HEAD = """
import asyncio, os, queue, signal, socket, subprocess, sys, threading, time

def start(*functions):
    for function in functions:
        threading.Thread(target=function, name=function.__name__, daemon=True).start()
"""


def verdicts(bench: Bench, python, source: str, *options: str) -> list[Row]:
    """What the report has, each with its line of the report on stderr under "text"."""
    bench.write({"program.py": HEAD + source})
    words = [
        bench.program,
        "run",
        "-t",
        SECONDS,
        "--grace",
        "0.5",
        "--db-path",
        bench.database,
        *options,
    ]
    ended = bench.run([*words, "--", python.path, "program.py"], env={"COLUMNS": "400"})
    assert ended.status == 124, ended.err
    text = ended.err.partition("At the Timeout:\n")[2].partition("\n\n")[0].splitlines()
    answer = json.loads(bench.breadcrumb("report").stdout)
    assert len(text) == len(answer["verdicts"])
    for line, row in zip(text, answer["verdicts"], strict=True):
        row["text"] = line.strip()
    return answer["verdicts"]


def timed_out(bench: Bench, python, source: str) -> dict[str, Row]:
    """By the names of threads and tasks."""
    return {row["name"]: row for row in verdicts(bench, python, source)}


def told(row: Row) -> tuple[str, str | None, str]:
    return row["verdict"], row["doing"], row["function"].removeprefix("__main__.")


@pytest.mark.every_python
def test_two_threads_that_wait_for_each_other(bench, python):
    rows = timed_out(
        bench,
        python,
        """
a, b = threading.Lock(), threading.Lock()

def one():
    with a:
        time.sleep(0.2)
        with b:
            pass

def two():
    with b:
        time.sleep(0.2)
        b_held(a)

def b_held(lock):
    lock.acquire()

def main():
    start(one, two)
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join()

main()
""",
    )
    assert {name: told(row) for name, row in rows.items()} == {
        "MainThread": ("deadlocked", "lock", "main"),
        "one": ("deadlocked", "lock", "one"),
        "two": ("deadlocked", "lock", "b_held"),
    }
    assert rows["two"]["for_ms"] > 300
    assert "all 3 threads wait for locks that only they can give free" in rows["one"]["text"]
    report = json.loads(bench.breadcrumb("report").out)
    calls = {thread["name"]: thread["calls"] for thread in report["threads"]}
    # <module>, main(), start(); on 3.10 and 3.11 what start() comprehends, too
    assert calls.pop("MainThread") >= 3 and calls == {"one": 1, "two": 2}


def test_a_lock_that_is_taken_twice(bench, python):
    rows = timed_out(
        bench,
        python,
        """
lock = threading.Lock()

def again():
    with lock:
        pass

with lock:
    again()
""",
    )
    assert told(rows["MainThread"]) == ("deadlocked", "lock", "again")


def test_since_when_code_runs_hot_that_is_not_recorded_nobody_knows(bench, python):
    [row] = verdicts(bench, python, "while True: pass", "--exclude", "*")
    assert (row["verdict"], row["function"], row["for_ms"]) == ("running_hot", None, None)
    assert row["text"].endswith("of a CPU, in code that is not recorded")


@pytest.mark.every_python
def test_threads_that_run_hot(bench, python):
    """Two of them share the interpreter: both run hot, and where is said."""
    rows = timed_out(
        bench,
        python,
        """
def spin():
    while True:
        inner(1)

def inner(n):
    return n + 1

def count():
    n = 0
    while True:
        n += 1

def main():
    start(spin, count)
    time.sleep(60)

main()
""",
    )
    assert rows["spin"]["verdict"] == rows["count"]["verdict"] == "running_hot"
    assert rows["spin"]["function"] in ("__main__.spin", "__main__.inner")
    assert rows["count"]["function"] == "__main__.count"
    assert rows["spin"]["cpu"] + rows["count"]["cpu"] > 0.5
    assert "running hot, " in rows["count"]["text"]
    assert told(rows["MainThread"])[::2] == ("waiting", "main")


def test_what_they_wait_for(bench, python):
    rows = timed_out(
        bench,
        python,
        """
listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]
open("port", "w").write(str(port))
idle = queue.Queue()

def sleeps():
    time.sleep(60)

def reads():
    socket.create_connection(("127.0.0.1", port)).recv(1)

def reads_for_a_while():
    socket.create_connection(("127.0.0.1", port), timeout=50).recv(1)

def pipe():
    os.read(os.pipe()[0], 1)

def accepts():
    other = socket.create_server(("127.0.0.1", 0))
    other.accept()

def gets():
    idle.get()

def gets_for_a_while():
    idle.get(timeout=50)

def main():
    start(sleeps, reads, reads_for_a_while, pipe, accepts, gets, gets_for_a_while)
    subprocess.run(["sleep", "60"])

main()
""",
    )
    port = (bench.project / "port").read_text()
    expected = {
        "sleeps": ("sleep", None),
        "reads": ("read", f"a socket to 127.0.0.1:{port}"),
        "reads_for_a_while": ("poll", f"a socket to 127.0.0.1:{port}"),
        "gets": ("lock", None),
        "gets_for_a_while": ("lock_timed", None),
    }
    for name, (doing, on) in expected.items():
        assert told(rows[name]) == ("waiting", doing, name), rows[name]
        assert rows[name]["on"] == on
        assert rows[name]["for_ms"] > 300
    assert rows["pipe"]["doing"] == "read" and rows["pipe"]["on"].startswith("a pipe, ")
    assert rows["accepts"]["doing"] == "accept" and rows["accepts"]["on"].startswith("a socket, ")
    assert rows["MainThread"]["doing"] == "child" and rows["MainThread"]["on"].startswith(
        "process "
    )
    assert (
        f"for something to read: a socket to 127.0.0.1:{port}, in __main__.reads at "
        in (rows["reads"]["text"])
    )


def test_a_wait_for_a_signal_is_no_deadlock(bench, python):
    """Every thread waits for a lock, but the handler would give one free."""
    rows = timed_out(
        bench,
        python,
        """
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
idle = queue.Queue()

def worker():
    idle.get()

def main():
    start(worker)
    stop.wait()

main()
""",
    )
    assert told(rows["MainThread"]) == ("waiting", "lock", "main")
    assert told(rows["worker"]) == ("waiting", "lock", "worker")
    assert "perhaps for each other" in rows["worker"]["text"]


@pytest.mark.every_python
def test_tasks(bench, python):
    rows = timed_out(
        bench,
        python,
        """
async def fetch(n):
    await deeper(n)

async def deeper(n):
    await asyncio.sleep(n)

async def busy():
    await asyncio.sleep(0.1)
    while True:
        pass

async def main():
    jobs = [asyncio.ensure_future(fetch(50)), asyncio.ensure_future(busy())]
    jobs[0].set_name("fetch")
    jobs[1].set_name("busy")
    await asyncio.gather(*jobs)

asyncio.run(main())
""",
    )
    assert told(rows["fetch"]) == ("waiting", "await", "deeper")
    assert rows["fetch"]["task_id"] is not None and rows["fetch"]["for_ms"] > 300
    assert told(rows["MainThread"])[::2] == ("running_hot", "busy")
    assert "busy" not in rows, "it is what the thread runs"
    assert rows["fetch"]["text"].startswith("- task fetch: waiting for ")


def test_every_process_of_the_tree(bench, python):
    """One sleeps, one runs hot in a session of its own, one is stopped, and one that was killed before says nothing."""
    rows = verdicts(
        bench,
        python,
        """
def child(role):
    threading.current_thread().name = role
    os.setsid()
    if role == "hot":
        while True:
            pass
    os.kill(os.getpid(), signal.SIGSTOP if role == "stopped" else signal.SIGKILL)

def main():
    for role in ("hot", "stopped", "killed"):
        if os.fork() == 0:
            child(role)
    time.sleep(60)

main()
""",
    )
    assert sorted((row["verdict"], row["function"]) for row in rows) == [
        ("running_hot", "__main__.child"),
        ("stopped", "__main__.child"),
        ("waiting", "__main__.main"),
    ]
    assert len({row["pid"] for row in rows}) == 3
    assert all(f" of process {row['pid']}: " in row["text"] for row in rows)
