"""What README and docs show is what happens: their sessions are run, word for word, and their outputs compared."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import Bench, Ended, Interpreter

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = sorted((ROOT / "docs").glob("*.md"))
# How many events the interpreter's own steps make differs by its version: comprehensions were calls before 3.12.
NUMBERS = re.compile(r"^(\s*(?:- )?(?:Total Events|Calls|Returns)): \d+$")

pytestmark = pytest.mark.any_python


def sessions(page: Path) -> Iterator[tuple[str, list[str]]]:
    """(command, the lines that it prints) of each `$ breadcrumb ...` of an indented block."""
    lines = page.read_text().splitlines()
    at = 0
    while at < len(lines):
        if not lines[at].startswith("    $ "):
            at += 1
            continue
        command = lines[at].removeprefix("    $ ")
        at += 1
        # A word in quotes may go on over several lines.
        while command.count('"') % 2:
            command += "\n" + lines[at].removeprefix("    ")
            at += 1
        shown = []
        while at < len(lines) and (lines[at].startswith("    ") or not lines[at]):
            if lines[at].startswith("    $ "):
                break
            shown.append(lines[at].removeprefix("    "))
            at += 1
        while shown and not shown[-1]:
            shown.pop()
        yield command, shown


def fenced(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def orders(bench: Bench) -> Bench:
    shutil.copytree(ROOT / "examples/orders", bench.project, dirs_exist_ok=True)
    return bench


def type_in(bench: Bench, command: str, python: Interpreter) -> Ended:
    """As a person would: the Python that is meant is the one of the test, the database that of the project."""
    words = shlex.split(command)
    assert words[0] == "breadcrumb"
    folder = bench.project / "bin"
    folder.mkdir(exist_ok=True)
    for name in ("python", "python3"):
        if not (folder / name).exists():
            (folder / name).write_text(f'#!/bin/sh\nexec {python.path} "$@"\n')
            (folder / name).chmod(0o755)
    path = f"{folder}:{bench.environment()['PATH']}"
    return bench.run([bench.program, *words[1:]], env={"PATH": path, "COLUMNS": ""})


def record(bench: Bench, python: Interpreter) -> None:
    assert type_in(bench, "breadcrumb run -t 60 --silent python3 main.py", python).status == 0


def masked(line: str) -> str:
    """How far the other thread is when an order fails is a matter of time, too."""
    return re.sub(r"\d+ there", "N there", NUMBERS.sub(r"\1: N", line.rstrip()))


def test_the_session_of_the_readme(orders: Bench, python: Interpreter) -> None:
    found = list(sessions(ROOT / "README.md"))
    assert [shlex.split(command)[1] for command, _ in found] == ["run", "query", "query"]
    for command, shown in found:
        ended = type_in(orders, command, python)
        assert ended.status == 0, ended.err
        said = [masked(line) for line in (ended.err + ended.out).splitlines()]
        if shlex.split(command)[1] == "query":
            assert said == [masked(line) for line in shown], command
            continue
        # The report is shortened there.
        for line in shown:
            if line not in ("", "..."):
                assert masked(line) in said, "\n".join([line, *said][:60])


def test_the_queries_of_the_docs(orders: Bench, python: Interpreter) -> None:
    record(orders, python)
    queries = [(page, sql) for page in DOCS for sql in fenced(page, "sql")]
    assert len(queries) >= 11
    empty = []
    for page, sql in queries:
        ended = type_in(orders, f"breadcrumb query {shlex.quote(sql)}", python)
        assert ended.status in (0, 2), f"{page.name}: {sql}\n{ended.out}"
        if ended.status == 2:
            empty.append(sql)
    # Those that ask for what this run does not have: a cart, open calls, losses and a run before.
    assert len(empty) <= len(queries) / 2, empty


def test_the_commands_of_the_docs(orders: Bench, python: Interpreter) -> None:
    record(orders, python)
    own = {"run", "set", "serve-mcp", "install-agent", "config"}  # have tests of their own
    ran = 0
    for page in [ROOT / "README.md", *DOCS]:
        for block in fenced(page, ""):
            for line in block.splitlines():
                words = shlex.split(line, comments=True) if line.startswith("breadcrumb ") else []
                if len(words) < 2 or words[1] in own or words[1].startswith("["):
                    continue
                command = shlex.join(words).replace("FUNCTION", "check_amount")
                ended = type_in(orders, command, python)
                assert ended.status in (0, 2), f"{page.name}: {line}\n{ended.out}"
                json.loads(ended.out)
                ran += 1
    assert ran >= 4


def test_the_json_of_the_docs() -> None:
    blocks = [block for page in DOCS for block in fenced(page, "json")]
    assert blocks
    for block in blocks:
        json.loads(block)


def test_every_block_of_the_docs_is_run_or_marked() -> None:
    """`text` is what is not to be run: output, a synopsis, a layout. All else is in one of the tests above, and what is
    typed at a prompt (`pycon`) in tests/api."""
    for page in [ROOT / "README.md", *DOCS]:
        for language, block in re.findall(
            r"^```(\w*)\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL
        ):
            assert language in ("", "sql", "json", "python", "pycon", "text"), (
                f"{page.name}: {language}"
            )
            if language == "":
                for line in block.splitlines():
                    assert line.startswith("breadcrumb "), f"{page.name}: is not run: {line}"
                    assert not line.startswith("breadcrumb ["), f"{page.name}: a synopsis: {line}"


def test_the_python_of_the_docs(orders: Bench, python: Interpreter) -> None:
    blocks = [block for page in [ROOT / "README.md", *DOCS] for block in fenced(page, "python")]
    assert blocks
    found = orders.run([orders.program, "doctor", "--python-path"])
    for block in blocks:
        ended = orders.run([python.path, "-c", block], env={"PYTHONPATH": found.out.strip()})
        assert ended.status == 0, f"{block}\n{ended.err}"
        assert ended.err.startswith("Breadcrumb enabled:") and "Traceback" not in ended.err
