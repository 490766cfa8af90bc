"""install-agent: what is written, what is kept, and that it can be undone."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from wire import environment

ROOT = Path(__file__).resolve().parent.parent.parent
JSON_CLIENTS = {
    "claude-code": (".mcp.json", ".claude.json", "mcpServers"),
    "cursor": (".cursor/mcp.json", ".cursor/mcp.json", "mcpServers"),
    "vscode": (".vscode/mcp.json", ".config/Code/User/mcp.json", "servers"),
    "gemini": (".gemini/settings.json", ".gemini/settings.json", "mcpServers"),
    "generic": (".mcp.json", None, "mcpServers"),
}


@pytest.fixture
def install(breadcrumb, tmp_path):
    project, home = tmp_path / "project", tmp_path / "home"
    project.mkdir()
    home.mkdir()

    def run(*words, status=0):
        done = subprocess.run(
            [breadcrumb, "install-agent", *words],
            cwd=project,
            env=environment(home),
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert done.returncode == status, done
        return done.stdout + done.stderr

    run.project, run.home = project, home
    return run


def files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("client", JSON_CLIENTS)
@pytest.mark.parametrize("user", [False, True])
def test_json_clients(install, breadcrumb, client, user):
    project_path, user_path, key = JSON_CLIENTS[client]
    if user and user_path is None:
        assert "--user" in install(client, "--user", status=1)
        return
    words = [client, "--user"] if user else [client]
    folder, name = (install.home, user_path) if user else (install.project, project_path)
    assert "+" in install(*words, "--print") and files(folder) == {}
    assert name in install(*words)
    server = json.loads((folder / name).read_text())[key]["breadcrumb"]
    assert server["args"] == ["serve-mcp"] and Path(server["command"]).samefile(breadcrumb)
    before = files(folder)
    assert "nothing to change" in install(*words) and files(folder) == before
    install(*words, "--remove", "--print")
    assert files(folder) == before
    install(*words, "--remove")
    assert files(folder) == {}
    install(*words, "--remove")


def test_what_is_there_is_kept(install):
    path = install.project / ".mcp.json"
    old = {
        "zeta": [1, 2.5, None, "ü€ \u2028"],
        "mcpServers": {"other": {"command": "x", "env": {"TOKEN": "secret"}}},
        "alpha": {"b": 1, "a": 2},
    }
    text = json.dumps(old, indent=4, ensure_ascii=False)
    path.write_text(text)
    said = install("claude-code")
    new = json.loads(path.read_text())
    assert new["mcpServers"].pop("breadcrumb")["type"] == "stdio"
    assert new == old and list(new) == list(old), "nothing else changed, in its order"
    assert path.read_text().startswith('{\n    "zeta"'), "indented as it was"
    assert "secret" not in said, "only what changes is shown"
    install("claude-code", "--remove")
    assert json.loads(path.read_text()) == old
    assert "Skill" not in files(install.project) and list(files(install.project)) == [".mcp.json"]


@pytest.mark.parametrize(
    "old", ["", 'model = "x"', 'model = "x"\n\n[mcp_servers.other]\ncommand = "y"\n']
)
def test_toml(install, old):
    path = install.project / ".codex/config.toml"
    path.parent.mkdir()
    path.write_text(old)
    install("codex")
    new = tomllib.loads(path.read_text())
    assert new["mcp_servers"].pop("breadcrumb")["args"] == ["serve-mcp"]
    kept = tomllib.loads(old)
    if not new["mcp_servers"] and "mcp_servers" not in kept:
        del new["mcp_servers"]
    assert new == kept
    assert "nothing to change" in install("codex")
    path.write_text(path.read_text() + "\n[tail]\nz = 1\n")
    install("codex")
    assert tomllib.loads(path.read_text())["tail"] == {"z": 1}
    install("codex", "--remove")
    assert tomllib.loads(path.read_text()) == kept | {"tail": {"z": 1}}


@pytest.mark.parametrize("bad", ["[]", "{", '{"mcpServers": []}', "// x\n{}", '{"a":1,"a":2}'])
def test_what_cannot_be_read_is_left_alone(install, bad):
    path = install.project / ".mcp.json"
    path.write_text(bad)
    assert "configuration" in install("claude-code", status=1)
    assert path.read_text() == bad


def test_wrong_usage(install):
    assert "claude-code" in install("emacs", status=1)
    assert "--project" in install("cursor", "--user", "--project", status=1)


def test_the_skill(install, breadcrumb, shop):
    install("claude-code")
    text = (install.project / ".claude/skills/breadcrumb/SKILL.md").read_text()
    assert text == (ROOT / "docs/skill.md").read_text()
    head, _, body = text.removeprefix("---\n").partition("---\n")
    assert re.match(r"name: breadcrumb\ndescription: .{50,1000}\n$", head)
    assert len(body.split()) < 1500
    commands = [line for line in body.splitlines() if line.startswith("breadcrumb ")]
    assert len(commands) >= 4
    for line in commands:
        line = line.replace("FUNCTION", "order") + f" --db-path '{shop}'"
        done = subprocess.run(
            ["sh", "-c", line.replace("breadcrumb", f"'{breadcrumb}'", 1)],
            capture_output=True,
            cwd=install.project,
            env=environment(install.home),
            timeout=60,
        )
        assert done.returncode == 0, (line, done)
