"""Pools, workers and event loops that nobody here wrote: each task is recorded once, in the process that ran it."""

from __future__ import annotations

import json
import os
import signal

import pytest
from helpers import Bench, Ended, Interpreter, Run

PATH = os.environ.get("BREADCRUMB_TOOLS_PYTHON", "")
PYTHON = Interpreter(PATH, (3, 11, 0))
pytestmark = pytest.mark.skipif(
    not PATH, reason="the packages are in the tools' environment: tools/with_env.sh"
)


def times_of(run: Run, function: str) -> dict[int, int]:
    """How often a function was called with each n."""
    rows = run.query(
        f"SELECT (args->>'n')::INT AS n, count(*) AS times FROM calls "
        f"WHERE function_name = '{function}' AND outcome = 'return' GROUP BY 1"
    )
    return {row["n"]: row["times"] for row in rows}


def one_family(run: Run) -> None:
    assert run.value("SELECT count(DISTINCT run_id) FROM traces") == 1
    assert run.value("SELECT count(*) FROM traces WHERE parent_trace_id IS NULL") == 1
    assert run.value("SELECT coalesce(sum(events), 0) FROM losses") == 0


CELERY = """
    import os, sys
    from celery import Celery

    app = Celery("tasks", broker="filesystem://", backend="file://results")
    app.conf.broker_transport_options = {"data_folder_in": "queue", "data_folder_out": "queue"}

    @app.task
    def add(n):
        return work(n)

    def work(n):
        return n + 1000

    if __name__ == "__main__":
        results = [add.delay(n) for n in range(20)]
        print(sum(result.get(timeout=60) for result in results))
"""


def test_celery_prefork(bench: Bench):
    bench.write({"tasks.py": CELERY})
    for name in ("queue", "results", "control"):
        (bench.project / name).mkdir()
    worker = [PATH, "-m", "celery", "-A", "tasks", "worker", "-c", "2", "-l", "warning"]
    with bench.start([*bench.tracing("--every-call"), *worker]) as process:
        try:
            client = bench.run([PATH, "tasks.py"], timeout=120)
            process.send_signal(signal.SIGTERM)
            _, stderr = process.communicate(timeout=60)
        except BaseException:
            process.kill()
            raise
    assert client == Ended(0, f"{20_000 + sum(range(20))}\n".encode(), b"")
    assert process.returncode == 0, stderr.decode()
    run = Run(bench, client)
    assert times_of(run, "work") == {n: 1 for n in range(20)}
    one_family(run)
    assert run.value("SELECT count(*) FROM traces") >= 3, "the worker and its two processes"
    assert run.value(
        "SELECT count(*) FROM calls c JOIN traces t ON t.id = c.trace_id "
        "WHERE c.function_name = 'work' AND t.parent_trace_id IS NULL"
    ) == 0  # fmt: skip


@pytest.mark.parametrize("backend", ["loky", "multiprocessing", "threading"])
def test_joblib(bench: Bench, backend: str):
    run = bench.trace(
        f"""
        from joblib import Parallel, delayed
        from jobs import work

        if __name__ == "__main__":
            print(Parallel(n_jobs=2, backend={backend!r})(delayed(work)(n) for n in range(12)))
        """,
        "--every-call",
        files={"jobs.py": "def work(n):\n    return n * n\n"},
        python=PYTHON,
    )
    assert run.ended.out == f"{[n * n for n in range(12)]}\n"
    assert times_of(run, "work") == {n: 1 for n in range(12)}
    one_family(run)
    assert (run.value("SELECT count(*) FROM traces") > 1) == (backend != "threading")


def test_pytest_xdist(bench: Bench):
    tests = "import pytest\nfrom work import work\n"
    tests += "@pytest.mark.parametrize('n', range(12))\ndef test_one(n):\n    assert work(n) == n + (n == 5)\n"
    bench.write(
        {"test_it.py": tests, "work.py": "def work(n):\n    return n\n", "pytest.ini": "[pytest]\n"}
    )
    command = [PATH, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", "test_it.py"]
    ended = bench.run([*bench.tracing("--every-call"), *command])
    assert ended.status == 1 and "1 failed, 11 passed" in ended.out
    run = Run(bench, ended)
    assert times_of(run, "work") == {n: 1 for n in range(12)}
    one_family(run)
    assert run.value(
        "SELECT count(DISTINCT trace_id) FROM calls WHERE function_name = 'work'"
    ) == 2  # fmt: skip
    assert run.value("SELECT count(*) FROM exceptions WHERE handled = 'false'") <= 1


TRIO = """
    import contextvars, trio

    name = contextvars.ContextVar("name")

    def leaf(n):
        return [n, name.get()]

    async def child(n):
        name.set(f"c{n}")
        for _ in range(3):
            leaf(n)
            await trio.sleep(0)
        if n == 2:
            for _ in range(20):  # the others are through by then, and are not cancelled
                await trio.sleep(0)
            raise ValueError("two")

    async def endless():
        try:
            await trio.sleep_forever()
        finally:
            ended()

    def ended():
        return trio.current_effective_deadline() < 0

    async def main():
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(endless)
                for n in range(3):
                    nursery.start_soon(child, n)
        except BaseException as error:
            return type(error).__name__, len(error.exceptions)

    print(trio.run(main))
"""

ANYIO = """
    import anyio, contextvars

    name = contextvars.ContextVar("name")

    def leaf(n):
        return [n, name.get()]

    async def child(n):
        name.set(f"c{n}")
        for _ in range(3):
            leaf(n)
            await anyio.sleep(0)
        return await anyio.to_thread.run_sync(in_thread, n)

    def in_thread(n):
        return name.get()

    async def main():
        with anyio.move_on_after(60):
            async with anyio.create_task_group() as group:
                for n in range(3):
                    group.start_soon(child, n)
        return "done"

    print(anyio.run(main, backend='BACKEND'))
"""


def leaves_in_their_callers(run: Run) -> None:
    """However they take turns, a leaf belongs to the child that called it, and saw that child's context."""
    rows = run.query(
        "SELECT p.function_name AS parent, (p.args->>'n')::INT AS whose, (c.args->>'n')::INT AS n, c.result "
        "FROM calls c LEFT JOIN calls p ON p.call_id = c.parent_id AND p.trace_id = c.trace_id "
        "WHERE c.function_name = 'leaf'"
    )
    assert len(rows) == 9
    for row in rows:
        assert row == {"parent": "child", "whose": row["n"], "n": row["n"],
                       "result": [row["n"], f"c{row['n']}"]}  # fmt: skip


def test_trio(bench: Bench):
    run = bench.trace(TRIO, "--every-call", python=PYTHON)
    assert run.ended.out == "('ExceptionGroup', 1)\n"
    leaves_in_their_callers(run)
    rows = run.query(
        "SELECT function_name AS name, args->>'n' AS n, outcome FROM calls "
        "WHERE function_name IN ('child', 'endless') ORDER BY 1, 2"
    )
    assert [(row["name"], row["outcome"]) for row in rows] == [
        ("child", "return"),
        ("child", "return"),
        ("child", "exception"),
        ("endless", "exception"),  # Cancelled
    ]
    assert run.value("SELECT count(*) FROM calls WHERE outcome = 'open'") == 0


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_anyio(bench: Bench, backend: str):
    run = bench.trace(ANYIO.replace("BACKEND", backend), "--every-call", python=PYTHON)
    assert run.ended.out == "done\n"
    leaves_in_their_callers(run)
    rows = run.query("SELECT args, result FROM calls WHERE function_name = 'in_thread'")
    assert sorted((row["args"]["n"], row["result"]) for row in rows) == [
        (n, f"c{n}") for n in range(3)
    ]


# ---- tools that start Python ----------------------------------------------------------------


def test_uv_run(bench: Bench):
    """uv makes an environment, in which breadcrumb is not installed, and runs the program in it."""
    uv = os.path.join(os.path.dirname(PATH), "uv")
    bench.write({"program.py": "def work(n):\n    return n\n\nprint(work(1))\n"})
    environment = {"UV_CACHE_DIR": str(bench.home / "uv"), "UV_OFFLINE": "1"}
    words = [uv, "run", "--no-project", "--python", PATH, "program.py"]
    ended = bench.run([*bench.tracing(), *words], env=environment)
    assert (ended.status, ended.out) == (0, "1\n"), ended.err
    assert times_of(Run(bench, ended), "work") == {1: 1}


COMPILED = """
    import gevent
    from gevent.queue import Queue

    def work(queue, n):
        queue.put(n)
        return n

    def main():
        queue = Queue()
        gevent.joinall([gevent.spawn(work, queue, n) for n in range(3)])
        print(sorted(queue.get() for _ in range(3)), type(Queue.put).__name__)

    main()
"""


def test_what_cython_compiled_is_not_seen_and_said_so(bench: Bench):
    """gevent's queue is compiled by Cython: not seen with any setting. The Python code that it calls is."""
    bench.write({"program.py": COMPILED})
    words = bench.tracing("--all-code", "--no-default-excludes", "--every-call")
    run = Run(bench, bench.run([*words, PATH, "program.py"]))
    assert run.ended.out == "[0, 1, 2] cython_function_or_method\n"
    assert times_of(run, "work") == {0: 1, 1: 1, 2: 1}
    compiled = "f.module_name LIKE 'gevent.%queue' AND f.function_name IN ('put', 'get', 'Queue.put', 'Queue.get')"
    assert run.value(f"SELECT count(*) FROM functions f WHERE {compiled}") == 0
    for name in ("gevent.queue.Queue.put", "gevent._gevent_cqueue.Queue.put", "Queue.put"):
        said = json.loads(bench.breadcrumb("why-not", name).out)["why_not"]
        assert said["recorded"] is False and said["reason"] == "never called"
        assert "compiled, as by Cython, is not seen" in said["explanation"]
    doctor = json.loads(bench.breadcrumb("doctor", PATH).out)
    [row] = [row for row in doctor["unreachable"] if "Cython" in row["what"]]
    assert "no Python frames" in row["why"]
