"""What a call of f(int, int) -> int takes in the trail, byte by byte, and of what it is made.

usage: trail_bytes.py [--python PATH] [--calls N]

A program makes the calls, with arguments that differ, and copies its own trail before it ends: that is read here, by
docs/trail-format.md, and each byte is put down to a field.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = """
import pathlib, shutil, sys

def f(a, b):
    return a + b

def main(calls):
    for i in range(calls):
        f(i, i * 7 % 1000003)

main(int(sys.argv[1]))
shutil.copytree("db/trails", "copy")
"""
HEADER_BYTES = 128
CALL, RETURN, SYNC = 1, 2, 12 << 2
SYNC_MAGIC = 8
INT_BYTES = [(0x40, 0x80, 1), (0x80, 0xC0, 2), (0xC0, 0xE0, 3), (0xE0, 0xF0, 4), (0x22, 0x23, 9)]
NOTE = """
14 bytes are asked for. The numbers that are kept are 61 bits, 7.6 bytes of these; their signs, and how long each is,
make 9.4 of it. A time takes one byte up to 200 ns before a call and 100 ns before a return, else two. What could be
shorter, and what it would cost:
- code and place as one number that stands for both: 1 byte less, for a look-up by both at each call;
- a result as its difference to an argument: 1 to 2 bytes less where it is near one, a comparison more where it is
  not.
"""


class Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, HEADER_BYTES

    def uv(self) -> tuple[int, int]:
        """The number, and how many bytes it took."""
        value = shift = 0
        begun = self.at
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value, self.at - begun

    def int_value(self) -> int | None:
        """How many bytes an int took; None: it is another value."""
        tag = self.data[self.at]
        for low, high, size in INT_BYTES:
            if low <= tag < high:
                self.at += size
                return size
        return None

    def skip_sync(self) -> None:
        self.at += SYNC_MAGIC
        self.uv()
        self.at += 8
        self.uv()
        self.uv()
        for _ in range(self.uv()[0]):
            self.uv()


def read(data: bytes, found: Counter[str]) -> None:
    """One segment. Ends where something else than calls of f begins."""
    committed = int.from_bytes(data[32:40], "little")
    reader = Reader(data)
    found["header of the segment"] += HEADER_BYTES
    while reader.at < committed:
        begun = reader.at
        head, size = reader.uv()
        kind = CALL if head & 1 else head & 3 or head & 63
        if kind == SYNC:
            reader.skip_sync()
            found["SYNC, where a reader can start"] += reader.at - begun
            continue
        fields = {"CALL: kind and time": size} if kind == CALL else {"RETURN: kind and time": size}
        values = ["RETURN: result"]
        if kind == CALL:
            fields["CALL: code"] = reader.uv()[1]
            fields["CALL: place in the caller"] = reader.uv()[1]
            values = ["CALL: first argument", "CALL: second argument"]
        for name in values:
            took = reader.int_value() if kind in (CALL, RETURN) else None
            if took is None:  # not a call of f
                return
            fields[name] = took
        found.update(fields)
        found["calls"] += kind == CALL


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--calls", type=int, default=1_000_000)
    given = parser.parse_args()
    program = os.environ.get("BREADCRUMB_BIN") or str(ROOT / "build/bin/breadcrumb")
    version = subprocess.check_output([given.python, "-V"], text=True).strip()
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="trail-bytes-") as name:
        folder = Path(name)
        (folder / "program.py").write_text(PROGRAM)
        options = ["-t", "600", "--silent", "--every-call", "--db-path", "db/traces.duckdb"]
        words = [given.python, "program.py", str(given.calls)]
        subprocess.run(
            [program, "run", *options, "--", *words],
            cwd=folder,
            env={**os.environ, "BREADCRUMB_INGEST_MB": "0"},
            check=True,
        )
        for segment in (folder / "copy").rglob("thread-1.*"):
            read(segment.read_bytes(), found)
    calls = found.pop("calls")
    if calls < given.calls * 0.9:
        sys.exit(f"trail_bytes: only {calls} of {given.calls} calls were found")
    print(f"{version}, {calls:,} calls of f(int, int) -> int, arguments that differ")
    print(f"{'':34}bytes a call")
    for what, count in found.most_common():
        print(f"{what:34}{count / calls:12.3f}")
    print(f"{'together':34}{sum(found.values()) / calls:12.3f}")
    print(NOTE.rstrip())
    return 0


if __name__ == "__main__":
    sys.exit(main())
