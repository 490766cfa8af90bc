"""Each setting has an effect: set in a config file, the recording of one program is another one than without it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers import Bench, Interpreter

pytestmark = pytest.mark.any_python

PROGRAM = """
import colorsys, json, sys
class Point:
    def __init__(self, x, y): self.x, self.y = x, y
def look(text, items, deep, point): return text
def login(password, quantity, code): pass
def spin(n, text): return n
look("a text of some length", list(range(8)), {"a": {"b": {"c": [1]}}}, Point(1, 2))
login("hunter2", 17, "acme-1234")
colorsys.rgb_to_hsv(1, 1, 1)
json.dumps([1])
for n in range(int(sys.argv[1])):
    spin(n, "x" * 90)
"""

# setting: (its lines in the file, lines that are there both times, how often the program calls spin())
CASES: dict[str, tuple[str, str, int]] = {
    "enabled": ("enabled: false", "", 1),
    "include": ("include: [nothing.*]", "", 1),
    "exclude": ("exclude: [__main__]", "", 1),
    "default_excludes": ("default_excludes: false", "workspace_only: false", 1),
    "workspace_only": ("workspace_only: false", "", 1),
    "workspace": ("workspace: [/usr/share]", "", 1),
    "sample_rate": ("sample_rate: 0.0", "", 1),
    "db_path": ("db_path: other.duckdb", "", 1),
    "backend": ("backend: WRONG", "", 1),
    "silent": ("silent: true", "", 1),
    "values": ("values: names", "", 1),
    "max_chars": ("max_chars: 3", "", 1),
    "max_value_bytes": ("max_value_bytes: 16", "", 1),
    "max_items": ("max_items: 1", "", 1),
    "max_depth": ("max_depth: 1", "", 1),
    "max_attributes": ("max_attributes: 0", "", 1),
    "quota_mb": ("quota_mb: 1", "hot_threshold: 0", 40000),
    "hot_threshold": ("hot_threshold: 5", "", 50),
    "lines": ("lines: true", "", 1),
    "locals": ("locals: true", "lines: true", 1),
    "redact": ("redact: false", "", 1),
    "redact_names": ("redact_names: [quantity]", "", 1),
    "redact_patterns": ("redact_patterns: ['acme-[0-9]{4}']", "", 1),
}

# What a test of its own shows, because it takes time or another program: below, or in another file, where it is named.
ELSEWHERE = {
    "hot_window_s": "tests/e2e/t018_gears_test.py",
    "hot_reset_s": "tests/e2e/t018_gears_test.py",
    "hot_timed_calls": "tests/e2e/t018_gears_test.py",
    "ingest_mb": "tests/run/background_test.py",
    "retention_days": "tests/cli/test_cli_keep.py",
    "seed": "tests/settings/effect_test.py",
    "retention_mb": "tests/settings/effect_test.py",
    "max_result_mb": "tests/settings/effect_test.py",
    "query_timeout_s": "tests/settings/effect_test.py",
}


def keys(bench: Bench) -> list[str]:
    ended = bench.run([bench.program, "config", "keys"])
    return [row["key"] for row in json.loads(ended.out)["keys"]]


def observe(bench: Bench, python: Interpreter, folder: Path, config: str, calls: int) -> tuple:
    """What is said, how many calls and losses there are, and the arguments of the functions."""
    known = keys(bench)
    lines = [line for line in config.splitlines() if line.partition(":")[0] in known]
    wrong = "settrace" if python.version >= (3, 12) else "pep669"
    (folder / "home").mkdir(parents=True)
    (folder / "home/config.yaml").write_text("\n".join(lines).replace("WRONG", wrong))
    (folder / "project/.breadcrumb").mkdir(parents=True)
    (folder / "project/program.py").write_text(PROGRAM)
    place = {"cwd": folder / "project", "env": {"BREADCRUMB_HOME": str(folder / "home")}}
    words = [bench.program, "run", "-t", "60", python.path, "program.py", str(calls)]
    said = bench.run(words, **place)
    assert said.status == 0
    sql = """
        SELECT f.function_name, f.module_name, count(*) AS n, min(c.args::VARCHAR) AS args,
            min(c.result::VARCHAR) AS result
        FROM calls c JOIN functions f ON f.id = c.function_id
        WHERE f.module_name IN ('__main__', 'colorsys', 'json') GROUP BY ALL ORDER BY ALL
    """
    answer = json.loads(bench.run([bench.program, "query", sql], **place).out)
    recorded = bench.run(
        [bench.program, "query", "SELECT count(*) AS n, count(locals) AS m FROM lines"], **place
    ).out
    losses = bench.run([bench.program, "query", "SELECT count(*) AS n FROM losses"], **place).out
    rows = [
        row | {"args": without_id(json.loads(row["args"] or "{}"))}
        for row in answer.get("rows", [])
    ]
    lost = json.loads(losses).get("rows")
    other = (folder / "project/other.duckdb").exists()
    return bool(said.err), other, rows, lost, json.loads(recorded).get("rows")


def without_id(value: object) -> object:
    if isinstance(value, dict):
        return {key: without_id(inner) for key, inner in value.items() if key != "$id"}
    return [without_id(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("key", CASES)
def test_the_recording_is_another_one(bench, python, tmp_path, key):
    line, base, calls = CASES[key]
    before = observe(bench, python, tmp_path / "before", base, calls)
    after = observe(bench, python, tmp_path / "after", base + "\n" + line, calls)
    assert after != before


def test_include_lets_in_what_it_names(bench, python, tmp_path):
    """And not nothing at all, which the case above would take for an effect."""
    rows = observe(
        bench, python, tmp_path / "place", "workspace_only: false\ninclude: [colorsys]", 1
    )[2]
    assert {row["module_name"] for row in rows} == {"colorsys"}


def test_without_a_setting_it_is_the_same(bench, python, tmp_path):
    """Else a difference would show nothing."""
    first = observe(bench, python, tmp_path / "first", "workspace_only: false", 1)
    assert first == observe(bench, python, tmp_path / "second", "workspace_only: false", 1)


def test_each_setting_has_a_case(bench):
    assert sorted(keys(bench)) == sorted([*CASES, *ELSEWHERE])
    root = Path(__file__).resolve().parents[2]
    for key, file in ELSEWHERE.items():
        text = (root / file).read_text().replace("BREADCRUMB_" + key.upper(), f"{key}:")
        uses = [line for line in text.splitlines() if f"{key}:" in line]
        assert uses, f"{file} has no test that sets {key}"


def with_config(bench: Bench, text: str, *words: object) -> dict:
    (bench.home / ".breadcrumb").mkdir(exist_ok=True)
    (bench.home / ".breadcrumb/config.yaml").write_text(text)
    return json.loads(bench.breadcrumb(*words).out)


def test_seed(bench, python):
    bench.write({"program.py": "def draw(n): pass\nfor n in range(100): draw(n)\n"})

    def drawn(seed: int) -> list[str]:
        (bench.home / ".breadcrumb").mkdir(exist_ok=True)
        config = bench.home / ".breadcrumb/config.yaml"
        config.write_text(f"seed: {seed}\nsample_rate: 0.5\n")
        words = [*bench.tracing(), python.path, "program.py"]
        assert bench.run(words).status == 0
        sql = (
            "SELECT args->>'n' AS n FROM calls JOIN traces t ON t.id = trace_id WHERE function_name = 'draw' "
            "AND t.started_at = (SELECT max(started_at) FROM traces) ORDER BY call_id"
        )
        return [row["n"] for row in json.loads(bench.breadcrumb("query", sql).out)["rows"]]

    first = drawn(7)
    assert 0 < len(first) < 100
    assert drawn(7) == first
    assert drawn(8) != first
    assert drawn(0) != drawn(0), "0 is another one each time"


def test_retention_mb(bench, python):
    text = "import random\ndef keep(text): return text\nfor n in range(12000): keep(random.randbytes(60).hex())\n"
    bench.write({"program.py": text})

    def stored() -> int:
        assert bench.run([*bench.tracing("--every-call"), python.path, "program.py"]).status == 0
        found = json.loads(bench.breadcrumb("query", "SELECT count(*) AS n FROM traces").out)
        return found["rows"][0]["n"]

    assert [stored(), stored(), stored()] == [1, 2, 3]
    size = bench.database.stat().st_size // (1024 * 1024)
    with_config(bench, f"retention_mb: {size // 2 + 1}\n", "config", "keys")
    assert 0 < stored() < 4


@pytest.fixture
def recorded(bench, python):
    bench.write({"program.py": "def f(): pass\nf()\n"})
    assert bench.run([*bench.tracing(), python.path, "program.py"]).status == 0
    return bench


def test_max_result_mb(recorded):
    bench = recorded
    sql = "SELECT repeat('x', 1000) AS x FROM range(1500)"
    cut = with_config(bench, "max_result_mb: 1\n", "query", sql)
    whole = with_config(bench, "max_result_mb: 2\n", "query", sql)
    assert "omitted" in cut and len(cut["rows"]) < 1100
    assert "omitted" not in whole and len(whole["rows"]) == 1500


def test_query_timeout_s(recorded):
    sql = "SELECT count(*) FROM range(100000000) a, range(1000000) b"
    told = with_config(recorded, "query_timeout_s: 1\n", "query", sql)
    assert told["error"] == "QueryTimeoutError" and " 1 second" in told["message"]
