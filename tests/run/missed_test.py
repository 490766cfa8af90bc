"""Pythons that a shell script or a Makefile starts so that they cannot be recorded: `run` finds those that live for a
moment, and tells each once.
"""

from __future__ import annotations

import re

import pytest
from helpers import Bench, Run

# Lives until it is noted, by its own number or one of these.
WAITS = """
import os, sys, time

numbers = {str(os.getpid()), *sys.argv[2:]}
end = time.monotonic() + 30
while time.monotonic() < end:
    time.sleep(0.02)
    if os.path.exists(sys.argv[1]):
        if numbers & {line.split()[0] for line in open(sys.argv[1])}:
            break
else:
    sys.exit("nobody has noticed")
"""
WORKS = "def work(): pass\nwork()\n"


def told(ended) -> str:
    (line,) = (line for line in ended.err.splitlines() if "without being recorded" in line)
    return line


def started_by_make(python) -> dict[str, str]:
    """A Makefile that starts three, one of which is recorded."""
    recipe = f"""
all:
\t@{python.path} works.py
\t@env -i {python.path} waits.py $(BREADCRUMB_RUN)/unreachable
\t@env -u PYTHONPATH {python.path} waits.py $(BREADCRUMB_RUN)/unreachable
"""
    return {"Makefile": recipe}


def started_by_a_script(python) -> dict[str, str]:
    """The second stays behind in the background."""
    script = f"""#!/bin/sh
{python.path} works.py
{python.path} -I waits.py $BREADCRUMB_RUN/unreachable
env -i {python.path} waits.py $BREADCRUMB_RUN/unreachable &
wait $!
"""
    return {"script": script}


@pytest.mark.any_python
@pytest.mark.parametrize("how", ["make", "script"])
def test_it_is_said(bench: Bench, python, how) -> None:
    files = {"make": started_by_make, "script": started_by_a_script}[how](python)
    bench.write({"works.py": WORKS, "waits.py": WAITS, **files})
    command = {"make": ["make"], "script": ["sh", "script"]}[how]
    ended = bench.run([*(w for w in bench.tracing() if w != "--silent"), *command])
    assert ended.status == 0, ended
    assert "2 Python processes ran without being recorded; the first: Python (python" in told(ended)
    assert {"make": "lacks our BREADCRUMB_RUN", "script": "with -I"}[how] in told(ended)
    run = Run(bench, ended)
    assert run.value("SELECT count(*) FROM calls WHERE function_name = 'work'") == 1


@pytest.mark.any_python
def test_the_command_of_a_shell_is_counted_once(bench: Bench, python) -> None:
    """Its words tell of the Python in it, and that one is seen as well."""
    bench.write({"works.py": WORKS, "waits.py": WAITS})
    script = f"{python.path} -I waits.py $BREADCRUMB_RUN/unreachable; {python.path} works.py; true"
    ended = bench.run([*(w for w in bench.tracing() if w != "--silent"), "sh", "-c", script])
    assert ended.status == 0, ended
    assert "a Python process ran without being recorded: Python (python" in told(ended)


STARTS = """
import os, subprocess, sys

place = os.environ["BREADCRUMB_RUN"] + "/unreachable"
words = [sys.executable, "waits.py", place]

def command(*more):
    return " ".join(["env -i", *words, *more])

os.system(f"env -i {sys.executable} -c 'import time; time.sleep(1)'")
subprocess.run(words, env={}, check=True)
subprocess.run(["sh", "-c", command("$$") + "; true"], check=True)
subprocess.run(["sh", "script"], check=True)
"""


@pytest.mark.any_python
def test_what_a_recorded_program_has_told_is_told_once(bench: Bench, python) -> None:
    """It sees the first three itself, with or without the shell between; the fourth, in a script, it cannot see."""
    script = f"env -i {python.path} waits.py $BREADCRUMB_RUN/unreachable; true"
    bench.write({"program.py": STARTS, "waits.py": WAITS, "script": script})
    words = [w for w in bench.tracing() if w != "--silent"]
    ended = bench.run([*words, python.path, "program.py"])
    assert ended.status == 0, ended
    assert re.search(r"4 Python processes ran .* lacks our BREADCRUMB_RUN", told(ended))
    run = Run(bench, ended)
    assert run.value("SELECT sum(events)::INT FROM losses WHERE cause = 'unreachable'") == 3


@pytest.mark.any_python
def test_nothing_is_said_of_those_that_are_recorded(bench: Bench, python) -> None:
    """Whatever they call themselves."""
    program = """
        import multiprocessing, os, subprocess, sys, time

        def work(n):
            time.sleep(0.5)

        if __name__ == "__main__":
            with multiprocessing.get_context("spawn").Pool(2) as pool:
                pool.map(work, range(2))
            subprocess.run(["bash", "-c", f"exec -a renamed {sys.executable} -c 'import time; time.sleep(0.5)'"])
    """
    bench.write({"program.py": program})
    words = [w for w in bench.tracing() if w != "--silent"]
    ended = bench.run([*words, python.path, "program.py"])
    assert ended.status == 0 and "without being recorded" not in ended.err, ended


BRIEF = """#!/bin/sh
sleep 1.8
env -i {python} -c 'import time; time.sleep(0.3)'
sleep 0.1
"""


@pytest.mark.any_python
def test_one_that_lives_for_a_moment(bench: Bench, python) -> None:
    """Looks through all of /proc are seconds apart by then."""
    bench.write({"script": BRIEF.format(python=python.path)})
    ended = bench.run([*(w for w in bench.tracing() if w != "--silent"), "sh", "script"])
    assert ended.status == 0, ended
    assert "a Python process ran without being recorded: Python (python" in told(ended)


@pytest.mark.any_python
def test_who_ended_before_the_timeout_did_not_end_by_it(bench: Bench, python) -> None:
    """Though it has been seen alive."""
    program = """
        import os, time

        def child():
            time.sleep(0.4)
            os.kill(os.getpid(), 9)

        def main():
            if (pid := os.fork()) == 0:
                child()
            os.waitpid(pid, 0)
            time.sleep(60)

        main()
    """
    bench.write({"program.py": program})
    words = [w for w in bench.tracing("-t", "2") if w != "--silent"]
    ended = bench.run([*words, python.path, "program.py"])
    assert ended.status == 124, ended
    ends = Run(bench, ended).query(
        "SELECT end_reason, exit_code FROM traces ORDER BY parent_trace_id IS NULL"
    )
    assert [tuple(row.values()) for row in ends] == [("signal", -9), ("timeout", None)]
