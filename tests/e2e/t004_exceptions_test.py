"""Exceptions: where they began, what they passed through, and who caught them."""

from __future__ import annotations

import pytest
from helpers import lines

pytestmark = pytest.mark.every_python

COLUMNS = "exception_type, message, function_name, line_number, handled, handled_by"


def exceptions(run, columns=COLUMNS):
    return [
        tuple(row.values()) for row in run.query(f"SELECT {columns} FROM exceptions ORDER BY id")
    ]


def test_raised_and_handled_in_one_function(trace):
    run = trace("""
        def main():
            try:
                raise ValueError("own")
            except ValueError:
                return "fine"

        main()
    """)
    assert run.tree() == 'main() -> "fine"'
    assert exceptions(run) == [("ValueError", "own", "main", 4, "true", "main")]


def test_handled_two_callers_up(trace):
    run = trace("""
        def low(x):
            raise ValueError(f"bad {x}")

        def middle(x):
            return low(x)

        def main():
            try:
                middle(1)
            except ValueError:
                return "fine"

        main()
    """)
    assert run.tree() == lines("""
        main() -> "fine"
          middle(x=1) !! ValueError: bad 1
            low(x=1) !! ValueError: bad 1
    """)
    assert exceptions(run) == [("ValueError", "bad 1", "low", 3, "true", "main")]


def test_stack_of_an_exception(trace):
    run = trace("""
        def low():
            raise ValueError("deep")

        def middle():
            low()

        def main():
            try:
                middle()
            except ValueError:
                pass

        main()
    """)
    stack = run.value("SELECT stack_trace FROM exceptions")
    path = run.bench.project / "program.py"
    assert stack.splitlines()[0] == "Traceback (most recent call last):"
    assert [line for line in stack.splitlines() if line.startswith("  File")] == [
        f'  File "{path}", line 14, in <module>',
        f'  File "{path}", line 10, in main',
        f'  File "{path}", line 6, in middle',
        f'  File "{path}", line 3, in low',
    ]
    assert stack.rstrip().splitlines()[-1] == "ValueError: deep"


def test_raised_again(trace):
    run = trace("""
        def low():
            raise KeyError("missing")

        def middle():
            try:
                low()
            except KeyError:
                raise

        def main():
            try:
                middle()
            except KeyError:
                return 1

        main()
    """)
    assert run.tree() == lines("""
        main() -> 1
          middle() !! KeyError: 'missing'
            low() !! KeyError: 'missing'
    """)
    assert exceptions(run) == [("KeyError", "'missing'", "low", 3, "true", "main")]


def test_finally_and_with_do_not_handle(trace):
    run = trace("""
        class Door:
            def __enter__(self):
                return self

            def __exit__(self, *error):
                return False

        def low():
            with Door():
                try:
                    raise ValueError("through")
                finally:
                    note()

        def note():
            return "seen"

        def main():
            try:
                low()
            except (KeyError, ValueError):
                return "fine"

        main()
    """)
    assert exceptions(run) == [("ValueError", "through", "low", 12, "true", "main")]
    rows = {row["function_name"]: row for row in run.calls()}
    assert rows["low"]["outcome"] == "exception"
    assert rows["note"]["parent_id"] == rows["low"]["call_id"]
    assert rows["Door.__exit__"]["result"] is False


def test_with_that_swallows(trace):
    run = trace("""
        import contextlib

        def low():
            with contextlib.suppress(ValueError):
                raise ValueError("swallowed")
            return "on"

        low()
    """)
    assert run.tree() == 'low() -> "on"'
    assert exceptions(run, "exception_type, function_name, handled") == [
        ("ValueError", "low", "true")
    ]


def test_cause_and_context(trace):
    run = trace("""
        def convert(text):
            try:
                return int(text)
            except ValueError as error:
                raise RuntimeError("no number") from error

        def clumsy():
            try:
                {}["key"]
            except KeyError:
                undefined_name

        def clean():
            try:
                {}["other"]
            except KeyError:
                raise LookupError("clean") from None

        def main():
            for function in (lambda: convert("x"), clumsy, clean):
                try:
                    function()
                except (RuntimeError, NameError, LookupError):
                    pass

        main()
    """)
    rows = run.query("""
        SELECT e.exception_type, c.exception_type AS cause FROM exceptions e
        LEFT JOIN exceptions c ON c.id = e.cause_id ORDER BY e.line_number, e.id
    """)
    found = {(row["exception_type"], row["cause"]) for row in rows}
    assert ("RuntimeError", "ValueError") in found
    assert ("NameError", "KeyError") in found
    assert ("ValueError", None) in found
    assert ("LookupError", None) in found, "hidden, as in a traceback"
    assert len(rows) == 6 and len(found) == 5


def test_a_hidden_context_is_no_cause(trace):
    """`from None` hides what was handled, and so does the flag set by hand; a cause stands all the same."""
    run = trace("""
        def hide():
            try:
                int("x")
            except ValueError:
                raise KeyError("hidden") from None

        def again():
            try:
                hide()
            except KeyError as error:
                raise RuntimeError("shown") from error

        def by_hand(flag):
            error = LookupError("by hand")
            error.__suppress_context__ = flag
            try:
                int("y")
            except ValueError:
                raise error

        for function, words in ((again, ()), (by_hand, (True,)), (by_hand, (False,))):
            try:
                function(*words)
            except (RuntimeError, LookupError):
                pass
    """)
    rows = run.query("""
        SELECT e.exception_type AS raised, e.message, c.exception_type AS cause FROM exceptions e
        LEFT JOIN exceptions c ON c.id = e.cause_id WHERE e.exception_type <> 'ValueError' ORDER BY e.exception_id
    """)
    assert [(row["raised"], row["cause"]) for row in rows] == [
        ("KeyError", None),
        ("RuntimeError", "KeyError"),
        ("LookupError", None),
        ("LookupError", "ValueError"),
    ]


def test_unhandled(trace):
    run = trace("""
        def low():
            raise ZeroDivisionError("division by nothing")

        def main():
            low()

        main()
    """)
    assert run.ended.status == 1
    assert run.tree() == lines("""
        main() !! ZeroDivisionError: division by nothing
          low() !! ZeroDivisionError: division by nothing
    """)
    assert exceptions(run) == [
        ("ZeroDivisionError", "division by nothing", "low", 3, "false", None)
    ]


def test_stop_iteration_is_not_an_error(trace):
    run = trace("""
        def one():
            yield 1

        def main():
            g = one()
            next(g)
            for _ in g:
                pass
            return [i for i in one()]

        main()
    """)
    assert run.value("SELECT count(*) FROM exceptions") == 0


def test_exception_from_c(trace):
    run = trace("""
        def text():
            try:
                int("x")
            except ValueError:
                return "handled"

        def place():
            try:
                [][1]
            except IndexError:
                return "handled"

        text(), place()
    """)
    assert exceptions(run) == [
        ("ValueError", "invalid literal for int() with base 10: 'x'", "text", 4, "true", "text"),
        ("IndexError", "list index out of range", "place", 10, "true", "place"),
    ]


def test_exception_from_code_that_is_not_traced(trace):
    run = trace("""
        import textwrap

        def main():
            try:
                textwrap.dedent(5)
            except TypeError:
                return "fine"

        main()
    """)
    assert run.tree() == 'main() -> "fine"'
    ((kind, handled, by),) = exceptions(run, "exception_type, handled, handled_by")
    assert (kind, handled, by) == ("TypeError", "true", "main")


def test_handled_by_code_that_is_not_traced(trace, python):
    run = trace("""
        import concurrent.futures

        def job():
            raise ValueError("in the pool")

        def main():
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                return repr(pool.submit(job).exception())

        main()
    """)
    rows = {row["function_name"]: row for row in run.calls()}
    assert rows["job"]["outcome"] == "exception"
    assert rows["main"]["result"] == "ValueError('in the pool')"
    # 3.11 has no event that would tell what happens to it in other code.
    handled = ("true", "_WorkItem.run") if python.version >= (3, 12) else ("unknown", None)
    assert exceptions(run, "exception_type, handled, handled_by") == [("ValueError", *handled)]


def test_handled_by_code_that_is_not_traced_between_code_that_is(trace, python):
    """What goes on, the call on top or the one that begins next, has not handled it."""
    run = trace("""
        import unittest

        def step():
            return 1

        def fails():
            raise ValueError("within")

        def within():
            unittest.TestCase().assertRaises(ValueError, fails)
            step()

        within()
        unittest.TestCase().assertRaises(ValueError, fails)
        step()
    """)
    handled = "_AssertRaisesBaseContext.handle"
    told = ("true", handled) if python.version >= (3, 12) else ("unknown", None)
    assert exceptions(run, "function_name, handled, handled_by") == [("fails", *told)] * 2


@pytest.mark.since(3, 11)
def test_exception_group(trace):
    run = trace("""
        def job(n):
            raise (ValueError if n % 2 else TypeError)(n)

        def all():
            errors = []
            for n in range(3):
                try:
                    job(n)
                except Exception as error:
                    errors.append(error)
            raise ExceptionGroup("several", errors)

        def main():
            try:
                all()
            except* ValueError:
                pass
            except* TypeError:
                pass
            return "both"

        main()
    """)
    rows = {row["function_name"]: row for row in run.calls()}
    assert rows["main"]["result"] == "both"
    assert rows["all"]["exception_type"] == "ExceptionGroup"
    assert rows["all"]["message"] == "several (3 sub-exceptions)"
    assert run.value("SELECT count(*) FROM exceptions WHERE function_name = 'job'") == 3


def test_same_object_raised_twice(trace):
    run = trace("""
        kept = ValueError("kept")

        def low():
            raise kept

        def main():
            for _ in range(2):
                try:
                    low()
                except ValueError:
                    pass

        main()
    """)
    assert run.tree() == lines("""
        main() -> null
          low() !! ValueError: kept
          low() !! ValueError: kept
    """)


def test_error_in_init_and_descriptors(trace):
    run = trace("""
        class Picky:
            def __init__(self, x):
                if x < 0:
                    raise ValueError("negative")

            @property
            def broken(self):
                raise AttributeError("never")

        def main():
            try:
                Picky(-1)
            except ValueError:
                pass
            return getattr(Picky(1), "broken", "default")

        main()
    """)
    assert run.tree(hide=["<module>", "Picky"]) == lines("""
        main() -> "default"
          Picky.__init__(self={"$type": "__main__.Picky"}, x=-1) !! ValueError: negative
          Picky.__init__(self={"$type": "__main__.Picky"}, x=1) -> null
          Picky.broken(self={"$type": "__main__.Picky"}) !! AttributeError: never
    """)


def test_swallowed_by_c(trace, python):
    """A loop over __getitem__ ends by an IndexError that no Python code handles.

    What a library handles next often lies where the first has lain: an address alone does not tell them apart.
    """
    run = trace(
        """
        import re

        class Items:
            def __getitem__(self, i):
                if i == 2:
                    raise IndexError("end of items")
                return i

        def main():
            for n in range(200):
                for item in Items():
                    pass
                re.compile("a" * (n % 50 + 1))

        main()
    """,
        "--every-call",
    )
    rows = run.query("SELECT handled, handled_by, count(*) AS n FROM exceptions GROUP BY ALL")
    handled = ("unknown", None) if python.version >= (3, 12) else ("true", "main")
    assert [tuple(row.values()) for row in rows] == [(*handled, 200)]


@pytest.mark.every_python
def test_several_in_one_call(trace):
    """Raised and handled in one frame, with no Python call in between; one while another is handled."""
    run = trace(
        """
        def several(n):
            found = 0
            for key in range(n):
                try:
                    {}[key]
                except KeyError:
                    found += 1
                try:
                    int("x" * key)
                except ValueError:
                    found += 1
            return found

        def instead():
            try:
                try:
                    [][1]
                except IndexError:
                    raise RuntimeError("instead")
            except RuntimeError as error:
                return str(error)

        def outwards(n):
            try:
                {}[n]
            except KeyError as error:
                raise LookupError(n) from error

        several(3)
        instead()
        for n in range(2):
            try:
                outwards(n)
            except LookupError:
                pass
    """
    )
    rows = run.query(
        "SELECT function_name AS f, exception_type AS t, line_number AS n, handled, handled_by AS by, "
        "cause_id IS NOT NULL AS has_cause FROM exceptions ORDER BY exception_id"
    )
    own = [("several", "KeyError", 6), ("several", "ValueError", 10)] * 3
    assert [(row["f"], row["t"], row["n"]) for row in rows] == [
        *own,
        ("instead", "IndexError", 18),
        ("instead", "RuntimeError", 20),
        *[("outwards", "KeyError", 26), ("outwards", "LookupError", 28)] * 2,
    ]
    assert {row["handled"] for row in rows} == {"true"}
    assert [row["by"] for row in rows[:8]] == ["several"] * 6 + ["instead"] * 2
    assert [row["by"] for row in rows[8:]] == ["outwards", "<module>"] * 2
    assert [row["t"] for row in rows if row["has_cause"]] == ["RuntimeError", *["LookupError"] * 2]
