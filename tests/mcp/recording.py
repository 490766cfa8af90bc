"""Programs to record for the tests of the MCP server."""

from __future__ import annotations

import os
import subprocess
import textwrap
from pathlib import Path

from wire import environment

ROOT = Path(__file__).resolve().parent.parent.parent


def newest_python() -> str:
    given = os.environ.get("BREADCRUMB_TEST_PYTHONS")
    if not given:
        listed = subprocess.run([ROOT / "tools/pythons.sh"], capture_output=True, text=True)
        given = ":".join(listed.stdout.split())
    return given.split(":")[-1]


def record(
    program: Path, database: Path, source: str, folder: Path, *options: str, limit: str = "60"
) -> None:
    """Runs a program recorded; what becomes of it is the program's own affair."""
    path = folder / "program.py"
    path.write_text(textwrap.dedent(source))
    words = [program, "run", "-t", limit, "--silent", "--db-path", database, *options, "--"]
    subprocess.run(
        [*words, newest_python(), path.name],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        timeout=120,
    )
    assert (database.parent / "trails").is_dir() or database.exists()


def start_recorded(
    program: Path, database: Path, source: str, folder: Path
) -> subprocess.Popen[bytes]:
    """The same, still running, on pipes."""
    path = folder / "program.py"
    path.write_text(textwrap.dedent(source))
    words = [program, "run", "-t", "60", "--silent", "--db-path", database, "--"]
    return subprocess.Popen(
        [*words, newest_python(), path.name],
        cwd=folder,
        env=environment(folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
