"""A share of the calls is recorded, drawn for each thread; the others are counted and timed all the same."""

from __future__ import annotations

import pytest
from gears import HOT, shown, stats


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.5, 0.9])
def test_sample_rate(hot, rate):
    n = 20_000
    options = ("--every-call", "--sample-rate", str(rate))
    run = hot(HOT.format(calls=n), *options, env={"BREADCRUMB_SEED": "7"})
    row = stats(run)
    assert row["call_count"] == n
    assert row["timed_calls"] == n, "what is left out is timed all the same"
    sigma = (n * rate * (1 - rate)) ** 0.5
    assert abs(row["recorded_calls"] - n * rate) <= 3 * sigma
    assert (
        run.value("SELECT count(*) FROM calls WHERE function_name = 'f'") == row["recorded_calls"]
    )


def test_each_thread_draws_for_itself(hot):
    source = """
        import threading

        def f(worker, n):
            return n

        def work(worker):
            for n in range(4000):
                f(worker, n)

        for worker in range(6):
            thread = threading.Thread(target=work, args=(worker,))
            thread.start()
            thread.join()
    """
    options = ("--every-call", "--sample-rate", "0.25")
    run = hot(source, *options, env={"BREADCRUMB_SEED": "11"})
    assert stats(run)["call_count"] == 24_000
    rows = run.query(
        "SELECT (args->>'worker')::INT AS worker, list((args->>'n')::INT ORDER BY ALL) AS drawn "
        "FROM calls WHERE function_name = 'f' GROUP BY 1"
    )
    drawn = [set(row["drawn"]) for row in rows]
    assert len(drawn) == 6
    for one in drawn:
        assert abs(len(one) - 1000) <= 3 * (4000 * 0.25 * 0.75) ** 0.5
    for a, b in zip(drawn, drawn[1:], strict=False):
        shared = 4000 * 0.25**2  # of two draws that know nothing of each other
        assert abs(len(a & b) - shared) <= 4 * (shared * (1 - 0.25**2)) ** 0.5


def test_seed(hot):
    """The same seed, the same draw; within three sigma of the rate."""

    def draw(seed: str) -> list[int]:
        run = hot(
            HOT.format(calls=5000),
            "--every-call",
            "--sample-rate",
            "0.2",
            env={"BREADCRUMB_SEED": seed},
        )
        rows = run.query(
            "SELECT (args->>'n')::INT AS n FROM calls WHERE function_name = 'f' AND trace_id = "
            "(SELECT id FROM traces ORDER BY started_at DESC LIMIT 1) ORDER BY 1"
        )
        return [row["n"] for row in rows]

    first, again, other = draw("42"), draw("42"), draw("43")
    assert first == again
    assert first != other
    for drawn in (first, other):
        assert abs(len(drawn) - 1000) <= 3 * (5000 * 0.2 * 0.8) ** 0.5


def test_sample_rate_zero_records_nothing(hot):
    run = hot(HOT.format(calls=5000), "--sample-rate", "0")
    assert run.value("SELECT count(*) FROM calls") == 0
    assert shown(stats(run)) == (5000, 0, "counted")


def test_sample_rate_zero_records_nothing_odd_either(hot):
    source = """
        def f(n):
            if n % 3 == 0:
                raise ValueError(n)

        for n in range(300):
            try:
                f(n)
            except ValueError:
                pass
    """
    run = hot(source, "--sample-rate", "0")
    for table in ("calls", "exceptions"):
        assert run.value(f"SELECT count(*) FROM {table}") == 0
    row = stats(run)
    assert shown(row) == (300, 0, "counted")
    assert row["exception_count"] == 100
