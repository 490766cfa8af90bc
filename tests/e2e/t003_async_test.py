"""Coroutines and async generators: one call each, however often they wait."""

from __future__ import annotations

from helpers import lines


def test_await(trace):
    run = trace("""
        import asyncio

        async def fetch(n):
            await asyncio.sleep(0)
            return n * 2

        async def main():
            return await fetch(1) + await fetch(2)

        asyncio.run(main())
    """)
    assert run.tree(resumes=True) == lines("""
        main() ~2 -> 6
          fetch(n=1) ~1 -> 2
          fetch(n=2) ~1 -> 4
    """)
    flags = run.query(
        "SELECT function_name, is_async FROM functions WHERE module_name = '__main__'"
    )
    assert {row["function_name"]: row["is_async"] for row in flags} == {
        "<module>": False,
        "fetch": True,
        "main": True,
    }


def test_gather_keeps_calls_apart(trace):
    """Three coroutines take turns in one thread; each inner call has its own parent."""
    run = trace("""
        import asyncio

        async def job(n):
            first = step(n, 1)
            await asyncio.sleep(0)
            second = step(n, 2)
            await asyncio.sleep(0)
            return first + second

        def step(n, i):
            return n * i

        async def main():
            return await asyncio.gather(job(1), job(2), job(3))

        print(asyncio.run(main()))
    """)
    rows = run.query("""
        SELECT p.args AS job, c.args AS step FROM calls c JOIN calls p ON p.call_id = c.parent_id
        WHERE c.function_name = 'step' AND p.function_name = 'job' ORDER BY c.start_ns
    """)
    assert rows == [{"job": {"n": n}, "step": {"n": n, "i": i}} for i in (1, 2) for n in (1, 2, 3)]
    results = run.query("SELECT result FROM calls WHERE function_name = 'job' ORDER BY start_ns")
    assert [row["result"] for row in results] == [3, 6, 9]
    assert run.value("SELECT result FROM calls WHERE function_name = 'main'") == [3, 6, 9]


def test_async_generator(trace):
    run = trace("""
        import asyncio

        async def ticks(n):
            for i in range(n):
                await asyncio.sleep(0)
                yield i

        async def main():
            return [tick async for tick in ticks(3)]

        asyncio.run(main())
    """)
    rows = {row["function_name"]: row for row in run.calls()}
    assert rows["main"]["result"] == [0, 1, 2]
    ticks = rows["ticks"]
    assert (ticks["args"], ticks["outcome"], ticks["resumes"]) == ({"n": 3}, "return", 6)
    assert run.value("SELECT count(*) FROM calls WHERE function_name = 'ticks'") == 1


def test_async_for_with_break(trace):
    run = trace("""
        import asyncio

        async def ticks():
            try:
                yield 1
                yield 2
            finally:
                closed()

        def closed():
            pass

        async def main():
            async for tick in ticks():
                break
            return tick

        asyncio.run(main())
    """)
    assert run.value("SELECT result FROM calls WHERE function_name = 'main'") == 1
    assert run.value("SELECT count(*) FROM calls WHERE function_name = 'closed'") == 1
    assert run.value("SELECT count(*) FROM calls WHERE outcome = 'open'") == 0


def test_async_with(trace):
    run = trace("""
        import asyncio

        class Door:
            async def __aenter__(self):
                return "in"

            async def __aexit__(self, kind, error, tb):
                return kind is ValueError

        async def main():
            async with Door() as where:
                raise ValueError("draught")
            return where

        asyncio.run(main())
    """)
    rows = {row["function_name"]: row for row in run.calls()}
    assert rows["main"]["result"] == "in"
    assert rows["Door.__aenter__"]["result"] == "in"
    assert rows["Door.__aexit__"]["result"] is True
    assert rows["main"]["outcome"] == "return"


def test_error_through_awaits(trace):
    run = trace("""
        import asyncio

        async def low():
            await asyncio.sleep(0)
            raise LookupError("nothing")

        async def high():
            return await low()

        async def main():
            try:
                await high()
            except LookupError:
                return "handled"

        asyncio.run(main())
    """)
    assert run.tree(resumes=True) == lines("""
        main() ~1 -> "handled"
          high() ~1 !! LookupError: nothing
            low() ~1 !! LookupError: nothing
    """)
    assert run.value("SELECT count(*) FROM exceptions WHERE exception_type = 'LookupError'") == 1


def test_cancelled_task(trace):
    run = trace("""
        import asyncio

        async def forever():
            try:
                await asyncio.sleep(100)
            except asyncio.CancelledError:
                tidy()
                raise

        def tidy():
            return "tidy"

        async def main():
            task = asyncio.create_task(forever())
            await asyncio.sleep(0)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                return "cancelled"

        asyncio.run(main())
    """)
    rows = {row["function_name"]: row for row in run.calls()}
    assert rows["main"]["result"] == "cancelled"
    assert rows["forever"]["outcome"] == "exception"
    assert rows["forever"]["exception_type"] == "CancelledError"
    assert rows["tidy"]["parent_id"] == rows["forever"]["call_id"]


def test_timeout_and_executor(trace):
    run = trace("""
        import asyncio

        def work(n):
            return n + 1

        async def slow():
            await asyncio.sleep(100)

        async def main():
            loop = asyncio.get_running_loop()
            got = await loop.run_in_executor(None, work, 1)
            try:
                await asyncio.wait_for(slow(), 0.01)
            except asyncio.TimeoutError:
                return got

        asyncio.run(main())
    """)
    rows = {row["function_name"]: row for row in run.calls()}
    assert rows["main"]["result"] == 2
    assert rows["work"]["result"] == 2
    assert rows["work"]["parent_id"] is None
    assert rows["work"]["thread_id"] != rows["main"]["thread_id"]
    assert rows["slow"]["outcome"] == "exception"


def test_coroutine_that_nobody_awaits(trace):
    """It never started, so it is no call; Python's own warning stays as it is."""
    run = trace("""
        async def forgotten():
            pass

        def main():
            forgotten().close()

        main()
    """)
    assert run.tree() == "main() -> null"


def test_generator_based_awaitable(trace):
    run = trace("""
        import asyncio

        class Ready:
            def __await__(self):
                yield
                return "ready"

        async def main():
            return await Ready()

        asyncio.run(main())
    """)
    assert run.tree(hide=["<module>", "Ready"], resumes=True) == lines("""
        main() ~1 -> "ready"
          Ready.__await__(self={"$type": "__main__.Ready"}) ~1 -> "ready"
    """)
