"""Many commands at once, one of them writing: no error about locks, no wrong count.

BREADCRUMB_TEST_LONG=1 makes it 32 readers for a minute.
"""

import os
import threading
import time

import duckdb
from filled import MS, Filler, trace_id

LONG = bool(os.environ.get("BREADCRUMB_TEST_LONG"))
READERS = 32 if LONG else 8
SECONDS = 60 if LONG else 4


def test_readers_and_a_writer(cli, db, tmp_path):
    """The writer imports traces of 50 calls; each reader sees whole traces only, and never fewer than before."""
    files = []
    for number in range(100, 100 + (40 if LONG else 4)):
        file = tmp_path / f"{number}.duckdb"
        assert cli("export", trace_id(1), str(file)).code == 0
        connection = duckdb.connect(str(file))
        for table in ("call_rows", "exception_rows", "stat_rows", "threads"):
            connection.execute(f"DELETE FROM {table}")
        connection.execute("DELETE FROM traces")
        filler = Filler(connection)
        trace, t = filler.trace(number)
        for i in range(50):
            filler.call(trace, i, 0, None, t + i, MS)
        connection.close()
        files.append(file)
    wrong, counts, stop = [], [], time.monotonic() + SECONDS

    def read():
        last = 0
        while time.monotonic() < stop:
            result = cli("query", "SELECT count(*) AS n, count(DISTINCT trace_id) AS t FROM call_rows c "
                         "JOIN traces t ON t.id = c.trace_id WHERE t.pid >= 1100")  # fmt: skip
            row = result.json.get("rows", [{}])[0] if result.code == 0 else {}
            if not row or row["n"] != 50 * row["t"] or row["t"] < last:
                wrong.append("read: " + result.out + result.err)
                return
            last = row["t"]
            counts.append(last)

    def write():
        for file in files:
            result = cli("import", str(file))
            if result.code != 0:
                wrong.append("write: " + result.out + result.err)

    threads = [threading.Thread(target=read) for _ in range(READERS)] + [
        threading.Thread(target=write)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong[0]
    assert len(counts) >= READERS
    final = cli("query", "SELECT count(*) AS n FROM traces WHERE pid >= 1100").json["rows"]
    assert final == [{"n": len(files)}]
