"""debugpy with somebody at the other end: breakpoints, steps and values there are as without the recorder."""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path

import pytest
from helpers import Run

NEIGHBOURS = Path(os.environ.get("BREADCRUMB_NEIGHBOURS", "/nonexistent"))

PROGRAM = """\
import threading

def inner(n):
    twice = n * 2
    return twice + 1

def outer(n):
    total = 0
    for i in range(n):
        total += inner(i)
    return total

print(outer(3))
thread = threading.Thread(target=outer, args=(2,))
thread.start()
thread.join()
print(outer(4))
"""
AT = 5  # the line of the breakpoint: it is met 3 + 2 + 4 times


class Client:
    """As much of the Debug Adapter Protocol as an editor needs to stop somewhere."""

    def __init__(self, port: int) -> None:
        for _ in range(600):
            try:
                self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
                break
            except OSError:
                time.sleep(0.05)
        self.file = self.socket.makefile("rb")
        self.number = 0
        self.waiting: list[dict] = []

    def send(self, command: str, **arguments) -> int:
        self.number += 1
        body = {"seq": self.number, "type": "request", "command": command, "arguments": arguments}
        text = json.dumps(body).encode()
        self.socket.sendall(b"Content-Length: %d\r\n\r\n%b" % (len(text), text))
        return self.number

    def receive(self) -> dict:
        length = 0
        while (line := self.file.readline().strip()) or not length:
            assert line or not length, "it has hung up"
            name, _, value = line.partition(b":")
            if name == b"Content-Length":
                length = int(value)
        return json.loads(self.file.read(length))

    def until(self, wanted) -> dict:
        """The first message that is wanted; others wait for their turn."""
        for message in self.waiting:
            if wanted(message):
                self.waiting.remove(message)
                return message
        while not wanted(message := self.receive()):
            self.waiting.append(message)
        return message

    def ask(self, command: str, **arguments) -> dict:
        number = self.send(command, **arguments)
        answer = self.until(lambda one: one.get("request_seq") == number)
        assert answer["success"], answer
        return answer.get("body", {})

    def event(self, *names: str) -> dict:
        return self.until(lambda one: one["type"] == "event" and one["event"] in names)


def session(port: int, source: Path) -> list[tuple]:
    """Where it stopped, in which function, and what was evaluated there."""
    client = Client(port)
    client.ask("initialize", adapterID="test", pathFormat="path")
    attach = client.send("attach", justMyCode=True)
    client.event("initialized")
    lines = [{"line": AT}]
    client.ask("setBreakpoints", source={"path": str(source)}, breakpoints=lines)
    client.ask("configurationDone")
    client.until(lambda one: one.get("request_seq") == attach)
    seen = []
    while (event := client.event("stopped", "terminated"))["event"] == "stopped":
        thread = event["body"]["threadId"]
        frames = client.ask("stackTrace", threadId=thread)["stackFrames"]
        expression = "locals().get('n'), locals().get('twice'), locals().get('total')"
        value = client.ask("evaluate", expression=expression, frameId=frames[0]["id"])["result"]
        reason = event["body"]["reason"]
        seen.append((reason, [(one["name"], one["line"]) for one in frames], value))
        # Every other time a step out of the function, which stops behind its call.
        step = reason == "breakpoint" and len(seen) % 3 == 1
        client.ask("stepOut" if step else "continue", threadId=thread)
    client.socket.close()
    return seen


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def test_breakpoints_and_steps(bench, python):
    own = NEIGHBOURS / python.release
    if not own.is_dir():
        pytest.skip("tools/with_env.sh knows where the packages of tools/neighbours.txt are")
    bench.write({"program.py": PROGRAM})
    environment = {
        "PYTHONPATH": f"{own}:{NEIGHBOURS / 'common'}",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    sessions = []
    for before in ((), bench.tracing("--every-call")):
        port = free_port()
        words = [python.path, "-m", "debugpy", "--listen", f"127.0.0.1:{port}"]
        words += ["--wait-for-client", "program.py"]
        with bench.start([*before, *words], env=environment) as process:
            try:
                seen = session(port, bench.project / "program.py")
                out, err = process.communicate(timeout=60)
            except BaseException:
                process.kill()
                raise
        sessions.append((seen, out, err, process.returncode))
    assert sessions[1] == sessions[0], "traced on the left, untraced on the right"
    seen, out, _, status = sessions[1]
    assert (out, status) == (b"9\n16\n", 0)
    assert [stop[0] for stop in seen].count("breakpoint") == 9
    assert seen[0][1:] == ([("inner", AT), ("outer", 10), ("<module>", 13)], "(0, 0, None)")
    run = Run(bench, None)
    rows = run.query("""
        SELECT function_name AS name, count(*) AS n FROM calls
        WHERE function_name IN ('inner', 'outer') AND outcome = 'return' GROUP BY 1 ORDER BY 1
    """)
    assert rows == [{"name": "inner", "n": 9}, {"name": "outer", "n": 3}]
