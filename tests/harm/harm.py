"""Measures that the recorder does no harm: runs suites of others untraced twice and traced once, and compares.

usage: harm.py [--python 3.12] [--suite 'test_sys*'] [--limit SECONDS] [--quota MB] [--jobs N] [--into FOLDER]

A difference is confirmed by a second traced run and a third untraced one: one that comes back is steady. FOLDER
(build/harm) gets report.txt, a table, and differences.jsonl, one object for each difference. The exit status is 1 where
there is a crash, or a steady difference that allowed.toml does not explain.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import report  # noqa: E402
import suites  # noqa: E402
from judging import Difference, compared, excused, flickering, without_echoes  # noqa: E402
from running import Place, Suite  # noqa: E402

HERE = Path(__file__).resolve().parent
QUOTA = "MB that are stored of a traced run; past it, calls go through the recorder and are counted"


def allowed_list() -> list[dict]:
    return tomllib.loads((HERE / "allowed.toml").read_text())["allowed"]


def judged(
    place: Place, suite: Suite, allowed: list[dict], *, twice: bool = True
) -> report.Verdict:
    """Runs one suite as often as it takes to know what differs; not `twice`: at first, untraced, once."""
    begun = time.monotonic()
    one = two = place.run(suite, traced=False)
    if twice:
        two = place.run(suite, traced=False)
    traced = place.run(suite, traced=True)
    first = compared(one, two, traced)
    differences: list[Difference] = []
    if first:
        # Against all the untraced runs there are: what any of them does by itself is no harm.
        third, again = place.run(suite, traced=False), place.run(suite, traced=True)
        still = {row[:2] for row in first} & {row[:2] for row in compared(one, third, traced)}
        twice = still & {row[:2] for row in compared(one, third, again)}
        crashes = {row[:2] for row in first if row[1] == "crash"}
        for row in first:
            if row[:2] in still | crashes:
                found = Difference(suite.name, suite.version, *row, steady=row[:2] in twice)
                differences.append(found)
    told = [replace(one, allowed=excused(one, allowed)) for one in without_echoes(differences)]
    return report.Verdict(
        suite=suite.name,
        python=suite.version,
        tests=len({*one.tests} & {*two.tests} & {*traced.tests}),
        flickering=flickering(one, two),
        status=str(one.status),
        differences=told,
        recorded=traced.recorded,
        seconds=time.monotonic() - begun,
    )


def chosen(arguments: argparse.Namespace) -> Iterator[Suite]:
    pythons = os.environ["BREADCRUMB_HARM_PYTHONS"].split(":")
    cache = Path(os.environ["BREADCRUMB_HARM_CACHE"])
    for suite in suites.all_of(pythons, arguments.python or [], arguments.suite or [], cache):
        yield replace(suite, limit=arguments.limit or suite.limit)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--python", action="append", help="a version, as 3.12, 3.14t; may be repeated"
    )
    parser.add_argument("--suite", action="append", help="a glob over names; may be repeated")
    parser.add_argument("--limit", type=float, help="seconds for one untraced run; traced: 6 times")
    parser.add_argument("--quota", type=int, default=512, help=QUOTA)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--into", type=Path, default=HERE.parent.parent / "build/harm")
    arguments = parser.parse_args()
    into = arguments.into.resolve()
    into.mkdir(parents=True, exist_ok=True)
    # A shell starts its background jobs with these ignored; what tests them would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for inherited in (signal.SIGQUIT, signal.SIGHUP):
        signal.signal(inherited, signal.SIG_DFL)
    allowed = allowed_list()
    todo = list(chosen(arguments))
    program = Path(os.environ["BREADCRUMB_BIN"])

    def one(numbered: tuple[int, Suite]) -> report.Verdict:
        number, suite = numbered
        # Short, because the paths of Unix sockets lie below it.
        scratch = Path(f"/tmp/harm-{os.getpid()}-{number}")
        verdict = judged(Place(program, scratch, quota=arguments.quota), suite, allowed)
        print(report.line_of(verdict), flush=True)
        report.note(into, verdict)
        return verdict

    with ThreadPoolExecutor(arguments.jobs) as pool:
        verdicts = list(pool.map(one, enumerate(todo)))
    print(report.write(into, verdicts))
    whole = not (arguments.python or arguments.suite)
    unused = [entry for entry in allowed if whole and "used" not in entry]
    for entry in unused:
        print(f"allowed.toml: nothing needs this entry any more: {json.dumps(entry)}")
    return int(any(verdict.bad for verdict in verdicts) or bool(unused))


if __name__ == "__main__":
    sys.exit(main())
