"""Reads a callgrind file: how many instructions ran in the functions of one object file.

callgrind_annotate does not name the object of lines that were inlined from other files, so it cannot be asked.
"""

from __future__ import annotations

import re
from pathlib import Path

# "fn=(12) name" names a function and gives it a number, "fn=(12)" is that one again; ob= likewise, for object files.
NAME = re.compile(r"(c?)(ob|fn)=\((\d+)\)(?: (.*))?$")


def self_cost(file: Path, object_name: str) -> dict[str, int]:
    """Instructions by function, of the functions of objects whose path contains `object_name`."""
    names: dict[tuple[str, str], str] = {}
    current = {"ob": "", "fn": ""}
    found: dict[str, int] = {}
    after_calls = False
    for line in file.read_text().splitlines():
        named = NAME.match(line)
        if named:
            called, what, number, name = named.groups()
            if name is not None:
                names[what, number] = name
            if not called:
                current[what] = names[what, number]
        elif line.startswith("calls="):
            after_calls = True  # the next line has the cost of what was called, not of the caller
        elif line[:1] and line[0] in "0123456789+-*":
            if not after_calls and object_name in current["ob"]:
                found[current["fn"]] = found.get(current["fn"], 0) + int(line.split()[1])
            after_calls = False
    return found
