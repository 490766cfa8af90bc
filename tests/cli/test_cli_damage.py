"""A store that is damaged on disk: each command answers, or names DatabaseCorruptError and what to do. None crashes.

The damages are made from a fixed seed, so that each run has the same. BREADCRUMB_TEST_LONG=1 makes ten times as many.
"""

import json
import os
import random
import shutil
import subprocess

import pytest
from filled import BIN

MANY = 10 if os.environ.get("BREADCRUMB_TEST_LONG") else 1
PAGE = 4096
COMMANDS = [
    ["list"],
    ["get", "last"],
    ["report"],
    ["calls", "*"],
    ["exceptions", "--since", "1970-01-01"],
    ["flow"],
    ["top"],
    ["tree"],
    ["search", "order"],
    ["query", "SELECT count(*), max(args::VARCHAR), min(result::VARCHAR) FROM calls"],
    ["ingest"],
    ["prune", "--keep", "1", "--dry-run"],
    ["status"],
]
# What a command may say of a database that is not as it was.
ERRORS = {"DatabaseCorruptError", "DatabaseVersionError", "EmptyDatabaseError"}


def cut(data, random):
    return data[: random.randrange(len(data))]


def flip_one(data, random):
    at = random.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]


def flip_many(data, random):
    data = bytearray(data)
    for _ in range(200):
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return bytes(data)


def flip_header(data, random):
    """In the first pages, where the version, the block size and the root are."""
    at = random.randrange(3 * PAGE)
    return data[:at] + random.randbytes(8) + data[at + 8 :]


def zero_page(data, random):
    at = random.randrange(len(data) // PAGE) * PAGE
    return data[:at] + bytes(PAGE) + data[at + PAGE :]


def zero_tail(data, random):
    at = random.randrange(len(data))
    return data[:at] + bytes(len(data) - at)


def swap_pages(data, random):
    pages = [data[i : i + PAGE] for i in range(0, len(data), PAGE)]
    one, other = random.randrange(len(pages)), random.randrange(len(pages))
    pages[one], pages[other] = pages[other], pages[one]
    return b"".join(pages)


def garbage(data, random):
    at = random.randrange(len(data))
    return data[:at] + random.randbytes(min(3000, len(data) - at)) + data[at + 3000 :]


DAMAGES = [cut, flip_one, flip_many, flip_header, zero_page, zero_tail, swap_pages, garbage]
EACH = 22 * MANY


def ask(folder, command):
    env = {"HOME": str(folder), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        [BIN, *command, "--db-path", str(folder / "traces.duckdb")],
        capture_output=True,
        env=env,
        cwd=folder,
        timeout=60,
        check=False,
    )


def fault(done):
    """What is wrong with an answer to a damaged store; None: nothing."""
    text = done.stdout.decode("utf-8", "replace")
    if done.returncode not in (0, 1, 2):
        return f"status {done.returncode}: {text} {done.stderr}"
    answer = json.loads(text)
    if done.returncode == 1 and (answer["error"] not in ERRORS or not answer["suggestion"]):
        return text
    return None


def is_noticed(done):
    return done.returncode == 1


@pytest.fixture(scope="module")
def store(filled_store, tmp_path_factory):
    """The bytes of a small store, without a log beside it."""
    folder = tmp_path_factory.mktemp("damage")
    shutil.copy(filled_store, folder / "traces.duckdb")
    assert ask(folder, ["list"]).returncode == 0
    return (folder / "traces.duckdb").read_bytes()


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damaged(store, tmp_path, damage):
    source = random.Random(damage.__name__)
    faults, noticed = [], 0
    for number in range(EACH):
        (tmp_path / "traces.duckdb").write_bytes(damage(store, source))
        (tmp_path / "traces.duckdb.wal").unlink(missing_ok=True)
        command = COMMANDS[number % len(COMMANDS)]
        done = ask(tmp_path, command)
        noticed += is_noticed(done)
        if fault(done) is not None:
            faults.append(f"{number} {command}: {fault(done)}")
    assert not faults, "\n".join(faults)
    # Some damage hits what no answer needs, and some has to be noticed.
    assert noticed > 0


LOGS = [b"", b"\0", b"\0" * 5000, b"DUCK" * 100, b"x" * 100_000]


@pytest.mark.parametrize("number", range(len(LOGS) + 3))
def test_garbage_in_the_log(store, tmp_path, number):
    source = random.Random(number)
    log = LOGS[number] if number < len(LOGS) else source.randbytes(source.randrange(1, 20_000))
    for command in (["list"], ["calls", "*"], ["ingest"]):
        (tmp_path / "traces.duckdb").write_bytes(store)
        (tmp_path / "traces.duckdb.wal").write_bytes(log)
        assert fault(ask(tmp_path, command)) is None
