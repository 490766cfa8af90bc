"""A client of our own that speaks any revision, right or wrong: what the clients of others cannot be made to send."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

SESSIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
STATELESS = "2026-07-28"
REVISIONS = (*SESSIONS, STATELESS)
WAIT = 30.0

Json = dict[str, Any]


class Gone(AssertionError):
    """The server ended while an answer was awaited."""


def meta(**more: Any) -> Json:
    """What each request of 2026-07-28 says of its client."""
    return {
        "io.modelcontextprotocol/protocolVersion": STATELESS,
        "io.modelcontextprotocol/clientInfo": {"name": "wire", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    } | more


class Wire:
    """A server on pipes. Everything that it writes to stdout has to be a line of JSON."""

    def __init__(self, program: Path, *words: str, cwd: Path, env: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [program, "serve-mcp", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=env,
        )
        self.arrived: queue.Queue[Any] = queue.Queue()
        self.earlier: list[Any] = []
        self.notifications: list[Json] = []
        self.ids = 0
        self.revision = STATELESS
        threading.Thread(target=self._read, daemon=True).start()
        self.errors: list[bytes] = []
        threading.Thread(target=self._read_errors, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout:
            assert line.endswith(b"\n"), line
            self.arrived.put(json.loads(line))
        self.arrived.put(Gone())

    def _read_errors(self) -> None:
        for line in self.process.stderr:
            self.errors.append(line)

    # -- anything ----------------------------------------------------------------------------

    def send(self, message: Any) -> None:
        self.send_bytes(json.dumps(message).encode() + b"\n")

    def send_bytes(self, data: bytes) -> None:
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def take(self, timeout: float = WAIT) -> Any:
        """The next message, whatever it is."""
        message = self.arrived.get(timeout=timeout)
        if isinstance(message, Gone):
            self.arrived.put(message)
            raise message
        for one in message if isinstance(message, list) else [message]:
            assert one["jsonrpc"] == "2.0"
            assert not ("method" in one and "id" in one), "a server asks its client nothing"
            assert ("result" in one) + ("error" in one) + ("method" in one) == 1
        return message

    def answer(self, id: Any, timeout: float = WAIT) -> Json:
        """The response with an id; other responses are kept, notifications noted."""
        end = time.monotonic() + timeout
        while True:
            for i, message in enumerate(self.earlier):
                if message.get("id") == id and type(message.get("id")) is type(id):
                    return self.earlier.pop(i)
            message = self.take(max(0.01, end - time.monotonic()))
            if isinstance(message, dict) and "method" in message:
                self.notifications.append(message)
            else:
                self.earlier.append(message)

    def silent(self, seconds: float = 0.3) -> bool:
        try:
            self.earlier.append(self.take(seconds))
        except queue.Empty:
            return not self.earlier
        return False

    # -- as a client would --------------------------------------------------------------------

    def begin(self, revision: str) -> Json:
        """Makes it speak this revision from here on; returns what the server said of itself."""
        self.revision = revision
        if revision == STATELESS:
            return self.request("server/discover")["result"]
        answer = self.request(
            "initialize",
            protocolVersion=revision,
            capabilities={},
            clientInfo={"name": "wire", "version": "1"},
        )
        self.notify("notifications/initialized")
        return answer["result"]

    def start(self, method: str, **params: Any) -> int:
        self.ids += 1
        if self.revision == STATELESS:
            params["_meta"] = meta(**params.get("_meta", {}))
        message: Json = {"jsonrpc": "2.0", "id": self.ids, "method": method}
        if params:
            message["params"] = params
        self.send(message)
        return self.ids

    def request(self, method: str, timeout: float = WAIT, **params: Any) -> Json:
        return self.answer(self.start(method, **params), timeout)

    def notify(self, method: str, **params: Any) -> None:
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def call(self, tool: str, **arguments: Any) -> Json:
        """The result of a tool call, checked for what every result has to have."""
        result = self.request("tools/call", name=f"breadcrumb__{tool}", arguments=arguments)
        return result["result"]

    def ask(self, tool: str, **arguments: Any) -> Json:
        """The answer of a tool call that works."""
        result = self.call(tool, **arguments)
        assert result["isError"] is False, result
        return json.loads(result["content"][0]["text"])

    def refused(self, tool: str, **arguments: Any) -> Json:
        result = self.call(tool, **arguments)
        assert result["isError"] is True, result
        return json.loads(result["content"][0]["text"])

    # -- the process ---------------------------------------------------------------------------

    def end_input(self) -> None:
        self.process.stdin.close()

    def ended(self, timeout: float) -> int:
        return self.process.wait(timeout)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                stream.close()
            except (BrokenPipeError, ValueError):
                pass


def memory_kib(pid: int) -> int:
    """Resident memory of a process and its children."""
    total = 0
    for one in [pid, *children(pid)]:
        try:
            status = Path(f"/proc/{one}/status").read_text()
        except OSError:
            continue
        total += sum(int(row.split()[1]) for row in status.splitlines() if row[:6] == "VmRSS:")
    return total


def children(pid: int) -> list[int]:
    try:
        return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def environment(home: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("BREADCRUMB_", "PYTHON"))}
    return kept | {"HOME": str(home), "LC_ALL": "C.UTF-8"}
