"""Each message of a bad day, word by word: what failed, and what to do next. And the day after, when that was done."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
from helpers import HELD_TO_MODES, Bench, Ended, another_duckdb, answered, rows_of

pytestmark = pytest.mark.one_python

PROGRAM = "def f(n):\n    return n\n\nf(1)\nprint('done')\n"
ELSEWHERE = "the recording lies beside the database: give it another place with --db-path PATH"
TABLES = (
    "Available tables: traces, trace_events, exceptions, functions, calls, function_stats, lines,"
    " threads, tasks, losses, open_calls, schema_version"
)
ONLY = f"Only SELECT queries are allowed. {TABLES}; breadcrumb schema has their columns"
ARROW = "-> binds weaker than the comparison behind it"
PARENTHESES = "put parentheses around it, as in (args->>'name') = 'x'"
SCHEMA = f"{TABLES}; breadcrumb schema has their columns"


def told(ended: Ended) -> tuple[str, str]:
    """What failed and what to do, of a command that answers in JSON."""
    answer = json.loads(ended.out)
    return answer["message"], answer["suggestion"]


def last_line(ended: Ended) -> str:
    """What `run` said at last, which speaks to people."""
    return ended.err.splitlines()[-1].removeprefix("breadcrumb: ")


COMMANDS = {
    "unknown command": (
        ["lst"],
        "unknown command 'lst'",
        "did you mean 'breadcrumb list'?",
    ),
    "no such command at all": (
        ["frobnicate"],
        "unknown command 'frobnicate'",
        "see 'breadcrumb --help' for all commands",
    ),
    "unknown option": (
        ["list", "--frob"],
        "unknown option '--frob'",
        "see 'breadcrumb list --help'",
    ),
    "unknown command, as a table": (
        ["lst", "--format", "table"],
        "unknown command 'lst'",
        "did you mean 'breadcrumb list'?",
    ),
    "a number is expected": (
        ["list", "--limit", "many"],
        "option --limit: 'many' is not a whole number",
        "give a number from 1 to 100000",
    ),
    "no such format": (
        ["list", "--format", "xml"],
        "option --format: there is no 'xml'",
        "give one of: json, table, csv, jsonl",
    ),
}


@pytest.mark.parametrize("case", COMMANDS)
def test_wrong_words(bench: Bench, case: str) -> None:
    words, *expected = COMMANDS[case]
    ended = bench.run([bench.program, *words])
    if words[-1] == "table":
        assert (ended.status, ended.out) == (1, "")
        assert ended.err.splitlines()[0] == f"breadcrumb: {expected[0]}; {expected[1]}"
    else:
        assert (ended.status, *told(ended)) == (1, *expected)


RUNS = {
    "no timeout": (
        ["true"],
        1,
        "the option --timeout is missing; say how many seconds the command may run:"
        " breadcrumb run -t 60 CMD...",
    ),
    "negative timeout": (
        ["-t", "-3", "true"],
        1,
        "option --timeout: '-3' is no time that a command can run;"
        " give seconds, more than 0 and at most 1000000000",
    ),
    "timeout that is no number": (
        ["-t", "soon", "true"],
        1,
        "option --timeout: 'soon' is not a number; give a number, like 5",
    ),
    "no such command": (
        ["-t", "5", "no-such-command"],
        127,
        "cannot run 'no-such-command': there is no such command;"
        " check the spelling, or give its path",
    ),
    "a script that is not executable": (
        ["-t", "5", "./program.py"],
        126,
        "cannot run './program.py': Permission denied;"
        " name its interpreter: breadcrumb run -t SECONDS python ./program.py",
    ),
    "another file that is not executable": (
        ["-t", "5", "./notes.txt"],
        126,
        "cannot run './notes.txt': Permission denied;"
        " make it executable, or name the program that runs it",
    ),
    "a folder": (
        ["-t", "5", "./folder"],
        126,
        "cannot run './folder': Is a directory; name the program that is to run",
    ),
}


@pytest.mark.parametrize("case", RUNS)
def test_wrong_run(bench: Bench, case: str) -> None:
    words, status, message = RUNS[case]
    bench.write({"program.py": PROGRAM, "notes.txt": "notes\n", "folder/x": ""})
    ended = bench.run([bench.program, "run", *words])
    said = ended.err.splitlines()
    assert ended.status == status
    assert [f"breadcrumb: {message}"] == [line for line in said if not line.startswith("usage: ")]
    assert not bench.database.exists()


SQL = {
    "DELETE FROM traces": ("not a SELECT query: DELETE", ONLY),
    "ATTACH 'other.duckdb'": ("not a SELECT query: ATTACH", ONLY),
    "COPY calls TO 'stolen.csv'": ("not a SELECT query: COPY", ONLY),
    "SELECT * FROM read_csv('/etc/passwd')": ("the function read_csv is not for queries", ONLY),
    "SELECT 1; SELECT 2": ("one query at a time: this is 2 statements", ONLY),
    "SELEC 1": ('syntax error at or near "SELEC"', ONLY),
    "SELECT * FROM call": (
        "Table with name call does not exist!",
        f"Did you mean calls? {SCHEMA}",
    ),
    "SELECT * FROM calls WHERE args->'n' = 1": (ARROW, PARENTHESES),
    # The nearest name that DuckDB knows is a table of ours that is not for queries.
    "SELECT * FROM consume": ("Table with name consume does not exist!", ONLY),
}


def test_sql_says_what_is_wrong(bench: Bench, python) -> None:
    bench.trace(PROGRAM, python=python)
    for sql, expected in SQL.items():
        message, suggestion = told(bench.breadcrumb("query", sql))
        schema = "; breadcrumb schema has their columns"
        assert message == expected[0], sql
        assert suggestion.split("; ")[0] == expected[1].removesuffix(schema), sql
    assert not (bench.project / "stolen.csv").exists()
    advice = "it is one SELECT, in quotes; 'breadcrumb schema' says what it may name"
    assert told(bench.breadcrumb("query")) == ("SQL is missing", advice)


def asked(bench: Bench, *before: str) -> tuple[str, str]:
    return told(bench.run([*before, bench.program, "list", "--db-path", bench.database]))


def recorded(bench: Bench, python, *before: str, database=None) -> Ended:
    words = [bench.program, "run", "-t", "60", "--silent", "--db-path", database or bench.database]
    return bench.run([*before, *words, python.path, "program.py"])


def test_what_is_at_the_place_is_no_database(bench: Bench, python) -> None:
    bench.write({"program.py": PROGRAM})
    bench.database.mkdir()
    directory = f"the database '{bench.database}' is a directory"
    advice = "name the file, like DIR/traces.duckdb"
    assert asked(bench) == (directory, advice)
    assert last_line(recorded(bench, python)) == f"{directory}; {advice}"

    bench.database.rmdir()
    bench.database.write_text("something else, longer than the header of a database" * 100)
    assert asked(bench) == (
        f"cannot open the database '{bench.database}': it is not a database",
        "name another file with --db-path, or move this one out of the way",
    )
    ended = recorded(bench, python)
    assert (ended.status, ended.out) == (125, "")
    assert (
        last_line(ended)
        == f"'{bench.database}' is not a database; give another path with --db-path PATH"
    )


def test_what_is_at_the_place_is_no_file_or_empty(bench: Bench, python) -> None:
    """A pipe is not waited for. An empty file is said to be no database before the program runs, not afterwards."""
    bench.write({"program.py": PROGRAM})
    no_database = f"cannot open the database '{bench.database}': it is not a database"
    move = "name another file with --db-path, or move this one out of the way"
    os.mkfifo(bench.database)
    assert asked(bench) == (no_database, move)
    ended = recorded(bench, python)
    assert (ended.status, ended.out) == (125, "")
    bench.database.unlink()
    bench.database.touch()
    assert asked(bench) == (no_database, move)
    ended = recorded(bench, python)
    assert (ended.status, ended.out) == (125, "")
    assert last_line(ended).endswith(
        "is not a database; it is empty: remove it, or give another path with --db-path PATH"
    )
    bench.database.unlink()
    assert recorded(bench, python).status == 0


def test_paths_that_lead_nowhere(bench: Bench, python) -> None:
    bench.write({"program.py": PROGRAM, "file": "text"})
    below = bench.project / "file" / "x.duckdb"
    circle = bench.project / "circle.duckdb"
    circle.symlink_to(circle)
    for path, message, advice in (
        (
            below,
            f"cannot read the trails in '{below.parent}/trails': Not a directory",
            "a part of that path is a file, not a folder: give another path",
        ),
        (
            circle,
            f"cannot open the database '{circle}': Too many levels of symbolic links",
            "name another database with --db-path",
        ),
        (
            "",
            "the database path is empty",
            "name the file, like DIR/traces.duckdb",
        ),
    ):
        ended = bench.run([bench.program, "list", "--db-path", path])
        assert (ended.status, *told(ended)) == (1, message, advice)
        words = ["run", "-t", "60", "--db-path", path, python.path, "program.py"]
        ended = bench.run([bench.program, *words])
        assert (ended.status, ended.out) == (125 if path else 1, "")
        assert "; " in ended.err.splitlines()[0], ended.err


def test_a_link_to_a_database(bench: Bench, python) -> None:
    """It is that database, whether the file is there already or not. Trails lie beside the file; the link stays one."""
    bench.write({"program.py": PROGRAM, "elsewhere/x": ""})
    file = bench.project / "elsewhere" / "real.duckdb"
    bench.database.symlink_to(file)
    counted = "SELECT count(*) AS n FROM calls WHERE function_name = 'f'"
    for runs in (1, 2):
        assert recorded(bench, python).out == "done\n"
        answer = answered(bench.breadcrumb("query", "--format", "json", counted))
        assert rows_of(answer) == [{"n": runs}]
    assert bench.breadcrumb("prune", "--keep", "1").status == 0
    assert rows_of(answered(bench.breadcrumb("query", "--format", "json", counted))) == [{"n": 1}]
    assert bench.database.is_symlink() and file.is_file()
    assert not (bench.database.parent / "trails").exists()


def test_a_newer_schema(bench: Bench, python) -> None:
    """The program runs, and its recording waits for a newer breadcrumb."""
    bench.trace(PROGRAM, python=python)
    with another_duckdb(bench.database, run="UPDATE schema_version SET version = '99.0.0'"):
        pass
    before = bench.database.read_bytes()
    message, advice = asked(bench)
    assert "99.0.0" in message
    assert "newer breadcrumb" in advice
    ended = recorded(bench, python)
    assert (ended.status, ended.out) == (0, "done\n")
    assert message in ended.err
    assert "nothing is lost: it is kept in" in last_line(ended)
    stores = f"'breadcrumb ingest --db-path {bench.database}' stores it"
    assert last_line(ended).endswith(f"; install a newer breadcrumb: then {stores}")
    assert bench.database.read_bytes() == before


def test_a_database_that_is_not_ours(bench: Bench, python) -> None:
    """Its trails cannot be read; it cannot be read itself; it can be read only."""
    bench.trace(PROGRAM, python=python)
    trails = bench.database.parent / "trails"
    trails.chmod(0)
    behind = f"not yet ingested: cannot read the trails in '{trails}': Permission denied"
    for words, rows in ((["list"], "traces"), (["query", "SELECT 1"], "rows"), (["status"], None)):
        ended = bench.run([*HELD_TO_MODES, bench.program, *words, "--db-path", bench.database])
        answer = json.loads(ended.out)
        assert ended.status == 0
        if rows is not None:
            assert len(answer[rows]) == 1
            assert [omitted["reason"] for omitted in answer["omitted"]] == [behind]
        else:
            assert f"not yet ingested: {answer['status']['why_behind']}" == behind
    trails.chmod(0o700)
    bench.database.chmod(0)
    assert asked(bench, *HELD_TO_MODES) == (
        f"cannot open the database '{bench.database}': Permission denied",
        "change the permissions, or name another database with --db-path",
    )
    cannot = f"cannot write the database '{bench.database}': Permission denied"
    ended = recorded(bench, python, *HELD_TO_MODES)
    assert last_line(ended) == (
        f"{cannot}; make it writable, or give another one with --db-path PATH"
    )
    bench.database.chmod(0o400)
    assert last_line(recorded(bench, python, *HELD_TO_MODES)) == last_line(ended)


def test_a_trail_that_cannot_be_made(bench: Bench, python) -> None:
    """It says why: not that the folder, which could not be made, is not there."""
    bench.write({"program.py": PROGRAM})
    closed = bench.project / "closed"
    closed.mkdir()
    closed.chmod(0o500)
    try:
        ended = recorded(bench, python, *HELD_TO_MODES, database=closed / "x.duckdb")
        assert (ended.status, ended.out) == (125, "")
        cannot = f"cannot make the directory '{closed}/trails': Permission denied"
        assert last_line(ended) == f"{cannot}; {ELSEWHERE}"

        ended = bench.run(
            [*HELD_TO_MODES, bench.program, "ingest", "--db-path", closed / "x.duckdb"]
        )
        assert told(ended)[0] == f"cannot open the database '{closed}/x.duckdb': permission denied"

        ended = recorded(bench, python, *HELD_TO_MODES, database=closed / "new" / "x.duckdb")
        cannot = f"cannot make the directory '{closed}/new': Permission denied"
        assert (
            last_line(ended) == f"{cannot}; give a place that you can write to with --db-path PATH"
        )
    finally:
        closed.chmod(0o700)


SMALL_DISK = """
    mount -t tmpfs -o size=4m tmpfs "$1" || exit 77
    cp "$3" "$1/old.duckdb"
    run() { "$2" run -t 60 --silent --db-path "$1/$4" "$3" program.py; echo "status $?"; }
    dd if=/dev/zero of="$1/rest" bs=4k 2> /dev/null
    run "$1" "$2" "$4" new.duckdb
    rm "$1/rest"
    mount -o remount,ro "$1"
    run "$1" "$2" "$4" new.duckdb
    run "$1" "$2" "$4" old.duckdb
    "$2" query --db-path "$1/old.duckdb" "SELECT count(*) AS n FROM calls WHERE function_name = 'f'"
"""


def test_a_disk_that_is_full_and_then_read_only(bench: Bench, python) -> None:
    alone = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*alone, "true"], capture_output=True).returncode != 0:
        pytest.skip("no mounts of its own for this user")
    bench.trace(PROGRAM, python=python)
    disk = bench.project / "disk"
    bench.write({"disk.sh": SMALL_DISK, "disk/x": ""})
    ended = bench.run([*alone, "sh", "disk.sh", disk, bench.program, bench.database, python.path])
    if ended.status == 77:
        pytest.skip("no tmpfs for this user")
    said, answer = ended.out.split("{", 1)
    assert said == "status 125\n" * 3
    assert rows_of(json.loads("{" + answer)) == [{"n": 1}]
    full, read_only, old = ended.err.splitlines()
    assert full.startswith(f"breadcrumb: cannot write '{disk}/trails/")
    assert full.endswith(f"/settings': No space left on device; {ELSEWHERE}")
    assert read_only.startswith(f"breadcrumb: cannot make the folder '{disk}/trails/")
    assert read_only.endswith(f"' for the recording: Read-only file system; {ELSEWHERE}")
    assert old == (
        f"breadcrumb: cannot write the database '{disk}/old.duckdb': Read-only file system;"
        " make it writable, or give another one with --db-path PATH"
    )


def test_a_damaged_database_and_the_day_after(bench: Bench, python) -> None:
    """The advice is good: what could not be stored then is stored by the command that it names."""
    bench.trace(PROGRAM, python=python)
    whole = bench.database.read_bytes()
    bench.database.write_bytes(whole[: len(whole) // 2])
    ended = recorded(bench, python)
    assert (ended.status, ended.out) == (0, "done\n")
    assert "it is damaged" in last_line(ended)
    assert last_line(ended).endswith(
        f"'; move that file out of the way: then 'breadcrumb ingest --db-path {bench.database}' stores it"
    )
    bench.database.rename(bench.database.with_suffix(".damaged"))
    assert bench.breadcrumb("ingest").status == 0
    counted = "SELECT count(*) AS n FROM calls WHERE function_name = 'f'"
    assert rows_of(answered(bench.breadcrumb("query", "--format", "json", counted))) == [{"n": 1}]


def test_the_recording_is_removed_meanwhile(bench: Bench, python) -> None:
    """The program does not notice, and the run says what happened: not that there was no Python."""
    bench.write(
        {
            "program.py": """
                import os, shutil

                def f(n):
                    return n

                f(1)
                shutil.rmtree(os.path.dirname(os.environ["BREADCRUMB_RUN"]))
                for n in range(100_000):
                    f(n)
                print("done")
            """
        }
    )
    words = ["run", "-t", "60", "--every-call", "--db-path", bench.database]
    ended = bench.run([bench.program, *words, python.path, "program.py"])
    assert (ended.status, ended.out) == (0, "done\n")
    said = last_line(ended)
    assert said.startswith(
        f"what was recorded has gone: somebody has removed or moved '{bench.database.parent}/trails/"
    )
    assert said.endswith("' while the command ran; run it again")
    assert "no Python that can be reached" not in ended.err
