"""A Python without a GIL: threads that run at the same time are recorded call by call, and not made to take turns."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

pytestmark = pytest.mark.free_threaded

SECONDS = "60" if os.environ.get("BREADCRUMB_TEST_LONG") == "1" else "3"


@pytest.mark.timeout(300)
def test_threads_that_change_what_they_all_read(trace):
    """No crash, every call once, with its end, in its own thread, and below the one that called it."""
    source = Path(__file__).with_name("parallel.py").read_text()
    run = trace(source, "--every-call", arguments=[SECONDS], harmless=False)
    said = json.loads(run.ended.out)
    total = sum(said["rounds"])
    assert said["gil"] is False
    assert min(said["rounds"]) > 0

    counts = {
        row["function_name"]: row["n"]
        for row in run.query("SELECT function_name, count(*) AS n FROM calls GROUP BY 1")
    }
    once = (
        "change",
        "take",
        "Plain.touch",
        "Plain.drop",
        "Slotted.touch",
        "fail",
        "captured",
        "count",
        "wait",
        "pass_on",
    )
    assert {name: counts[name] for name in once} == dict.fromkeys(once, total)
    started = sum(n // 40 for n in said["rounds"])
    assert counts["leaf"] == 2 * total + started
    assert counts["steps"] == sum(n // 5 for n in said["rounds"])
    assert counts["compiled"] == counts["made"] == sum(n // 10 for n in said["rounds"])

    assert run.query(
        "SELECT outcome, count(*) AS n FROM calls WHERE function_name = 'fail' GROUP BY 1"
    ) == [{"outcome": "exception", "n": total}]
    odd = """
        SELECT c.function_name, c.outcome FROM calls c
        LEFT JOIN calls p ON p.trace_id = c.trace_id AND p.call_id = c.parent_id
        WHERE c.function_name NOT IN ('<module>', 'main', 'fail') AND (c.outcome <> 'return'
            OR (c.function_name IN ('change', 'take', 'fail', 'count', 'wait', 'pass_on') AND p.function_name <> 'work')
            OR (p.call_id IS NOT NULL AND p.thread_id <> c.thread_id))
    """
    assert run.query(odd) == []
    per_thread = run.query("""
        SELECT count(*) AS n FROM calls WHERE function_name = 'take' GROUP BY thread_id ORDER BY 1
    """)
    assert [row["n"] for row in per_thread] == sorted(said["rounds"])
    assert run.query("SELECT * FROM losses") == []


def test_values_are_those_of_the_moment(trace):
    """What nobody else changes is shown as it is: containers, instances, slots, cells."""
    run = trace(
        """
        import threading

        class Point:
            def __init__(self, x):
                self.x = x
                self.all = {"k": x, "l": str(x)}

        class Slots:
            __slots__ = ("x",)

        def take(point, slots, number, text):
            def inner():
                return number
            return inner()

        def work(n):
            slots = Slots()
            slots.x = [n]
            for _ in range(50):
                take(Point(n), slots, n, "n" * n)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    """,
        "--every-call",
    )
    calls = run.query("SELECT args, result FROM calls WHERE function_name = 'take'")
    assert len(calls) == 400
    for call in calls:
        n = call["result"]
        args = call["args"]
        assert args["number"] == n and args["text"] == "n" * n
        assert args["point"]["x"] == n and args["point"]["all"] == {"k": n, "l": str(n)}
        assert args["slots"]["x"] == [n]


def test_a_generator_moves_between_threads(trace):
    """Its call is one, whoever resumes it."""
    run = trace(
        """
        import threading

        def steps(n):
            for i in range(n):
                yield i

        def drain(generator, lock):
            while True:
                with lock:
                    if next(generator, None) is None:
                        return

        generator, lock = steps(200), threading.Lock()
        threads = [threading.Thread(target=drain, args=(generator, lock)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    """,
        "--every-call",
    )
    assert run.query("SELECT outcome, resumes FROM calls WHERE function_name = 'steps'") == [
        {"outcome": "return", "resumes": 200}
    ]


def test_fork_while_threads_run(trace):
    run = trace(
        """
        import os
        import threading

        def leaf(n):
            return [n]

        def work():
            while not done:
                leaf(1)

        def child(n):
            for i in range(10):
                leaf(n)

        done = False
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for n in range(5):
            pid = os.fork()
            if pid == 0:
                child(n)
                os._exit(0)
            os.waitpid(pid, 0)
        done = True
        for thread in threads:
            thread.join()
        """,
        harmless=False,  # CPython warns of a fork beside threads, with its own pid
    )
    assert run.ended.status == 0
    assert run.query("""
        SELECT count(*) AS n FROM calls c JOIN calls p ON p.trace_id = c.trace_id AND p.call_id = c.parent_id
        WHERE c.function_name = 'leaf' AND p.function_name = 'child'
    """) == [{"n": 50}]


def test_gears(trace):
    """Hot functions are thinned by each thread for itself, and every call is counted."""
    run = trace("""
        import threading

        def leaf(n):
            return n

        def work():
            for n in range(20000):
                leaf(n)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    """)
    assert run.query("SELECT call_count FROM function_stats WHERE function_name = 'leaf'") == [
        {"call_count": 160000}
    ]
