"""`breadcrumb set`: other settings for a program that is being recorded, without touching it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time

import pytest
from told_program import Running


@pytest.fixture
def start(bench, python):
    started: list[Running] = []

    def begin(*options: str) -> Running:
        started.append(Running(bench, python, *options))
        return started[-1]

    yield begin
    for running in started:
        running.process.kill()
        running.process.wait()
        running.process.stdout.close()


def test_an_exclude_and_its_end(start):
    running = start()
    (told,) = running.set("exclude=noise")
    assert told["set"] == "exclude=noise\n" and told["pid"] > 0 and told["run"]
    running.turn()
    running.set("exclude=")
    running.turn()
    assert running.end() == {"work": [0, 1, 2], "hum": [0, 2]}


def test_an_include_reaches_code_that_was_left_out(start):
    running = start("--include", "__main__")
    running.turn()
    running.set("include=__main__,noise")
    running.turn()
    assert running.end() == {"work": [0, 1, 2], "hum": [2]}


def test_off_and_on(start):
    running = start()
    running.set("enabled=no")
    running.turn()
    running.turn()
    running.set("enabled=yes")
    running.turn()
    assert running.end() == {"work": [0, 3], "hum": [0, 3]}


def test_what_was_set_before_stays(start, bench):
    running = start()
    running.set("sample_rate=0.0", "values=names")
    running.turn()
    (told,) = running.set("sample_rate=1")
    assert sorted(told["set"].splitlines()) == ["sample_rate=1.000000000000", "values=names"]
    status = json.loads(bench.breadcrumb("status").out)
    assert [process["set"] for process in status["processes"] if process["alive"]] == [told["set"]]
    running.turn()
    ended = running.end()
    assert ended["work"] == [0, None], "the second turn was not sampled, the third has types only"


def test_the_gears_of_hot_functions(start):
    running = start()
    running.set("hot_threshold=1")
    for _ in range(3):
        running.turn()
    running.set("hot_threshold=0")
    running.turn()
    assert running.end() == {"work": [0, 1, 4], "hum": [0, 1, 4]}


def test_lines(start, bench):
    running = start()
    running.set("lines=yes")
    running.turn()
    running.set("lines=no")
    running.turn()
    assert running.end() == {"work": [0, 1, 2], "hum": [0, 1, 2]}
    sql = "SELECT args->>'n' AS n FROM lines l JOIN calls c USING (trace_id, call_id) WHERE c.function_name = 'work'"
    assert json.loads(bench.breadcrumb("query", sql).out)["rows"] == [{"n": "1"}]


def test_two_at_once_lose_nothing(start, bench):
    running = start()
    keys = ("max_chars", "max_items", "max_depth", "max_attributes", "max_value_bytes")
    words = [[bench.program, "set", f"{key}=16", "--db-path", bench.database] for key in keys]
    started = [bench.start(word, stdout=subprocess.DEVNULL) for word in words]
    assert [process.wait(60) for process in started] == [0] * len(keys)
    (process,) = json.loads(bench.breadcrumb("status").out)["processes"]
    assert sorted(process["set"].splitlines()) == sorted(f"{key}=16" for key in keys)
    running.end()


@contextlib.contextmanager
def alone(bench, python, source: str, *options: str):
    """Runs a program that is not recorded and tells by a file `seen` that it has begun, until there is a file `end`."""
    bench.write({"program.py": source, "noise.py": "def hum(n): pass\n"})
    words = [*bench.tracing(*options), python.path, "program.py"]
    process = bench.start(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while not (bench.project / "seen").exists():
            assert time.monotonic() < end
            time.sleep(0.01)
        yield
    finally:
        (bench.project / "end").touch()
        assert process.wait(60) == 0


def told(bench, *words: str) -> dict:
    (process,) = json.loads(bench.breadcrumb("set", *words).out)["processes"]
    return process


def heard_soon(bench, *words: str) -> None:
    """`set` waits half a second for it; a machine with much else to do may need another."""
    end = time.monotonic() + 60
    while not (process := told(bench, *words))["taken"]:
        assert "not heard yet" in process["waiting"]
        assert time.monotonic() < end, process
    assert process["waiting"] is None


def test_left_out_code_alone_hears_of_it(bench, python):
    """All of it is called more than twenty times a second, raises nothing and is left out."""
    source = """
    import noise, os, time
    for n in range(10**9):
        noise.hum(n)
        time.sleep(0.005)
        if n == 200:
            open("seen", "w").close()
        if os.access("end", os.F_OK):
            break
    """
    with alone(bench, python, source, "--exclude", "*"):
        heard_soon(bench, "exclude=")


def test_code_that_is_called_thousands_of_times_a_second_hears_of_it(bench, python):
    """Nothing that runs is called less often: some ten thousand times a second, in two loops one after the other."""
    source = """
    import noise, os
    def slow(n):
        for _ in range(1000):
            n += 1
    def other(n):
        for _ in range(1000):
            n -= 1
    for n in range(10000):
        other(n)
    open("seen", "w").close()
    while not os.access("end", os.F_OK):
        slow(n)
        noise.hum(n)
    """
    with alone(bench, python, source, "--exclude", "*"):
        time.sleep(1)  # until hum() is switched off, if it ever is
        heard_soon(bench, "exclude=")


@pytest.mark.since(3, 12)
def test_what_is_not_heard_is_said(bench, python):
    """Of hot code that is left out there is no event. An exception is one."""
    source = """
    import noise, os
    open("seen", "w").close()
    while not os.access("end", os.F_OK):
        for n in range(100000):
            noise.hum(n)
        if os.access("wake", os.F_OK):
            try:
                raise KeyError
            except KeyError:
                pass
    """
    with alone(bench, python, source, "--exclude", "*"):
        time.sleep(1)  # until hum() is switched off
        process = told(bench, "exclude=")
        assert process["taken"] is False
        assert process["waiting"].startswith("not heard yet: ") and "start" in process["waiting"]
        assert "not heard yet: " in bench.breadcrumb("set", "exclude=", "--format", "table").out
        (bench.project / "wake").touch()
        heard_soon(bench, "exclude=")


def test_a_busy_program_takes_it_at_once(bench, python):
    """Also for code that it has called a million times, and that was switched off."""
    source = """
    import os, noise
    def work(): pass
    for _ in range(300000):
        noise.hum(0)
    open("seen", "w").close()
    while not os.path.exists("end"):
        for _ in range(1000):
            noise.hum(0)
        work()
    """
    with alone(bench, python, source, "--exclude", "noise"):
        heard_soon(bench, "exclude=")
        time.sleep(0.1)
    sql = "SELECT DISTINCT function_name AS f FROM calls WHERE function_name IN ('hum', 'work') ORDER BY f"
    rows = json.loads(bench.breadcrumb("query", sql).out)["rows"]
    assert [row["f"] for row in rows] == ["hum", "work"]


def test_who_is_meant(start, bench):
    running, other = start(), start()
    pids = {row["pid"]: row["run"] for row in running.set("max_items=5")}
    assert len(pids) == 2
    pid, run = next(iter(pids.items()))
    assert [row["pid"] for row in running.set("max_items=6", "--pid", str(pid))] == [pid]
    assert [row["pid"] for row in running.set("max_items=7", "--run", run)] == [pid]
    refused = bench.breadcrumb("set", "max_items=6", "--pid", "1")
    assert refused.status == 1 and "no such process" in json.loads(refused.out)["message"]
    running.end()
    other.end()


@pytest.mark.one_python
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sample_rate=7"], "'7' does not fit sample_rate"),
        (["samplerate=1"], "did you mean 'sample_rate'?"),
        (["db_path=x"], "cannot change while a program runs"),
        (["include=["], "without its ']'"),
        (["values"], "not KEY=VALUE"),
        ([], "KEY=VALUE is missing"),
        (["exclude=" + ",".join(f"m{i}" for i in range(9000))], "too long"),
        (["max_items=6"], "no process is being recorded now"),
    ],
)
def test_what_does_not_fit_is_refused(bench, words, said):
    ended = bench.breadcrumb("set", *words)
    assert ended.status == 1
    assert said in ended.out
