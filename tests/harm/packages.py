"""Obtains the packages of packages.toml, and what their test suites need, with pip; all pinned, kept in the cache."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from running import WATCH, Suite

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Package:
    name: str
    version: str
    sha256: str
    tests: list[str]
    since: str = "3.10"
    limit: float = 300
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def suite(self) -> str:
        return f"package:{self.name}"

    def exists_for(self, version: str) -> bool:
        return tuple(map(int, version.rstrip("td").split("."))) >= tuple(
            map(int, self.since.split("."))
        )


def listed() -> list[Package]:
    table = tomllib.loads((HERE / "packages.toml").read_text())
    return [Package(**entry) for entry in table["package"]]


def quietly(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"harm: {' '.join(map(str, command))}:\n{done.stdout}{done.stderr}")


def venv_of(python: str, version: str, cache: Path) -> Path:
    """The interpreter of a virtual environment that has all that the suites need."""
    needs = HERE / "needs.txt"
    stamp = hashlib.sha256(needs.read_bytes() + python.encode()).hexdigest()[:12]
    folder = cache / f"venv-{version}-{stamp}"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        quietly(python, "-m", "venv", folder)
        quietly(folder / "bin/pip", "install", "--quiet", "-r", needs)
        (folder / "complete").touch()
    return folder / "bin/python"


def sources_of(package: Package, pip: Path, cache: Path) -> Path:
    """The source package, unpacked: only there are the tests of most."""
    folder = cache / f"{package.name}-{package.version}"
    if folder.exists():
        return folder
    part = cache / f"{folder.name}.part"
    shutil.rmtree(part, ignore_errors=True)
    wanted = f"{package.name}=={package.version}"
    quietly(pip, "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", part, wanted)
    (archive,) = part.glob("*.tar.gz")
    if hashlib.sha256(archive.read_bytes()).hexdigest() != package.sha256:
        raise SystemExit(f"harm: {archive.name} is not the file that packages.toml names")
    # Not with tarfile: Python 3.11.2 cannot be told to write nothing outside of the folder, as tar does by itself.
    quietly("tar", "-xzf", archive, "-C", part)
    (inner,) = (path for path in part.iterdir() if path.is_dir())
    inner.rename(folder)
    shutil.rmtree(part)
    return folder


def can_install(python: str) -> bool:
    """Debian's interpreters have no pip to put into a virtual environment."""
    tried = subprocess.run([python, "-I", "-c", "import ensurepip._bundled"], capture_output=True)
    return tried.returncode == 0


def suites_of(python: str, version: str, wanted: list[Package], cache: Path) -> Iterator[Suite]:
    wanted = [package for package in wanted if package.exists_for(version)]
    if not wanted:
        return
    if not can_install(python):
        print(f"harm: no packages on {version}: {python} has no pip")
        return
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        inner = venv_of(python, version, cache)
        sources = [sources_of(package, inner.with_name("pip"), cache) for package in wanted]
    for package, folder in zip(wanted, sources, strict=True):
        yield suite_of(package, str(inner), version, folder)


def suite_of(package: Package, python: str, version: str, sources: Path) -> Suite:
    words = ["-m", "pytest", "-q", "-p", "watch_pytest", "-p", "no:cacheprovider", *package.tests]
    return Suite(
        name=package.suite,
        python=python,
        version=version,
        words=words,
        sources=sources,
        environment={"PYTHONPATH": str(WATCH), **package.environment},
        limit=package.limit,
    )
