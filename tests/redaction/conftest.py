"""Builds redact_lines.c with src/redact, under ASan and UBSan."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))

Redact = Callable[..., list[str]]


@pytest.fixture(scope="session")
def redact_lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which(os.environ.get("CC", "gcc"))
    assert compiler, "no C compiler"
    sources = [
        one
        for one in (ROOT / "src/redact").glob("*.c")
        if not one.stem.endswith(("_test", "_fuzz"))
    ]
    program = tmp_path_factory.mktemp("redact") / "redact_lines"
    flags = ["-std=gnu17", "-O1", "-g", "-Wall", "-Wextra", "-Werror"]
    flags += ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    command = [compiler, *flags, f"-I{ROOT / 'src'}", *map(str, sorted(sources))]
    command += [str(HERE / "redact_lines.c"), "-o", str(program)]
    made = subprocess.run(command, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    return program


@pytest.fixture(scope="session")
def redacted(redact_lines: Path) -> Redact:
    """redacted(lines, *names, patterns=[], mode="text") -> what becomes of each."""

    def run(
        lines: list[str], *names: str, patterns: tuple[str, ...] = (), mode: str = "text"
    ) -> list[str]:
        words = [str(redact_lines), mode, *names, "--", *patterns]
        given = "".join(line + "\n" for line in lines).encode("utf-8", "surrogatepass")
        environment = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD"}
        done = subprocess.run(words, input=given, capture_output=True, env=environment, timeout=120)
        assert done.returncode in (0, 1), done.stderr.decode("utf-8", "replace")
        return done.stdout.decode("utf-8", "surrogateescape").split("\n")[:-1]

    return run
