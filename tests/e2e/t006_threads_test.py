"""Threads: each has its own stack, its own name and all of its calls."""

from __future__ import annotations

import pytest


def test_names(trace):
    run = trace("""
        import threading

        def job(n):
            return n

        def main():
            for n in range(3):
                thread = threading.Thread(target=job, args=(n,), name=f"job-{n}")
                thread.start()
                thread.join()
            job(99)

        main()
    """)
    rows = run.query("""
        SELECT t.name, c.args, c.parent_id IS NULL AS outermost FROM calls c
        JOIN threads t ON t.thread_id = c.thread_id WHERE c.function_name = 'job'
        ORDER BY c.start_ns
    """)
    assert [(row["name"], row["args"]["n"], row["outermost"]) for row in rows] == [
        ("job-0", 0, True),
        ("job-1", 1, True),
        ("job-2", 2, True),
        ("MainThread", 99, False),
    ]


@pytest.mark.parametrize("every", [(), ("--every-call",)], ids=["default", "every-call"])
def test_eight_threads(trace, every):
    run = trace(
        """
        import threading

        def leaf(worker, i):
            return worker * 1000 + i

        def work(worker):
            return sum(leaf(worker, i) for i in range(500))

        def main():
            threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        main()
        """,
        *every,
    )
    stats = run.query("SELECT function_name, call_count FROM function_stats ORDER BY 1")
    counts = {row["function_name"]: row["call_count"] for row in stats}
    assert counts["leaf"] == 8 * 500
    assert counts["work"] == 8
    if every:
        rows = run.query("""
            SELECT thread_id, count(*) AS n, count(DISTINCT args::VARCHAR) AS different,
                   sum((args->>'i')::INT) AS total
            FROM calls WHERE function_name = 'leaf' GROUP BY 1
        """)
        assert len(rows) == 8
        assert {(row["n"], row["different"]) for row in rows} == {(500, 500)}
        assert {row["total"] for row in rows} == {500 * 499 // 2}
        results = run.query("SELECT args, result FROM calls WHERE function_name = 'work'")
        assert {row["args"]["worker"]: row["result"] for row in results} == {
            n: sum(n * 1000 + i for i in range(500)) for n in range(8)
        }


def test_error_in_a_thread(trace):
    run = trace("""
        import threading

        def job():
            raise ValueError("in a thread")

        threading.excepthook = lambda given: print("hook", given.exc_value)
        thread = threading.Thread(target=job)
        thread.start()
        thread.join()
    """)
    assert run.ended.status == 0
    assert run.ended.out == "hook in a thread\n"
    row = run.one(
        "SELECT outcome, exception_id IS NOT NULL AS it FROM calls WHERE function_name='job'"
    )
    assert row == {"outcome": "exception", "it": True}


def test_pool(trace):
    run = trace("""
        from concurrent.futures import ThreadPoolExecutor

        def square(n):
            return n * n

        with ThreadPoolExecutor(4, thread_name_prefix="pool") as pool:
            print(sum(pool.map(square, range(50))))
    """)
    assert run.value("SELECT count(*) FROM calls WHERE function_name = 'square'") == 50
    names = run.query("""
        SELECT DISTINCT t.name FROM calls c JOIN threads t ON t.thread_id = c.thread_id
        WHERE c.function_name = 'square'
    """)
    assert all(row["name"].startswith("pool_") for row in names)


def test_thread_left_behind(trace):
    """A daemon thread that still runs at the end leaves its calls open."""
    run = trace("""
        import threading

        started = threading.Event()

        def wait():
            started.set()
            threading.Event().wait(100)

        threading.Thread(target=wait, daemon=True).start()
        started.wait()
    """)
    row = run.one("SELECT outcome, result FROM calls WHERE function_name = 'wait'")
    assert row == {"outcome": "open", "result": None}


def test_many_short_threads(trace):
    run = trace("""
        import _thread, time

        done = []

        def job(n):
            done.append(n)

        for n in range(90):
            _thread.start_new_thread(job, (n,))
        while len(done) < 90:
            time.sleep(0.001)
    """)
    rows = run.arguments("job")
    assert sorted(row["n"] for row in rows) == list(range(90))
