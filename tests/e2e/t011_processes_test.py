"""Children: each process is a trace of its own, tied to its parent and to the run."""

from __future__ import annotations

from helpers import Run

FAMILY = """
    SELECT c.pid, c.run_id = p.run_id AS same_run, c.id <> p.id AS own
    FROM traces c JOIN traces p ON c.parent_trace_id = p.id
"""


def test_fork(trace):
    run = trace("""
        import os

        def before():
            return "before"

        def child():
            return "child"

        def parent(pid):
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

        def main():
            before()
            pid = os.fork()
            if pid == 0:
                child()
                os._exit(7)
            print(parent(pid))

        main()
    """)
    assert run.ended.out == "7\n"
    family = run.query(FAMILY)
    assert [(row["same_run"], row["own"]) for row in family] == [(True, True)]
    rows = run.query("""
        SELECT c.function_name AS name, t.parent_trace_id IS NOT NULL AS inner
        FROM calls c JOIN traces t ON t.id = c.trace_id WHERE c.function_name <> '<module>'
    """)
    found = sorted((row["name"], row["inner"]) for row in rows)
    assert [pair for pair in found if pair[0] in ("before", "parent")] == [
        ("before", False),
        ("parent", False),
    ]
    assert ("child", True) in found
    codes = run.query("SELECT exit_code, parent_trace_id IS NULL AS outer FROM traces ORDER BY 2")
    assert codes[-1] == {"exit_code": 0, "outer": True}


def test_fork_inside_threads_and_generators(trace):
    run = trace("""
        import os, threading, warnings

        warnings.simplefilter("ignore")  # 3.12 warns of a fork beside threads, with the pid

        def steps():
            yield 1
            pid = os.fork()
            if pid == 0:
                child()
                os._exit(0)
            os.waitpid(pid, 0)
            yield 2

        def child():
            return "child"

        def job(out):
            out.extend(steps())

        def main():
            out = []
            thread = threading.Thread(target=job, args=(out,))
            thread.start()
            thread.join()
            return out

        main()
    """)
    assert run.value("SELECT result FROM calls WHERE function_name = 'main'") == [1, 2]
    assert run.value("SELECT count(*) FROM traces") == 2
    assert run.value("SELECT count(*) FROM calls WHERE function_name = 'child'") == 1
    assert (
        run.value("SELECT count(*) FROM calls WHERE function_name = 'steps' AND outcome = 'return'")
        == 1
    )


def test_subprocess(trace):
    run = trace(
        """
        import subprocess, sys

        def main():
            return subprocess.run([sys.executable, "child.py"], capture_output=True, text=True).stdout

        main()
        """,
        files={"child.py": "def inner(): return 'in'\nprint(inner())\n"},
    )
    assert run.value("SELECT result FROM calls WHERE function_name = 'main'") == "in\n"
    assert len(run.query(FAMILY)) == 1
    command = run.one("SELECT command FROM traces WHERE parent_trace_id IS NOT NULL")["command"]
    assert "child.py" in command
    row = run.one("""
        SELECT c.result FROM calls c JOIN traces t ON t.id = c.trace_id
        WHERE c.function_name = 'inner' AND t.parent_trace_id IS NOT NULL
    """)
    assert row == {"result": "in"}


def test_multiprocessing(trace):
    run = trace("""
        import multiprocessing

        def square(n):
            return n * n

        def main(method):
            with multiprocessing.get_context(method).Pool(2) as pool:
                return pool.map(square, range(10), chunksize=5)

        if __name__ == "__main__":
            print(main("fork"), main("spawn"))
    """)
    assert run.ended.out == f"{[n * n for n in range(10)]} {[n * n for n in range(10)]}\n"
    rows = run.query("""
        SELECT (args->>'n')::INT AS n, count(*) AS times FROM calls
        WHERE function_name = 'square' GROUP BY 1 ORDER BY 1
    """)
    assert rows == [{"n": n, "times": 2} for n in range(10)]
    assert run.value("SELECT count(DISTINCT run_id) FROM traces") == 1


def test_shell_script(bench, python):
    """A command that is not a Python: what it starts is recorded."""
    bench.write(
        {
            "one.py": "def f(): return 1\nf()\n",
            "go.sh": f"{python.path} one.py && {python.path} one.py\nexit 5\n",
        }
    )
    ended = bench.run([*bench.tracing(), "sh", "go.sh"])
    assert ended.status == 5
    run = Run(bench, ended)
    assert run.value("SELECT count(*) FROM calls WHERE function_name = 'f'") == 2
    assert run.value("SELECT count(*) FROM traces") == 2
    assert run.value("SELECT count(DISTINCT run_id) FROM traces") == 1


def test_isolated_python_cannot_be_reached(bench, python):
    """-I hides the environment: the program runs, untraced, and that is said."""
    bench.write({"program.py": "print('ran')\n"})
    words = [bench.program, "run", "-t", "60", "--db-path", bench.database, "--"]
    ended = bench.run([*words, python.path, "-I", "program.py"])
    assert (ended.status, ended.out) == (0, "ran\n")
    assert ended.err.strip(), "a report that says that nothing was recorded"
