"""Servers that nobody here wrote: no request fails, and each is recorded once, in the process that answered it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from pathlib import Path

import pytest
from helpers import Bench, Run

PYTHON = os.environ.get("BREADCRUMB_TOOLS_PYTHON", "")
REQUESTS = 40

APP = """
    import os

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

    try:
        from flask import Flask
    except ImportError:
        pass
    else:
        flask_app = Flask(__name__)
        flask_app.add_url_rule("/<name>", view_func=greet)
"""

DJANGO = """
    import sys
    from django.conf import settings
    from django.core.management import execute_from_command_line
    from django.http import HttpResponse
    from django.urls import path

    def greet(name):
        return f"hello {name}"

    def view(request, name):
        return HttpResponse(greet(name))

    urlpatterns = [path("<name>", view)]

    if __name__ == "__main__":
        settings.configure(DEBUG=True, ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], INSTALLED_APPS=[],
                           DATABASES={}, SECRET_KEY="x")
        execute_from_command_line(sys.argv)
"""

SERVERS = {
    "gunicorn": ["gunicorn", "-w", "3", "-b", "unix:socket", "app:wsgi"],
    "gthread": ["gunicorn", "-w", "2", "-k", "gthread", "--threads", "4", "-b", "unix:socket", "app:wsgi"],
    "gevent": ["gunicorn", "-w", "2", "-k", "gevent", "-b", "unix:socket", "app:wsgi"],
    "uvicorn": ["uvicorn", "--uds", "socket", "app:asgi"],
    "uvicorn_workers": ["uvicorn", "--uds", "socket", "--workers", "2", "app:asgi"],
}  # fmt: skip

# Those that start again when a file has changed.
RELOADERS = {
    "uvicorn": ["-m", "uvicorn", "--uds", "socket", "--reload", "app:asgi"],
    "flask": ["-m", "flask", "--app", "app:flask_app", "run", "--debug", "--host", "unix://socket"],
    "django": ["manage.py", "runserver", "PORT"],
}  # fmt: skip


def connect(place: Path | int) -> socket.socket:
    """To a port, or to a socket with a name; its path has a short limit, so it is reached through /proc."""
    if isinstance(place, int):
        return socket.create_connection(("127.0.0.1", place), timeout=30)
    folder = os.open(place.parent, os.O_PATH)
    try:
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(30)
        client.connect(f"/proc/self/fd/{folder}/{place.name}")
    finally:
        os.close(folder)
    return client


def ask(place: Path | int, name: str) -> str:
    """The body of one answer."""
    with connect(place) as client:
        client.sendall(f"GET /{name} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while more := client.recv(65536):
            answer += more
    return answer.partition(b"\r\n\r\n")[2].decode()


def wait_for(place: Path | int, wanted: str = "") -> None:
    """Until it answers; with these words, where they are given."""
    for _ in range(1200):
        with contextlib.suppress(OSError):
            answer = ask(place, "ready")
            if answer and wanted in answer:
                return
        time.sleep(0.05)
    pytest.fail("the server did not start")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


pytestmark = pytest.mark.skipif(
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
    recorded_once(bench, [f"n{n}" for n in range(REQUESTS)])


def recorded_once(bench: Bench, names: list[str]) -> None:
    """Each of these was greeted once; and every process belongs to the one run, and knows its parent."""
    run = Run(bench, None)
    rows = run.query("""
        SELECT args->>'name' AS name, count(*) AS times FROM calls
        WHERE function_name = 'greet' AND (args->>'name') <> 'ready' GROUP BY 1
    """)
    assert sorted((row["name"], row["times"]) for row in rows) == sorted((n, 1) for n in names)
    assert run.value("SELECT count(DISTINCT run_id) FROM traces") == 1
    assert run.value("SELECT count(*) FROM traces WHERE parent_trace_id IS NULL") == 1


@pytest.mark.parametrize("server", RELOADERS)
def test_reload(bench, server):
    """A file changes while it serves: the server that starts again is recorded as well, and has the new code."""
    bench.write({"app.py": APP, "manage.py": DJANGO})
    source = bench.project / ("manage.py" if server == "django" else "app.py")
    place = free_port() if server == "django" else bench.project / "socket"
    command = [str(place) if word == "PORT" else word for word in RELOADERS[server]]
    names = [f"n{n}" for n in range(10)]
    # The end of the reloader ends its server by a signal; in a group of its own, as a terminal would.
    with bench.start(
        [*bench.tracing("--every-call"), PYTHON, *command], start_new_session=True
    ) as process:
        try:
            wait_for(place)
            answers = [ask(place, name) for name in names[:5]]
            text = source.read_text().replace("hello", "welcome")
            time.sleep(1.1)  # some look at whole seconds
            source.write_text(text)
            wait_for(place, "welcome")
            answers += [ask(place, name) for name in names[5:]]
            os.killpg(process.pid, signal.SIGINT)
            process.communicate(timeout=60)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    assert answers == [f"hello {name}" for name in names[:5]] + [
        f"welcome {name}" for name in names[5:]
    ]
    recorded_once(bench, names)
