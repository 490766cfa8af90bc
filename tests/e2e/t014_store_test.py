"""The tables and views that SQL may rely on, filled by one program that is known to the last call."""

from __future__ import annotations

import re

import pytest
from helpers import answered, rows_of, without_ids

PROGRAM = """
    import asyncio, time

    class Shop:
        def __init__(self, name):
            self.name = name

        def sell(self, item, *, count=1):
            if item == "nothing":
                raise LookupError("sold out")
            time.sleep(0.002)
            return price(item) * count

    def price(item):
        time.sleep(0.001)
        return len(item)

    async def later():
        return 1

    def main():
        shop = Shop("corner")
        total = shop.sell("lamp") + shop.sell("chair", count=2)
        try:
            shop.sell("nothing")
        except LookupError:
            pass
        asyncio.run(later())
        return total

    main()
"""


@pytest.fixture
def run(trace):
    return trace(PROGRAM)


COLUMNS = {
    "traces": """id run_id parent_trace_id started_at ended_at status end_reason exit_code thread_id pid ppid
        host command python_version breadcrumb_version metadata""",
    "trace_events": """id trace_id timestamp event_type function_name module_name file_path line_number data
        created_at call_id parent_id thread_id task_id depth duration_ns at_ns""",
    "exceptions": """id event_id trace_id exception_type message stack_trace created_at call_id function_name
        module_name file_path line_number handled handled_by cause_id occurrence_count""",
    "functions": """id function_name qualified_name module_name file_path line_number is_async is_generator
        category""",
    "calls": """call_id trace_id parent_id function_id function_name thread_id task_id depth started_at
        start_ns duration_ns self_ns active_ns resumes outcome args result exception_id caller_line day host""",
    "function_stats": """trace_id function_id function_name module_name file_path line_number call_count
        recorded_calls timed_calls exception_count total_ms self_ms min_ms max_ms p50_ms p95_ms p99_ms gear""",
    "losses": "trace_id cause function_id events first_at last_at",
    "schema_version": "version applied_at breadcrumb_version",
}


@pytest.mark.one_python
def test_columns(run):
    for table, columns in COLUMNS.items():
        run.query(f"SELECT {', '.join(columns.split())} FROM {table} LIMIT 1")


def test_trace(run, python):
    row = run.one("SELECT * FROM traces")
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", row["id"])
    assert row["run_id"] and row["parent_trace_id"] is None
    assert (row["status"], row["end_reason"], row["exit_code"]) == ("completed", "exit", 0)
    assert row["python_version"].startswith(".".join(map(str, python.version)))
    assert "program.py" in row["command"]
    assert row["started_at"] < row["ended_at"]
    assert run.value("SELECT ended_at - started_at < INTERVAL 1 MINUTE FROM traces") is True
    assert run.value("SELECT abs(epoch(started_at) - epoch(now())) < 600 FROM traces") is True


def test_events(run):
    rows = run.query("""
        SELECT event_type, function_name, data FROM trace_events
        WHERE function_name <> '<module>' AND function_name <> 'Shop' ORDER BY at_ns, id
    """)
    shape = [(row["event_type"], row["function_name"]) for row in rows]
    assert shape == [
        ("call", "main"),
        ("call", "Shop.__init__"),
        ("return", "Shop.__init__"),
        ("call", "Shop.sell"),
        ("call", "price"),
        ("return", "price"),
        ("return", "Shop.sell"),
        ("call", "Shop.sell"),
        ("call", "price"),
        ("return", "price"),
        ("return", "Shop.sell"),
        ("call", "Shop.sell"),
        ("exception", "Shop.sell"),
        ("call", "later"),
        ("return", "later"),
        ("return", "main"),
    ]
    call = without_ids(rows[3]["data"])
    assert call["args"]["item"] == "lamp"
    assert {**call["args"], **call["kwargs"]}["count"] == 1
    assert call["is_async"] is False
    assert call["called_from"] == {
        "function": "main",
        "module": "__main__",
        "file": str(run.bench.project / "program.py"),
        "line": 23,
    }
    assert rows[5]["data"]["return_value"] == 4
    assert rows[5]["data"]["duration_ms"] >= 1
    raised = rows[12]["data"]
    assert (raised["exception_type"], raised["message"]) == ("LookupError", "sold out")
    assert rows[13]["data"]["is_async"] is True


def test_exceptions(run):
    row = run.one("SELECT * FROM exceptions")
    assert (row["exception_type"], row["message"]) == ("LookupError", "sold out")
    assert (row["function_name"], row["line_number"]) == ("Shop.sell", 10)
    assert row["occurrence_count"] == 1
    event = run.one("""
        SELECT e.event_type, e.call_id = x.call_id AS same FROM exceptions x
        JOIN trace_events e ON e.id = x.event_id
    """)
    assert event == {"event_type": "exception", "same": True}


@pytest.mark.one_python
def test_statistics(run):
    rows = run.query("""
        SELECT function_name, call_count, recorded_calls, exception_count, gear FROM function_stats
        WHERE function_name IN ('Shop.sell', 'price', 'main', 'later') ORDER BY 1
    """)
    assert [tuple(row.values())[:4] for row in rows] == [
        ("Shop.sell", 3, 3, 1),
        ("later", 1, 1, 0),
        ("main", 1, 1, 0),
        ("price", 2, 2, 0),
    ]
    row = run.one("SELECT * FROM function_stats WHERE function_name = 'price'")
    assert 2 <= row["total_ms"] < 1000
    assert 1 <= row["min_ms"] <= row["p50_ms"] * 1.01
    assert row["p50_ms"] <= row["p95_ms"] * 1.01 and row["max_ms"] < 1000


@pytest.mark.one_python
def test_times(run):
    rows = {row["function_name"]: row for row in run.calls() if row["function_name"] != "Shop.sell"}
    main, price = rows["main"], rows["price"]
    assert main["duration_ns"] > price["duration_ns"] >= 1_000_000
    assert main["self_ns"] < main["duration_ns"]
    total = run.value("""
        SELECT sum(duration_ns) FROM calls c WHERE parent_id =
            (SELECT call_id FROM calls WHERE function_name = 'main')
    """)
    assert main["duration_ns"] - total == main["self_ns"]
    nested = run.value("""
        SELECT count(*) FROM calls c JOIN calls p ON p.call_id = c.parent_id AND p.trace_id = c.trace_id
        WHERE c.start_ns < p.start_ns OR c.start_ns + c.duration_ns > p.start_ns + p.duration_ns
    """)
    assert nested == 0


def test_active_time_of_what_waits(trace):
    run = trace("""
        import asyncio

        async def wait():
            await asyncio.sleep(0.05)

        asyncio.run(wait())
    """)
    row = run.one("SELECT duration_ns, active_ns FROM calls WHERE function_name = 'wait'")
    assert row["duration_ns"] >= 50_000_000
    assert row["duration_ns"] - row["active_ns"] >= 45_000_000, "however slow the rest was"


@pytest.mark.one_python
def test_list_and_get(run):
    listed = rows_of(answered(run.bench.breadcrumb("list", "--format", "json")))
    assert len(listed) == 1
    trace = listed[0]
    assert trace["status"] == "completed" and trace["duration_ms"] > 0
    got = answered(run.bench.breadcrumb("get", trace["id"], "--format", "json"))
    assert got["trace"]["id"] == trace["id"]
    assert [row["exception_type"] for row in got["exceptions"]] == ["LookupError"]
    assert got["summary"]["exception_count"] == 1
    assert got["summary"]["event_count"] == len(got["events"])
    unknown = run.bench.breadcrumb(
        "get", "00000000-0000-0000-0000-000000000000", "--format", "json"
    )
    assert unknown.status in (1, 2) and "TraceNotFoundError" in unknown.out


@pytest.mark.one_python
def test_report(run):
    ended = run.bench.breadcrumb("report", "--format", "table")
    assert ended.status == 0
    for word in ("Shop.sell", "LookupError"):
        assert word in ended.out


@pytest.mark.one_python
def test_formats(run):
    sql = "SELECT function_name, call_count FROM function_stats WHERE function_name = 'price'"
    table = run.bench.breadcrumb("query", sql, "--format", "table")
    assert table.status == 0 and "price" in table.out and "\x1b" not in table.out
    for form in ("csv", "jsonl"):
        ended = run.bench.breadcrumb("query", sql, "--format", form)
        assert ended.status == 0 and "price" in ended.out


OBJECTS = """
    class Node:
        def __init__(self, link):
            self.link, self.count, self.names = link, 0, ["north", "south", "east", "west"]

        def step(self, n):
            self.count += n
            return self.link

    def main():
        node = Node(Node(None))
        for n in range(20_000):
            node.step(n)

    main()
"""


@pytest.mark.one_python
def test_size_of_a_small_store(run):
    run.query("SELECT 1")
    assert run.bench.database.stat().st_size < 1_500_000  # 3 MB with DuckDB's own size of a block


@pytest.mark.one_python
def test_the_same_objects_again_and_again_take_little_room(trace):
    run = trace(OBJECTS, "--every-call")
    text = run.one(
        "SELECT sum(length(args::VARCHAR) + length(result::VARCHAR)) AS bytes, count(*) AS calls "
        "FROM calls WHERE function_name = 'Node.step'"
    )
    assert text["calls"] == 20_000 and text["bytes"] > 20_000 * 200
    # It is two thirds of it where DuckDB chooses.
    assert run.bench.database.stat().st_size < text["bytes"] / 4
