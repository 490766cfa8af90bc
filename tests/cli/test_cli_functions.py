"""exceptions, performance, top, calls, tree, flow, stack, search, gaps, why-not on a store whose content is known."""

import json

import duckdb
from filled import MS, Filler, insert, trace_id

CALL = 1 << 40


def fill(path, what):
    connection = duckdb.connect(str(path))
    try:
        return what(Filler(connection))
    finally:
        connection.close()


# ---- exceptions


def raise_through(f):
    trace, t = f.trace(1)
    main, load, parse = (f.function("shop", n) for n in ("main", "Loader.load", "parse"))
    f.call(trace, 1, main, None, t, 9 * MS, args={"n": 1})
    f.call(trace, 2, load, 1, t + 1, 5 * MS, outcome=1, exception_id=CALL + 2, args={"p": "a"})
    f.call(
        trace,
        3,
        parse,
        2,
        t + 2,
        2 * MS,
        outcome=1,
        exception_id=CALL + 1,
        depth=2,
        args={"s": "x;y"},
    )
    f.exception(
        trace,
        1,
        "ValueError",
        "bad",
        parse,
        3,
        t + MS,
        handled=1,
        handled_by=load,
        handled_line=12,
    )
    f.exception(
        trace,
        2,
        "shop.errors.Broken",
        "no",
        load,
        2,
        t + 2 * MS,
        handled=1,
        handled_by=main,
        cause_id=CALL + 1,
    )
    for fn in (main, load, parse):
        f.stats(trace, fn, 1)


def test_exceptions_have_frames_causes_and_handlers(cli, empty_db):
    fill(empty_db, raise_through)
    answer = cli("exceptions", "--since", "2026-01-01").json
    assert answer["total"] == 2 and answer["time_range"] == "2026-01-01" and answer["limit"] == 10
    broken, value = answer["exceptions"]
    assert broken["exception_type"] == "Broken" and broken["handled_by"] == "main"
    assert broken["causes"] == [
        {"exception_type": "ValueError", "message": "bad", "function": "shop.parse", "line": 42}
    ]
    assert [f["function"] for f in broken["frames"]] == ["shop.Loader.load"]
    assert value["causes"] == []
    assert value["frames"][0]["function"] == "shop.parse"
    assert value["frames"][0]["args"] == {"s": "x;y"}
    assert value["handled_line"] == 12
    assert "told" not in answer


def test_frames_of_exceptions_have_all_arguments(cli, empty_db):
    def raise_with_words(f):
        trace, t = f.trace(1)
        pay = f.function("shop", "pay", kwargs_name="more")
        words = {"args": {"order": 7}, "kwonly": '{"tip":-1}', "kwargs": '{"by":"card"}'}
        f.call(trace, 1, pay, None, t, MS, outcome=1, exception_id=CALL + 1, **words)
        f.exception(trace, 1, "ValueError", "bad tip", pay, 1, t + 1, handled=0)
        f.stats(trace, pay, 1)

    fill(empty_db, raise_with_words)
    given = {"order": 7, "tip": -1, "more": {"by": "card"}}
    (raised,) = cli("exceptions", "--since", "2026-01-01").json["exceptions"]
    assert [f["args"] for f in raised["frames"]] == [given]
    (failure,) = cli("overview").json["failures"]
    assert [f["args"] for f in failure["frames"]] == [given]
    text = cli("exceptions", "--since", "2026-01-01", "--format", "table").out
    assert 'ended    shop.pay(order=7, tip=-1, more={"by":"card"})' in text


def test_the_text_of_exceptions_tells_how_they_came_about(cli, empty_db):
    fill(empty_db, raise_through)
    text = cli("exceptions", "--since", "2026-01-01", "--format", "table").out
    told = text.partition("How they came about, in the same order:\n")[2].partition("\n\n")[0]
    assert told.splitlines() == [
        "  Broken: no",
        "    raised   shop.Loader.load, /srv/shop.py:42",
        '    ended    shop.Loader.load(p="a")',
        "    handled  by main",
        "    from     ValueError: bad, raised in shop.parse, line 42",
        "  ValueError: bad",
        "    raised   shop.parse, /srv/shop.py:42",
        '    ended    shop.parse(s="x;y")',
        "    handled  by Loader.load, line 12",
    ]


def test_exceptions_choose_by_time_type_and_trace(cli, db):
    # The store's times are in 2026; nothing of it is an hour old on the day that this is read.
    answer = cli("exceptions", "--since", "2026-11-18T11:07Z").json
    assert answer["total"] == 2
    assert cli("exceptions", "--since", "2026-11-18T13:07+02:00").json["total"] == 2
    assert cli("exceptions", "--since", "2026-11-18 11:08:30").json["total"] == 1
    named = cli("exceptions", "--since", "2026-01-01", "--type", "PriceError").json
    assert [e["exception_type"] for e in named["exceptions"]] == ["PriceError"]
    full = cli("exceptions", "--since", "2026-01-01", "--type", "shop.errors.PriceError").json
    assert full["total"] == 1
    assert cli("exceptions", "--since", "2026-01-01", "--unhandled").json["total"] == 1
    # A trace that is named is shown whole, however old it is.
    assert cli("exceptions", "--trace", trace_id(1)).json["total"] == 1


def test_exceptions_say_why_there_are_none(cli, db):
    none = cli("exceptions", "--since", "2026-12-01")
    assert none.code == 2 and none.json["exceptions"] == [] and none.json["total"] == 0
    assert "2 exceptions" in none.json["why"]
    again = cli(*none.json["next"][0]["command"].split()[1:])
    assert again.code == 0 and again.json["total"] == 2


def test_exceptions_page(cli, db):
    first = cli("exceptions", "--since", "2026-01-01", "-n", "1").json
    assert first["omitted"][0]["count"] == 1
    second = cli(*first["next"][0]["command"].split()[1:]).json
    assert [e["exception_type"] for e in second["exceptions"]] == ["ValueError"]
    assert "omitted" not in second


def test_bad_times_name_what_is_possible(cli, db):
    for bad in (
        "3q",
        "yesterdy",
        "2026-13-01",
        "2026-02-30",
        "-1h",
        "0m",
        "1h30",
        "2026-01-01T25:00",
        "2026-01-01T10:00+2",
    ):
        result = cli("exceptions", "--since", bad)
        assert result.code == 1, bad
        assert result.json["error"] == "InvalidTimeError", bad
        assert "30m" in result.json["suggestion"]
    for good in (
        "30s",
        "2H",
        "1d",
        "1w",
        "today",
        "yesterday",
        "now",
        "last",
        "2026-01-01T10:00:00.123456789+05:30",
    ):
        assert cli("exceptions", "--since", good).code in (0, 2), good


# ---- performance


def test_performance_adds_traces_up(cli, empty_db):
    def two_traces(f):
        fn = f.function("shop", "Cart.total")
        for number, (low, high, n) in enumerate([(1, 2, 3), (10, 40, 5)], 1):
            trace, t = f.trace(number)
            for i in range(n):
                f.call(trace, i, fn, None, t + i * MS, (low + i) * MS, args={"i": i}, result=i)
            # Buckets of one millisecond each would be wide; the histogram has its own (base/histogram.h).
            insert(
                f.c,
                "stat_rows",
                trace_id=trace,
                function_id=fn,
                call_count=n,
                recorded_calls=n,
                timed_calls=n,
                exception_count=0,
                total_ns=n * 10 * MS,
                self_ns=n * MS,
                min_ns=low * MS,
                max_ns=high * MS,
                gear="full",
            )

    fill(empty_db, two_traces)
    answer = cli("performance", "total").json
    s = answer["statistics"]
    assert answer["function"] == "shop.Cart.total"
    assert (s["call_count"], s["timed_calls"], s["recorded_calls"]) == (8, 8, 8)
    assert (s["min_duration_ms"], s["max_duration_ms"], s["avg_duration_ms"]) == (1, 40, 10)
    assert s["total_ms"] == 80 and s["self_ms"] == 8
    slow = answer["slowest_traces"]
    assert [c["duration_ms"] for c in slow[:3]] == [14, 13, 12]
    assert slow[0]["args"] == {"i": 4}
    one = cli("performance", "Cart.total", "--trace", trace_id(1)).json
    assert one["statistics"]["call_count"] == 3


def test_performance_of_several_functions_names_what_was_asked_for(cli, empty_db):
    def several(f):
        trace, t = f.trace(1)
        for n, name in enumerate(("Cart.total", "Order.total", "Cart.add")):
            fn = f.function("shop", name)
            f.call(trace, n, fn, None, t + n * MS, (n + 1) * MS)
            f.stats(trace, fn, 1, total_ns=(n + 1) * MS)

    fill(empty_db, several)
    for name, functions in (("total", ["Cart", "Order"]), ("Cart.*", ["Cart", "Cart"])):
        answer = cli("performance", name).json
        assert answer["function"] == name and answer["statistics"]["call_count"] == 2
        assert sorted(f["function"].split(".")[1] for f in answer["functions"]) == functions
        assert len({c["function"] for c in answer["slowest_traces"]}) == 2
    one = cli("performance", "Cart.total").json
    assert one["function"] == "shop.Cart.total" and "functions" not in one


def test_texts_have_no_lines_that_say_nothing(cli, db):
    for words in (
        ["calls", "parse", "--skip", "99", "--trace", trace_id(1)],
        ["exceptions", "--skip", "99", "--since", "2026-01-01"],
        ["search", "nowhere at all"],
        ["search", "parse", "--skip", "999", "--trace", trace_id(1)],
        ["flow", "--skip", "99999", "--trace", trace_id(1)],
        ["tree", "--trace", trace_id(1)],
        ["stack", "--trace", trace_id(1)],
        ["performance", "parse"],
        ["overview", "--trace", trace_id(1)],
        ["report", "--trace", trace_id(1)],
        ["list", "--skip", "99"],
        ["top", "--skip", "99", "--trace", trace_id(1)],
        ["gaps"],
    ):
        text = cli(*words, "--format", "table").out
        assert text and text[0] != "\n" and "\n\n\n" not in text, (words, text)


def test_performance_of_a_thinned_function_is_exact_and_says_so(cli, db):
    answer = cli("performance", "spin", "--limit", "2").json
    assert answer["statistics"]["call_count"] == 48_211
    assert answer["statistics"]["recorded_calls"] == 100
    assert answer["omitted"][0]["count"] == 48_209
    assert "48211" in answer["omitted"][0]["reason"]


def test_a_function_that_is_not_there_is_explained(cli, db):
    result = cli("performance", "Loader.lod")
    assert result.code == 2
    assert result.json["error"] == "FunctionNotFound"
    assert "Loader.lod" in result.json["message"]
    assert "shop.orders.Loader.load" in result.json["suggestion"]
    other = cli("calls", "Loader.load", "--trace", trace_id(4)).json
    assert "another process" in other["message"] and trace_id(1) in other["suggestion"]


# ---- top


def test_top_pages_and_orders(cli, db):
    answer = cli("top", "2", "--trace", trace_id(4)).json
    assert [(f["rank"], f["function"], f["calls"]) for f in answer["functions"]] == [
        (1, "shop.app.step", 61),
        (2, "shop.app.loop", 1),
    ]
    assert answer["total"] == 3
    rest = cli(*answer["next"][0]["command"].split()[1:]).json
    assert [f["rank"] for f in rest["functions"]] == [3]
    text = cli("top", "2", "--trace", trace_id(4), "-f", "table").out
    assert text.startswith("TOP 2 MOST CALLED FUNCTIONS\n")
    assert "Showing 2 of 3 unique functions" in text
    assert "   1. shop.app.step                 : 61 calls" in text
    assert "DEBUGGING TIPS:" in text and "--add-exclude 'shop.app.*'" in text


def test_top_suggests_excludes_for_plumbing(cli, empty_db):
    def noisy(f):
        trace, _ = f.trace(1)
        for n, (module, name) in enumerate(
            [
                ("shop.logging", "_serialize"),
                ("shop.logging", "flush"),
                ("shop.blogging", "post"),
                ("shop.io", "EventLogger.write"),
                ("__main__", "log"),
            ]
        ):
            f.stats(trace, f.function(module, name), 500 - n)

    fill(empty_db, noisy)
    answer = cli("top").json
    assert [(s["pattern"], s["kind"]) for s in answer["suggested_excludes"]] == [
        ("shop.logging.*", "logging"),
        ("shop.io.*", "logging"),
    ]
    assert answer["suggested_excludes"][0]["command"] == (
        "breadcrumb config edit <name> --add-exclude 'shop.logging.*'"
    )


def test_top_of_nothing_says_why(cli, empty_db):
    fill(empty_db, lambda f: f.trace(1))
    result = cli("top")
    assert result.code == 2
    assert "filter" in result.json["why"]


# ---- calls, tree, flow, stack


def test_calls_go_by_parents(cli, db):
    answer = cli("calls", "Loader.load", "--trace", trace_id(1)).json
    assert answer["function"] == "shop.orders.Loader.load" and answer["total"] == 1
    call = answer["calls"][0]
    assert call["args"]["name"] == "größe 日本" and call["result"] == [1, 2, 3]
    assert call["parent_id"] == CALL + 1
    assert [c["function"] for c in answer["callees"]] == ["shop.orders.parse"]
    raised = cli("calls", "parse", "--trace", trace_id(1), "--outcome", "exception").json
    assert raised["calls"][0]["exception"] == "ValueError: bad line: 'a;b'"
    opened = cli("calls", "loop", "--trace", trace_id(4)).json
    assert opened["calls"][0]["outcome"] == "open" and opened["calls"][0]["duration_ms"] is None
    none = cli("calls", "loop", "--trace", trace_id(4), "--outcome", "return")
    assert none.code == 2 and none.json["calls"] == [] and "--outcome return" in none.json["why"]


def test_tree_folds_repetitions(cli, db):
    answer = cli("tree", "--trace", trace_id(4)).json
    assert [(n["level"], n["function"], n["calls"], n["open_calls"]) for n in answer["tree"]] == [
        (0, "shop.app.main", 1, 1),
        (1, "shop.app.loop", 1, 1),
        (2, "shop.app.step", 61, 1),
    ]
    text = cli("tree", "--trace", trace_id(4), "-f", "table").out
    assert '  └─ shop.app.loop(queue="orders")' in text
    assert "     └─ shop.app.step(n=0) ...  x 61" in text
    shallow = cli("tree", "--trace", trace_id(4), "--depth", "1").json
    assert shallow["tree"][1]["hidden_below"] == 1
    assert shallow["omitted"][0]["count"] == 1
    below = cli("tree", "--call", str(CALL + 2), "--trace", trace_id(4)).json
    assert [n["function"] for n in below["tree"]] == ["shop.app.loop", "shop.app.step"]
    assert cli("tree", "--call", "7").code == 1
    absent = cli("tree", "--call", "7", "--trace", trace_id(4))
    assert absent.code == 2 and "no recorded call 7" in absent.json["why"]


def test_flow_filters(cli, db):
    full = cli("flow", "--trace", trace_id(1)).json
    assert [e["event_type"] for e in full["events"]] == [
        "call",
        "call",
        "call",
        "exception",
        "return",
        "return",
    ]
    assert full["trace_id"] == trace_id(1)
    shallow = cli("flow", "--trace", trace_id(1), "--depth", "0").json
    assert [(e["event_type"], e["function_name"]) for e in shallow["events"]] == [
        ("call", "main"),
        ("return", "main"),
    ]
    unknown = cli("flow", "--trace", trace_id(1), "--thread", "Nobody")
    assert unknown.code == 1 and "MainThread" in unknown.json["suggestion"]
    only = cli("flow", "--trace", trace_id(1), "--function", "parse").json
    assert {e["function_name"] for e in only["events"]} == {"parse"}
    page = cli("flow", "--trace", trace_id(1), "-n", "2").json
    rest = cli(*page["next"][0]["command"].split()[1:]).json
    assert [e["event_type"] for e in rest["events"]] == ["call", "exception"]


def test_stack_shows_open_calls(cli, db):
    answer = cli("stack", "--trace", trace_id(4)).json
    assert [(c["place"], c["function"]) for c in answer["open_calls"]] == [
        (0, "shop.app.main"),
        (1, "shop.app.loop"),
        (2, "shop.app.step"),
    ]
    ended = cli("stack", "--trace", trace_id(1))
    assert ended.code == 2 and "had ended" in ended.json["why"]


# ---- search, gaps, why-not


def test_search_finds_values_as_they_are_written(cli, db):
    answer = cli("search", "日本", "--trace", trace_id(1)).json
    assert [(m["kind"], m["function"]) for m in answer["matches"]] == [
        ("argument", "shop.orders.Loader.load")
    ]
    newline = cli("search", "a;b\n", "--trace", trace_id(1), "--in", "args").json
    assert [m["function"] for m in newline["matches"]] == ["shop.orders.parse"]
    both = cli("search", "PARSE", "--trace", trace_id(1)).json
    assert both["matches"][0]["kind"] == "function"
    assert cli("search", "PARSE", "--case", "--trace", trace_id(1)).code == 2
    fuzzy = cli("search", "pars", "--fuzzy", "--trace", trace_id(1)).json
    assert fuzzy["matches"][0]["function"] == "shop.orders.parse"
    for hostile in ("'; DROP TABLE traces; --", '"', "%", "_", "\\", "$term", "\x1b[31m"):
        assert cli("search", hostile, "--trace", trace_id(1)).code in (0, 2), hostile


def settings(**values):
    return json.dumps({"run": "r", "settings": "".join(f"{k}={v}\n" for k, v in values.items())})


def test_gaps_and_why_not_know_the_rule(cli, empty_db):
    def seen(f):
        trace, t = f.trace(
            1,
            metadata=settings(
                include="*",
                exclude="shop.noise.*",
                default_excludes="true",
                workspace_only="true",
                workspace="/srv",
                profile="$(x)",  # of a store that came from elsewhere: a word, whatever it holds
            ),
        )
        main = f.function("shop.app", "main")
        noise = f.function("shop.noise.log", "write")
        run = f.function("threading", "Thread.run")
        f.c.execute("UPDATE functions SET category = 'stdlib' WHERE id = ?", [run])
        f.call(trace, 1, main, None, t, MS, caller_function_id=run)
        f.call(trace, 2, main, None, t + MS, MS, caller_function_id=noise)
        f.stats(trace, main, 2)

    fill(empty_db, seen)
    gaps = {g["module"]: g for g in cli("gaps").json["gaps"]}
    assert gaps["threading"]["rule"] == "workspace_only"
    # All that stands in its way, and nothing that would let in more than it.
    assert gaps["threading"]["option"] == (
        "--all-code --no-default-excludes --include 'shop.*' --include 'threading.*'"
    )
    assert gaps["shop.noise.log"]["rule"] == "exclude"
    assert gaps["shop.noise.log"]["calls_made"] == 1
    assert gaps["shop.noise.log"]["command"] == (
        "breadcrumb config edit '$(x)' --remove-exclude 'shop.noise.*'"
    )
    assert gaps["threading"]["command"] == (
        "breadcrumb config edit '$(x)' --all-code --set default_excludes=false "
        "--add-include 'shop.*' --add-include 'threading.*'"
    )

    def why(name):
        return cli("why-not", name).json["why_not"]

    assert why("Thread.run")["reason"] == "filtered"
    assert "shop.noise.*" in why("shop.noise.log.write")["explanation"]
    assert why("json.dumps")["rule"] == "default_excludes"
    for name in (
        "len",
        "time.sleep",
        "math.gcd",
        "str.join",
        "_json.scanstring",
        "datetime.datetime.now",
    ):
        assert (why(name)["reason"], why(name)["option"]) == ("a C function", None), name
    assert why("mathematics.gcd")["reason"] == why("requests.get")["reason"] == "not imported"
    assert (
        "written in C or compiled, as by Cython, which nothing"
        in why("requests.get")["explanation"]
    )
    assert why("shop.app.nothing")["reason"] == "never called"
    assert why("main")["recorded"] is True


def test_every_question_works_on_an_empty_page(cli, db):
    for words in (
        ["top", "--skip", "99"],
        ["exceptions", "--skip", "99", "--since", "2026-01-01"],
        ["flow", "--skip", "999", "--trace", trace_id(1)],
    ):
        result = cli(*words)
        assert result.code == 2 and result.json["why"], words


def test_next_steps_are_commands_that_work(cli, db):
    for words in (
        ["exceptions", "--since", "2026-01-01"],
        ["performance", "spin"],
        ["top"],
        ["calls", "step"],
        ["tree"],
        ["flow"],
        ["stack"],
        ["search", "spin", "--trace", trace_id(2)],
        ["gaps"],
        ["why-not", "spin"],
    ):
        for step in cli(*words).json.get("next", []):
            command = step["command"].split()
            if command[1] != "run":
                again = cli(*command[1:])
                assert again.code in (0, 2), (words, command, again.out)
