"""Doing no harm: a traced program prints, writes and returns what it does untraced, byte for byte.

Each program of tests/programs is run both ways. (The small programs of the other tests are, too: see Bench.trace.)
"""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import Run, masked

PROGRAMS = sorted((Path(__file__).parent.parent / "programs").glob("p*.py"))


@pytest.mark.parametrize("options", [[], ["--every-call", "--all-code"]], ids=["default", "all"])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_same_as_untraced(bench, python, program, options):
    (bench.project / "program.py").write_text(program.read_text())
    command = [python.path, "-X", "utf8", "program.py", "argument", "--option"]
    untraced = bench.run(command, input=b"what is typed\n")
    traced = bench.run([*bench.tracing(*options), *command], input=b"what is typed\n")
    assert masked(traced) == masked(untraced)
    assert sorted(path.name for path in bench.project.iterdir()) == ["program.py"]
    run = Run(bench, traced)
    assert run.value("SELECT count(*) FROM calls") > 1
    assert run.value("SELECT coalesce(sum(events), 0) FROM losses") == 0


def test_warnings_as_errors(trace):
    """-W error and -X dev find nothing to complain about."""
    run = trace(
        """
        import os, subprocess, sys

        def main():
            for options in (["-W", "error"], ["-X", "dev", "-W", "error"], ["-bb"], ["-O"], ["-u"]):
                print(options, subprocess.run([sys.executable, *options, "-c", "print(1)"],
                      capture_output=True, text=True))

        main()
        """
    )
    assert run.ended.out.count("stdout='1\\n', stderr=''") == 5


def test_users_own_sitecustomize(bench, python):
    """A sitecustomize that was there before still runs, once, and its errors look as they did."""
    bench.write(
        {
            "site/sitecustomize.py": "print('custom', __name__, __file__[-21:])\n",
            "broken/sitecustomize.py": "import sys\nsys.stdout.write('half')\n1 / 0\n",
            "program.py": "import sys\ndef f(): return 1\nprint(f(), sys.path[:2])\n"
            "import sitecustomize\nprint(sitecustomize.__file__[-21:])\n",
        }
    )
    for folder in ("site", "broken"):
        environment = {"PYTHONPATH": str(bench.project / folder)}
        command = [python.path, "program.py"]
        untraced = bench.run(command, env=environment)
        traced = bench.run([*bench.tracing(), *command], env=environment)
        assert masked(traced) == masked(untraced)
    assert Run(bench, traced).value("SELECT count(*) FROM calls WHERE function_name = 'f'") == 2


def test_python_path_of_children(trace):
    """The environment still leads a child to the same modules."""
    trace(
        """
        import os, subprocess, sys

        def main():
            code = "import sys; print(sys.path, sys.flags.safe_path)"
            for changes in ({}, {"PYTHONPATH": "/somewhere"}, {"PYTHONSAFEPATH": "1"}):
                made = subprocess.run([sys.executable, "-c", code], env=dict(os.environ) | changes,
                                      capture_output=True, text=True)
                print(made.stdout, made.stderr)

        main()
        """
    )


@pytest.mark.one_python
def test_no_database_folder_and_no_home(bench, python):
    """Where nothing can be written the program still runs, and says what it always said."""
    bench.write({"program.py": "def f(): return 1\nprint(f())\n"})
    words = [bench.program, "run", "-t", "60", "--silent", "--db-path", "/proc/nowhere/x.duckdb"]
    ended = bench.run([*words, "--", python.path, "program.py"], env={"HOME": "/proc/nonexistent"})
    # Either it runs untraced, or breadcrumb says at once that it cannot: but nothing in between.
    assert (ended.status, ended.out) in ((0, "1\n"), (125, ""))
    if ended.status == 125:
        assert "/proc/nowhere" in ended.err


@pytest.mark.every_python
@pytest.mark.since(3, 12)
def test_a_fork_after_a_join_meets_no_thread_that_lingers(bench, python):
    """Python 3.12 takes a thread for joined before it is gone, and warns who forks then: no oftener than untraced."""
    # Without a GIL who waits for a lock gives way 40 times first: a minute for 200 threads on a busy machine.
    threads = 20 if python.free_threaded else 200
    bench.write(
        {
            "program.py": """
            import os, sys, threading, warnings
            warned = []
            warnings.simplefilter("always")
            warnings.showwarning = lambda *given: warned.append(given)
            def work(): pass
            for n in range(int(sys.argv[1])):
                thread = threading.Thread(target=work)
                thread.start()
                thread.join()
                child = os.fork()
                if child == 0:
                    os._exit(0)
                os.waitpid(child, 0)
            print(len(warned))
            """
        }
    )
    words = [python.path, "program.py", str(threads)]
    untraced, traced = (
        int(bench.run([*before, *words]).out) for before in ([], bench.tracing("--every-call"))
    )
    assert traced <= max(0.7 * threads, 1.2 * untraced)


def test_threads_have_their_streams_before_an_audit_hook_runs_in_them(trace, python):
    """CPython before 3.12 refuses sys.settrace() to a thread while another one is in the hook for its own: there is no
    time to be lost in there. With a busy thread beside them, 3 to 17 of 200 were refused when their streams were made
    in it, and none or one since."""
    run = trace(
        """
        import operator, sys, threading

        sys.addaudithook(operator.eq)  # in C: no call of its own is recorded

        def streams():
            with open("/proc/self/maps") as maps:
                return sum("/thread-" in line for line in maps)

        go = threading.Event()
        before = streams()
        thread = threading.Thread(target=go.wait)
        thread.start()
        print(streams() - before)
        go.set()
        thread.join()
        """,
        harmless=False,
    )
    assert run.ended.out == ("1\n" if python.version < (3, 12) else "0\n")
