"""Databases that lie in one folder share its trails/ and nothing else."""

from __future__ import annotations

import json
import shutil

import pytest
from helpers import Bench, Interpreter


def counts(bench: Bench, database: object) -> int:
    ended = bench.run([bench.program, "query", "SELECT id FROM traces", "--db-path", database])
    return len(json.loads(ended.out).get("rows", []))


@pytest.fixture
def killed_run(bench: Bench, python: Interpreter):
    """killed_run(name) -> the database's path; the run is over, its trail not ingested."""

    def record(name: str):
        database = bench.database.with_name(name)
        script = "import os, signal\ndef f(): pass\nf()\nos.kill(os.getppid(), signal.SIGKILL)\n"
        words = [
            "run",
            "-t",
            "60",
            "--silent",
            "--db-path",
            database,
            "--",
            python.path,
            "-c",
            script,
        ]
        assert bench.run([bench.program, *words]).status == -9
        return database

    return record


def test_each_takes_its_own(bench, killed_run):
    one, two = killed_run("one.duckdb"), killed_run("two.duckdb")
    killed_run("two.duckdb")
    trails = bench.database.with_name("trails")
    assert len(list(trails.iterdir())) == 3
    told = bench.run([bench.program, "ingest", "--db-path", one])
    assert json.loads(told.out)["ingest"]["traces"] == 1
    assert counts(bench, one) == 1
    assert counts(bench, two) == 2
    assert counts(bench, one) == 1


def test_status_shows_its_own(bench, killed_run):
    one, two = killed_run("one.duckdb"), killed_run("two.duckdb")
    bench.run([bench.program, "ingest", "--db-path", one])
    bench.run([bench.program, "ingest", "--db-path", two])
    third = killed_run("three.duckdb")
    for database in (one, two):
        told = json.loads(bench.run([bench.program, "status", "--db-path", database]).out)
        assert told["processes"] == [] and told["status"]["behind_bytes"] in (0, None)
    assert counts(bench, third) == 1


def test_a_folder_that_was_moved_keeps_its_trails(bench, killed_run):
    database = killed_run("one.duckdb")
    moved = database.parent.with_name("moved")
    shutil.move(database.parent, moved)
    assert counts(bench, moved / "one.duckdb") == 1
