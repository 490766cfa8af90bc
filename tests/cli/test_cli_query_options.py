"""query's parameters and shortcuts, the page about the schema, and the reports' advice."""

import duckdb
import pytest
from filled import trace_id


def rows(result):
    assert result.code == 0, result.out
    return result.json["rows"]


def test_parameters_have_the_type_of_their_values(cli, db):
    assert rows(
        cli(
            "query",
            "SELECT $a + 1 AS n, $b AS text, $c * 2 AS x",
            "-p",
            "a=41",
            "--param",
            "b=it's; --",
            "--param",
            "c=1.5",
        )
    ) == [{"n": 42, "text": "it's; --", "x": 3.0}]
    found = rows(
        cli(
            "query",
            "SELECT count(*) AS n FROM calls WHERE trace_id = $t AND depth >= $d",
            "-p",
            f"t={trace_id(4)}",
            "-p",
            "d=2",
        )
    )
    assert found == [{"n": 61}]
    empty = rows(cli("query", "SELECT $x AS x", "-p", "x="))
    assert empty == [{"x": ""}]
    # A value is never SQL.
    assert rows(cli("query", "SELECT $x AS x", "-p", "x=1; DROP TABLE traces")) == [
        {"x": "1; DROP TABLE traces"}
    ]


def test_parameters_that_do_not_fit_are_told(cli, db):
    missing = cli("query", "SELECT $zz")
    assert missing.code == 1 and "zz" in missing.json["message"]
    assert "NAME=VALUE" in cli("query", "SELECT 1", "-p", "novalue").json["message"]
    assert "twice" in cli("query", "SELECT $a", "-p", "a=1", "-p", "a=2").json["message"]


@pytest.mark.parametrize(
    "words, key",
    [
        (["--gaps", "--trace", trace_id(1)], "gaps"),
        (["--call", "step", "--trace", trace_id(4)], "calls"),
        (["--flow", "--trace", trace_id(1)], "events"),
        (["--fuzzy", "parze", "--trace", trace_id(1)], "matches"),
    ],
)
def test_shortcuts_are_the_same_questions(cli, db, words, key):
    assert key in cli("query", *words).json
    assert cli("query", "SELECT 1", *words).code == 1


def test_shortcut_equals_the_question(cli, db):
    short = cli("query", "--call", "step", "--trace", trace_id(4), "--limit", "3").json
    long = cli("calls", "step", "--trace", trace_id(4), "--limit", "3").json
    assert short["calls"] == long["calls"] and short["total"] == long["total"] == 61


def test_schema_page_is_true(cli, empty_db, tmp_path):
    page = cli("schema").json
    told = {(c["table"], c["column"]): c["type"] for c in page["columns"]}
    connection = duckdb.connect(str(empty_db), read_only=True)
    there = {
        (t, c): kind
        for t, c, kind in connection.execute(
            "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal"
        ).fetchall()
    }
    connection.close()
    assert told.items() <= there.items()
    tables = {t["table"] for t in page["tables"]}
    inside = {
        "duration_ns",
        "child_ns",
        "suspended_ns",
        "outcome",
        "kwonly",
        "kwargs",
        "result",
        "exception_id",
        "stream",
        "code",
        "since_ns",
    }
    untold = {
        k
        for k in there
        if k[0] in tables and k not in told and not (k[0] == "open_calls" and k[1] in inside)
    }
    assert not untold, "src/query/schema_columns.c does not know them"
    # The tables that an error names are these.
    names = (
        cli("query", "SELECT * FROM nowhere").json["suggestion"].split("tables: ")[1].split(";")[0]
    )
    assert set(names.split(", ")) == tables
    # And it needs no database.
    assert cli("schema", "--db-path", str(tmp_path / "none.duckdb")).code == 0
    assert cli("schema", "nope").code == 1


def test_reports_advise(cli, db):
    stopped = cli("report", "--trace", trace_id(4)).json
    assert stopped["report"]["timed_out"] is True
    assert [t["tip"] for t in stopped["recommendations"]][0].startswith("Increase timeout")
    assert any(step["command"].startswith("breadcrumb stack") for step in stopped["next"])
    failed = cli("report", "--run", trace_id(2)).json
    assert failed["next"][0]["command"] == f"breadcrumb exceptions --run {trace_id(2)} --unhandled"
    text = cli("report", "--run", trace_id(2), "-f", "table").out
    assert "TIP: Use 'breadcrumb top 20' to see more!" in text
    assert "breadcrumb config edit <name> --add-exclude 'shop.hot.*'" in text


def test_reports_name_plumbing(cli, db):
    connection = duckdb.connect(str(db))
    connection.execute(
        "UPDATE functions SET module_name = 'shop.telemetry' WHERE function_name = 'step'"
    )
    connection.close()
    answer = cli("report", "--trace", trace_id(4)).json
    (suggested,) = answer["suggested_excludes"]
    assert (suggested["pattern"], suggested["kind"], suggested["calls"]) == (
        "shop.telemetry.*",
        "telemetry",
        61,
    )
    text = cli("report", "--trace", trace_id(4), "-f", "table").out
    assert (
        "Suggested Excludes:\n  shop.telemetry.step looks like telemetry: "
        "breadcrumb config edit <name> --add-exclude 'shop.telemetry.*'\n" in text
    )
    assert cli("report", "--run", trace_id(2)).json["suggested_excludes"] == []


def test_timeout_report_names_the_seconds(cli, db):
    connection = duckdb.connect(str(db))
    connection.execute(
        "UPDATE traces SET metadata = ? WHERE id = ?",
        ['{"settings": "enabled=true\\ntimeout_s=60\\nrun_id=x\\n"}', trace_id(4)],
    )
    connection.close()
    text = cli("report", "--trace", trace_id(4), "-f", "table").out
    assert "\nCommand exceeded timeout of 60 seconds\n" in text
    answer = cli("report", "--trace", trace_id(4)).json
    assert answer["report"]["timeout_s"] == 60
    assert answer["next"][0]["command"].startswith("breadcrumb run --timeout 300")
