"""The answers of list, get, report and status on a store whose content is known (conftest.py)."""

from filled import START_NS, trace_id


def ids(answer):
    return [row["id"] for row in answer["traces"]]


# ---- list


def test_list_newest_first(cli, db):
    result = cli("list")
    assert result.code == 0
    answer = result.json
    assert list(answer) == ["traces", "total", "query_time_ms", "schema_version"]
    assert ids(answer) == [trace_id(n) for n in (4, 3, 2, 1)]
    assert answer["total"] == 4
    assert answer["schema_version"] == "1.2.0"
    assert 0 < answer["query_time_ms"] < 60_000
    small = answer["traces"][3]
    assert small["status"] == "completed"
    assert small["started_at"] == "2026-11-18T11:07:40.000000"
    assert small["ended_at"] == "2026-11-18T11:07:42.000500"
    assert small["duration_ms"] == 2000.5
    assert (small["calls"], small["exceptions"]) == (3, 1)
    assert (small["command"], small["pid"], small["exit_code"]) == ("python app1.py", 1001, 0)
    thinned = answer["traces"][2]
    assert thinned["calls"] == 48_212


def test_list_pages(cli, db):
    first = cli("list", "--limit", "3").json
    assert ids(first) == [trace_id(n) for n in (4, 3, 2)]
    assert first["total"] == 4
    assert first["omitted"] == [
        {"what": "traces", "count": 1, "reason": "older than these (--limit 3)"}
    ]
    command = first["next"][0]["command"]
    assert command == "breadcrumb list --limit 3 --skip 3"
    second = cli(*command.split()[1:])
    assert ids(second.json) == [trace_id(1)]
    assert "omitted" not in second.json
    past = cli("list", "--skip", "9")
    assert past.code == 2
    assert past.json["traces"] == [] and past.json["total"] == 4
    assert "4 traces" in past.json["why"]


def test_next_steps_keep_the_database_and_the_format(cli, db, tmp_path):
    name = tmp_path / "a store's name.duckdb"
    db.rename(name)
    step = cli("list", "-n1", "--db-path", str(name)).json["next"][0]["command"]
    assert step == f'breadcrumb list --limit 1 --skip 1 --db-path "{name}"'
    text = cli("list", "-n1", "--db-path", str(name), "-f", "table").out
    assert f'--db-path "{name}" --format table' in text


# ---- get


def test_get_has_trace_events_exceptions_and_summary(cli, db):
    result = cli("get", trace_id(1))
    assert result.code == 0
    answer = result.json
    assert list(answer)[:4] == ["trace", "events", "exceptions", "summary"]
    assert answer["trace"]["id"] == trace_id(1)
    assert answer["trace"]["duration_ms"] == 2000.5
    assert answer["trace"]["metadata"] == {}
    assert answer["summary"] == {
        "trace_id": trace_id(1),
        "status": "completed",
        "event_count": 6,
        "exception_count": 1,
    }
    assert answer["total"] == 6
    events = answer["events"]
    assert [(e["event_type"], e["function_name"]) for e in events] == [
        ("call", "main"),
        ("call", "Loader.load"),
        ("call", "parse"),
        ("exception", "parse"),
        ("return", "Loader.load"),
        ("return", "main"),
    ]
    assert events[1]["data"]["args"]["name"] == "größe 日本"
    assert events[4]["data"] == {"return_value": [1, 2, 3], "duration_ms": 20.15}
    assert events[1]["call_id"] == events[4]["call_id"]
    assert events[1]["parent_id"] == events[0]["call_id"]
    (raised,) = answer["exceptions"]
    assert raised["exception_type"] == "ValueError"
    assert raised["message"] == "bad line: 'a;b'"
    assert raised["stack_trace"].startswith("Traceback")
    assert (raised["handled"], raised["handled_by"]) == ("true", "Loader.load")


def test_get_by_prefix_and_by_last(cli, db):
    for name, number in [
        (trace_id(1).upper(), 1),
        ("last", 4),
        ("last~1", 3),
        ("last~3", 1),
    ]:
        assert cli("get", name).json["trace"]["id"] == trace_id(number)
    alone = trace_id(1)[:-1] + "1"
    assert cli("get", alone[:36]).code == 0


def test_get_of_what_is_not_there(cli, db):
    for name in (
        trace_id(9),
        "ffff",
        "no-such",
        "last~4",
        "last~99999999999999999999",
        "%",
        "0199_",
    ):
        result = cli("get", name)
        assert result.code == 2
        assert result.json["error"] == "TraceNotFoundError"
        assert result.json["message"] == f"No trace found with ID: {name}"
        assert "breadcrumb list" in result.json["suggestion"]


def test_get_with_a_beginning_that_several_traces_have(cli, db):
    result = cli("get", "0199")
    assert result.code == 1
    assert result.json["error"] == "UsageError"
    assert "not unique" in result.json["message"]
    assert trace_id(4) in result.json["suggestion"]


def test_pages_of_get_put_together_are_the_whole(cli, db):
    whole = cli("get", trace_id(2)).json
    assert whole["total"] == len(whole["events"]) == 202
    events, page, pages = [], cli("get", trace_id(2), "-n", "29").json, 0
    while True:
        events += page["events"]
        pages += 1
        steps = [s["command"] for s in page.get("next", []) if " get " in s["command"]]
        if not steps:
            break
        page = cli(*steps[0].split()[1:]).json
    assert pages == 7
    assert events == whole["events"]
    times = [e["timestamp"] for e in events]
    assert times == sorted(times)


def test_get_in_order_within_a_microsecond(cli, db):
    events = cli("get", trace_id(2)).json["events"]
    names = [
        (e["event_type"], e["data"]["args"]["i"]) for e in events[:200] if e["event_type"] == "call"
    ]
    assert names == [("call", i) for i in range(100)]


def test_get_names_what_comes_before_the_page(cli, db):
    answer = cli("get", trace_id(1), "--skip", "4").json
    assert [e["event_type"] for e in answer["events"]] == ["return", "return"]
    assert answer["omitted"] == [
        {"what": "events", "count": 4, "reason": "before these (--skip 4)"}
    ]


def test_get_of_calls_that_are_open(cli, db):
    answer = cli("get", "last").json
    assert answer["summary"]["event_count"] == 123
    assert answer["events"][0]["function_name"] == "main"
    assert answer["events"][-1]["event_type"] == "call"


# ---- report


def test_report_of_a_small_run_has_its_call_tree(cli, db):
    answer = cli("report", "--trace", trace_id(1)).json
    assert answer["report"]["command"] == "python app1.py"
    assert answer["metrics"]["total_events"] == 6
    assert (answer["metrics"]["calls"], answer["metrics"]["returns"]) == (3, 2)
    assert answer["metrics"]["exceptions"] == 1
    assert answer["metrics"]["status"] == "completed"
    tree = [(e["event"], e["depth"], e["function"]) for e in answer["call_tree"]]
    assert tree == [
        ("call", 0, "shop.app.main"),
        ("call", 1, "shop.orders.Loader.load"),
        ("call", 2, "shop.orders.parse"),
        ("exception", 2, "shop.orders.parse"),
        ("return", 1, "shop.orders.Loader.load"),
        ("return", 0, "shop.app.main"),
    ]
    assert 1 <= len(answer["next"]) <= 3


def test_report_as_text(cli, db):
    text = cli("report", "--trace", trace_id(1), "-f", "table").out
    for line in [
        "BREADCRUMB RUN REPORT\n=====",
        "Key Metrics:\n  Total Events: 6\n  - Calls: 3\n  - Returns: 2\n  - Exceptions: 1\n",
        "  Duration: 2000.5 ms\n  Status: completed\n",
        "Exceptions Raised: 1\n  - ValueError: bad line: 'a;b', raised in shop.orders.parse:42, "
        "handled by shop.orders.Loader.load\n",
        "Call Tree:\n  -> shop.app.main()\n"
        '    -> shop.orders.Loader.load(self=<shop.orders.Loader>, name="größe 日本")\n'
        '      -> shop.orders.parse(line="a;b\\n")\n'
        "      <- shop.orders.parse (5.23ms) raised ValueError: bad line: 'a;b'\n"
        "    <- shop.orders.Loader.load (20.15ms) = [1, 2, 3]\n"
        "  <- shop.app.main (50.75ms) = 0\n",
        "Next:\n  breadcrumb ",
    ]:
        assert line in text


def test_report_of_a_run_of_two_processes(cli, db):
    answer = cli("report", "--run", trace_id(2)).json
    assert answer["report"]["processes"] == 2
    assert [p["pid"] for p in answer["processes"]] == [1002, 1003]
    assert answer["metrics"]["calls"] == 102
    assert answer["metrics"]["calls_made"] == 48_213
    assert answer["top_by_count"][0]["function"] == "shop.hot.spin"
    assert answer["top_by_count"][0]["calls"] == 48_211
    assert answer["top_by_self_time"][0]["self_ms"] == 9000
    (raised,) = answer["exceptions"]
    assert (raised["handled"], raised["raised_in"]) == ("false", "shop.price.total")
    losses = {row["cause"]: row for row in answer["losses"]}
    assert losses["quota"]["events"] == 77
    assert losses["thinned"]["events"] == 48_111
    assert answer["next"][0]["command"].startswith("breadcrumb exceptions --run")
    # by default: the whole run of the latest trace
    assert cli("report", "--trace", trace_id(3)).json["report"]["processes"] == 1


def test_report_text_of_a_large_run(cli, db):
    text = cli("report", "--run", trace_id(2), "-f", "table").out
    assert "Top 10 Most Called Functions:\n  shop.hot.spin: 48211 calls\n" in text
    assert "Top 10 by Self Time:\n  shop.hot.spin: 9000.00 ms in 48211 calls\n" in text
    assert (
        "- shop.errors.PriceError: no price\\x1b[31m for 'x', raised in shop.price.total:42, "
        "not handled\n" in text
    )
    assert "- thinned: showing 100 of 48211 calls of shop.hot.spin; counts are exact\n" in text
    assert "- quota: 77 events lost in shop.hot.spin\n" in text
    assert "\x1b" not in text


def test_timeout_report(cli, db):
    answer = cli("report").json
    assert answer["report"]["end_reason"] == "timeout"
    assert [c["function"] for c in answer["open_calls"]] == [
        "shop.app.main",
        "shop.app.loop",
        "shop.app.step",
    ]
    assert [c["line_number"] for c in answer["open_calls"]][:2] == [5, 11]
    assert len(answer["last_events"]) == 10
    assert answer["last_events"][-1]["event_type"] == "call"
    text = cli("report", "-f", "table").out
    assert text.startswith("BREADCRUMB TIMEOUT REPORT\n")
    assert "Top 20 Functions Called Before Timeout:\n  shop.app.step: 61 calls\n" in text
    assert "Last 10 Events Before Timeout:\n" in text
    assert "  [return] shop.app.step at /srv/shop/app.py:" in text
    assert (
        "Call Stack at Timeout:\n  0: shop.app.main() at /srv/shop/app.py:5\n"
        '  1: shop.app.loop(queue="orders") at /srv/shop/app.py:11\n  2: shop.app.step(n=60) at '
        in text
    )
    assert "  breadcrumb run --timeout 300 python app4.py\n" in text


def test_report_of_what_is_not_there(cli, db):
    for args in (["--trace", "ffff"], ["--run", trace_id(9)], ["--run", "x"]):
        result = cli("report", *args)
        assert result.code == 2
        assert result.json["error"] == "TraceNotFoundError"


# ---- status


def test_status(cli, db):
    result = cli("status")
    assert result.code == 0
    status = result.json["status"]
    assert status["recording"] == 0
    assert status["traces"] == 4
    assert status["db_path"] == str(db)
    assert status["db_bytes"] >= db.stat().st_size
    assert status["schema_version"] == "1.2.0"
    assert status["trails_path"] == str(db.parent / "trails")
    assert status["why_behind"] is None


def test_status_without_a_database(cli):
    result = cli("status")
    assert result.code == 0
    assert result.json["status"]["db_exists"] is False
    assert result.json["next"][0]["command"] == "breadcrumb run --timeout 60 python app.py"


# ---- nothing there


def test_every_question_about_traces_says_that_there_are_none(cli, empty_db):
    for args in (["list"], ["get", "last"], ["report"], ["query", "select * from traces"]):
        result = cli(*args)
        assert result.code == 2, args
        assert result.json["error"] == "EmptyDatabaseError"
        assert result.json["message"] == "No traces found in database"
        assert "breadcrumb run -t 60 python app.py" in result.json["suggestion"]


def test_start_is_what_the_tests_think_it_is(cli, db):
    rows = cli("query", "select min(start_ns) as t from calls").json["rows"]
    assert rows == [{"t": START_NS + 60_000_000_000}]
