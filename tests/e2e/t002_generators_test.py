"""A generator is one call, with its suspensions."""

from __future__ import annotations

import pytest
from helpers import lines

pytestmark = pytest.mark.every_python


def test_run_to_the_end(trace):
    run = trace("""
        def count(n):
            for i in range(n):
                yield i
            return "end"

        def main():
            for i in count(3):
                pass
            else:
                return "else"

        main()
    """)
    assert run.tree(resumes=True) == lines("""
        main() -> "else"
          count(n=3) ~3 -> "end"
    """)


def test_never_started_leaves_no_call(trace):
    run = trace("""
        def never():
            yield 1

        def main():
            never()

        main()
    """)
    assert run.tree() == "main() -> null"


def test_left_in_the_middle(trace):
    """A `break` closes the generator; with a `finally` in it, its code still runs."""
    run = trace("""
        def plain():
            yield 1
            yield 2

        def careful():
            try:
                yield 1
                yield 2
            finally:
                cleanup()

        def cleanup():
            pass

        def main():
            for _ in plain():
                break
            for _ in careful():
                break

        main()
    """)
    rows = {row["function_name"]: row["outcome"] for row in run.calls()}
    assert rows["main"] == "return"
    assert rows["cleanup"] == "return"
    # Closed by GeneratorExit: neither a result nor an error of the program.
    assert rows["careful"] == "return"
    assert run.value("SELECT result FROM calls WHERE function_name = 'careful'") is None
    assert run.value("SELECT count(*) FROM exceptions") == 0
    assert rows["plain"] == "return"


def test_closed_or_dropped_it_ends_at_once(trace):
    """CPython 3.12.3 and 3.13.0 to 3.13.11 raise no event where no try block waits for it (gh-140373)."""
    run = trace("""
        import asyncio, gc, time, types

        def closed():
            yield 1

        def dropped():
            yield 1

        def in_a_cycle(it):
            it.append((yield 1))

        @types.coroutine
        def pause():
            yield

        async def never_awaited_on():
            await pause()

        async def items():
            yield 1
            yield 2

        def main():
            one = closed()
            next(one)
            one.close()
            del one
            assert any(n for n in (1, 2, 3))
            next(dropped())
            cycle = []
            cycle.append(in_a_cycle(cycle))
            next(cycle[0])
            del cycle
            gc.collect()
            coroutine = never_awaited_on()
            coroutine.send(None)
            del coroutine
            time.sleep(0.5)

        async def loop():
            async for _ in items():
                break
            await asyncio.sleep(0)
            await asyncio.sleep(0.5)

        main()
        asyncio.run(loop())
    """)
    rows = run.query("SELECT function_name AS f, outcome, duration_ns FROM calls ORDER BY call_id")
    early = [row for row in rows if row["f"] not in ("<module>", "main", "loop")]
    names = [row["f"].split(".")[-1] for row in early]
    assert names == "closed <genexpr> dropped in_a_cycle never_awaited_on pause items".split()
    for row in early:
        assert row["outcome"] == "return"
        assert row["duration_ns"] < 400_000_000, row


def test_one_that_is_kept_stays_open(trace):
    """What listens for the end of the other shows nowhere."""
    run = trace("""
        def kept():
            yield 1

        def called():
            yield 1

        one, two = kept(), called()
        next(one), next(two)
        finalizer = type(two).__del__
        assert type(finalizer).__name__ == "wrapper_descriptor" and finalizer.__name__ == "__del__"
        assert two.gi_frame is not None
        finalizer(two)
        assert two.gi_frame is None
        del two
        import os
        os._exit(7)
    """)
    assert run.ended.status == 7
    rows = {row["function_name"]: row["outcome"] for row in run.calls()}
    assert (rows["kept"], rows["called"]) == ("open", "return")


def test_send_and_throw(trace):
    run = trace("""
        def echo():
            got = yield "ready"
            while True:
                try:
                    got = yield got * 2
                except ValueError as error:
                    got = note(str(error))

        def note(text):
            return text

        def main():
            e = echo()
            return [next(e), e.send(1), e.throw(ValueError("no")), e.send(5)]

        kept = main()
    """)
    assert run.tree(resumes=True).splitlines()[0] == 'main() -> ["ready", 2, "nono", 10]'
    row = run.one("SELECT resumes, outcome FROM calls WHERE function_name = 'echo'")
    # send, throw, send; and when main returns, nobody holds it any more, and it is closed.
    assert row == {"resumes": 4, "outcome": "return"}
    parents = run.query("""
        SELECT p.function_name FROM calls c JOIN calls p ON p.call_id = c.parent_id
        WHERE c.function_name = 'note'
    """)
    assert parents == [{"function_name": "echo"}]


def test_throw_that_ends_it(trace):
    run = trace("""
        def victim():
            yield 1

        def main():
            v = victim()
            next(v)
            try:
                v.throw(KeyError("k"))
            except KeyError:
                return "caught"

        main()
    """)
    assert run.tree(resumes=True) == lines("""
        main() -> "caught"
          victim() ~1 !! KeyError: 'k'
    """)


def test_throw_before_the_start(trace):
    run = trace("""
        def victim():
            yield 1

        def main():
            try:
                victim().throw(KeyError("k"))
            except KeyError:
                return "caught"

        main()
    """)
    assert run.tree().splitlines()[0] == 'main() -> "caught"'
    assert run.value("SELECT count(*) FROM calls WHERE outcome = 'open'") == 0


def test_yield_from(trace):
    run = trace("""
        def inner(n):
            got = yield n
            return got

        def outer():
            a = yield from inner(1)
            b = yield from inner(2)
            return a + b

        def main():
            o = outer()
            next(o)
            o.send(10)
            try:
                o.send(20)
            except StopIteration as stop:
                return stop.value

        main()
    """)
    assert run.tree(resumes=True) == lines("""
        main() -> 30
          outer() ~2 -> 30
            inner(n=1) ~1 -> 10
            inner(n=2) ~1 -> 20
    """)


def test_two_that_take_turns(trace):
    run = trace("""
        def letters():
            yield "a"
            yield mark("b")

        def numbers():
            yield 1
            yield mark(2)

        def mark(x):
            return x

        def main():
            return list(zip(letters(), numbers()))

        main()
    """)
    # zip asks the letters a third time and finds the end; the numbers are then still suspended.
    assert run.tree(resumes=True).startswith(
        lines("""
        main() -> [["a", 1], ["b", 2]]
          letters() ~2 -> null
            mark(x="b") -> "b"
          numbers() ~""")
    )
    assert run.value("SELECT count(*) FROM calls WHERE function_name = 'mark'") == 2
    parents = run.query("""
        SELECT p.function_name AS parent, c.result FROM calls c JOIN calls p ON p.call_id = c.parent_id
        WHERE c.function_name = 'mark' ORDER BY c.start_ns
    """)
    assert parents == [
        {"parent": "letters", "result": "b"},
        {"parent": "numbers", "result": 2},
    ]


def test_resumed_by_another_caller(trace):
    """The parent is who started it."""
    run = trace("""
        def shared():
            yield 1
            yield deep()

        def deep():
            return 2

        def first(g):
            return next(g)

        def second(g):
            return next(g)

        def main():
            g = shared()
            return first(g) + second(g)

        main()
    """)
    parents = dict(
        (row["child"], row["parent"])
        for row in run.query("""
            SELECT c.function_name AS child, p.function_name AS parent
            FROM calls c JOIN calls p ON p.call_id = c.parent_id
        """)
    )
    assert parents["shared"] == "first"
    assert parents["deep"] == "shared"
    assert parents["second"] == "main"
    assert run.value("SELECT result FROM calls WHERE function_name = 'main'") == 3


def test_resumed_in_another_thread(trace):
    run = trace("""
        import threading

        def shared():
            yield 1
            yield deep()

        def deep():
            return 2

        def worker(g, out):
            out.append(next(g))

        def main():
            g, out = shared(), []
            out.append(next(g))
            thread = threading.Thread(target=worker, args=(g, out))
            thread.start()
            thread.join()
            return out + list(g)

        main()
    """)
    rows = {row["function_name"]: row for row in run.calls()}
    assert rows["main"]["result"] == [1, 2]
    assert rows["shared"]["outcome"] == "return"
    assert rows["shared"]["resumes"] == 2
    assert rows["deep"]["parent_id"] == rows["shared"]["call_id"]
    assert rows["deep"]["thread_id"] == rows["worker"]["thread_id"] != rows["main"]["thread_id"]


def test_generator_expression(trace):
    run = trace("""
        def main():
            return sum(square(i) for i in range(3))

        def square(i):
            return i * i

        main()
    """)
    rows = run.calls()
    expression = next(row for row in rows if row["function_name"].endswith("<genexpr>"))
    assert expression["resumes"] == 3
    assert {row["parent_id"] for row in rows if row["function_name"] == "square"} == {
        expression["call_id"]
    }


def test_error_inside(trace):
    run = trace("""
        def bad():
            yield 1
            raise OSError(2, "gone")

        def main():
            try:
                return list(bad())
            except OSError:
                return None

        main()
    """)
    assert run.tree(resumes=True) == lines("""
        main() -> null
          bad() ~1 !! OSError: [Errno 2] gone
    """).replace("OSError", "FileNotFoundError")


def test_many_suspended_at_once(trace):
    run = trace("""
        def one(i):
            yield i
            yield i + 1

        def main():
            all = [one(i) for i in range(50)]
            first = [next(g) for g in all]
            return sum(next(g) for g in reversed(all))

        main()
    """)
    rows = run.query("SELECT args, resumes FROM calls WHERE function_name = 'one' ORDER BY call_id")
    assert [row["args"] for row in rows] == [{"i": i} for i in range(50)]
    assert {row["resumes"] for row in rows} <= {1, 2}
    assert run.value("SELECT result FROM calls WHERE function_name = 'main'") == sum(range(1, 51))
