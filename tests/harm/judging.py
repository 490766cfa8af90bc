"""What differs between a suite that ran untraced, twice, and the same suite traced: test by test, and as a process."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any

# What differs from one run to the next by its nature. The last one: process ids, ports, thread identities, seeds.
VOLATILE = [
    (re.compile(r"0x[0-9a-fA-F]{4,}"), "0x"),
    (re.compile(r"\b\d+:\d\d:\d\d(\.\d+)?"), "TIME"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]TIME"), "TIME"),
    (re.compile(r"\b\d+(\.\d+)?(e-\d+)? ?(ms|us|ns|s|sec|secs|seconds|min)\b"), "DURATION"),
    (re.compile(r"\b(DURATION ?)+"), "DURATION"),
    (re.compile(r"\b\d+\.\d{2,}\b(e-\d+)?"), "FRACTION"),
    (re.compile(r"load avg: [\d.]+ ?"), ""),
    (re.compile(r"^test_\S+ passed in DURATION\n?", re.M), ""),  # of what takes more than 30 s
    (re.compile(r"\b(tmp|pymp-|test_python_|@test_)[\w-]+"), r"\1NAME"),
    (re.compile(r"(?<![\w.])\d{4,}(?![\w.])"), "N"),
]

# What regrtest and pytest say about the whole, which follows from what is compared test by test.
SUMMARY = re.compile(
    r"(== Tests result|Result: |Total test|\d+ tests? (OK|failed)|    test_\S+$|test \S+ failed|test_\S+ failed|"
    r"=+ .*(passed|failed|warnings|error)|(\d+|N) (passed|failed|skipped|error).* in DURATION|(FAILED|ERROR) \S)"
)


def normalised(text: str) -> str:
    for pattern, stands_for in VOLATILE:
        text = pattern.sub(stands_for, text)
    return text


@dataclass
class Pass:
    """One run of a suite: how the process ended, and how each test did."""

    status: int | str  # "timeout" where it did not end
    out: str = ""
    err: str = ""
    tests: dict[str, dict[str, str]] = field(default_factory=dict)
    last_begun: str = ""
    recorded: int = 0  # calls

    @property
    def crashed(self) -> bool:
        return isinstance(self.status, int) and (self.status < 0 or self.status >= 128)


@dataclass(frozen=True)
class Difference:
    suite: str
    python: str
    test: str  # empty: the process as a whole
    what: str  # crash, timeout, status, outcome, text, out, err
    untraced: str
    traced: str
    steady: bool = True  # seen in both of two traced runs
    allowed: str = ""  # why it is legitimate

    @property
    def key(self) -> tuple[str, str]:
        return self.test, self.what


def lines_of(text: str) -> Counter[str]:
    return Counter(
        line.rstrip()
        for line in normalised(text).splitlines()
        if line.strip() and not SUMMARY.match(line)
    )


def of_streams(one: Pass, two: Pass, traced: Pass) -> list[tuple[str, str, str]]:
    found = []
    for name in ("out", "err"):
        a, b, t = (lines_of(getattr(each, name)) for each in (one, two, traced))
        lacking = (a & b) - t
        # Where the untraced runs do not agree with each other, a line of one of them that is new says nothing.
        extra = t - (a | b) if a == b else Counter()
        if lacking or extra:
            found.append((name, "\n".join(lacking.elements()), "\n".join(extra.elements())))
    return found


def of_tests(one: Pass, two: Pass, traced: Pass) -> list[tuple[str, str, str, str]]:
    found = []
    nothing: dict[str, str] = {}
    for test in sorted({*one.tests, *two.tests, *traced.tests}):
        a, b, t = (each.tests.get(test, nothing) for each in (one, two, traced))
        for key in ("outcome", "text", "out", "err"):
            values = [normalised(each.get(key, "" if each else "not run")) for each in (a, b, t)]
            if values[0] == values[1] != values[2]:
                why = "\n" + t.get("text", "") if key == "outcome" else ""
                found.append((test, key, values[0], values[2] + why))
                break  # what a test says follows from how it went
    return found


def compared(one: Pass, two: Pass, traced: Pass) -> list[tuple[str, str, str, str]]:
    """(test, what, untraced, traced) for all that is the same in both untraced runs and not in the traced one."""
    tests = of_tests(one, two, traced)
    statuses = str(one.status), str(traced.status)
    same_status = traced.status in (one.status, two.status)
    if not same_status and (traced.crashed or traced.status == "timeout"):
        return [(traced.last_begun, "crash" if traced.crashed else "timeout", *statuses)]
    head = [] if same_status else [("", "status", *statuses)]
    return head + tests + [("", *difference) for difference in of_streams(one, two, traced)]


def without_echoes(found: list[Difference]) -> list[Difference]:
    """What the runner says of a test that went otherwise, and its status, say it once more. Not so where the test
    flickered: what differs each time beside it is another thing."""
    if not any(one.what == "outcome" and one.steady for one in found):
        return found
    return [one for one in found if one.test or one.what in ("crash", "timeout")]


def flickering(one: Pass, two: Pass) -> list[str]:
    """The tests that do not even agree with themselves."""
    names = {*one.tests, *two.tests}
    return sorted(
        name
        for name in names
        if one.tests.get(name, {}).get("outcome") != two.tests.get(name, {}).get("outcome")
    )


def excused(difference: Difference, allowed: list[dict[str, Any]]) -> str:
    """Why a difference is legitimate, by the first entry of the allow-list that fits it; else empty."""
    for entry in allowed:
        fits = (
            fnmatchcase(difference.suite, entry["suite"])
            and any(fnmatchcase(difference.test, test) for test in entry.get("tests", ["*"]))
            and difference.python in entry.get("pythons", [difference.python])
            and difference.what in entry.get("what", [difference.what])
            and difference.what not in ("crash", "timeout")
        )
        if fits:
            entry["used"] = True
            return entry["why"]
    return ""


def as_row(difference: Difference) -> dict[str, Any]:
    return asdict(difference)
