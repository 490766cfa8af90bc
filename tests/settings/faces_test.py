"""Each setting through each of its faces: file, profile, environment, option, keyword, and what is said of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from helpers import Bench
from told import config, place, settings, write_config

pytestmark = pytest.mark.any_python

Key = dict[str, Any]


@pytest.fixture
def keys(bench: Bench) -> list[Key]:
    return json.loads(config(bench, "keys").out)["keys"]


def another(bench: Bench, key: Key) -> Any:
    """A value that is not the default."""
    if key["type"] == "bool":
        return not key["default"]
    if key["type"] == "int":
        return key["default"] + 1
    if key["type"] == "choice":
        return next(word for word in key["range"].split(", ") if word != key["default"])
    if key["type"] == "patterns":
        return ["acme-[0-9]{1,4}", "b"]
    own = {"float": 0.25, "path": str(bench.database), "folders": [str(bench.home)]}
    return own.get(key["type"], [key["key"], "b.*"])


def as_word(value: Any, separator: str = ",") -> str:
    if isinstance(value, list):
        return separator.join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def as_options(key: Key, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [key["option"] if value else key["option_off"]]
    return [
        word
        for item in (value if isinstance(value, list) else [value])
        for word in (key["option"], str(item))
    ]


def test_files_and_where_a_value_comes_from(bench, keys):
    wanted = {key["key"]: another(bench, key) for key in keys}
    lines = [f"{key}: {json.dumps(value)}" for key, value in wanted.items()]
    file = write_config(bench, "\n".join(lines))
    told = settings(bench)
    for line, (key, value) in enumerate(wanted.items(), start=1):
        assert told[key] == (value, f"{file}, line {line}")
    write_config(bench, "")
    assert all(source == "default" for _, source in settings(bench).values())
    (place(bench) / "configs").mkdir()
    profile = place(bench) / "configs/p.yaml"
    profile.write_text("\n".join(lines))
    told = settings(bench, "p")
    for line, (key, value) in enumerate(wanted.items(), start=1):
        assert told[key] == (value, f"{profile}, line {line}")


def test_the_environment(bench, keys):
    """One at a time, so that a variable of another name is not taken for it."""
    write_config(bench, "")
    for key in keys:
        value = another(bench, key)
        word = as_word(value, ":" if key["type"] == "folders" else ",")
        if key["type"] == "patterns":
            word, value = value[0], value[:1]  # its commas are its own
        told = settings(bench, env={key["environment"]: word})
        expected = {key["key"]: (value, key["environment"])}
        assert {name: row for name, row in told.items() if row[1] != "default"} == expected


def test_the_options_of_run(bench, keys):
    given = {key["key"]: another(bench, key) for key in keys if key["option"] or key["option_off"]}
    words = [
        word for key in keys if key["key"] in given for word in as_options(key, given[key["key"]])
    ]
    shell = ["sh", "-c", "cat $BREADCRUMB_RUN/settings"]
    ended = bench.run([bench.program, "run", "-t", "60", *words, "--", *shell])
    told: dict[str, list[str]] = {}
    for line in ended.out.splitlines():
        key, _, value = line.partition("=")
        told.setdefault(key, []).append(value)
    for name, value in given.items():
        wanted = value if isinstance(value, list) else [as_word(value)]
        found = (
            [word.rstrip("0") for word in told[name]] if isinstance(value, float) else told[name]
        )
        assert found == wanted, name
    page = bench.run([bench.program, "help", "run"]).out
    for key in keys:
        for option in filter(None, (key["option"], key["option_off"])):
            assert f"{option} " in page or f"{option}\n" in page, option


def test_the_keywords_of_init(bench, keys, python):
    given = {key["key"]: another(bench, key) for key in keys}
    given |= {"enabled": True, "backend": "settrace" if python.version < (3, 12) else "pep669"}
    source = f"import breadcrumb\nbreadcrumb.init(**{given!r})\nprint(breadcrumb.get_config())\n"
    bench.write({"program.py": source})
    path = {"PYTHONPATH": str(bench.program.parent.parent / "lib")}
    ended = bench.run([python.path, "program.py"], env=path)
    assert (ended.status, ended.err) == (0, ""), "silent is among them"
    assert ended.out == f"{given!r}\n"


def test_what_a_shell_offers(bench, keys):
    def offered(*words: str) -> list[str]:
        ended = bench.run([bench.program, "__complete", *words])
        return [line.split("\t")[0] for line in ended.out.splitlines()]

    pairs, options = offered("config", "edit", "--set", ""), offered("run", "--")
    for key in keys:
        assert f"{key['key']}=" in pairs
        assert {key["option"], key["option_off"]} - {None} <= set(options)
        if key["type"] == "choice":
            assert offered("run", key["option"], "") == key["range"].split(", ")
