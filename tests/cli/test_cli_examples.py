"""Every example of --help is run, and its output is what tests/cli/examples.txt says; those of README and docs run too.

The store is that of filled.py with one more trace, which has the functions that the examples name. What differs from
run to run is masked. After a change that is meant to be seen:
UPDATE_EXAMPLES=1 make test PYTEST_ARGS=tests/cli/test_cli_examples.py
"""

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import duckdb
import pytest
from filled import BIN, MS, ROOT, Filler, insert

GOLDEN = Path(__file__).resolve().parent / "examples.txt"
LINES = 25  # of each output
STEADY = {  # their answers depend on nothing but the store
    "list", "get", "report", "exceptions", "top", "calls", "performance", "tree", "flow", "stack", "search", "gaps",
    "why-not", "query", "schema",
}  # fmt: skip
MASKS = [
    (re.compile(r'"query_time_ms": [0-9.]+'), '"query_time_ms": TIME'),
    (re.compile(r'"\$id": ?"0x[0-9a-f]+"'), '"$id": "ID"'),
]


def fill_examples(f):
    trace, t = f.trace(
        5, metadata=json.dumps({"run": "r", "settings": "workspace_only=true\nworkspace=/srv\n"})
    )
    names = ["main", "Cart.total", "fetch_data", "process_payment", "price", "Loader.load"]
    functions = {name: f.function("shop", name) for name in names}
    total = f.function("shop.price", "total")
    f.call(trace, 1, functions["main"], None, t, 90 * MS, args={}, result=0)
    for i, name in enumerate(names[1:], 1):
        f.call(
            trace,
            1 + i,
            functions[name],
            1,
            t + i * 10 * MS,
            i * MS,
            args={"order": f"order-{16 + i}"},
            result=i,
        )
    f.call(
        trace,
        9,
        total,
        1,
        t + 80 * MS,
        MS,
        outcome=1,
        exception_id=(1 << 40) + 1,
        args={"cart": None},
    )
    f.exception(trace, 1, "ValueError", "no cart", total, 9, t + 80 * MS, handled=0)
    for name in names:
        insert_stats(f, trace, functions[name])
    insert_stats(f, trace, total, raised=1)


def insert_stats(f, trace, function, raised=0):
    insert(f.c, "stat_rows", trace_id=trace, function_id=function, call_count=1, recorded_calls=1, timed_calls=1,
           exception_count=raised, total_ns=MS, self_ns=MS, min_ns=MS, max_ns=MS, gear="full")  # fmt: skip


@pytest.fixture(scope="module")
def place(filled_store, tmp_path_factory):
    """A folder with a pristine store, a profile and what else the examples name."""
    folder = tmp_path_factory.mktemp("examples")
    shutil.copy(filled_store, folder / "pristine.duckdb")
    connection = duckdb.connect(str(folder / "pristine.duckdb"))
    filler = Filler(connection)
    filler.functions = {
        (m, n): i
        for m, n, i in connection.execute(
            "SELECT module_name, function_name, id FROM functions"
        ).fetchall()
    }
    fill_examples(filler)
    connection.close()
    (folder / "home").mkdir()
    for name in ("flock", "old-config"):
        run(folder, ["config", "create", name, "--include", "flock.*"])
    return folder


def run(folder, words, stdin=""):
    env = {"HOME": str(folder / "home"), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        [BIN, *words],
        capture_output=True,
        text=True,
        cwd=folder,
        env=env,
        input=stdin,
        timeout=120,
        check=False,
    )


def prepare(folder, words):
    (folder / ".breadcrumb").mkdir(exist_ok=True)
    for name in (".breadcrumb/traces.duckdb", "old.duckdb", "crash.duckdb"):
        if not ("export" in words and name == "crash.duckdb"):
            shutil.copy(folder / "pristine.duckdb", folder / name)
    if "export" in words:
        (folder / "crash.duckdb").unlink(missing_ok=True)
    if words[:2] == ["config", "create"]:
        (folder / "home" / ".breadcrumb" / "configs" / f"{words[2]}.yaml").unlink(missing_ok=True)


def examples_of_help():
    table = json.loads(
        subprocess.run([BIN, "help", "--all"], capture_output=True, check=True).stdout
    )
    return [e["command"] for c in table["commands"] for e in c["examples"]]


def examples_of_pages():
    found = []
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for line in page.read_text().splitlines():
            match = re.match(r"(?:    )?(?:\$ )?(breadcrumb [a-z].*)", line)
            if (
                match
                and line.startswith(("    ", "breadcrumb config", "$ "))
                and match[1].count('"') % 2 == 0
            ):
                found.append(match[1])
    return found


def mask(text, folder):
    text = text.replace(str(folder), "FOLDER")
    for pattern, instead in MASKS:
        text = pattern.sub(instead, text)
    return text


def runnable(words):
    """run needs the programs of the example, serve-mcp a client: both have tests of their own."""
    return words[0] not in ("run", "serve-mcp", "install-agent", "set")


def ago(words):
    """What was an hour ago depends on today."""
    return words[0] == "exceptions" or "--since" in words


def test_examples_of_help_say_what_they_said(place):
    said = []
    for command in examples_of_help():
        words = shlex.split(command)[1:]
        if not runnable(words):
            continue
        prepare(place, words)
        done = run(place, words, stdin="y\n")
        assert done.returncode in (0, 2), f"{command}\n{done.stdout}{done.stderr}"
        if words[0] in STEADY and not ago(words):
            lines = mask(done.stdout + done.stderr, place).splitlines()
            if words[0] == "query" and "ORDER BY" not in command:
                lines = sorted(line.rstrip(",") for line in lines)
            more = [f"... {len(lines) - LINES} more lines"] if len(lines) > LINES else []
            said += [f"$ {command}   # exit {done.returncode}", *lines[:LINES], *more, ""]
    text = "\n".join(said) + "\n"
    if os.environ.get("UPDATE_EXAMPLES"):
        GOLDEN.write_text(text)
    assert text.splitlines() == GOLDEN.read_text().splitlines()


def test_examples_of_the_pages_work(place):
    commands = examples_of_pages()
    assert len(commands) >= 8
    for command in commands:
        words = shlex.split(command)[1:]
        if runnable(words):
            prepare(place, words)
            done = run(place, words, stdin="y\n")
            assert done.returncode in (0, 2), f"{command}\n{done.stdout}{done.stderr}"
