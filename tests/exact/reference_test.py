"""The answers of calls, tree, flow, performance and exceptions are those that an independent reference works out.

Breadcrumb and the reference watch the same run, each as a tool of sys.monitoring: reference_watch.py writes down its
events, reference_model.py makes calls, exceptions and times of them.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from helpers import Bench, Interpreter, Row, answered, without_ids
from programs import HERE
from reference_model import Call, Error, Model
from reference_programs import PROGRAMS

pytestmark = pytest.mark.since(3, 12)

MS = 1e6
ALL = "100000"


@dataclass
class Subject:
    """One program, what the reference saw of it, and what Breadcrumb answers."""

    bench: Bench
    model: Model
    rows: dict[int, Row]  # of `calls`, by call_id
    calls: dict[int, Call]  # the reference's, by the same
    ids: dict[int, int]  # of the reference's calls, by their order

    def ask(self, *words: str) -> Row:
        return answered(self.bench.breadcrumb(*words))

    def id_of(self, call: Call | None) -> int | None:
        return self.ids[call.order] if call is not None else None


def record(bench: Bench, python: Interpreter, source: str) -> Model:
    program, events = bench.project / "program.py", bench.project / "events.json"
    program.write_text(source)
    command = [python.path, HERE / "reference_watch.py", program, events]
    ended = bench.run([*bench.tracing("--every-call"), *command])
    assert events.exists(), ended.err
    return Model(json.loads(events.read_text()), str(program))


def by_thread(calls: list[Call]) -> dict[int, list[Call]]:
    threads: dict[int, list[Call]] = {}
    for call in calls:
        threads.setdefault(call.thread, []).append(call)
    return threads


def is_unseen(call: Call) -> bool:
    """Suspended, and its end was announced to nobody: some versions do not tell when a generator is closed."""
    return call.outcome == "open"


@pytest.fixture(params=PROGRAMS)
def subject(request: pytest.FixtureRequest, bench: Bench, python: Interpreter) -> Subject:
    model = record(bench, python, PROGRAMS[request.param])
    answer = answered(bench.breadcrumb("calls", "__main__.*", "--limit", ALL))
    rows = sorted(answer["calls"], key=lambda row: row["call_id"])
    threads = by_thread(model.calls)
    paired: dict[int, Call] = {}
    for thread, expected in threads.items():
        found = [row for row in rows if row["thread_id"] == thread]
        names = [row["function"] for row in found]
        assert names == [call.place.function for call in expected], f"thread {thread}"
        paired |= {row["call_id"]: call for row, call in zip(found, expected, strict=True)}
    assert len(paired) == len(rows) == answer["total"] == answer["call_count"]
    ids = {call.order: number for number, call in paired.items()}
    return Subject(bench, model, {row["call_id"]: row for row in rows}, paired, ids)


def test_answers(subject: Subject) -> None:
    """In one test: recording is what takes time."""
    check_calls(subject)
    check_exceptions(subject)
    check_flow(subject)
    check_tree(subject)
    counts = Counter(call.place.function for call in subject.model.calls)
    for function, _ in counts.most_common(2):
        check_neighbours(subject, function)
        check_performance(subject, function)


# ---- calls ----------------------------------------------------------------------------------


def exception_text(error: Error | None) -> str | None:
    if error is None:
        return None
    return f"{error.qualified}: {error.message}" if error.message else error.qualified


def check_calls(subject: Subject) -> None:
    tasks: dict[Any, Any] = {}
    for number, row in subject.rows.items():
        call = subject.calls[number]
        expected = {
            "args": call.more["args"],
            "parent_id": subject.id_of(call.parent),
            "depth": call.depth,
            "resumes": call.resumes,
            "exception": exception_text(call.exception),
            "result": call.result,
            "outcome": row["outcome"] if is_unseen(call) else call.outcome,
            "caller": call.caller[0].function if call.caller is not None else None,
            "caller_line": call.caller[1] if call.caller is not None else None,
        }
        found = {key: without_ids(row[key]) for key in expected}
        assert found == expected, call.place
        if row["task_id"] is not None:
            # A task has a name for the reference and a number here.
            assert tasks.setdefault(row["task_id"], call.more["task"]) == call.more["task"]
        if is_unseen(call):
            assert row["outcome"] in ("open", "return")
        else:
            assert call.total.holds(row["duration_ms"] * MS), (call.place, call.total, row)
            assert call.own.holds(row["self_ms"] * MS), (call.place, call.own, row)
    assert len(set(tasks.values())) == len(tasks)


def check_neighbours(subject: Subject, function: str) -> None:
    answer = subject.ask("calls", function, "--limit", ALL)
    mine = [call for call in subject.model.calls if call.place.function == function]
    assert [row["call_id"] for row in answer["calls"]] == [
        row["call_id"]
        for row in sorted(
            (subject.rows[subject.ids[call.order]] for call in mine),
            key=lambda row: (row["started_at"], row["call_id"]),
        )
    ]
    callers = Counter(call.caller[0].function for call in mine if call.caller is not None)
    callees = Counter(
        call.place.function
        for call in subject.model.calls
        if call.parent is not None and call.parent.place.function == function
    )
    assert {row["function"]: row["calls"] for row in answer["callers"]} == callers
    assert {row["function"]: row["calls"] for row in answer["callees"]} == callees


# ---- exceptions -----------------------------------------------------------------------------


def check_exceptions(subject: Subject) -> None:
    answer = subject.ask("exceptions", "--trace", "last", "--limit", ALL)
    # The last digits of the id are those of the thread's stream, then of the exception in it.
    rows = sorted(answer["exceptions"], key=lambda row: row["id"][19:])
    times = Counter((e.kind, e.place, e.line) for e in subject.model.recorded)
    threads = by_thread([e.call for e in subject.model.recorded if e.call is not None])
    assert len(rows) == len(subject.model.recorded) == answer["total"]
    for thread in threads:
        found = [row for row in rows if subject.rows[row["call_id"]]["thread_id"] == thread]
        expected = [
            expected_exception(subject, error, times)
            for error in subject.model.recorded
            if error.call is not None and error.call.thread == thread
        ]
        for row, other in zip(found, expected, strict=False):
            assert exception_of(row) == other
        assert len(found) == len(expected)
    newest = [row["created_at"] for row in answer["exceptions"]]
    assert newest == sorted(newest, reverse=True)


def exception_of(row: Row) -> Row:
    left_out = ("id", "trace_id", "created_at", "module_name", "file_path", "stack_trace")
    found = {key: value for key, value in row.items() if key not in left_out}
    found["function_name"] = f"{row['module_name']}.{row['function_name']}"
    found["frames"] = [without_ids(frame) for frame in row["frames"]]
    # Each line of code that stands in a traceback: `  File "x.py", line 3, in f`.
    found["stack"] = [
        [line.split('"')[1], int(line.rpartition(", line ")[2].partition(",")[0])]
        for line in row["stack_trace"].splitlines()
        if line.startswith('  File "')
    ]
    return found


def expected_exception(subject: Subject, error: Error, times: Counter[Any]) -> Row:
    causes, cause = [], error.cause
    while cause is not None and cause.recorded and len(causes) < 10:
        causes.append(
            {
                "exception_type": cause.kind,
                "message": cause.message,
                "function": cause.place.function,
                "line": cause.line,
            }
        )
        cause = cause.cause
    frames = [
        {
            "call_id": subject.id_of(call),
            "function": call.place.function,
            "file": call.place.file,
            "line": call.place.line,
            "args": call.more["args"],
        }
        for call in error.crossed[:20]
    ]
    by = error.handled_by
    return {
        "exception_type": error.kind,
        "message": error.message,
        "function_name": error.place.function,
        "line_number": error.line,
        "handled": error.handled,
        "handled_by": by.function.removeprefix(f"{by.module}.") if by is not None else None,
        "handled_line": error.handled_line,
        "occurrence_count": times[error.kind, error.place, error.line],
        "call_id": subject.id_of(error.call),
        "frames": frames,
        "causes": causes,
        "stack": error.stack[-100:],
    }


# ---- flow -----------------------------------------------------------------------------------


def check_flow(subject: Subject) -> None:
    answer = subject.ask("flow", "--limit", ALL)
    moments = [row["timestamp"] for row in answer["events"]]
    assert moments == sorted(moments)
    unseen = {subject.id_of(call) for call in subject.model.calls if is_unseen(call)}
    for thread in by_thread(subject.model.calls):
        found = [
            (row["event_type"], row["call_id"], without_ids(event_data(row)))
            for row in answer["events"]
            if row["thread_id"] == thread
            and not (row["event_type"] == "return" and row["call_id"] in unseen)
        ]
        expected = []
        for event in subject.model.flow:
            if event.thread == thread and event.call is not None:
                number = subject.id_of(event.call)
                if event.error is not None:
                    data = [event.error.kind, event.error.message, event.error.handled]
                elif event.what == "call":
                    data = call_data(event.call)
                else:
                    data = event.call.result
                expected.append((event.what, number, data))
        assert found == expected


def event_data(row: Row) -> Any:
    data = row["data"]
    if row["event_type"] == "return":
        assert data["duration_ms"] == pytest.approx(row["duration_ns"] / MS)
        return data["return_value"]
    if row["event_type"] == "exception":
        return [data["exception_type"], data["message"], data["handled"]]
    return data["args"] | data["kwargs"]


def call_data(call: Call) -> Row:
    """As `args` and `kwargs` together have it: what **kwargs took stands there without its name."""
    return {
        key: value
        for name, argument in call.more["args"].items()
        for key, value in (
            argument.items() if name == "more" or name == "kwargs" else [(name, argument)]
        )
    }


# ---- tree -----------------------------------------------------------------------------------


def check_tree(subject: Subject) -> None:
    answer = subject.ask("tree", "--depth", "199", "--width", "1000")
    expected: list[Row] = []
    for _, roots in groups([c for c in subject.model.calls if c.parent is None], threads=True):
        add_nodes(subject, roots, 0, expected)
    found = [{key: without_ids(row[key]) for key in expected[0]} for row in answer["tree"]]
    for node, other in zip(found, expected, strict=False):
        assert flat(node) == flat(other)
    assert len(found) == len(expected) == answer["total"]


def flat(node: Row) -> Row:
    """Times to the nearest ns, so that what is beside them can be compared."""
    return node | {key: round(node[key] * MS) for key in ("total_ms", "self_ms")}


def groups(calls: list[Call], *, threads: bool = False) -> list[tuple[Any, list[Call]]]:
    """Calls of the same function, in the order in which the first of each began."""
    found: dict[Any, list[Call]] = {}
    for call in calls:
        found.setdefault((call.thread if threads else 0, call.place), []).append(call)
    return list(found.items())


def add_nodes(subject: Subject, calls: list[Call], level: int, nodes: list[Row]) -> None:
    rows = [subject.rows[subject.ids[call.order]] for call in calls]
    first = rows[0]
    nodes.append(
        {
            "level": level,
            "function": first["function"],
            "calls": len(calls),
            "total_ms": sum(row["duration_ms"] or 0 for row in rows),
            "self_ms": sum(row["self_ms"] or 0 for row in rows),
            "exceptions": sum(row["outcome"] == "exception" for row in rows),
            "open_calls": sum(row["outcome"] == "open" for row in rows),
            "args": without_ids(first["args"]),
            "result": without_ids(first["result"]),
            "call_id": first["call_id"],
            "hidden_below": 0,
        }
    )
    above = {call.order for call in calls}
    below = [c for c in subject.model.calls if c.parent is not None and c.parent.order in above]
    for _, same in groups(below):
        add_nodes(subject, same, level + 1, nodes)


# ---- performance ----------------------------------------------------------------------------


def check_performance(subject: Subject, function: str) -> None:
    answer = subject.ask("performance", function, "--limit", "5")
    mine = [call for call in subject.model.calls if call.place.function == function]
    rows = [subject.rows[subject.ids[call.order]] for call in mine]
    ended = sorted(row["duration_ms"] for row in rows if row["outcome"] != "open")
    found = answer["statistics"]
    assert found["call_count"] == found["recorded_calls"] == len(mine)
    assert found["timed_calls"] == len(ended)
    assert found["open_calls"] == len(mine) - len(ended)
    assert found["exception_count"] == sum(call.outcome == "exception" for call in mine)
    assert found["gear"] == "full"
    assert found["min_duration_ms"] == pytest.approx(ended[0])
    assert found["max_duration_ms"] == pytest.approx(ended[-1])
    assert found["total_ms"] == pytest.approx(sum(ended))
    assert found["avg_duration_ms"] == pytest.approx(sum(ended) / len(ended), abs=1e-6)
    assert found["self_ms"] == pytest.approx(sum(row["self_ms"] or 0 for row in rows))
    for key, share in (("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99)):
        exact = ended[max(0, math.ceil(share * len(ended)) - 1)]
        assert found[key] == pytest.approx(exact, rel=0.016, abs=2e-6)
    slowest = answer["slowest_traces"]
    assert [row["duration_ms"] for row in slowest] == pytest.approx(ended[::-1][:5])
    for row in slowest:
        known = subject.rows[row["call_id"]]
        for key in ("started_at", "self_ms", "outcome", "args", "result", "exception", "thread_id"):
            assert row[key] == known[key]
