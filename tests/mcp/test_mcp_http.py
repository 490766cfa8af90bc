"""The server over HTTP: who may ask, sessions, streams, limits, its end."""

from __future__ import annotations

import json
import re
import resource
import signal
import socket
import subprocess
import time

import pytest
from web import TOKEN, Reply, events_of, read_all, read_until
from wire import STATELESS, children, environment, memory_kib, meta

SLOW = "SELECT count(*) FROM range(100000000000) t(i) WHERE i % 7 = 3"


def post(web, body, **headers):
    return web.request(body, **headers)


PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


# -- who may ask ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "token",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Basic {TOKEN}",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN} x",
        f"Bearer {TOKEN}{TOKEN}",
        "Bearer " + "x" * 8000,
    ],
)
def test_without_the_token_nobody_is_answered(web, token):
    reply = web.request(PING, Authorization=token)
    assert reply.status == 401
    assert reply.headers["www-authenticate"].startswith("Bearer")
    assert web.begin().status == 200


def test_the_token_is_not_taken_from_the_address(web):
    assert web.request(PING, path=f"/mcp?token={TOKEN}", Authorization=None).status == 401


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "127.0.0.1:{port}.evil.example",
        "localhost:{port}@evil.example",
        "x@127.0.0.1:{port}",
        "127.0.0.1:{port}x",
        "[::1]",
    ],
)
def test_dns_rebinding(web, host):
    reply = web.request(PING, Host=host and host.format(port=web.port))
    assert reply.status in (400, 403)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_our_own_names(web, host):
    name = f"{host}:{web.port}"
    assert web.begin().status == 200
    assert web.request(PING, Host=name).json["result"] == {}
    assert web.request(PING, Host=name, Origin=f"http://{name}").json["result"] == {}


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "http://evil.example",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1:{port}.evil.example",
        "http://127.0.0.1:{port}@evil.example",
        "http://127.0.0.1",
        "http://localhost:1",
        "",
    ],
)
def test_a_page_of_somebody_elses(web, origin):
    assert web.request(PING, Origin=origin.format(port=web.port)).status == 403


def test_no_answer_invites_other_origins(web):
    for reply in (web.begin(), web.request(PING, Origin="http://evil.example")):
        assert not [name for name in reply.headers if name.startswith("access-control")]
    assert web.request(b"", method="OPTIONS").status == 405


# -- what is asked -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "method", "path", "headers"),
    [
        (404, "POST", "/", {}),
        (404, "POST", "/mcp/", {}),
        (404, "POST", "/mcp/../etc/passwd", {}),
        (405, "PUT", "/mcp", {}),
        (405, "PATCH", "/mcp", {}),
        (405, "HEAD", "/mcp", {}),
        (405, "GET", "/mcp", {}),
        (405, "DELETE", "/mcp", {}),
        (404, "GET", "/mcp", {"Mcp_Session_Id": "0" * 32}),
        (404, "DELETE", "/mcp", {"Mcp_Session_Id": "0" * 32}),
        (404, "POST", "/mcp", {"Mcp_Session_Id": "0" * 32}),
        (400, "POST", "/mcp", {}),
        (415, "POST", "/mcp", {"Content_Type": "text/plain"}),
        (415, "POST", "/mcp", {"Content_Type": None}),
        (415, "POST", "/mcp", {"Content_Type": "text/plain, application/json"}),
        (415, "POST", "/mcp", {"Content_Type": "application/jsonx"}),
        (406, "POST", "/mcp", {"Accept": "text/html"}),
        (400, "POST", "/mcp", {"MCP_Protocol_Version": "1900-01-01"}),
    ],
)
def test_what_is_refused(web, status, method, path, headers):
    reply = web.request(PING, method=method, path=path, **headers)
    assert reply.status == status, reply.body
    assert web.begin().status == 200


def test_two_lengths_of_one_body(web):
    """An older libevent reads the body as chunks, finds none, and hangs up without a word."""
    fields = web.headers() | {"Transfer-Encoding": "chunked", "Content-Length": "2"}
    rows = "".join(f"{k}: {v}\r\n" for k, v in fields.items())
    raw = web.raw(f"POST /mcp HTTP/1.1\r\n{rows}\r\n{{}}".encode())
    assert raw == b"" or Reply(raw).status == 400
    assert web.begin().status == 200


@pytest.mark.parametrize("name", ["Host", "Content-Length", "Authorization", "Mcp-Method"])
def test_a_header_that_comes_twice(web, name):
    fields = web.headers() | {"Content-Length": "2", "Mcp-Method": "ping"}
    rows = [f"{k}: {v}" for k, v in fields.items()] + [f"{name}: {fields[name]}"]
    raw = web.raw(("POST /mcp HTTP/1.1\r\n" + "\r\n".join(rows) + "\r\n\r\n{}").encode())
    assert Reply(raw).status == 400


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", -32700),
        (b"hello", -32700),
        (b"\xff", -32700),
        (b"{}", -32600),
        (b"[]", -32600),
        (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600),
    ],
)
def test_a_bad_message(web, body, code):
    reply = web.request(body)
    assert reply.status == 400 and reply.json["error"]["code"] == code


def test_limits_on_size(web):
    assert web.request(b" " * (3 << 20)).status == 413
    assert web.request(PING, X_Long="x" * 40000).status in (400, 413)
    assert web.begin().status == 200


@pytest.mark.parametrize("way", ["length", "chunks"])
def test_a_huge_body_is_refused_and_not_kept(web, way):
    web.begin()
    before = memory_kib(web.process.pid)
    length = (
        {"Content-Length": "100000000"} if way == "length" else {"Transfer-Encoding": "chunked"}
    )
    fields = web.headers() | length
    head = "POST /mcp HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items())
    piece = b" " * 1_000_000 if way == "length" else b"f4240\r\n" + b" " * 1_000_000 + b"\r\n"
    with web.connect() as link:
        sent = 0
        try:
            link.sendall(head.encode() + b"\r\n")
            for _ in range(100):
                link.sendall(piece)
                sent += 1
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert memory_kib(web.process.pid) - before < 24 * 1024
        reply = read_all(link)
    assert not reply or Reply(reply).status == 413
    assert sent < 100 or reply, "refused in a word or with none"
    assert web.rpc("ping").status == 200


def test_a_client_that_never_reads(web):
    web.begin()
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    body = json.dumps(message).encode()
    fields = web.headers(Connection=None) | {"Content-Length": str(len(body))}
    head = "POST /mcp HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items())
    before = memory_kib(web.process.pid)
    links = [web.connect() for _ in range(20)]
    for link in links:
        link.settimeout(0.2)
        try:
            link.sendall((head.encode() + b"\r\n" + body) * 3000)
        except TimeoutError:
            pass
    assert web.rpc("ping").status == 200
    assert memory_kib(web.process.pid) - before < 64 * 1024
    for link in links:
        link.close()
    assert web.rpc("ping").status == 200


# -- sessions ------------------------------------------------------------------------------------


@pytest.mark.parametrize("revision", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
def test_a_session_from_beginning_to_end(web, revision):
    reply = web.begin(revision)
    assert reply.json["result"]["protocolVersion"] == revision
    assert re.fullmatch(r"[\x21-\x7e]{32,}", web.session)
    note = web.request({"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert note.status == 202 and note.body == b""
    assert web.rpc("tools/list").json["result"]["tools"]
    call = web.rpc("tools/call", name="query_traces", arguments={"sql": "SELECT 1 AS n"})
    assert json.loads(call.json["result"]["content"][0]["text"])["traces"] == [{"n": 1}]
    assert web.rpc("no/such").json["error"]["code"] == -32601
    assert web.rpc("ping", {"MCP_Protocol_Version": revision}).status == 200
    assert web.rpc("ping", {"MCP_Protocol_Version": "2025-01-01"}).status == 400
    assert web.request(b"", method="DELETE").status == 204
    assert web.rpc("ping").status == 404


def test_sessions_do_not_know_each_other(web):
    web.begin("2025-11-25")
    first, web.session = web.session, None
    web.begin("2024-11-05")
    assert first != web.session
    assert (
        "structuredContent"
        not in web.rpc("tools/call", name="query_traces", arguments={"sql": "SELECT 1"}).json[
            "result"
        ]
    )
    web.session = first
    assert (
        "structuredContent"
        in web.rpc("tools/call", name="query_traces", arguments={"sql": "SELECT 1"}).json["result"]
    )


def test_the_oldest_of_too_many_sessions_ends(web):
    web.begin()
    first = web.session
    for _ in range(256):
        web.session = None
        assert web.begin().status == 200
    assert web.rpc("ping").status == 200
    web.session = first
    assert web.rpc("ping").status == 404


def open_call(web, sql, revision=None, **params):
    """A tool call whose connection is the test's: it returns while it runs."""
    message = {
        "jsonrpc": "2.0",
        "id": "slow",
        "method": "tools/call",
        "params": {"name": "query_traces", "arguments": {"sql": sql}, **params},
    }
    more = {}
    if revision == STATELESS:
        more = {
            "MCP-Protocol-Version": STATELESS,
            "Mcp-Method": "tools/call",
            "Mcp-Name": "query_traces",
        }
        message["params"]["_meta"] = meta(**params.get("_meta", {}))
    body = json.dumps(message).encode()
    fields = web.headers() | more | {"Content-Length": str(len(body))}
    link = web.connect()
    head = "POST /mcp HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items())
    link.sendall(head.encode() + b"\r\n" + body)
    return link


def test_progress_comes_as_events_before_the_answer(web):
    web.begin()
    link = open_call(web, SLOW, _meta={"progressToken": "p"})
    data = read_until(link, b"notifications/progress")
    assert b"text/event-stream" in data and b'"progressToken":"p"' in data
    cancel = {
        "jsonrpc": "2.0",
        "method": "notifications/cancelled",
        "params": {"requestId": "slow"},
    }
    assert web.request(cancel).status == 202
    rest = read_all(link)
    assert b"0\r\n\r\n" in rest and b'"result"' not in rest
    link.close()


def test_who_goes_away_cancels_in_the_stateless_revision(web):
    for token in ({}, {"_meta": {"progressToken": 1}}):
        link = open_call(web, SLOW, STATELESS, **token)
        time.sleep(0.4)
        link.close()
    begin = time.monotonic()
    reply = web.modern("tools/call", name="query_traces", arguments={"sql": "SELECT 1 AS n"})
    assert reply.json["result"]["isError"] is False
    assert time.monotonic() - begin < 20, "the two would have had 30 s each"


def test_who_comes_back_gets_what_was_missed(web):
    web.begin()
    sql = "SELECT count(*) AS n FROM range(40000000) t(i) WHERE i % 7 = 3"
    link = open_call(web, sql, _meta={"progressToken": "p"})
    data = read_until(link, b"notifications/progress")
    first = next(event["id"] for event in events_of(data.partition(b"\r\n\r\n")[2]) if event["id"])
    link.close()
    reply = web.request(b"", method="GET", Last_Event_ID=first)
    assert reply.status == 200
    said = reply.events
    assert said[-1]["id"] == "slow"
    answer = json.loads(said[-1]["result"]["content"][0]["text"])
    assert answer["traces"] == [{"n": 5714286}]
    again = web.request(b"", method="GET", Last_Event_ID=first).events
    assert again[-1] == said[-1], "as often as it is asked for"


def test_a_listening_stream_stays_open(web):
    web.begin()
    with web.connect() as link:
        fields = web.headers(Content_Type=None)
        link.sendall(
            (
                "GET /mcp HTTP/1.1\r\n"
                + "".join(f"{k}: {v}\r\n" for k, v in fields.items())
                + "\r\n"
            ).encode()
        )
        head = read_until(link, b"\r\n\r\n")
        assert b"200 OK" in head and b"text/event-stream" in head
        link.settimeout(0.5)
        with pytest.raises(TimeoutError):
            link.recv(1)
        assert web.rpc("ping").status == 200
        assert web.request(b"", method="DELETE").status == 204
        link.settimeout(10)
        rest = read_all(link)
        assert rest.endswith(b"0\r\n\r\n") and b'"result"' not in rest


# -- 2026-07-28 ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "headers"),
    [
        (200, None, {}),
        (200, None, {"Mcp_Method": " tools/call\t"}),
        (200, None, {"Mcp_Name": "=?base64?cXVlcnlfdHJhY2Vz?="}),
        (200, None, {"Mcp_Session_Id": "ignored"}),
        (400, -32020, {"Mcp_Method": None}),
        (400, -32020, {"Mcp_Method": "Tools/Call"}),
        (400, -32020, {"Mcp_Method": "tools/list"}),
        (400, -32020, {"Mcp_Name": None}),
        (400, -32020, {"Mcp_Name": "get_trace"}),
        (400, -32020, {"Mcp_Name": "=?base64?Z2V0?="}),
        (400, -32020, {"Mcp_Name": "=?base64?!!?="}),
        (400, -32020, {"MCP_Protocol_Version": None}),
        (400, -32020, {"MCP_Protocol_Version": "2025-11-25"}),
    ],
)
def test_headers_agree_with_the_body(web, status, code, headers):
    reply = web.modern(
        "tools/call", headers, name="query_traces", arguments={"sql": "SELECT 1 AS n"}
    )
    assert reply.status == status, reply.body
    assert reply.json.get("error", {}).get("code") == code
    assert "mcp-session-id" not in reply.headers


def test_stateless_statuses(web):
    assert web.modern("server/discover").json["result"]["supportedVersions"][0] == STATELESS
    for method in ("no/such", "ping", "initialize", "logging/setLevel", "resources/subscribe"):
        reply = web.modern(method)
        assert (reply.status, reply.json["error"]["code"]) == (404, -32601)
    bad = web.modern("tools/list", _meta={})
    assert (bad.status, bad.json["error"]["code"]) == (400, -32602)
    old = meta() | {"io.modelcontextprotocol/protocolVersion": "1900-01-01"}
    bad = web.modern("tools/list", {"MCP_Protocol_Version": "1900-01-01"}, _meta=old)
    assert (bad.status, bad.json["error"]["code"]) == (400, -32022)
    assert STATELESS in bad.json["error"]["data"]["supported"]
    unknown = web.modern("tools/call", name="no", arguments={})
    assert unknown.json["error"]["code"] == -32602
    for method in ("GET", "DELETE"):
        assert web.request(b"", method=method, MCP_Protocol_Version=STATELESS).status == 405
    note = {"jsonrpc": "2.0", "method": "notifications/x", "params": {"_meta": meta()}}
    assert web.request(note, MCP_Protocol_Version=STATELESS).status == 202


# -- many connections ----------------------------------------------------------------------------


def test_a_thousand_connections(web):
    links = [web.connect() for _ in range(1000)]
    for i, link in enumerate(links):
        if i % 2:
            link.sendall(b"POST /mcp HTTP/1.1\r\nHost: x")
    assert web.begin().status == 200
    assert web.rpc("tools/call", name="query_traces", arguments={"sql": "SELECT 1"}).status == 200
    assert memory_kib(web.process.pid) < 160 * 1024
    for link in links:
        link.close()
    assert web.rpc("ping").status == 200


def test_more_connections_than_it_takes(web):
    """The last of them wait until others go; those that are there are served."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 3000:
        pytest.skip("this machine lets a process open too few files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 3000), hard))
    web.begin()
    body = json.dumps(PING).encode()
    fields = web.headers(Connection=None) | {"Content-Length": str(len(body))}
    head = "POST /mcp HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items())
    links = [web.connect()]
    try:
        for _ in range(2):
            links[0].sendall(head.encode() + b"\r\n" + body)
            assert b" 200 OK" in read_until(links[0], b'"result"')
            while len(links) < 2300:
                links.append(web.connect())
        assert memory_kib(web.process.pid) < 160 * 1024
    finally:
        for link in links:
            link.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert web.rpc("ping").status == 200


def test_one_byte_at_a_time_is_not_waited_for_without_end(web):
    """Of the head on one connection, of the body on another."""
    fields = web.headers() | {"Content-Length": "1000"}
    head = "POST /mcp HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items())
    links = {"head": web.connect(60), "body": web.connect(60)}
    links["body"].sendall(head.encode() + b"\r\n")
    begin, ended = time.monotonic(), {}
    while len(ended) < 2 and time.monotonic() - begin < 60:
        for name, link in links.items():
            try:
                if name not in ended:
                    link.sendall(b"X")
            except (BrokenPipeError, ConnectionResetError):
                ended[name] = time.monotonic() - begin
        time.sleep(0.5)
    for link in links.values():
        link.close()
    assert ended.keys() == links.keys() and all(5 < took < 40 for took in ended.values()), ended
    assert web.begin().status == 200


def test_half_open_connections(web):
    for _ in range(20):
        with web.connect() as link:
            link.sendall(b"POST /mcp HTTP/1.1\r\nContent-Length: 1000\r\n\r\n{")
            link.shutdown(socket.SHUT_WR)
    assert web.begin().status == 200


# -- beginning and end -----------------------------------------------------------------------------


def test_a_token_is_made_and_said(breadcrumb, shop, tmp_path):
    from web import Web

    web = Web(breadcrumb, shop, environment(tmp_path))
    try:
        token = re.search(r"the token is ([0-9a-f]{32})\n", "".join(web.said))[1]
        assert web.request(PING).status == 401
        good = web.request(PING, Authorization=f"Bearer {token}")
        assert good.status == 400 and "initialize" in good.json["error"]["message"]
    finally:
        web.close()


@pytest.mark.parametrize(
    ("words", "env", "says"),
    [
        (["--port", "0", "--host", "0.0.0.0"], {}, "token"),
        (["--port", "0", "--token-file", "none"], {}, "none"),
        (["--port", "0", "--token-file", "short"], {}, "16"),
        (["--port", "0"], {"BREADCRUMB_MCP_TOKEN": "x" * 40 + "\n"}, "character"),
        (["--port", "99999"], {}, "65535"),
        (["--host", "127.0.0.1"], {}, "--port"),
        (["--port", "0", "--host", "256.1.1.1"], {"BREADCRUMB_MCP_TOKEN": TOKEN}, "listen"),
    ],
)
def test_what_it_does_not_start_with(breadcrumb, tmp_path, words, env, says):
    (tmp_path / "short").write_text("secret\n")
    done = subprocess.run(
        [breadcrumb, "serve-mcp", *words],
        capture_output=True,
        cwd=tmp_path,
        env=environment(tmp_path) | env,
        timeout=30,
    )
    assert done.returncode == 1
    assert says in (done.stdout + done.stderr).decode()


def test_a_token_from_a_file(breadcrumb, shop, tmp_path):
    from web import Web

    (tmp_path / "token").write_text(TOKEN + "\nanother line\n")
    web = Web(breadcrumb, shop, environment(tmp_path), "--token-file", str(tmp_path / "token"))
    try:
        assert web.begin().status == 200
    finally:
        web.close()


@pytest.mark.parametrize("busy", [False, True])
def test_it_stops_within_a_second(web, busy):
    web.begin()
    links = [open_call(web, SLOW)] if busy else []
    time.sleep(0.3)
    begin = time.monotonic()
    web.process.send_signal(signal.SIGTERM)
    assert web.process.wait(10) == 0
    assert time.monotonic() - begin < 3.0, "a second, and this machine may be busy"
    for link in links:
        link.close()
    assert web.process.stdout.read() == b"", "stdout is for answers"


def test_what_runs_may_end(web):
    web.begin()
    link = open_call(web, "SELECT count(*) AS n FROM range(3000000) t(i) WHERE i % 7 = 3")
    end = time.monotonic() + 20
    while not children(web.process.pid) and time.monotonic() < end:
        time.sleep(0.01)  # it has been read once there is a process for it
    web.process.send_signal(signal.SIGTERM)
    assert Reply(read_all(link)).json["id"] == "slow"
    assert web.process.wait(10) == 0
    link.close()
