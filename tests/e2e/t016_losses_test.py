"""What could not be kept is counted, by cause, and the program never notices."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
from helpers import SANITIZED, answered

pytestmark = pytest.mark.one_python

# Nothing makes room of itself.
ALONE = {"BREADCRUMB_INGEST_MB": "0"}

LOOP = """
    {before}

    def f(n):
        return "x" * 100

    for n in range(50_000):
        f(n)
    print("done")
"""


def kept_and_lost(run) -> tuple[int, dict[str, int]]:
    lost = run.query("SELECT cause, sum(events)::BIGINT AS events FROM losses GROUP BY 1")
    kept = run.value("SELECT count(*) FROM calls WHERE function_name = 'f'")
    return kept, {row["cause"]: row["events"] for row in lost}


def test_quota(trace):
    run = trace(LOOP.format(before=""), "--every-call", "--quota", "1", env=ALONE)
    kept, lost = kept_and_lost(run)
    assert 2_000 < kept < 20_000, "about a megabyte"
    assert lost == {"quota": 50_000 - kept}


def test_file_size_limit(trace):
    before = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))"
    run = trace(LOOP.format(before=before), "--every-call")
    kept, lost = kept_and_lost(run)
    assert 500 < kept < 5_000
    assert lost == {"disk_full": 50_000 - kept}


# Texts that do not get smaller: on the rest of a disk that its trail has filled, others would find room.
DRAWN = """
    import random
    drawn = random.Random(1)

    def f(n):
        return "%0100x" % drawn.getrandbits(400)

    for n in range(50_000):
        f(n)
    print("done")
"""
FULL_DISK = """
    mount -t tmpfs -o size="$4" tmpfs "$1" || exit 77
    database=$1/traces.duckdb program=$2 python=$3
    "$program" run -t 100 --every-call --db-path "$database" -- "$python" program.py
    echo "status $?"
    dd if=/dev/zero of="$1/rest" bs=4k 2> /dev/null
    "$program" query --db-path "$database" "SELECT 1" > /dev/null
    echo "query $?"
    rm "$1/rest"
    mount -o remount,size=300m "$1"
    exec "$program" query --db-path "$database" "
        SELECT (SELECT count(*) FROM calls WHERE function_name = 'f') AS kept,
               (SELECT call_count FROM function_stats WHERE function_name = 'f') AS called,
               (SELECT map_from_entries(list((cause, events))) FROM
                   (SELECT cause, sum(events)::BIGINT AS events FROM losses GROUP BY 1)) AS lost"
"""


def on_a_small_disk(bench, python, program: str, script: str, *more: str):
    """Runs the script in a tmpfs of its own, with its folder, breadcrumb and the Python as $1 to $3, then `more`."""
    bench.write({"program.py": program, "script.sh": script})
    alone = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*alone, "true"], capture_output=True).returncode != 0:
        pytest.skip("no mounts of its own for this user")
    words = [bench.database.parent, bench.program, python.path, *more]
    ended = bench.run([*alone, "sh", "script.sh", *words])
    if ended.status == 77:
        pytest.skip("no tmpfs for this user")
    return ended


@pytest.mark.parametrize(("size", "status"), [("3m", 0), ("2240k", 1)], ids=["some", "none"])
def test_full_disk(bench, python, size, status):
    """Trail and database are on a full disk, which has room for the tables of the database, or not even for these: the
    program runs on. Once there is room, what was kept is stored, and what was not is counted."""
    ended = on_a_small_disk(bench, python, DRAWN, FULL_DISK, size)
    program, rows = ended.out.split("{", 1)
    assert program == f"done\nstatus 0\nquery {status}\n"
    [row] = json.loads("{" + rows)["rows"]
    assert row["called"] == 50_000
    assert row["lost"] == {"disk_full": 50_000 - row["kept"]} and 5_000 < row["kept"] < 40_000
    assert "the disk is full; nothing is lost: it is kept in" in ended.err
    assert "WARNING: the disk is full. Dropped" in ended.err
    [told] = re.findall(r"full. Dropped (\d+) events total", ended.err)[-1:]
    assert int(told) == 50_000 - row["kept"]


# The rest of the disk is taken, and given back when the recorder has tried a dozen times to go on.
FREED_DISK = """
    import os, random, sys, time
    drawn = random.Random(1)

    def f(n):
        return "%0100x" % drawn.getrandbits(400)

    def after():
        pass

    for n in range(20_000):
        f(n)
    end = time.monotonic() + 1.2
    while time.monotonic() < end:
        f(n)
        time.sleep(0.01)
    os.remove(sys.argv[1])
    time.sleep(0.2)
    for n in range(100):
        after()
    print("done")
"""
FREED = """
    mount -t tmpfs -o size=40m tmpfs "$1" || exit 77
    dd if=/dev/zero of="$1/rest" bs=1M count=38 2> /dev/null
    "$2" run -t 100 --silent --every-call --db-path "$1/x.duckdb" -- "$3" program.py "$1/rest"
    exec "$2" query --db-path "$1/x.duckdb" "
        SELECT (SELECT count(*) FROM calls WHERE function_name = 'after') AS after,
               (SELECT map_from_entries(list(DISTINCT (cause, function_id IS NULL))) FROM losses) AS lost,
               (SELECT metadata->>'overflows' FROM traces) AS overflows,
               (SELECT metadata->>'recording_stopped' FROM traces) AS stopped"
"""


def test_a_full_disk_that_has_room_again(bench, python):
    """However long it was full: that was one overflow, and what is called afterwards is recorded."""
    ended = on_a_small_disk(bench, python, FREED_DISK, FREED)
    program, rows = ended.out.split("{", 1)
    assert program == "done\n", ended
    [row] = json.loads("{" + rows)["rows"]
    assert row == {"after": 100, "lost": {"disk_full": False}, "overflows": "1", "stopped": "false"}


# Three times full, with room in between.
DISK_THRICE = """
    import os, sys, time

    def f(n):
        return "x" * 1000

    for _ in range(3):
        with open(sys.argv[1], "wb", buffering=0) as rest:
            try:
                while True:
                    rest.write(bytes(1 << 16))
            except OSError:
                pass
        for n in range(20_000):
            f(n)
        os.remove(sys.argv[1])
        time.sleep(0.3)
        f(n)
"""
THRICE = """
    mount -t tmpfs -o size=40m tmpfs "$1" || exit 77
    "$2" run -t 100 --silent --every-call --db-path "$1/x.duckdb" -- "$3" program.py "$1/rest"
    "$2" report --db-path "$1/x.duckdb" --format table
    exec "$2" overview --db-path "$1/x.duckdb"
"""


def test_a_full_disk_that_stops_the_recording_is_no_small_quota(bench, python):
    ended = on_a_small_disk(bench, python, DISK_THRICE, THRICE)
    report, overview = ended.out.split("\n{", 1)
    assert "QUEUE OVERFLOW LIMIT REACHED (3 breaks)" in report and "  Cause: disk_full\n" in report
    assert "Make room on the disk" in report and "--quota" not in report
    answer = json.loads("{" + overview)
    assert "stopped itself after 3 overflows" in answer["recording_stopped"]
    assert not any("--quota" in step["command"] for step in answer["next"])


def test_losses_of_a_thread(trace):
    """A thread that ends while something of it is lost says so."""
    run = trace(
        """
        import threading

        def f(n):
            return "x" * 100

        def work():
            for n in range(20_000):
                f(n)

        for _ in range(3):
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
        """,
        "--every-call",
        "--quota",
        "1",
        env=ALONE,
    )
    kept, lost = kept_and_lost(run)
    assert kept + lost["quota"] >= 60_000


def test_nothing_is_lost_without_need(trace):
    run = trace(LOOP.format(before=""), "--every-call")
    assert kept_and_lost(run) == (50_000, {})


def test_repr_that_takes_too_long(trace):
    """values = repr: when the values of one call took 10 ms the rest of them are told by type, and that is counted."""
    source = """
        import time

        class Slow:
            def __repr__(self):
                time.sleep(0.02)
                return "slow"

        def take(a, b, c):
            pass

        def make():
            return Slow()

        take(Slow(), [1], Slow())
        take([1], [2], Slow())
        take([1], [2], [3])
        make()
    """
    run = trace(source, "--values", "repr", harmless=False)
    first, second, third = run.arguments("take")
    assert first["a"]["$repr"] == "slow" and first["b"] == {"$type": "list"}
    assert first["c"] == {"$type": "__main__.Slow"}
    assert second["a"]["$repr"] == "[1]" and second["c"]["$repr"] == "slow"
    assert [one["$repr"] for one in third.values()] == ["[1]", "[2]", "[3]"]
    told = run.query(
        "SELECT cause, function_name AS f, events FROM losses JOIN functions f ON f.id = function_id ORDER BY 2"
    )
    budget = {"cause": "value_budget"}
    assert told == [budget | {"f": "make", "events": 1}, budget | {"f": "take", "events": 2}]


def test_what_is_lost_otherwise_is_no_want_of_room(bench, python):
    """Hundreds of losses for another cause: `run` does not say that the quota or the disk is full."""
    source = """
        import time

        class Slow:
            def __repr__(self):
                time.sleep(0.011)
                return "slow"

        def take(a, b):
            pass

        for _ in range(110):
            take(Slow(), [1])
    """
    bench.write({"program.py": source})
    options = ["--values", "repr", "--every-call"]
    words = [word for word in bench.tracing(*options) if word != "--silent"]
    ended = bench.run([*words, python.path, "program.py"])
    assert ended.status == 0 and "- value_budget: 110 events lost in __main__.take" in ended.err
    assert "WARNING" not in ended.err


STOPPING = """
    import subprocess, sys, time

    def f(n):
        return "x" * 1000

    def burst():
        for n in range(6000):
            f(n)

    breadcrumb, database = sys.argv[1:]
    for n in range({bursts}):
        burst()
        subprocess.run([breadcrumb, "ingest", "--db-path", database], check=True, capture_output=True)
        time.sleep(0.15)
    for n in range(10):
        f(-1)
"""


def bursts(trace, bench, n: int, *options: str, then: str = ""):
    """Each fills a quota of a megabyte, and an ingest makes room again."""
    words = [str(bench.program), str(bench.database)]
    source = STOPPING.format(bursts=n) + then
    command = ["--every-call", "--quota", "1", *options]
    return trace(source, *command, arguments=words, harmless=False, env=ALONE)


def test_recording_goes_on_when_there_is_room(trace, bench):
    run = bursts(trace, bench, 2)
    kept, lost = kept_and_lost(run)
    assert lost == {"quota": 12_010 - kept}
    assert run.value("SELECT count(*) FROM calls WHERE args->>'n' = '-1'") == 10
    assert run.value("SELECT metadata->>'overflows' FROM traces") == "2"
    assert run.value("SELECT call_count FROM function_stats WHERE function_name = 'f'") == 12_010


# Without a GIL code waits for the collector, which by default lets 80,000 objects pass: 20 MB.
COMPILES = """
    import gc, os, pathlib, sys

    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        gc.set_threshold(100)

    def trail():
        folder = pathlib.Path(os.environ["BREADCRUMB_RUN"])
        return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())

    def memory():
        for line in open("/proc/self/smaps_rollup"):
            if line.startswith("Anonymous:"):
                return int(line.split()[1])

    def fill(n):
        return "x" * 190

    def make(count):
        for n in range(count):
            exec(f"def made_{n}(x):\\n    return x\\nmade_{n}(1)", {})

    for n in range(10_000):
        fill(n)
    memory(), trail()
    make(50_000)
    before = memory(), trail()
    make(40_000)
    after = memory(), trail()
    sys.stderr.write(f"{after[0] - before[0]} {after[1] - before[1]} {after[1]}")
"""


@pytest.mark.skipif(SANITIZED, reason="measures memory, of which ASan keeps what was freed")
def test_a_program_that_compiles_for_ever_behind_a_full_quota(trace, python):
    """What cannot be recorded takes neither memory nor room of the trail; it is counted."""
    run = trace(COMPILES, "--every-call", "--quota", "1", harmless=False, env=ALONE)
    memory, grown, all_of_it = map(int, run.ended.err.split())
    # There it goes up and down by a megabyte untraced too.
    assert memory < (2000 if python.free_threaded else 400), "KiB"
    assert grown < 2 * 2**20 and all_of_it < 24 * 2**20
    made = run.value("SELECT count(*) FROM calls WHERE function_name LIKE 'made%'")
    lost = run.value("SELECT sum(events)::INT FROM losses WHERE cause = 'quota'")
    assert made < 1000 and lost >= 2 * (90_000 - made)


def test_the_third_overflow_stops_the_recording(trace, bench):
    """The program runs on, and what it calls is counted."""
    raising = """
    def fails(n):
        raise ValueError(n)

    for n in range(40):
        try:
            fails(n)
        except ValueError:
            pass
    """
    run = bursts(trace, bench, 4, then=raising)
    kept, lost = kept_and_lost(run)
    fails = "SELECT call_count, exception_count FROM function_stats WHERE function_name = 'fails'"
    assert run.query(fails) == [{"call_count": 40, "exception_count": 40}]
    of_f = "SELECT sum(events)::BIGINT FROM losses JOIN functions f ON f.id = function_id WHERE f.function_name = 'f'"
    assert run.value(of_f) == 24_010 - kept
    assert lost.keys() == {"quota"}
    assert run.value("SELECT count(*) FROM calls WHERE args->>'n' = '-1'") == 0
    assert run.value("SELECT metadata->>'recording_stopped' FROM traces") == "true"
    assert run.value("SELECT call_count FROM function_stats WHERE function_name = 'f'") == 24_010


def test_warnings_and_the_report_of_the_stop(bench, python):
    source = STOPPING.format(bursts=4) + "\n    time.sleep(0.7)\n"
    bench.write({"program.py": source})
    words = [word for word in bench.tracing("--every-call", "--quota", "1") if word != "--silent"]
    command = [*words, python.path, "program.py", str(bench.program), str(bench.database)]
    ended = bench.run(command, env=ALONE)
    assert ended.status == 0
    warning, report = ended.err.split("AUTO-STOP REPORT")
    assert "WARNING: Breadcrumb's quota is full. Dropped " in warning
    assert "events total.\n\nMost frequent calls being dropped:\n  __main__.f: " in warning
    assert warning.count("WARNING: ") <= 3, "not more often than a person can read"
    assert "QUEUE OVERFLOW LIMIT REACHED (3 breaks)" in warning
    for section in (
        "Writer Statistics:\n  Events written: ",
        "  Queue breaks: 3\n",
        "Functions Causing Overflow:\n  __main__.f: ",
        "Smart Auto-Filter Statistics:\n  Truncated functions: ",
        "Recommendations:\n  1. Use --exclude patterns to filter noisy frameworks\n",
    ):
        assert section in report


def test_the_report_tells_of_the_stop_at_any_time(trace, bench):
    """Asked for later it says the same as at the run's end, as JSON too."""
    run = bursts(trace, bench, 4)
    kept, lost = kept_and_lost(run)
    answer = answered(bench.breadcrumb("report"))
    stop = answer["auto_stop"]
    assert (stop["queue_breaks"], stop["processes_stopped"]) == (3, 1)
    assert stop["events_written"] == answer["metrics"]["total_events"] >= 2 * kept
    assert stop["events_dropped"] == lost["quota"]
    assert (stop["hot_threshold"], stop["quota_mb"], stop["cause"]) == (0, 1, "quota")
    assert answer["dropped_functions"][0]["function"] == "__main__.f"
    assert sum(row["events"] for row in answer["dropped_functions"]) == lost["quota"]
    assert answer["auto_filter"] == {"functions": 0, "events": 0}
    tips = [row["tip"] for row in answer["recommendations"]]
    assert "Let hot functions be thinned: leave out --every-call" in tips
    assert any("--quota" in tip for tip in tips) and any("--exclude" in tip for tip in tips)
    text = bench.breadcrumb("report", "--format", "table").out
    assert text.startswith("BREADCRUMB RUN REPORT\n")
    assert "\nQUEUE OVERFLOW LIMIT REACHED (3 breaks)\n\nBREADCRUMB AUTO-STOP REPORT\n====" in text
    assert f"  Events dropped: {lost['quota']}\n  Queue breaks: 3\n  Processes stopped: 1\n" in text
    overview = answered(bench.breadcrumb("overview"))
    assert overview["recording_stopped"].startswith(
        f"the recording stopped itself after 3 overflows of its quota or the disk: {lost['quota']} events"
    )
    assert "--quota 4 " in overview["next"][0]["command"]


def test_the_report_of_a_recording_that_went_on_has_no_stop(trace, bench):
    bursts(trace, bench, 2)
    answer = answered(bench.breadcrumb("report"))
    assert not {"auto_stop", "dropped_functions", "auto_filter", "recommendations"} & answer.keys()
    assert [row["cause"] for row in answer["losses"]] == ["quota"]
    assert "recording_stopped" not in answered(bench.breadcrumb("overview"))
    assert "AUTO-STOP" not in bench.breadcrumb("report", "--format", "table").out
