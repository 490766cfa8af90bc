"""Runs breadcrumb as a person would, and turns its answers into text that a test can spell out."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Row = dict[str, Any]


# Words before a command that is to respect the modes of files: root does not, unless these rights are taken from it.
HELD_TO_MODES: tuple[str, ...] = (
    ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
)


# Built with sanitizers (make sanitize): several times as slow, and what was freed is kept for a while to catch its use.
SANITIZED = os.environ.get("BREADCRUMB_SANITIZED") == "1"


@dataclass(frozen=True)
class Interpreter:
    path: str
    version: tuple[int, ...]
    free_threaded: bool = False

    def __str__(self) -> str:
        return f"py{self.release.replace('.', '')}"

    @property
    def release(self) -> str:
        """3.14, or 3.14t without a GIL."""
        return f"{self.version[0]}.{self.version[1]}{'t' if self.free_threaded else ''}"


@dataclass(frozen=True)
class Ended:
    """How a process ended, and what it said."""

    status: int
    stdout: bytes
    stderr: bytes

    @property
    def out(self) -> str:
        return self.stdout.decode("utf-8", "replace")

    @property
    def err(self) -> str:
        return self.stderr.decode("utf-8", "replace")


# Where an object lies differs from run to run, traced or not.
ADDRESS = re.compile(rb"0x[0-9a-f]{6,}")


def masked(ended: Ended) -> tuple[int, list[bytes], list[bytes]]:
    """What must be the same in a traced run and in an untraced one."""
    return (
        ended.status,
        ADDRESS.sub(b"0x", ended.stdout).splitlines(),
        ADDRESS.sub(b"0x", ended.stderr).splitlines(),
    )


@functools.cache
def knows_every_call(program: Path) -> bool:
    """A program without the gears of hot functions records every call anyway."""
    return b"--every-call" in subprocess.run([program, "run", "--help"], capture_output=True).stdout


class AnswerError(AssertionError):
    """breadcrumb refused to answer."""

    def __init__(self, ended: Ended) -> None:
        super().__init__(f"status {ended.status}\n{ended.out}{ended.err}")
        self.ended = ended


class Bench:
    """A project folder with a database of its own, and the program."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.program = program
        self.project = folder / "project"
        self.database = folder / "db" / "traces.duckdb"
        self.home = folder / "home"
        for made in (self.project, self.database.parent, self.home):
            made.mkdir(parents=True, exist_ok=True)

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Nothing of the outer BREADCRUMB_* or PYTHON* settings, but what sanitizers need; nor the width of a terminal,
        which readline in pytest hands to its workers."""
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("BREADCRUMB_", "PYTHON", "PYTEST", "COV_", "COLUMNS", "LINES"))
        }
        kept |= {"HOME": str(self.home), "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
        # A pytest under test takes away, at its end, what earlier ones left in their common folder: of a suite
        # like this one that are gigabytes, which take minutes.
        kept["PYTEST_DEBUG_TEMPROOT"] = str(self.home)
        return kept | {"LC_ALL": "C.UTF-8", "TZ": "UTC"} | dict(more or {})

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.project / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), encoding="utf-8")

    def start(self, command: Sequence[str | Path], **more: Any) -> subprocess.Popen[bytes]:
        environment = self.environment(more.pop("env", None))
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(
            [str(word) for word in command],
            **({"cwd": self.project, "env": environment} | pipes | more),
        )

    def run(self, command: Sequence[str | Path], timeout: float = 120, **more: Any) -> Ended:
        given = more.pop("input", None)
        if given is not None:
            more["stdin"] = subprocess.PIPE
        with self.start(command, **more) as process:
            try:
                stdout, stderr = process.communicate(given, timeout=timeout)
            except BaseException:
                process.kill()
                raise
        return Ended(process.returncode, stdout, stderr)

    def breadcrumb(self, *words: str | Path, **more: Any) -> Ended:
        return self.run([self.program, *words, "--db-path", self.database], **more)

    def tracing(self, *options: str) -> list[str | Path]:
        """The words that go before a command to have it traced."""
        limit = () if {"-t", "--timeout"} & set(options) else ("-t", "100")
        if not knows_every_call(self.program):
            options = tuple(option for option in options if option != "--every-call")
        place = ("--silent", "--db-path", self.database)
        return [self.program, "run", *limit, *place, *options, "--"]

    def trace(
        self,
        source: str,
        *options: str,
        python: Interpreter,
        arguments: Sequence[str] = (),
        files: Mapping[str, str] | None = None,
        harmless: bool = True,
        **more: Any,
    ) -> Run:
        """Records `source` as program.py of the project.

        harmless: runs it untraced too, and demands the same output, byte for byte, and the same status.
        """
        self.write({"program.py": source, **(files or {})})
        command = [python.path, "program.py", *arguments]
        ended = self.run([*self.tracing(*options), *command], **more)
        if harmless:
            assert ended == self.run(command, **more), "traced on the left, untraced on the right"
        return Run(self, ended)


def answered(ended: Ended) -> Row:
    if ended.status not in (0, 2):
        raise AnswerError(ended)
    return json.loads(ended.stdout)


def rows_of(answer: Row) -> list[Row]:
    """The rows stand under the name of the question."""
    (rows,) = (value for key, value in answer.items() if isinstance(value, list) and key != "next")
    return rows


def without_ids(value: Any) -> Any:
    """The same value without what differs from run to run: identities."""
    if isinstance(value, dict):
        return {key: without_ids(inner) for key, inner in value.items() if key != "$id"}
    if isinstance(value, list):
        return [without_ids(inner) for inner in value]
    return value


def as_text(value: Any) -> str:
    return json.dumps(without_ids(value), ensure_ascii=False)


@dataclass
class Run:
    """A recorded run, and the questions that a test asks of it."""

    bench: Bench
    ended: Ended
    _calls: list[Row] | None = field(default=None, repr=False)

    def query(self, sql: str) -> list[Row]:
        return rows_of(answered(self.bench.breadcrumb("query", "--format", "json", sql)))

    def one(self, sql: str) -> Row:
        (row,) = self.query(sql)
        return row

    def value(self, sql: str) -> Any:
        (value,) = self.one(sql).values()
        return value

    def calls(self, order: str = "start_ns, call_id") -> list[Row]:
        return self.query(
            f"""SELECT calls.*, exceptions.exception_type, exceptions.message
                FROM calls LEFT JOIN exceptions USING (trace_id, exception_id)
                ORDER BY {order}"""
        )

    def tree(self, *, hide: Iterable[str] = ("<module>",), resumes: bool = False) -> str:
        """The calls as an indented text, those of one caller in the sequence in which they began:

        main(n=2) -> 3
          Cart.add(self={"$type": "__main__.Cart"}, item="x") !! ValueError: no
        """
        calls = self.calls()
        hidden = {call["call_id"] for call in calls if call["function_name"] in set(hide)}
        below: dict[Any, list[Row]] = {}
        for call in calls:
            parent = call["parent_id"]
            below.setdefault(None if parent in hidden else parent, []).append(call)
        lines: list[str] = []

        def add(call: Row, depth: int) -> None:
            if call["call_id"] not in hidden:
                lines.append("  " * depth + line_of(call, resumes))
            for inner in below.get(call["call_id"], ()):
                add(inner, depth + 1)

        for call in below.get(None, ()):
            add(call, 0)
        return "\n".join(lines)

    def arguments(self, function: str) -> list[Any]:
        """The arguments of each call of a function, in the sequence of the calls."""
        name = function.replace("'", "''")
        rows = self.query(
            f"SELECT args FROM calls WHERE function_name = '{name}' ORDER BY start_ns, call_id"
        )
        return [without_ids(row["args"]) for row in rows]


@contextlib.contextmanager
def another_duckdb(database: Path, read_only: bool = False, run: str = "") -> Iterator[None]:
    """Somebody else's program with DuckDB: runs a statement if told to, and has the file open while this lasts.

    A process of its own, without what is preloaded into this one: DuckDB's wheel ends a process that a sanitizer is in.
    """
    program = """
import duckdb, sys
with duckdb.connect(sys.argv[1], read_only=bool(sys.argv[2])) as connection:
    if sys.argv[3]:
        connection.execute(sys.argv[3])
    print("open", flush=True)
    sys.stdin.read()
"""
    command = [sys.executable, "-c", program, str(database), "yes" if read_only else "", run]
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("LD_PRELOAD", "LD_LIBRARY_PATH")
    }
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdin is not None and other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        yield
        other.stdin.close()
        assert other.wait(60) == 0


def line_of(call: Row, resumes: bool) -> str:
    arguments = ", ".join(
        f"{name}={as_text(value)}" for name, value in (call["args"] or {}).items()
    )
    text = f"{call['function_name']}({arguments})"
    if resumes and call["resumes"]:
        text += f" ~{call['resumes']}"
    if call["outcome"] == "return":
        return f"{text} -> {as_text(call['result'])}"
    if call["outcome"] == "exception":
        message = call["message"]
        return f"{text} !! {call['exception_type']}" + (f": {message}" if message else "")
    return f"{text} {call['outcome']}"


def lines(text: str, python: Interpreter | None = None) -> str:
    """An expected text, written indented in a test. A line that ends in `|3.11` or `|3.12+` holds there only."""
    kept = []
    for line in textwrap.dedent(text).strip("\n").splitlines():
        body, bar, versions = line.rpartition("|")
        if bar and versions.startswith("3."):
            wanted = tuple(int(part) for part in versions.rstrip("+").split("."))
            assert python is not None
            there = python.version[:2]
            if there != wanted and not (versions.endswith("+") and there > wanted):
                continue
            line = body.rstrip()
        kept.append(line.rstrip())
    return "\n".join(kept)
