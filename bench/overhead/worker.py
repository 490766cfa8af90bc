"""The process that is measured: runs chunks of calls when told to, and answers with their CPU time.

usage: worker.py plain|null|null-1|null-2|recorded FOLDER-OF-null_tracer CPU,CPU...

Reads lines "SHAPE CALLS" from stdin and answers each with the nanoseconds of CPU that the process took, a line
"memory 0" with the bytes of it that are resident, and "SHAPE CALLS THREADS" with the nanoseconds that so many threads
took together for as many calls each: of wall time, less what they waited for a CPU.
"""

from __future__ import annotations

import os
import sys
import threading
import time


def f(a: int, b: int) -> int:
    return a


def f_loop(count: int) -> None:
    for i in range(count):
        f(i, 7)


class Thing:
    def __init__(self) -> None:
        self.size = 3

    def method(self, name: str, *, scale: int) -> str:
        return name


def method_loop(count: int) -> None:
    thing = Thing()
    for i in range(count):
        thing.method("a name", scale=i)


def numbers(count: int):  # noqa: ANN201
    i = 0
    while i < count:
        yield i
        i += 1


def generator_loop(count: int) -> None:
    for _ in numbers(count):
        pass


def excluded_loop(count: int) -> None:
    shapes_outside.f_loop(count)


def work(n: int) -> int:
    """Something like 0.85 us of work."""
    total = n
    for i in range(14):
        total += i * n
    return total


def work_loop(count: int) -> None:
    for i in range(count):
        work(i)


LOOPS = {
    "function": f_loop,
    "method": method_loop,
    "generator": generator_loop,
    "excluded": excluded_loop,
    "work": work_loop,
}


def resident() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def side_by_side(loop, calls: int, threads: int) -> int:  # noqa: ANN001
    """What waits for another thread counts; what waits for a CPU, since other work has it, does not."""
    ready, times = threading.Barrier(threads), []

    def now() -> int:
        with open("/proc/thread-self/schedstat") as stat:
            return time.monotonic_ns() - int(stat.read().split()[1])

    def one() -> None:
        ready.wait()
        before = now()
        loop(calls)
        times.append(now() - before)

    started = [threading.Thread(target=one) for _ in range(threads)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    return sum(times)


def main() -> None:
    global shapes_outside
    mode, folder, cpus = sys.argv[1:]
    os.sched_setaffinity(0, {int(cpu) for cpu in cpus.split(",")})
    sys.path.insert(0, folder)
    import shapes_outside

    if mode.startswith("null"):
        import null_tracer

        null_tracer.install(int(mode.partition("-")[2] or 0))
    clock = time.CLOCK_PROCESS_CPUTIME_ID
    for line in sys.stdin:
        shape, count, *threads = line.split()
        if shape == "memory":
            print(resident(), flush=True)
            continue
        loop, calls = LOOPS[shape], int(count)
        if threads:
            print(side_by_side(loop, calls, int(threads[0])), flush=True)
            continue
        before = time.clock_gettime_ns(clock)
        loop(calls)
        print(time.clock_gettime_ns(clock) - before, flush=True)


main()
