"""What a program starts, and how it and its children end: known as far as the program learns it, and never changed."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from pathlib import Path

import pytest
from helpers import Run

ENDS = "SELECT status, end_reason, exit_code FROM traces WHERE parent_trace_id IS NOT NULL ORDER BY started_at"
ABORTS = """
    import os, resource, signal, sys, warnings

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("ignore")

    def child(how):
        return how()

    def start(how):
        pid = os.fork()
        if pid == 0:
            child(how)
        return pid

    def kill():
        os.kill(os.getpid(), signal.SIGKILL)

    def leave():
        os._exit(300)
"""


def ends(run: Run) -> list[tuple]:
    return [tuple(row.values()) for row in run.query(ENDS)]


def test_signals_that_end_children(trace):
    """Only the parent is told: in whichever way it waits."""
    run = trace(
        ABORTS
        + """
    def main():
        out = [os.waitpid(start(kill), 0)[1], os.wait4(start(os.abort), 0)[1]]
        start(kill)
        out += [os.wait()[1]]
        start(kill)
        out += [os.wait3(0)[1]]
        out += [os.waitid(os.P_PID, start(os.abort), os.WEXITED).si_status]
        print(out)

    main()
    """
    )
    assert run.ended.out == "[9, 6, 9, 9, 6]\n"
    assert ends(run) == [("failed", "signal", -number) for number in (9, 6, 9, 9, 6)]


def test_status_of_os_exit(trace):
    """No exit handler sees it, and its refusals are the program's own."""
    run = trace(
        ABORTS
        + """
    def main():
        print(os.waitpid(start(leave), 0)[1] >> 8, os.waitpid(start(lambda: os._exit(status=0)), 0)[1])
        for given in (), ("3",), (2**70,), (1, 2):
            try:
                os._exit(*given)
            except (TypeError, OverflowError) as error:
                print(type(error).__name__, error)
        return "went on"

    main()
    """
    )
    assert run.ended.status == 0
    assert ends(run) == [("failed", "os._exit", 44), ("completed", "os._exit", 0)]
    assert run.value("SELECT result FROM calls WHERE function_name = 'main'") == "went on"
    assert run.value("SELECT end_reason FROM traces WHERE parent_trace_id IS NULL") == "exit"


def test_workers_of_multiprocessing(trace):
    """Each ends with os._exit(), or by the signal of its parent."""
    run = trace("""
        import multiprocessing, time

        def work(n):
            if n == 2:
                time.sleep(60)
            if n == 1:
                raise SystemExit(5)

        def main():
            context = multiprocessing.get_context("fork")
            workers = [context.Process(target=work, args=(n,)) for n in range(3)]
            for worker in workers:
                worker.start()
            for worker in workers[:2]:
                worker.join()
            time.sleep(0.5)
            workers[2].terminate()
            workers[2].join()
            print([worker.exitcode for worker in workers])

        main()
    """)
    assert run.ended.out == "[0, 5, -15]\n"
    assert sorted(ends(run)) == [
        ("completed", "os._exit", 0),
        ("failed", "os._exit", 5),
        ("failed", "signal", -15),
    ]


def test_exec_of_what_is_no_python(trace):
    """The recording ends there, in order; an exec that fails ends nothing."""
    run = trace("""
        import os, warnings

        warnings.simplefilter("ignore")

        def child():
            try:
                os.execv("/bin/true", [])
            except ValueError as error:
                print(error, flush=True)
            for path in "/does/not/exist", "/etc/passwd", "/":
                try:
                    os.execv(path, [path])
                except OSError as error:
                    print(error.errno, flush=True)
            os.execve("/bin/true", ["true"], {})

        def refused():
            try:
                os.execve("/bin/true", ["true"], {"A": 1})
            except TypeError as error:
                print(type(error), flush=True)
            os._exit(3)

        def main():
            for function in child, refused:
                pid = os.fork()
                if pid == 0:
                    function()
                print(os.waitpid(pid, 0)[1] >> 8)

        main()
    """)
    assert run.ended.status == 0
    assert ends(run) == [("completed", "exec", None), ("failed", "os._exit", 3)]


CLEANS = """
    import os, subprocess, sys

    python = sys.executable
    clean = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    show = "import os; print(sorted(name for name in os.environ if name != 'LC_CTYPE'))"

    def run(*words, **more):
        sys.stdout.flush()
        return subprocess.run(words, check=True, **more)

    def forked(function, *words):
        pid = os.fork()
        if pid == 0:
            function(*words)
        os.waitpid(pid, 0)

    def main(how):
        if how == "env":
            run(python, "-c", show, env=clean)
        elif how == "cleared":
            os.environ.clear()
            os.environ.update(clean)
            run(python, "-c", show)
        elif how == "path":
            run(python, "-c", "pass", env={**os.environ, "PYTHONPATH": "/mine"})
        elif how == "env -i":
            run("/usr/bin/env", "-i", python, "-c", "pass")
        elif how == "shell":
            run(f"exec {python} -I -c pass", shell=True)
        elif how == "system":
            os.system(f"PYTHONPATH= {python} -c pass")
        elif how == "-E":
            run(python, "-E", "-c", "pass")
        elif how == "first line":
            run("./tool")
        elif how == "spawn":
            os.waitpid(os.posix_spawn(python, [python, "-c", "pass"], clean), 0)
        elif how == "spawnp":
            os.waitpid(os.posix_spawnp(python, [python.encode(), "-S", "-c", "pass"], os.environ), 0)
        elif how == "exec":
            os.execve(python, [python, "-c", "pass"], clean)
        elif how == "spawnve":
            os.spawnve(os.P_WAIT, python, [python, "-c", "pass"], clean)
        elif how == "multiprocessing":
            import multiprocessing
            os.environ.pop("PYTHONPATH", None)
            worker = multiprocessing.get_context("spawn").Process(target=print, args=("ran",))
            worker.start()
            worker.join()
        elif how == "none":
            run("/bin/true", env={})
            run("git", "--version", stdout=subprocess.DEVNULL, env=clean)
            run(python, "-c", "pass")
            run("env", python, "-c", "pass")
            run(python, "-c", "pass", env=dict(os.environ, MORE="1"))
            try:
                run("/does/not/exist/python3", env={})
            except FileNotFoundError as error:
                print(error)
            os.system("true")

    if __name__ == "__main__":
        main(sys.argv[1])
"""


def recorded(bench, python, how: str, **more):
    """The program, run with its report, and untraced: the same."""
    bench.write({"program.py": CLEANS, "tool": f"#!{python.path} -I\nprint('tool')\n"})
    (bench.project / "tool").chmod(0o755)
    command = [python.path, "program.py", how]
    traced = bench.run(
        [bench.program, "run", "-t", "100", "--db-path", bench.database, "--", *command], **more
    )
    plain = bench.run(command, **more)
    assert (traced.status, traced.out) == (plain.status, plain.out)
    return traced


WAYS = {
    "env": "BREADCRUMB_RUN",
    "cleared": "BREADCRUMB_RUN",
    "path": "PYTHONPATH",
    "env -i": "BREADCRUMB_RUN",
    "shell": "-I",
    "system": "PYTHONPATH",
    "-E": "-E",
    "first line": "-I",
    "spawn": "BREADCRUMB_RUN",
    "spawnp": "-S",
    "exec": "BREADCRUMB_RUN",
    "spawnve": "BREADCRUMB_RUN",
    "multiprocessing": "PYTHONPATH",
}


@pytest.mark.any_python
@pytest.mark.parametrize("how", WAYS)
def test_a_child_that_cannot_be_reached(bench, python, how):
    """It runs as ever, also with the environment that it was given, and that it is not recorded is said and counted."""
    ended = recorded(bench, python, how)
    (said,) = (line for line in ended.err.splitlines() if "without being recorded" in line)
    count = 2 if how == "multiprocessing" else 1  # it starts a tracker of resources, too
    assert ("a Python process ran" if count == 1 else "2 Python processes ran") in said
    assert WAYS[how] in said
    run = Run(bench, ended)
    parent = "SELECT id FROM traces WHERE command LIKE '%program.py%' AND parent_trace_id IS NULL"
    if how != "spawnve":  # between fork and exec there is nothing that records
        assert run.value(f"""
            SELECT sum(events)::INT FROM losses WHERE cause = 'unreachable' AND trace_id IN ({parent})
        """) == count  # fmt: skip
        note = run.value(
            f"SELECT metadata->'notes'->>'unreachable' FROM traces WHERE id IN ({parent})"
        )
        assert note in said
        [told] = re.findall(
            r"- unreachable: .*",
            bench.breadcrumb("report", "--format", "table", env={"COLUMNS": "80"}).out,
        )
        assert told.startswith(f"- unreachable: {count} Python interpreter") and note in told
    if how == "exec":
        assert run.value("SELECT end_reason FROM traces") == "exec"


@pytest.mark.every_python
def test_children_that_are_reached(bench, python):
    ended = recorded(bench, python, "none")
    assert "without being recorded" not in ended.err
    run = Run(bench, ended)
    assert run.value("SELECT count(*) FROM traces") == 4
    assert run.value("SELECT count(*) FROM losses") == 0


@pytest.mark.every_python
@pytest.mark.parametrize("user_site", ["", "1"], ids=["user", "no-user"])
def test_another_sitecustomize_in_front(bench, python, user_site):
    """usercustomize is the second chance; where there is none, what the child has not run is told with its place."""
    program = """
        import os, subprocess, sys
        ours = os.environ["PYTHONPATH"] if "BREADCRUMB_RUN" in os.environ else ""
        path = os.path.abspath("other") + os.pathsep + ours
        sys.exit(subprocess.run([sys.executable, "child.py"], env=dict(os.environ, PYTHONPATH=path)).returncode)
    """
    child = """
        import sys
        def work(n): return n
        work(1)
        print(sys.other, sorted(set(sys.modules) & {'usercustomize', 'sitecustomize'}))
    """
    other = {"other/sitecustomize.py": "import sys\nsys.other = 'other'\n"}
    bench.write({"program.py": program, "child.py": child, **other})
    more = {"env": {"PYTHONNOUSERSITE": user_site} if user_site else {}}
    command = [python.path, "program.py"]
    plain = bench.run(command, **more)
    traced = bench.run(
        [bench.program, "run", "-t", "100", "--db-path", bench.database, "--", *command], **more
    )
    assert (traced.status, traced.out) == (plain.status, plain.out)
    run = Run(bench, traced)
    works = run.value("SELECT count(*) FROM calls WHERE function_name = 'work'")
    if user_site:
        assert works == 0
        assert f"ran the sitecustomize in '{bench.project}/other'" in traced.err
    else:
        assert works == 1
        assert "without being recorded" not in traced.err


@pytest.mark.any_python
def test_another_sitecustomize_that_runs_ours(bench, python):
    """As ddtrace-run and others do: nothing is said."""
    chain = """
        import os, sys
        here = os.path.dirname(os.path.abspath(__file__))
        sys.path.remove(here)
        del sys.modules["sitecustomize"]
        try:
            import sitecustomize
        except ImportError:
            sys.modules["sitecustomize"] = sys.modules[__name__] = type(sys)("sitecustomize")
        finally:
            sys.path.insert(0, here)
    """
    program = """
        import os, subprocess, sys
        path = os.path.abspath("other") + os.pathsep + os.environ["PYTHONPATH"]
        subprocess.run([sys.executable, "child.py"], env=dict(os.environ, PYTHONPATH=path), check=True)
    """
    files = {"other/sitecustomize.py": chain, "child.py": "def work(n): return n\nwork(1)\n"}
    bench.write({"program.py": program, **files})
    ended = bench.run(
        [bench.program, "run", "-t", "100", "--db-path", bench.database, "--", python.path, "program.py"],
    )  # fmt: skip
    assert ended.status == 0 and "without being recorded" not in ended.err, ended.err
    assert Run(bench, ended).value("SELECT count(*) FROM calls WHERE function_name = 'work'") == 1


@pytest.mark.every_python
def test_the_functions_stay_what_they_are(bench, python):
    bench.write(
        {
            "program.py": """
                import _posixsubprocess, gc, inspect, os, posix, subprocess, sys, types
                names = "wait wait3 wait4 waitpid waitid _exit execv execve posix_spawn posix_spawnp system".split()
                subprocess.run(["true"], check=True)
                for function in *(getattr(posix, name) for name in names), _posixsubprocess.fork_exec:
                    print(repr(function)[:40], type(function), function.__doc__, function.__text_signature__)
                    print(function.__self__.__name__, function.__module__, function.__qualname__, function.__reduce__())
                    try:
                        print(inspect.signature(function))
                    except ValueError as error:
                        print(error)
                    print(sys.getrefcount(function), gc.is_tracked(function))
                for name in sorted(vars(os)):
                    if name.startswith("supports_") and isinstance(vars(os)[name], set):
                        found = [f for f in vars(posix).values() if callable(f) and f in vars(os)[name]]
                        print(name, *(sorted(f.__name__ for f in one) for one in (found, vars(os)[name])))
                fork_exec = _posixsubprocess.fork_exec
                calls = [
                    (os.waitpid,), (os.waitpid, 0, 0, 0), (os.wait,), (os.execv, 1, 2), (os.execv, "/bin/true", 3),
                    (os.execve, "/bin/true", ["a"], 3), (os.posix_spawn, "/bin/true"), (os.posix_spawn, "/n", [], {}),
                    (os.posix_spawn, "/bin/true", ["a"], 5), (os.posix_spawn, "/bin/true", [3], {}), (os.system,),
                    (os.system, 5), (fork_exec,), (fork_exec, *range(21)), (fork_exec, *range(23)),
                ]
                for function, *given in calls:
                    try:
                        print(function(*given))
                    except Exception as error:
                        print(type(error).__name__, error)
            """
        }
    )
    command = [python.path, "program.py"]
    plain = bench.run(command)
    assert plain.status == 0, plain.err
    assert bench.run([*bench.tracing("--all-code", "--every-call"), *command]) == plain


# ---- the kernel is out of memory ------------------------------------------------------------------------------


@pytest.fixture
def little_memory(tmp_path):
    """The words that put a command into a group of processes which may use 96 MB together."""
    old = Path("/sys/fs/cgroup/memory")  # version 1
    group = (old if old.is_dir() else Path("/sys/fs/cgroup")) / f"breadcrumb-{os.getpid()}"
    limits = {
        "memory.limit_in_bytes",
        "memory.max",
        "memory.memsw.limit_in_bytes",
        "memory.swap.max",
    }
    try:
        group.mkdir()
        for name in sorted(limits):
            if (group / name).exists():
                size = 0 if "swap.max" in name else 96 << 20
                (group / name).write_text(str(size))
        assert (group / "memory.limit_in_bytes").exists() or (group / "memory.max").exists()
    except (OSError, AssertionError) as error:
        with contextlib.suppress(OSError):
            group.rmdir()
        pytest.skip(f"no group of processes with a limit of memory can be made: {error}")
    yield ["/bin/sh", "-c", f'echo $$ >{group}/cgroup.procs && exec "$@"', "sh"]
    group.rmdir()


HUNGRY = """
    import os, sys

    def eat(kept, n):
        kept.append(bytearray(b"x" * (4 << 20)))
        return n

    def child():
        kept = []
        for n in range(200):
            eat(kept, n)

    def main():
        if sys.argv[1] == "alone":
            child()
        pid = os.fork()
        if pid == 0:
            child()
            os._exit(0)
        print(os.waitpid(pid, 0)[1])

    main()
"""


@pytest.mark.any_python
@pytest.mark.parametrize("who", ["alone", "child"])
def test_out_of_memory(bench, python, little_memory, who):
    """The kernel kills it: what was recorded is kept to the last call, the open one too, and the signal is known."""
    bench.write({"program.py": HUNGRY})
    words = [*bench.tracing("--every-call"), *little_memory, python.path, "program.py", who]
    ended = bench.run(words)
    run = Run(bench, ended)
    if who == "alone":
        assert ended.status == -signal.SIGKILL
    else:
        assert (ended.status, ended.out) == (0, "9\n"), ended
    killed = (
        "SELECT id FROM traces WHERE end_reason = 'signal' AND exit_code = -9 AND status = 'failed'"
    )
    assert run.value(f"SELECT count(*) FROM ({killed})") == 1
    done = run.value(f"""
        SELECT count(*) FROM calls WHERE function_name = 'eat' AND outcome = 'return' AND trace_id IN ({killed})
    """)  # fmt: skip
    assert 5 <= done <= 30, done
    opened = run.query(
        "SELECT (args->>'n')::INT AS n FROM calls WHERE function_name = 'eat' AND outcome = 'open'"
    )
    # The page that the kernel had no room for may be that of the record itself: then nothing was open yet.
    assert opened in ([{"n": done}], []), opened
