"""How each tracer is started on a program, and where it leaves its recording."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("BREADCRUMB_BIN") or str(ROOT / "build/bin/breadcrumb")


@dataclass(frozen=True)
class Place:
    """One run's folders, and the interpreters: `python` plain, `peers` and `original` of the environments, or none."""

    folder: Path
    python: str
    peers: Path | None
    original: Path | None

    @property
    def recording(self) -> Path:
        return self.folder / "recording"


class Tracer:
    """What stands before the words of a plain run."""

    name = "plain"
    # The mode that subject.py is given.
    mode = "plain"

    def python(self, place: Place) -> str | None:
        """The interpreter, or None if this tracer cannot be had for it."""
        return place.python

    def interpreter(self, place: Place) -> list[str]:
        """The words between what stands before and the script."""
        return [place.python]

    def before(self, place: Place) -> list[str]:
        return []

    def prepare(self, place: Place) -> None:
        place.recording.mkdir(parents=True, exist_ok=True)


class Null(Tracer):
    name = "null tracer"
    mode = "null"


class NullStarts(Tracer):
    """The same for the beginnings of calls alone: what nothing that counts calls is without. (Before 3.12 the same.)"""

    name = "null tracer, PY_START alone"
    mode = "null-starts"


class Profile(Tracer):
    name = "cProfile"
    mode = "cprofile"


class Ours(Tracer):
    def __init__(self, name: str, *options: str) -> None:
        self.name = name
        self.options = options

    def before(self, place: Place) -> list[str]:
        words = [PROGRAM, "run", "-t", "900", "--silent", *self.options]
        return [*words, "--db-path", str(place.recording / "traces.duckdb"), "--"]


class Peer(Tracer):
    """A command of the peers' environment that takes a script and its arguments."""

    def __init__(self, name: str, command: str, *options: str, result: str = "") -> None:
        self.name = name
        self.command = command
        self.options = options
        self.result = result

    def python(self, place: Place) -> str | None:
        return str(place.peers / "bin/python") if place.peers else None

    def interpreter(self, place: Place) -> list[str]:
        return []

    def before(self, place: Place) -> list[str]:
        words = [f"{place.peers}/bin/{self.command}", *self.options]
        return [
            *words,
            *([self.result, str(place.recording / "trace.json")] if self.result else []),
        ]


class Original(Tracer):
    """PyPI's breadcrumb: it wants a profile in the home folder first."""

    name = "PyPI's breadcrumb 0.2.14"

    def python(self, place: Place) -> str | None:
        return str(place.original / "bin/python") if place.original else None

    def interpreter(self, place: Place) -> list[str]:
        # It traces what follows the bare word, with its own interpreter; given a path it runs that untraced.
        return ["python"]

    def prepare(self, place: Place) -> None:
        super().prepare(place)
        import subprocess

        home = {**os.environ, "HOME": str(place.recording)}
        command = [f"{place.original}/bin/breadcrumb", "init", "bench"]
        subprocess.run(command, env=home, check=True, capture_output=True, timeout=60)

    def before(self, place: Place) -> list[str]:
        return [f"{place.original}/bin/breadcrumb", "run", "-c", "bench", "-t", "300", "--silent"]


PLAIN, NULL, NULL_STARTS = Tracer(), Null(), NullStarts()
DEFAULTS = Ours("Breadcrumb, defaults")
EVERY_CALL = Ours("Breadcrumb, --every-call", "--every-call", "--quota", "8192")
NO_VALUES = Ours(
    "Breadcrumb, --every-call, no values", "--every-call", "--quota", "8192", "--values", "off"
)
VIZTRACER = Peer(
    "VizTracer, names",
    "viztracer",
    "--ignore_c_function",
    "--quiet",
    "--tracer_entries",
    "10000000",
    result="-o",
)
VIZTRACER_VALUES = Peer(
    "VizTracer, arguments and results",
    "viztracer",
    "--ignore_c_function",
    "--log_func_args",
    "--log_func_retval",
    "--quiet",
    "--tracer_entries",
    "10000000",
    result="-o",
)
COVERAGE = Peer("coverage", "coverage", "run")
KOLO = Peer("kolo", "kolo", "run")
OTHERS = [VIZTRACER, VIZTRACER_VALUES, Profile(), COVERAGE, KOLO, Original()]
