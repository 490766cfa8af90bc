"""A long answer on a terminal goes through the pager that the user chose, and is never lost by it."""

import json

import pytest
from filled import on_a_terminal

ROWS = ["query", "SELECT range AS n FROM range(100)", "--format", "jsonl"]
ALL = "".join(json.dumps({"n": n}, separators=(",", ":")) + "\n" for n in range(100))


def squeezed(text):
    return text.replace(" ", "")


@pytest.fixture
def pager(tmp_path):
    """A pager that says that it was there."""
    script = tmp_path / "pager"
    script.write_text("#!/bin/sh\necho paged with $LESS\ncat\n")
    script.chmod(0o755)
    return str(script)


def test_a_long_answer_is_paged(db, pager, tmp_path):
    text = on_a_terminal(ROWS, tmp_path, height=40, PAGER=pager)
    assert text.startswith("paged with FRX\n")
    assert squeezed(text.partition("\n")[2]) == ALL


def test_ours_is_asked_before_everyones(db, pager, tmp_path):
    text = on_a_terminal(ROWS, tmp_path, height=40, PAGER="false", BREADCRUMB_PAGER=pager, LESS="R")
    assert text.startswith("paged with R\n")


@pytest.mark.parametrize("height", [101, 1000])
def test_what_fits_is_not_paged(db, pager, tmp_path, height):
    assert squeezed(on_a_terminal(ROWS, tmp_path, height=height, PAGER=pager)) == ALL


@pytest.mark.parametrize("none", ["", "cat", "/nowhere/pager 2>&-"])
def test_without_a_pager_it_is_written_as_it_is(db, tmp_path, none):
    assert squeezed(on_a_terminal(ROWS, tmp_path, height=40, PAGER=none)) == ALL


def test_a_dumb_terminal_has_none(db, pager, tmp_path):
    assert squeezed(on_a_terminal(ROWS, tmp_path, height=40, PAGER=pager, TERM="dumb")) == ALL


def test_a_pipe_has_none(cli, db, pager):
    assert squeezed(cli(*ROWS, env={"PAGER": pager}).out) == ALL


def test_a_pager_may_be_left_early(db, tmp_path):
    query = ["query", "SELECT range AS n FROM range(60000)", "--format", "jsonl"]
    text = on_a_terminal(query, tmp_path, height=40, PAGER="head -n 1")
    assert squeezed(text) == '{"n":0}\n'
