"""`breadcrumb run` on a terminal: the keyboard is the command's."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import signal
import time

from supervised import COUNTS, PYTHON, alive


class Terminal:
    """A command on a terminal of its own, as in somebody's window."""

    def __init__(self, bench, *command):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(bench.project)
            os.execvpe(
                command[0], [str(word) for word in command], bench.environment({"PS1": "> "})
            )
        self.text = b""

    def wait_for(self, words: bytes, seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while words not in self.text:
            assert time.monotonic() < end, self.text
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    self.text += os.read(self.fd, 4096)
                except OSError:  # the other end is closed
                    assert words in self.text, self.text

    def type(self, keys: bytes) -> None:
        os.write(self.fd, keys)

    def end(self, seconds: float = 30) -> int:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([self.fd], [], [], 0.05)[0]:
                with contextlib.suppress(OSError):
                    self.text += os.read(self.fd, 4096)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                os.close(self.fd)
                return os.waitstatus_to_exitcode(status)
        os.kill(self.pid, signal.SIGKILL)
        raise AssertionError(self.text)


def ours(bench, *command, options=("--silent",)):
    return [
        bench.program,
        "run",
        "-t",
        "60",
        *options,
        "--db-path",
        bench.database,
        "--",
        *command,
    ]


def python(bench, *words):
    return Terminal(bench, *ours(bench, PYTHON, "-IS", *words))


def test_ctrl_c_is_the_commands_and_comes_once(bench):
    bench.write({"counts.py": COUNTS})
    terminal = python(bench, "counts.py", "SIGINT")
    terminal.wait_for(b"up")
    terminal.type(b"\x03")
    assert terminal.end() == 9
    assert b"SIGINT\r\n" in terminal.text


def test_ctrl_c_ends_a_program_that_does_not_handle_it(bench):
    # In short sleeps: a signal that comes just before a sleep begins is heard at its end.
    program = "import time; print('up', flush=True); [time.sleep(0.05) for _ in range(1200)]"
    terminal = python(bench, "-c", program)
    terminal.wait_for(b"up")
    terminal.type(b"\x03")
    assert terminal.end() == -signal.SIGINT
    assert b"KeyboardInterrupt" in terminal.text


def test_ctrl_c_twice_ends_the_run(bench):
    program = "import signal, time; signal.signal(2, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    terminal = python(bench, "-c", program)
    terminal.wait_for(b"up")
    for _ in range(2):
        terminal.type(b"\x03")
        time.sleep(0.5)
        assert alive(program)
    terminal.type(b"\x03")  # does not wait for --grace to be over
    assert terminal.end() == -signal.SIGINT
    assert not alive(program)


def test_ctrl_c_twice_ends_what_does_not_hear_it_after_the_grace(bench):
    program = "import signal, time; signal.signal(2, signal.SIG_IGN); print('up', flush=True); time.sleep(61)"
    command = ours(bench, PYTHON, "-IS", "-c", program, options=("--grace", "2"))
    terminal = Terminal(bench, *command)
    terminal.wait_for(b"up\r\n")
    for _ in range(2):
        terminal.type(b"\x03")
        time.sleep(0.3)
    terminal.wait_for(b"the command has 1 s more to end; Ctrl-C again ends it now")
    assert terminal.end() == -signal.SIGINT
    assert not alive(program)


def test_ctrl_c_twice_is_the_commands_too(bench):
    """As celery has it: the second one means another kind of end, which nothing of ours comes between."""
    program = """
import signal, sys, time
heard = []
signal.signal(2, lambda *_: heard.append(2))
signal.signal(15, lambda *_: heard.append(15))
print('up', flush=True)
while len(heard) < 2:
    time.sleep(0.02)
end = time.monotonic() + 1
while time.monotonic() < end:
    time.sleep(0.02)
print(heard, flush=True)
sys.exit(7)
"""
    terminal = python(bench, "-c", program)
    terminal.wait_for(b"up")
    terminal.type(b"\x03")
    time.sleep(0.3)
    terminal.type(b"\x03")
    assert terminal.end() == 7
    assert b"[2, 2]" in terminal.text


def test_one_from_the_keyboard_and_then_one_to_us(bench):
    """What the terminal has sent to the group is not taken for the later one."""
    program = """
import signal, time
heard = []
signal.signal(signal.SIGQUIT, lambda *_: heard.append(1))
print('up', flush=True)
end = time.monotonic() + 20
for n in (1, 2):
    while len(heard) < n and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.5)
    print('heard', len(heard), flush=True)
"""
    terminal = python(bench, "-c", program)
    terminal.wait_for(b"up\r\n")
    terminal.type(b"\x1c")
    terminal.wait_for(b"heard 1")
    os.kill(terminal.pid, signal.SIGQUIT)
    assert terminal.end() == 0
    assert b"heard 2" in terminal.text


def test_ctrl_c_at_a_prompt_never_ends_the_run(bench):
    program = """
import os, signal, sys, tty
tty.setcbreak(0)
signal.signal(2, lambda *_: os.write(1, b'cleared'))
print('up', flush=True)
sys.stdin.read(1)
"""
    terminal = python(bench, "-c", program)
    terminal.wait_for(b"up")
    for _ in range(3):
        terminal.text = b""
        terminal.type(b"\x03")
        terminal.wait_for(b"cleared")
        time.sleep(0.2)
    terminal.type(b"q")
    assert terminal.end() == 0


def test_ctrl_backslash(bench):
    terminal = python(bench, "-c", "print('up', flush=True); import time; time.sleep(60)")
    terminal.wait_for(b"up")
    terminal.type(b"\x1c")
    assert terminal.end() == -signal.SIGQUIT


def test_the_command_has_the_terminal(bench):
    program = """
import os
print(os.isatty(0), os.isatty(1), os.isatty(2), os.tcgetpgrp(0) == os.getpgrp(), os.ttyname(0) != '', flush=True)
print(input('name? '))
"""
    terminal = python(bench, "-c", program)
    terminal.wait_for(b"name? ")
    terminal.type(b"somebody\n")
    assert terminal.end() == 0
    assert b"True True True True True" in terminal.text
    assert terminal.text.count(b"somebody") == 2


def test_ctrl_z_and_fg(bench):
    """Both of us stop, and both go on: what job control expects of one job."""
    words = [*ours(bench, "sh", "-c"), "'echo up; sleep 1; echo done; exit 3'"]
    terminal = Terminal(bench, "bash", "--norc", "--noprofile", "-i")
    terminal.type(" ".join(map(str, words)).encode() + b"\n")
    terminal.wait_for(b"up\r\n")
    terminal.type(b"\x1a")
    terminal.wait_for(b"Stopped")
    terminal.type(b"fg\n")
    terminal.wait_for(b"done\r\n")
    terminal.type(b"echo status=$?\n")
    terminal.wait_for(b"status=3")
    terminal.type(b"exit\n")
    terminal.end()


def test_in_a_pipeline_the_neighbour_keeps_the_terminal(bench):
    words = [*ours(bench, "sh", "-c"), "'echo up; sleep 1'"]
    neighbour = "{ read word; echo got $word; read line </dev/tty; echo and $line; }"
    terminal = Terminal(bench, "bash", "-c", " ".join(map(str, words)) + " | " + neighbour)
    terminal.wait_for(b"got up")
    terminal.type(b"keys\n")
    terminal.wait_for(b"and keys")
    terminal.end()
