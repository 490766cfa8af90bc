"""The settings `lines` and `locals`: what is told of them, in which answers, and that nobody else notices."""

from __future__ import annotations

import itertools
import json
import subprocess

import pytest

PROGRAM = """
    def double(n):
        m = n * 2
        return m

    def main():
        total = 0
        for n in range(3):
            total += double(n)
        return total

    main()
"""


def lines_of(run, name):
    sql = f"SELECT line_number AS n FROM lines WHERE function_name = '{name}' ORDER BY line_id"
    return [row["n"] for row in run.query(sql)]


@pytest.mark.every_python
def test_lines_are_events(python, trace):
    run = trace(PROGRAM, "--lines", python=python)
    assert lines_of(run, "double") == [3, 4] * 3
    assert lines_of(run, "main") == [7, 8, 9, 8, 9, 8, 9, 8, 10]
    calls = "SELECT call_id FROM calls WHERE function_name = 'double'"
    assert run.value(f"SELECT count(*) FROM lines WHERE call_id IN ({calls})") == 6
    # Between the events of their call, in the order of time.
    events = run.query(
        "SELECT event_type AS e, line_number AS n FROM trace_events WHERE function_name = 'double'"
        ' ORDER BY call_id, "timestamp", id'
    )
    told = [row["n"] if row["e"] == "line" else row["e"] for row in events]
    assert sorted(map(str, told[:4])) == ["3", "4", "call", "return"]
    flow = run.bench.breadcrumb("flow", "--function", "double", "--format", "table").out
    assert flow.count("-- __main__.double:3") == 3, flow


def test_without_the_setting_there_are_none(python, trace):
    run = trace(PROGRAM, python=python)
    assert run.value("SELECT count(*) FROM lines") == 0


def test_calls_that_are_thinned_tell_no_lines(python, trace):
    source = """
        def work(n):
            if n % 50 == 49:
                try:
                    raise KeyError(n)
                except KeyError:
                    pass
            return n

        def main():
            for n in range(300):
                work(n)

        main()
    """
    run = trace(source, "--lines", "--hot-threshold", "20", python=python)
    kept = "SELECT call_id FROM calls WHERE function_name = 'work'"
    assert run.value(f"SELECT count(*) FROM ({kept})") == 20
    # Two lines of each recorded call, and none of the others.
    assert run.value("SELECT count(*) FROM lines WHERE function_name = 'work'") == 2 * 20
    assert (
        run.value(
            f"SELECT count(*) FROM lines WHERE function_name = 'work' AND call_id NOT IN ({kept})"
        )
        == 0
    )
    assert len(lines_of(run, "main")) == 1 + 300 * 2


TURNS = """
    import sys
    def work(n):
        return n
    def main():
        for line in sys.stdin:
            work(1)
            print("done", flush=True)
    main()
"""


def test_lines_are_switched_on_while_it_runs(bench, python):
    bench.write({"program.py": TURNS})
    with bench.start(
        [*bench.tracing(), python.path, "program.py"], stdin=subprocess.PIPE
    ) as process:

        def turn():
            process.stdin.write(b"\n")
            process.stdin.flush()
            assert process.stdout.readline() == b"done\n"

        def switch(word):
            ended = bench.breadcrumb("set", f"lines={word}")
            assert ended.status == 0, ended.out

        turn()
        switch("on")
        turn()
        turn()
        switch("off")
        turn()
        turn()
        process.stdin.close()
        assert process.wait(60) == 0
    answer = json.loads(
        bench.breadcrumb(
            "query", "SELECT function_name AS f, line_number AS n FROM lines ORDER BY line_id"
        ).out
    )
    seen = [(row["f"], row["n"]) for row in answer["rows"]]
    # main() was open when they were switched on, at a call of work().
    assert seen.count(("work", 4)) in (1, 2)
    mine = [n for f, n in seen if f == "main"]
    assert mine.count(8) == 2
    assert all(b == {6: 7, 7: 8, 8: 6}[a] for a, b in itertools.pairwise(mine)), mine


TRACER = """
    import sys, threading
    seen = []
    def tracer(frame, event, argument):
        if frame.f_code.co_name in ("inner", "outer"):
            seen.append((frame.f_code.co_name, event, frame.f_lineno))
        return tracer
    def inner(n):
        try:
            {}[n]
        except KeyError:
            n = 2
        return n
    def outer():
        a = inner(1)
        return a
    print(sys.gettrace())
    sys.settrace(tracer)
    print(sys.gettrace() is tracer)
    outer()
    print(sys.gettrace() is tracer, sys._getframe().f_trace)
    sys.settrace(None)
    outer()
    print(sys.gettrace(), seen)
    threading.settrace(tracer)
    t = threading.Thread(target=outer)
    t.start(); t.join()
    print(seen)
"""


@pytest.mark.every_python
@pytest.mark.parametrize("option", ["--lines", "--every-call"])
def test_a_trace_function_of_the_program_sees_what_it_would(python, trace, option):
    run = trace(TRACER, option, python=python)  # and says the same as untraced
    if option == "--lines":
        assert lines_of(run, "inner") == [9, 10, 11, 12, 13] * 3
        assert lines_of(run, "outer") == [15, 16] * 3
    assert run.value("SELECT count(*) FROM exceptions WHERE handled = 'true'") == 3


LOCALS = """
    def work(n, password):
        total = []
        token = "abc" + password
        for i in range(n):
            total.append(i)
        del i
        keep = lambda: total
        return keep

    def count():
        x = 1
        yield x
        x = 2
        yield x

    def many(n):
        for k in range(n):
            work(k + 1, "hunter2")
        return k

    work(2, "hunter2")
    list(count())
    many(3)
"""


@pytest.mark.every_python
def test_locals_that_changed_stand_at_the_next_line(python, trace):
    run = trace(LOCALS, "--locals", python=python)
    rows = run.query(
        "SELECT function_name AS f, line_number AS n, locals FROM lines l WHERE call_id IN "
        "(SELECT call_id FROM calls WHERE parent_id IS NULL OR depth = 1) ORDER BY line_id"
    )
    told = {}
    for row in rows:
        told.setdefault(row["f"], []).append((row["n"], row["locals"]))
    assert told["work"] == [
        (3, {"n": 2, "password": "[REDACTED]"}),
        (4, {"total": []}),
        (5, {"token": "[REDACTED]"}),
        (6, {"i": 0}),
        (5, {"total": [0]}),
        (6, {"i": 1}),
        (5, {"total": [0, 1]}),
        (7, {}),
        (8, told["work"][8][1]),
        (9, told["work"][9][1]),
    ]
    assert list(told["work"][8][1]) == ["i"], "it was deleted"
    assert list(told["work"][9][1]) == ["keep"]
    assert told["count"] == [(12, {}), (13, {"x": 1}), (14, {}), (15, {"x": 2})]
    assert [(n, {k: v for k, v in seen.items() if k != "n"}) for n, seen in told["many"]] == [
        (18, {}), (19, {"k": 0}), (18, {}), (19, {"k": 1}), (18, {}), (19, {"k": 2}), (18, {}), (20, {}),
    ]  # fmt: skip
    stored = run.value("SELECT string_agg(data::VARCHAR) FROM trace_events")
    assert "hunter2" not in stored and '{"locals":{"total":[0]}}' in stored.replace(" ", "")
