"""Runs a program that handles secrets, and looks for them in all that was written, byte by byte."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from helpers import Bench, Interpreter, Run

Planted = dict[str, list[str]]


def plant(bench: Bench, planted: Planted) -> Planted:
    (bench.project.parent / "planted.json").write_text(json.dumps(planted))
    return planted


def parts(secret: str) -> set[bytes]:
    """What of a secret must not be found: any 12 bytes of it in a row, which also covers one that was cut."""
    text = secret.replace("-----", "").encode()
    middle = text[8:] if len(text) > 24 else text
    return {middle[i : i + 12] for i in range(max(1, len(middle) - 11))}


def leaks(data: bytes, planted: Planted) -> list[str]:
    wanted = planted["named"] + planted["formed"]
    return [one for one in wanted if any(part in data for part in parts(one))]


def every_byte(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def all_rows(run: Run) -> bytes:
    tables = ["traces", "trace_events", "exceptions", "functions", "calls", "losses"]
    tables += ["threads", "tasks", "lines"]
    return "\n".join(json.dumps(run.query(f"SELECT * FROM {one}")) for one in tables).encode()


def trail_of(
    bench: Bench, python: Interpreter, program: str, *words: str, options: tuple[str, ...] = ()
) -> bytes:
    """Every byte of the trail at the program's end, which it announces with a line; then it ends, and all is stored."""
    bench.write({"program.py": program})
    command = [*bench.tracing("--every-call", *options), python.path, "program.py", *words]
    where = {"PLANTED": str(bench.project.parent / "planted.json")}
    with bench.start(command, env=where, stdin=subprocess.PIPE) as process:
        assert process.stdout
        said = process.stdout.readline()
        trails = bench.database.parent.parent / "trails"
        shutil.copytree(bench.database.parent / "trails", trails)
        _, errors = process.communicate(b"", timeout=100)
    assert (process.returncode, said) == (0, b"all planted\n"), errors
    return every_byte(trails)
