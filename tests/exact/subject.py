"""Runs one benchmark of pyperformance, inside the function `measured`, and can count its calls in two other ways.

usage: subject.py plain|profile|reference ANSWER.json run_benchmark.py [ARGUMENT...]

`plain` is for Breadcrumb: it counts nothing itself. `profile` writes what cProfile has counted and `reference`
what reference.py has seen.
"""

from __future__ import annotations

import gc
import json
import runpy
import sys
from pathlib import Path

import pyperf


def measured() -> None:
    for job in pyperf.jobs:
        job()


def profile() -> list[list[object]]:
    """[file, line, qualified name, calls] of each Python function."""
    import cProfile

    profiler = cProfile.Profile(builtins=False)
    profiler.enable()
    try:
        measured()
    finally:
        profiler.disable()
    return [
        [code.co_filename, code.co_firstlineno, code.co_qualname, entry.callcount]
        for entry in profiler.getstats()
        if not isinstance(code := entry.code, str)
    ]


def reference() -> list[list[object]]:
    """[file, line, qualified name, depth, place of the parent in this list] of each call, in their sequence."""
    import reference

    return reference.watch(measured)


def main() -> None:
    mode, answer, program, *arguments = sys.argv[1:]
    sys.argv = [program, *arguments]
    runpy.run_path(program, run_name="__main__")
    # When the collector runs depends on what was allocated before, and with it when finalizers are called.
    gc.collect()
    gc.disable()
    if mode == "plain":
        measured()
    else:
        counted = {"profile": profile, "reference": reference}[mode]()
        Path(answer).write_text(json.dumps(counted))


if __name__ == "__main__":
    main()
