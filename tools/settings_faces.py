#!/usr/bin/env python3
"""Writes what is made from the table of settings: docs/settings.md and the type stubs of the Python package.

usage: tools/settings_faces.py [--check] [BUILD-FOLDER]      --check only looks

The program tells the table (`breadcrumb config keys`), so what is written cannot differ from what is parsed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BEGIN = "<!-- made by tools/settings_faces.py from the table of settings -->"
END = "<!-- end of what was made -->"
STUB_BEGIN = "# made by tools/settings_faces.py from the table of settings"
STUB_END = "# end of what was made"

Key = dict[str, Any]


def table_of_settings(build: Path) -> list[Key]:
    done = subprocess.run(
        [build / "bin/breadcrumb", "config", "keys"], capture_output=True, check=True
    )
    return json.loads(done.stdout)["keys"]


def code(word: str) -> str:
    return f"`{word}`"


def options_of(key: Key) -> str:
    return ", ".join(code(key[name]) for name in ("option", "option_off") if key[name])


def documentation(keys: list[Key]) -> str:
    lines = ["| setting | type | default | environment | option of `run` | |"]
    lines.append("| --- | --- | --- | --- | --- | --- |")
    for key in keys:
        kind = key["type"] + (f", {key['range']}" if key["range"] else "")
        default = "" if key["default"] in (None, []) else code(json.dumps(key["default"]))
        environment = code(key["environment"]) if key["environment"] else ""
        cells = [code(key["key"]), kind, default, environment, options_of(key), key["meaning"]]
        lines.append("| " + " | ".join(cells).replace("|  |", "| |").rstrip() + " |")
    return "\n".join(lines)


def types_of(key: Key) -> tuple[str, str]:
    """What init() takes, and what get_config() gives."""
    if key["type"] in ("bool", "int", "float"):
        return key["type"], key["type"]
    if key["type"] == "choice":
        words = ", ".join(f'"{word}"' for word in key["range"].split(", "))
        return f"Literal[{words}]", f"Literal[{words}]"
    if key["type"] == "path":
        return "str | PathLike[str]", "str | None"
    if key["type"] == "folders":
        return "Sequence[str | PathLike[str]]", "list[str]"
    return "Sequence[str]", "list[str]"


def stubs(keys: list[Key]) -> str:
    lines = ["class _Settings(TypedDict):"]
    lines += [f"    {key['key']}: {types_of(key)[1]}" for key in keys]
    lines += ["", "def init(", "    *,", "    config: str | None = None,"]
    lines += [f"    {key['key']}: {types_of(key)[0]} | None = None," for key in keys]
    return "\n".join([*lines, ") -> None: ...", ""])  # a blank line, as the formatter wants it


def between(text: str, begin: str, end: str, new: str) -> str:
    head, _, rest = text.partition(begin)
    _, mark, tail = rest.partition(end)
    if not mark:
        sys.exit(f"settings_faces: the marks '{begin}' and '{end}' are missing")
    return f"{head}{begin}\n{new}\n{end}{tail}"


def main() -> int:
    words = sys.argv[1:]
    check = "--check" in words
    folders = [word for word in words if word != "--check"]
    keys = table_of_settings(ROOT / (folders[0] if folders else "build"))
    faces = {
        ROOT / "docs/settings.md": (BEGIN, END, documentation(keys)),
        ROOT / "python/breadcrumb/__init__.pyi": (STUB_BEGIN, STUB_END, stubs(keys)),
    }
    stale = []
    for path, (begin, end, new) in faces.items():
        old = path.read_text(encoding="utf-8")
        now = between(old, begin, end, new)
        if now == old:
            continue
        stale.append(path.relative_to(ROOT))
        if not check:
            path.write_text(now, encoding="utf-8")
    for path in stale:
        state = "is out of date: run 'make faces'" if check else "written"
        print(f"settings_faces: {path} {state}", file=sys.stderr)
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
