"""Servers that nobody here wrote: no request fails, and each is recorded once, in the process that answered it."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

import pytest
from helpers import Run

PYTHON = os.environ.get("BREADCRUMB_TOOLS_PYTHON", "")
REQUESTS = 40

APP = """
    def greet(name):
        return f"hello {name}"

    def wsgi(environ, start_response):
        body = greet(environ["PATH_INFO"][1:]).encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    async def asgi(scope, receive, send):
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])
        body = greet(scope["path"][1:]).encode()
        length = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": length})
        await send({"type": "http.response.body", "body": body})
"""

SERVERS = {
    "gunicorn": ["gunicorn", "-w", "3", "-b", "unix:socket", "app:wsgi"],
    "gthread": ["gunicorn", "-w", "2", "-k", "gthread", "--threads", "4", "-b", "unix:socket", "app:wsgi"],
    "gevent": ["gunicorn", "-w", "2", "-k", "gevent", "-b", "unix:socket", "app:wsgi"],
    "uvicorn": ["uvicorn", "--uds", "socket", "app:asgi"],
}  # fmt: skip


def ask(place: Path, name: str) -> str:
    """The body of one answer; a socket's path has a short limit, so it is reached through /proc."""
    folder = os.open(place.parent, os.O_PATH)
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(30)
            client.connect(f"/proc/self/fd/{folder}/{place.name}")
            client.sendall(f"GET /{name} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            answer = b""
            while more := client.recv(65536):
                answer += more
    finally:
        os.close(folder)
    return answer.partition(b"\r\n\r\n")[2].decode()


def wait_for(place: Path) -> None:
    for _ in range(600):
        try:
            ask(place, "ready")
            return
        except OSError:
            time.sleep(0.05)
    pytest.fail("the server did not start")


@pytest.mark.skipif(
    not PYTHON, reason="the servers are in the tools' environment: tools/with_env.sh"
)
@pytest.mark.parametrize("server", SERVERS)
def test_server(bench, server):
    bench.write({"app.py": APP})
    place = bench.project / "socket"
    command = [PYTHON, "-m", *SERVERS[server]]
    with bench.start([*bench.tracing("--every-call"), *command]) as process:
        try:
            wait_for(place)
            answers = [ask(place, f"n{n}") for n in range(REQUESTS)]
            process.send_signal(signal.SIGTERM)
            _, stderr = process.communicate(timeout=60)
        except BaseException:
            process.kill()
            raise
    assert answers == [f"hello n{n}" for n in range(REQUESTS)]
    assert b"Traceback" not in stderr, stderr.decode()
    rows = Run(bench, None).query("""
        SELECT args->>'name' AS name, count(*) AS times FROM calls
        WHERE function_name = 'greet' AND (args->>'name') <> 'ready' GROUP BY 1
    """)
    assert sorted((row["name"], row["times"]) for row in rows) == sorted(
        (f"n{n}", 1) for n in range(REQUESTS)
    )
