"""What was found, as a table for people and as lines of JSON for programs.

usage: report.py FOLDER...   the sums of all that runs with --into FOLDER have noted; a suite counts as it went last
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from judging import Difference, as_row


@dataclass
class Verdict:
    suite: str
    python: str
    tests: int
    flickering: list[str]
    status: str
    differences: list[Difference]
    recorded: int
    seconds: float

    @property
    def crashes(self) -> int:
        return sum(one.what == "crash" for one in self.differences)

    def count(self, *, steady: bool, allowed: bool) -> int:
        return sum(
            one.steady == steady and bool(one.allowed) == allowed for one in self.differences
        )

    @property
    def bad(self) -> bool:
        return bool(not self.recorded or self.crashes or self.count(steady=True, allowed=False))


HEAD = (
    f"{'suite':44} {'python':6} {'tests':>6} {'calls':>9} {'flicker':>7} {'crash':>5} {'differ':>6} "
    f"{'once':>5} {'allowed':>7} {'status':>7} {'s':>5}"
)


def line_of(verdict: Verdict) -> str:
    allowed = sum(bool(one.allowed) for one in verdict.differences)
    return (
        f"{verdict.suite:44} {verdict.python:6} {verdict.tests:6} {verdict.recorded:9} {len(verdict.flickering):7} "
        f"{verdict.crashes:5} {verdict.count(steady=True, allowed=False):6} "
        f"{verdict.count(steady=False, allowed=False):5} {allowed:7} {verdict.status:>7} {verdict.seconds:5.0f}"
    )


COUNTED = ("tests", "calls", "flicker", "crash", "differ", "once", "allowed")


def summed(folders: list[Path]) -> list[str]:
    """A line for each interpreter, and for its suites of CPython and of packages apart."""
    last: dict[tuple[str, str], list[str]] = {}
    for folder in folders:
        for line in (folder / "verdicts.txt").read_text().splitlines():
            suite, python, *rest = line.split()
            last[python, suite] = rest
    sums: dict[tuple[str, str], Counter[str]] = {}
    for (python, suite), rest in sorted(last.items()):
        kind = "packages" if suite.startswith("package:") else "modules"
        counted = sums.setdefault((python, kind), Counter())
        counted.update(dict(zip(COUNTED, map(int, rest), strict=False)), suites=1)
    head = f"{'python':6} {'of':8} {'suites':>6} " + " ".join(f"{name:>9}" for name in COUNTED)
    return [head] + [
        f"{python:6} {kind:8} {counted['suites']:6} "
        + " ".join(f"{counted[name]:9}" for name in COUNTED)
        for (python, kind), counted in sums.items()
    ]


def note(into: Path, verdict: Verdict) -> None:
    """Right away, so that a run that is ended early has told what it found."""
    with (into / "differences.jsonl").open("a") as file:
        for one in verdict.differences:
            file.write(json.dumps(as_row(one)) + "\n")
    with (into / "verdicts.txt").open("a") as file:
        file.write(line_of(verdict) + "\n")


def write(into: Path, verdicts: list[Verdict]) -> str:
    """Returns the closing lines: one for each interpreter, and one for all."""
    lines = [HEAD, *(line_of(verdict) for verdict in verdicts), ""]
    closing = []
    for python in [*sorted({verdict.python for verdict in verdicts}), "all"]:
        these = [verdict for verdict in verdicts if python in (verdict.python, "all")]
        differences = [one for verdict in these for one in verdict.differences]
        closing.append(
            f"{python}: {len(these)} suites, {sum(v.tests for v in these)} tests compared, "
            f"{sum(len(v.flickering) for v in these)} flicker, "
            f"{sum(v.crashes for v in these)} crashes, "
            f"{sum(one.steady and not one.allowed for one in differences)} differences, "
            f"{sum(not one.steady and not one.allowed for one in differences)} seen once, "
            f"{sum(bool(one.allowed) for one in differences)} allowed"
        )
    (into / "report.txt").write_text("\n".join([*lines, *closing]) + "\n")
    return "\n".join(closing)


if __name__ == "__main__":
    print("\n".join(summed([Path(word) for word in sys.argv[1:]])))
