"""One trap each: small programs that would notice a tracer. What they see and print must be what they do untraced.

Each file of traps/ is one. Lines at its head may say how it is run:
    # shell: WORDS       what a shell does before it, as `ulimit -s 512`
    # input: TEXT        what is typed, with \\n
    # differs: 3.11: WHY what cannot be the same there (or 3.12+); if it is one day, that is told too

BREADCRUMB_TEST_ALL=1, which `make harm` sets, runs each on every interpreter.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from helpers import Ended, Run, masked

pytestmark = pytest.mark.any_python

OPTIONS = ("--all-code", "--every-call")
TRAPS = sorted((Path(__file__).parent / "traps").glob("*.py"))


def said(text: str, key: str) -> str:
    """What a line at the head says, or empty."""
    found = re.search(rf"^# {key}: (.*)", text, re.MULTILINE)
    return found[1] if found else ""


def differs_on(there: str, version: tuple[int, ...]) -> bool:
    """there: 3.11, or 3.12+"""
    first = tuple(map(int, there.rstrip("+").split(".")))
    return version == first or (there.endswith("+") and version > first)


@pytest.mark.parametrize("path", TRAPS, ids=lambda path: path.stem)
def test_trap(bench, python, path):
    text = path.read_text()
    # Whatever a trap does to its folder, the next run finds another one, by the same name.
    command = [python.path, "program.py"]
    if before := said(text, "shell"):
        command = ["sh", "-c", f'{before}; exec "$@"', "sh", *command]
    typed = said(text, "input").encode().decode("unicode_escape").encode()
    ended = []
    for words in (command, [*bench.tracing(*OPTIONS), *command]):
        bench.write({"program.py": text})
        ended.append(masked(bench.run(words, input=typed)))
    untraced, traced = ended
    there, _, why = said(text, "differs").partition(": ")
    if why and differs_on(there, python.version[:2]):
        assert traced != untraced, "this does not differ any more"
        assert (traced[0], traced[2]) == (untraced[0], untraced[2]), why
    else:
        assert traced == untraced, "traced on the left, untraced on the right"
    recorded = Run(bench, Ended(0, b"", b""))
    assert recorded.value("SELECT count(*) FROM calls") > 0


def test_there_are_enough_of_them():
    assert len(TRAPS) >= 60


ENVIRONMENTS = {
    "dev": {"PYTHONDEVMODE": "1"},
    "debug_malloc": {"PYTHONMALLOC": "debug"},
    "plain_malloc": {"PYTHONMALLOC": "malloc"},
    "c_locale": {"LC_ALL": "C", "LANG": "C"},
    "no_utf8": {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "warnings": {"PYTHONWARNINGS": "error"},
    "tracemalloc": {"PYTHONTRACEMALLOC": "5"},
    "optimised": {"PYTHONOPTIMIZE": "2"},
    "unbuffered": {"PYTHONUNBUFFERED": "1"},
    "import_time": {"PYTHONFAULTHANDLER": "1"},
    "no_home": {"HOME": "/proc/nonexistent"},
    "safe_path": {"PYTHONSAFEPATH": "1"},
    "hash_seed": {"PYTHONHASHSEED": "7"},
}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_environment(trace, python, name):
    if name == "plain_malloc" and python.free_threaded:
        pytest.skip("it has an allocator of its own only")
    run = trace(
        """
        import sys

        class Thing:
            def __init__(self, n):
                self.n = n

        def work(n):
            try:
                return [Thing(i).n for i in range(n)] + {"a": 1}
            except TypeError as e:
                return str(e)

        print(work(3), sys.flags, hash("x"), sys.stdout.encoding, sys.getfilesystemencoding())
        """,
        env=ENVIRONMENTS[name],
    )
    assert run.value("SELECT count(*) FROM calls WHERE function_name = 'work'") == 1


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_closed_streams(bench, python, closed):
    """What a program does whose standard streams are closed, and which numbers its files get."""
    bench.write(
        {
            "program.py": """
                import os, sys
                def f(): return [stream is None for stream in (sys.stdin, sys.stdout, sys.stderr)]
                fd = os.open("answer", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
                os.write(fd, repr((fd, f())).encode())
            """
        }
    )
    answers = []
    for before in ((), bench.tracing()):
        words = " ".join(f"'{word}'" for word in [*before, python.path, "program.py"])
        ended = bench.run(["sh", "-c", f"exec {words} {closed}"])
        answers.append((ended.status, (bench.project / "answer").read_text()))
    assert answers[0] == answers[1]
