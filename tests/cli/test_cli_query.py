"""User SQL: what may be asked, what may not, the time limit and the cut."""

import json
import shutil
import time

import pytest

LEGITIMATE = [
    "SELECT * FROM traces LIMIT 10",
    "select count(*) from trace_events",
    "SELECT function_name, COUNT(*) FROM trace_events GROUP BY function_name",
    "SELECT * FROM exceptions WHERE exception_type='ValueError'",
    "SELECT 'DELETE FROM traces; DROP TABLE traces' AS text",
    'SELECT 1 AS "DROP TABLE traces"',
    "SELECT 1 -- DROP TABLE traces; ATTACH 'x'",
    "-- the busiest of all\nSELECT 1",
    "--\nSELECT 1",
    "/* DELETE */ SELECT /* ; */ 1",
    "SELECT 1;",
    " \n ;; SELECT 1 ; ",
    "SELECT 1 -- the last line is a comment",
    "WITH t AS (SELECT 1 AS a) SELECT * FROM t",
    "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT * FROM t",
    "FROM traces SELECT id",
    "FROM traces",
    "VALUES (1), (2)",
    "TABLE traces",
    "(SELECT 1)",
    "SELECT 1 UNION ALL SELECT 2 ORDER BY 1",
    "SELECT * FROM range(5)",
    "SELECT unnest([1, 2, 3])",
    "SELECT data ->> '$.args.name' FROM trace_events",
    "SELECT json_extract_string(data, '$.args') FROM trace_events",
    "SELECT quantile_cont(duration_ns, 0.5) FROM calls",
    "SELECT *, row_number() OVER (PARTITION BY trace_id ORDER BY start_ns) FROM calls LIMIT 3",
    "PIVOT (SELECT event_type, function_name FROM trace_events) ON event_type IN ('call', 'return') USING count(*)",
    "SELECT c.* FROM calls c ASOF JOIN exceptions e ON c.trace_id = e.trace_id AND c.started_at >= e.created_at",
    "DESCRIBE traces",
    "SHOW TABLES",
    "SUMMARIZE traces",
    "SELECT $$dollar 'quoted' ;$$ AS x",
    "SELECT E'it\\'s; fine' AS x",
    "SELECT * FROM function_stats",
    "SELECT * FROM losses, threads, functions LIMIT 1",
    "SELECT version FROM schema_version",
    "SELECT getvariable('x')",
    "SELECT current_setting('threads')",
    "SELECT * EXCLUDE (metadata) FROM traces",
    "SELECT COLUMNS('.*_at') FROM traces",
    "SELECT strftime(started_at, '%Y') FROM traces",
]

# Each is refused, and leaves the database and the folder as they were.
REFUSED = [
    # writes
    "INSERT INTO traces SELECT * FROM traces",
    "UPDATE traces SET status = 'x'",
    "DELETE FROM traces",
    "TRUNCATE traces",
    "DROP TABLE traces",
    "DROP VIEW calls",
    "CREATE TABLE x(a INTEGER)",
    "CREATE TEMP TABLE x AS SELECT 1",
    "CREATE OR REPLACE VIEW calls AS SELECT 1",
    "CREATE MACRO f(a) AS a",
    "CREATE SCHEMA s",
    "CREATE SEQUENCE s",
    "CREATE TYPE t AS ENUM ('a')",
    "CREATE SECRET s (TYPE s3)",
    "ALTER TABLE traces ADD COLUMN x INTEGER",
    "COMMENT ON TABLE traces IS 'x'",
    "MERGE INTO traces USING traces t ON false WHEN NOT MATCHED THEN INSERT BY NAME",
    "VACUUM",
    "CHECKPOINT",
    "FORCE CHECKPOINT",
    "ANALYZE",
    # other databases and files
    "ATTACH 'other.duckdb'",
    "ATTACH ':memory:' AS m",
    "DETACH traces",
    "USE memory",
    "COPY traces TO 'out.csv'",
    "COPY (SELECT 1) TO 'out.parquet' (FORMAT parquet)",
    "COPY traces FROM '/etc/passwd'",
    "COPY FROM DATABASE memory TO traces",
    "EXPORT DATABASE 'out'",
    "IMPORT DATABASE 'in'",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_csv_auto('secret.txt')",
    "SELECT * FROM read_text('secret.txt')",
    "SELECT * FROM read_blob('secret.txt')",
    "SELECT * FROM read_json('secret.txt')",
    "SELECT * FROM read_json_objects('secret.txt')",
    "SELECT * FROM read_ndjson('secret.txt')",
    "SELECT * FROM read_parquet('secret.txt')",
    "SELECT * FROM parquet_metadata('secret.txt')",
    "SELECT * FROM parquet_schema('secret.txt')",
    "SELECT * FROM sniff_csv('secret.txt')",
    "SELECT * FROM glob('*')",
    "SELECT * FROM 'secret.txt'",
    "SELECT * FROM '/etc/passwd'",
    'SELECT * FROM "secret.txt"',
    "SELECT * FROM 'secret.csv'",
    "SELECT * FROM read_duckdb('other.duckdb')",
    "SELECT * FROM query('SELECT * FROM read_text(''secret.txt'')')",
    "SELECT * FROM query_table('secret.txt')",
    "SELECT * FROM query('DROP TABLE traces')",
    "SELECT * FROM sqlite_scan('x.db', 't')",
    "SELECT * FROM postgres_scan('host=localhost', 'a', 'b')",
    "SELECT * FROM iceberg_scan('secret.txt')",
    "SELECT * FROM read_text('https://example.com/')",
    "WITH t AS (SELECT * FROM read_text('secret.txt')) SELECT * FROM t",
    "SELECT (SELECT content FROM read_text('secret.txt'))",
    "SELECT 1 WHERE EXISTS (SELECT * FROM read_text('secret.txt'))",
    "SELECT * FROM traces, LATERAL (SELECT * FROM read_text('secret.txt'))",
    "EXPLAIN ANALYZE SELECT * FROM read_text('secret.txt')",
    "SUMMARIZE 'secret.csv'",
    "DESCRIBE SELECT * FROM read_text('secret.txt')",
    "SELECT getenv('HOME')",
    # settings, extensions, other statements
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD 'evil.so'",
    "FORCE INSTALL json FROM 'http://example.com'",
    "UPDATE EXTENSIONS",
    "SET enable_external_access = true",
    "SET GLOBAL access_mode = 'read_write'",
    "RESET lock_configuration",
    "PRAGMA enable_external_access",
    "PRAGMA database_list",
    "PRAGMA threads = 64",
    "SET VARIABLE x = 1",
    "CALL pragma_version()",
    "CALL force_checkpoint()",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "DEALLOCATE p",
    "BEGIN TRANSACTION",
    "COMMIT",
    "ROLLBACK",
    # more than one
    "SELECT 1; DELETE FROM traces",
    "SELECT 1; SELECT 2",
    "SELECT 1;; DROP TABLE traces --",
    "SELECT 1 /* ; */; DROP TABLE traces",
    "SELECT 'a;b'; DELETE FROM traces",
    "SELECT $$;$$; DELETE FROM traces",
    "SELECT e'\\'; DELETE FROM traces; --'; DELETE FROM traces",
    # closing the brackets that are put round a query
    "SELECT 1) TO 'out.csv'; --",
    "SELECT 1) ; DROP TABLE traces; SELECT (1",
    "1) AS x; DELETE FROM traces; SELECT * FROM (SELECT 1",
    "SELECT 1) UNION ALL SELECT content FROM read_text('secret.txt'",
    # not SQL
    "selct 1",
    "SELECT * FROM no_such_table",
    "SELECT no_such_column FROM traces",
    "SELECT",
    ";",
    "-- nothing",
    "SELECT (1",
    "SELECT 'open",
    "SELECT $name",
    "SELECT ?",
    "SELECT 1/0::utinyint::decimal(4,5)",
    "ＤＥＬＥＴＥ ＦＲＯＭ traces",
    "DELETE\u00a0FROM\u00a0traces",
    "\ufeffDROP TABLE traces",
]


# Not refused, but nothing comes of them.
HARMLESS = [
    "SELECT * FROM force_checkpoint()",
    "SELECT * FROM checkpoint()",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM pragma_database_list()",
    "SELECT * FROM duckdb_extensions()",
    "EXPLAIN SELECT 1",
    "SHOW ALL TABLES",
]


@pytest.fixture(scope="module")
def shared(filled_store, tmp_path_factory):
    folder = tmp_path_factory.mktemp("guarded")
    path = folder / "traces.duckdb"
    shutil.copy(filled_store, path)
    (folder / "secret.txt").write_text("the secret\n")
    (folder / "secret.csv").write_text("a,b\nthe secret,2\n")
    return path


@pytest.mark.parametrize("sql", LEGITIMATE)
def test_legitimate(cli, shared, sql):
    result = cli("query", sql, "--db-path", str(shared))
    assert result.code in (0, 2), result.out
    answer = result.json
    assert len(answer["rows"]) == answer["total"]
    table = cli("query", sql, "--db-path", str(shared), "-f", "table")
    assert table.code == result.code, table.err


@pytest.mark.parametrize("sql", REFUSED)
def test_refused(cli, shared, sql):
    before = shared.read_bytes(), sorted(p.name for p in shared.parent.iterdir())
    for format in ("json", "csv"):
        result = cli("query", sql, "--db-path", str(shared), "-f", format, cwd=shared.parent)
        assert result.code == 1, result.out
        assert "the secret" not in result.out + result.err
    answer = cli("query", sql, "--db-path", str(shared), cwd=shared.parent).json
    assert answer["error"] in ("InvalidQueryError", "UsageError"), answer
    assert answer["message"]
    assert before == (shared.read_bytes(), sorted(p.name for p in shared.parent.iterdir()))


@pytest.mark.parametrize("sql", HARMLESS)
def test_harmless(cli, shared, sql):
    before = shared.read_bytes(), sorted(p.name for p in shared.parent.iterdir())
    result = cli("query", sql, "--db-path", str(shared), cwd=shared.parent)
    assert result.json
    assert before == (shared.read_bytes(), sorted(p.name for p in shared.parent.iterdir()))


def test_the_suggestion_names_the_tables(cli, shared):
    answer = cli("query", "DELETE FROM traces", "--db-path", str(shared)).json
    assert answer["error"] == "InvalidQueryError"
    assert "DELETE" in answer["message"]
    assert "Only SELECT queries are allowed" in answer["suggestion"]
    for table in ("traces", "trace_events", "exceptions", "calls", "function_stats"):
        assert table in answer["suggestion"]


def test_answers_of_more_than_a_megabyte_are_cut_and_say_so(cli, shared):
    sql = "SELECT i, repeat('x', 1000) AS x FROM range(5000) t(i)"
    result = cli("query", sql, "--db-path", str(shared))
    answer = result.json
    shown = len(answer["rows"])
    assert 900 <= shown < 1100
    assert [row["i"] for row in answer["rows"]] == list(range(shown))
    assert answer["total"] == 5000
    assert answer["omitted"] == [
        {"what": "rows", "count": 5000 - shown, "reason": "the answer is cut at 1048576 bytes"}
    ]
    assert len(result.out) < 1.1 * 1024 * 1024
    assert f"LIMIT {shown} OFFSET {shown}" in answer["next"][0]["command"]
    csv = cli("query", sql, "--db-path", str(shared), "-f", "csv")
    assert csv.err.startswith("breadcrumb: ") and "more rows" in csv.err


def test_one_row_that_is_too_large(cli, shared):
    result = cli("query", "SELECT repeat('x', 2000000) AS x", "--db-path", str(shared))
    assert result.json["rows"] == []
    assert result.json["total"] == 1
    assert result.json["omitted"][0]["count"] == 1


def test_counting_what_was_cut_ends_soon(cli, shared):
    start = time.monotonic()
    answer = cli("query", "SELECT i FROM range(100000000000) t(i)", "--db-path", str(shared)).json
    assert time.monotonic() - start < 29, "the query itself may take 30 s, the counting may not"
    assert answer["omitted"][0]["at_least"] is True
    assert answer["omitted"][0]["count"] > 1000
    assert "total" not in answer


def test_a_query_that_takes_too_long_is_ended(cli, shared):
    sql = (
        "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range * b.range % 7 = 3"
    )
    start = time.monotonic()
    result = cli("query", sql, "--db-path", str(shared), timeout=100)
    assert 25 < time.monotonic() - start < 60
    assert result.code == 1
    assert result.json == {
        "error": "QueryTimeoutError",
        "message": "Query exceeded 30 second timeout",
        "suggestion": "Use LIMIT to reduce result set or simplify your query",
    }


def test_no_row_is_exit_status_2_and_says_why(cli, shared):
    result = cli("query", "SELECT * FROM traces WHERE false", "--db-path", str(shared))
    assert result.code == 2
    assert result.json["rows"] == [] and result.json["total"] == 0
    assert "no row matches" in result.json["why"]


def test_order_is_kept(cli, shared):
    rows = cli(
        "query", "SELECT i FROM range(3000) t(i) ORDER BY hash(i)", "--db-path", str(shared)
    ).json["rows"]
    text = cli(
        "query",
        "SELECT i FROM range(3000) t(i) ORDER BY hash(i)",
        "--db-path",
        str(shared),
        "-f",
        "csv",
    ).out
    assert [str(row["i"]) for row in rows] == text.split()[1:]


def test_a_query_longer_than_the_limit(cli, shared, tmp_path):
    # No argument may be longer than 128 KiB on Linux, so this limit is out of reach here; the next one is not.
    sql = "SELECT '" + "x" * 120_000 + "' AS x"
    answer = cli("query", sql, "--db-path", str(shared)).json
    assert len(answer["rows"][0]["x"]) == 120_000


def test_json_of_captured_values_is_passed_through(cli, shared):
    sql = "SELECT args FROM calls WHERE function_name = 'Loader.load'"
    (row,) = cli("query", sql, "--db-path", str(shared)).json["rows"]
    assert row["args"]["name"] == "größe 日本"
    assert json.dumps(row["args"]["self"]) == '{"$type": "shop.orders.Loader", "$id": "0x7f"}'


def test_a_wrong_name_is_answered_with_the_right_ones(cli, shared):
    def refused(sql):
        return cli("query", sql, "--db-path", str(shared)).json

    wrong = refused("SELECT nam FROM functions f JOIN CALLS c ON c.function_id = f.id")
    assert wrong["error"] == "InvalidQueryError" and '"nam"' in wrong["message"]
    assert "; functions has id, function_name, qualified_name" in wrong["suggestion"]
    assert "; calls has call_id, trace_id, parent_id" in wrong["suggestion"]
    assert "traces has" not in wrong["suggestion"]
    assert "Available tables: traces, " in wrong["suggestion"]
    nowhere = refused("SELECT * FROM nowhere")["suggestion"]
    assert nowhere.endswith("; breadcrumb schema has their columns")


def test_a_parameter_without_a_value(cli, shared):
    def ask(*words):
        return cli(
            "query", "SELECT $n + $m AS x", "--param", "m=1", *words, "--db-path", str(shared)
        ).json

    assert ask()["message"] == "the query has parameters without a value: n"
    assert ask()["suggestion"] == "give each one, as in --param NAME=VALUE"
    assert ask("--param", "n=2")["rows"] == [{"x": 3}]
