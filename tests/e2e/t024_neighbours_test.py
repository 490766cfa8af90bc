"""Debuggers, profilers and trace functions beside the recorder: each says what it would alone; nothing is missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers import Run

OPTIONS = ["--lines", "--every-call"]

SUBJECT = """
    def inner(n):
        try:
            {}[n]
        except KeyError:
            n += 1
        return n

    def outer(n):
        total = 0
        for i in range(n):
            total += inner(i)
        return total
"""


def check(run, calls, option):
    assert run.value("SELECT count(*) FROM calls WHERE function_name = 'inner'") == calls
    assert run.value("SELECT count(*) FROM exceptions WHERE handled_by = 'inner'") == calls
    if option == "--lines":
        sql = "SELECT count(*) FROM lines WHERE function_name = 'inner'"
        assert run.value(sql) == 5 * calls


@pytest.mark.every_python
@pytest.mark.parametrize("option", OPTIONS)
def test_pdb(python, trace, option):
    source = """
        import pdb, sys, io
        from subject import outer
        commands = io.StringIO("b subject.py:6\\nc\\np n\\nc\\nn\\ns\\nup\\np total\\nw\\ncl 1\\nc\\n")
        debugger = pdb.Pdb(stdin=commands, stdout=sys.stdout, nosigint=True, readrc=False)
        debugger.use_rawinput = False
        print(debugger.runcall(outer, 3))
        print(outer(2), sys.gettrace())
    """
    run = trace(source, option, python=python, files={"subject.py": SUBJECT})
    assert "KeyError" not in run.ended.err
    check(run, 5, option)


NAMES = Path(__file__).parents[1] / "harm/traps/debugger_by_another_name.py"


@pytest.mark.every_python
@pytest.mark.parametrize("options", [(), ("--all-code", "--every-call"), ("--lines",)])
def test_pdb_by_another_name(trace, options):
    """Whether the debugger itself is recorded or not."""
    source = NAMES.read_text()
    trace(source, *options, input=b"n\nc\nn\nc\nn\nc\nn\nc\n")


@pytest.mark.every_python
@pytest.mark.parametrize("option", OPTIONS)
def test_a_profiler(python, trace, option):
    source = """
        import cProfile, sys
        from subject import outer
        profiler = cProfile.Profile(builtins=False)
        print(profiler.runcall(outer, 3))
        counts = {e.code.co_name: e.callcount for e in profiler.getstats()
                  if not isinstance(e.code, str)}
        print(counts["outer"], counts["inner"])
        seen = []
        def profile(frame, event, argument):
            if frame.f_code.co_name in ("inner", "outer"):
                seen.append((event, frame.f_code.co_name))
        sys.setprofile(profile)
        outer(2)
        print(sys.getprofile() is profile)
        sys.setprofile(None)
        outer(1)
        print(seen)
    """
    run = trace(source, option, python=python, files={"subject.py": SUBJECT})
    check(run, 6, option)


@pytest.mark.every_python
@pytest.mark.parametrize("option", OPTIONS)
def test_a_trace_function_with_opcodes_that_goes_by_itself(python, trace, option):
    source = """
        import sys
        from subject import outer
        seen = []
        def tracer(frame, event, argument):
            if frame.f_code.co_name not in ("inner", "outer"):
                return None
            seen.append((event, frame.f_lineno))
            if len(seen) == 12:
                sys.settrace(None)
            return tracer
        sys.settrace(tracer)
        outer(3)
        print(sys.gettrace(), seen)
        def failing(frame, event, argument):
            raise OSError("a trace function that fails")
        sys.settrace(failing)
        try:
            outer(1)
        except OSError as error:
            print(error, sys.gettrace())
        print(outer(2))
    """
    run = trace(source, option, python=python, files={"subject.py": SUBJECT})
    assert run.value("SELECT count(*) FROM calls WHERE function_name = 'inner'") == 5
    if option == "--lines":
        assert run.value("SELECT count(*) FROM lines WHERE function_name = 'inner'") == 5 * 5


@pytest.mark.since(3, 12)
@pytest.mark.every_python
def test_all_monitoring_tools_are_taken(bench, python):
    """The program is not harmed, the run says why nothing was recorded, and its trace how the program ended."""
    bench.write(
        {
            "taker/sitecustomize.py": """
                import sys
                for number in range(6):
                    sys.monitoring.use_tool_id(number, f"tool {number}")
            """,
            "program.py": "import sys\nprint('ran')\nsys.exit(int(sys.argv[1]))",
        }
    )
    for status in (0, 3):
        nothing_is_recorded(bench, python, status)


def nothing_is_recorded(bench, python, status):
    words = ["run", "-t", "60", "--db-path", bench.database, "--", python.path, "program.py"]
    words.append(str(status))
    ended = bench.run([bench.program, *words], env={"PYTHONPATH": str(bench.project / "taker")})
    assert (ended.status, ended.out) == (status, "ran\n")
    # In the report, which has it from the trace, and as what is said at the end.
    why = ": the monitoring tools 5, 4 and 3 are all taken"
    assert ended.err.count(why) == 2
    assert "breadcrumb gaps" in ended.err and "breadcrumb flow" not in ended.err
    for question in ("tree", "top", "flow"):  # where there is nothing else to see
        asked = bench.breadcrumb(question)
        assert asked.status == 2 and json.loads(asked.out)["why"].endswith(why)
    [trace] = Run(bench, ended).query(
        "SELECT status, end_reason, exit_code, ended_at > started_at AS went_on, (SELECT events FROM losses l"
        " WHERE l.trace_id = t.id AND cause = 'unreachable')::BIGINT AS unreachable "
        "FROM traces t ORDER BY started_at DESC LIMIT 1"
    )
    assert trace == {
        "status": "failed" if status else "completed",
        "end_reason": "exit",
        "exit_code": status,
        "went_on": True,
        "unreachable": 1,
    }
