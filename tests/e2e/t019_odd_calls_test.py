"""What is odd in a hot function is kept, though its calls are not: exceptions, slow calls."""

from __future__ import annotations

import json

import pytest
from gears import shown, stats


@pytest.mark.parametrize("timed", ["10000", "10"], ids=["timed", "counted"])
def test_a_bug_in_the_1801st_call(hot, timed):
    source = """
        def f(n, who):
            if n == 1800:
                raise ValueError(n)
            return n

        def main():
            for n in range(2500):
                try:
                    f(n, "me")
                except ValueError:
                    pass

        main()
    """
    run = hot(source, env={"BREADCRUMB_HOT_TIMED_CALLS": timed})
    [call] = run.query("SELECT args, outcome, depth FROM calls WHERE outcome = 'exception'")
    args = call["args"] if isinstance(call["args"], dict) else json.loads(call["args"])
    assert args == {"n": 1800, "who": "me"}
    assert call["depth"] == 2
    row = stats(run)
    assert row["call_count"] == 2500
    assert row["exception_count"] == 1
    [raised] = run.query(
        "SELECT exception_type, message, function_name, handled_by FROM exceptions"
    )
    assert raised == {
        "exception_type": "ValueError",
        "message": "1800",
        "function_name": "f",
        "handled_by": "main",
    }


RAISES = """
    def f(n):
        raise ValueError(n)

    for n in range({calls}):
        try:
            f(n)
        except ValueError:
            pass
"""


def test_a_loop_that_only_raises_is_thinned_too(hot):
    row = stats(hot(RAISES.format(calls=5000)))
    assert row["call_count"] == row["exception_count"] == 5000
    assert 200 <= row["recorded_calls"] < 260, "a hundred, and a hundred odd ones"


def test_odd_calls_are_kept_again_in_the_next_window(hot):
    source = """
        import time

        def f(n):
            raise ValueError(n)

        def attempt(n):
            try:
                f(n)
            except ValueError:
                pass

        for n in range(40):
            attempt(n)
        time.sleep(1.3)
        attempt(99)
    """
    run = hot(source, "--hot-threshold", "5", env={"BREADCRUMB_HOT_WINDOW_S": "1"})
    kept = run.query(
        "SELECT (args->>'n')::INT AS n FROM calls WHERE function_name = 'f' ORDER BY 1"
    )
    numbers = [row["n"] for row in kept]
    assert numbers[:10] == [*range(10)] and numbers[-1] == 99
    assert len(numbers) < 40, "a few windows, where the machine was slow"


@pytest.mark.parametrize("timed", ["10000", "0"], ids=["timed", "counted"])
def test_each_exception_of_a_hot_function_is_its_own(hot, timed):
    """Though the next one lies where the last one lay, and is raised where nobody listens."""
    env = {"BREADCRUMB_HOT_TIMED_CALLS": timed}
    run = hot(RAISES.format(calls=300), "--hot-threshold", "10", env=env)
    wrong = run.query(
        "SELECT args->>'n' AS n, message FROM calls c LEFT JOIN exceptions e USING (trace_id, exception_id) "
        "WHERE c.function_name = 'f' AND (args->>'n') IS DISTINCT FROM message"
    )
    assert wrong == []
    assert stats(run)["recorded_calls"] >= 20
    told = run.query("SELECT message, handled FROM exceptions ORDER BY at_ns")
    assert told == [{"message": str(n), "handled": "true"} for n in range(300)]


def test_a_thread_of_which_all_is_only_counted(hot, python):
    """What is odd is kept, and counted, there too."""
    source = """
        import threading
        threading.excepthook = lambda told: None

        def f(n):
            if n < 0:
                raise ValueError(n)

        for n in range(200):
            f(n)
        for n in range(12):
            thread = threading.Thread(target=f, args=(-n,))
            thread.start()
            thread.join()
    """
    run = hot(source, "--hot-threshold", "5", env={"BREADCRUMB_HOT_TIMED_CALLS": "0"})
    row = stats(run)
    # Without a GIL each thread goes by its own calls: the one of each is among its first.
    kept = 11 if python.free_threaded else 5
    assert shown(row) == (212, 5 + kept + python.free_threaded, "counted")
    assert row["exception_count"] == 11
    raised = run.query(
        "SELECT args->>'n' AS n FROM calls WHERE outcome = 'exception' ORDER BY start_ns"
    )
    assert [row["n"] for row in raised] == [str(-n) for n in range(1, kept + 1)]


def test_a_slow_call_is_kept(hot):
    source = """
        import time

        def f(n):
            if n == 4321:
                time.sleep(0.05)

        for n in range(5000):
            f(n)
    """
    run = hot(source)
    [call] = run.query("SELECT duration_ns FROM calls WHERE args->>'n' = '4321'")
    assert call["duration_ns"] >= 50_000_000
    assert stats(run)["call_count"] == 5000


def test_slow_is_ten_times_the_median(hot):
    """Calls of 1 ms: one of 30 is kept, one of 5 is not, whatever else the machine made slow."""
    source = """
        import time

        def f(n, ms):
            end = time.perf_counter() + ms / 1000
            while time.perf_counter() < end:
                pass

        for n in range(100):
            f(n, {80: 5, 85: 30}.get(n, 1))
    """
    run = hot(source, "--hot-threshold", "50")
    kept = run.query(
        "SELECT (args->>'n')::INT AS n, duration_ns FROM calls WHERE function_name = 'f'"
    )
    slow = {row["n"]: row["duration_ns"] for row in kept if row["n"] >= 50}
    assert 85 in slow and all(took > 9_700_000 for took in slow.values())
