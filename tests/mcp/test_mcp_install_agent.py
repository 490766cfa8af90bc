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
            timeout=120,
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
    assert '\n            "command"' in path.read_text(), "set in as the rest is"
    assert "secret" not in said, "only what changes is shown"
    install("claude-code", "--remove")
    assert path.read_text() == text
    assert "Skill" not in files(install.project) and list(files(install.project)) == [".mcp.json"]


# What people write by hand: comments, commas at the end, tabs, all in one line, a number that no parser keeps.
CONFIGURATIONS = [
    '{"theme": "dark"}',
    '{"theme": 1e2, "servers": {"a": {"command": "x"}}}\n',
    '{\n  // mine\n  "theme": "dark" // why not\n}\n',
    '{\n\t"servers": {\n\t\t"a": {"command": "x"}, // the first\n\t\t/* and */ "b": {}\n\t}\n}',
    '{\n  "servers": {\n    "a": {\n      "command": "x",\n    },\n  },\n}\n',
    '{\r\n  "servers": {\r\n    "a": {}\r\n  },\r\n  "x": 1.10\r\n}\r\n',
    '{\n  "servers": {\n    // nothing yet\n  },\n  "inputs": []\n}\n',
    '{ "servers": { "a": { "env": {"x": "// no } comment, \\" \\\\"} } },\n  "after": [1, 2, 3,], }',
    '\ufeff// header\n{\n    "a": 1\n}\n// footer\n',
    '{"servers":{"a":{"args":["}"]}},"breadcrumb":{"command":"not a server"}}',
]


def plain(text: str) -> dict:
    """JSONC as JSON: by a grammar of its own, so that the program is not its own judge."""
    token = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.S)
    text = token.sub(lambda m: m[0] if m[0][0] == '"' else " ", text.lstrip("\ufeff"))
    comma = re.compile(r'"(?:\\.|[^"\\])*"|,(?=\s*[}\]])')
    return json.loads(comma.sub(lambda m: m[0] if m[0][0] == '"' else " ", text))


@pytest.mark.parametrize("old", CONFIGURATIONS)
def test_comments_and_layout_are_kept(install, old):
    path = install.project / ".vscode/mcp.json"
    path.parent.mkdir()
    path.write_bytes(old.encode())
    install("vscode")
    text = path.read_bytes().decode()
    new, before = plain(text), plain(old)
    assert new["servers"].pop("breadcrumb")["args"] == ["serve-mcp"]
    assert new == before | {"servers": before.get("servers", {})}
    rest = iter(text)
    assert all(c in rest for c in old), "every byte that was there is there, in its order"
    assert "nothing to change" in install("vscode")
    path.write_bytes(path.read_bytes().replace(b"serve-mcp", b"serve"))
    install("vscode")
    assert path.read_bytes().decode() == text, "corrected in its place"
    install("vscode", "--remove")
    assert path.read_bytes() == old.encode()


@pytest.mark.parametrize("after", [', "z": {}\n', ',\n    // last\n    "z": {}\n'])
def test_it_goes_also_from_between_others(install, after):
    path = install.project / ".vscode/mcp.json"
    path.parent.mkdir()
    path.write_text('{\n  "servers": {\n    "a": {} // first\n  }\n}\n')
    install("vscode")
    end = "\n    }\n"
    assert path.read_text().count(end) == 1
    path.write_text(path.read_text().replace(end, end[:-1] + after))
    install("vscode", "--remove")
    assert plain(path.read_text()) == {"servers": {"a": {}, "z": {}}}
    assert "// first" in path.read_text()


def test_what_was_added_to_our_server_is_kept(install):
    path = install.project / ".mcp.json"
    install("claude-code")
    config = json.loads(path.read_text())
    config["mcpServers"]["breadcrumb"] |= {
        "env": {"A": "1"},
        "command": "old",
        "args": ["serve-mcp", "--db-path", "x"],
    }
    path.write_text(json.dumps(config))
    install("claude-code")
    ours = json.loads(path.read_text())["mcpServers"]["breadcrumb"]
    assert ours["env"] == {"A": "1"} and ours["args"][1:] == ["--db-path", "x"]
    assert ours["command"] != "old"
    path = install.project / ".codex/config.toml"
    install("codex")
    text = re.sub("command = .*", "command = 'old' # mine", path.read_text())
    text += 'startup_timeout_sec = 20\n\n[mcp_servers.breadcrumb.env]\nA = "1"\n\n[z]\n'
    path.write_text(text)
    install("codex")
    ours = tomllib.loads(path.read_text())["mcp_servers"]["breadcrumb"]
    assert ours["env"] == {"A": "1"} and ours["startup_timeout_sec"] == 20
    assert Path(ours["command"]).is_absolute() and ours["args"] == ["serve-mcp"]
    install("codex", "--remove")
    assert tomllib.loads(path.read_text()) == {"z": {}}


@pytest.mark.parametrize(
    "old",
    [
        "",
        'model = "x"',
        'model = "x"\n',
        'model = "x"\n\n[mcp_servers.other]\ncommand = "y"\n',
        "# top\nb = 1 # one\na = 2\r\n\n[z]\n[mcp_servers.other]\n\n\n[q]\n# end\n",
        "text = \"\"\"\n[mcp_servers.breadcrumb]\n\"\"\"\n[x]\ny = '''[mcp_servers.breadcrumb]'''\n",
    ],
)
def test_toml(install, old):
    path = install.project / ".codex/config.toml"
    path.parent.mkdir()
    path.write_bytes(old.encode())
    install("codex")
    new = tomllib.loads(path.read_bytes().decode())
    assert new["mcp_servers"].pop("breadcrumb")["args"] == ["serve-mcp"]
    kept = tomllib.loads(old)
    if not new["mcp_servers"] and "mcp_servers" not in kept:
        del new["mcp_servers"]
    assert new == kept
    assert path.read_bytes().decode().startswith(old)
    assert "nothing to change" in install("codex")
    installed = path.read_bytes()
    install("codex", "--remove")
    assert not old or path.read_bytes() == old.encode()
    path.write_bytes(installed + b"\n[tail]\nz = 1\n")
    install("codex")
    assert tomllib.loads(path.read_bytes().decode())["tail"] == {"z": 1}
    install("codex", "--remove")
    assert tomllib.loads(path.read_bytes().decode()) == kept | {"tail": {"z": 1}}


@pytest.mark.parametrize(
    "old",
    [
        '[mcp_servers]\nbreadcrumb = {command = "x"}\n',
        'mcp_servers.breadcrumb.command = "x"\n',
        'mcp_servers = {other = {command = "x"}}\n',
    ],
)
def test_toml_of_another_form_is_left_alone(install, old):
    path = install.project / ".codex/config.toml"
    path.parent.mkdir()
    path.write_text(old)
    assert "form" in install("codex", status=1)
    assert path.read_text() == old


@pytest.mark.parametrize(
    "bad", ["[]", "{", '{"mcpServers": []}', '{"a":1,"a":2}', "{} {}", '{"a": 1 /* }', "{,}"]
)
def test_what_cannot_be_read_is_left_alone(install, bad):
    path = install.project / ".mcp.json"
    path.write_text(bad)
    assert "configuration" in install("claude-code", status=1)
    assert path.read_text() == bad


def test_the_file_stays_what_it_was(install):
    """Only its user's, where it was so: it holds tokens. And a link to where it really lies."""
    real = install.home / "dotfiles/claude.json"
    real.parent.mkdir()
    real.write_text('{"oauth": "secret"}')
    real.chmod(0o600)
    (install.home / ".claude.json").symlink_to("dotfiles/claude.json")
    install("claude-code", "--user")
    assert "breadcrumb" in real.read_text() and real.stat().st_mode & 0o777 == 0o600
    assert (install.home / ".claude.json").is_symlink()
    install("claude-code", "--user", "--remove")
    assert real.read_text() == '{"oauth": "secret"}' and real.stat().st_mode & 0o777 == 0o600
    assert (install.home / ".claude.json").is_symlink()


@pytest.mark.parametrize("client", ["claude-code", "codex"])
def test_what_is_no_text_is_left_alone(install, client):
    path = install.project / {"codex": ".codex/config.toml"}.get(client, ".mcp.json")
    path.parent.mkdir(exist_ok=True)
    for bad in ('{"a": 1}'.encode("utf-16"), b'{"a": 1}\0{"b": 2}'):
        path.write_bytes(bad)
        assert "text" in install(client, status=1)
        assert path.read_bytes() == bad


SKILLS = {
    "claude-code": (".claude", ".claude"),
    "codex": (".agents", ".agents"),
    "cursor": (".cursor", ".cursor"),
    "vscode": (".github", ".copilot"),
    "gemini": (".gemini", ".gemini"),
}


@pytest.mark.parametrize("client", SKILLS)
def test_the_skill_lies_where_the_client_looks(install, client):
    for words, folder, root in (
        ([client], install.project, SKILLS[client][0]),
        ([client, "--user"], install.home, SKILLS[client][1]),
    ):
        install(*words)
        text = (folder / root / "skills/breadcrumb/SKILL.md").read_text()
        assert text == (ROOT / "docs/skill.md").read_text()
        install(*words, "--remove")
        assert files(folder) == {}


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
            timeout=180,
        )
        assert done.returncode == 0, (line, done)
