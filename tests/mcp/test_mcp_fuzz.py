"""Messages that nobody thought of: from the fuzzer of others, and our own mutations of good ones.

The seeds are fixed, so each run sends the same. BREADCRUMB_TEST_LONG=1 makes it 100,000 mutated messages.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
from pathlib import Path

import pytest
from helpers import SANITIZED
from test_mcp_clients import CLIENTS
from test_mcp_tools import TOOLS
from web import TOKEN
from wire import STATELESS, environment, meta

LONG = bool(os.environ.get("BREADCRUMB_TEST_LONG"))
MESSAGES = 100_000 if LONG else 4_000
BATCH = 500
# Runs with the arguments that a schema makes of a tool, valid and not, and with each kind of message of the protocol.
RUNS = 20 if LONG else 3

VALID = """
import json, sys
from jsonschema import Draft202012Validator
for schema, value in json.load(sys.stdin):
    print(json.dumps(Draft202012Validator(schema).is_valid(value)))
"""


# ---- mcp-fuzzer ----------------------------------------------------------------------------------


def fuzz(folder: Path, *words: str, **env: str) -> tuple[dict, list[dict]]:
    """What mcp-fuzzer found: its summary and its findings."""
    done = subprocess.run(
        [
            CLIENTS / "python/bin/mcp-fuzzer",
            *("--mode", "all", "--phase", "both", "--protocol-phase", "aggressive"),
            *("--runs", str(RUNS), "--runs-per-type", "2", "--seed", "7", "--no-corpus"),
            *("--timeout", "20", "--log-level", "ERROR", "--fs-root", folder / "files"),
            *("--output-dir", folder / "out", *words),
        ],
        capture_output=True,
        text=True,
        env=environment(folder) | env,
        timeout=500,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    summary = json.loads((folder / "out/run_summary.json").read_text())
    return summary, json.loads((folder / "out/findings.json").read_text())["findings"]


def accepted_wrongly(findings: list[dict], listed: list[dict]) -> list[dict]:
    """Tool calls that were answered although their arguments break the tool's schema. The fuzzer suspects
    all that are answered; jsonschema says which are right."""
    schemas = {tool["name"]: tool["inputSchema"] for tool in listed}
    suspects = [
        found
        for found in findings
        if found["kind"] == "tool" and found["category"] == "accepted_malformed"
    ]
    pairs = [(schemas[found["target"]], found["evidence"]["input"]) for found in suspects]
    said = subprocess.run(
        [CLIENTS / "python/bin/python", "-c", VALID],
        input=json.dumps(pairs),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return [found for found, valid in zip(suspects, said, strict=True) if valid != "true"]


def judge(summary: dict, findings: list[dict], listed: list[dict]) -> None:
    runs = summary["tools"]["by_name"]
    assert runs.keys() == {tool["name"] for tool in listed}
    for name, run in runs.items():
        assert run["total_runs"] >= RUNS, name
        for bad in ("crashed", "anomaly", "exceptions"):
            assert run["outcomes"][bad] == 0, (name, bad)
    # What it calls a leak is the traceback that the traced program left: that is the answer. What it calls a
    # reflection is its own argument in "No trace found with ID: ...", cut and escaped as a JSON string.
    kinds = {found["category"] for found in findings}
    assert kinds <= {"accepted_malformed", "error_leakage", "injection_reflection"}, findings
    leaks = [found for found in findings if found["category"] == "error_leakage"]
    assert all(found["evidence"]["evidence"].startswith("traceback") for found in leaks), leaks
    assert not accepted_wrongly(findings, listed)


def test_the_fuzzer_of_others_over_stdio(breadcrumb, serve, shop, tmp_path):
    listed = serve(shop, "2025-11-25").request("tools/list")["result"]["tools"]
    command = f"{breadcrumb} serve-mcp --db-path {shop}"
    judge(*fuzz(tmp_path, "--protocol", "stdio", "--endpoint", command), listed)


def test_the_fuzzer_of_others_over_http(web, serve, shop, tmp_path):
    listed = serve(shop, "2025-11-25").request("tools/list")["result"]["tools"]
    url = f"http://127.0.0.1:{web.port}/mcp"
    words = ["--protocol", "streamablehttp", "--endpoint", url, "--auth-env"]
    headers = json.dumps({"Authorization": f"Bearer {TOKEN}"})
    judge(*fuzz(tmp_path, *words, MCP_CUSTOM_HEADERS=headers), listed)
    assert web.modern("tools/list").status == 200


# ---- mutations -----------------------------------------------------------------------------------


def good_messages() -> list[bytes]:
    tools = [
        ("tools/call", {"name": f"breadcrumb__{tool}", "arguments": arguments})
        for tool, arguments in TOOLS.items()
    ]
    others = [
        ("tools/list", {}),
        ("prompts/list", {}),
        ("prompts/get", {"name": "what_is_slow", "arguments": {}}),
        ("resources/list", {}),
        ("resources/read", {"uri": "breadcrumb://schema"}),
        ("completion/complete", {"ref": {"type": "ref/prompt", "name": "what_is_slow"}}),
        ("server/discover", {}),
        ("ping", {}),
        ("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}}),
        ("subscriptions/listen", {"notifications": {"resourcesListChanged": True}}),
    ]
    made = []
    for modern in (False, True):
        for method, params in others * 5 + tools:
            params = params | ({"_meta": meta()} if modern else {})
            message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
            made.append(json.dumps(message).encode())
    return made


PIECES = [b"", b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\u0000", b"\\ud800", b"\xff", b"null",
          b"-1", b"1e999", b'"id":', b"true", b"\xe2\x80\xa8", b"A" * 300, b"[" * 70, b"\x00"]  # fmt: skip


def mutated(dice: random.Random, message: bytes) -> bytes:
    for _ in range(dice.choice((1, 1, 1, 2, 4))):
        at = dice.randrange(len(message) + 1)
        end = min(len(message), at + dice.choice((0, 1, 1, 2, 8, 40)))
        way = dice.randrange(4)
        if way == 0 and message:
            at = min(at, len(message) - 1)
            message = (
                message[:at] + bytes([message[at] ^ 1 << dice.randrange(8)]) + message[at + 1 :]
            )
        elif way == 1:
            message = message[:at] + dice.choice(PIECES) + message[end:]
        elif way == 2:
            message = message[:at] + message[at:end] * dice.choice((2, 3, 20)) + message[end:]
        else:
            message = message[:at] + message[end:]
    return message.replace(b"\n", b" ")


def own_memory_kib(pid: int) -> int:
    rows = Path(f"/proc/{pid}/status").read_text().splitlines()
    return sum(int(row.split()[1]) for row in rows if row.startswith("VmRSS:"))


@pytest.mark.parametrize("revision", ["2025-11-25", STATELESS])
def test_mutated_messages_leave_the_server_alive_and_small(serve, shop, revision, record_property):
    dice, wire, good = random.Random(8), serve(shop, revision), good_messages()
    wire.errors.clear()
    sizes = []
    for n in range(MESSAGES // 2 // BATCH):
        lines = [mutated(dice, dice.choice(good)) for _ in range(BATCH)]
        wire.send_bytes(b"\n".join(lines) + b"\n")
        marker = f"{n}-of-ours"
        # 700 waiting calls are refused, not lost: so each batch is answered before the next.
        body = {"jsonrpc": "2.0", "id": marker, "method": "tools/list", "params": {"_meta": meta()}}
        wire.send(body)
        assert wire.answer(marker, 120)["result"]["tools"]
        call = {"name": "query_traces", "arguments": {"sql": "SELECT 1 AS n"}, "_meta": meta()}
        call_id = f"{n}-call-of-ours"
        wire.send({"jsonrpc": "2.0", "id": call_id, "method": "tools/call", "params": call})
        answer = wire.answer(call_id, 120)
        assert "result" in answer or "too many" in answer["error"]["message"], answer
        for message in wire.earlier:
            assert message["jsonrpc"] == "2.0" and ("result" in message) != ("error" in message)
        wire.earlier.clear()
        wire.notifications.clear()
        sizes.append(own_memory_kib(wire.process.pid))
    record_property("memory_kib", sizes[:: max(1, len(sizes) // 10)])
    assert wire.process.poll() is None
    settled = sizes[len(sizes) // 2]
    if not SANITIZED:  # ASan keeps what was freed
        assert max(sizes[len(sizes) // 2 :]) - settled < 2048, sizes
        assert max(sizes) < 64 * 1024
    assert not wire.errors, wire.errors[:5]
