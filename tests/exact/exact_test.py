"""Every call is there: function by function as many as cProfile counts, and nested as a plain reference has it.

cProfile counts a generator or coroutine each time it runs on, so calls are compared with calls and resumes together.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest
from helpers import Bench, Interpreter
from programs import HERE, PROGRAMS, Program, benchmarks

EVERYTHING = ("--every-call", "--all-code", "--no-default-excludes", "--values", "off")
Key = tuple[str, int, str]


def is_explained(python: Interpreter, key: Key, profiled: int, recorded: int) -> bool:
    """What the two may differ in, and why."""
    # CPython 3.11 runs a Python __getitem__ without asking the frame hook, once `a[b]` is specialised for it.
    return python.version < (3, 12) and key[2].endswith("__getitem__") and recorded < profiled


def name_of(file: str, name: str) -> str:
    """A method compiled from a text has its class in the recording's name, and its place in the text in the others'."""
    return name.rpartition(".")[2] if file == "<string>" else name


@pytest.fixture(params=PROGRAMS, ids=lambda program: program.name)
def program(request: pytest.FixtureRequest, python: Interpreter) -> Program:
    chosen: Program = request.param
    if python.version < chosen.since:
        pytest.skip(f"{chosen.name} needs Python {chosen.since}")
    return chosen


class Subject:
    """One program, run in three ways."""

    def __init__(self, bench: Bench, python: Interpreter, program: Program, *, tiny: bool) -> None:
        self.bench = bench
        self.source = bench.project / "run_benchmark.py"
        self.source.write_text(program.source(benchmarks(), tiny=tiny))
        self.words: Sequence[str | Path] = [python.path, HERE / "subject.py"]
        self.arguments = program.arguments

    def run(self, mode: str, before: Sequence[str | Path] = ()) -> Path:
        answer = self.bench.project / f"{mode}.json"
        command = [*before, *self.words, mode, answer, self.source, *self.arguments]
        ended = self.bench.run(command, env={"PYTHONPATH": str(HERE / "shim")})
        assert ended.status == 0, ended.err
        return answer

    def counted(self, mode: str) -> list[list]:
        return json.loads(self.run(mode).read_text())

    def recorded(self, sql: str) -> list[tuple]:
        """Runs it traced and asks. `inside` is what the function `measured` did, itself left out."""
        self.run("plain", self.bench.tracing(*EVERYTHING))
        assert self.bench.breadcrumb("ingest").status == 0
        with duckdb.connect(str(self.bench.database), read_only=True) as connection:
            assert connection.sql("SELECT coalesce(sum(events), 0) FROM losses").fetchall() == [
                (0,)
            ]
            inside = """
                WITH m AS (SELECT * FROM calls WHERE function_name = 'measured'),
                inside AS (
                    SELECT c.call_id, c.parent_id, c.depth - m.depth AS depth, c.resumes,
                           f.file_path, f.line_number, f.qualified_name
                    FROM m, calls c JOIN functions f ON f.id = c.function_id
                    WHERE c.call_id > m.call_id AND c.start_ns < m.start_ns + m.duration_ns
                )
            """
            return connection.sql(inside + sql).fetchall()


def test_counts(bench: Bench, python: Interpreter, program: Program) -> None:
    subject = Subject(bench, python, program, tiny=False)
    profiled, recorded = Counter[Key](), Counter[Key]()
    for file, line, name, calls in subject.counted("profile"):
        if name != "measured":
            profiled[file, line, name_of(file, name)] += calls
    for file, line, name, calls in subject.recorded(
        "SELECT file_path, line_number, qualified_name, count(*) + sum(resumes) "
        "FROM inside GROUP BY ALL"
    ):
        recorded[file, line, name_of(file, name)] += calls
    both = {key: (profiled[key], recorded[key]) for key in profiled | recorded}
    different = {
        key: {"cProfile": pair[0], "breadcrumb": pair[1]}
        for key, pair in sorted(both.items())
        if pair[0] != pair[1] and not is_explained(python, key, *pair)
    }
    assert different == {}
    assert sum(recorded.values()) > 0


@pytest.mark.since(3, 12)
def test_nesting(bench: Bench, python: Interpreter, program: Program) -> None:
    subject = Subject(bench, python, program, tiny=True)
    reference = [
        (file, line, name_of(file, name), *rest)
        for file, line, name, *rest in subject.counted("reference")
    ]
    assert reference[0][2] == "measured"
    rows = subject.recorded(
        "SELECT file_path, line_number, qualified_name, depth, parent_id, call_id "
        "FROM inside ORDER BY call_id"
    )
    places = {row[5]: place for place, row in enumerate(rows, start=1)}
    # The first one's parent is `measured`, which the reference has at place 0.
    recorded = [
        (row[0], row[1], name_of(row[0], row[2]), row[3], places.get(row[4], 0)) for row in rows
    ]
    first = next(
        (
            i
            for i, pair in enumerate(zip(recorded, reference[1:], strict=False))
            if pair[0] != pair[1]
        ),
        None,
    )
    if first is not None:
        around = slice(max(0, first - 3), first + 3)
        pytest.fail(f"call {first}:\n{recorded[around]}\nreference:\n{reference[1:][around]}")
    assert len(recorded) == len(reference) - 1
