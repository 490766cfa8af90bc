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
    assert offered(cli, "top", "--li") == ["--limit"], "a word that may be an option too"
    assert "-n, --limit" in cli("top", "--help").out


def test_values(cli):
    assert offered(cli, "top", "--by", "s") == ["self"]
    assert offered(cli, "list", "-f", "j") == ["json", "jsonl"]
    assert "30m" in offered(cli, "exceptions", "--since", "")
    assert offered(cli, "completion", "") == ["bash", "zsh", "fish"]


def test_settings(cli):
    assert offered(cli, "run", "--values", "") == ["structure", "repr", "names", "off"]
    assert offered(cli, "run", "--backend", "p") == ["pep669"]
    assert offered(cli, "config", "edit", "--set", "max_ch") == ["max_chars="]
    assert offered(cli, "config", "edit", "--set", "values=n") == ["values=names"]
    assert offered(cli, "config", "edit", "p", "--unset", "hot_w") == ["hot_window_s"]
    assert offered(cli, "set", "max_items=5", "sil") == [], "it cannot change while a program runs"
    assert offered(cli, "set", "max_items=5", "enabled=") == ["enabled=true", "enabled=false"]
    keys = [row["key"] for row in cli("config", "keys").json["keys"]]
    assert offered(cli, "config", "create", "x", "--set", "") == [f"{key}=" for key in keys]


def test_profiles(cli):
    for name in ("flock", "fleet", "other"):
        cli("config", "create", name)
    assert offered(cli, "-c", "f") == ["fleet", "flock"]
    assert offered(cli, "run", "--config", "o") == ["other"]
    for command in ("show", "edit", "delete", "validate"):
        assert offered(cli, "config", command, "fl") == ["fleet", "flock"]
    assert offered(cli, "config", "create", "f") == []


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


def test_bash_takes_a_word_apart_where_it_does(cli, tmp_path):
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash")
    code = (
        'source <(breadcrumb completion bash); COMP_LINE="breadcrumb set values=na"; '
        'COMP_POINT=${#COMP_LINE}; _breadcrumb; echo "${COMPREPLY[@]}"'
    )
    env = {"PATH": f"{Path(BIN).parent}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    words = [bash, "-c", code]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, env=env, timeout=60)
    assert done.stdout == "names\n", done.stderr


def test_the_table_of_commands_is_whole(cli):
    table = cli("help", "--all").json
    names = [c["name"] for c in table["commands"]]
    assert len(names) == len(set(names))
    for command in table["commands"]:
        page = cli("help", *command["name"].split()).out
        assert not [line for line in page.splitlines() if line.endswith(" ")], command["name"]
        for a in command["arguments"]:
            if not a["hidden"] and not a["positional"]:
                assert f"--{a['name']}" in page, command["name"]
        for part in command.get("answer", []):
            assert f"  {part['name']}: " in page, command["name"]
