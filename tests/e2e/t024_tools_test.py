"""Packages of others beside the recorder (coverage, pytest-cov, OpenTelemetry), other tools of sys.monitoring, other
frame hooks. Whoever comes second, both work.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from helpers import Run

NEIGHBOURS = Path(os.environ.get("BREADCRUMB_NEIGHBOURS", "/nonexistent"))
SUBJECT = """
    def inner(n):
        if n % 2:
            return n
        return -n

    def never():
        return 0

    def steps(n):
        for i in range(n):
            yield inner(i)

    def outer(n):
        return sum(steps(n))
"""


@pytest.fixture
def path_of(python):
    """PYTHONPATH with the packages for this interpreter."""
    own = NEIGHBOURS / python.release
    if not own.is_dir():
        pytest.skip("tools/with_env.sh knows where the packages of tools/neighbours.txt are")
    return f"{own}:{NEIGHBOURS / 'common'}"


def both(bench, command, *options, **more):
    """The program untraced and traced: the same output and status. Returns the recorded run."""
    untraced = bench.run(command, **more)
    ended = bench.run([*bench.tracing("--every-call", *options), *command], **more)
    assert without_times(ended) == without_times(untraced)
    return Run(bench, ended)


def without_times(ended):
    """Durations and random ids differ from run to run."""
    return (
        ended.status,
        re.sub(r"0x[0-9a-f]{6,}|\d+\.\d+s|\d{4}-\d\d-\d\dT[^\"]*", "", ended.out),
        re.sub(r"0x[0-9a-f]{6,}", "", ended.err),
    )


def calls_of(run, function):
    return run.value(f"SELECT count(*) FROM calls WHERE function_name = '{function}'")


CORES = {"pytrace": (3, 10), "ctrace": (3, 10), "sysmon": (3, 12)}


def measured(bench, name):
    """Lines and branches of subject.py, by coverage."""
    report = json.loads((bench.project / name).read_text())
    [(_, found)] = [item for item in report["files"].items() if item[0].endswith("subject.py")]
    return found["executed_lines"], found["missing_lines"], found.get("executed_branches")


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("options", [(), ("--lines",)], ids=["calls", "lines"])
def test_coverage(bench, python, path_of, core, options):
    """Started by the program, so after the recorder."""
    if python.version < CORES[core]:
        pytest.skip("this core wants sys.monitoring")
    branches = core != "sysmon" or python.version >= (3, 14)  # before, sysmon cannot
    source = f"""
        import coverage
        measuring = coverage.Coverage(branch={branches}, include=["*subject.py"], data_file=None)
        measuring.start()
        from subject import outer
        print(outer(5))
        measuring.stop()
        measuring.json_report(outfile="report.json")
        print(outer(4))
    """
    bench.write({"program.py": source, "subject.py": SUBJECT})
    environment = {"PYTHONPATH": path_of, "COVERAGE_CORE": core}
    bench.run([python.path, "program.py"], env=environment)
    alone = measured(bench, "report.json")
    assert alone[1] == [7] or 8 in alone[1]
    run = both(bench, [python.path, "program.py"], *options, env=environment)
    assert measured(bench, "report.json") == alone
    assert calls_of(run, "inner") == 9
    if options:
        assert run.value("SELECT count(*) FROM lines WHERE function_name = 'inner'") == 2 * 9


@pytest.mark.parametrize("core", CORES)
def test_coverage_that_was_there_first(bench, python, path_of, core):
    """Started by a sitecustomize, so before the recorder; it ends with the program."""
    if python.version < CORES[core]:
        pytest.skip("this core wants sys.monitoring")
    files = {
        "first/sitecustomize.py": "import coverage\ncoverage.process_startup()\n",
        "coveragerc": "[run]\ndata_file = data\ninclude = *subject.py\n",
        "program.py": "from subject import outer\nprint(outer(5))\n",
        "subject.py": SUBJECT,
    }
    bench.write(files)
    environment = {
        "PYTHONPATH": f"{bench.project / 'first'}:{path_of}",
        "COVERAGE_CORE": core,
        "COVERAGE_PROCESS_START": "coveragerc",
    }
    report = [
        python.path,
        "-m",
        "coverage",
        "json",
        "--rcfile",
        "coveragerc",
        "-q",
        "-o",
        "report.json",
    ]

    def found():
        plain = {key: environment[key] for key in ("PYTHONPATH", "COVERAGE_CORE")}
        assert bench.run(report, env=plain).status == 0
        return measured(bench, "report.json")

    bench.run([python.path, "program.py"], env=environment)
    alone = found()
    run = both(bench, [python.path, "program.py"], env=environment)
    assert found() == alone and alone[1]
    assert calls_of(run, "inner") == 5


def test_pytest_with_coverage(bench, python, path_of):
    tests = """
        from subject import outer

        def test_sum():
            assert outer(5) == -2 + 1 - 4 + 3 + 0

        def test_fails():
            assert outer(4) == 0, "no"
    """
    bench.write({"test_it.py": tests, "subject.py": SUBJECT})
    words = ["-m", "pytest", "-p", "no:cacheprovider", "-p", "pytest_cov", "--cov=subject"]
    command = [python.path, *words, "--cov-branch", "--cov-report=json:report.json", "test_it.py"]
    bench.run(command, env={"PYTHONPATH": path_of})
    alone = measured(bench, "report.json")
    run = both(bench, command, env={"PYTHONPATH": path_of})
    assert run.ended.status == 1 and "1 failed, 1 passed" in run.ended.out
    assert measured(bench, "report.json") == alone
    assert calls_of(run, "inner") == 9 and calls_of(run, "test_fails") == 1


OTEL = {
    "OTEL_TRACES_EXPORTER": "console",
    "OTEL_METRICS_EXPORTER": "none",
    "OTEL_LOGS_EXPORTER": "none",
}


def test_opentelemetry(bench, python, path_of):
    """It wraps what the program imports: spans go to the console as they do alone."""
    source = """
        from opentelemetry.instrumentation import auto_instrumentation
        auto_instrumentation.initialize()
        import sqlite3
        from subject import outer
        from opentelemetry import trace

        def work():
            with trace.get_tracer("mine").start_as_current_span("by hand"):
                connection = sqlite3.connect(":memory:")
                connection.cursor().execute("SELECT 1").fetchall()
                return outer(3)

        print(work())
    """
    bench.write({"program.py": source, "subject.py": SUBJECT})
    environment = {"PYTHONPATH": path_of, **OTEL}
    command = [python.path, "program.py"]
    spans = []
    for before in ((), bench.tracing("--every-call")):
        ended = bench.run([*before, *command], env=environment)
        assert (ended.status, ended.out.count("\n-1\n") + ended.out.startswith("-1\n")) == (0, 1), (
            ended
        )
        spans.append(re.findall(r'"name": "(.*)"', ended.out))
    assert spans[0] == spans[1] and "by hand" in spans[0] and "SELECT" in spans[0]
    run = Run(bench, ended)
    assert calls_of(run, "inner") == 3 and calls_of(run, "work") == 1


@pytest.mark.every_python
def test_opentelemetry_instrument(bench, python, path_of):
    """It starts the program anew, with a sitecustomize before ours that does not go on to the next."""
    source = """
        import sqlite3, subprocess, sys
        from subject import outer

        def work():
            sqlite3.connect(":memory:").cursor().execute("SELECT 1").fetchall()
            return outer(3)

        print(work(), "breadcrumb_boot" in sys.modules, any("boot" in entry for entry in sys.path))
        if sys.argv[1:]:
            subprocess.run([sys.executable, "program.py"], check=True)
    """
    bench.write({"program.py": source, "subject.py": SUBJECT})
    run = "from opentelemetry.instrumentation.auto_instrumentation import run; run()"
    start = [python.path, "-c", run]
    spans = []
    for before in ((), bench.tracing("--every-call")):
        words = [*before, *start, python.path, "program.py", "again"]
        ended = bench.run(words, env={"PYTHONPATH": path_of, **OTEL})
        assert (ended.status, ended.out.count("-1 False False\n"), ended.err) == (0, 2, "")
        spans.append(re.findall(r'"name": "(.*)"', ended.out))
    assert spans[0] == spans[1] == ["SELECT", "SELECT"]
    run = Run(bench, ended)
    assert calls_of(run, "inner") == 6 and calls_of(run, "work") == 2


@pytest.mark.since(3, 12)
@pytest.mark.every_python
@pytest.mark.parametrize("first", [True, False], ids=["before", "after"])
def test_a_tool_on_each_number(bench, python, first):
    """Another tool takes each number that is free; both get all their events."""
    take = """
        import sys

        M, seen = sys.monitoring, {}

        def take(number):
            E = M.events
            M.use_tool_id(number, f"tool {number}")
            def note(code, *_):
                if code.co_name == "inner":
                    seen[number] = seen.get(number, 0) + 1
            M.register_callback(number, E.PY_START, note)
            M.register_callback(number, E.PY_RETURN, note)
            M.register_callback(number, E.LINE, lambda code, line: note(code) if code.co_name == "inner" else M.DISABLE)
            M.set_events(number, E.PY_START | E.PY_RETURN | E.LINE)
    """
    program = """
        import taker
        from subject import outer
        {start}
        print(outer(6))
        mine = dict(sorted(taker.seen.items()))
        taker.M.restart_events()
        for number in mine:
            taker.M.set_events(number, 0)
            taker.M.free_tool_id(number)
        print(outer(3))
        print(set(mine.values()))
    """
    # The last number is ours where nobody has it: who wants that one comes first, and one of the others is free then.
    for number in range(6) if first else range(5):
        files = {"taker.py": take, "subject.py": SUBJECT}
        files["first/sitecustomize.py"] = f"import taker\ntaker.take({number})" if first else ""
        files["program.py"] = program.format(start="" if first else f"taker.take({number})")
        bench.write(files)
        folders = f"{bench.project / 'first'}:{bench.project}"
        run = both(bench, [python.path, "program.py"], env={"PYTHONPATH": folders})
        assert run.ended.out.endswith(f"{{{6 * 4}}}\n"), number
    assert calls_of(run, "inner") == 9 * (6 if first else 5)


def built(bench, python):
    probe = "import sysconfig; print(sysconfig.get_path('include'))"
    include = subprocess.run(
        [python.path, "-I", "-c", probe], capture_output=True, text=True
    ).stdout.strip()
    source = Path(__file__).with_name("other_hook.c")
    library = bench.project / "other_hook.so"
    words = ["cc", "-shared", "-fPIC", "-O1", f"-I{include}", source, "-o", library]
    subprocess.run(words, check=True)
    return library


@pytest.mark.every_python
@pytest.mark.parametrize("first", [True, False], ids=["before", "after"])
def test_another_frame_hook(bench, python, first):
    """On 3.10 and 3.11 the recorder has one itself: they are chained."""
    if python.version >= (3, 12):
        pytest.skip("the recorder has no frame hook here")
    library = built(bench, python)
    files = {
        "other.py": f"import ctypes\nlibrary = ctypes.PyDLL({str(library)!r})\n",
        "first/sitecustomize.py": "import other\nother.library.install()\n" if first else "",
        "program.py": f"""
            import other
            from subject import outer
            {"" if first else "other.library.install()"}
            print(outer(6), other.library.seen())
            print(outer(3), other.library.seen())
        """,
        "subject.py": SUBJECT,
    }
    bench.write(files)
    folders = f"{bench.project / 'first'}:{bench.project}"
    run = both(bench, [python.path, "program.py"], env={"PYTHONPATH": folders})
    assert run.ended.out.split() == ["3", "6", "-1", "9"]
    assert calls_of(run, "inner") == 9
