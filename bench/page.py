"""Runs one part of the benchmarks, shows what it prints, and writes it into docs/benchmarks.md.

usage: page.py [--markdown FILE] PART COMMAND...

The page has one section for each part, with the command, the date and the machine; a part that is not run today keeps
its section. A part tells of its targets by tell() or, where it is no Python, by a line of the same form in the file
that BREADCRUMB_BENCH_TARGETS names; the page begins with all of them, the worst first. --markdown: the section is what
the command has written to FILE, not what it prints. The status is that of the command.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/benchmarks.md"
SECTION = re.compile(r"<!-- part (\S+) (\[[^\n]*\]) -->\n(.*?)<!-- end -->\n", re.S)
INTRO = """# What it costs

Written by `make bench` and `make bench-peers`, which measure it anew; each section says when and on what.
Ratios are of one run, in which all that is compared takes turns; times of one machine say little about another.

## Targets, the worst first

| measured | value | target | | part |
| --- | --- | --- | --- | --- |
"""


def tell(what: str, value: float, limit: float, *, at_least: bool = False) -> None:
    """One target and what was measured; nothing where no page is being written."""
    if (path := os.environ.get("BREADCRUMB_BENCH_TARGETS")) is None:
        return
    with open(path, "a") as out:
        line = {"what": what, "value": round(value, 4), "limit": limit, "at_least": at_least}
        out.write(json.dumps(line) + "\n")


def how_bad(target: dict) -> float:
    """1 is exactly on the target, more is worse."""
    value, limit = target["value"], target["limit"]
    if target["at_least"]:
        return limit / value if value > 0 else float("inf")
    return value / limit


def machine() -> str:
    with open("/proc/cpuinfo") as file:
        models = re.findall(r"^model name\s*: (.*)$", file.read(), re.M)
    return f"{models[0] if models else 'unknown CPU'}, {os.cpu_count()} CPUs"


def versions() -> str:
    program = os.environ.get("BREADCRUMB_BIN") or str(ROOT / "build/bin/breadcrumb")
    return subprocess.check_output([program, "--version"], text=True).strip().splitlines()[0]


def clean(text: str) -> str:
    """No path of this machine belongs on the page: of programs the name, of other files nothing."""
    text = text.replace(f"{ROOT}/", "")
    text = re.sub(r"/\S*/bin/(\S+)", r"\1", text)
    text = re.sub(r"--(markdown|peers|original) /\S+ ?", "", text)
    return re.sub(r"(?<![\w.~])/(?:\S*/)?([^\s/]+)", r"\1", text).rstrip()


def targets_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def section(part: str, command: list[str], body: str, targets: list[dict]) -> str:
    words = clean(" ".join(command))
    when = time.strftime("%Y-%m-%d")
    return (
        f"<!-- part {part} {json.dumps(targets)} -->\n## {part}\n\n"
        f"`{words}`, {when}, {machine()}, {versions()}\n\n{body.strip()}\n\n<!-- end -->\n"
    )


def write(part: str, text: str) -> None:
    old = PAGE.read_text() if PAGE.exists() else ""
    parts = {found[1]: found[0] for found in SECTION.finditer(old)}
    parts[part] = text
    rows = [
        (how_bad(target), name, target)
        for name, one in parts.items()
        for target in json.loads(SECTION.fullmatch(one)[2])  # type: ignore[index]
    ]
    page = INTRO
    for bad, name, target in sorted(rows, key=lambda row: -row[0]):
        word = "at least" if target["at_least"] else "at most"
        page += (
            f"| {target['what']} | {target['value']:g} | {word} {target['limit']:g} "
            f"| {'met' if bad <= 1 else '**missed**'} | {name} |\n"
        )
    PAGE.write_text(page + "".join(f"\n{one}" for one in parts.values()))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("part")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        targets = Path(name) / "targets"
        environment = {**os.environ, "BREADCRUMB_BENCH_TARGETS": str(targets)}
        printed = []
        with subprocess.Popen(
            given.command, env=environment, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout
            for line in process.stdout:
                sys.stdout.write(line)
                sys.stdout.flush()
                printed.append(line)
        if given.markdown:
            body = given.markdown.read_text() if given.markdown.exists() else ""
        else:
            body = f"```text\n{clean(''.join(printed)).strip()}\n```"
        # A part that could not be measured leaves the page as it is.
        if body.strip() and (process.returncode == 0 or targets.exists()):
            write(given.part, section(given.part, given.command, body, targets_of(targets)))
    return process.returncode


if __name__ == "__main__":
    sys.exit(main())
