"""A long answer on a terminal goes through the pager that the user chose, and is never lost by it."""

import fcntl
import json
import os
import pty
import re
import select
import shutil
import struct
import termios
import time

import pytest
from filled import BIN, on_a_terminal

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


class Terminal:
    """A person at a terminal of 24 lines, with the pager that is there by default."""

    def __init__(self, words, cwd):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            env = {
                k: v
                for k, v in os.environ.items()
                if k not in ("PAGER", "BREADCRUMB_PAGER", "LESS", "COLUMNS")
            }
            os.execve(BIN, [BIN, *words], {**env, "TERM": "xterm", "LC_ALL": "C.UTF-8"})
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 90, 0, 0))
        self.seen = ""

    def read(self, until, timeout=60):
        """Reads until the text has come, or the program has ended; what has come by then."""
        end = time.monotonic() + timeout
        while not re.search(until, self.seen) and time.monotonic() < end:
            if not select.select([self.fd], [], [], 0.1)[0]:
                continue
            try:
                part = os.read(self.fd, 65536)
            except OSError:
                break
            if not part:
                break
            self.seen += part.decode()
        return self.seen

    def type(self, keys):
        self.seen = ""
        os.write(self.fd, keys.encode())

    def end(self):
        self.read("never", timeout=10)
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


@pytest.mark.skipif(shutil.which("less") is None, reason="there is no less")
def test_a_person_turns_the_pages_and_leaves(db, tmp_path):
    query = ["query", "SELECT 'row ' || range AS n FROM range(5000)", "--format", "jsonl"]
    terminal = Terminal(query, tmp_path)
    first = terminal.read(r"row 22\b")
    assert "row 0" in first and "row 30" not in first, "the page is as high as the terminal"
    terminal.type(" ")
    assert "row 40" in terminal.read(r"row 40\b") and "row 60" not in terminal.seen
    terminal.type("G")
    assert "row 4999" in terminal.read(r"row 4999\b")
    terminal.type("q")
    assert terminal.end() == 0


@pytest.mark.skipif(shutil.which("less") is None, reason="there is no less")
def test_leaving_the_first_page_is_no_error(db, tmp_path):
    query = ["query", "SELECT 'row ' || range AS n FROM range(20000)", "--format", "jsonl"]
    terminal = Terminal(query, tmp_path)
    assert "row 0" in terminal.read(r"row 22\b")
    terminal.type("q")
    assert terminal.end() == 0
    assert "row 19999" not in terminal.seen and "breadcrumb:" not in terminal.seen


def test_a_short_answer_waits_for_nobody(db, tmp_path):
    terminal = Terminal(["query", "SELECT 1 AS n", "--format", "jsonl"], tmp_path)
    assert terminal.end() == 0
    assert '{"n":1}' in terminal.seen.replace(" ", "")
