"""Builds harness.c with src/hook/value*.c and own.c for each interpreter."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))

from value_subject import Harness  # noqa: E402

WARNINGS = ["-Wall", "-Wextra", "-Werror", "-Wshadow", "-Wvla", "-Wwrite-strings"]
FACTS = """
import json, sysconfig
print(json.dumps([sysconfig.get_path("include"), sysconfig.get_config_var("EXT_SUFFIX")]))
"""


def build(python: str, folder: Path, *flags: str) -> None:
    facts = subprocess.run([python, "-I", "-c", FACTS], capture_output=True, text=True, check=True)
    include, suffix = json.loads(facts.stdout)
    compiler = shutil.which(os.environ.get("CC", "gcc"))
    assert compiler, "no C compiler"
    sources = [str(HERE / "harness.c"), *map(str, sorted((ROOT / "src/hook").glob("value*.c")))]
    sources.append(str(ROOT / "src/hook/own.c"))
    redact = (ROOT / "src/redact").glob("*.c")
    sources += [str(one) for one in sorted(redact) if not one.stem.endswith(("_test", "_fuzz"))]
    command = [compiler, "-std=gnu17", "-g", "-shared", "-fPIC", "-fvisibility=hidden", *WARNINGS]
    command += [*flags, f"-I{ROOT / 'src'}", "-isystem", include, *sources]
    command += ["-o", str(folder / f"harness{suffix}")]
    made = subprocess.run(command, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr


@pytest.fixture(scope="session")
def harness_for(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Harness]:
    made: dict[tuple[str, bool], Harness] = {}

    def get(python: str, sanitized: bool = False) -> Harness:
        if (python, sanitized) not in made:
            folder = tmp_path_factory.mktemp("harness")
            flags, environment = ["-O2", "-D_FORTIFY_SOURCE=2"], {}
            if sanitized:
                flags = ["-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
                flags += ["-fno-omit-frame-pointer"]
                libraries = [
                    subprocess.run(
                        ["gcc", f"-print-file-name={name}"], capture_output=True, text=True
                    ).stdout.strip()
                    for name in ("libasan.so", "libubsan.so")
                ]
                environment = {
                    "LD_PRELOAD": " ".join(libraries),
                    "ASAN_OPTIONS": "detect_leaks=0",
                    "PYTHONMALLOC": "malloc",  # so that each object has red zones of its own
                }
            build(python, folder, *flags)
            made[python, sanitized] = Harness(python, folder, environment)
        return made[python, sanitized]

    return get


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Without a GIL a value needs the recorder's threads, which are not in the harness: tests/e2e has them."""
    if isinstance(collector, pytest.Module):
        collector.add_marker(pytest.mark.with_gil)


@pytest.fixture
def harness(python: Any, harness_for: Callable[..., Harness]) -> Harness:
    return harness_for(python.path)


@pytest.fixture
def packaged(harness_for: Callable[..., Harness]) -> Harness:
    """The interpreter that has numpy, pandas and the others of tools/requirements.txt."""
    python = os.environ.get("BREADCRUMB_TOOLS_PYTHON", "")
    if not python:
        pytest.skip("tools/with_env.sh knows the Python that has these packages")
    return harness_for(python)
