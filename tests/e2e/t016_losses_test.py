"""What could not be kept is counted, by cause, and the program never notices."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.one_python

LOOP = """
    {before}

    def f(n):
        return "x" * 100

    for n in range(50_000):
        f(n)
    print("done")
"""


def kept_and_lost(run) -> tuple[int, dict[str, int]]:
    lost = run.query("SELECT cause, sum(events)::BIGINT AS events FROM losses GROUP BY 1")
    kept = run.value("SELECT count(*) FROM calls WHERE function_name = 'f'")
    return kept, {row["cause"]: row["events"] for row in lost}


def test_quota(trace):
    run = trace(LOOP.format(before=""), "--every-call", "--quota", "1")
    kept, lost = kept_and_lost(run)
    assert 2_000 < kept < 20_000, "about a megabyte"
    assert lost == {"quota": 50_000 - kept}


def test_file_size_limit(trace):
    before = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))"
    run = trace(LOOP.format(before=before), "--every-call")
    kept, lost = kept_and_lost(run)
    assert 500 < kept < 5_000
    assert lost == {"disk_full": 50_000 - kept}


def test_losses_of_a_thread(trace):
    """A thread that ends while something of it is lost says so."""
    run = trace(
        """
        import threading

        def f(n):
            return "x" * 100

        def work():
            for n in range(20_000):
                f(n)

        for _ in range(3):
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
        """,
        "--every-call",
        "--quota",
        "1",
    )
    kept, lost = kept_and_lost(run)
    assert kept + lost["quota"] >= 60_000


def test_nothing_is_lost_without_need(trace):
    run = trace(LOOP.format(before=""), "--every-call")
    assert kept_and_lost(run) == (50_000, {})
