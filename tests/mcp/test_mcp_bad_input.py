"""What no client should send: each gets the answer that it deserves, and the server lives."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
import time

import pytest
from helpers import SANITIZED
from wire import SESSIONS, STATELESS, children, environment, memory_kib, meta

PARSE, REQUEST, METHOD, PARAMS = -32700, -32600, -32601, -32602


@pytest.fixture
def wire(serve, shop):
    return serve(shop, "2025-11-25")


def alive(wire) -> None:
    assert wire.request("ping")["result"] == {}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"hello", PARSE),
        (b"{", PARSE),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping"}}', PARSE),
        (b'{"jsonrpc":"2.0","id":1,"method":"\xff\xfe"}', PARSE),
        (b'{"jsonrpc":"2.0","id":1,"method":"\\ud800"}', PARSE),
        (b'\x00{"jsonrpc":"2.0","id":1,"method":"ping"}', PARSE),
        (b"[" * 100000, REQUEST),
        (b'{"a":' * 70 + b"1" + b"}" * 70, REQUEST),
        (b'{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}', REQUEST),
        (b'{"jsonrpc":"2.0","id":1e400,"method":"ping"}', REQUEST),
        (b'{"jsonrpc":"2.0","id":99999999999999999999999,"method":"ping"}', REQUEST),
        (b"7", REQUEST),
        (b'"ping"', REQUEST),
        (b"null", REQUEST),
        (b"[]", REQUEST),
        (b"{}", REQUEST),
        (b'{"jsonrpc":"1.0","id":1,"method":"ping"}', REQUEST),
        (b'{"id":1,"method":"ping"}', REQUEST),
        (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', REQUEST),
        (b'{"jsonrpc":"2.0","id":true,"method":"ping"}', REQUEST),
        (b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', REQUEST),
        (b'{"jsonrpc":"2.0","id":[1],"method":"ping"}', REQUEST),
        (b'{"jsonrpc":"2.0","id":{},"method":"ping"}', REQUEST),
        (b'{"jsonrpc":"2.0","id":1}', REQUEST),
        (b'{"jsonrpc":"2.0","id":1,"method":7}', REQUEST),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}', PARAMS),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":"x"}', PARAMS),
        (b'{"jsonrpc":"2.0","id":1,"method":"pi\\u0000ng"}', REQUEST),
        (b'{"jsonrpc":"2.0","id":1,"method":"no/such"}', METHOD),
        (b'{"jsonrpc":"2.0","id":1,"method":"notifications/cancelled"}', METHOD),
        (b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]', REQUEST),
        (b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",'
         b'"capabilities":{},"clientInfo":{"name":"x","version":"1"}}}', REQUEST),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"no"}}', PARAMS),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":7}}', PARAMS),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/call"}', PARAMS),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_trace",'
         b'"arguments":"last"}}', PARAMS),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"x"}}', PARAMS),
    ],
)  # fmt: skip
def test_a_bad_message_gets_its_error(wire, line, code):
    wire.send_bytes(line + b"\n")
    answer = wire.take()
    assert answer["error"]["code"] == code, answer
    assert answer["error"]["message"]
    assert "result" not in answer
    alive(wire)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\r",
        b'{"jsonrpc":"2.0","method":"no/such"}',
        b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":12345}}',
        b'{"jsonrpc":"2.0","method":"notifications/cancelled"}',
        b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":[]}',
        b'{"jsonrpc":"2.0","id":77,"result":{}}',
        b'{"jsonrpc":"2.0","id":77,"error":{"code":1,"message":"x"}}',
    ],
)
def test_what_wants_no_answer_gets_none(wire, line):
    wire.send_bytes(line + b"\n")
    alive(wire)
    assert not wire.earlier


@pytest.mark.parametrize(
    "id", ["", "a", "\0", "a\0b", "\u2028", "\U0001f600", 0, -1, 2**53 + 1, 2**63 - 1, -(2**63)]
)
def test_an_id_comes_back_as_it_was(wire, id):
    wire.send({"jsonrpc": "2.0", "id": id, "method": "ping"})
    answer = wire.take()
    assert answer["id"] == id and type(answer["id"]) is type(id)


def test_fields_that_nobody_knows_are_passed_over(wire):
    message = {"id": 5, "more": [1], "method": "ping", "jsonrpc": "2.0", "params": {"x": {"y": 1}}}
    wire.send(message)
    assert wire.take() == {"jsonrpc": "2.0", "id": 5, "result": {}}
    call = {"name": "query_traces", "arguments": {"sql": "SELECT 1 AS n"}, "extra": None}
    assert wire.request("tools/call", **call)["result"]["isError"] is False


def test_a_line_in_pieces_and_several_at_once(wire):
    line = b'{"jsonrpc":"2.0","id":"x","method":"ping"}\r\n'
    for i in range(len(line)):
        wire.send_bytes(line[i : i + 1])
    assert wire.take()["id"] == "x"
    wire.send_bytes(line * 50)
    assert [wire.take()["id"] for _ in range(50)] == ["x"] * 50


def test_a_huge_line_is_refused_and_not_kept(wire):
    alive(wire)
    before = memory_kib(wire.process.pid)
    for _ in range(100):
        wire.send_bytes(b"x" * 1_000_000)
    answer = wire.take()
    assert answer["error"]["code"] == REQUEST and answer["id"] is None
    wire.send_bytes(b"y" * 1000 + b"\n")
    alive(wire)
    assert not wire.earlier, "one line, one answer"
    assert memory_kib(wire.process.pid) - before < 24 * 1024


def test_an_error_does_not_repeat_a_huge_argument(wire):
    result = wire.call("get_trace", trace_id="x" * 900_000)
    assert result["isError"] and len(json.dumps(result)) < 4000
    answer = wire.request("tools/call", name="y" * 900_000)
    assert len(json.dumps(answer)) < 1000


def test_requests_before_initialize(serve, shop):
    wire = serve(shop)
    wire.revision = SESSIONS[-1]
    assert wire.request("ping")["result"] == {}
    assert wire.request("tools/list")["error"]["code"] == REQUEST
    assert "tools" in wire.begin(SESSIONS[-1])["capabilities"]
    assert wire.request("tools/list")["result"]["tools"]


def test_half_a_line_and_the_end(wire):
    wire.send_bytes(b'{"jsonrpc":"2.0","id":1,"meth')
    wire.end_input()
    assert wire.take()["error"]["code"] == PARSE
    assert wire.ended(20) == 0


def time_to_end(wire, how, busy) -> float:
    if busy:
        sql = "SELECT count(*) FROM range(100000000000) t(i) WHERE i % 7 = 3"
        wire.start("tools/call", name="breadcrumb__query_traces", arguments={"sql": sql})
        time.sleep(0.3)
    begin = time.monotonic()
    if how == "end":
        wire.end_input()
    else:
        wire.process.send_signal(how)
    assert wire.ended(20) == 0
    return time.monotonic() - begin


@pytest.mark.parametrize("busy", [False, True])
@pytest.mark.parametrize("how", ["end", signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_ends_within_a_second(serve, shop, how, busy):
    times = []
    # A busy machine makes it longer at times, never shorter.
    while len(times) < 4 and (not times or min(times) > 1.0):
        times.append(time_to_end(serve(shop, "2025-11-25"), how, busy))
    assert min(times) <= 1.0, times


def test_a_client_that_never_reads(breadcrumb, shop, tmp_path):
    """Answers pile up in the pipe and then in the server, which stops listening at a limit."""
    process = subprocess.Popen(
        [breadcrumb, "serve-mcp", "--db-path", shop],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(tmp_path),
    )
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta()}}
    line = json.dumps(message).encode() + b"\n"
    sent = 0

    def flood() -> None:
        nonlocal sent
        try:
            while True:
                sent += process.stdin.write(line)
        except (BrokenPipeError, ValueError):
            pass

    thread = threading.Thread(target=flood, daemon=True)
    thread.start()
    stalled, since, end = 0, time.monotonic(), time.monotonic() + 60
    while time.monotonic() - since < 1.5 and time.monotonic() < end:
        if sent != stalled:
            stalled, since = sent, time.monotonic()
        time.sleep(0.05)
    memory = memory_kib(process.pid)
    process.terminate()
    assert process.wait(20) == 0
    process.stdout.close()
    thread.join(5)
    assert time.monotonic() < end, "it still takes what nobody reads the answers of"
    assert memory < (256 if SANITIZED else 64) * 1024


def test_many_waiting_requests_are_bounded(wire):
    slow = "SELECT count(*) FROM range(20000000000) t(i) WHERE i % 7 = 3"
    ids = [
        wire.start("tools/call", name="breadcrumb__query_traces", arguments={"sql": slow})
        for _ in range(700)
    ]
    refused = [wire.answer(id) for id in ids[-20:]]
    assert all("too many" in answer["error"]["message"] for answer in refused)
    for id in ids:
        wire.notify("notifications/cancelled", requestId=id)
    alive(wire)
    assert wire.ask("query_traces", sql="SELECT 1 AS n")["traces"] == [{"n": 1}]


def crash_worker(wire):
    """Ends the query that is under way by a fault in its process; returns that process."""
    deadline = time.monotonic() + 10
    while not children(wire.process.pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.3)
    (pid,) = children(wire.process.pid)
    os.kill(pid, signal.SIGSEGV)
    while pid in children(wire.process.pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return pid


def test_a_query_that_crashes_takes_nobody_along(wire):
    assert wire.ask("query_traces", sql="SELECT 1 AS n")["traces"]
    slow = wire.start(
        "tools/call",
        name="breadcrumb__query_traces",
        arguments={"sql": "SELECT count(*) FROM range(100000000000) t(i) WHERE i % 7 = 3"},
    )
    assert crash_worker(wire) != crash_worker(wire), "asked a second time, by another process"
    answer = wire.answer(slow)["result"]
    assert answer["isError"] is True
    assert "process" in json.loads(answer["content"][0]["text"])["message"]
    assert wire.ask("query_traces", sql="SELECT 2 AS n")["traces"] == [{"n": 2}]


def test_a_query_whose_process_dies_is_asked_again(wire):
    sql = "SELECT count(*) AS n FROM range(300000000) t(i) WHERE i % 7 = 3"
    asked = wire.start("tools/call", name="breadcrumb__query_traces", arguments={"sql": sql})
    crash_worker(wire)
    answer = wire.answer(asked)["result"]
    assert answer["isError"] is False, answer
    assert answer["structuredContent"]["traces"] == [{"n": 42857143}]


def test_cancelling_frees_the_worker_at_once(wire):
    sql = "SELECT count(*) FROM range(100000000000) t(i) WHERE i % 7 = 3"
    wire.ask("query_traces", sql="SELECT 1")
    for _ in range(5):
        slow = wire.start("tools/call", name="breadcrumb__query_traces", arguments={"sql": sql})
        time.sleep(0.1)
        wire.notify("notifications/cancelled", requestId=slow, reason="enough")
        assert wire.ask("query_traces", sql="SELECT 1 AS n")["traces"] == [{"n": 1}]
    assert wire.silent(), "nothing more is said of what was cancelled"


def test_progress_only_where_it_is_wanted(wire):
    sql = "SELECT count(*) FROM range(100000000000) t(i) WHERE i % 7 = 3"
    for token in ("t", 7, None):
        more = {} if token is None else {"_meta": {"progressToken": token}}
        wire.notifications.clear()
        id = wire.start("tools/call", name="query_traces", arguments={"sql": sql}, **more)
        if token is None:
            time.sleep(0.7)
        else:
            wire.notifications += [wire.take() for _ in range(2)]
        wire.notify("notifications/cancelled", requestId=id)
        assert wire.request("ping")["result"] == {}
        said = wire.notifications
        if token is None:
            assert said == []
            continue
        assert said and {n["method"] for n in said} == {"notifications/progress"}
        assert all(n["params"]["progressToken"] == token for n in said)
        progress = [n["params"]["progress"] for n in said]
        assert progress == sorted(set(progress))


def test_batches_belong_to_one_revision(serve, shop):
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    call = {
        "jsonrpc": "2.0",
        "id": "c",
        "method": "tools/call",
        "params": {"name": "query_traces", "arguments": {"sql": "SELECT 1"}},
    }
    note = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    for revision in (*SESSIONS, STATELESS):
        wire = serve(shop, revision)
        wire.send([ping, note, call, 7])
        answer = wire.take()
        if revision == "2025-03-26":
            assert {one["id"] for one in answer} == {1, "c", None}
            wire.send([note])
            wire.send([ping] * 101)
            assert wire.take()["error"]["code"] == REQUEST
        else:
            assert answer["error"]["code"] == REQUEST
        wire.close()


def test_input_from_a_file(breadcrumb, shop, tmp_path):
    lines = [
        {"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {"_meta": meta()}},
        {
            "jsonrpc": "2.0",
            "id": 2,
            "method": "tools/call",
            "params": {"name": "query_traces", "arguments": {"sql": "SELECT 1"}, "_meta": meta()},
        },
    ]
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines))
    with path.open() as stdin:
        done = subprocess.run(
            [breadcrumb, "serve-mcp", "--db-path", shop],
            stdin=stdin,
            capture_output=True,
            env=environment(tmp_path),
            timeout=30,
        )
    assert done.returncode == 0 and done.stderr == b""
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == [1, 2]


def test_nothing_is_said_that_was_not_asked(wire):
    with pytest.raises(queue.Empty):
        wire.arrived.get(timeout=0.3)
