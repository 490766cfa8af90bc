"""Formats: valid JSON for any value, tables that fit and lie nowhere, csv and jsonl."""

import csv
import io
import json
import unicodedata

import duckdb
import pytest
from filled import Filler, on_a_terminal

EVERYTHING = """
select 'nan'::double as nan, 'inf'::double as inf, '-inf'::double as ninf, 9223372036854775807 as big,
  170141183460469231731687303715884105727::hugeint as huge, 0.1::double as tenth, true as yes, null as nothing,
  'a"b\\c' as quotes, e'line\\nbreak\\ttab\\x1b[31mred' as controls, chr(0) || 'x' as nul,
  'größe 日本 🎉 e\u0301' as wide,
  [1, 2] as list, {'k': 'v'} as struct, map {'a': 1} as map, '{"j": [1, null]}'::json as doc,
  '\\xAA\\x00'::blob as bytes, date '2026-01-31' as day, timestamp '2026-01-31 12:00:00.000001' as moment,
  interval 3 days as span, 12.340::decimal(9, 3) as money, uuid '01990000-0000-7000-8000-000000000001' as id
"""


def columns(text):
    """The cells that a terminal gives to a text."""
    width = 0
    for c in text:
        if unicodedata.combining(c):
            continue
        width += 2 if unicodedata.east_asian_width(c) in "WF" else 1
    return width


def test_json_is_valid_for_every_value(cli, db):
    result = cli("query", EVERYTHING)
    assert result.code == 0, result.out
    (row,) = result.json["rows"]
    assert (row["nan"], row["inf"], row["ninf"]) == ("NaN", "Infinity", "-Infinity")
    assert row["big"] == 2**63 - 1
    assert row["huge"] == 2**127 - 1
    assert row["quotes"] == 'a"b\\c'
    assert row["controls"] == "line\nbreak\ttab\x1b[31mred"
    assert row["nul"] == "\0x"
    assert row["wide"] == "größe 日本 🎉 e\u0301"
    assert row["list"] == [1, 2] and row["struct"] == {"k": "v"} and row["doc"] == {"j": [1, None]}
    assert row["nothing"] is None and row["yes"] is True


def test_names_that_are_doubled_or_odd(cli, db):
    sql = 'select 1 as a, 2 as a, 4 as "q""uote", 5 as "n\nl", 6 as "\x1b[31m"'
    (row,) = cli("query", sql).json["rows"]
    assert row == {"a": 1, "a_1": 2, 'q"uote': 4, "n\nl": 5, "\x1b[31m": 6}
    lines = cli("query", sql, "-f", "table").out.splitlines()
    assert lines[0].split() == ["a", "a_1", 'q"uote', "n\\nl", "\\x1b[31m"]
    assert lines[1].split() == ["1", "2", "4", "5", "6"]


def test_jsonl_is_one_object_a_line(cli, db):
    result = cli("query", EVERYTHING + " union all " + EVERYTHING, "-f", "jsonl")
    assert result.code == 0
    lines = result.out.splitlines()
    assert len(lines) == 2
    assert json.loads(lines[0])["controls"] == "line\nbreak\ttab\x1b[31mred"
    listed = cli("list", "-f", "jsonl", "-n", "2")
    assert [json.loads(line)["pid"] for line in listed.out.splitlines()] == [1004, 1003]
    assert listed.err == "breadcrumb: 2 more traces: older than these (--limit 2)\n"


def test_one_that_is_left_out_is_one(cli, db):
    listed = cli("list", "-f", "jsonl", "-n", "3")
    assert listed.err == "breadcrumb: 1 more trace: older than these (--limit 3)\n"
    assert "\n1 more trace: older" in cli("list", "-f", "table", "-n", "3").out
    matches = cli("search", "s", "-f", "csv", "-n", "1").err
    left = int(matches.split()[1])
    assert f"{left} more match{'es' if left > 1 else ''}: " in matches


def test_jsonl_of_json_that_holds_newlines(cli, db):
    result = cli("query", """select e'{"a":\\n [1,\\n2]}'::json as doc""", "-f", "jsonl")
    assert [json.loads(line) for line in result.out.splitlines()] == [{"doc": {"a": [1, 2]}}]


def test_csv(cli, db):
    sql = "select 'a,b' as x, 'say \"hi\"' as y, null as nothing, '' as empty, e'two\\nlines' as z, 1.5 as n"
    result = cli("query", sql, "-f", "csv")
    assert result.out.startswith("x,y,nothing,empty,z,n\n")
    assert ',,"",' in result.out
    rows = list(csv.reader(io.StringIO(result.out)))
    assert rows[1] == ["a,b", 'say "hi"', "", "", "two\nlines", "1.5"]
    listed = list(csv.DictReader(io.StringIO(cli("list", "-f", "csv").out)))
    assert [row["pid"] for row in listed] == ["1004", "1003", "1002", "1001"]
    assert listed[3]["started_at"] == "2026-11-18T11:07:40.000000"
    events = list(csv.DictReader(io.StringIO(cli("get", "last", "-f", "csv").out)))
    assert events[0]["event_type"] == "call" and json.loads(events[0]["data"])["args"] == {}


def test_csv_of_no_rows_has_its_header(cli, db):
    result = cli("query", "select 1 as a, 2 as b where false", "-f", "csv")
    assert (result.code, result.out) == (2, "a,b\n")


def test_errors_of_csv_and_jsonl_are_on_stderr(cli, db):
    for format in ("csv", "jsonl"):
        result = cli("query", "selct 1", "-f", format)
        assert result.code == 1 and result.out == ""
        assert result.err.startswith("breadcrumb: ")


def test_table_shows_control_characters_as_escapes(cli, db):
    result = cli("query", EVERYTHING, "-f", "table")
    assert result.code == 0
    assert "line\\nbreak\\ttab\\x1b[31mred" in result.out
    assert "\\0x" in result.out
    assert "\x1b" not in result.out and "\0" not in result.out
    assert len(result.out.splitlines()) == 2


@pytest.mark.parametrize("code", [0x85, 0x9B, 0x202E, 0x2066, 0x200F, 0x2028, 0xFEFF])
def test_table_shows_what_turns_text_round_as_escapes(cli, db, code):
    result = cli("query", f"select 'a' || chr({code}) || 'b' as x", "-f", "table")
    assert f"a\\u{code:04x}b" in result.out
    assert chr(code) not in result.out


@pytest.mark.parametrize("locale", ["C.UTF-8", "C", "POSIX", None])
def test_table_aligns_wide_characters_in_any_locale(cli, db, locale):
    sql = "select * from (values ('日本語', 1), ('größe', 22), ('e\u0301a', 333), ('x', 4)) t(name, n)"
    result = cli("query", sql, "-f", "table", env={"LC_ALL": locale, "LANG": None})
    lines = result.out.splitlines()
    assert lines[0].split() == ["name", "n"]
    starts = {
        columns(line[: line.index(digit)]) for line, digit in zip(lines[1:], "1234", strict=True)
    }
    assert len(starts) == 1, result.out


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_table_fits_the_width(cli, db, width):
    for args in (["list"], ["get", "last"], ["report"], ["query", "select * from trace_events"]):
        result = cli(*args, "-f", "table", env={"COLUMNS": str(width)})
        assert result.code == 0
        table = result.out.split("Next:")[0]
        if args[0] == "query":  # too many for some widths: no column is narrower than its title
            assert table.splitlines()[0].split() == list(cli(*args).json["rows"][0])
        else:
            assert max(columns(line) for line in table.splitlines()) <= width, table


def test_table_into_a_pipe_is_not_cut(cli, db):
    result = cli("query", "select repeat('x', 500) as x", "-f", "table")
    assert "x" * 500 in result.out


def test_null_and_empty_text_differ_in_a_table(cli, db):
    lines = cli("query", "select null as a, '' as b, 'c' as c", "-f", "table").out.splitlines()
    assert lines[1].split() == ["NULL", "c"]


def test_colour_is_for_terminals_that_want_it(cli, db, tmp_path):
    args = ["list", "-f", "table"]
    assert "\x1b[" in on_a_terminal(args, tmp_path)
    assert "\x1b[" not in on_a_terminal(args, tmp_path, NO_COLOR="1")
    assert "\x1b[" not in on_a_terminal(args, tmp_path, TERM="dumb")
    assert "\x1b[" not in cli(*args).out
    assert "\x1b[" not in on_a_terminal(["list"], tmp_path)


def test_table_fits_the_terminal(db, tmp_path):
    for width in (70, 120):
        text = on_a_terminal(["list", "-f", "table"], tmp_path, width, NO_COLOR="1")
        assert max(len(line) for line in text.splitlines()) <= width


def test_short_times_keep_their_digits(cli, empty_db):
    connection = duckdb.connect(str(empty_db))
    filler = Filler(connection)
    trace, t = filler.trace(1)
    quick = filler.function("shop", "quick")
    for n, took in enumerate((0, 212, 9_999, 10_000, 1_234_567, 12_345_678)):
        filler.call(trace, n, quick, None, t + n, took)
    filler.stats(trace, quick, 6)
    connection.close()
    table = cli("calls", "quick", "-f", "table").out.splitlines()
    shown = [line.split(" ms")[0].split()[-1] for line in table if " return " in line]
    assert shown == ["0.000", "0.000212", "0.009999", "0.010", "1.235", "12.35"]
