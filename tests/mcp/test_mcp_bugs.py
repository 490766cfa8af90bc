"""Token use: a script of at most three calls finds the cause of each fault of examples/bugs within 4,000 tokens."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from recording import record

BUGS = Path(__file__).resolve().parent.parent.parent / "examples/bugs"
TOKENS = 4000

# The file: the function that has the fault, a line of it as the answers write it, the value that is wrong.
CAUSES = {
    "b01_missing_price": ("price_of", '"Milk "', "null"),
    "b02_currency": ("convert", '"us$"', "US$"),
    "b03_swallowed": ("parse_amount", '"1,200.00"', "null"),
    "b04_negative_stock": ("apply_movement", "-90", "-50"),
    "b05_n_plus_one": ("fetch_author", "made 60 of these", "render"),
    "b06_slow_case": ("search", '"*jam"', "ms"),
    "b07_hang": ("wait_for", '"job":7', "open"),
    "b08_date_order": ("parse", '"03/25/2026"', "month must be in 1..12"),
    "b09_shared_default": ("add", '["tea","milk"]', "AssertionError"),
    "b10_unit": ("load", "2500", "2501"),
}


def ask(wire, step) -> str:
    result = wire.request("tools/call", name=step["tool"], arguments=step["arguments"])["result"]
    assert result["isError"] is False, (step, result)
    return result["content"][0]["text"]


def lines_of(name: str, function: str) -> range:
    """The lines of a function of the example."""
    source = (BUGS / f"{name}.py").read_text().splitlines()
    first = next(n for n, line in enumerate(source, 1) if line.startswith(f"def {function}("))
    rest = (n for n, line in enumerate(source, 1) if n > first and line and line[0] != " ")
    return range(first, next(rest, len(source)))


@pytest.mark.parametrize("name", CAUSES)
def test_three_calls_reach_the_cause(serve, breadcrumb, tmp_path, name, record_property):
    database = tmp_path / "db" / "traces.duckdb"
    limit = "2" if name == "b07_hang" else "30"
    record(breadcrumb, database, (BUGS / f"{name}.py").read_text(), tmp_path, limit=limit)
    wire = serve(database, "2025-11-25")
    answers = [ask(wire, {"tool": "breadcrumb__overview", "arguments": {}})]
    steps = [step for step in json.loads(answers[0]).get("next", ()) if "tool" in step]
    answers += [ask(wire, step) for step in steps[:2]]
    text = "\n".join(answers)
    tokens = len(text.encode()) / 4
    dump = wire.ask(
        "query_traces", sql="SELECT sum(length(to_json(e)::VARCHAR)) AS n FROM trace_events e"
    )
    record_property("tokens", tokens)
    print(f"{name}: {tokens:.0f} tokens; a plain dump has {dump['traces'][0]['n'] / 4:.0f}")
    assert tokens <= TOKENS
    function, given, wrong = CAUSES[name]
    plain = text.replace("\\u003c", "<").replace("\\u003e", ">")
    assert function in plain and given in plain and wrong in plain
    assert any(
        f'"line_number":{line},' in plain or f'_line":{line},' in plain
        for line in lines_of(name, function)
    )


def test_every_example_has_its_cause():
    assert {path.stem for path in BUGS.glob("*.py")} == CAUSES.keys()
