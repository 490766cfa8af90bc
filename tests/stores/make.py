#!/usr/bin/env python3
"""Writes the sample store of the schema that the program makes now: tests/stores/vVERSION.duckdb.gz."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import duckdb

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cli"))

from filled import BIN, Filler, fill_failed, fill_small, fill_stopped  # noqa: E402


def main():
    new = HERE / "new.duckdb"
    subprocess.run([BIN, "ingest", "--db-path", str(new)], check=True, capture_output=True)
    connection = duckdb.connect(str(new))
    filler = Filler(connection)
    for fill in (fill_small, fill_failed, fill_stopped):
        fill(filler)
    connection.close()
    told = subprocess.run([BIN, "schema", "--db-path", str(new)], check=True, capture_output=True)
    name = HERE / f"v{json.loads(told.stdout)['schema_version']}.duckdb.gz"
    name.write_bytes(gzip.compress(new.read_bytes(), 9, mtime=0))
    new.unlink()
    print(name)


if __name__ == "__main__":
    main()
