"""Each call of the recorder into the system fails once, and again from then on: the program never notices.

failing.c fails the N-th call of one function that comes from the extension; N goes up until there is no such call. What
was not kept then is said, and the rest can be read.
"""

from __future__ import annotations

import errno
import json
import os
import subprocess
from pathlib import Path

import pytest
from helpers import SANITIZED, Bench, Interpreter

pytestmark = pytest.mark.skipif(
    SANITIZED, reason="the library that makes calls fail would stand where ASan has to"
)

HERE = Path(__file__).resolve().parent
CALLS = 900

PROGRAM = """
    import threading

    def f(n):
        return "x" * 180

    def recurse(n):
        return recurse(n - 1) + 1 if n else 0

    def work():
        for n in range(300):
            f(n)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    work()
    for thread in threads:
        thread.join()
    print("done", recurse(600))
    raise SystemExit(7)
"""

FAULTS = {
    "open": (errno.EMFILE, errno.ENOSPC),
    "mmap": (errno.ENOMEM,),
    "posix_fallocate": (errno.ENOSPC, errno.EIO),
    "mkdir": (errno.EACCES,),
    "rename": (errno.EIO,),
    "flock": (errno.ENOLCK,),
    "munmap": (errno.ENOMEM,),
    "mremap": (errno.ENOMEM,),
    "unlink": (errno.EIO,),
    "pwrite": (errno.ENOSPC,),
    "write": (errno.EIO,),
    "ftruncate": (errno.EIO,),
}
MUST_HAPPEN = {"open", "mmap", "posix_fallocate", "mkdir", "rename"}
LONG = os.environ.get("BREADCRUMB_TEST_LONG") == "1"
MOST = 60 if LONG else 6


@pytest.fixture(scope="session")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("faults") / "failing.so"
    compiler = os.environ.get("CC", "gcc")
    command = [compiler, "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o", str(made)]
    subprocess.run([*command, str(HERE / "failing.c"), "-ldl"], check=True)
    return made


def kept_and_lost(bench: Bench) -> tuple[int, int]:
    """Calls of f that are there, and events that are counted as lost; the database is readable."""
    asked = bench.breadcrumb(
        "query",
        "SELECT (SELECT count(*) FROM calls WHERE function_name = 'f') AS kept, "
        "(SELECT coalesce(sum(events), 0)::BIGINT FROM losses) AS lost",
    )
    assert asked.status == 0, asked.out + asked.err
    [row] = json.loads(asked.out)["rows"]
    return row["kept"], row["lost"]


def check(bench: Bench, python: Interpreter, failing: Path, fault: str) -> bool:
    """False: the fault did not happen, there is no such call."""
    told = bench.project / "told"
    told.unlink(missing_ok=True)
    for left in bench.database.parent.glob("*.duckdb*"):
        left.unlink()
    words = [word for word in bench.tracing("--every-call") if word != "--silent"]
    settings = [f"LD_PRELOAD={failing}", f"FAULT={fault}", f"FAULT_TOLD={told}"]
    ended = bench.run([*words, "env", *settings, python.path, "program.py"])
    assert (ended.status, ended.out) == (7, "done 600\n"), (fault, ended)
    happened = told.exists()
    kept, lost = kept_and_lost(bench)
    if not happened:
        assert (kept, lost) == (CALLS, 0), fault
        return False
    assert kept <= CALLS, fault
    if kept < CALLS and "nothing was recorded" not in ended.err.lower():
        assert lost >= CALLS - kept, (fault, kept, lost, ended.err)
    return True


@pytest.mark.any_python
@pytest.mark.parametrize("function", FAULTS)
def test_one_call_fails(bench: Bench, python: Interpreter, failing: Path, function: str) -> None:
    bench.write({"program.py": PROGRAM})
    for number in FAULTS[function] if LONG else FAULTS[function][:1]:
        for n in range(1, MOST + 1):
            if not check(bench, python, failing, f"{function}:{n}:{number}"):
                assert n > 1 or function not in MUST_HAPPEN
                break


@pytest.mark.any_python
@pytest.mark.parametrize("function", sorted(MUST_HAPPEN))
def test_all_calls_fail_from_one_on(
    bench: Bench, python: Interpreter, failing: Path, function: str
) -> None:
    bench.write({"program.py": PROGRAM})
    for n in (1, 3, 6):
        check(bench, python, failing, f"{function}:{n}:{FAULTS[function][0]}:on")


FORKS = """
    import os, signal, sys

    def f(n):
        return "x" * 180

    pid = os.fork()
    if pid == 0:
        for n in range(300):
            f(n)
        os.kill(os.getpid(), signal.SIGKILL)
    print("done", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@pytest.mark.any_python
def test_a_child_that_has_no_room_and_is_killed(bench, python, failing):
    """It has no time to say what it has lost: its parent has to, or it at once. From each place on the disk is full."""
    bench.write({"program.py": FORKS})
    for n in range(1, 40):
        told = bench.project / "told"
        told.unlink(missing_ok=True)
        for left in bench.database.parent.glob("*.duckdb*"):
            left.unlink()
        settings = [f"LD_PRELOAD={failing}", f"FAULT=posix_fallocate:{n}:{errno.ENOSPC}:on"]
        words = [word for word in bench.tracing("--every-call") if word != "--silent"]
        command = ["env", *settings, f"FAULT_TOLD={told}", python.path, "program.py"]
        ended = bench.run([*words, *command])
        assert (ended.status, ended.out) == (0, "done -9\n"), (n, ended)
        kept, lost = kept_and_lost(bench)
        if not told.exists():
            assert (kept, lost) == (300, 0) and n > 4, n
            return
        assert kept <= 300 and (kept == 300 or lost > 0 or "nothing was recorded" in ended.err), (
            n,
            kept,
            lost,
        )
    raise AssertionError("there is no end")
