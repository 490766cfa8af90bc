"""Commands, options, help, exit codes, errors of usage."""

import os
import subprocess

import pytest
from filled import BIN

COMMANDS = ["run", "list", "get", "query", "report", "status", "ingest", "help"]
QUESTIONS = ["list", "get", "query", "report", "status"]


def test_version(cli):
    for where in (["--version"], ["list", "--version"]):
        result = cli(*where)
        assert result.code == 0
        assert result.out.startswith("breadcrumb 0.")
        assert result.err == ""


def test_help_lists_every_command(cli):
    for args in (["--help"], ["-h"], ["help"]):
        result = cli(*args)
        assert result.code == 0
        assert result.err == ""
        for command in COMMANDS:
            assert f"\n  {command} " in result.out


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command_has_usage_options_and_an_example(cli, command):
    result = cli(command, "--help")
    assert result.code == 0
    assert result.out.startswith(f"usage: breadcrumb {command} ")
    assert "--format" in result.out and "--db-path" in result.out
    assert "\nExamples:\n" in result.out
    assert f"  breadcrumb {command} " in result.out or f"  breadcrumb {command}\n" in result.out
    assert cli("help", command).out == result.out
    assert cli("--help", command).out == result.out


def test_help_of_a_group_lists_its_commands(cli):
    result = cli("config", "--help")
    assert result.code == 0
    assert result.err == ""
    assert result.out.startswith("usage: breadcrumb config COMMAND ")
    listed = {
        c["name"] for c in cli("help", "--all").json["commands"] if c["name"].startswith("config ")
    }
    assert len(listed) >= 6
    for name in listed:
        assert f"\n  {name} " in result.out
    for args in (["config", "-h"], ["help", "config"], ["--help", "config"]):
        assert cli(*args).out == result.out
    assert cli("config").code == 1
    assert cli("config", "shwo", "--help").code == 1


@pytest.mark.parametrize("command", QUESTIONS)
def test_help_of_a_question_says_what_the_answer_holds(cli, command):
    assert "\nAnswer:\n" in cli(command, "--help").out


def test_no_command_is_wrong_usage(cli):
    result = cli()
    assert result.code == 1
    assert result.out == ""
    assert "usage: breadcrumb" in result.err


@pytest.mark.parametrize(
    "args, message, suggestion",
    [
        (["lst"], "unknown command 'lst'", "breadcrumb list"),
        (["exceptoins"], "unknown command 'exceptoins'", "breadcrumb"),
        (["zzzzzzzz"], "unknown command 'zzzzzzzz'", "breadcrumb --help"),
        (["list", "--limt", "3"], "unknown option '--limt'", "--limit"),
        (["list", "-q"], "unknown option '-q'", "breadcrumb list --help"),
        (["--formt", "json", "list"], "unknown option '--formt'", "--format"),
        (["list", "--limit"], "option --limit: its value is missing", "--limit N"),
        (["list", "--limit", "x"], "option --limit: 'x' is not a whole number", "1"),
        (["list", "--limit", "0"], "option --limit: '0' is out of range", "1"),
        (["list", "--limit", "-1"], "option --limit: '-1' is out of range", "1"),
        (["list", "--limit", "99999999999999999999"], "out of range", "1"),
        (["list", "--limit", "1", "--limit", "2"], "option --limit: was given twice", ""),
        (["list", "--verbose=yes"], "option --verbose takes no value", ""),
        (["list", "more"], "unexpected word 'more'", "list --help"),
        (["get"], "TRACE_ID is missing", "it is the trace's ID, "),
        (["get", "a", "b"], "unexpected word 'b'", "get --help"),
        (["query"], "SQL is missing", "it is "),
        (["query", b"select '\xff'"], "SQL: is not UTF-8", ""),
        (["--format", "xml", "list"], "option --format: there is no 'xml'", "json, table"),
        (["report", "--format", "csv"], "cannot be csv", "--format json"),
        (["status", "--format", "jsonl"], "cannot be jsonl", "--format json"),
        (["report", "--trace", "a", "--run", "b"], "not both", ""),
        (["help", "lst"], "unknown command 'lst'", "breadcrumb list"),
    ],
)
def test_wrong_usage(cli, db, args, message, suggestion):
    result = cli(*args)
    assert result.code == 1
    if "csv" not in args and "jsonl" not in args:
        answer = result.json
        assert answer["error"] == "UsageError"
        assert message in answer["message"]
        assert suggestion in answer["suggestion"]
    else:
        assert message in result.err and suggestion in result.err
    assert "usage: breadcrumb" in result.err


def test_a_word_that_is_not_utf8_is_repeated_as_valid_json(cli):
    result = cli(b"l\xffst")
    assert result.json["message"] == "unknown command 'l�st'"


def test_errors_in_table_form_are_one_line_on_stderr(cli):
    result = cli("--format", "table", "lst")
    assert result.code == 1
    assert result.out == ""
    lines = result.err.splitlines()
    assert lines[0] == "breadcrumb: unknown command 'lst'; did you mean 'breadcrumb list'?"
    assert lines[1].startswith("usage: ")


@pytest.mark.parametrize(
    "args",
    [
        ["--format", "table", "list", "--limit", "2"],
        ["list", "--format", "table", "--limit=2"],
        ["list", "-f", "table", "-n", "2"],
        ["list", "-ftable", "-n2"],
        ["-f=table", "list", "-n=2"],
        ["-f", "json", "list", "-f", "table", "-n2"],
    ],
)
def test_options_in_all_their_forms_before_and_after_the_command(cli, db, args):
    result = cli(*args)
    assert result.code == 0, result.err + result.out
    assert len([line for line in result.out.splitlines() if line.startswith("01990000")]) == 2


def test_two_dashes_end_the_options(cli, db):
    assert cli("query", "--", "--comment\nselect 1 as a").json["rows"] == [{"a": 1}]


def test_verbose_says_on_stderr_what_is_used(cli, db):
    result = cli("-v", "list")
    assert result.code == 0
    lines = result.err.splitlines()
    assert lines[0].startswith("Breadcrumb CLI v0.")
    assert lines[1] == "Format: json"
    assert lines[2] == f"Database: auto-discover ({db})"
    assert "traces" in result.json


def test_the_database_is_found_in_parents_and_by_the_environment(cli, db, tmp_path):
    deep = tmp_path / "a" / "b" / "c" / "d" / "e"
    deep.mkdir(parents=True)
    assert cli("list", cwd=deep).json["total"] == 4
    too_deep = deep / "f"
    too_deep.mkdir()
    assert cli("list", cwd=too_deep).json["error"] == "DatabaseNotFoundError"
    found = cli("list", cwd=too_deep, env={"BREADCRUMB_DB_PATH": str(db)})
    assert found.json["total"] == 4
    option = cli("list", "--db-path", "nowhere.duckdb", env={"BREADCRUMB_DB_PATH": str(db)})
    assert option.json["error"] == "DatabaseNotFoundError"


@pytest.mark.parametrize("format", ["json", "table"])
def test_a_reader_that_has_gone_is_a_quiet_end(db, tmp_path, format):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [BIN, "query", "select * from range(20000)", "-f", format, "--db-path", str(db)],
        stdout=writing,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    )
    os.close(writing)
    assert done.stderr == b""
    assert done.returncode in (0, -13)


def test_a_full_disk_under_stdout_is_an_error(db, tmp_path):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [BIN, "list", "--db-path", str(db)], stdout=full, stderr=subprocess.PIPE, cwd=tmp_path
        )
    assert done.returncode == 1
    assert done.stderr == b"breadcrumb: cannot write the answer: No space left on device\n"


def test_a_closed_stdout_is_an_error_and_the_database_is_left_alone(db, tmp_path):
    before = db.read_bytes()
    done = subprocess.run(
        ["sh", "-c", 'exec "$0" list >&-', BIN], stderr=subprocess.PIPE, cwd=tmp_path, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr == b"breadcrumb: cannot write the answer: Bad file descriptor\n"
    done = subprocess.run(
        ["sh", "-c", 'exec "$0" -v list >&- 2>&- <&-', BIN], cwd=tmp_path, timeout=60
    )
    assert done.returncode == 1
    assert db.read_bytes() == before


def test_wrong_usage_of_run_leaves_stdout_alone(cli):
    result = cli("run", "--bogus")
    assert result.code == 1
    assert result.out == ""
    assert result.err.startswith("breadcrumb: unknown option '--bogus'")
    assert "usage: breadcrumb run -t SECONDS" in result.err


@pytest.mark.parametrize(
    "wrong", [["exceptions", "--since", "30x"], ["tree", "--depht", "3"], ["list", "-n", "0"]]
)
@pytest.mark.parametrize("form", [["--format", "table"], ["--format=csv"], ["-f", "table"]])
def test_an_error_has_the_format_that_stands_behind_it(cli, wrong, form):
    result = cli(*wrong, *form)
    assert result.code == 1 and result.out == ""
    assert result.err.startswith("breadcrumb: ") and "{" not in result.err.splitlines()[0]
    assert "error" in cli(*wrong).json


@pytest.mark.parametrize("words", [["3"], ["--limit", "3"], ["--limit=3"], ["-n3"]])
def test_a_word_that_has_a_letter_may_be_an_option(cli, db, words):
    assert (
        cli("top", *words, "--trace", "last~1").json["functions"]
        == cli("top", "3", "-t", "last~1").json["functions"]
    )
    assert cli("top", "--limt", "3").json["suggestion"] == "did you mean '--limit'?"
