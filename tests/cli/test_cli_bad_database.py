"""Databases that are not there, not readable, not ours: each has a name, a message and what to do."""

import subprocess
import sys
import time

import duckdb
import pytest
from helpers import HELD_TO_MODES

QUESTIONS = [["list"], ["get", "last"], ["query", "select 1"], ["report"]]


@pytest.mark.parametrize("args", QUESTIONS)
def test_no_database(cli, tmp_path, args):
    result = cli(*args)
    assert result.code == 1
    answer = result.json
    assert answer["error"] == "DatabaseNotFoundError"
    assert "traces.duckdb" in answer["message"]
    assert "breadcrumb run" in answer["suggestion"]
    assert not (tmp_path / ".breadcrumb").exists()


@pytest.mark.parametrize("args", QUESTIONS + [["status"]])
def test_a_directory(cli, tmp_path, args):
    result = cli(*args, "--db-path", str(tmp_path))
    assert result.code == 1
    assert result.json["error"] == "SystemError"
    assert "is a directory" in result.json["message"]
    assert result.json["suggestion"]


@pytest.mark.parametrize("content", [b"", b"hello\n", b"x" * 100_000, b"SQLite format 3\0" * 1000])
def test_not_a_database(cli, tmp_path, content):
    path = tmp_path / "x.duckdb"
    path.write_bytes(content)
    result = cli("list", "--db-path", str(path))
    assert result.code == 1
    assert result.json["error"] == "DatabaseCorruptError"
    assert "--db-path" in result.json["suggestion"]
    assert path.read_bytes() == content


def test_a_database_of_somebody_else(cli, tmp_path):
    path = tmp_path / "x.duckdb"
    connection = duckdb.connect(str(path))
    connection.execute("CREATE TABLE t AS SELECT 1 AS a")
    connection.close()
    before = path.read_bytes()
    result = cli("list", "--db-path", str(path))
    assert result.code == 1
    assert result.json["error"] in ("DatabaseCorruptError", "DatabaseNotFoundError")
    assert path.read_bytes() == before


@pytest.mark.parametrize("version", ["1.2.1", "2.0.0", "999.0.0"])
def test_a_newer_schema_is_refused_and_not_touched(cli, db, version):
    connection = duckdb.connect(str(db))
    connection.execute("INSERT INTO schema_version VALUES (?, now()::TIMESTAMP, '9.9')", [version])
    connection.close()
    before = db.read_bytes()
    for args in QUESTIONS:
        result = cli(*args)
        assert result.code == 1
        assert result.json["error"] == "DatabaseVersionError"
        assert version in result.json["message"]
        assert "newer breadcrumb" in result.json["suggestion"]
    assert db.read_bytes() == before


def test_a_database_that_is_cut(cli, db):
    whole = db.read_bytes()
    db.write_bytes(whole[: len(whole) // 2])
    result = cli("list")
    assert result.code == 1
    assert result.json["error"] in ("DatabaseCorruptError", "Error")
    assert result.json["message"]


def test_a_database_that_may_not_be_read(cli, db):
    db.chmod(0)
    result = cli("list", before=HELD_TO_MODES)
    assert result.code == 1
    assert result.json["error"] == "SystemError"
    assert "Permission denied" in result.json["message"]


def test_a_database_that_may_not_be_written_can_be_asked(cli, db):
    db.chmod(0o400)
    db.parent.chmod(0o500)
    try:
        assert cli("list", before=HELD_TO_MODES).json["total"] == 4
    finally:
        db.parent.chmod(0o700)


def test_a_path_that_is_no_path(cli, tmp_path):
    for path in (str(tmp_path / "file" / "x.duckdb"), "x" * 5000, ""):
        (tmp_path / "file").write_text("")
        result = cli("list", "--db-path", path)
        assert result.code == 1
        assert result.json["error"] in ("SystemError", "DatabaseNotFoundError")
        assert result.json["message"]


def test_bad_setting_in_the_environment_names_its_variable(cli, db):
    result = cli("list", env={"BREADCRUMB_SAMPLE_RATE": "7"})
    assert result.code in (0, 1)
    if result.code == 1:
        assert "BREADCRUMB_SAMPLE_RATE" in result.json["message"]


@pytest.fixture
def hold(db):
    """Another process that has the database open for writing, for so many seconds."""
    holders = []

    def start(seconds):
        code = (
            "import duckdb, sys, time; c = duckdb.connect(sys.argv[1]); "
            "print(flush=True); time.sleep(float(sys.argv[2]))"
        )
        holder = subprocess.Popen(
            [sys.executable, "-c", code, str(db), str(seconds)], stdout=subprocess.PIPE
        )
        holder.stdout.readline()
        holders.append(holder)

    yield start
    for holder in holders:
        holder.kill()
        holder.wait()
        holder.stdout.close()


def test_a_writer_that_is_soon_done_is_waited_for(cli, hold):
    hold(2)
    assert cli("list").json["total"] == 4


def test_a_writer_that_stays_is_named_after_ten_seconds(cli, hold):
    hold(60)
    start = time.monotonic()
    result = cli("list")
    assert 9 < time.monotonic() - start < 50, "not until it is free"
    assert result.code == 1
    assert result.json["error"] == "DatabaseLockedError"
    assert result.json["message"].startswith("Database is temporarily locked.")
    assert "no other processes are writing" in result.json["suggestion"]
    assert cli("status").code == 0
