"""What stays of a database and where it goes: prune, clear, export, import, init; and old and newer stores."""

import gzip
import os
import subprocess
import threading
from pathlib import Path

import duckdb
import pytest
from filled import BIN, Filler, trace_id

CALL = 1 << 40
STORES = Path(__file__).resolve().parent.parent / "stores"


def ids(cli, *more):
    result = cli("list", "-n", "100", *more)
    return sorted(t["id"] for t in result.json.get("traces", []))


def calls(cli, *more):
    return cli(
        "query",
        "SELECT trace_id, call_id, function_name, args, result, duration_ns FROM calls ORDER BY ALL",
        *more,
    ).json["rows"]


# ---- prune


def test_prune_says_what_would_go_and_then_does_it(cli, db):
    dry = cli("prune", "--keep", "2", "--dry-run").json
    assert [t["id"] for t in dry["traces"]] == [trace_id(1), trace_id(2)]
    assert dry["prune"]["dry_run"] is True
    assert len(ids(cli)) == 4
    done = cli("prune", "--keep", "2").json
    assert done["prune"]["traces"] == 2
    assert ids(cli) == [trace_id(3), trace_id(4)]
    for table in ("call_rows", "exception_rows", "stat_rows", "threads", "losses"):
        (row,) = cli(
            "query",
            f"SELECT count(*) AS n FROM {table} WHERE trace_id NOT IN (SELECT id FROM traces)",
        ).json["rows"]
        assert row["n"] == 0, table
    assert cli("prune", "--keep", "2").json["prune"]["traces"] == 0


def test_prune_by_age(cli, db):
    # The traces begin a minute apart from 11:07:40 on.
    assert cli("prune", "--older-than", "2026-11-18T11:09:00").json["prune"]["traces"] == 2
    assert ids(cli) == [trace_id(3), trace_id(4)]
    assert cli("prune", "--older-than", "2020-01-01").json["prune"]["traces"] == 0


def test_prune_leaves_running_traces_alone(cli, empty_db):
    connection = duckdb.connect(str(empty_db))
    filler = Filler(connection)
    filler.trace(1, status="running", duration_ms=None)
    filler.trace(2)
    connection.close()
    done = cli("prune", "--keep", "0").json
    assert done["prune"]["traces"] == 1 and done["prune"]["left_alone"] == 1
    assert ids(cli) == [trace_id(1)]


def test_prune_gives_space_back(cli, empty_db):
    connection = duckdb.connect(str(empty_db))
    filler = Filler(connection)
    for number in (1, 2):
        trace, t = filler.trace(number)
        f = filler.function("m", "f")
        connection.execute(
            "INSERT INTO call_rows (trace_id, call_id, function_id, thread_id, depth, start_ns, duration_ns, child_ns, "
            "suspended_ns, resumes, outcome, args, result) SELECT ?, i, ?, 1, 0, ? + i, 1, 0, 0, 0, 0, "
            "json_object('x', md5(i::VARCHAR)), '1' FROM range(60000) t(i)",
            [trace, f, t],
        )
    connection.close()
    before = empty_db.stat().st_size
    done = cli("prune", "--max-size", str(int(before * 0.6))).json["prune"]
    assert done["traces"] == 1 and done["bytes_before"] == before
    assert done["bytes_after"] == empty_db.stat().st_size < before * 0.7
    assert empty_db.stat().st_mode & 0o777 == 0o600
    assert ids(cli) == [trace_id(2)]
    assert cli("query", "SELECT count(*) AS n, count(DISTINCT args) AS d FROM calls").json[
        "rows"
    ] == [{"n": 60000, "d": 60000}]
    assert sorted(p.name for p in empty_db.parent.iterdir()) == ["traces.duckdb"]


def test_readers_and_prunes_at_once(cli, db):
    """A file that takes the place of another is never seen half."""
    wrong, done = [], threading.Event()

    def read():
        while not done.is_set():
            result = cli(
                "query", "SELECT count(*) AS n FROM traces WHERE id = $t", "-p", f"t={trace_id(4)}"
            )
            if result.code != 0 or result.json["rows"] != [{"n": 1}]:
                wrong.append(result.out)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for r in readers:
        r.start()
    for keep in (3, 2, 1):
        assert cli("prune", "--keep", str(keep)).code == 0
    done.set()
    for r in readers:
        r.join()
    assert not wrong, wrong[0]


@pytest.mark.parametrize(
    "args",
    [[], ["--max-size", "big"], ["--max-size", "-1"], ["--keep", "-1"], ["--older-than", "last"]],
)
def test_prune_bad_input(cli, db, args):
    result = cli("prune", *args)
    assert result.code == 1 and result.json["message"]
    assert len(ids(cli)) == 4


def test_retention_settings_apply_after_an_ingest(cli, db, tmp_path):
    home = tmp_path / "settings"
    home.mkdir()
    (home / "config.yaml").write_text("retention_days: 30\n")
    env = {"BREADCRUMB_HOME": str(home)}
    connection = duckdb.connect(str(db))
    connection.execute(
        "UPDATE traces SET started_at = now()::TIMESTAMP - INTERVAL 31 DAY WHERE id = ?",
        [trace_id(1)],
    )
    connection.execute(
        "UPDATE traces SET started_at = now()::TIMESTAMP - INTERVAL 29 DAY WHERE id <> ?",
        [trace_id(1)],
    )
    connection.close()
    assert cli("ingest").code == 0
    assert len(ids(cli)) == 4
    assert cli("ingest", env=env).code == 0
    assert ids(cli) == [trace_id(2), trace_id(3), trace_id(4)]


# ---- export and import


def test_export_is_a_database_and_import_takes_it_back(cli, db, tmp_path):
    file = tmp_path / "one's own.duckdb"
    told = cli("export", trace_id(1)[:18] + trace_id(1)[18:], str(file)).json
    assert told["export"]["traces"] == 1 and told["export"]["bytes_after"] == file.stat().st_size
    assert file.stat().st_mode & 0o777 == 0o600
    assert ids(cli, "--db-path", str(file)) == [trace_id(1)]
    only = cli(
        "query", "SELECT function_name FROM functions ORDER BY ALL", "--db-path", str(file)
    ).json["rows"]
    assert [r["function_name"] for r in only] == ["Loader.load", "main", "parse"]
    want = [c for c in calls(cli) if c["trace_id"] == trace_id(1)]
    assert calls(cli, "--db-path", str(file)) == want
    # Into a database with other numbers for the functions, twice.
    other = tmp_path / "other.duckdb"
    assert cli("export", trace_id(4), str(other)).code == 0
    assert cli("import", str(file), "--db-path", str(other)).json["import"]["traces"] == 1
    again = cli("import", str(file), "--db-path", str(other)).json
    assert again["import"]["traces"] == 0 and again["import"]["left_alone"] == 1
    assert [c for c in calls(cli, "--db-path", str(other)) if c["trace_id"] == trace_id(1)] == want
    raised = cli("exceptions", "--trace", trace_id(1), "--db-path", str(other)).json["exceptions"][
        0
    ]
    assert (raised["function_name"], raised["handled_by"]) == ("parse", "Loader.load")
    names = cli("query", "SELECT id FROM functions ORDER BY id", "--db-path", str(other)).json[
        "rows"
    ]
    assert [r["id"] for r in names] == list(range(len(names))), "numbers of functions are dense"


def test_export_of_a_run_and_import_into_nothing(cli, db, tmp_path):
    file, fresh = tmp_path / "run.duckdb", tmp_path / "deep" / "fresh.duckdb"
    assert cli("export", trace_id(3), str(file), "--whole-run").json["export"]["traces"] == 2
    assert cli("import", str(file), "--db-path", str(fresh)).json["import"]["traces"] == 2
    assert ids(cli, "--db-path", str(fresh)) == [trace_id(2), trace_id(3)]


def test_export_and_import_refuse(cli, db, tmp_path):
    taken = tmp_path / "taken"
    taken.write_text("mine")
    result = cli("export", "last", str(taken))
    assert result.code == 1 and "there already" in result.json["message"]
    assert taken.read_text() == "mine"
    assert cli("export", "ffff", str(tmp_path / "x")).code == 2
    assert not (tmp_path / "x").exists()
    assert cli("import", str(taken)).json["error"] == "DatabaseCorruptError"
    assert cli("import", str(tmp_path / "none")).json["error"] == "DatabaseNotFoundError"
    connection = duckdb.connect(str(db))
    connection.execute(
        "UPDATE traces SET status = 'running', ended_at = NULL WHERE id = ?", [trace_id(4)]
    )
    connection.close()
    result = cli("export", trace_id(4), str(tmp_path / "x"))
    assert result.code == 1 and "still runs" in result.json["message"]
    assert not (tmp_path / "x").exists()


# ---- clear and init


@pytest.mark.parametrize(
    "answer, gone", [("y\n", True), ("YES\n", True), ("n\n", False), ("\n", False), ("", False)]
)
def test_clear_asks(db, tmp_path, answer, gone):
    done = subprocess.run(
        [BIN, "clear"],
        input=answer,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
        timeout=60,
    )
    assert "[y/N]" in done.stderr
    assert db.exists() is not gone
    assert done.returncode == (0 if gone else 1)


def test_clear_by_force_and_of_nothing(cli, db):
    wal = Path(str(db) + ".wal")
    wal.write_bytes(b"")
    assert cli("clear", "-f").code == 0
    assert not db.exists() and not wal.exists()
    assert cli("clear", "--force").json["error"] == "DatabaseNotFoundError"


def test_clear_deletes_databases_only(cli, tmp_path):
    precious = tmp_path / "thesis.txt"
    precious.write_text("x" * 10000)
    result = cli("clear", "--force", "--db-path", str(precious))
    assert result.code == 1 and result.json["error"] == "DatabaseCorruptError"
    assert precious.read_text() == "x" * 10000


def test_init_makes_a_place(cli, tmp_path):
    made = cli("init").json["init"]
    assert made["created"] is True and made["folder"] == str(tmp_path / ".breadcrumb")
    assert (tmp_path / ".breadcrumb" / ".gitignore").read_text().endswith("*\n")
    assert (tmp_path / ".breadcrumb").stat().st_mode & 0o777 == 0o700
    (tmp_path / ".breadcrumb" / ".gitignore").write_text("mine\n")
    assert cli("init").json["init"]["created"] is False
    assert (tmp_path / ".breadcrumb" / ".gitignore").read_text() == "mine\n"
    assert cli("init", str(tmp_path / "none")).code == 1
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert cli("status", cwd=inner).json["status"]["db_path"] == made["db_path"]


# ---- stores of every version that was released


@pytest.mark.parametrize("sample", sorted(STORES.glob("*.duckdb.gz")), ids=lambda p: p.stem)
def test_sample_stores_are_brought_up_to_date_and_keep_their_rows(cli, sample, tmp_path):
    path = tmp_path / "traces.duckdb"
    path.write_bytes(gzip.decompress(sample.read_bytes()))
    here = ["--db-path", str(path)]
    assert cli("ingest", *here).code == 0
    newest = cli("schema", *here).json["schema_version"]
    listed = cli("list", *here).json
    assert listed["schema_version"] == newest
    assert [t["id"] for t in listed["traces"]] == [trace_id(n) for n in (4, 3, 2, 1)]
    assert cli("query", "SELECT count(*) AS n FROM calls", *here).json["rows"] == [{"n": 168}]
    exact = "SELECT count(at_ns) = count(*) AND bool_and(at_ns // 1000 = epoch_us(timestamp)) AS ok FROM trace_events"
    assert cli("query", exact, *here).json["rows"] == [{"ok": True}]
    for words in (
        ["get", trace_id(1)],
        ["report", "--run", trace_id(2)],
        ["tree", "--trace", trace_id(4)],
        ["exceptions", "--since", "2026-01-01"],
        ["performance", "step"],
    ):
        assert cli(*words, *here).code == 0, words


def test_there_is_a_sample_store_of_the_newest_schema(cli):
    newest = cli("schema").json["schema_version"]
    assert (STORES / f"v{newest}.duckdb.gz").exists(), "make one: tests/stores/README.md"
