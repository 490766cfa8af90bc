"""A benchmark of pyperformance as an ordinary program: runs its jobs LOOPS times and says what that took.

usage: subject.py plain|null|cprofile REPORT LOOPS PROGRAM [ARGUMENT...]

Writes to REPORT the CPU seconds of the process, by all its threads, from the first job to the last: what
a tracer does at its start and end, saving included, is not in it. pyperf is a stand-in, from PYTHONPATH.
"""

from __future__ import annotations

import runpy
import sys
import time


def main() -> None:
    mode, report, loops, *sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")
    import pyperf

    profile = None
    if mode == "null":
        import null_tracer

        null_tracer.install()
    elif mode == "cprofile":
        import cProfile

        profile = cProfile.Profile()
        profile.enable()
    before = time.process_time()
    for _ in range(int(loops)):
        for job in pyperf.jobs:
            job()
    seconds = time.process_time() - before
    if profile is not None:
        profile.disable()
    with open(report, "w") as out:
        out.write(repr(seconds))


main()
