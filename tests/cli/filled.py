"""What the tests of the command line share: the program, and a store of known content.

The store is made by the program itself (`breadcrumb ingest` with nothing to ingest makes an empty one) and then filled
through the duckdb module, so that what the tests expect is written down here and not recorded.
"""

import fcntl
import json
import os
import pty
import shutil
import struct
import subprocess
import termios
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
BIN = os.environ.get("BREADCRUMB_BIN", str(ROOT / "build" / "bin" / "breadcrumb"))

START_NS = 1_795_000_000_000_000_000  # 2026-11-18 11:06:40 UTC
MS = 1_000_000


def trace_id(number):
    return f"01990000-0000-7000-8000-{number:012d}"


class Result:
    def __init__(self, done):
        self.code = done.returncode
        self.out = done.stdout.decode("utf-8", "surrogateescape")
        self.err = done.stderr.decode("utf-8", "surrogateescape")

    @property
    def json(self):
        return json.loads(self.out, parse_constant=no_constants)


def no_constants(word):
    raise ValueError(f"{word} is not JSON")


@pytest.fixture
def cli(tmp_path):
    """Runs the program, with words before it, in an empty folder and an empty home; env adds to the environment,
    None removes."""

    def run(*args, env=None, cwd=None, timeout=120, stdin=subprocess.DEVNULL, before=()):
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        all_env = {k: v for k, v in os.environ.items() if not k.startswith("BREADCRUMB_")}
        all_env.update({"HOME": str(home), "COLUMNS": "", "LC_ALL": "C.UTF-8"})
        all_env.update(env or {})
        return Result(
            subprocess.run(
                [*before, BIN, *args],
                capture_output=True,
                cwd=cwd or tmp_path,
                env={k: v for k, v in all_env.items() if v is not None},
                timeout=timeout,
                stdin=stdin,
            )
        )

    return run


def on_a_terminal(args, cwd, width=90, height=1000, **env):
    """What the program writes on a terminal of that size."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
    all_env = {**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8", **env}
    all_env.pop("COLUMNS", None)
    if "NO_COLOR" not in env:
        all_env.pop("NO_COLOR", None)
    child = subprocess.Popen([BIN, *args], stdout=theirs, stderr=theirs, cwd=cwd, env=all_env)
    os.close(theirs)
    out = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        out += part
    child.wait()
    os.close(ours)
    return out.decode().replace("\r\n", "\n")


def insert(c, table, **values):
    names = ", ".join(values)
    marks = ", ".join("?" for _ in values)
    c.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(values.values()))


class Filler:
    """Writes traces into a store, row by row."""

    def __init__(self, connection):
        self.c = connection
        self.functions = {}
        self.of_call = {}

    def trace(self, number, **more):
        start = START_NS + number * 60_000 * MS
        values = {
            "id": trace_id(number),
            "run_id": trace_id(number),
            "status": "completed",
            "end_reason": "exit",
            "exit_code": 0,
            "thread_id": 1000 + number,
            "pid": 1000 + number,
            "ppid": 1,
            "host": "testhost",
            "command": f"python app{number}.py",
            "python_version": "3.12.3",
            "breadcrumb_version": "0.1.0",
            "metadata": "{}",
            **more,
        }
        duration_ms = values.pop("duration_ms", 2000.5)
        insert(self.c, "traces", **values)
        self.c.execute(
            "UPDATE traces SET started_at = make_timestamp(?), ended_at = make_timestamp(?) WHERE id = ?",
            [
                start // 1000,
                None if duration_ms is None else (start + int(duration_ms * MS)) // 1000,
                values["id"],
            ],
        )
        insert(
            self.c,
            "threads",
            trace_id=values["id"],
            stream=1,
            thread_id=values["thread_id"],
            ident=1,
            name="MainThread",
        )
        return values["id"], start

    def function(self, module, name, **more):
        if (module, name) not in self.functions:
            self.functions[module, name] = number = len(self.functions)
            insert(
                self.c,
                "functions",
                id=number,
                function_name=name,
                qualified_name=name,
                module_name=module,
                file_path=f"/srv/{module.replace('.', '/')}.py",
                line_number=10 + number,
                is_async=False,
                is_generator=False,
                category="app",
                host="testhost",
                **more,
            )
        return self.functions[module, name]

    def call(self, trace, number, function, parent=None, at_ns=0, for_ns=1000, **more):
        table = "open_calls" if for_ns is None else "call_rows"
        values = {
            "trace_id": trace,
            "call_id": (1 << 40) + number,
            "parent_id": None if parent is None else (1 << 40) + parent,
            "function_id": function,
            "thread_id": more.pop("thread_id", 1000),
            "depth": more.pop("depth", 0 if parent is None else 1),
            "start_ns": at_ns,
            "duration_ns": for_ns,
            "child_ns": 0,
            "suspended_ns": 0,
            "resumes": 0,
            "outcome": None if for_ns is None else more.pop("outcome", 0),
            "args": json.dumps(more.pop("args", {}), ensure_ascii=False),
            "result": json.dumps(more.pop("result", None), ensure_ascii=False),
            **more,
        }
        self.of_call[trace, number] = function
        inside = self.of_call.get((trace, parent))
        if for_ns is None:
            values["parent_function_id"] = inside
        else:
            insert(
                self.c,
                "edge_rows",
                trace_id=trace,
                function_id=function,
                caller_function_id=values.get("caller_function_id"),
                parent_function_id=inside,
                calls=1,
                total_ns=for_ns,
            )
        insert(self.c, table, **values)

    def exception(self, trace, number, kind, message, function, call, at_ns, handled=2, **more):
        insert(
            self.c,
            "exception_rows",
            trace_id=trace,
            exception_id=(1 << 40) + number,
            call_id=(1 << 40) + call,
            function_id=function,
            thread_id=1000,
            at_ns=at_ns,
            exception_type=kind,
            message=message,
            stack_trace=f"Traceback (most recent call last):\n{kind}: {message}\n",
            line_number=42,
            handled=handled,
            **more,
        )

    def stats(self, trace, function, calls, recorded=None, total_ns=0, self_ns=0):
        """After the calls themselves: those that raised are counted."""
        sql = (
            "SELECT count(*) FROM call_rows WHERE trace_id = ? AND function_id = ? AND outcome = 1"
        )
        (raised,) = self.c.execute(sql, [trace, function]).fetchone()
        insert(
            self.c,
            "stat_rows",
            trace_id=trace,
            function_id=function,
            call_count=calls,
            recorded_calls=calls if recorded is None else recorded,
            timed_calls=calls,
            exception_count=raised,
            total_ns=total_ns,
            self_ns=self_ns,
            gear="full",
        )


def fill_small(f):
    """Trace 1: six events, one exception that is handled."""
    trace, t = f.trace(1, thread_id=1000)
    main = f.function("shop.app", "main")
    load = f.function("shop.orders", "Loader.load")
    parse = f.function("shop.orders", "parse")
    f.call(trace, 1, main, at_ns=t, for_ns=50_750_000, args={}, result=0)
    f.call(
        trace,
        2,
        load,
        1,
        t + MS,
        20_150_000,
        args={"self": {"$type": "shop.orders.Loader", "$id": "0x7f"}, "name": "größe 日本"},
        result=[1, 2, 3],
    )
    f.call(
        trace,
        3,
        parse,
        2,
        t + 2 * MS,
        5_230_000,
        outcome=1,
        exception_id=(1 << 40) + 1,
        args={"line": "a;b\n"},
        depth=2,
    )
    f.exception(
        trace, 1, "ValueError", "bad line: 'a;b'", parse, 3, t + 3 * MS, handled=1, handled_by=load
    )
    for function in (main, load, parse):
        f.stats(trace, function, 1, total_ns=1000, self_ns=500)


def fill_failed(f):
    """Traces 2 and 3: a run of two processes that failed, with a thinned function, a loss and many events."""
    trace, t = f.trace(
        2, status="failed", end_reason="exception", exit_code=1, command="python big.py"
    )
    hot = f.function("shop.hot", "spin")
    price = f.function("shop.price", "total")
    for i in range(100):
        f.call(trace, i, hot, at_ns=t + i * 10_000, for_ns=5000, args={"i": i}, result=i * i)
    f.call(
        trace,
        200,
        price,
        at_ns=t + 2 * MS,
        for_ns=MS,
        outcome=1,
        exception_id=(1 << 40) + 1,
        args={"cart": None},
    )
    f.exception(
        trace,
        1,
        "shop.errors.PriceError",
        "no price\x1b[31m for 'x'",
        price,
        200,
        t + 2 * MS + 10,
        handled=0,
    )
    f.stats(trace, hot, 48_211, 100, total_ns=9_000_000_000, self_ns=9_000_000_000)
    f.stats(trace, price, 1, total_ns=MS, self_ns=MS)
    insert(f.c, "losses", trace_id=trace, cause="quota", function_id=hot, events=77)
    worker, t = f.trace(
        3, run_id=trace_id(2), parent_trace_id=trace, ppid=1002, command="python worker.py"
    )
    f.call(worker, 1, price, at_ns=t, for_ns=1000)
    f.stats(worker, price, 1)


def fill_stopped(f):
    """Trace 4: stopped by the timeout of `run`, three calls deep."""
    trace, t = f.trace(
        4, status="failed", end_reason="timeout", exit_code=None, duration_ms=60_000.0
    )
    main = f.function("shop.app", "main")
    loop = f.function("shop.app", "loop")
    step = f.function("shop.app", "step")
    f.call(trace, 1, main, None, t, None, place=0, line=4, thread_id=1004)
    f.call(
        trace,
        2,
        loop,
        1,
        t + MS,
        None,
        place=1,
        line=9,
        caller_line=5,
        caller_function_id=main,
        args={"queue": "orders"},
        thread_id=1004,
    )
    for i in range(60):
        f.call(trace, 3 + i, step, 2, t + (2 + i) * MS, MS, args={"n": i}, thread_id=1004, depth=2)
    f.call(
        trace,
        100,
        step,
        2,
        t + 70 * MS,
        None,
        place=2,
        caller_line=11,
        caller_function_id=loop,
        args={"n": 60},
        thread_id=1004,
        depth=2,
    )
    f.stats(trace, main, 1)
    f.stats(trace, loop, 1)
    f.stats(trace, step, 61, total_ns=60 * MS, self_ns=60 * MS)


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("empty")
    path = folder / "traces.duckdb"
    done = subprocess.run([BIN, "ingest", "--db-path", str(path)], capture_output=True, timeout=60)
    assert path.exists(), done.stdout + done.stderr
    return path


@pytest.fixture(scope="session")
def filled_store(empty_store, tmp_path_factory):
    path = tmp_path_factory.mktemp("store") / "traces.duckdb"
    shutil.copy(empty_store, path)
    connection = duckdb.connect(str(path))
    filler = Filler(connection)
    fill_small(filler)
    fill_failed(filler)
    fill_stopped(filler)
    connection.close()
    return path


@pytest.fixture
def db(filled_store, tmp_path):
    """A store of its own for each test, found without --db-path: in .breadcrumb/ of the working directory."""
    folder = tmp_path / ".breadcrumb"
    folder.mkdir()
    path = folder / "traces.duckdb"
    shutil.copy(filled_store, path)
    return path


@pytest.fixture
def empty_db(empty_store, tmp_path):
    folder = tmp_path / ".breadcrumb"
    folder.mkdir()
    path = folder / "traces.duckdb"
    shutil.copy(empty_store, path)
    return path
