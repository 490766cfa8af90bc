"""Runs a suite once, untraced or traced, in a folder that is laid anew, and gathers what it did."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from judging import Pass

WATCH = Path(__file__).resolve().parent / "watch"


@dataclass(frozen=True)
class Suite:
    name: str
    python: str
    version: str  # 3.12, or 3.14t without a GIL
    words: Sequence[str]  # after the interpreter; RECORDS and FOLDER stand for paths
    sources: Path | None = None  # copied to the folder that it runs in
    environment: Mapping[str, str] = field(default_factory=dict)
    limit: float = 300


@dataclass
class Place:
    """Where suites run: the same paths in each run, so that they are the same in what is printed."""

    breadcrumb: Path
    scratch: Path
    options: Sequence[str] = ("--all-code", "--every-call", "--silent")
    quota: int = 512

    def lay(self, suite: Suite) -> dict[str, Path]:
        shutil.rmtree(self.scratch, ignore_errors=True)
        names = ("work", "home", "tmp", "db")
        paths = {name: self.scratch / name for name in names}
        for path in paths.values():
            path.mkdir(parents=True)
        if suite.sources:
            shutil.copytree(suite.sources, paths["work"], dirs_exist_ok=True, symlinks=True)
        return paths | {"records": self.scratch / "records"}

    def run(self, suite: Suite, *, traced: bool) -> Pass:
        paths = self.lay(suite)
        means = {"RECORDS": str(paths["records"]), "FOLDER": str(paths["work"])}
        command = [suite.python, *(means.get(word, word) for word in suite.words)]
        limit = suite.limit * (6 if traced else 1)
        if traced:
            ours = ["run", "-t", str(int(limit)), "--db-path", str(paths["db"] / "traces.duckdb")]
            ours += ["--quota", str(self.quota)]
            command = [str(self.breadcrumb), *ours, *self.options, "--", *command]
        kept = ("PATH", "LANG", "USER", "LOGNAME", "LD_LIBRARY_PATH", "SSL_CERT_FILE")
        environment = {name: os.environ[name] for name in kept if name in os.environ}
        environment |= {"HOME": str(paths["home"]), "TMPDIR": str(paths["tmp"])}
        environment |= {"LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0", "COLUMNS": "120"}
        environment |= {"HARM_RECORDS": str(paths["records"]), **suite.environment}
        ended = self.wait(command, environment, paths["work"], limit + (60 if traced else 0))
        result = gathered(paths["records"], *ended)
        if traced:
            result.recorded = self.calls_of(paths["db"] / "traces.duckdb", environment)
        shutil.rmtree(self.scratch, ignore_errors=True)
        return result

    def calls_of(self, database: Path, environment: dict[str, str]) -> int:
        """How much was recorded: a suite that was not traced would not differ either."""
        words = ["query", "--db-path", str(database), "SELECT count(*) AS calls FROM calls"]
        asked = subprocess.run([str(self.breadcrumb), *words], env=environment, capture_output=True)
        return json.loads(asked.stdout)["rows"][0]["calls"] if asked.returncode == 0 else 0

    def wait(
        self, command: list[str], environment: dict[str, str], folder: Path, limit: float
    ) -> tuple[int | str, str, str]:
        # To files, not pipes: a daemon that outlives its suite would hold a pipe open.
        names = [self.scratch / "stdout", self.scratch / "stderr"]
        with names[0].open("wb") as out, names[1].open("wb") as err:
            with subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            ) as process:
                try:
                    status: int | str = process.wait(limit)
                except subprocess.TimeoutExpired:
                    status = "timeout"
                    os.killpg(process.pid, signal.SIGKILL)
                except BaseException:
                    os.killpg(process.pid, signal.SIGTERM)
                    raise
        if status == 124:
            status = "timeout"
        texts = [path.read_bytes().decode("utf-8", "replace") for path in names]
        return status, texts[0], texts[1]


def gathered(records: Path, status: int | str, out: str, err: str) -> Pass:
    result = Pass(status, out, err)
    if not records.exists():
        return result
    for line in records.read_text("utf-8", "replace").splitlines():
        record = json.loads(line)
        if "begins" in record:
            result.last_begun = record["begins"]
            continue
        name = test = record.pop("test")
        number = 1
        while name in result.tests:  # the same test twice: by its turn
            number += 1
            name = f"{test} #{number}"
        result.tests[name] = record
    return result
