"""Answers that are found another way where a store is large: they have to be the same ones."""

import os
import re
import subprocess

import duckdb
import pytest
from filled import MS, Filler, trace_id

PYTHON = os.environ["BREADCRUMB_TEST_PYTHONS"].split(":")[-1]

PROGRAM = """
import threading

def leaf(n):
    if n % 7 == 3:
        raise ValueError(n)
    return n

def again(n):
    return outer(n - 1) if n > 0 else leaf(0)

def outer(n):
    try:
        leaf(n)
    except ValueError:
        pass
    return again(n)

def other(n):
    return outer(n) + leaf(1)

def work():
    for n in range(5):
        outer(n)
    other(3)

threads = [threading.Thread(target=work) for _ in range(3)]
for t in threads:
    t.start()
for t in threads:
    t.join()
work()
"""


def fill(path, what):
    connection = duckdb.connect(str(path))
    try:
        return what(Filler(connection))
    finally:
        connection.close()


def shape(answer):
    """The tree without the times of one answer: two answers are compared."""
    keep = (
        "level",
        "function",
        "calls",
        "exceptions",
        "open_calls",
        "total_ms",
        "self_ms",
        "call_id",
        "hidden_below",
    )
    return [tuple(node[k] for k in keep) for node in answer["tree"]]


def test_a_tree_is_the_same_counted_and_walked(cli, tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    assert cli("init").code == 0
    assert cli("run", "-t", "60", "--silent", "--every-call", PYTHON, "program.py").code == 0
    asked = (["tree", "--depth", "30"], ["tree", "outer", "--depth", "30"], ["tree", "outer", "--depth", "2"],
             ["tree", "again", "--width", "1"], ["tree", "leaf"], ["tree", "*e*", "--depth", "9"])  # fmt: skip
    counted = [cli(*words).json for words in asked]
    assert [a["tree"][0]["function"] for a in counted[1:5]] == ["__main__.outer"] * 2 + [
        "__main__.again",
        "__main__.leaf",
    ]
    # `outer` calls itself through `again`: each such call is a root too, and stands below the other as well.
    assert sum(n["calls"] for n in counted[1]["tree"] if n["level"] == 0) == 4 * (15 + 4)
    connection = duckdb.connect(str(tmp_path / ".breadcrumb" / "traces.duckdb"))
    assert connection.execute("SELECT count(*) FROM node_rows").fetchone()[0] > 20
    connection.execute("DELETE FROM node_rows")
    connection.close()
    for words, before in zip(asked, counted, strict=True):
        assert shape(cli(*words).json) == shape(before), words


def test_a_page_of_events_from_many_threads(cli, empty_db):
    """Calls of different threads are far apart in their numbers, so they are asked for one by one."""

    def many(f):
        trace, t = f.trace(1)
        work = f.function("shop", "work")
        idle = f.function("shop", "idle")
        for stream in range(1, 41):
            for n in range(60):
                at = t + n * MS + stream * 1000
                f.call(
                    trace, (stream << 40) - (1 << 40) + n, work if n % 2 else idle, None, at, 500
                )
        f.stats(trace, work, 1200)
        f.stats(trace, idle, 1200)

    fill(empty_db, many)
    page = cli("flow", "-n", "1500").json
    assert page["total"] == 2 * 40 * 60 and len(page["events"]) == 1500
    assert [e["timestamp"] for e in page["events"]] == sorted(
        e["timestamp"] for e in page["events"]
    )
    assert len({(e["call_id"], e["event_type"]) for e in page["events"]}) == 1500
    pages = [
        cli("flow", "-n", "1500", "--skip", str(skip)).json["events"] for skip in (1500, 3000, 4500)
    ]
    assert [len(events) for events in pages] == [1500, 1500, 300]
    everything = page["events"] + sum(pages, [])
    assert len({(e["call_id"], e["event_type"]) for e in everything}) == 4800
    only = cli("flow", "-n", "2400", "--function", "work").json
    assert len(only["events"]) == only["total"] == 2400
    assert {e["function_name"] for e in only["events"]} == {"work"}


def test_search_counts_what_its_page_does_not_show(cli, empty_db):
    def many(f):
        trace, t = f.trace(1)
        work = f.function("shop", "work")
        for n in range(30):
            f.call(
                trace,
                n,
                work,
                None,
                t + n * MS,
                500,
                args={"path": 'C:\\dir "x"', "n": n},
                result=f"order-{n}",
            )
        f.stats(trace, work, 30)

    fill(empty_db, many)
    page = cli("search", "ORDER-", "-n", "4").json
    assert page["total"] == 30 and [m["text"] for m in page["matches"]] == [
        f'"order-{n}"' for n in range(4)
    ]
    assert page["omitted"][0]["count"] == 26
    last = cli("search", "order-", "--skip", "28").json
    assert last["total"] == 30 and [m["call_id"] & 0xFF for m in last["matches"]] == [28, 29]
    beyond = cli("search", "order-", "--skip", "99")
    assert beyond.code == 2 and beyond.json["total"] == 30 and "--skip" in beyond.json["why"]
    # As it stands in the program, though JSON writes it otherwise.
    escaped = cli("search", 'c:\\dir "X"').json
    assert escaped["total"] == 30 and {m["kind"] for m in escaped["matches"]} == {"argument"}
    assert cli("search", 'c:\\dir "X"', "--case").code == 2
    assert cli("search", 'C:\\dir "x"', "--case", "--in", "args").json["total"] == 30


CALLS = 400_000


@pytest.fixture(scope="module")
def many_calls(breadcrumb, tmp_path_factory):
    """CALLS calls of work(n), each of which gave "Order-n", in stretches; one of another process before them."""
    path = tmp_path_factory.mktemp("many") / "traces.duckdb"
    subprocess.run([breadcrumb, "ingest", "--db-path", path], check=True, capture_output=True)

    def many(f):
        old, t = f.trace(1)
        work = f.function("shop", "work")
        f.call(old, 0, work, None, t, 500, args={"n": 0}, result="order-0")
        trace, t = f.trace(2)
        f.c.execute(
            """INSERT INTO call_rows BY NAME SELECT $trace::UUID AS trace_id, (1::UBIGINT << 40) + i AS call_id,
            $work AS function_id, 1 AS thread_id, 0 AS depth,
            $t + (CASE WHEN i % 2 = 0 THEN i + 1 ELSE i - 1 END) * 1000000 AS start_ns, 500 AS duration_ns,
            0 AS child_ns, 0 AS suspended_ns, 0 AS resumes, 0 AS outcome, '{"n":' || i || '}' AS args,
            '"Order-' || i || '"' AS result FROM range($n) t(i)""",
            {"trace": trace, "work": work, "t": t, "n": CALLS},
        )
        f.stats(trace, work, CALLS)

    fill(path, many)
    return path


def test_search_of_many_calls_says_how_far_it_came(cli, many_calls):
    here = ["--trace", trace_id(2), "--db-path", str(many_calls)]
    nowhere = cli("search", "nowhere", *here)
    assert nowhere.code == 2 and nowhere.json["complete"] and nowhere.json["total"] == 0
    assert nowhere.json["searched_calls"] == nowhere.json["recorded_calls"] == CALLS
    (last,) = cli("search", f"order-{CALLS - 1}", *here).json["matches"]
    assert last["call_id"] == (1 << 40) + CALLS - 1
    # Of 400,000 places the page is there at once; how many are counted is a matter of time.
    page = cli("search", "order-", "-n", "4", *here).json
    assert [m["text"] for m in page["matches"]] == [f'"Order-{n}"' for n in (1, 0, 3, 2)]
    assert page["complete"] == (page["searched_calls"] == CALLS) == (page["total"] == CALLS)
    assert 100_000 < page["searched_calls"] <= page["recorded_calls"] == CALLS
    left = {o["what"]: o["count"] for o in page["omitted"]}
    assert left["matches"] == page["total"] - 4
    assert left.get("calls", 0) == CALLS - page["searched_calls"]
    whole = cli("search", "order-", "-n", "4", "--whole", *here).json
    assert whole["complete"] and whole["total"] == CALLS and whole["matches"] == page["matches"]


def test_pages_of_a_search_go_on_where_the_one_before_ended(cli, many_calls):
    here = ["--trace", trace_id(2), "--db-path", str(many_calls)]
    # In both places of each call; the stretches end at 122,880.
    for skip in (0, 3, 245_757, 799_990):
        page = cli("search", "1", "--in", "args", "--skip", str(skip), "-n", "7", *here).json
        want = [n for n in range(CALLS) if "1" in str(n)][skip : skip + 7]
        assert sorted(m["call_id"] - (1 << 40) for m in page["matches"]) == want
    beyond = cli("search", "order-7", "--skip", "99999999", *here)
    assert beyond.code == 2 and beyond.json["complete"] and "--skip" in beyond.json["why"]
    step = cli("search", "order-", "--skip", "250000", "-n", "2", *here).json["next"][0]["command"]
    assert "--skip 250002" in step


def test_top_of_several_processes_adds_up(cli, empty_db):
    def many(f):
        for number in (1, 2):
            trace, _ = f.trace(number, run_id=trace_id(1))
            for n in range(25):
                f.stats(
                    trace,
                    f.function("shop", f"f{n:02}"),
                    100 - n if number == 1 else n,
                    total_ns=n * MS,
                )

    fill(empty_db, many)
    pages = [cli("top", "10", "--skip", str(skip)).json for skip in (0, 10, 20)]
    functions = [f for page in pages for f in page["functions"]]
    assert [f["rank"] for f in functions] == list(range(1, 26)) and pages[0]["total"] == 25
    # 100 calls each, so by name; in one process they differ.
    assert [f["function_name"] for f in functions] == [f"f{n:02}" for n in range(25)]
    assert {f["calls"] for f in functions} == {100}
    one = cli("top", "3", "--trace", trace_id(2)).json
    assert [f["calls"] for f in one["functions"]] == [24, 23, 22] and one["total"] == 24
    slow = cli("top", "3", "--by", "total").json
    assert [f["function_name"] for f in slow["functions"]] == ["f24", "f23", "f22"]
    assert slow["functions"][0]["total_ms"] == 48


def test_verbose_tells_the_sql_that_query_can_run(cli, db):
    told = cli("-v", "list", "-n", "2").err
    sql, params = re.search(r"^SQL, [\d.]+ ms: (SELECT id, status.*) -- (.*)$", told, re.M).groups()
    given = dict(p.removeprefix("$").split(" = ") for p in params.split(", "))
    assert given == {"limit": "2", "skip": "0"}
    words = [w for name, value in given.items() for w in ("--param", f"{name}={value}")]
    rows = cli("query", sql, *words).json["rows"]
    assert [r["id"] for r in rows] == [t["id"] for t in cli("list", "-n", "2").json["traces"]]
    assert "SQL" not in cli("list").err
