"""A benchmark of pyperformance as an ordinary program: runs its jobs LOOPS times and says what that took.

usage: subject.py plain|null|null-starts|cprofile REPORT LOOPS PROGRAM [ARGUMENT...]

Writes to REPORT the CPU seconds of the process, by all its threads, from the first job to the last: what
a tracer does at its start and end, saving included, is not in it. pyperf is a stand-in, from PYTHONPATH.

LOOPS "turns": reads numbers of loops from stdin, a line each, and answers each with the CPU seconds that these took.
"""

from __future__ import annotations

import runpy
import sys
import time


def timed(jobs: list, loops: int) -> float:
    before = time.process_time()
    for _ in range(loops):
        for job in jobs:
            job()
    return time.process_time() - before


def main() -> None:
    mode, report, loops, *sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")
    import pyperf

    profile = None
    if mode in ("null", "null-starts"):
        import null_tracer

        null_tracer.install(0, mode == "null-starts")
    elif mode == "cprofile":
        import cProfile

        profile = cProfile.Profile()
        profile.enable()
    if loops == "turns":
        for line in sys.stdin:
            print("took", timed(pyperf.jobs, int(line)), file=sys.__stdout__, flush=True)
        return
    seconds = timed(pyperf.jobs, int(loops))
    if profile is not None:
        profile.disable()
    with open(report, "w") as out:
        out.write(repr(seconds))


main()
