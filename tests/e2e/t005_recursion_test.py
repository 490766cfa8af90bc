"""Deep stacks: every call of a deep recursion is there, and Python's own limit stays where it was."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.every_python


def test_depth_of_each_call(trace):
    run = trace(
        """
        def down(n):
            return n if n == 0 else down(n - 1)

        down(500)
        """,
        "--every-call",
    )
    rows = run.query("""
        SELECT depth - min(depth) OVER () AS depth, args FROM calls
        WHERE function_name = 'down' ORDER BY start_ns, call_id
    """)
    assert [row["depth"] for row in rows] == list(range(501))
    assert [row["args"]["n"] for row in rows] == list(range(500, -1, -1))


def test_mutual_recursion(trace):
    run = trace(
        """
        def even(n):
            return n == 0 or odd(n - 1)

        def odd(n):
            return n != 0 and even(n - 1)

        even(200)
        """,
        "--every-call",
    )
    rows = run.query("""
        SELECT p.function_name AS parent, c.function_name AS child, count(*) AS n
        FROM calls c JOIN calls p ON p.call_id = c.parent_id
        WHERE p.function_name <> '<module>' GROUP BY ALL ORDER BY 1
    """)
    assert rows == [
        {"parent": "even", "child": "odd", "n": 100},
        {"parent": "odd", "child": "even", "n": 100},
    ]


LIMIT = """
    import sys

    def down(n):
        global deepest
        deepest = n
        down(n + 1)

    def main():
        try:
            down(0)
        except RecursionError as error:
            print(deepest, error)
            return deepest

    main()
"""


def test_recursion_limit_is_reached_at_the_same_depth(trace):
    """harmless=True compares the printed depth with that of an untraced run."""
    run = trace(LIMIT, "--every-call")
    deepest = run.value("SELECT result FROM calls WHERE function_name = 'main'")
    assert deepest > 900
    rows = run.query(
        "SELECT args FROM calls WHERE function_name = 'down' ORDER BY start_ns, call_id"
    )
    assert [row["args"]["n"] for row in rows][: deepest + 1] == list(range(deepest + 1))
    assert run.value("SELECT count(*) FROM calls WHERE outcome = 'open'") == 0


def test_raised_limit(trace, python):
    # 3.10 runs off its C stack at some 20,000 calls, recorded or not; 3.11 and later hold more.
    depth = 20_000 if python.version >= (3, 11) else 12_000
    run = trace(
        f"""
        import sys
        sys.setrecursionlimit(50_000)

        def down(n):
            return 0 if n == 0 else 1 + down(n - 1)

        def main():
            return down({depth})

        print(main())
        """,
        "--every-call",
    )
    assert run.ended.out == f"{depth}\n"
    count = run.value("SELECT call_count FROM function_stats WHERE function_name = 'down'")
    lost = run.query("SELECT cause FROM losses")
    if python.version >= (3, 12):
        assert (count, lost) == (depth + 1, [])
    else:
        # A recorded call takes C stack there: in time the recorder steps aside, and says so.
        assert count == depth + 1 or {row["cause"] for row in lost} == {"stack"}
    assert run.value("SELECT result FROM calls WHERE function_name = 'main'") == depth


def test_repeated_overflow(trace):
    run = trace(
        """
        def down():
            down()

        def main():
            caught = 0
            for _ in range(5):
                try:
                    down()
                except RecursionError:
                    caught += 1
            return caught

        main()
        """,
        "--every-call",
    )
    assert run.value("SELECT result FROM calls WHERE function_name = 'main'") == 5
    assert run.value("SELECT count(*) FROM calls WHERE outcome = 'open'") == 0


def test_deep_generators(trace):
    run = trace(
        """
        def walk(n):
            if n:
                yield from walk(n - 1)
            yield n

        def main():
            return sum(walk(100))

        main()
        """,
        "--every-call",
    )
    assert run.value("SELECT result FROM calls WHERE function_name = 'main'") == 5050
    rows = run.query(
        "SELECT args, resumes FROM calls WHERE function_name = 'walk' ORDER BY call_id"
    )
    assert [row["args"]["n"] for row in rows] == list(range(100, -1, -1))
    # walk(n) is resumed for each value that passes through it, and once more to end.
    assert [row["resumes"] for row in rows] == [n + 1 for n in range(100, -1, -1)]
