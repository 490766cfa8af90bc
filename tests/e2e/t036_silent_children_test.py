"""Forked children that call nothing recorded, and so write nothing: their traces are made from what their parent
and `run` know of them.
"""

from __future__ import annotations

import json
import subprocess
import time

import pytest
from helpers import Ended, Run

PROGRAM = """
    import os, signal, sys, textwrap, time, warnings

    warnings.simplefilter("ignore")

    def work():
        pass

    def told(status):
        return os.waitstatus_to_exitcode(status)
"""
ROWS = """
    SELECT status, end_reason, exit_code, thread_id IS NULL AS silent FROM traces
    WHERE parent_trace_id IS NOT NULL ORDER BY started_at
"""


def children(run: Run) -> list[tuple]:
    return [tuple(row.values()) for row in run.query(ROWS)]


def test_how_they_end(trace):
    """The child calls nothing that is recorded: C code at once, or code of the standard library."""
    run = trace(
        PROGRAM
        + """
    def main():
        out = []
        if (pid := os.fork()) == 0: os._exit(0)
        out.append(told(os.waitpid(pid, 0)[1]))
        if (pid := os.fork()) == 0: os._exit(3)
        out.append(told(os.wait()[1]))
        if (pid := os.fork()) == 0: os.kill(os.getpid(), signal.SIGKILL)
        out.append(told(os.wait4(pid, 0)[1]))
        if (pid := os.forkpty()[0]) == 0: os._exit(4)
        out.append(os.waitid(os.P_PID, pid, os.WEXITED).si_status)
        if (pid := os.fork()) == 0: work(); os._exit(5)
        out.append(told(os.waitpid(pid, 0)[1]))
        if (pid := os.fork()) == 0: textwrap.fill("no call of ours"); os._exit(7)
        out.append(told(os.waitpid(pid, 0)[1]))
        if (pid := os.fork()) == 0: os._exit(6)  # nobody waits for it
        while not open(f"/proc/{pid}/stat").read().rpartition(")")[2].startswith(" Z"): time.sleep(0.01)
        print(out)

    main()
    """
    )
    assert run.ended.out == "[0, 3, -9, 4, 5, 7]\n"
    assert children(run) == [
        ("completed", "exit", 0, True),
        ("failed", "exit", 3, True),
        ("failed", "signal", -9, True),
        ("failed", "exit", 4, True),
        ("failed", "os._exit", 5, False),
        ("failed", "exit", 7, True),
        ("failed", "exit", 6, True),
    ]
    rows = run.query("""
        SELECT c.ppid = p.pid AND c.command = p.command AND c.run_id = p.run_id AS right, c.pid,
               c.metadata->'notes'->>'nothing_recorded' AS note
        FROM traces c JOIN traces p ON p.id = c.parent_trace_id WHERE c.thread_id IS NULL
    """)
    assert len({row["pid"] for row in rows}) == 6 and all(row["right"] for row in rows)
    assert {row["note"] for row in rows} == {"nothing of it was recorded"}


def test_what_becomes_another_program(trace):
    """A trace of its own if that is a Python, else none; what could not be started is there."""
    run = trace(
        PROGRAM
        + """
    def main():
        out = []
        if (pid := os.fork()) == 0: os.execv("/bin/true", ["true"])
        out.append(told(os.waitpid(pid, 0)[1]))
        if (pid := os.fork()) == 0: os.execv(sys.executable, [sys.executable, "-c", "def f(): pass\\nf()"])
        out.append(told(os.waitpid(pid, 0)[1]))
        if (pid := os.fork()) == 0:
            try: os.execv("/etc/hostname", ["hostname"])
            except OSError: os._exit(7)
        out.append(told(os.waitpid(pid, 0)[1]))
        print(out)

    main()
    """
    )
    assert run.ended.out == "[0, 0, 7]\n"
    assert children(run) == [("completed", "exit", 0, False), ("failed", "exit", 7, True)]


def test_orphans(trace):
    """The one between has children, so it is recorded; of the orphan nobody else can tell the end."""
    run = trace(
        PROGRAM
        + """
    def main():
        ours, theirs = os.pipe()
        if (pid := os.fork()) == 0:
            between = os.getpid()
            if os.fork() == 0:
                while os.getppid() == between: time.sleep(0.01)
                os._exit(8)
            os._exit(0)
        os.close(theirs)
        print(told(os.waitpid(pid, 0)[1]), os.read(ours, 1))
        time.sleep(0.2)

    main()
    """
    )
    assert run.ended.out == "0 b''\n"
    assert children(run) == [("completed", "os._exit", 0, False), ("failed", "exit", 8, True)]
    chain = "SELECT count(*) FROM traces c JOIN traces p ON p.id = c.parent_trace_id WHERE c.ppid = p.pid"
    assert run.value(chain) == 2


@pytest.mark.any_python
def test_one_that_hangs(bench, python):
    """After the timeout the report says of it what it was waiting for, as of any other."""
    bench.write(
        {
            "program.py": """
                import os, signal

                def main():
                    if (pid := os.fork()) == 0: signal.pause()
                    os.waitpid(pid, 0)

                main()
            """
        }
    )
    words = [word for word in bench.tracing("-t", "3") if word != "--silent"]
    ended = bench.run([*words, python.path, "program.py"], env={"COLUMNS": "120"})
    run = Run(bench, ended)
    assert ended.status == 124
    assert children(run) == [("failed", "timeout", None, True)]
    looks = (
        "SELECT (metadata->'last_look'->0->>'doing') AS doing FROM traces WHERE thread_id IS NULL"
    )
    assert run.value(looks) == "signal"
    pid = run.value("SELECT pid FROM traces WHERE thread_id IS NULL")
    assert (
        f"- thread {pid} of process {pid}: waiting, for a signal, in code that is not recorded"
        in ended.err
    )


def test_one_that_lives_on(bench, python):
    """It can be seen, and told of other settings, while it runs, though all that it calls is left out."""
    bench.write(
        {
            "program.py": """
                import os, signal, sys, textwrap, time

                def main():
                    if (pid := os.fork()) == 0:
                        while os.getppid() != 1:
                            textwrap.fill("no call of ours")
                            time.sleep(0.1)
                    sys.stdin.read()
                    os.kill(pid, signal.SIGKILL)
                    print(os.waitpid(pid, 0)[1])

                main()
            """
        }
    )
    with bench.start(
        [*bench.tracing(), python.path, "program.py"], stdin=subprocess.PIPE
    ) as process:
        found, end = [], time.monotonic() + 90
        while len(found) < 2 and time.monotonic() < end:
            asked = bench.breadcrumb("status")
            found = json.loads(asked.out)["processes"] if asked.status == 0 else []
        out, err = process.communicate(timeout=60)
    assert (out, err) == (b"9\n", b"")
    assert len(found) == 2 and all(one["alive"] for one in found)
    assert children(Run(bench, Ended(0, b"", b""))) == [("failed", "signal", -9, False)]
