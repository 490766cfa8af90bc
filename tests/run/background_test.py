"""What a program records is stored while it runs and when it has ended, by processes that are none of its own."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import time
from pathlib import Path

import duckdb
import pytest
from helpers import SANITIZED, Bench, Run

pytestmark = pytest.mark.one_python

# Records a good deal more than the threshold; waits for its end until `go` is there.
PROGRAM = """
import os, resource, signal, sys, time

chld = []
signal.signal(signal.SIGCHLD, lambda *_: chld.append(1))

def f(n):
    return "x" * 200

def fill(count):
    for n in range(count):
        f(n)

{before}
fill(12_000)
print("filled", flush=True)
while not os.path.exists("go"):
    time.sleep(0.02)
{after}
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
children = open(f"/proc/self/task/{{os.getpid()}}/children").read().split()
try:
    os.waitpid(-1, os.WNOHANG)
    waited = True
except ChildProcessError:
    waited = False
print(chld, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, children, waited, flush=True)
"""
QUIET = "[] 0.0 0 [] False"
KILLS = 60 if os.environ.get("BREADCRUMB_TEST_LONG") else 6


def stored(database: Path, function: str = "f") -> int:
    """Without taking anything in; -1: there is nothing, or somebody writes."""
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            sql = f"SELECT count(*) FROM calls WHERE function_name = '{function}'"
            (n,) = connection.sql(sql).fetchone()
            return n
    except duckdb.Error:
        return -1


def wait_until(wanted, seconds: float = 240):
    """What it waits for has the lowest priority but one: a machine with more to do lets it wait."""
    end = time.monotonic() + seconds
    while not (found := wanted()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
    return found


def ours(bench: Bench, *, ingests: bool = False) -> list[int]:
    """Processes of ours that work for this database; or only those that are a `breadcrumb ingest`."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_bytes()
        except OSError:
            continue
        name = os.path.basename(words.partition(b"\0")[0])
        if name.startswith(b"breadcrumb") and str(bench.database).encode() in words:
            if not ingests or words.split(b"\0")[1] == b"ingest":
                found.append(int(path.name))
    return found


def start(bench: Bench, python, *, before: str = "", after: str = "", mb: str = "1", **more):
    bench.write({"program.py": PROGRAM.format(before=before, after=after)})
    words = [*bench.tracing("--every-call"), python.path, "program.py"]
    environment = {"BREADCRUMB_INGEST_MB": mb} | more.pop("env", {})
    return bench.start(words, env=environment, **more)


def test_a_long_run_is_stored_while_it_runs(bench, python):
    with start(bench, python) as process:
        assert process.stdout.readline() == b"filled\n"
        assert wait_until(lambda: stored(bench.database) > 5_000)
        trail = sum(file.stat().st_size for file in bench.database.parent.rglob("thread-*"))
        (bench.project / "go").touch()
        out, err = process.communicate(timeout=60)
    assert (out.decode().strip(), err, process.returncode) == (QUIET, b"", 0)
    assert trail < 4 << 20, "what is stored leaves the trail"
    assert stored(bench.database) == 12_000


def test_not_below_the_threshold(bench, python):
    for mb in ("0", "64"):
        (bench.project / "go").unlink(missing_ok=True)
        with start(bench, python, mb=mb) as process:
            assert process.stdout.readline() == b"filled\n"
            time.sleep(1.5)
            before = stored(bench.database)
            (bench.project / "go").touch()
            assert process.communicate(timeout=60) == (f"{QUIET}\n".encode(), b"")
        assert before in (-1, 12_000 * (mb == "64"))


# At a quota of one megabyte: three times most of it, a moment apart; then many times as much at once.
SMALL_QUOTA = """
import os, pathlib, random, sys, time
trail = pathlib.Path(os.environ["BREADCRUMB_RUN"])
drawn = random.Random(1)

def used():
    found = 0
    for path in trail.rglob("*"):
        try:
            found += path.stat().st_blocks * 512
        except FileNotFoundError:
            pass
    return found

def kept(n): return "%0190x" % drawn.getrandbits(760)
def lost(n): return "%0190x" % drawn.getrandbits(760)
def after(n): return n

def until_there_is_room():
    end = time.monotonic() + 240
    while used() > 500_000 and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(0.5)  # who was refused asks again after 0.1 s

for round in range(3):
    n = 0
    while used() < 700_000:
        for _ in range(50):
            kept(n)
            n += 1
    print(n)
    until_there_is_room()
for n in range(20_000):
    lost(n)
until_there_is_room()
for n in range(100):
    after(n)
"""


def test_a_small_quota_is_made_room_in_too(bench, python):
    """Half of it is worth an ingest: who is not too fast loses nothing, and who was is recorded again afterwards."""
    bench.write({"program.py": SMALL_QUOTA})
    ended = bench.run([*bench.tracing("--every-call", "--quota", "1"), python.path, "program.py"])
    assert (ended.status, ended.err) == (0, "")
    wanted = sum(map(int, ended.out.split()))
    assert wanted * 200 > 1 << 20, "more than the quota in all"
    rows = Run(bench, ended).query(
        "SELECT function_name AS f, call_count AS called, recorded_calls AS recorded, "
        "(SELECT sum(events)::INT FROM losses l WHERE l.function_id = s.function_id) AS lost "
        "FROM function_stats s WHERE function_name IN ('kept', 'lost', 'after') ORDER BY 1"
    )
    after, kept, lost = (row | {"f": None} for row in rows)
    assert after == {"f": None, "called": 100, "recorded": 100, "lost": None}
    assert kept == {"f": None, "called": wanted, "recorded": wanted, "lost": None}
    assert lost["called"] == 20_000 == lost["recorded"] + lost["lost"] and lost["lost"] > 0
    traces = (
        "SELECT metadata->>'overflows' AS n, metadata->>'recording_stopped' AS stopped FROM traces"
    )
    assert Run(bench, ended).query(traces) == [{"n": "1", "stopped": "false"}]


def test_init_alone(bench, python):
    """Nobody runs it: a follower, which is nobody's child, stores what there is, also after a kill."""
    lib = bench.run([bench.program, "doctor", "--python-path"]).out.strip()
    words = f"db_path={str(bench.database)!r}, hot_threshold=0, silent=True, ingest_mb=1"
    before = f"import breadcrumb; breadcrumb.init({words})"
    bench.write({"program.py": PROGRAM.format(before=before, after="os.kill(os.getpid(), 9)")})
    with bench.start([python.path, "program.py"], env={"PYTHONPATH": lib}) as process:
        assert process.stdout.readline() == b"filled\n"
        assert wait_until(lambda: stored(bench.database) > 5_000)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
        assert children == ""
        (bench.project / "go").touch()
        assert process.wait(60) == -signal.SIGKILL
    assert wait_until(lambda: stored(bench.database) == 12_000)

    wait_until(lambda: not ours(bench), 30)
    with duckdb.connect(str(bench.database), read_only=True) as connection:
        assert connection.sql(
            "SELECT count(*) FROM traces WHERE status <> 'running'"
        ).fetchall() == [(1,)]


def test_init_where_orphans_are_adopted(bench, python):
    """A subreaper, like the first process of a container, would meet a follower as its child: it gets none."""
    lib = bench.run([bench.program, "doctor", "--python-path"]).out.strip()
    words = f"db_path={str(bench.database)!r}, silent=True, ingest_mb=1"
    before = f"""
import breadcrumb, ctypes
assert ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) == 0
breadcrumb.init({words})
"""
    bench.write({"program.py": PROGRAM.format(before=before, after="")})
    (bench.project / "go").touch()
    ended = bench.run([python.path, "program.py"], env={"PYTHONPATH": lib})
    assert "[] False" in ended.out, ended
    assert not ours(bench)
    assert bench.breadcrumb("query", "SELECT count(*) AS n FROM calls").out.count('"n":') == 1


def test_a_daemon_that_outlives_its_run(bench, python):
    after = """
if os.fork() == 0:
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    while not os.path.exists("again"):
        time.sleep(0.02)
    fill(12_000)
    while not os.path.exists("end"):
        time.sleep(0.02)
    os._exit(0)
"""
    with start(bench, python, after=after) as process:
        (bench.project / "go").touch()
        process.communicate(timeout=60)
    assert stored(bench.database) == 12_000
    (bench.project / "again").touch()
    assert wait_until(lambda: stored(bench.database) > 17_000), "while it runs"
    (bench.project / "end").touch()
    assert wait_until(lambda: stored(bench.database) == 24_000)
    wait_until(lambda: not ours(bench), 30)


def disturb(pid: int, number: int) -> bool:
    """Every other one is killed, the rest is stopped for a while. False: it had ended before."""
    try:
        terminal = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[4]
        assert (terminal, os.readlink(f"/proc/{pid}/cwd")) == ("0", "/")
        if number % 2:
            os.kill(pid, signal.SIGKILL)
            return True
        os.kill(pid, signal.SIGSTOP)
        time.sleep(0.2)
        os.kill(pid, signal.SIGCONT)
    except (ProcessLookupError, FileNotFoundError):
        return False
    return True


def test_one_at_a_time_and_killed_without_harm(bench, python):
    """Never a second one, nothing lost or doubled; the last one is stopped for good, and keeps nobody waiting."""
    before = """
rounds = 0
while not os.path.exists("enough"):
    fill(2_000)
    rounds += 1
    time.sleep(0.05)
open("rounds", "w").write(str(rounds))
"""
    most, kills = 0, 0
    with start(bench, python, before=before) as process:
        while not (bench.project / "go").exists():
            pids = ours(bench, ingests=True)
            most = max(most, len(pids))
            for pid in pids:
                if kills == KILLS:
                    os.kill(pid, signal.SIGSTOP)
                    (bench.project / "enough").touch()
                elif disturb(pid, kills):
                    kills += 1
            if select_line(process) == b"filled\n":
                (bench.project / "go").touch()
            time.sleep(0.005)
        out, err = process.communicate(timeout=60)
    assert (out.decode().strip(), err, process.returncode) == (QUIET, b"", 0)
    assert most == 1
    made = 12_000 + 2_000 * int((bench.project / "rounds").read_text())
    with duckdb.connect(str(bench.database), read_only=True) as connection:
        counts = connection.sql(
            "SELECT count(*), count(DISTINCT call_id) FROM calls WHERE function_name = 'f'"
        ).fetchone()
    assert counts == (made, made)
    assert not ours(bench)


MUCH = """
import os, signal

def g(n):
    return n

for n in range(700_000):
    g(n)
os.kill(os.getppid(), signal.SIGKILL)
"""


def test_questions_come_in_between(bench, python):
    """An ingest in the background gives the database free after each turn, and ends then when it is told to."""
    bench.write({"much.py": MUCH})
    bench.run([*bench.tracing("--every-call"), python.path, "much.py"])
    words = [bench.program, "ingest", "--background", "--db-path", bench.database]
    with bench.start(words) as first:
        assert wait_until(lambda: stored(bench.database, "g") > 0)
        first.send_signal(signal.SIGTERM)
        assert first.wait(60) == 0
    part = stored(bench.database, "g")
    assert 0 < part < 700_000
    with bench.start(words) as second:
        answers = []
        while second.poll() is None:
            answers.append(bench.breadcrumb("query", "SELECT count(*) AS n FROM calls"))
        told = json.loads(second.stdout.read())["ingest"]
    # With sanitizers a turn may take longer than a question waits for it.
    refused = [answer.out for answer in answers if answer.status != 0]
    assert not refused or (SANITIZED and all("DatabaseLockedError" in out for out in refused))
    counts = [json.loads(answer.out)["rows"][0]["n"] for answer in answers if answer.status == 0]
    assert counts == sorted(counts) and counts[0] >= part
    assert stored(bench.database, "g") == 700_000
    assert 0 <= told["rows"] < 700_000


def select_line(process: subprocess.Popen[bytes]) -> bytes:
    """The program's next line if there is one by now."""
    ready, _, _ = select.select([process.stdout], [], [], 0)
    return process.stdout.readline() if ready else b""


def test_a_reader_keeps_nobody_waiting(bench, python):
    """Questions are answered while it runs and stores in the background."""
    with start(bench, python) as process:
        assert process.stdout.readline() == b"filled\n"
        answers = [bench.breadcrumb("query", "SELECT count(*) AS n FROM calls") for _ in range(10)]
        (bench.project / "go").touch()
        process.communicate(timeout=60)
    assert [answer.status for answer in answers] == [0] * 10
    assert json.loads(answers[-1].out)["rows"][0]["n"] > 5_000
