"""Process trees: however a process comes to be and ends, it is a trace of its own, and nothing that it did is lost."""

from __future__ import annotations

import pytest
from helpers import Run

# Each program prints how many processes called work() once, each with a number of its own.
TREES = {
    "double_fork": """
        def main():
            pid = os.fork()
            if pid == 0:
                os.setsid()
                if os.fork() == 0:
                    work(1)
                    os._exit(0)
                os._exit(0)
            os.waitpid(pid, 0)
            work(0)
            return 2
    """,
    "fork_beside_threads": """
        def main():
            stop = threading.Event()
            threads = [threading.Thread(target=stop.wait) for _ in range(4)]
            for thread in threads:
                thread.start()
            for n in range(3):
                pid = os.fork()
                if pid == 0:
                    work(n)
                    os._exit(0)
                os.waitpid(pid, 0)
            stop.set()
            for thread in threads:
                thread.join()
            return 3
    """,
    "fork_out_of_a_thread": """
        def child():
            pid = os.fork()
            if pid == 0:
                work(1)
                os._exit(0)
            os.waitpid(pid, 0)

        def main():
            thread = threading.Thread(target=child)
            thread.start()
            thread.join()
            work(0)
            return 2
    """,
    "fork_chain": """
        def main():
            for n in range(5):
                pid = os.fork()
                if pid:
                    os.waitpid(pid, 0)
                    os._exit(0) if n else None
                    return 5
                work(n)
            os._exit(0)
    """,
    "posix_spawn": """
        def main():
            for n in range(2):
                pid = os.posix_spawn(sys.executable, [sys.executable, "program.py", str(n)], os.environ)
                os.waitpid(pid, 0)
            return 2
    """,
    "exec": """
        def main():
            work(0)
            sys.stdout.flush()
            os.execv(sys.executable, [sys.executable, "program.py", "1", "2"])
    """,
    "ends_without_exit": """
        def main():
            for n, end in enumerate([lambda: os._exit(3), lambda: os.abort(), lambda: os.kill(os.getpid(), 9)]):
                pid = os.fork()
                if pid == 0:
                    import resource
                    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
                    work(n)
                    end()
                os.waitpid(pid, 0)
            return 3
    """,
    "forkserver": """
        def main():
            context = multiprocessing.get_context("forkserver")
            children = [context.Process(target=work, args=(n,)) for n in range(3)]
            for child in children:
                child.start()
            for child in children:
                child.join()
            return 3
    """,
    "process_pool": """
        def main():
            with concurrent.futures.ProcessPoolExecutor(2) as pool:
                return len(list(pool.map(work, range(6))))
    """,
    "subprocesses_at_once": """
        def main():
            command = [sys.executable, "program.py"]
            children = [subprocess.Popen([*command, str(n)]) for n in range(4)]
            for child in children:
                child.wait()
            return 4
    """,
}

PROGRAM = """
        import concurrent.futures, multiprocessing, os, subprocess, sys, threading, warnings

        warnings.simplefilter("ignore")  # 3.12 and later warn of a fork beside threads, with the pid

        def work(n):
            return n * n
{tree}
        if __name__ == "__main__":
            if len(sys.argv) > 1:
                work(int(sys.argv[1]))
                if len(sys.argv) > 2:
                    print(2)
            else:
                print(main())
"""


@pytest.mark.parametrize("tree", TREES)
def test_every_process_is_there(trace, tree):
    run = trace(PROGRAM.format(tree=TREES[tree]))
    expected = int(run.ended.out)
    rows = run.query("""
        SELECT (args->>'n')::INT AS n, count(*) AS times, min(outcome) AS outcome
        FROM calls WHERE function_name = 'work' GROUP BY 1 ORDER BY 1
    """)
    assert rows == [{"n": n, "times": 1, "outcome": "return"} for n in range(expected)]
    assert run.value("SELECT count(DISTINCT run_id) FROM traces") == 1
    assert run.value("SELECT count(*) FROM traces WHERE parent_trace_id IS NULL") == 1
    assert run.value("SELECT coalesce(sum(events), 0) FROM losses") == 0


def test_a_daemon_outlives_its_parent(bench, python):
    """What it does after the run has ended is ingested by whoever asks next."""
    bench.write(
        {
            "program.py": """
                import os, sys, time

                def late():
                    return "late"

                def main():
                    if os.fork() == 0:
                        os.setsid()
                        null = os.open(os.devnull, os.O_RDWR)
                        for fd in (0, 1, 2):
                            os.dup2(null, fd)
                        while not os.path.exists("go"):
                            time.sleep(0.01)
                        late()
                        open("done", "w").close()
                        os._exit(0)

                main()
            """
        }
    )
    assert bench.run([*bench.tracing(), python.path, "program.py"], timeout=30).status == 0
    count = "SELECT count(*) AS n FROM calls WHERE function_name = 'late'"
    asked = bench.breadcrumb("query", "--format", "json", count)
    assert '"n": 0' in asked.out or '"n":0' in asked.out, asked.out
    (bench.project / "go").touch()
    bench.run(["sh", "-c", "until [ -e done ]; do sleep 0.01; done"], timeout=30)
    asked = bench.breadcrumb("query", "--format", "json", count)
    assert '"n": 1' in asked.out or '"n":1' in asked.out, asked.out


BEHIND_SHELLS = """
    import os, subprocess, sys

    def work(n):
        if n < 3:
            command = f"{sys.executable} program.py {n + 1}; true"
            os.system(command if n == 0 else f"sh -c 'sh -c \\"{command}\\"; true'; true")

    work(int(sys.argv[1]) if sys.argv[1:] else 0)
"""


def test_shells_between(bench, python):
    """They leave no trace: whose child a process is, those that are recorded know all the same."""
    bench.write({"program.py": BEHIND_SHELLS})
    ended = bench.run([*bench.tracing(), python.path, "program.py"])
    assert ended.status == 0, ended
    rows = Run(bench, ended).query("""
        SELECT c.args->>'n' AS n, p.args->>'n' AS above FROM calls c JOIN traces t ON t.id = c.trace_id
        LEFT JOIN calls p ON p.trace_id = t.parent_trace_id AND p.function_name = 'work'
        WHERE c.function_name = 'work' ORDER BY 1
    """)
    assert [tuple(row.values()) for row in rows] == [
        ("0", None),
        ("1", "0"),
        ("2", "1"),
        ("3", "2"),
    ]


GOES_FIRST = """
    import os, subprocess, sys

    def work(n):
        return n

    def start(how, command):
        if how == "popen":
            subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        elif how == "spawn":
            os.posix_spawn(command[0], command, os.environ)
        elif os.fork() == 0:
            os.execv(command[0], command)

    if sys.argv[1] == "child":
        work(2)
        open("done", "w").close()
    else:
        work(1)
        gone = f"while kill -0 {os.getpid()} 2>/dev/null; do sleep 0.01; done"
        start(sys.argv[1], ["/bin/sh", "-c", f"{gone}; exec {sys.executable} program.py child"])
"""


@pytest.mark.parametrize("how", ["popen", "spawn", "fork"])
def test_a_parent_that_is_gone_before_its_child_is_recorded(bench, python, how):
    bench.write({"program.py": GOES_FIRST})
    null = open("/dev/null", "wb")  # noqa: SIM115: the child has it for longer than we do
    words = [*bench.tracing(), python.path, "program.py", how]
    assert bench.run(words, stdout=null, stderr=null).status == 0
    null.close()
    bench.run(["sh", "-c", "until [ -e done ]; do sleep 0.01; done"], timeout=60)
    rows = Run(bench, None).query("""
        SELECT p.args->>'n' AS above FROM calls c JOIN traces t ON t.id = c.trace_id
        JOIN calls p ON p.trace_id = t.parent_trace_id
        WHERE c.function_name = 'work' AND p.function_name = 'work'
    """)
    assert rows == [{"above": "1"}]
