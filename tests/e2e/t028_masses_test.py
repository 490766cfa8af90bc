"""Very many threads, very many processes, no room for more of them, no memory: each is recorded as far as it came, and
the program behaves as ever. BREADCRUMB_TEST_LONG=1 does the same with the numbers that a server sees in a day.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess

import pytest
from helpers import SANITIZED, Ended, Run

LONG = os.environ.get("BREADCRUMB_TEST_LONG") == "1"

THREADS = """
import threading

def work(n):
    return n + 1

def body(n):
    gate.wait()
    return work(n)

threading.stack_size(128 * 1024)
gate = threading.Barrier(COUNT)
threads = [threading.Thread(target=body, args=(n,), name=f"t{n}") for n in range(COUNT)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(threads))
"""


def test_two_thousand_threads_at_once(trace):
    count = 2_000
    run = trace(THREADS.replace("COUNT", str(count)), "--every-call")
    assert run.ended.out == f"{count}\n"
    [row] = run.query("""
        SELECT count(*) AS calls, count(DISTINCT c.thread_id) AS threads, count(DISTINCT t.name) AS names,
               sum((c.args->>'n')::INT) AS total
        FROM calls c JOIN threads t USING (trace_id, thread_id)
        WHERE c.function_name = 'work' AND c.result::INT = (c.args->>'n')::INT + 1
    """)
    lost = run.value("SELECT coalesce(sum(events), 0)::INT FROM losses")
    assert (row["calls"] + lost, lost) == (count, 0), (row, run.query("SELECT * FROM losses"))
    assert row["threads"] == row["names"] == count and row["total"] == sum(range(count))


ONE_BY_ONE = """
import sys, threading

def work(n):
    return n

for n in range(int(sys.argv[1])):
    thread = threading.Thread(target=work, args=(n,))
    thread.start()
    thread.join()
"""


@pytest.mark.any_python
def test_threads_one_after_the_other(bench, python):
    """A thread for each request: 70,000 with BREADCRUMB_TEST_LONG=1, more than a process may have mappings, and
    more than the registry names.
    """
    # Without a GIL who waits for a lock gives way 40 times first: minutes for 2,000 threads on a busy machine.
    count = 70_000 if LONG else 200 if python.free_threaded else 2_000
    bench.write({"program.py": ONE_BY_ONE})
    words = bench.tracing("--every-call", "-t", "1800")
    ended = bench.run([*words, python.path, "program.py", str(count)], timeout=2000)
    assert ended.status == 0, ended
    run = Run(bench, ended)
    [row] = run.query("""
        SELECT count(*) AS calls, count(DISTINCT (args->>'n')::INT) AS different, max((args->>'n')::INT) AS last
        FROM calls WHERE function_name = 'work' AND outcome = 'return'
    """)
    assert row == {"calls": count, "different": count, "last": count - 1}
    assert run.value("SELECT count(*) FROM losses") == 0


SERVES = """
import sys, threading

sys.setrecursionlimit(500)
threading.excepthook = lambda args: None

def work(n):
    if n % 10 == 3:
        raise ValueError(n)
    return n

def steps():
    yield work(1000)
    yield work(2000)

def body(n):
    if n == 5:
        kept.append(steps())
        next(kept[0])
    work(n)

kept = []
count = 0
for line in sys.stdin:
    for _ in range(int(line)):
        thread = threading.Thread(target=body, args=(count,), name=f"request {count}")
        thread.start()
        thread.join()
        count += 1
    print(count, flush=True)
list(kept[0])
"""


@pytest.mark.any_python
def test_threads_of_a_server_that_runs_for_days(bench, python):
    """What has ended and is stored leaves nothing in the trail while the process runs, and is stored once."""
    bench.write({"program.py": SERVES})
    words = [*bench.tracing("--every-call"), python.path, "program.py"]
    trails = bench.database.parent
    with bench.start(words, stdin=subprocess.PIPE) as process:
        try:
            for count in (100, 200, 300):
                process.stdin.write(b"100\n")
                process.stdin.flush()
                assert process.stdout.readline() == b"%d\n" % count
                assert len(list(trails.rglob("thread-*"))) >= 100
                assert bench.breadcrumb("ingest").status == 0
                # The main thread's, and that in which the generator began that is suspended still.
                assert len(list(trails.rglob("thread-*"))) == 2
            assert bench.breadcrumb("ingest").status == 0
            out, err = process.communicate(timeout=60)
        except BaseException:
            process.kill()
            raise
    assert (process.returncode, out, err) == (0, b"", b"")
    run = Run(bench, Ended(0, b"", b""))
    assert run.one("""
        SELECT count(*) AS calls, count(DISTINCT args->>'n') AS different, count(DISTINCT call_id) AS ids
        FROM calls WHERE function_name = 'work'
    """) == {"calls": 302, "different": 302, "ids": 302}  # fmt: skip
    names = run.query("SELECT name FROM threads WHERE stream > 1 ORDER BY stream")
    assert [row["name"] for row in names] == [f"request {n}" for n in range(300)]
    assert run.value("SELECT count(*) FROM threads") == 301
    assert run.one("""
        SELECT outcome, resumes, thread_id <> 0 AS known FROM calls WHERE function_name = 'steps'
    """) == {"outcome": "return", "resumes": 2, "known": True}  # fmt: skip
    handled = run.query(
        "SELECT handled, count(*) AS n FROM exceptions WHERE message <> '' GROUP BY 1"
    )
    assert sum(row["n"] for row in handled) == 30 and len(handled) == 1
    if python.version >= (3, 12):
        assert handled[0]["handled"] == "false"
    assert run.value("SELECT count(*) FROM losses") == 0


REFUSED = """
import resource, threading

def work(n):
    return n

def body(n):
    work(n)
    event.wait()

event = threading.Event()
threads = []
threading.stack_size(64 * 2**20)
size = int(open("/proc/self/statm").read().split()[0]) * 4096
resource.setrlimit(resource.RLIMIT_AS, (size + 2**30, size + 2**30))
try:
    for n in range(100):
        thread = threading.Thread(target=body, args=(n,))
        thread.start()
        threads.append(thread)
except (RuntimeError, MemoryError) as error:
    print(type(error).__name__, error)
event.set()
for thread in threads:
    thread.join()
work(-1)
print("ended", 4 < len(threads) < 16)
"""


def test_no_room_for_another_thread(trace):
    """What threads and the recorder may have is limited: the program meets the same refusal, and goes on."""
    run = trace(REFUSED, "--every-call")
    assert "can't start new thread" in run.ended.out and run.ended.out.endswith("ended True\n")
    assert run.value("SELECT count(*) FROM calls WHERE function_name = 'work'") > 5
    assert (
        run.value("SELECT count(*) FROM calls WHERE function_name = 'work' AND result = '-1'") == 1
    )


MEMORY = """
import resource, sys

def grow(kept, step):
    kept.append(bytearray(step))
    return len(kept)

def main():
    size = int(open("/proc/self/statm").read().split()[0]) * 4096
    resource.setrlimit(resource.RLIMIT_AS, (size + 96 * 2**20, size + 96 * 2**20))
    kept = []
    try:
        while True:
            grow(kept, 8 * 2**20)
    except MemoryError as error:
        print("refused", type(error).__name__)
    kept.clear()
    return grow(kept, 2**20)

print(main())
"""


def test_memory_error(trace):
    run = trace(MEMORY, "--every-call")
    assert run.ended.out == "refused MemoryError\n1\n"
    rows = run.query("""
        SELECT outcome, count(*) AS n FROM calls WHERE function_name = 'grow' GROUP BY 1 ORDER BY 1
    """)
    assert [row["outcome"] for row in rows] == ["exception", "return"] and rows[0]["n"] == 1
    assert (
        run.value("SELECT handled_by FROM exceptions WHERE exception_type = 'MemoryError'")
        == "main"
    )


KILLED = """
import os, resource, sys

def work(n):
    return n

def eat(step):
    kept = []
    while len(kept) * step < 2**30:
        work(len(kept))
        kept.append(bytearray(step))
    sys.exit("the group has no limit")

place = CGROUP
if place:
    with open(place + "/cgroup.procs", "w") as file:
        file.write(str(os.getpid()))
    eat(4 * 2**20)
for n in range(20):
    work(n)
os.kill(os.getpid(), 9)
"""


def memory_group():
    """A group of processes that may have 256 MiB, where this machine lets us make one."""
    for root, limit in (
        ("/sys/fs/cgroup", "memory.max"),
        ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
    ):
        place = f"{root}/breadcrumb-test-{os.getpid()}"
        try:
            os.mkdir(place)
        except OSError:
            continue
        try:
            with open(f"{place}/{limit}", "r+") as file:  # not "w": this may be just a folder
                file.write(str(256 * 2**20))
            return place
        except OSError:
            os.rmdir(place)
    return None


@pytest.mark.any_python
def test_the_kernel_kills_for_memory(bench, python):
    """By a memory group where one can be had, else by the same signal: what was recorded until then is there."""
    place = memory_group()
    try:
        bench.write({"program.py": KILLED.replace("CGROUP", repr(place))})
        ended = bench.run([*bench.tracing("--every-call"), python.path, "program.py"])
    finally:
        if place:
            os.rmdir(place)
    assert ended.status == -signal.SIGKILL, ended
    run = Run(bench, ended)
    numbers = [row["n"] for row in run.query(
        "SELECT (args->>'n')::INT AS n FROM calls WHERE function_name = 'work' ORDER BY 1")]  # fmt: skip
    assert len(numbers) >= 20 and numbers == list(range(len(numbers)))
    [trace] = run.query("SELECT status, end_reason, exit_code FROM traces")
    assert trace == {"status": "failed", "end_reason": "signal", "exit_code": -9}


PROCESSES = """
import os, sys

def work(n):
    return n

def main(count):
    running = set()
    for n in range(count):
        if len(running) == 4:
            running.discard(os.wait()[0])
        pid = os.fork()
        if pid == 0:
            work(n)
            os._exit(n % 3)
        running.add(pid)
    ended = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in running]
    return len(ended)

print(main(int(sys.argv[1])))
"""


def test_many_short_processes(bench, python):
    """Ten thousand with BREADCRUMB_TEST_LONG=1. Each is a trace of its own, and no folder is left."""
    count = 10_000 if LONG else 100
    bench.write({"program.py": PROCESSES})
    command = [python.path, "program.py", str(count)]
    untraced = bench.run(command, timeout=600)
    words = bench.tracing("--every-call", "-t", "1800")
    ended = bench.run([*words, *command], timeout=2000)
    assert ended == untraced
    run = Run(bench, ended)
    [row] = run.query("""
        SELECT count(*) AS calls, count(DISTINCT trace_id) AS traces, count(DISTINCT (args->>'n')::INT) AS different
        FROM calls WHERE function_name = 'work'
    """)
    assert row == {"calls": count, "traces": count, "different": count}
    assert run.value("SELECT count(*) FROM traces WHERE parent_trace_id IS NOT NULL") == count
    assert run.value("SELECT count(*) FROM traces WHERE status = 'running'") == 0
    assert not list((bench.database.parent / "trails").iterdir())


SOAK = """
import asyncio, gc, os, sys, threading, time

class Order:
    def __init__(self, n):
        self.lines = [n] * 5
        self.note = "order %d" % n

    def total(self, factor=1):
        return sum(self.lines) * factor

def steps(n):
    for i in range(n % 7):
        yield Order(i)

def fails(n):
    if n % 11 == 0:
        raise ValueError(n)
    return n

def visit(n):
    made = [order.total() for order in steps(n)]
    try:
        fails(n)
    except ValueError:
        pass
    namespace = {}
    exec("def made_%d(x):\\n    return x" % (n % 50), namespace)
    return namespace["made_%d" % (n % 50)](made)

async def task(n):
    await asyncio.sleep(0)
    return visit(n)

async def tasks(n):
    return await asyncio.gather(*[task(n + i) for i in range(3)])

def resident():
    gc.collect()
    for line in open("/proc/self/smaps_rollup"):
        if line.startswith("Anonymous:"):
            return int(line.split()[1])

def round_of(n):
    thread = threading.Thread(target=visit, args=(n,))
    thread.start()
    asyncio.run(tasks(n))
    for i in range(200):
        visit(n + i)
    thread.join()

def main(seconds):
    seen, n = [], 0
    while len(seen) < 10:
        until = time.monotonic() + seconds / 10
        while time.monotonic() < until:
            round_of(n)
            n += 1
        seen.append(resident())
    return seen, len(os.listdir("/proc/self/fd"))

print(*main(float(sys.argv[1])))
"""


@pytest.mark.skipif(SANITIZED, reason="measures memory, of which ASan keeps what was freed")
@pytest.mark.any_python
def test_a_long_life(bench, python):
    """Ten minutes with BREADCRUMB_TEST_LONG=1: the private memory of the traced process stays flat."""
    seconds = 600 if LONG else 8
    bench.write({"program.py": SOAK})
    words = bench.tracing("-t", str(seconds * 3), "--quota=256")
    environment = {"BREADCRUMB_INGEST_MB": "8"}
    command = [python.path, "program.py", str(seconds)]
    ended = bench.run([*words, *command], env=environment, timeout=seconds * 4)
    assert ended.status == 0, ended
    seen = [int(number) for number in re.findall(r"\d+", ended.out)]
    kilobytes, descriptors = seen[:-1], seen[-1]
    assert len(kilobytes) == 10
    print("private memory, KiB:", *kilobytes)
    # The first third is for tables that grow to the program's size; after it nothing may.
    third = len(kilobytes) // 3
    assert max(kilobytes[third:]) - kilobytes[third] < 2048, kilobytes
    assert descriptors < 12
    run = Run(bench, ended)
    assert (
        run.value("SELECT sum(call_count) FROM function_stats WHERE function_name = 'visit'") > 100
    )
    assert run.value("SELECT count(*) FROM calls WHERE outcome = 'open'") == 0
