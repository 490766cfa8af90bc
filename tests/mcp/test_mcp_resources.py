"""Resources, prompts, completion, and hearing of changes, in each revision."""

from __future__ import annotations

import json
import re
import threading
import time

import pytest
from recording import record, start_recorded
from web import events_of, read_until
from wire import REVISIONS, SESSIONS, STATELESS, meta

SMALL = "def f(n):\n    return n + 1\n\nf(1)\n"
ID = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"


def read(wire, uri):
    (content,) = wire.request("resources/read", uri=uri)["result"]["contents"]
    assert content["uri"] == uri
    return content


@pytest.mark.parametrize("revision", REVISIONS)
def test_capabilities(serve, shop, revision):
    wire = serve(shop)
    capabilities = wire.begin(revision)["capabilities"]
    assert capabilities["resources"] == {"subscribe": True, "listChanged": True}
    assert capabilities["prompts"] == capabilities["tools"] == {}
    assert ("completions" in capabilities) == (revision >= "2025-03-26")


@pytest.mark.parametrize("revision", REVISIONS)
def test_resources(serve, shop, revision):
    wire = serve(shop, revision)
    result = wire.request("resources/list")["result"]
    uris = [each["uri"] for each in result["resources"]]
    assert uris[:2] == ["breadcrumb://schema", "breadcrumb://cookbook"]
    assert re.fullmatch(f"breadcrumb://trace/{ID}/report", uris[2]) and len(uris) == 3
    assert all(each["description"] and each["mimeType"] for each in result["resources"])
    assert all(("title" in each) == (revision >= "2025-06-18") for each in result["resources"])
    (template,) = wire.request("resources/templates/list")["result"]["resourceTemplates"]
    assert template["uriTemplate"] == "breadcrumb://trace/{id}/report"
    for uri in (uris[2], "breadcrumb://trace/last/report"):
        text = read(wire, uri)["text"]
        assert "TypeError" in text and "Cart.add" in text
        notice, begin, *body, end = text.splitlines()
        assert "never instructions" in notice and begin == end
        mark = begin.removeprefix("--- ")
        assert re.fullmatch("[0-9a-f]{16}", mark) and mark in notice
        assert mark not in "\n".join(body)
    assert read(wire, "breadcrumb://schema")["text"].startswith("# The database")
    for method in ("resources/list", "resources/templates/list", "prompts/list", "tools/list"):
        result = wire.request(method)["result"]
        assert ("ttlMs" in result) == ("cacheScope" in result) == (revision == STATELESS)
        assert "error" in wire.request(method, cursor="x")
        assert "result" in wire.request(method, cursor="")


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize(
    "uri",
    [
        "breadcrumb://nothing",
        "breadcrumb://trace/00000000-0000-0000-0000-000000000000/report",
        "breadcrumb://trace//report",
        "breadcrumb://trace/last",
        "breadcrumb://trace/../../etc/passwd/report",
        "file:///etc/passwd",
        "",
        "x" * 100000,
    ],
)
def test_a_resource_that_is_not_there(serve, shop, revision, uri):
    wire = serve(shop, revision)
    error = wire.request("resources/read", uri=uri)["error"]
    assert error["code"] == (-32602 if revision == STATELESS else -32002)
    assert error["data"]["uri"][:50] == uri[:50] and len(json.dumps(error)) < 1000


@pytest.mark.parametrize("revision", [SESSIONS[-1], STATELESS])
def test_a_report_that_cannot_be_read(serve, tmp_path, revision):
    (tmp_path / "traces.duckdb").write_bytes(b"no database at all" * 1000)
    wire = serve(tmp_path / "traces.duckdb", revision)
    error = wire.request("resources/read", uri="breadcrumb://trace/last/report")["error"]
    assert error["code"] == -32603 and "traces.duckdb" in error["message"]
    assert len(wire.request("resources/list")["result"]["resources"]) == 2, "the pages are there"


def test_the_cookbook_works(serve, shop):
    wire = serve(shop, "2025-11-25")
    recipes = re.findall(r"```sql\n(.*?)```", read(wire, "breadcrumb://cookbook")["text"], re.S)
    assert len(recipes) >= 10
    for sql in recipes:
        answer = wire.ask("query_traces", sql=sql)
        assert "traces" in answer, sql


@pytest.mark.parametrize("revision", REVISIONS)
def test_prompts(serve, shop, revision):
    wire = serve(shop, revision)
    prompts = wire.request("prompts/list")["result"]["prompts"]
    assert {each["name"] for each in prompts} == {"why_did_it_fail", "what_is_slow", "what_changed"}
    for prompt in prompts:
        assert ("title" in prompt) == (revision >= "2025-06-18")
        names = [each["name"] for each in prompt["arguments"]]
        plain = wire.request("prompts/get", name=prompt["name"])["result"]
        (message,) = plain["messages"]
        assert message["role"] == "user" and message["content"]["type"] == "text"
        text = message["content"]["text"]
        assert "breadcrumb__" in text and "last" in text and "%" not in text
        given = {name: f"0199{i}" for i, name in enumerate(names)}
        answer = wire.request("prompts/get", name=prompt["name"], arguments=given)["result"]
        text = answer["messages"][0]["content"]["text"]
        assert all(value in text for value in given.values())
        for bad in ("x y", "", "last~", "last~1; rm -rf /", "a" * 100, 7, None):
            error = wire.request("prompts/get", name=prompt["name"], arguments={names[0]: bad})
            assert error["error"]["code"] == -32602, bad
    for params in ({"name": "no"}, {}, {"name": 7}, {"name": "what_is_slow", "arguments": []}):
        assert wire.request("prompts/get", **params)["error"]["code"] == -32602
    wrong = wire.request("prompts/get", name="what_is_slow", arguments={"traces": "last"})
    assert wrong["error"]["code"] == -32602 and "traces" in wrong["error"]["message"]


@pytest.mark.parametrize("revision", REVISIONS)
def test_completion(serve, shop, revision):
    wire = serve(shop, revision)
    uri = wire.request("resources/list")["result"]["resources"][2]["uri"]
    trace = re.search(ID, uri)[0]
    prompt = {"type": "ref/prompt", "name": "why_did_it_fail"}
    template = {"type": "ref/resource", "uri": "breadcrumb://trace/{id}/report"}

    def values(ref, name, value):
        params = {"ref": ref, "argument": {"name": name, "value": value}}
        found = wire.request("completion/complete", **params)["result"]["completion"]
        assert found["total"] == len(found["values"]) and found["hasMore"] is False
        return found["values"]

    for ref, name in ((prompt, "trace"), (template, "id")):
        assert values(ref, name, "") == ["last", trace]
        assert values(ref, name, trace[:10].upper()) == [trace]
        assert values(ref, name, "la") == ["last"]
        assert values(ref, name, "zzz") == []
        assert values(ref, "other", "") == []
    for params in (
        {},
        {"ref": prompt},
        {"ref": {"type": "ref/prompt", "name": "no"}, "argument": {"name": "a", "value": ""}},
        {"ref": {"type": "ref/x"}, "argument": {"name": "a", "value": ""}},
        {"ref": prompt, "argument": {"name": "trace", "value": 7}},
    ):
        assert wire.request("completion/complete", **params)["error"]["code"] == -32602


# -- live ----------------------------------------------------------------------------------------


def said(wire, method, seconds=20.0):
    """The first notification of a method, from now on."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for one in wire.notifications:
            if one["method"] == method:
                wire.notifications.remove(one)
                return one
        wire.request("tools/list")
        time.sleep(0.1)
    raise AssertionError(f"nothing was said of {method}")


@pytest.mark.parametrize("revision", REVISIONS)
def test_new_traces_are_told(serve, breadcrumb, tmp_path, revision):
    database = tmp_path / "db" / "traces.duckdb"
    record(breadcrumb, database, SMALL, tmp_path)
    wire = serve(database, revision)
    listen = None
    if revision == STATELESS:
        listen = wire.start(
            "subscriptions/listen", notifications={"resourcesListChanged": True, "x": True}
        )
        first = said(wire, "notifications/subscriptions/acknowledged")
        assert first["params"]["notifications"] == {"resourcesListChanged": True}
        assert first["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"] == listen
    assert wire.ask("query_traces", sql="SELECT count(*) AS n FROM traces")["traces"] == [{"n": 1}]
    record(breadcrumb, database, SMALL, tmp_path)
    note = said(wire, "notifications/resources/list_changed")
    if listen is not None:
        assert note["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"] == listen
    assert wire.ask("query_traces", sql="SELECT count(*) AS n FROM traces")["traces"] == [{"n": 2}]
    assert len(wire.request("resources/list")["result"]["resources"]) == 4
    if listen is not None:
        wire.notify("notifications/cancelled", requestId=listen)
        record(breadcrumb, database, SMALL, tmp_path)
        time.sleep(1.5)
        assert not wire.notifications and wire.silent()


def test_who_did_not_ask_hears_nothing(serve, breadcrumb, tmp_path):
    database = tmp_path / "db" / "traces.duckdb"
    record(breadcrumb, database, SMALL, tmp_path)
    wire = serve(database, STATELESS)
    listen = wire.start("subscriptions/listen", notifications={"toolsListChanged": True})
    first = said(wire, "notifications/subscriptions/acknowledged")
    assert first["params"]["notifications"] == {} and first["params"]["_meta"]
    record(breadcrumb, database, SMALL, tmp_path)
    time.sleep(1.5)
    assert wire.request("tools/list")["result"] and not wire.notifications
    assert wire.request("subscriptions/listen")["error"]["code"] == -32602
    assert listen not in [one.get("id") for one in wire.earlier]


GROWS = """
import sys, time

def step(n):
    return n * 2

print("ready", flush=True)
for n, line in enumerate(sys.stdin):
    print(step(n), flush=True)
"""


@pytest.mark.parametrize("revision", [SESSIONS[-1], STATELESS])
def test_a_program_that_still_runs(serve, breadcrumb, tmp_path, revision):
    database = tmp_path / "db" / "traces.duckdb"
    process = start_recorded(breadcrumb, database, GROWS, tmp_path)
    try:
        assert process.stdout.readline() == b"ready\n"
        wire = serve(database, revision)
        uri = "breadcrumb://trace/last/report"
        if revision == STATELESS:
            wire.start("subscriptions/listen", notifications={"resourceSubscriptions": [uri]})
            said(wire, "notifications/subscriptions/acknowledged")
        else:
            assert wire.request("resources/subscribe", uri=uri)["result"] == {}
            assert "error" in wire.request("resources/subscribe", uri="breadcrumb://no")
        sql = "SELECT count(*) AS n FROM calls WHERE function_name = 'step'"
        for n in range(1, 4):
            process.stdin.write(b"go\n")
            process.stdin.flush()
            assert process.stdout.readline().strip() == str((n - 1) * 2).encode()
            end = time.monotonic() + 20
            while wire.ask("query_traces", sql=sql)["traces"] != [{"n": n}]:
                assert time.monotonic() < end, "at most a second behind, and a busy machine"
                time.sleep(0.2)
        assert said(wire, "notifications/resources/updated")["params"]["uri"] == uri
        if revision != STATELESS:
            assert wire.request("resources/unsubscribe", uri=uri)["result"] == {}
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def test_several_servers_and_commands_at_once(serve, breadcrumb, shop, tmp_path):
    wires = [serve(shop, revision) for revision in (*SESSIONS, STATELESS)]
    errors = []

    def ask(wire):
        try:
            for _ in range(10):
                answer = wire.ask("query_traces", sql="SELECT count(*) AS n FROM traces")
                assert answer["traces"] == [{"n": 1}]
        except BaseException as error:  # noqa: BLE001
            errors.append(error)

    threads = [threading.Thread(target=ask, args=(wire,)) for wire in wires]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors


def test_changes_over_http(web, breadcrumb, shop):
    with web.connect() as link:
        message = {
            "jsonrpc": "2.0",
            "id": "s",
            "method": "subscriptions/listen",
            "params": {"notifications": {"resourcesListChanged": True}, "_meta": meta()},
        }
        body = json.dumps(message).encode()
        fields = web.headers() | {
            "MCP-Protocol-Version": STATELESS,
            "Mcp-Method": "subscriptions/listen",
            "Content-Length": str(len(body)),
        }
        head = "POST /mcp HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items())
        link.sendall(head.encode() + b"\r\n" + body)
        data = read_until(link, b"acknowledged")
        assert b"text/event-stream" in data
        (event,) = events_of(data.partition(b"\r\n\r\n")[2].partition(b"\r\n")[2])
        assert event["id"] is None, "there is nothing to come back to in this revision"
        assert web.modern("tools/list").status == 200
