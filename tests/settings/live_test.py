"""Each setting that can change while a program runs does: what it records afterwards is something else."""

from __future__ import annotations

import json
import time

import pytest
from helpers import Bench, Interpreter
from told_program import Running

PROGRAM = """
import colorsys, json, sys
class Point:
    def __init__(self): self.x, self.y = 1, 2
    def __repr__(self): return "a point"
def look(text, items, deep, point): return text
def spin(n): pass
point = Point()
for line in sys.stdin:
    look("a text of some length", list(range(8)), {"a": {"b": {"c": [1]}}}, point)
    colorsys.rgb_to_hsv(1, 1, 1)
    json.dumps([1])
    for n in range(50):
        spin(n)
    print(flush=True)
"""

# setting: (what it is set to, options of the run, seconds that the program waits between its turns)
CASES: dict[str, tuple[str, tuple[str, ...], float]] = {
    "enabled": ("no", (), 0),
    "include": ("nothing", (), 0),
    "exclude": ("__main__", (), 0),
    "default_excludes": ("no", ("--all-code",), 0),
    "workspace_only": ("no", (), 0),
    "workspace": ("/usr/share", (), 0),
    "sample_rate": ("0", (), 0),
    "values": ("names", (), 0),
    "max_chars": ("3", (), 0),
    "max_value_bytes": ("16", (), 0),
    "max_items": ("1", (), 0),
    "max_depth": ("1", (), 0),
    "max_attributes": ("0", (), 0),
    "lines": ("yes", (), 0),
    "locals": ("yes", ("--lines",), 0),
    "hot_threshold": ("5", (), 0),
    "hot_window_s": ("1", ("--hot-threshold", "60"), 1.3),
    "hot_reset_s": ("1", ("--hot-threshold", "5"), 1.3),
    "hot_timed_calls": ("7", ("--hot-threshold", "5"), 0),
}


def without_id(value: object) -> object:
    if isinstance(value, dict):
        return {key: without_id(inner) for key, inner in value.items() if key != "$id"}
    return [without_id(inner) for inner in value] if isinstance(value, list) else value


def observe(bench: Bench, python: Interpreter, words: list[str], options, wait: float) -> object:
    """What is recorded of a program that hears of these settings after its first turn of three."""
    for left in bench.database.parent.glob("*"):
        if left.is_file():
            left.unlink()
    running = Running(bench, python, *options, source=PROGRAM)
    try:
        running.set(*words)
        for _ in range(2):
            time.sleep(wait)
            running.turn()
        running.finish()
    finally:
        running.process.kill()
        running.process.wait()
    calls = running.ask(
        "SELECT function_name, args, result FROM calls WHERE function_name IN ('look', 'rgb_to_hsv', 'dumps') "
        "ORDER BY call_id"
    )
    stats = running.ask(
        "SELECT function_name, call_count, recorded_calls // 5 AS fives, timed_calls, gear FROM function_stats "
        "WHERE function_name IN ('look', 'spin') ORDER BY 1"
    )
    return without_id(calls), stats, running.ask("SELECT count(*), count(locals) FROM lines")


@pytest.fixture(scope="session")
def undisturbed() -> dict[object, object]:
    """What is recorded when the same is set as before, by the options of the run."""
    return {}


@pytest.mark.parametrize("key", CASES)
def test_what_is_recorded_afterwards_is_something_else(bench, python, undisturbed, key):
    value, options, wait = CASES[key]
    case = python, options, wait
    if case not in undisturbed:
        undisturbed[case] = observe(bench, python, ["enabled=yes"], options, wait)
    assert observe(bench, python, [f"{key}={value}"], options, wait) != undisturbed[case]


def test_the_same_again_changes_nothing(bench, python):
    """Else a difference would show nothing."""
    first = observe(bench, python, ["enabled=yes"], (), 0)
    assert first == observe(bench, python, ["max_chars=200"], (), 0)


def test_each_setting_that_can_change_has_a_case(bench):
    refused = json.loads(bench.breadcrumb("set", "db_path=x").out)
    can = refused["suggestion"].removeprefix("these can: ")
    assert sorted(can.split(", ")) == sorted(CASES)


def test_how_values_are_kept(bench, python):
    source = """
import sys
class Point:
    def __init__(self): self.x = 1
    def __repr__(self): return "a point"
def look(turn, point): return point
for turn, line in enumerate(sys.stdin):
    look(turn, Point())
    print(flush=True)
"""
    running = Running(bench, python, source=source)
    for value in ("names", "off", "repr", "structure"):
        running.set(f"values={value}")
        running.turn()
    running.finish()
    kept = [
        without_id([row["args"], row["result"]])
        for row in running.ask(
            "SELECT args, result FROM calls WHERE function_name = 'look' ORDER BY call_id"
        )
    ]
    whole = {"$type": "__main__.Point", "x": 1}
    names = {"$type": "__main__.Point"}
    said = {"$type": "__main__.Point", "$repr": "a point"}
    off = {"$omitted": True}
    assert kept == [
        [{"turn": 0, "point": whole}, whole],
        [{"turn": {"$type": "int"}, "point": names}, names],
        [{"turn": off, "point": off}, off],
        [{"turn": {"$type": "int", "$repr": "3"}, "point": said}, said],
        [{"turn": 4, "point": whole}, whole],
    ]
