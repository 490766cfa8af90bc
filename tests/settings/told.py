"""What breadcrumb says about settings: shared by the tests in this folder."""

from __future__ import annotations

import json
from pathlib import Path

from helpers import Bench, Ended


def config(bench: Bench, *words: str, **more: object) -> Ended:
    return bench.run([bench.program, "config", *words], **more)


def settings(bench: Bench, *words: str, **more: object) -> dict[str, tuple[object, str]]:
    ended = config(bench, "show", *words, **more)
    assert ended.status == 0, ended.out
    return {row["key"]: (row["value"], row["source"]) for row in json.loads(ended.out)["settings"]}


def error(ended: Ended) -> dict[str, str]:
    assert ended.status == 1
    return json.loads(ended.out)


def place(bench: Bench) -> Path:
    return bench.home / ".breadcrumb"


def write_config(bench: Bench, text: str | bytes) -> Path:
    place(bench).mkdir(exist_ok=True)
    path = place(bench) / "config.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path
