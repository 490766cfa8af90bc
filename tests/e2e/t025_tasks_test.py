"""asyncio tasks: each call has the task that it ran in, told by the program itself; who made it, and its name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from helpers import Run

# What the program knows of itself. A task is known by a weak reference: an address that is used again is another task.
WITNESS = """
import asyncio, atexit, itertools, json, sys, weakref

numbers = weakref.WeakKeyDictionary()
counter = itertools.count(1)
seen, makers, names = {}, {}, {}
steps = itertools.count(1)

def current():
    try:
        # From 3.14 on current_task() knows nothing of tasks written in Python.
        loop = asyncio.get_running_loop()
        return asyncio.current_task() or getattr(asyncio.tasks, "_current_tasks", {}).get(loop)
    except RuntimeError:
        return None

def key_of(task):
    if task is None:
        return None
    if task not in numbers:
        numbers[task] = next(counter)
        names[numbers[task]] = task.get_name()
    return numbers[task]

def note(step):
    seen[step] = key_of(current())

def step():
    note(next(steps))

def spawn(coro, name=None, make=None):
    maker = key_of(current())
    task = asyncio.ensure_future(coro) if make is None else make(coro)
    if name is not None:
        task.set_name(name)
    makers[key_of(task)] = maker
    return task

def tell():
    print(json.dumps([seen, makers, names]))

atexit.register(tell)
"""


def compare(run: Run, *, least: int, known_makers: bool = True) -> dict[int, int]:
    """Every noted call is in the task in which the program saw itself. Returns our number of each of the program's."""
    told: list[dict[str, Any]] = json.loads(run.ended.out.splitlines()[-1])
    seen, makers, names = told
    rows = run.query(
        "SELECT (args->>'step')::INT AS step, task_id FROM calls WHERE function_name = 'note'"
    )
    assert len(rows) == len(seen) >= least
    pairs = {(seen[str(row["step"])], row["task_id"]) for row in rows}
    ours: dict[int, int] = {}
    for key, number in pairs:
        assert (key is None) == (number is None), pairs
        if key is not None:
            assert ours.setdefault(key, number) == number, pairs
    assert len(set(ours.values())) == len(ours), pairs
    # A call of the program's that a task made is in the task of its caller.
    assert not run.query(
        "SELECT c.call_id FROM calls c JOIN calls p ON p.call_id = c.parent_id AND p.trace_id = c.trace_id"
        " WHERE c.function_name IN ('note', 'current', 'key_of') AND c.task_id IS DISTINCT FROM p.task_id"
    )
    tasks = {row["task_id"]: row for row in run.query("SELECT * FROM tasks")}
    for key, number in ours.items():
        assert tasks[number]["name"] == names[str(key)]
        assert tasks[number]["first_at"] <= tasks[number]["last_at"]
        if known_makers and str(key) in makers:
            maker = makers[str(key)]
            assert tasks[number]["parent_task_id"] == (ours[maker] if maker is not None else None)
    return ours


@pytest.mark.every_python
def test_tasks_that_take_turns(trace):
    run = trace(
        WITNESS
        + """
async def leaf(n):
    step()
    for i in range(n):
        await asyncio.sleep(0)
        step()
    return n

async def branch(n):
    step()
    children = [spawn(leaf(n + i), name=f"leaf {n} {i}") for i in range(3)]
    step()
    await asyncio.gather(*children)
    step()

async def main():
    step()
    branches = [spawn(branch(n)) for n in range(3)]
    for one in branches:
        await one
        step()

step()
asyncio.run(main())
step()
asyncio.run(leaf(2))
step()
"""
    )
    ours = compare(run, least=46)
    assert len(ours) == 1 + 3 + 9 + 1


@pytest.mark.every_python
def test_cancelled_and_failed(trace):
    run = trace(
        WITNESS
        + """
async def forever():
    step()
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        step()
        await asyncio.sleep(0)
        step()
        raise
    finally:
        step()

async def fails():
    step()
    await asyncio.sleep(0)
    raise ValueError("no")

async def main():
    a, b = spawn(forever()), spawn(fails(), name="fails")
    await asyncio.sleep(0)
    a.cancel()
    step()
    print(await asyncio.gather(a, b, return_exceptions=True))
    step()
    try:
        await asyncio.wait_for(forever(), 0.01)
    except asyncio.TimeoutError:
        step()

asyncio.run(main())
step()
"""
    )
    compare(run, least=13)
    row = run.one("SELECT task_id FROM exceptions WHERE exception_type LIKE '%ValueError'")
    name = run.value(f"SELECT name FROM tasks WHERE task_id = {row['task_id']}")
    assert name == "fails"


@pytest.mark.every_python
def test_address_used_again(trace):
    """Each task is gone when the next one is made: in CPython it lies where the one before lay, with the same name."""
    run = trace(
        WITNESS
        + """
async def work():
    step()
    await asyncio.sleep(0)
    step()

async def main():
    for i in range(40):
        await spawn(work(), name="worker")
    step()

asyncio.run(main())
"""
    )
    assert len(compare(run, least=81)) == 41


@pytest.mark.every_python
def test_address_used_again_by_another_kind(trace):
    """It is seen when asyncio's own tasks are made, but not of others: the address of one may become another's."""
    run = trace(
        WITNESS
        + """
class Own(asyncio.Task):
    __slots__ = ()

async def work():
    step()
    await asyncio.sleep(0)
    step()

async def main():
    loop = asyncio.get_running_loop()
    for i in range(48):
        kind = (asyncio.Task, Own, asyncio.tasks._PyTask)[i // 2 % 3]
        await spawn(work(), make=lambda coro: kind(coro, loop=loop))
    step()

asyncio.run(main())
"""
    )
    assert len(compare(run, least=97)) == 49


def test_callbacks_executors_and_threads(trace):
    run = trace(
        WITNESS
        + """
import threading

def plain(loop, done):
    step()
    done.set_result(1)

async def waits(n):
    step()
    for i in range(3):
        await asyncio.sleep(0.001)
        step()
    await asyncio.get_running_loop().run_in_executor(None, step)
    step()

async def main(n):
    step()
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    loop.call_soon(plain, loop, done)
    step()
    await done
    step()
    await asyncio.gather(*[spawn(waits(i)) for i in range(3)])

def thread(n):
    step()
    asyncio.run(main(n))
    step()

threads = [threading.Thread(target=thread, args=(n,)) for n in range(3)]
for t in threads: t.start()
asyncio.run(main(9))
for t in threads: t.join()
step()
""",
        harmless=False,  # whose step comes first is chance
    )
    compare(run, least=80)


@pytest.mark.every_python
def test_library_code_between(trace):
    """The task, and what it awaits, is library code that is left out; the program's functions lie inside."""
    run = trace(
        WITNESS
        + """
import library

def work():
    step()
    return sorted([3, 1, 2], key=lambda n: (step(), n)[1])

class Waits:
    def __await__(self):
        step()
        yield from asyncio.sleep(0).__await__()
        step()

async def ticks():
    for i in range(3):
        step()
        await asyncio.sleep(0)
        yield i

async def main():
    step()
    await asyncio.gather(*[spawn(library.call(work, Waits())) for i in range(3)])
    step()
    await library.first(ticks())
    step()

asyncio.run(main())
step()
""",
        "--exclude",
        "library",
        files={
            "library.py": """
import asyncio

async def call(function, waits):
    await asyncio.sleep(0)
    function()
    await waits
    function()

async def first(ticks):
    async for i in ticks:
        return i
"""
        },
    )
    compare(run, least=30)


@pytest.mark.every_python
def test_task_written_in_python(trace):
    run = trace(
        WITNESS
        + """
from asyncio import tasks

class Own(asyncio.Task):
    def __init__(self, coro, **more):
        super().__init__(coro, **more)

async def work(n):
    step()
    for i in range(n):
        await asyncio.sleep(0)
        step()

async def main():
    loop = asyncio.get_running_loop()
    for make in (tasks._PyTask, Own, asyncio.Task):
        made = [spawn(work(n), make=lambda coro: make(coro, loop=loop)) for n in range(3)]
        for one in made:
            await one
            step()

asyncio.run(main())
step()
"""
    )
    assert len(compare(run, least=28)) == 10


@pytest.mark.every_python
@pytest.mark.since(3, 12)
def test_eager_tasks_and_groups(trace):
    run = trace(
        WITNESS
        + """
async def leaf(n):
    step()
    if n % 2:
        await asyncio.sleep(0)
        step()

async def main():
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    step()
    async with asyncio.TaskGroup() as group:
        for n in range(4):
            task = group.create_task(leaf(n))
            step()
    step()
    asyncio.Task(leaf(0), loop=asyncio.get_running_loop(), eager_start=True)
    step()
    task = asyncio.Task(leaf(1), loop=asyncio.get_running_loop(), eager_start=True)
    step()
    await task
    step()

asyncio.run(main())
step()
"""
    )
    compare(run, least=15)


def test_everything_recorded(trace):
    """asyncio's own functions too: those that switch tasks, and the loop's in no task."""
    run = trace(
        WITNESS
        + """
async def work(n):
    step()
    await asyncio.sleep(0)
    step()

async def main():
    await asyncio.gather(*[spawn(work(n)) for n in range(3)])
    step()

asyncio.run(main())
step()
""",
        "--all-code",
        "--no-default-excludes",
    )
    compare(run, least=8)


def test_timed_calls(trace):
    """What is only timed or counted is in nobody's way."""
    run = trace(
        WITNESS
        + """
def tiny(n):
    return n

async def work(k):
    for i in range(300):
        tiny(i)
        await asyncio.sleep(0)

async def main():
    jobs = [spawn(work(k)) for k in range(3)]
    for i in range(50):
        await hot()
        step()
    await asyncio.gather(*jobs)
    step()

async def hot():
    await asyncio.sleep(0)

asyncio.run(main())
step()
""",
        "--hot-threshold",
        "200",
    )
    compare(run, least=52)


@pytest.mark.every_python
def test_program_sees_nothing_of_it(trace):
    """No task lives longer, and nothing of its own is called."""
    run = trace("""
import asyncio, gc, weakref

class Loop(asyncio.SelectorEventLoop):
    def __hash__(self):
        calls.append("hash")
        return 7
    def __eq__(self, other):
        calls.append("eq")
        return self is other

class Own(asyncio.Task):
    def get_name(self):
        calls.append("name")
        return "wrong"
    def __repr__(self):
        calls.append("repr")
        return "wrong"

calls = []

async def work():
    inner()
    calls.append(("references", weakref.getweakrefcount(asyncio.current_task())))
    return calls.count("name")

def inner():
    return len(calls)

async def main():
    gone = []
    loop = asyncio.get_running_loop()
    for i in range(99):
        task = Own(work(), loop=loop)
        gone.append(weakref.ref(task))
        await task
        del task
    await asyncio.Task(work(), loop=loop)
    gc.collect()
    print([call for call in calls if type(call) is tuple][-1])  # of asyncio's own kind
    return sum(ref() is not None for ref in gone), calls.count("name"), calls.count("repr")

loop = Loop()
print(loop.run_until_complete(main()), asyncio.Task.__init__ is asyncio.tasks.Task.__init__)
loop.close()
""")
    assert run.ended.out.strip().endswith(", 0, 0) True")
    names = run.query("SELECT DISTINCT name FROM tasks WHERE name = 'wrong'")
    assert names == []
    assert (
        run.value("SELECT count(DISTINCT task_id) FROM calls WHERE function_name = 'work'") == 100
    )


@pytest.mark.one_python
def test_questions(trace):
    run = trace("""
import asyncio

async def fetch(n):
    await asyncio.sleep(0)
    return n

async def main():
    jobs = [asyncio.create_task(fetch(n), name=f"fetch-{n}") for n in range(2)]
    await asyncio.gather(*jobs)
    await asyncio.create_task(other(), name="caf\\xe9 \\ud800 " + "x" * 5000)

async def other():
    pass

asyncio.run(main())
""")
    answer = json.loads(run.bench.breadcrumb("flow", "--task", "fetch-1", "--format", "json").out)
    assert {row["function_name"] for row in answer["events"]} == {"fetch"}
    assert [row["event_type"] for row in answer["events"]] == ["call", "return"]
    answer = json.loads(run.bench.breadcrumb("calls", "fetch", "--format", "json").out)
    tasks = [row["task_id"] for row in answer["calls"]]
    assert None not in tasks and len(set(tasks)) == 2
    name = run.value("SELECT name FROM tasks WHERE name LIKE 'caf%'")
    assert (
        name.startswith("caf\xe9 \\ud800 xxx") and 1000 < len(name) < 1030
    )  # 1,024 bytes of the trail
