#!/usr/bin/env python3
"""Holds src/ to the room table of ARCHITECTURE.md.

A room includes headers of the rooms in its "may use" cell only, a foreign header is included by the one room that
names it, every C file starts with base/base.h, and tests of Python's version stay in hook/pycompat.h.
"""

import re
import sys
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROW = re.compile(r"^\| `(\w+)/` \|[^|]*\|[^|]*\|([^|]*)\|([^|]*)\|$")
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.MULTILINE)
VERSION_TEST = re.compile(r"\bPY_(VERSION_HEX|M(AJOR|INOR|ICRO)_VERSION)\b")
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)

# What the C library and the kernel bring: any room may use it. All else is foreign and needs a row of the table.
SYSTEM = """
    arpa/inet.h assert.h cpuid.h ctype.h dirent.h dlfcn.h endian.h errno.h fcntl.h fenv.h float.h fnmatch.h ftw.h
    getopt.h glob.h
    immintrin.h inttypes.h langinfo.h libgen.h limits.h linux/*.h locale.h malloc.h math.h netinet/in.h poll.h
    pthread.h pwd.h
    regex.h sched.h search.h semaphore.h setjmp.h signal.h spawn.h stdalign.h stdarg.h stdatomic.h stdbool.h stddef.h
    stdint.h stdio.h stdlib.h stdnoreturn.h string.h strings.h sys/*.h termios.h threads.h time.h unistd.h utime.h
    wchar.h wctype.h x86intrin.h arm_neon.h
""".split()
IN_TESTS = ["cmocka.h"]
GENERATED = ["version.h", "pages_text.h"]


class Room:
    def __init__(self, above, may_use, headers):
        self.above = above
        self.may_use = may_use
        self.headers = headers


def read_table():
    """The rooms by name, in the table's order, which is from the floor up."""
    rooms = {}
    for line in (ROOT / "ARCHITECTURE.md").read_text().splitlines():
        if row := ROW.match(line):
            name, may_use, headers = row.groups()
            rooms[name] = Room(
                list(rooms), re.findall(r"\w+", may_use), re.findall(r"`([^`]+)`", headers)
            )
    return rooms


def check_table(rooms):
    if not rooms:
        yield "ARCHITECTURE.md: no room table was found"
    for name, room in rooms.items():
        for used in room.may_use:
            if used not in room.above:
                yield f"ARCHITECTURE.md: room '{name}' uses '{used}', which is not a room above it in the table"
    for folder in sorted((ROOT / "src").iterdir()):
        if folder.is_dir() and any(folder.iterdir()) and folder.name not in rooms:
            yield f"src/{folder.name}: a room without a row in the table of ARCHITECTURE.md"


def matches(header, patterns):
    return any(fnmatch(header, pattern) for pattern in patterns)


def check_header(rooms, room, quoted, header, is_test):
    """What is wrong with including this header in this room, or None."""
    if matches(header, rooms[room].headers):
        return None
    owners = [name for name, other in rooms.items() if matches(header, other.headers)]
    if owners:
        return f"'{header}' belongs to room '{owners[0]}' alone"
    if not quoted:
        if matches(header, SYSTEM) or (is_test and matches(header, IN_TESTS)):
            return None
        return (
            f"'{header}' is neither a system header nor named by this room's row in ARCHITECTURE.md"
        )
    if header in GENERATED:
        return None
    target = header.split("/")[0]
    if target == header or target not in rooms:
        return f"'{header}' names no room: write \"room/file.h\""
    if target != room and target not in rooms[room].may_use:
        return f"room '{room}' may not use '{target}' ('{header}')"
    return None


def check_file(rooms, path):
    name = path.relative_to(ROOT)
    room = name.parts[1]
    text = COMMENT.sub("", path.read_text())
    includes = [(quote == '"', header) for quote, header in INCLUDE.findall(text)]
    if path.suffix == ".c" and includes[:1] != [(True, "base/base.h")]:
        yield f'{name}: the first include has to be "base/base.h"'
    for quoted, header in includes:
        wrong = check_header(rooms, room, quoted, header, path.stem.endswith("_test"))
        if wrong:
            yield f"{name}: {wrong}"
    of_pycompat = name.match("src/hook/pycompat*.h")
    if VERSION_TEST.search(text) and not of_pycompat:
        yield f"{name}: a test of Python's version belongs in src/hook/pycompat.h"


def main():
    rooms = read_table()
    wrong = list(check_table(rooms))
    for path in sorted((ROOT / "src").glob("*/**/*.[ch]")):
        if path.relative_to(ROOT).parts[1] in rooms:
            wrong += check_file(rooms, path)
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
