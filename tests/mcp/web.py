"""HTTP as bytes, so that a test can send what no library would."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from wire import STATELESS, meta

TOKEN = "a-token-for-tests-0123456789"
Json = dict[str, Any]


class Reply:
    def __init__(self, raw: bytes) -> None:
        head, _, body = raw.partition(b"\r\n\r\n")
        first, *rows = head.decode("latin-1").split("\r\n")
        self.status = int(first.split()[1])
        self.headers = {k.lower(): v.strip() for k, _, v in (row.partition(":") for row in rows)}
        if self.headers.get("transfer-encoding") == "chunked":
            body = unchunk(body)
        self.body = body

    @property
    def json(self) -> Json:
        return json.loads(self.body)

    @property
    def events(self) -> list[Json]:
        return [event["data"] for event in events_of(self.body) if event["data"] is not None]


def unchunk(body: bytes) -> bytes:
    out = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        n = int(size, 16)
        if n == 0:
            break
        out, body = out + rest[:n], rest[n + 2 :]
    return out


def events_of(body: bytes) -> list[Json]:
    """Each event with its id and its data as JSON; an event of no content has the data None."""
    found = []
    for block in body.decode().split("\n\n"):
        fields = dict(row.split(": ", 1) for row in block.split("\n") if ": " in row)
        if "data" in fields or "id" in fields:
            data = fields.get("data", "").strip()
            found.append({"id": fields.get("id"), "data": json.loads(data) if data else None})
    return found


class Web:
    """A server on a port of its own."""

    def __init__(self, program: Path, database: Path, env: dict[str, str], *words: str) -> None:
        self.process = subprocess.Popen(
            [program, "serve-mcp", "--port", "0", "--db-path", database, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=env,
        )
        self.said: list[str] = []
        self.port = 0
        for line in self.process.stderr:
            self.said.append(line.decode())
            found = re.search(r"http://\S+:(\d+)/mcp", self.said[-1])
            if found:
                self.port = int(found[1])
                break
        self.session: str | None = None

    def connect(self, timeout: float = 30) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def raw(self, data: bytes, timeout: float = 30, most: int = 1 << 24) -> bytes:
        """What comes back until the server closes."""
        with self.connect(timeout) as link:
            try:
                link.sendall(data)
            except (BrokenPipeError, ConnectionResetError):
                pass
            return read_all(link, most)

    def headers(self, **more: str | None) -> dict[str, str]:
        """Those of a good client; a value of None leaves one out."""
        headers: dict[str, str | None] = {
            "Host": f"127.0.0.1:{self.port}",
            "Authorization": f"Bearer {TOKEN}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "Connection": "close",
            "Mcp-Session-Id": self.session,
        }
        headers |= {name.replace("_", "-"): value for name, value in more.items()}
        return {name: value for name, value in headers.items() if value is not None}

    def request(self, body: Any, method: str = "POST", path: str = "/mcp", **headers: Any) -> Reply:
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        fields = self.headers(**headers)
        if method == "POST":
            fields.setdefault("Content-Length", str(len(body)))
        head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items())
        return Reply(self.raw(head.encode() + b"\r\n" + body))

    def begin(self, revision: str = "2025-11-25") -> Reply:
        reply = self.request(
            {
                "jsonrpc": "2.0",
                "id": 0,
                "method": "initialize",
                "params": {
                    "protocolVersion": revision,
                    "capabilities": {},
                    "clientInfo": {"name": "web", "version": "1"},
                },
            }
        )
        self.session = reply.headers.get("mcp-session-id")
        return reply

    def rpc(self, method: str, headers: dict[str, Any] | None = None, **params: Any) -> Reply:
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return self.request(message, **(headers or {}))

    def modern(self, method: str, headers: dict[str, Any] | None = None, **params: Any) -> Reply:
        """A request of 2026-07-28, with all that it needs unless `headers` says otherwise."""
        given: dict[str, Any] = {
            "MCP_Protocol_Version": STATELESS,
            "Mcp_Method": method,
            "Mcp_Name": params.get("name") or params.get("uri"),
            "Mcp_Session_Id": None,
        }
        given |= headers or {}
        params.setdefault("_meta", meta())
        return self.rpc(method, given, **params)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        self.process.stdout.close()
        self.process.stderr.close()


def read_all(link: socket.socket, most: int = 1 << 24) -> bytes:
    data = b""
    try:
        while len(data) < most and (more := link.recv(65536)):
            data += more
    except ConnectionResetError:
        pass
    return data


def read_until(link: socket.socket, mark: bytes, timeout: float = 20) -> bytes:
    data, end = b"", time.monotonic() + timeout
    while mark not in data and time.monotonic() < end:
        more = link.recv(65536)
        if not more:
            break
        data += more
    return data
