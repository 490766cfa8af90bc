"""Each line is there: thread by thread the same lines of the same functions as a plain reference in Python sees."""

from __future__ import annotations

import json
from itertools import groupby, zip_longest
from pathlib import Path

import pytest
from helpers import Bench, Interpreter

HERE = Path(__file__).resolve().parent
OWN = HERE.parent / "programs"

FLOW = """
    import contextlib

    def flow(n):
        total = 0
        for i in range(n):
            if i % 3 == 0:
                continue
            elif i == 7:
                break
            total += (
                i *
                2
            )
        else:
            total = -1
        while total > 0:
            total -= 5
        return [
            x for x in range(3)
            if x
        ]

    @contextlib.contextmanager
    def guard(name):
        try:
            yield name
        finally:
            name = None

    def guarded(fail):
        with guard("a") as a, \\
                guard("b"):
            if fail:
                raise ValueError(a)
        return (lambda:
                1)()

    def caught():
        for fail in (False, True):
            try:
                guarded(fail)
            except KeyError:
                pass
            except ValueError as error:
                try:
                    raise RuntimeError from error
                except RuntimeError:
                    pass
            else:
                pass
            finally:
                fail = 1

    class Shape:
        sides = 4
        names = {name: len(name)
                 for name in ("a", "bb")}

        def __init__(self, size):
            self.size = size

        @property
        def area(self):
            return self.size ** 2

        def __lt__(self, other): return self.area < other.area

    def matched(value):
        match value:
            case {"a": x}:
                return x
            case [1, *rest] if rest:
                return rest
            case _:
                pass

    flow(5); flow(20)
    guarded(False)
    caught()
    sorted(Shape(n) for n in (3, 1, 2))
    for value in ({"a": 1}, [1, 2], [1], None):
        matched(value)
    exec("y = 1\\nz = 2")
"""

GENERATORS = """
    def inner(n):
        got = 0
        while n:
            try:
                got = yield n
            except KeyError:
                n += 1
            n -= 1
        return got

    def outer():
        a = yield from inner(3)
        b = yield from inner(2)
        return (a,
                b)

    def tree(depth):
        if depth:
            yield from tree(depth - 1)
            yield depth
            yield from tree(depth - 1)

    g = outer()
    next(g)
    g.send("x")
    g.throw(KeyError("k"))
    for left in g:
        pass
    closed = inner(4)
    next(closed)
    closed.close()
    list(tree(4))
    total = sum(x * x
                for x in inner(3))
    two = [inner(2), inner(2)]
    for _ in range(2):
        for one in two:
            next(one)
    # What is left would be closed when the interpreter ends, which the reference does not see.
    del g, one, two, closed
"""

TASKS = """
    import asyncio

    class Door:
        async def __aenter__(self):
            await asyncio.sleep(0)
            return self
        async def __aexit__(self, *what):
            await asyncio.sleep(0)
            return True

    async def count(n):
        for i in range(n):
            await asyncio.sleep(0)
            yield i

    async def work(name, n):
        found = []
        async for i in count(n):
            found.append(i)
        async with Door():
            raise OSError(name)
        return [x async for x in count(2)]

    async def main():
        done = await asyncio.gather(*(work(name, n) for n, name in enumerate("abc")))
        late = asyncio.ensure_future(asyncio.sleep(10))
        await asyncio.sleep(0)
        late.cancel()
        try:
            await late
        except asyncio.CancelledError:
            pass

    asyncio.run(main())
"""

THREADS = """
    import threading

    def deep(n):
        if n == 0:
            return 0
        return 1 + deep(n - 1)

    def work(n):
        for i in range(n):
            deep(i)
        try:
            {}[n]
        except KeyError:
            done.append(n)

    done = []
    threads = [threading.Thread(target=work, args=(n,), name=f"worker {n}") for n in range(4)]
    for t in threads: t.start()
    for t in threads: t.join()
    deep(300)
"""

# A module that is larger than a line table's short forms, with lines far apart and backwards.
LARGE = "def far(n):\n" + "".join(
    f"    if n == {i}:\n        n += {'(' * 3}1{')' * 3}\n" + "\n" * (i * 7 % 150)
    for i in range(60)
)
LARGE += "    return n\nfar(0)\nfar(30)\nfar(100)\n"

PROGRAMS = {
    "flow": FLOW,
    "generators": GENERATORS,
    "tasks": TASKS,
    "threads": THREADS,
    "large": LARGE,
} | {path.stem: path.read_text() for path in map(OWN.joinpath, ("p010_flow.py", "p011_classes.py"))}

QUERY = """
    SELECT t.name AS thread, f.line_number AS first, l.line_number AS line
    FROM lines l JOIN functions f ON f.id = l.function_id JOIN threads t
        ON t.trace_id = l.trace_id AND t.thread_id = l.thread_id
    WHERE f.module_name = '__main__' AND f.file_path LIKE '%program.py' ORDER BY t.name, line_id
"""


def reference(bench: Bench, python: Interpreter) -> dict[str, list]:
    answer = bench.project / "answer.json"
    ended = bench.run([python.path, HERE / "line_reference.py", answer, "program.py"])
    assert ended.status == 0, ended.err
    return json.loads(answer.read_text())


@pytest.mark.every_python
@pytest.mark.parametrize("name", PROGRAMS)
def test_each_line_is_there(bench, python, trace, name):
    if name == "p010_flow" and python.version < (3, 11):
        pytest.skip(
            "3.10: sys.settrace() is silent about a generator that `del` closes; we are not"
        )
    run = trace(PROGRAMS[name], "--lines", "--every-call")
    rows = run.query(QUERY)
    recorded = {
        thread: [[row["first"], row["line"]] for row in group]
        for thread, group in groupby(rows, lambda row: row["thread"])
    }
    expected = reference(bench, python)
    for thread in expected:
        pairs = zip_longest(recorded.get(thread, []), expected[thread])
        for at, (ours, theirs) in enumerate(pairs):
            around = slice(max(0, at - 3), at + 4)
            assert ours == theirs, (
                f"{recorded[thread][around]}, reference {expected[thread][around]}"
            )
    assert recorded.keys() == expected.keys()
    assert sum(map(len, recorded.values())) > 20
