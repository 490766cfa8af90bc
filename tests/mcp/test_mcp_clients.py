"""Clients that others wrote, in every era that they can speak, over both transports."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from test_mcp_tools import TOOLS
from web import TOKEN
from wire import environment

HERE = Path(__file__).resolve().parent / "clients"
CLIENTS = Path(os.environ.get("BREADCRUMB_MCP_CLIENTS", "/nonexistent"))
MODES = [
    ("python_sdk.py", "legacy", "2025-11-25"),
    ("python_sdk.py", "auto", "2026-07-28"),
    ("python_sdk.py", "2026-07-28", "2026-07-28"),
    ("fastmcp_client.py", "auto", ""),
    ("typescript.mjs", "v1", ""),
    ("typescript.mjs", "legacy", "2025-11-25"),
    ("typescript.mjs", "auto", "2026-07-28"),
    ("typescript.mjs", "2026-07-28", "2026-07-28"),
    ("go", "2024-11-05", "2024-11-05"),
    ("go", "2025-03-26", "2025-03-26"),
    ("go", "2025-06-18", "2025-06-18"),
    ("go", "2025-11-25", "2025-11-25"),
    ("go", "2026-07-28", "2026-07-28"),
]


def command(script: str) -> list[str | Path]:
    if script.endswith(".py"):
        python = CLIENTS / "python/bin/python"
        assert python.exists(), "run 'make setup': the Python clients are not there"
        return [python, HERE / script]
    if script == "go":
        if not (CLIENTS / "go/complete").exists():
            pytest.skip("no Go that is new enough: the Go client is not driven")
        return [CLIENTS / "go/client"]
    if shutil.which("node") is None:
        pytest.skip("node is not installed: the TypeScript clients are not driven")
    assert (CLIENTS / "node_modules/complete").exists(), "run 'make setup': npm was not there"
    return ["node", HERE / script, CLIENTS / "node_modules"]


def check(words: list[str | Path], folder: Path, revision: str) -> None:
    done = subprocess.run(
        words,
        input=json.dumps(TOOLS).encode(),
        capture_output=True,
        env=environment(folder),
        timeout=120,
    )
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    said = json.loads(done.stdout)
    assert said["revision"] in (revision, "") or revision == ""
    assert {name.removeprefix("breadcrumb__") for name in said["tools"]} == TOOLS.keys()
    right = {name: {"error": False, "same": True} for name in TOOLS}
    assert said["calls"] == right, done.stderr.decode()[-3000:]
    assert said["refused"] is True
    assert said["prompts"] == ["why_did_it_fail", "what_is_slow", "what_changed"]
    assert len(said["resources"]) == len(said["pages"]) == 3 and min(said["pages"]) > 500
    assert "breadcrumb__top" in said["prompt"]


@pytest.mark.parametrize(("script", "mode", "revision"), MODES)
def test_over_stdio(breadcrumb, shop, tmp_path, script, mode, revision):
    words = command(script)
    check([*words, mode, "stdio", breadcrumb, shop], tmp_path, revision)


@pytest.mark.parametrize(("script", "mode", "revision"), MODES)
def test_over_http(web, tmp_path, script, mode, revision):
    words = command(script)
    check([*words, mode, "http", f"http://127.0.0.1:{web.port}/mcp", TOKEN], tmp_path, revision)
