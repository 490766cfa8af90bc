"""How a program ends: its own status comes back, and the store says what happened."""

from __future__ import annotations

import os
import re
import signal
import time

import pytest
from helpers import Ended, Run, lines

TRACE = "SELECT status, end_reason, exit_code FROM traces"


def ending(run) -> tuple:
    return tuple(run.one(TRACE).values())


def test_end_of_the_program(trace):
    run = trace("print('done')")
    assert run.ended == Ended(0, b"done\n", b"")
    assert ending(run) == ("completed", "exit", 0)


def test_unhandled_exception(trace):
    run = trace("""
        def main():
            raise ValueError("gone wrong")

        main()
    """)
    assert run.ended.status == 1
    assert run.ended.err.splitlines()[-1] == "ValueError: gone wrong"
    assert "breadcrumb" not in run.ended.err
    assert ending(run) == ("failed", "exception", 1)


@pytest.mark.parametrize(
    ("code", "status"), [("3", 3), ("0", 0), ("None", 0), ("'no'", 1), ("256", 0)]
)
def test_sys_exit(trace, code, status):
    run = trace(f"""
        import sys

        def main():
            sys.exit({code})

        main()
    """)
    assert run.ended.status == status
    state, reason, exit_code = ending(run)
    assert (reason, exit_code) == ("exit", status)
    assert state == ("completed" if status == 0 else "failed")
    assert run.tree().startswith("main() !! SystemExit")


def test_os_exit(trace):
    run = trace("""
        import os

        def deep():
            os._exit(4)

        def main():
            deep()

        main()
    """)
    assert run.ended.status == 4
    assert ending(run)[2] == 4
    assert run.tree() == lines("""
        main() open
          deep() open
    """)


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGABRT", "SIGSEGV"])
def test_signal(trace, name):
    run = trace(f"""
        import os, signal, resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        def deep(n):
            if n == 0:
                os.kill(os.getpid(), signal.{name})
            deep(n - 1)

        def main():
            deep(3)

        main()
    """)
    assert run.ended.status == -getattr(signal, name)
    assert ending(run)[:2] == ("failed", "signal")
    assert run.tree() == lines("""
        main() open
          deep(n=3) open
            deep(n=2) open
              deep(n=1) open
                deep(n=0) open
    """)


def test_keyboard_interrupt(trace):
    run = trace("""
        import os, signal

        def main():
            os.kill(os.getpid(), signal.SIGINT)

        main()
    """)
    assert run.ended.status == -signal.SIGINT
    assert run.ended.err.splitlines()[-1] == "KeyboardInterrupt"
    assert ending(run)[0] == "failed"


def test_exec_keeps_what_was_before(trace, python):
    run = trace(f"""
        import os

        def before():
            return "kept"

        def main():
            before()
            os.execv({python.path!r}, [{python.path!r}, "-c", "print('after')"])

        main()
    """)
    assert run.ended.out == "after\n"
    rows = run.query("SELECT function_name, result FROM calls WHERE function_name = 'before'")
    assert rows == [{"function_name": "before", "result": "kept"}]
    ends = run.query("SELECT parent_trace_id AS parent, end_reason FROM traces ORDER BY started_at")
    assert [(row["parent"] is None, row["end_reason"]) for row in ends] == [
        (True, "exec"),
        (False, "exit"),
    ]


def test_what_to_look_at_behind_a_wrapper(bench, python):
    """The report leads to the program, not to the wrapper that became it."""
    wrapper = "import os, sys; os.execv(sys.executable, [sys.executable, 'program.py'])"
    bench.write({"wrapper.py": wrapper, "program.py": "def work(): pass\nwork()\n"})
    run = Run(bench, bench.run([*bench.tracing(), python.path, "wrapper.py"]))
    report = bench.breadcrumb("report", "--format", "table").out
    [suggested] = re.findall(r"breadcrumb flow --trace (\S+)", report)
    assert suggested == run.value("SELECT trace_id FROM calls WHERE function_name = 'work'")


def test_atexit_and_finalizers(trace):
    run = trace("""
        import atexit

        @atexit.register
        def last():
            print("last")

        class Thing:
            def __del__(self):
                print("del")

        thing = Thing()
    """)
    assert run.ended.out == "last\ndel\n"
    assert run.value("SELECT count(*) FROM calls WHERE function_name = 'last'") == 1


SLOW = """
    import time

    def inner():
        print("ready", flush=True)
        time.sleep(100)

    def main():
        inner()

    main()
"""


@pytest.mark.one_python
def test_timeout(bench, python):
    bench.write({"program.py": SLOW})
    began = time.monotonic()
    words = [bench.program, "run", "--timeout", "2", "--db-path", bench.database, "--"]
    ended = bench.run([*words, python.path, "program.py"])
    assert ended.status == 124
    assert time.monotonic() - began < 30
    assert ended.out == "ready\n"
    assert "inner" in ended.err, "the report of the timeout names what was running"
    run = Run(bench, ended)
    assert ending(run)[:2] == ("failed", "timeout")
    assert run.tree() == "main() open\n  inner() open"


@pytest.mark.one_python
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_signal_to_run_itself(bench, python, name):
    """A Ctrl-C or a SIGTERM to `breadcrumb run` ends the program, and what it did is kept."""
    bench.write({"program.py": SLOW})
    with bench.start(
        [*bench.tracing(), python.path, "program.py"], start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        number = getattr(signal, name)
        if name == "SIGINT":
            os.killpg(process.pid, number)  # a terminal sends it to all
        else:
            process.send_signal(number)
        process.communicate(timeout=60)
    assert process.returncode == -number
    run = Run(bench, Ended(process.returncode, b"", b""))
    assert run.value("SELECT count(*) FROM calls WHERE function_name = 'inner'") == 1
    assert run.value("SELECT status FROM traces") == "failed"


@pytest.mark.one_python
def test_killed_run_leaves_a_trail(bench, python):
    """Even `breadcrumb run` itself may be killed: the next ingest finds everything."""
    source = """
        import sys

        def step(n):
            return n

        print("ready", flush=True)
        sys.stdin.readline()
        for n in range(50):
            step(n)
    """
    bench.write({"program.py": source})
    read, write = os.pipe()
    with bench.start([*bench.tracing(), python.path, "program.py"], stdin=read) as process:
        os.close(read)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.kill()
        os.write(write, b"go\n")
        os.close(write)
        process.stdout.read()  # until the program itself has ended
    for _ in range(100):
        assert bench.breadcrumb("ingest").status == 0
        run = Run(bench, Ended(0, b"", b""))
        if run.value("SELECT count(*) FROM calls WHERE function_name = 'step'") == 50:
            break
        time.sleep(0.1)
    assert [row["n"] for row in run.arguments("step")] == list(range(50))
