"""What is wrong in a file or a variable: it is said where, and what would be right, and nothing changes."""

from __future__ import annotations

import os

import pytest
from helpers import HELD_TO_MODES, Bench
from told import config, error, place, settings, write_config

# ---- files that cannot be used ----------------------------------------------------------------

BAD = {
    "an unknown key": ("a: 1\nexlude: [x]\n", ["unknown setting 'a'", "line 1"], ""),
    "the nearest key": ("exlude: [x]\n", ["'exlude'", "line 1"], "did you mean 'exclude'?"),
    "a wrong type": ("\nenabled: maybe\n", ["'maybe'", "enabled", "line 2"], "true, yes or on"),
    "out of range": ("sample_rate: 1.5\n", ["'1.5'", "sample_rate", "line 1"], "0.0 to 1.0"),
    "a list for a word": ("enabled: [true]\n", ["one value, not a list", "line 1"], "enabled:"),
    "a mapping": ("include: {a: b}\n", ["not a mapping", "line 1, column 10"], ""),
    "a bad glob": ("include:\n  - a\n  - '[b'\n", ["'[b'", "line 3"], "patterns are like"),
    "an empty glob": ("exclude: ['']\n", ["is empty", "line 1"], ""),
    "bad YAML": ("include: [a\nexclude: []\n", ["line 2, column"], ""),
    "a tab": ("a:\n\tb\n", ["line 2, column 1"], ""),
    "twice": ("silent: true\nsilent: false\n", ["'silent' is set twice", "lines 1 and 2"], ""),
    "not UTF-8": (b"values: \xff\n", ["byte 8", "line 1"], "UTF-8"),
    "UTF-16": ("values: off\n".encode("utf-16"), ["byte 0"], "UTF-8"),
    "NUL": (b"val\0ues: off\n", ["line 1"], ""),
    "billion laughs": (
        "a: &a [x]\n" + "".join(f"{c}: &{c} [*a,*a,*a]\n" for c in "bcdefghi"),
        ["alias", "line 2"],
        "",
    ),
    "a folder that is not there": (
        "workspace: [/no/such]\n",
        ["/no/such", "line 1"],
        "a folder that is there",
    ),
    "nothing like it": ("nonsense: 1\n", ["'nonsense'", "line 1"], "config keys"),
    "by its old name too": (
        "max_repr_length: 9\nlines: on\nmax_chars: 8\n",
        ["'max_repr_length' and 'max_chars' are the same setting", "lines 1 and 3"],
        "remove one",
    ),
    "a tag of Python": (
        "values: !!python/object/apply:os.system [id]\n",
        ["a tag", "line 1, column 9"],
        "without it",
    ),
    "a tag on all": ("!!python/object:x\nlines: on\n", ["a tag", "line 1"], "without it"),
    "a merge key": ("<<: {lines: on}\n", ["not a mapping", "line 1"], "'key: value'"),
    "a list in a list": ("include:\n  - [a]\n", ["words only", "line 2, column 5"], "one word"),
    "a list as a key": ("? [a]\n: b\n", ["one word", "line 1"], "each line is like"),
    "two documents": ("lines: on\n---\nlines: off\n", ["second document", "line 2"], "'---'"),
    "a hidden NUL": ('include: ["a\\0b"]\n', ["NUL", "line 1, column 11"], "without"),
    "too many": ("exclude:\n" + "- m\n" * 20000, ["too long", "line 10002"], "globs"),
    "braces": ("include: ['{a,b}']\n", ["'{a' has a brace", "line 1"], "patterns are like"),
    "a dot too much": ("include: [a.]\n", ["a dot without a name", "line 1"], "patterns are"),
    "a range of nothing": ("include: ['v[z-a]']\n", ["range", "line 1"], "patterns are like"),
    "endless": ("sample_rate: 1e999\n", ["'1e999'", "line 1"], "a number from 0.0 to 1.0"),
    "hexadecimal": ("max_items: 0x10\n", ["'0x10'", "line 1"], "a whole number from 0 to"),
    "underscores": ("max_items: 1_000\n", ["'1_000'", "line 1"], "a whole number from 0 to"),
    "other digits": ("max_items: \u0663\n", ["'\u0663'", "line 1"], "a whole number from 0 to"),
    "a letter that looks like it": ("in\u0441lude: [a]\n", ["line 1"], "did you mean 'include'?"),
    "capitals": ("Include: [a]\n", ["'Include'", "line 1"], "did you mean 'include'?"),
    "a conflict": (
        "<<<<<<< HEAD\nlines: on\n=======\nlines: off\n>>>>>>> x\n",
        ["no settings", "line 1"],
        "each line is like",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file(bench, name):
    text, said, suggested = BAD[name]
    path = write_config(bench, text)
    before = path.read_bytes()
    for words in (["config", "show"], ["list"], ["config", "edit", "--add-exclude", "x"]):
        told = error(bench.run([bench.program, *words]))
        assert told["error"] == "InvalidSettingError", told
        for part in (*said, str(path)):
            assert part in told["message"], told
        assert suggested in told["suggestion"]
    ended = bench.run([bench.program, "run", "-t", "9", "echo", "ran"])
    assert ended.out == "" and str(path) in ended.err and ended.status == 1
    assert path.read_bytes() == before


GOOD = {
    "a mark at the start": b"\xef\xbb\xbflines: on\nmax_items: 3\n",
    "lines of Windows": b"# all\r\nmax_items: 3\r\n",
    "a tab before the value": b"max_items:\t3\n",
    "JSON": b'{"max_items": 3}\n',
    "a plain tag": b"max_items: !!int '3'\n",
    "an anchor": b"max_items: &three 3\n",
    "the start and end of a document": b"%YAML 1.1\n---\nmax_items: 3\n...\n",
}


@pytest.mark.parametrize("name", GOOD)
def test_an_odd_file_that_is_fine(bench, name):
    write_config(bench, GOOD[name])
    assert settings(bench)["max_items"][0] == 3


def test_what_is_no_file(bench):
    path = place(bench) / "config.yaml"
    path.mkdir(parents=True)
    assert "it is a folder" in error(config(bench, "show"))["message"]
    path.rmdir()
    os.mkfifo(path)
    assert "no regular file" in error(config(bench, "show"))["message"]
    path.unlink()
    path.symlink_to("nowhere")
    assert "No such file" in error(config(bench, "show"))["message"]
    path.unlink()
    with path.open("wb") as file:
        file.truncate(100_000_000)
    assert "100000000 bytes are more than" in error(config(bench, "show"))["message"]


def test_a_file_that_is_not_readable(bench):
    path = write_config(bench, "sample_rate: 0.5\n")
    path.chmod(0)
    told = error(bench.run([*HELD_TO_MODES, bench.program, "config", "show"]))
    assert "Permission denied" in told["message"] and str(path) in told["message"]
    ended = bench.run([*HELD_TO_MODES, bench.program, "run", "-t", "9", "echo", "ran"])
    assert ended.out == "" and "Permission denied" in ended.err and ended.status == 1


def test_a_home_that_may_not_be_written(bench):
    """It needs no file of ours: the defaults apply."""
    bench.home.chmod(0o500)
    place = {"BREADCRUMB_DB_PATH": str(bench.database)}
    words = [*HELD_TO_MODES, bench.program, "run", "-t", "9", "echo", "ran"]
    ended = bench.run(words, env=place)
    bench.home.chmod(0o700)
    assert (ended.status, ended.out) == (0, "ran\n")
    assert "(config: defaults, environment)" in ended.err
    assert os.listdir(bench.home) == []


# ---- variables --------------------------------------------------------------------------------

VARIABLES = {
    "a slip": ("SAMPLERATE=0.5", "did you mean BREADCRUMB_SAMPLE_RATE?"),
    "small letters": ("sample_rate=0.5", "did you mean BREADCRUMB_SAMPLE_RATE?"),
    "what would not be hidden": ("REDACT_NAME=ssn", "did you mean BREADCRUMB_REDACT_NAMES?"),
    "a word": ("LINES=2", "it is 1, true, yes or on"),
    "a line's end": ("ENABLED=yes\n", "the value 'yes\\n' does not fit enabled"),
    "endless": ("SAMPLE_RATE=1e999", "it is a number from 0.0 to 1.0"),
    "underscores": ("MAX_ITEMS=1_000", "it is a whole number from 0 to 10000"),
    "a pattern": ("EXCLUDE=a,[b", "has a '[' without its ']' (BREADCRUMB_EXCLUDE)"),
    "no folder": ("WORKSPACE=/tmp:/not/there", "a folder that is there"),
    "no place": ("DB_PATH=/proc/x/y.duckdb", "(BREADCRUMB_DB_PATH); give a place"),
    "no database": ("DB_PATH=/etc/passwd", "not a database (BREADCRUMB_DB_PATH)"),
    "no file": ("DB_PATH=/dev/null", "is not a file (BREADCRUMB_DB_PATH); give another path"),
    "a home below a file": ("HOME=/etc/passwd", "not a directory (BREADCRUMB_HOME)"),
    "a long home": ("HOME=/" + "x" * 5000, "the path in BREADCRUMB_HOME is too long"),
}


@pytest.mark.parametrize("case", VARIABLES)
def test_a_bad_variable_stops_no_program(bench: Bench, case: str) -> None:
    word, said = VARIABLES[case]
    key, _, value = word.partition("=")
    words = [bench.program, "run", "-t", "9", "sh", "-c", "echo ${BREADCRUMB_RUN-ran}"]
    ended = bench.run(words, env={"BREADCRUMB_" + key: value})
    assert (ended.status, ended.out) == (0, "ran\n")
    (line,) = ended.err.splitlines()
    assert line.startswith("breadcrumb: the command runs without being recorded: ")
    assert said in line


def test_variables_of_others_are_not_looked_at(bench: Bench) -> None:
    others = ("LOG_LEVEL", "TRAIL", "TEST_LONG", "CACHE", "NAME", "PORT", "VALIDATE", "PAGER")
    settings(bench, env={f"BREADCRUMB_{name}": "x" for name in others})
