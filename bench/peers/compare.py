"""What tracing adds to whole programs, and what other tracers add to the same ones.

usage: compare.py [--python PATH] [--rounds N] [--seconds S] [--every-seconds S] [--timeout S] [--program NAME]...
                  [--table defaults|every] [--peers PEERS --original ORIGINAL] [--markdown FILE] [--check]

The programs are those of pyperformance that the tests use. Two tables:

- defaults: each program for about S seconds under Breadcrumb as it comes, against a tracer that does nothing, in short
  turns (turns.py), so that there is no time for saving and ingest in it. In each round by processes started anew: where
  a process's code and memory happen to lie changes its speed by some hundredths, which is a tenth of what is added;
- every call: each for --every-seconds (some tracers take a hundred times as long, or hundreds of bytes a call) with
  --every-call and, with --peers, under the other tracers.

In each round all ways run, in an order drawn anew. Medians are given: CPU seconds of the program itself (what a tracer
adds to a plain run, in multiples of what the null tracer adds), wall seconds of the whole command (saving and ingest
included), bytes left on disk. A tracer that fails, or is not done after --timeout, is reported as such and not tried
again with that program. Worst case first.

--check: status 1 if a target is missed (see TARGETS).
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "overhead"), str(ROOT / "tests/exact")]

import tracers  # noqa: E402
from overhead import build_null_tracer  # noqa: E402
from page import tell  # noqa: E402
from programs import PROGRAMS, Program, benchmarks  # noqa: E402
from tracers import Place, Tracer  # noqa: E402
from turns import Turns, end_family, take_turns, totals  # noqa: E402

NAMES = ["richards", "deltablue", "raytrace", "go", "chaos", "async_tree", "nqueens", "pprint"]
SLICES = 20
# What is promised: multiples of the null tracer's added cost; of VizTracer's added cost, wall time and bytes.
TARGETS = {
    "defaults / null": 0.6,
    "every call / VizTracer, names": 1.0,
    "every call / VizTracer, values": 0.1,
    "wall / VizTracer, names": 0.25,
    "bytes / VizTracer, values": 0.1,
}


@dataclass
class Way:
    """All runs of one program under one tracer."""

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    size: int = 0
    failure: str = ""

    def median_cpu(self) -> float:
        return median(self.cpu) if self.cpu else float("nan")

    def median_wall(self) -> float:
        return median(self.wall) if self.wall else float("nan")


@dataclass(frozen=True)
class Subject:
    program: Program
    folder: Path
    loops: int
    timeout: float

    def words(self, tracer: Tracer, place: Place, loops: str = "") -> list[str]:
        script = [
            str(HERE / "subject.py"),
            tracer.mode,
            str(place.folder / "report"),
            loops or str(self.loops),
        ]
        script += ["run_benchmark.py", *self.program.arguments]
        return [*tracer.before(place), *tracer.interpreter(place), *script]


def size_of(folder: Path) -> int:
    files = [f for f in folder.rglob("*") if f.is_file() and not f.is_symlink()]
    return sum(f.stat().st_blocks * 512 for f in files)


def environment_of(place: Place, mine: Place) -> dict[str, str]:
    paths = [str(ROOT / "tests/exact/shim"), str(place.folder)]
    home = str(mine.recording)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "HOME": home}


def family(
    words: list[str], folder: Path, environment: dict[str, str], timeout: float
) -> tuple[int | None, str]:
    """Runs the command; its status, None if it is not done in time, and the last line of its stderr. What it leaves
    running is ended: kolo's helpers would go on for ever, in the time of those measured next."""
    # To a file, not a pipe, which those helpers would hold open.
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            words,
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        ) as process,
    ):
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None, ""
        finally:
            end_family(process)
        errors.seek(0)
        lines = errors.read().decode(errors="replace").strip().splitlines()
        return status, lines[-1][:100] if lines else "no word"


def run(subject: Subject, tracer: Tracer, place: Place, way: Way) -> None:
    """One run; a failure is noted, and the way is not tried again."""
    if tracer.python(place) is None:
        way.failure = "not to be had for this Python"
    if way.failure:
        return
    with tempfile.TemporaryDirectory(
        prefix="run-", dir=place.folder, ignore_cleanup_errors=True
    ) as name:
        mine = Place(Path(name), place.python, place.peers, place.original)
        tracer.prepare(mine)
        environment = environment_of(place, mine)
        before = time.monotonic()
        words = subject.words(tracer, mine)
        status, last = family(words, subject.folder, environment, subject.timeout)
        wall = time.monotonic() - before
        report = mine.folder / "report"
        if status is None:
            way.failure = f"not done after {subject.timeout:.0f} s"
            return
        if status != 0 or not report.exists():
            way.failure = f"status {status}: {last}"
            return
        way.cpu.append(float(report.read_text()))
        way.wall.append(wall)
        way.size = size_of(mine.recording)


def loops_for(program: Program, folder: Path, place: Place, seconds: float) -> int:
    """How often the jobs have to run to take about so long, by a plain run."""
    loops = 1
    while True:
        way = Way()
        run(Subject(program, folder, loops, 600), tracers.PLAIN, place, way)
        if way.failure:
            sys.exit(f"compare: {program.name} does not run: {way.failure}")
        took = max(way.cpu[0], 1e-3)
        if took >= seconds / 4 or loops >= 100_000:
            return max(1, round(loops * seconds / took))
        loops = max(loops + 1, min(loops * 20, round(loops * seconds / took / 2)))


def subject_of(
    program: Program, place: Place, seconds: float, given: argparse.Namespace
) -> Subject:
    folder = place.folder / f"project-{program.name}"
    folder.mkdir(exist_ok=True)
    (folder / "run_benchmark.py").write_text(program.source(benchmarks(), tiny=False))
    loops = loops_for(program, folder, place, seconds)
    return Subject(program, folder, loops, given.timeout)


def compare_in_turns(
    subject: Subject, place: Place, ways: Sequence[Tracer], rounds: int
) -> dict[str, Way]:
    found = {tracer.name: Way() for tracer in ways}
    for launch in range(rounds):
        turns: dict[str, Turns] = {}
        for tracer in ways:
            folder = place.folder / f"turns-{subject.program.name}-{launch}-{len(turns)}"
            mine = Place(folder, place.python, place.peers, place.original)
            tracer.prepare(mine)
            environment = environment_of(place, mine)
            words = subject.words(tracer, mine, "turns")
            turns[tracer.name] = Turns(words, subject.folder, environment, subject.timeout)
        take_turns(turns, max(1, subject.loops // SLICES), SLICES)
        for name, total in totals(turns, tracers.PLAIN.name).items():
            found[name].cpu.append(total)
    return found


def compare(subject: Subject, place: Place, ways: Sequence[Tracer], rounds: int) -> dict[str, Way]:
    found = {tracer.name: Way() for tracer in ways}
    for _ in range(rounds):
        for tracer in random.sample(ways, len(ways)):
            run(subject, tracer, place, found[tracer.name])
    return found


def added(found: dict[str, Way], name: str) -> float:
    mine, plain = found[name].cpu, found["plain"].cpu
    if len(mine) == len(plain):  # those of one round belong together
        return median(one - other for one, other in zip(mine, plain, strict=True))
    return found[name].median_cpu() - found["plain"].median_cpu()


def shares(found: dict[str, Way]) -> dict[str, float]:
    """What TARGETS are about, as far as it was measured."""
    null, viz = added(found, tracers.NULL.name), found.get(tracers.VIZTRACER.name)
    values = found.get(tracers.VIZTRACER_VALUES.name)
    ours = found.get(tracers.EVERY_CALL.name)
    result = {}
    if tracers.DEFAULTS.name in found and null > 0:
        result["defaults / null"] = added(found, tracers.DEFAULTS.name) / null
    if ours and viz and viz.cpu:
        result["every call / VizTracer, names"] = added(found, tracers.EVERY_CALL.name) / added(
            found, tracers.VIZTRACER.name
        )
        result["wall / VizTracer, names"] = ours.median_wall() / viz.median_wall()
    if ours and values and values.cpu:
        result["every call / VizTracer, values"] = added(found, tracers.EVERY_CALL.name) / added(
            found, tracers.VIZTRACER_VALUES.name
        )
        result["bytes / VizTracer, values"] = ours.size / values.size
    return result


def table(program: str, found: dict[str, Way]) -> list[str]:
    null = added(found, tracers.NULL.name)
    lines = []
    for name, way in found.items():
        if way.failure:
            lines.append(f"| {program} | {name} | {way.failure} | | | | |")
            continue
        extra = added(found, name)
        times_null = f"{extra / null:.2f}" if null > 0 and name != "plain" else ""
        slower = way.median_cpu() / found["plain"].median_cpu()
        size = f"{way.size / 1e6:.1f}" if way.size else ""
        wall = f"{way.median_wall():.2f}" if way.wall else ""
        lines.append(
            f"| {program} | {name} | {way.median_cpu():.2f} | {slower:.2f} | {times_null} "
            f"| {wall} | {size} |"
        )
    return lines


HEAD = [
    "| program | tracer | CPU s | x plain | added, x null tracer | wall s, all of it | MB on disk |",
    "| --- | --- | --- | --- | --- | --- | --- |",
]


DEFAULTS_NOTE = """\
Nearly all calls are only counted here (98 % of deltablue's). A tracer that hears PY_START alone, and does nothing, is
the floor of that: exact counts want an event for each call, and what is left below 0.6 is less than counting takes.

Where the time went before what is told under 'Tried', by `perf record -e cpu-clock`, in hundredths of the whole run:
in Breadcrumb's own code 3.5 of raytrace and 4.6 of go (counting 1.6 and 2.9, calls that are timed or recorded first
1.3 and 0.9, looking at the clock whether the function is to be recorded again 0.3), in CPython's
`call_instrumentation_vector`, which makes the arguments of a callback and calls it, 9.2 and 5.9; the rest is in
CPython's evaluation itself. Of what is added to raytrace (15 to 18) Breadcrumb's own code is a fifth.

Tried: a function that is always inside of itself, or has always a suspended call, was listened to for ever, and each
asyncio task got a weak reference when it was made: async_tree 0.77 and 0.60 before, 0.20 and 0.33 after, in the same
two runs. The thread's state is not read for what is only counted: 42.5 instructions a call before, 40.1 after."""

# What a reader of the tables asks, by the table's title.
NOTES = {
    "defaults": DEFAULTS_NOTE,
    "every call": """VizTracer with names keeps no values; `no values` is what compares with it. What Breadcrumb adds to
that is the values: eleven objects a call in deltablue, most of them inside of others, 4,000 instructions; in go a
board with all its squares.

Where the time of a whole run goes (deltablue, 855,171 calls, 4.45 s of CPU, sampled): 11 % is the program with its
recorder, 89 % the ingest, which is 4.6 us a call. Of the run 36 % are DuckDB's, 26 % ours (values to JSON, pairing,
totals), 18 % copying, 8 % the kernel. A call of deltablue is 1,165 characters of JSON. It takes 37 bytes on disk:
its arguments 10, its result 8, its times 10, ids and places 9. DuckDB keeps 4 bytes for the length of each text that
zstd packs, also of an empty one: arguments and result in one column would take 2 to 4 bytes less, of another schema.

What was tried with 130,000 of these rows, DuckDB alone, CPU and bytes a call:

| | us | bytes |
| --- | --- | --- |
| as it is: texts packed by zstd, groups of 4,096 rows | 2.9 | 36 |
| groups of 16,384 rows | 2.9 | 39 |
| groups of 122,880 rows: of such texts more memory than an ingest may take | 2.7 | 33 |
| blocks of 256 KiB instead of 64 | 2.7 | 40 |
| one thread | 2.9 | 35 |
| texts not packed | 4.4 | 1,321 |
| dictionary, FSST, what DuckDB chooses | 4.4 to 6.5 | 1,238 to 1,248 |
| no texts at all | 0.9 | 29 |

On an idle machine VizTracer takes about 3.2 us of wall time a call of deltablue. What DuckDB alone takes to store the
same rows, 2.9 us of CPU, does not fit into a quarter of that on two CPUs, whatever is done around it. Without values
a run takes 0.2 to 0.6 of VizTracer's time.""",
}


def experiment(
    title: str,
    note: str,
    given: argparse.Namespace,
    place: Place,
    ways: Sequence[Tracer],
    seconds: float,
    how: Callable[..., dict[str, Way]],
) -> tuple[list[str], list[str]]:
    """The lines of one table, worst program first, and the targets that were missed."""
    done, missed = [], []
    for name in given.program or NAMES:
        program = next(p for p in PROGRAMS if p.name == name)
        found = how(subject_of(program, place, seconds, given), place, ways, given.rounds)
        of_targets = shares(found)
        for what, share in of_targets.items():
            tell(f"{name}: {what}", share, TARGETS[what])
        missed += [
            f"{name}: {what} is {share:.2f}, at most {TARGETS[what]}"
            for what, share in of_targets.items()
            if share > TARGETS[what]
        ]
        done.append((max(of_targets.values(), default=0.0), table(name, found)))
        print("\n".join(done[-1][1]), flush=True)
    done.sort(key=lambda one: -one[0])
    rows = [line for _, lines in done for line in lines]
    return ["", f"{title}:", "", *HEAD, *rows, "", note], missed


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--program", action="append")
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--original", type=Path)
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--every-seconds", type=float, default=0.1)
    parser.add_argument("--timeout", type=float, default=120)
    parser.add_argument("--table", choices=["defaults", "every"])
    given = parser.parse_args()
    version = subprocess.check_output([given.python, "-V"], text=True).strip()
    others = tracers.OTHERS if given.peers or given.original else []

    with tempfile.TemporaryDirectory(
        prefix="peers-", dir=os.environ.get("TMPDIR"), ignore_cleanup_errors=True
    ) as name:
        place = Place(Path(name), given.python, given.peers, given.original)
        build_null_tracer(given.python, place.folder)
        print(*HEAD, sep="\n", flush=True)
        lines, missed = [], []
        for name, title, ways, seconds, how in (
            (
                "defaults",
                "defaults",
                [tracers.NULL_STARTS, tracers.DEFAULTS],
                given.seconds,
                compare_in_turns,
            ),
            (
                "every",
                "every call",
                [tracers.EVERY_CALL, tracers.NO_VALUES, *others],
                given.every_seconds,
                compare,
            ),
        ):
            if given.table in (None, name):
                note = NOTES[title]
                title = f"{version}, {title}, {given.rounds} round{'s' * (given.rounds > 1)} of {seconds:g} s plain"
                ways = [tracers.PLAIN, tracers.NULL, *ways]
                found, too_much = experiment(title, note, given, place, ways, seconds, how)
                lines += found
                missed += too_much
    print(*(f"missed: {line}" for line in missed), sep="\n")
    if given.markdown:
        given.markdown.write_text("\n".join([*lines, ""]))
    return 1 if missed and given.check else 0


if __name__ == "__main__":
    sys.exit(main())
