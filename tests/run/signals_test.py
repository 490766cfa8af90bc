"""`breadcrumb run`: the timeout, and signals that come from elsewhere than the terminal."""

from __future__ import annotations

import contextlib
import os
import signal
import time

import pytest
from supervised import COUNTS, PYTHON, alive, ends, run

# ---- time -----------------------------------------------------------------------------------


def test_a_command_that_ends_when_it_is_asked_to(bench):
    program = """
import signal, sys, time
signal.signal(15, lambda *_: sys.exit(print('bye')))
print('up', flush=True)
time.sleep(60)
"""
    began = time.monotonic()
    ended = run(bench, PYTHON, "-ISc", program, options=["-t", "1", "--grace", "50", "--silent"])
    assert (ended.status, ended.out) == (124, "up\nbye\n")
    assert 1 <= time.monotonic() - began < 40, "nobody waits for the grace to be over"


STUBBORN = """
import os, signal, sys, time
LATER = 'import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(99)'
signal.signal(signal.SIGTERM, signal.SIG_IGN)
how = sys.argv[2]
if os.fork() == 0:
    if how == 'setsid':
        os.setsid()
    elif how == 'group':
        os.setpgid(0, 0)
    elif how == 'twice':
        if os.fork():
            os._exit(0)
    elif how == 'wiped':
        os.execve(sys.executable, [sys.executable, '-ISc', LATER, sys.argv[1]], {})
    elif how == 'stopped':
        os.kill(os.getpid(), signal.SIGSTOP)
time.sleep(99)
"""


@pytest.mark.parametrize("how", ["same", "setsid", "group", "twice", "wiped", "stopped"])
def test_after_the_grace_all_that_it_started_is_killed(bench, how):
    marker = f"marker-{os.getpid()}-{how}"
    bench.write({"stubborn.py": STUBBORN})
    began = time.monotonic()
    ended = run(
        bench,
        PYTHON,
        "-IS",
        "stubborn.py",
        marker,
        how,
        options=["-t", "1", "--grace", "0.5", "--silent"],
    )
    assert ended.status == 124
    assert 1.5 <= time.monotonic() - began < 60, "and not for what would take 99 s"
    assert not alive(marker)


def test_a_grandchild_alone_that_stays(bench):
    """The command itself ends at once, but what it left in the background does not."""
    marker = f"marker-{os.getpid()}-stays"
    bench.write({"stubborn.py": STUBBORN})
    shell = f"trap 'exit 0' TERM; {PYTHON} -IS stubborn.py {marker} setsid & wait; wait"
    ended = run(bench, "sh", "-c", shell, options=["-t", "1", "--grace", "0.3", "--silent"])
    assert ended.status == 124 and not alive(marker)


def test_children_may_outlive_a_command_that_ended_in_time(bench):
    marker = f"marker-{os.getpid()}-lives"
    shell = f"{PYTHON} -ISc 'import time; time.sleep(20)' {marker} >/dev/null 2>&1 &"
    assert run(bench, "sh", "-c", shell).status == 0
    assert alive(marker)


ENDS = {
    "exit 0": ("pass", 0),
    "exit 3": ("raise SystemExit(3)", 3),
    "signal -9": ("import os; os.kill(os.getpid(), 9)", -9),
    "timeout": ("import time; time.sleep(60)", 124),
}


@pytest.mark.parametrize("end", ENDS)
def test_how_it_ended_is_recorded(bench, python, end):
    program, status = ENDS[end]
    options = ["-t", "2" if end == "timeout" else "60", "--silent"]
    assert run(bench, python.path, "-c", program, options=options).status == status
    assert ends(bench) == [end]


def test_the_timeout_is_recorded_for_all_that_it_ended(bench, python):
    program = """
import os, time
def nap():
    time.sleep(60)
os.fork() or os.setsid()
nap()
"""
    run(bench, python.path, "-c", program, options=["-t", "2", "--silent"])
    assert ends(bench) == ["timeout", "timeout"]


# ---- signals --------------------------------------------------------------------------------


@contextlib.contextmanager
def started(bench, *command, options=("-t", "60", "--silent"), **more):
    words = [bench.program, "run", *options, "--db-path", bench.database, "--", *command]
    with bench.start(words, **more) as process:
        try:
            assert process.stdout.readline() == b"up\n"
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2"])
def test_a_signal_to_us_is_the_commands(bench, name):
    bench.write({"counts.py": COUNTS})
    with started(bench, PYTHON, "-IS", "counts.py", name) as process:
        process.send_signal(getattr(signal, name))
        out, _ = process.communicate(timeout=30)
    assert (out, process.returncode) == (f"{name}\n".encode(), 9)


def test_a_sigterm_that_the_command_does_not_handle(bench):
    with started(bench, "sh", "-c", "echo up; exec sleep 60") as process:
        process.terminate()
        assert process.wait(30) == -signal.SIGTERM


def test_a_signal_of_the_command_to_its_own_group_comes_once(bench):
    program = COUNTS.replace("end =", "import os; os.killpg(0, signal.SIGTERM); end =")
    bench.write({"counts.py": program})
    with started(bench, PYTHON, "-IS", "counts.py", "SIGTERM", start_new_session=True) as process:
        out, _ = process.communicate(timeout=30)
    assert (out, process.returncode) == (b"SIGTERM\n", 9)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_to_the_whole_group_comes_once(bench, name):
    """As supervisors send it, which do not know that we stand beside the command."""
    bench.write({"counts.py": COUNTS})
    with started(bench, PYTHON, "-IS", "counts.py", name, start_new_session=True) as process:
        os.killpg(process.pid, getattr(signal, name))
        out, _ = process.communicate(timeout=30)
    assert (out, process.returncode) == (f"{name}\n".encode(), 9)


def test_one_to_the_group_and_then_one_to_us(bench):
    program = """
import signal, time
heard = []
signal.signal(signal.SIGTERM, lambda *_: heard.append(1))
print('up', flush=True)
for n in (1, 2):
    while len(heard) < n:
        time.sleep(0.01)
    time.sleep(0.5)
    print(len(heard), flush=True)
"""
    with started(bench, PYTHON, "-ISc", program, start_new_session=True) as process:
        os.killpg(process.pid, signal.SIGTERM)
        assert process.stdout.readline() == b"1\n"
        process.terminate()
        assert process.stdout.readline() == b"2\n"
        assert process.wait(30) == 0


def test_nohup(bench):
    shell = "echo up; sleep 1; exit 4"
    ignore = {"preexec_fn": lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)}
    with started(bench, "sh", "-c", shell, **ignore) as process:
        process.send_signal(signal.SIGHUP)
        assert process.wait(30) == 4
