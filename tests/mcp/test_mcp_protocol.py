"""Demands of the specification that are about all methods, or no single one: the table is in test_mcp_musts.py."""

from __future__ import annotations

import json
import signal
import subprocess
import time

import pytest
from test_mcp_clients import CLIENTS
from test_mcp_http import open_call
from test_mcp_tools import TOOLS
from web import TOKEN, events_of, read_all, read_until
from wire import REVISIONS, SESSIONS, STATELESS, children, meta

SLOW = "SELECT count(*) FROM range(100000000000) t(i) WHERE i % 7 = 3"
SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId"
KEPT = {"server/discover", "tools/list", "prompts/list", "resources/list", "resources/read"}
KEPT |= {"resources/templates/list"}
REQUESTS = {
    "tools/list": {},
    "tools/call": {"name": "breadcrumb__top", "arguments": {}},
    "prompts/list": {},
    "prompts/get": {"name": "what_is_slow"},
    "resources/list": {},
    "resources/templates/list": {},
    "resources/read": {"uri": "breadcrumb://trace/last/report"},
    "completion/complete": {
        "ref": {"type": "ref/prompt", "name": "what_is_slow"},
        "argument": {"name": "trace", "value": ""},
    },
}


# -- results and errors -----------------------------------------------------------------------------


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_result_has_what_its_revision_wants(serve, shop, revision):
    wire = serve(shop, revision)
    wanted = REQUESTS | ({"server/discover": {}} if revision == STATELESS else {})
    for method, params in wanted.items():
        answer = wire.request(method, **params)
        assert "error" not in answer, (method, answer)
        result = answer["result"]
        if revision != STATELESS:
            assert not {"resultType", "ttlMs", "cacheScope", "_meta"} & result.keys(), method
            continue
        assert result["resultType"] == "complete"
        assert result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "breadcrumb"
        assert ("ttlMs" in result) == ("cacheScope" in result) == (method in KEPT), method
        if method in KEPT:
            assert isinstance(result["ttlMs"], int) and result["ttlMs"] >= 0
            assert result["cacheScope"] in {"public", "private"}
    # What tells of a traced program is nobody else's.
    if revision == STATELESS:
        for method in ("resources/list", "resources/read"):
            assert wire.request(method, **REQUESTS[method])["result"]["cacheScope"] == "private"


def test_error_codes_are_those_that_there_are(serve, shop):
    wire = serve(shop, STATELESS)
    bad = [
        ("no/such", {}),
        ("tools/call", {"name": "no"}),
        ("tools/list", {"cursor": "x"}),
        ("resources/read", {"uri": "breadcrumb://no"}),
        ("resources/read", {"uri": "breadcrumb://trace/ffff/report"}),
        ("prompts/get", {"name": "no"}),
        ("completion/complete", {}),
        ("subscriptions/listen", {}),
        ("logging/setLevel", {"level": "debug"}),
    ]
    for method, params in bad:
        answer = wire.request(method, **params)
        assert answer["error"]["code"] in {-32601, -32602}, (method, answer)
        assert answer["error"]["message"] and "result" not in answer


def test_no_request_rests_on_another(serve, shop):
    """Without a beginning, and beside a session of another revision on the same connection."""
    wire = serve(shop, None)
    wire.revision = STATELESS
    first = wire.request("tools/list")["result"]
    assert wire.ask("query_traces", sql="SELECT 1 AS n")["traces"] == [{"n": 1}]
    old = wire.begin("2024-11-05")
    assert old["protocolVersion"] == "2024-11-05"
    tools = wire.request("tools/list")["result"]["tools"]
    assert not any("outputSchema" in tool or "annotations" in tool for tool in tools)
    wire.revision = STATELESS
    assert wire.request("tools/list")["result"] == first
    gone = {"jsonrpc": "2.0", "id": "x", "method": "ping", "params": {"_meta": meta()}}
    wire.send(gone)
    assert wire.answer("x")["error"]["code"] == -32601, "of sessions only"


@pytest.mark.parametrize("revision", REVISIONS)
def test_lists_are_the_same_for_everybody(serve, shop, revision):
    one, two = serve(shop, revision), serve(shop, revision)
    two.call("overview")
    two.call("query_traces", sql="no")
    for method in ("tools/list", "prompts/list", "resources/templates/list", "resources/list"):
        assert one.request(method)["result"] == two.request(method)["result"], method


CHECK = """
import json, sys
from jsonschema import Draft202012Validator as Validator
for tool, answers in json.load(sys.stdin):
    for schema in (tool["inputSchema"], tool["outputSchema"]):
        Validator.check_schema(schema)
    for answer in answers:
        Validator(tool["outputSchema"]).validate(answer)
"""


@pytest.mark.parametrize("revision", ["2025-06-18", "2025-11-25", STATELESS])
def test_schemas_are_schemas_and_answers_conform(serve, shop, revision):
    wire = serve(shop, revision)
    pairs = []
    for tool in wire.request("tools/list")["result"]["tools"]:
        name = tool["name"].removeprefix("breadcrumb__")
        answers = [
            wire.call(name, **TOOLS[name], max_tokens=tokens, detail=detail)["structuredContent"]
            for tokens in (200, 4000)
            for detail in ("concise", "full")
        ]
        pairs.append((tool, answers))
    done = subprocess.run(
        [CLIENTS / "python/bin/python", "-c", CHECK],
        input=json.dumps(pairs),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]


# -- logging, progress, cancellation --------------------------------------------------------------


@pytest.mark.parametrize("revision", REVISIONS)
def test_nothing_is_logged_to_the_client(serve, shop, revision):
    """The capability is not declared; what there is to log goes to stderr."""
    wire = serve(shop)
    assert "logging" not in wire.begin(revision)["capabilities"]
    assert wire.request("logging/setLevel", level="debug")["error"]["code"] == -32601
    level = {"io.modelcontextprotocol/logLevel": "debug"}
    result = wire.request("tools/call", name="query_traces", arguments={"sql": "no"}, _meta=level)
    assert result["result"]["isError"] is True
    assert wire.notifications == [] and wire.silent()


@pytest.mark.parametrize("revision", REVISIONS)
def test_progress_ends_with_the_answer(serve, shop, revision):
    wire = serve(shop, revision)
    sql = "SELECT count(*) AS n FROM range(150000000) t(i) WHERE i % 7 = 3"
    id = wire.start(
        "tools/call", name="query_traces", arguments={"sql": sql}, _meta={"progressToken": "p"}
    )
    seen = []
    while not seen or seen[-1].get("id") != id:
        seen.append(wire.take(120))
    assert all(one["method"] == "notifications/progress" for one in seen[:-1])
    assert all(("message" in one["params"]) == (revision >= "2025-03-26") for one in seen[:-1])
    assert wire.silent(1.5), "no word of it behind its answer"


def test_a_cancelled_query_stops_within_100_ms(serve, shop):
    wire = serve(shop, "2025-11-25")
    times = []
    for sql in (
        SLOW,
        "SELECT * FROM range(50000000) t(i) ORDER BY hash(i) LIMIT 1 OFFSET 40000000",
    ):
        for _ in range(3):
            id = wire.start("tools/call", name="query_traces", arguments={"sql": sql})
            end = time.monotonic() + 20
            while not children(wire.process.pid) and time.monotonic() < end:
                time.sleep(0.005)
            (worker,) = children(wire.process.pid)
            time.sleep(0.2)
            begin = time.monotonic()
            wire.notify("notifications/cancelled", requestId=id)
            while worker in children(wire.process.pid) and time.monotonic() < end:
                time.sleep(0.002)
            times.append(time.monotonic() - begin)
    assert wire.silent()
    # The machine may be busy with other things, which can only make it longer.
    assert sorted(times)[1] < 0.1, times


# -- subscriptions ----------------------------------------------------------------------------------


def test_a_subscription_that_the_server_ends(serve, shop):
    wire = serve(shop, STATELESS)
    ids = [wire.start("subscriptions/listen", notifications={}) for _ in range(2)]
    assert [wire.take()["params"]["_meta"][SUBSCRIPTION] for _ in ids] == ids
    wire.process.send_signal(signal.SIGTERM)
    said = [wire.take() for _ in range(4)]
    for id in ids:
        (cancelled,) = [one for one in said if one.get("params", {}).get("requestId") == id]
        assert cancelled["method"] == "notifications/cancelled"
        (answer,) = [one for one in said if one.get("id") == id]
        assert answer["result"]["resultType"] == "complete"
        assert cancelled["params"]["_meta"][SUBSCRIPTION] == id
        assert answer["result"]["_meta"][SUBSCRIPTION] == id
        assert said.index(cancelled) < said.index(answer)
    assert wire.ended(10) == 0


def test_a_subscription_that_the_server_ends_over_http(web):
    message = {
        "jsonrpc": "2.0",
        "id": "s",
        "method": "subscriptions/listen",
        "params": {"notifications": {}, "_meta": meta()},
    }
    body = json.dumps(message).encode()
    fields = web.headers() | {
        "MCP-Protocol-Version": STATELESS,
        "Mcp-Method": "subscriptions/listen",
        "Content-Length": str(len(body)),
    }
    head = "POST /mcp HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items())
    with web.connect() as link:
        link.sendall(head.encode() + b"\r\n" + body)
        read_until(link, b"acknowledged")
        web.process.send_signal(signal.SIGTERM)
        rest = read_all(link)
    assert rest.index(b"notifications/cancelled") < rest.index(b'"resultType":"complete"')
    assert rest.endswith(b"0\r\n\r\n"), "and the stream ends as streams do"
    assert web.process.wait(10) == 0


def test_subscriptions_leave_room_for_answers(serve, shop):
    wire = serve(shop, STATELESS)
    ids = [wire.start("subscriptions/listen", notifications={}) for _ in range(600)]
    assert "too many" in wire.answer(ids[-1])["error"]["message"]
    assert wire.request("tools/list")["result"]["tools"]
    wire.notify("notifications/cancelled", requestId=ids[0])
    again = wire.start("subscriptions/listen", notifications={})
    assert wire.request("tools/list")["result"]["tools"]
    assert again not in [one.get("id") for one in wire.earlier], "there is room again"


# -- HTTP -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [str.lower, str.upper, str.title])
def test_names_of_headers_in_any_case(web, change):
    body = json.dumps(
        {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta()}}
    )
    fields = {
        "Host": f"127.0.0.1:{web.port}",
        "Authorization": f"Bearer {TOKEN}",
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": STATELESS,
        "Mcp-Method": "tools/list",
        "Connection": "close",
        "Content-Length": str(len(body)),
    }
    rows = "".join(f"{change(name)}: {value}\r\n" for name, value in fields.items())
    reply = web.raw(f"POST /mcp HTTP/1.1\r\n{rows}\r\n{body}".encode())
    head = reply.partition(b"\r\n\r\n")[0].decode()
    assert " 200 " in head and "application/json" in head, head


def test_what_is_no_request_gets_no_body_or_an_error(web):
    headers = {"MCP_Protocol_Version": STATELESS, "Mcp_Method": "notifications/cancelled"}
    note = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
    reply = web.request(note, **headers)
    assert (reply.status, reply.body) == (202, b"")
    answer = {"jsonrpc": "2.0", "id": 1, "result": {}}
    assert web.request(answer, MCP_Protocol_Version=STATELESS).status == 400
    assert web.request([note], MCP_Protocol_Version=STATELESS).status == 400
    web.begin()
    assert web.request(answer).status == 202, "sessions have them, though we ask nothing"


def test_batches_over_http(web):
    web.begin("2025-03-26")
    note = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    ping = {"jsonrpc": "2.0", "id": "p", "method": "ping"}
    call = {"name": "query_traces", "arguments": {"sql": "SELECT 1 AS n"}}
    asked = {"jsonrpc": "2.0", "id": "c", "method": "tools/call", "params": call}
    reply = web.request([note, note])
    assert (reply.status, reply.body) == (202, b"")
    assert {one["id"] for one in web.request([ping, note, asked]).json} == {"p", "c"}
    hello = {
        "protocolVersion": "2025-03-26",
        "capabilities": {},
        "clientInfo": {"name": "x", "version": "1"},
    }
    begin = {"jsonrpc": "2.0", "id": "i", "method": "initialize", "params": hello}
    found = {one["id"]: one for one in web.request([begin, ping]).json}
    assert "error" in found["i"] and found["p"]["result"] == {}
    web.session = None
    assert web.request([begin]).status == 400, "a session does not begin in a batch"


def test_events_of_a_session_have_ids_of_their_own(web):
    web.begin()
    sql = "SELECT count(*) AS n FROM range(30000000) t(i) WHERE i % 7 = 3"
    links = [open_call(web, sql, _meta={"progressToken": n}) for n in range(3)]
    ids = []
    for link in links:
        body = read_all(link).partition(b"\r\n\r\n")[2]
        chunks = b"".join(part for part in body.split(b"\r\n")[1::2])
        ids += [event["id"] for event in events_of(chunks)]
        link.close()
    assert len(ids) >= 6 and len(set(ids)) == len(ids) and None not in ids


@pytest.mark.parametrize("revision", SESSIONS)
def test_a_batch_before_the_beginning(serve, shop, revision):
    hello = {
        "protocolVersion": revision,
        "capabilities": {},
        "clientInfo": {"name": "x", "version": "1"},
    }
    wire = serve(shop)
    wire.send([{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}])
    assert wire.take()["error"]["code"] == -32600
    assert wire.begin(revision)["protocolVersion"] == revision
