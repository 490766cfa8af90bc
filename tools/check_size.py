#!/usr/bin/env python3
"""Keeps files and functions small, by a ratchet.

A file of more than 400 lines is a warning, of more than 800 an error; a function of more than 60 lines or of a
complexity above 15 is an error. What was too large when the rule came is in tools/limits.txt with its size: that size
may shrink, and then the line has to follow (--lower does that), but never grow, and no line may be added.
"""

import ast
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMITS = ROOT / "tools" / "limits.txt"
FOLDERS = ["src", "python", "tests", "bench", "examples", "tools"]
FILE_WARN, FILE_MAX = 400, 800
MAX = {"lines": FILE_MAX, "length": 60, "complexity": 15}

# Comments, strings and characters: what is in them is not code, but their line ends count.
NOT_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
# A switch counts once, however many cases it has: a table of cases is easy to read.
BRANCH = re.compile(r"\b(?:if|for|while|switch)\b|&&|\|\||\?")
PYTHON_BRANCH = (
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.IfExp,
    ast.ExceptHandler,
    ast.Match,
    ast.comprehension,
)


def c_functions(text):
    """name, length and complexity of each function; its braces stand in the first column, nothing else's do."""
    code = NOT_CODE.sub(lambda found: "\n" * found[0].count("\n"), text).split("\n")
    start = None
    for number, line in enumerate(code):
        if line == "{":
            start = number
            while start > 0 and code[start - 1].strip() and code[start - 1][0] not in "}#":
                start -= 1
        elif line == "}" and start is not None:
            name = re.search(r"(\w+)\s*\(", " ".join(code[start:number]))
            body = "\n".join(code[start:number])
            yield name[1] if name else "?", number - start + 1, 1 + len(BRANCH.findall(body))
            start = None


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            branches = sum(
                len(inner.values) - 1
                if isinstance(inner, ast.BoolOp)
                else isinstance(inner, PYTHON_BRANCH)
                for inner in ast.walk(node)
            )
            yield node.name, node.end_lineno - node.lineno + 1, 1 + branches


def measure(path):
    """(what, name) -> size of all that is measured in this file."""
    text = path.read_text()
    sizes = {("lines", "-"): text.count("\n")}
    functions = (
        python_functions(text)
        if path.suffix == ".py"
        else c_functions(text)
        if path.suffix in (".c", ".h")
        else ()
    )
    for name, length, complexity in functions:
        for what, size in (("length", length), ("complexity", complexity)):
            sizes[what, name] = max(size, sizes.get((what, name), 0))
    return sizes


def read_limits(text):
    rows = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return {(path, what, name): int(size) for path, what, name, size in rows}


def write_limits(limits):
    rows = [f"{path} {what} {name} {size}\n" for (path, what, name), size in sorted(limits.items())]
    head = "# What is larger than tools/check_size.py allows: path, measure, name, size. It may only go down.\n"
    LIMITS.write_text(head + "".join(rows))


def committed_limits():
    """The limits as last committed, or None when there were none yet."""
    shown = subprocess.run(
        ["git", "show", "HEAD:tools/limits.txt"], cwd=ROOT, capture_output=True, text=True
    )
    return read_limits(shown.stdout) if shown.returncode == 0 else None


def measure_tree():
    sizes = {}
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*")):
        if path.suffix in (".c", ".h", ".py", ".sh") and path.is_file():
            name = path.relative_to(ROOT).as_posix()
            sizes.update({(name, *key): size for key, size in measure(path).items()})
    return sizes


def lower(limits, large, before):
    """The first list takes everything in; from then on a line can only shrink or go."""
    return {
        key: min(size, limits.get(key, size))
        for key, size in large.items()
        if key in limits or before is None
    }


def complaints(sizes, limits):
    for (path, what, name), size in sorted(sizes.items()):
        limit = limits.get((path, what, name), MAX[what])
        if size > limit:
            where = path if name == "-" else f"{path}: {name}()"
            yield f"{where}: {what} {size}, at most {limit}"


def ratchet_complaints(large, limits, before):
    for key, limit in sorted(limits.items()):
        row = f"tools/limits.txt: {' '.join(key)} {limit}"
        if large.get(key, 0) < limit:
            yield f"{row} is out of date: run tools/check_size.py --lower"
        if before is not None and limit > before.get(key, 0):
            yield f"{row} is new or has grown: make it smaller instead"


def main():
    sizes = measure_tree()
    large = {key: size for key, size in sizes.items() if size > MAX[key[1]]}
    limits = read_limits(LIMITS.read_text()) if LIMITS.exists() else {}
    before = committed_limits()
    if "--lower" in sys.argv:
        limits = lower(limits, large, before)
        write_limits(limits)

    for (path, what, _), size in sorted(sizes.items()):
        if what == "lines" and FILE_WARN < size <= FILE_MAX:
            print(f"{path}: warning: {size} lines, aim at {FILE_WARN}", file=sys.stderr)
    wrong = [*complaints(sizes, limits), *ratchet_complaints(large, limits, before)]
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
