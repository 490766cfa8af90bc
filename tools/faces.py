#!/usr/bin/env python3
"""The faces of the table of commands: manual pages, and a check that no face lacks anything.

usage: tools/faces.py --man FOLDER [BUILD]     writes breadcrumb.1 and breadcrumb-COMMAND.1
       tools/faces.py --check [BUILD]          status 1 and a line for each thing that is missing

The program tells its table (`breadcrumb help --all`), so what is made here cannot differ from what is parsed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

Table = dict[str, Any]


def program(build: Path) -> Path:
    return build / "bin" / "breadcrumb"


def table_of_commands(build: Path) -> Table:
    done = subprocess.run([program(build), "help", "--all"], capture_output=True, check=True)
    return json.loads(done.stdout)


def version(build: Path) -> str:
    done = subprocess.run([program(build), "--version"], capture_output=True, check=True, text=True)
    return done.stdout.split()[1]


# ---- manual pages


def roff(text: str) -> str:
    """Text for roff: its special characters, and lines that begin like a request."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    return "\n".join("\\&" + line if line[:1] == "." else line for line in text.split("\n"))


def synopsis(command: Table) -> str:
    if command["usage"]:
        return command["usage"]
    words = ["[options]"]
    for a in command["arguments"]:
        if a["positional"]:
            words.append(a["metavar"] if a["required"] else f"[{a['metavar']}]")
    return " ".join(words)


def argument(a: Table) -> list[str]:
    name = a["metavar"] if a["positional"] else "--" + a["name"]
    if not a["positional"] and a["letter"]:
        name = f"-{a['letter']}, {name}"
    if not a["positional"] and a["type"] != "flag":
        name += " " + a["metavar"]
    notes = []
    if "max" in a and a["max"] < 2**62:
        notes.append(f"{a['min']} to {a['max']}")
    if a["default"]:
        notes.append(f"default: {a['default']}")
    if a["repeats"]:
        notes.append("may be repeated")
    text = a["help"] + (f" ({'; '.join(notes)})" if notes else "")
    return [".TP", f"\\fB{roff(name)}\\fR", roff(text)]


def page(command: Table, table: Table, number: str) -> str:
    name = "breadcrumb-" + command["name"].replace(" ", "-")
    lines = [
        f'.TH "{roff(name.upper())}" 1 "" "breadcrumb {number}"',
        ".SH NAME",
        f"{roff(name)} \\- {roff(command['summary'])}",
        ".SH SYNOPSIS",
        f"\\fBbreadcrumb {roff(command['name'])}\\fR {roff(synopsis(command))}",
    ]
    if command["detail"]:
        lines += [".SH DESCRIPTION", roff(command["detail"].strip())]
    for title, arguments in (
        ("OPTIONS", command["arguments"]),
        ("OPTIONS OF EVERY COMMAND", table["options"]),
    ):
        shown = [a for a in arguments if not a["hidden"]]
        lines += [f".SH {title}"] if shown else []
        for a in shown:
            lines += argument(a)
    if command.get("answer"):
        lines.append(".SH ANSWER")
        for part in command["answer"]:
            lines += [".TP", f"\\fB{roff(part['name'])}\\fR", roff(part["meaning"]), ".RS"]
            for column in part["columns"]:
                lines += [".TP", f"\\fI{roff(column['name'])}\\fR", roff(column["meaning"])]
            lines.append(".RE")
    if command["examples"]:
        lines.append(".SH EXAMPLES")
        for e in command["examples"]:
            lines += [".TP", f"\\fB{roff(e['command'])}\\fR", roff(e["meaning"])]
    lines += [".SH SEE ALSO", "\\fBbreadcrumb\\fR(1)"]
    return "\n".join(lines) + "\n"


def overview(table: Table, number: str) -> str:
    lines = [
        f'.TH BREADCRUMB 1 "" "breadcrumb {number}"',
        ".SH NAME",
        "breadcrumb \\- a flight recorder for Python: run a program, then ask what it did",
        ".SH SYNOPSIS",
        "\\fBbreadcrumb\\fR [options] \\fICOMMAND\\fR [options]",
        ".SH COMMANDS",
    ]
    for c in table["commands"]:
        page_name = "breadcrumb\\-" + roff(c["name"].replace(" ", "-"))
        lines += [".TP", f"\\fB{page_name}\\fR(1)", roff(c["summary"])]
    lines.append(".SH OPTIONS")
    for a in table["options"]:
        lines += argument(a)
    lines += [
        ".SH EXIT STATUS",
        "0 success, 1 error, 2 nothing found. \\fBrun\\fR ends as its command ended.",
    ]
    return "\n".join(lines) + "\n"


def write_man(folder: Path, build: Path) -> None:
    table, number = table_of_commands(build), version(build)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "breadcrumb.1").write_text(overview(table, number))
    for command in table["commands"]:
        name = "breadcrumb-" + command["name"].replace(" ", "-") + ".1"
        (folder / name).write_text(page(command, table, number))
    print(f"faces: {len(table['commands']) + 1} manual pages in {folder}")


# ---- the check


def check_argument(where: str, a: Table) -> list[str]:
    found = []
    if not a["help"]:
        found.append(f"{where}: no help")
    if a["type"] == "integer" and "max" not in a:
        found.append(f"{where}: no range")
    if a["type"] == "choice" and not a.get("choices"):
        found.append(f"{where}: no choices")
    return found


def check_command(command: Table, build: Path, pages: str) -> list[str]:
    name, found = command["name"], []
    for a in command["arguments"]:
        found += check_argument(f"{name}: {a['name']}", a)
    for part in command.get("answer", []):
        if not part["meaning"]:
            found.append(f"{name}: the answer's {part['name']} has no meaning")
        found += [
            f"{name}: column {c['name']} has no meaning"
            for c in part["columns"]
            if not c["meaning"]
        ]
        if part["name"] not in pages:
            found.append(f"{name}: docs/cli.md does not name the answer's {part['name']}")
    if not command["summary"] or command["summary"].endswith("."):
        found.append(f"{name}: no summary, or one with a full stop")
    if not command["examples"]:
        found.append(f"{name}: no example")
    if f"`{name}" not in pages and f"{name.split()[0]} " not in pages:
        found.append(f"{name}: not in docs/cli.md")
    return found + check_completion(command, build)


def check_completion(command: Table, build: Path) -> list[str]:
    words = command["name"].split() + ["--"]
    done = subprocess.run(
        [program(build), "__complete", *words], capture_output=True, text=True, check=True
    )
    offered = {line.split("\t")[0] for line in done.stdout.splitlines()}
    wanted = {
        "--" + a["name"] for a in command["arguments"] if not a["positional"] and not a["hidden"]
    }
    return [f"{command['name']}: completion lacks {option}" for option in sorted(wanted - offered)]


def check(build: Path) -> int:
    table = table_of_commands(build)
    pages = "".join((ROOT / "docs" / name).read_text() for name in ("cli.md", "settings.md"))
    found = [line for a in table["options"] for line in check_argument(a["name"], a)]
    for command in table["commands"]:
        found += check_command(command, build, pages)
    for line in found:
        print(f"faces: {line}", file=sys.stderr)
    return 1 if found else 0


def main() -> int:
    words = sys.argv[1:]
    if words[:1] == ["--man"] and len(words) > 1:
        write_man(Path(words[1]), Path(words[2]) if len(words) > 2 else ROOT / "build")
        return 0
    if words[:1] == ["--check"]:
        return check(Path(words[1]) if len(words) > 1 else ROOT / "build")
    print(__doc__, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
