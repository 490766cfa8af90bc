"""Settings in files: the config file, profiles, what comes from where; bad_test.py has what is said about bad ones."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import time

import pytest
from told import config, error, place, settings, write_config

# ---- the config file --------------------------------------------------------------------------


def test_it_is_written_on_first_use_and_never_again(bench):
    bench.run([bench.program, "run", "-t", "9", "true"])
    path = place(bench) / "config.yaml"
    text = path.read_text()
    assert text.startswith("# ")
    assert "\nenabled: true\n" in text and "\nexclude: []\n" in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("sample_rate: 0.5\n")
    bench.run([bench.program, "run", "-t", "9", "true"])
    assert path.read_text() == "sample_rate: 0.5\n"
    path.write_text("")
    assert settings(bench)["sample_rate"] == (1.0, "default")
    assert path.read_text() == ""


def test_what_it_is_written_with_are_the_defaults(bench):
    read = settings(bench)
    values = {key: value for key, (value, _) in read.items()}
    config_text = (place(bench) / "config.yaml").read_text()
    write_config(bench, "")
    assert values == {key: value for key, (value, _) in settings(bench).items()}
    for key in values:
        assert f"\n{key}:" in config_text or f"\n# {key}:" in config_text, key


def test_the_line_at_the_start_names_it(bench):
    ended = bench.run([bench.program, "run", "-t", "9", "true"])
    assert ended.err.splitlines()[1] == "(config: ~/.breadcrumb/config.yaml)"
    config(bench, "create", "p", "--sample-rate", "0.5")
    ended = bench.run(
        [bench.program, "run", "-c", "p", "-t", "9", "true"], env={"BREADCRUMB_VALUES": "off"}
    )
    assert ended.err.splitlines()[1] == (
        "(config: ~/.breadcrumb/config.yaml, ~/.breadcrumb/configs/p.yaml, environment)"
    )


@pytest.mark.parametrize("home", ["/proc/nowhere", "/dev/null/x"])
def test_no_home_to_write_to_is_fine(bench, home):
    place_of_data = {"HOME": home, "BREADCRUMB_DB_PATH": str(bench.database)}
    ended = bench.run([bench.program, "run", "-t", "9", "echo", "ran"], env=place_of_data)
    assert (ended.status, ended.out) == (0, "ran\n")
    assert "(config: defaults, environment)" in ended.err


def test_the_home_can_be_elsewhere(bench, tmp_path):
    elsewhere = {"BREADCRUMB_HOME": str(tmp_path / "else where")}
    (tmp_path / "else where").mkdir()
    (tmp_path / "else where/config.yaml").write_text("max_items: 3\n")
    assert settings(bench, env=elsewhere)["max_items"][0] == 3
    assert not place(bench).exists()


def test_a_home_that_is_named_is_made(bench, tmp_path):
    deep = tmp_path / "a/b/c"
    source = settings(bench, env={"BREADCRUMB_HOME": str(deep)})["max_items"][1]
    assert source.startswith(f"{deep}/config.yaml, line ")
    assert (deep / "config.yaml").is_file()
    assert not place(bench).exists()


def test_from_the_strongest_to_the_weakest(bench):
    path = write_config(bench, "max_items: 1\nsample_rate: 0.1\nvalues: names\ninclude: [a, b]\n")
    config(bench, "create", "p", "--set", "max_items=2", "--sample-rate", "0.2")
    profile = place(bench) / "configs/p.yaml"
    found = settings(bench, "p", env={"BREADCRUMB_SAMPLE_RATE": "0.3"})
    assert found["values"] == ("names", f"{path}, line 3")
    assert found["include"] == (["a", "b"], f"{path}, line 4")
    assert found["max_items"] == (2, f"{profile}, line 3")
    assert found["sample_rate"] == (0.3, "BREADCRUMB_SAMPLE_RATE")
    assert found["max_depth"] == (3, "default")
    run = ["run", "-c", "p", "-t", "9", "--sample-rate", "0.4", "--exclude", "z"]
    shell = ["sh", "-c", "cat $BREADCRUMB_RUN/settings"]
    ended = bench.run([bench.program, *run, *shell], env={"BREADCRUMB_SAMPLE_RATE": "0.3"})
    lines = ended.out.splitlines()
    for line in ("sample_rate=0.400000000000", "max_items=2", "values=names", "include=b"):
        assert line in lines
    assert "include=*" not in lines


def test_a_list_of_a_stronger_source_replaces_the_weaker_one(bench):
    write_config(bench, "exclude: [a, b]\n")
    config(bench, "create", "p", "--set", "exclude=")
    assert settings(bench, "p")["exclude"][0] == []
    assert settings(bench)["exclude"][0] == ["a", "b"]


def test_the_database_of_the_file(bench, tmp_path):
    write_config(bench, f"db_path: {tmp_path}/there.duckdb\n")
    shown = json.loads(config(bench, "show").out)["config"]
    assert shown["db_path"] == f"{tmp_path}/there.duckdb"
    ended = bench.run([bench.program, "list"])
    assert "there.duckdb" in json.loads(ended.out)["message"]


def test_enabled_in_the_file(bench):
    path = write_config(bench, "# nothing\nenabled: off\n")
    ended = bench.run([bench.program, "run", "-t", "9", "sh", "-c", "echo ${BREADCRUMB_RUN-none}"])
    assert ended.out == "none\n"
    assert f"disabled by {path}, line 2" in ended.err


# ---- of the original system -------------------------------------------------------------------

ORIGINAL = """\
# Breadcrumb AI Tracer Configuration
# This file is automatically created with defaults if it doesn't exist.

# Enable or disable tracing
enabled: true
include:
  - '*'
exclude: []
sample_rate: 1.0
db_path: '~/.breadcrumb/traces.duckdb'
backend: 'pep669'
workspace_only: true
max_repr_length: 2000
"""


def test_the_file_of_the_original_system_is_read(bench):
    write_config(bench, ORIGINAL)
    found = settings(bench)
    assert found["max_chars"][0] == 2000
    assert found["backend"] == ("auto", "default")
    assert found["db_path"] == (None, "default")
    (place(bench) / "configs").mkdir()
    (place(bench) / "configs/old.yaml").write_text(ORIGINAL.replace("true", "false", 1))
    assert settings(bench, "old")["enabled"][0] is False
    path = write_config(bench, "backend: pep669\nmax_repr_length: 7\n")
    assert settings(bench)["backend"][0] == "pep669"
    assert config(bench, "edit", "--set", "max_chars=8").status == 0
    assert path.read_text() == "backend: pep669\nmax_repr_length: 8\n"


# ---- profiles ---------------------------------------------------------------------------------


def test_the_life_of_a_profile(bench):
    made = config(
        bench, "create", "flock", "--include", "flock.*", "--exclude", "*webhook*", "--all-code"
    )
    path = place(bench) / "configs/flock.yaml"
    assert json.loads(made.out)["config"] == {
        "name": "flock",
        "path": str(path),
        "done": "created",
    }
    assert error(config(bench, "create", "flock"))["suggestion"].endswith("--force overwrites it")
    text = path.read_text()
    path.write_text(text.replace("exclude:", "# noisy:\nexclude:  # these\n"))
    edit = ["--add-exclude", "flock.logging*", "--remove-exclude", "*webhook*", "--disabled"]
    assert config(bench, "edit", "flock", *edit).status == 0
    assert path.read_text().endswith(
        "include:\n  - 'flock.*'\n# noisy:\nexclude:  # these\n\n  - 'flock.logging*'\n"
        "workspace_only: false\nenabled: false\n"
    )
    listed = json.loads(config(bench, "list").out)["configs"]
    assert [(row["name"], row["problem"]) for row in listed] == [("flock", None)]
    assert listed[0]["sets"] == "enabled, include, exclude, workspace_only"
    assert config(bench, "create", "flock", "-f", "--set", "max_chars=9").status == 0
    assert settings(bench, "flock")["enabled"][0] is True
    assert config(bench, "delete", "flock").status == 0
    assert json.loads(config(bench, "list").out)["configs"] == []
    assert error(config(bench, "delete", "flock"))["error"] == "ConfigNotFoundError"


def test_a_profile_that_is_not_there(bench):
    config(bench, "create", "flock")
    for words in (["run", "-c", "folck", "-t", "9", "true"], ["-c", "folck", "list"]):
        ended = bench.run([bench.program, *words])
        assert ended.status == 1
        assert "Config file not found: folck" in ended.out + ended.err
        assert "did you mean 'flock'?" in ended.out + ended.err
        assert "Use 'breadcrumb config create folck' to create it" in (
            ended.out + ended.err
        ).replace("Or use", "Use")


@pytest.mark.parametrize(
    "name", ["a/b", "..", "../x", ".hidden", "", "a b", "-x", "a..b", "a.b", "x" * 99]
)
def test_names_that_no_profile_has(bench, name):
    for words in (["create", "--", name], ["delete", "--", name]):
        told = error(config(bench, *words))
        assert told["error"] in ("InvalidSettingError", "UsageError")
    assert not (place(bench) / "configs").exists()


def test_a_profile_of_the_original_system_with_a_dot_in_its_name(bench):
    (place(bench) / "configs").mkdir(parents=True)
    (place(bench) / "configs/v1.2.yaml").write_text("max_repr_length: 9\n")
    assert settings(bench, "v1.2")["max_chars"][0] == 9


def test_a_broken_profile_is_listed_with_its_problem(bench):
    config(bench, "create", "good")
    (place(bench) / "configs/bad.yaml").write_text("nonsense: 1\n")
    rows = {row["name"]: row for row in json.loads(config(bench, "list").out)["configs"]}
    assert "unknown setting 'nonsense'" in rows["bad"]["problem"]
    assert rows["good"]["problem"] is None
    assert settings(bench)["silent"][0] is False, "others are not touched by it"


def test_an_edit_with_commas_is_of_several(bench):
    config(bench, "create", "p", "--exclude", "a,b", "--set", "include=c, d.*")
    assert config(bench, "edit", "p", "--add-exclude", "b,e").status == 0
    path = place(bench) / "configs/p.yaml"
    listed = "exclude:\n  - 'a'\n  - 'b'\n  - 'e'\ninclude:\n  - 'c'\n  - 'd.*'\n"
    assert path.read_text().endswith(listed)
    assert config(bench, "edit", "p", "--remove-exclude", "b").status == 0


def test_several_values_for_one_list(bench, tmp_path):
    """Also where a comma belongs to the value, and a colon to the path."""
    lists = {
        "workspace": [f"{tmp_path}/a:b", str(tmp_path)],
        "redact_patterns": ["x{1,2}", "y"],
        "exclude": ["m", "n", "o"],
    }
    (tmp_path / "a:b").mkdir()
    pairs = [f"{key}={value}" for key, values in lists.items() for value in values[1:]]
    pairs = [f"{key}={values[0]}" for key, values in lists.items()] + pairs
    config(bench, "create", "p", *(word for pair in pairs for word in ("--set", pair)))
    shown = settings(bench, "p")
    assert {key: shown[key][0] for key in lists} == lists
    assert config(bench, "edit", "p", "--set", "exclude=", "--set", "workspace=.").status == 0
    shown = settings(bench, "p")
    assert shown["exclude"][0] == [] and shown["workspace"][0] == [str(bench.project)]
    assert "workspace:\n  - '.'\n" in (place(bench) / "configs/p.yaml").read_text()
    assert error(config(bench, "edit", "p", "--set", "exclude=a", "--set", "exclude=[b"))


def test_an_edit_is_of_the_profile_that_c_names(bench):
    config(bench, "create", "p")
    file = write_config(bench, "# mine\n")
    for words in (["config", "edit", "-c", "p"], ["-c", "p", "config", "edit", "p"]):
        told = json.loads(bench.run([bench.program, *words, "--enabled"]).out)["config"]
        assert told["name"] == "p" and told["path"] == str(place(bench) / "configs/p.yaml")
    assert file.read_text() == "# mine\n"
    for words in (
        ["edit", "p", "--enabled"],
        ["show", "p"],
        ["delete", "p"],
        ["create", "p", "-f"],
    ):
        told = error(config(bench, *words, "-c", "other"))
        assert told["message"] == "two profiles are named: 'p', and 'other' with --config"
    assert (
        error(config(bench, "edit", "-c", "nowhere", "--enabled"))["error"] == "ConfigNotFoundError"
    )


def test_an_edit_that_does_not_fit_changes_nothing(bench):
    config(bench, "create", "p", "--include", "a")
    path = place(bench) / "configs/p.yaml"
    before = path.read_bytes()
    for words in (
        ["--add-include", "b", "--sample-rate", "2"],
        ["--add-include", "b", "--add-exclude", "[x"],
        ["--set", "nonsense=1"],
        ["--set", "sample_rate"],
        ["--remove-exclude", "zzz"],
        ["--unset", "includ"],
        [],
    ):
        error(config(bench, "edit", "p", *words))
        assert path.read_bytes() == before


def test_edits_at_once_lose_nothing(bench):
    config(bench, "create", "p")
    started = [
        bench.start([bench.program, "config", "edit", "p", "--add-exclude", f"m{i}.*"])
        for i in range(12)
    ]
    assert [process.wait() for process in started] == [0] * 12
    assert sorted(settings(bench, "p")["exclude"][0]) == sorted(f"m{i}.*" for i in range(12))


def test_edits_that_are_killed_leave_a_whole_file_and_nothing_else(bench):
    config(bench, "create", "p", "--include", "a")
    for n in range(40):
        words = [bench.program, "config", "edit", "p", "--add-exclude", f"m{n}"]
        with bench.start(words) as process:
            time.sleep(0.0005 * (n % 20))
            process.kill()
        assert settings(bench, "p")["include"][0] == ["a"]
    path = place(bench) / "configs/p.yaml"
    for left in (
        path.with_name("p.yaml.tmp.999999999"),
        path.with_name(f"p.yaml.tmp.{os.getpid()}"),
    ):
        left.write_text("enabled: no\n")
    assert config(bench, "edit", "p", "--enabled").status == 0
    assert sorted(os.listdir(path.parent)) == ["p.yaml", f"p.yaml.tmp.{os.getpid()}"]


def test_an_edit_through_a_link_keeps_the_link(bench, tmp_path):
    config(bench, "create", "p")
    path = place(bench) / "configs/p.yaml"
    path.rename(tmp_path / "real.yaml")
    path.symlink_to(tmp_path / "real.yaml")
    assert config(bench, "edit", "p", "--enabled").status == 0
    assert path.is_symlink() and "enabled: true" in (tmp_path / "real.yaml").read_text()


def test_a_full_disk_keeps_the_old_file(bench):
    config(bench, "create", "p", "--include", "a")
    path = place(bench) / "configs/p.yaml"
    before = path.read_bytes()
    words = [bench.program, "config", "edit", "p", "--add-include", "b"]
    shell = ["sh", "-c", 'ulimit -f 0; trap "" XFSZ; exec "$@"', "sh", *words]
    ended = bench.run(shell, stdout=subprocess.DEVNULL)
    assert ended.status != 0
    assert path.read_bytes() == before
    assert [name for name in os.listdir(path.parent) if not name.startswith("p.yaml")] == []


# ---- all keys ---------------------------------------------------------------------------------


def test_the_list_of_all_keys(bench):
    keys = json.loads(config(bench, "keys").out)["keys"]
    shown = settings(bench)
    assert [key["key"] for key in keys] == list(shown)
    write_config(bench, "")
    for key in keys:
        assert key["default"] == settings(bench)[key["key"]][0]
        assert key["meaning"]


def test_words_of_the_group(bench):
    assert "one of: show, keys" in error(bench.run([bench.program, "config"]))["suggestion"]
    assert "config show" in error(config(bench, "shwo"))["suggestion"]
    assert b"usage: breadcrumb config edit" in config(bench, "edit", "--help").stdout
    assert (
        b"usage: breadcrumb config edit"
        in bench.run([bench.program, "help", "config", "edit"]).stdout
    )
