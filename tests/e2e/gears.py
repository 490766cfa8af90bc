"""What tests of hot functions share: a program that has one, and what its statistics say."""

from __future__ import annotations

HOT = """
    def f(n):
        return n

    def main():
        for n in range({calls}):
            f(n)

    main()
"""


def stats(run, name: str = "f"):
    [row] = run.query(f"SELECT * FROM function_stats WHERE function_name = '{name}'")
    return row


def shown(row) -> tuple[int, int, str]:
    return row["call_count"], row["recorded_calls"], row["gear"]


def check_thinned(run, first: int, name: str = "f") -> None:
    """Recorded are the first ones, and of the others only what the machine made slow: it takes 0.1 ms to be odd."""
    quick = run.value(
        "SELECT count(*) FROM (SELECT duration_ns, row_number() OVER (ORDER BY call_id) AS nth FROM calls "
        f"WHERE function_name = '{name}') WHERE nth > {first} AND duration_ns < 90_000"
    )
    assert stats(run, name)["recorded_calls"] >= first
    assert quick == 0
