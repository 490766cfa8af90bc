"""What a shell offers after TAB, and what the tables say of themselves."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from filled import BIN, trace_id


def offered(cli, *words):
    result = cli("__complete", *words)
    assert result.code == 0 and result.err == ""
    return [line.split("\t")[0] for line in result.out.splitlines()]


def test_commands_and_groups(cli):
    assert offered(cli, "exc") == ["exceptions"]
    assert "run" in offered(cli, "") and "__complete" not in offered(cli, "")
    assert offered(cli, "").count("config") == 1
    assert set(offered(cli, "config", "s")) == {"show"}
    assert offered(cli, "help", "perf") == ["performance"]


def test_options_of_the_command_and_of_all(cli):
    assert offered(cli, "exceptions", "--un") == ["--unhandled"]
    assert "--db-path" in offered(cli, "exceptions", "--")
    assert "--unhandled" not in offered(cli, "top", "--")


def test_values(cli):
    assert offered(cli, "top", "--by", "s") == ["self"]
    assert offered(cli, "list", "-f", "j") == ["json", "jsonl"]
    assert "30m" in offered(cli, "exceptions", "--since", "")
    assert offered(cli, "completion", "") == ["bash", "zsh", "fish"]


def test_functions_and_traces_come_from_the_store(cli, db):
    assert offered(cli, "calls", "Load") == ["Loader.load"]
    assert offered(cli, "performance", "shop.app.") == [
        "shop.app.loop",
        "shop.app.main",
        "shop.app.step",
    ]
    assert offered(cli, "get", trace_id(1)[:30]) == [trace_id(n) for n in (4, 3, 2, 1)]
    assert offered(cli, "tree", "--trace", "last") == ["last", "last~1"]
    assert offered(cli, "calls", "x'; DROP TABLE traces; --") == []


def test_without_a_store_nothing_is_made(cli, tmp_path):
    assert offered(cli, "calls", "") == []
    assert (
        not (tmp_path / ".breadcrumb").exists() and not (tmp_path / "home" / ".breadcrumb").exists()
    )


def test_bash_runs_the_script(cli, db, tmp_path):
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash")
    code = (
        'source <(breadcrumb completion bash); COMP_LINE="breadcrumb calls Load"; '
        'COMP_POINT=${#COMP_LINE}; _breadcrumb; echo "${COMPREPLY[@]}"'
    )
    env = {"PATH": f"{Path(BIN).parent}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    done = subprocess.run(
        [bash, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=env, timeout=60
    )
    assert done.stdout == "Loader.load\n", done.stderr


def test_the_table_of_commands_is_whole(cli):
    table = cli("help", "--all").json
    names = [c["name"] for c in table["commands"]]
    assert len(names) == len(set(names))
    for command in table["commands"]:
        page = cli("help", *command["name"].split()).out
        for a in command["arguments"]:
            if not a["hidden"] and not a["positional"]:
                assert f"--{a['name']}" in page, command["name"]
        for part in command.get("answer", []):
            assert f"  {part['name']}: " in page, command["name"]
