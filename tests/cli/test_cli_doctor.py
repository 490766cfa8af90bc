"""doctor: each Python is tried, and what is wrong with this machine has an advice."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from filled import BIN


@pytest.fixture
def fake(tmp_path):
    """A folder of its own for PATH, and a way to put programs there."""
    folder = tmp_path / "bin"
    folder.mkdir()

    def make(name, text):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
        return str(folder / name)

    return make


def by(rows, key):
    return {row[key]: row for row in rows}


def test_pythons_are_tried(cli, fake):
    version = sys.version_info
    broken = fake("python3.10", "#!/bin/sh\necho no such version >&2\nexit 127\n")
    mute = fake("python3.11", "#!/bin/sh\nexit 0\n")
    isolated = fake("python3.12", f'#!/bin/sh\nexec {sys.executable} -E "$@"\n')
    result = cli("doctor", sys.executable, broken, mute, isolated)
    rows = by(result.json["pythons"], "python")
    assert result.code == 0
    mine = rows[sys.executable]
    assert mine["version"] == f"CPython {version.major}.{version.minor}.{version.micro}"
    assert mine["recorded"] is True and mine["why"] is None
    assert mine["backend"] == ("pep669" if version >= (3, 12) else "settrace")
    assert rows[broken]["version"] is None
    assert "(status 127): no such version" in rows[broken]["why"]
    assert rows[mute]["recorded"] is False and rows[mute]["why"].startswith("it is no Python")
    assert rows[isolated]["recorded"] is False
    assert "-E" in rows[isolated]["why"]


def test_pythons_of_path(cli, fake, tmp_path):
    fake("python", f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    os.symlink(tmp_path / "bin/python", tmp_path / "bin/python3")
    rows = cli("doctor", env={"PATH": f"{tmp_path}/bin:/nowhere:relative"}).json["pythons"]
    assert [row["python"] for row in rows] == [f"{tmp_path}/bin/python"]
    assert rows[0]["recorded"] is True


def test_no_python_at_all(cli, tmp_path):
    result = cli("doctor", env={"PATH": str(tmp_path)})
    assert result.code == 1
    check = by(result.json["checks"], "check")["pythons"]
    assert check["ok"] is False and "doctor PATH" in check["advice"]


def test_the_users_settings_do_not_hide_a_python(cli):
    env = {"BREADCRUMB_ENABLED": "false", "BREADCRUMB_SAMPLE_RATE": "0.0"}
    assert cli("doctor", sys.executable, env=env).json["pythons"][0]["recorded"] is True


def test_settings_with_which_nothing_is_recorded(cli):
    for name, value, word in (("ENABLED", "false", "false"), ("SAMPLE_RATE", "0.0", "0")):
        result = cli("doctor", sys.executable, env={f"BREADCRUMB_{name}": value})
        check = by(result.json["checks"], "check")["settings"]
        assert result.code == 1 and check["ok"] is False and check["advice"]
        assert f"{name.lower()} is {word} by BREADCRUMB_{name}" in check["found"]


def test_nothing_is_left_behind(cli, tmp_path):
    place = tmp_path / "tmp"
    place.mkdir()
    assert cli("doctor", sys.executable, env={"TMPDIR": str(place)}).code == 0
    assert list(place.iterdir()) == []


def test_a_damaged_database_is_found(cli, tmp_path):
    (tmp_path / "bad.duckdb").write_bytes(b"no database" * 1000)
    result = cli("--db-path", "bad.duckdb", "doctor", sys.executable)
    check = by(result.json["checks"], "check")["database"]
    assert result.code == 1 and check["ok"] is False and check["advice"]


def test_bad_settings_are_found(cli, tmp_path):
    (tmp_path / "home/.breadcrumb").mkdir(parents=True)
    (tmp_path / "home/.breadcrumb/config.yaml").write_text("sample_rate: 7\n")
    result = cli("doctor", sys.executable)
    check = by(result.json["checks"], "check")["settings"]
    assert result.code == 1 and "sample_rate" in check["found"]


def test_python_path(cli):
    folder = cli("doctor", "--python-path").out.strip()
    assert folder == str(Path(BIN).resolve().parent.parent / "lib")
    words = [sys.executable, "-c", "import breadcrumb; print(breadcrumb.__version__)"]
    env = {**os.environ, "PYTHONPATH": folder}
    said = subprocess.run(words, env=env, capture_output=True, text=True, check=True).stdout
    assert said.strip() == cli("--version").out.split()[1]
