"""The Python package: a recording that a program begins itself, and what it can do with it."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
from helpers import lines

ROOT = Path(__file__).resolve().parents[2]
BEGIN = "import breadcrumb\nbreadcrumb.init()\n"


def test_init_records_from_there_on(program):
    ended = program.run(
        """
        import breadcrumb
        def double(n): return n * 2
        double(1)
        breadcrumb.init()
        double(2)
        try:
            double()
        except TypeError:
            pass
        double([3])
        """
    )
    assert (ended.status, ended.out) == (0, "")
    assert ended.err == (
        f"Breadcrumb enabled: backend=auto db={program.bench.database}, sample_rate=1.0, include=1 exclude=15 "
        "workspace_only\n(config: ~/.breadcrumb/config.yaml, environment)\n"
    )
    assert program.stored().tree() == lines("""
        double(n=2) -> 4
        double(n=[3]) -> [3, 3]
    """)


def test_silent(program):
    assert program.run("import breadcrumb\nbreadcrumb.init(silent=True)").err == ""


def test_keywords_are_stronger_than_the_environment_and_files(program):
    home = program.bench.home / ".breadcrumb"
    (home / "configs").mkdir(parents=True)
    (home / "config.yaml").write_text("max_items: 1\nmax_depth: 1\nmax_chars: 1\nvalues: 'off'\n")
    (home / "configs/p.yaml").write_text("max_items: 2\nmax_depth: 2\nmax_chars: 2\n")
    ended = program.silent(
        """
        import breadcrumb, json
        breadcrumb.init(config="p", max_chars=4, include=["a.*", "b"], exclude=[], workspace=["."], values=None)
        print(json.dumps(breadcrumb.get_config()))
        """,
        env={"BREADCRUMB_MAX_CHARS": "3", "BREADCRUMB_INCLUDE": "zzz"},
    )
    found = json.loads(ended.out)
    assert [found[key] for key in ("max_items", "max_depth", "max_chars")] == [2, 2, 4]
    assert found["include"] == ["a.*", "b"] and found["exclude"] == []
    assert found["values"] == "off"
    assert found["workspace"] == [str(program.bench.project)]
    assert found["db_path"] == str(program.bench.database)


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ("exlude=['a']", "unknown setting 'exlude' (keyword of init()); did you mean 'exclude'?"),
        ("sample_rate=1.5", "'1.5' does not fit sample_rate"),
        ("sample_rate='half'", "'half' does not fit sample_rate"),
        ("enabled='maybe'", "'maybe' does not fit enabled"),
        ("include=['[']", "has a '[' without its ']'"),
        ("include=3.5j", "include: 3.5j is no value of a setting"),
        ("config='nowhere'", "Config file not found: nowhere"),
        ("config='a/b'", "cannot be the name of a profile"),
    ],
)
def test_a_keyword_that_does_not_fit_is_raised(program, keywords, said):
    ended = program.run(
        f"""
        import breadcrumb
        try:
            breadcrumb.init({keywords})
        except breadcrumb.SettingError as error:
            print(isinstance(error, ValueError), error)
        print(breadcrumb.get_config())
        """
    )
    assert ended.status == 0 and ended.err == ""
    first, second = ended.out.splitlines()
    assert first.startswith("True ") and said in first
    assert second == "None"


FAULTS = {
    "a bad variable": ({"BREADCRUMB_SAMPLE_RATE": "7"}, "BREADCRUMB_SAMPLE_RATE"),
    "no place for the database": ({"BREADCRUMB_DB_PATH": "/proc/no/x.duckdb"}, "/proc/no"),
    "a database that is a folder": ({"BREADCRUMB_DB_PATH": "/tmp"}, "is a directory"),
    "no program": ({"BREADCRUMB_PROGRAM": "/no/such/breadcrumb"}, "'breadcrumb' was not found"),
    "a program that is none": ({"BREADCRUMB_PROGRAM": "/etc/passwd"}, "'breadcrumb' was not found"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_outside_is_one_line(program, name):
    env, said = FAULTS[name]
    ended = program.run(
        BEGIN + "print('ran', breadcrumb.get_config(), breadcrumb.get_events())", env=env
    )
    assert (ended.status, ended.out) == (0, "ran None []\n")
    assert (
        ended.err.startswith("breadcrumb: this program is not recorded: ")
        and ended.err.count("\n") == 1
    )
    assert said in ended.err


def test_a_broken_config_file_is_one_line(program):
    (program.bench.home / ".breadcrumb").mkdir()
    (program.bench.home / ".breadcrumb/config.yaml").write_text("include: [a\n")
    ended = program.run(BEGIN + "print('ran')")
    assert (ended.status, ended.out, ended.err.count("\n")) == (0, "ran\n", 1)
    assert "config.yaml, line 2" in ended.err


def test_disabled_is_silent(program):
    ended = program.run(BEGIN + "print(breadcrumb.get_config())", env={"BREADCRUMB_ENABLED": "0"})
    assert (ended.status, ended.out, ended.err) == (0, "None\n", "")
    assert not program.bench.database.with_name("trails").exists()


# ---- once, in all the ways to begin ----------------------------------------------------------


def test_twice_and_in_threads_is_one_recording(program):
    program.silent(
        """
        import breadcrumb, threading
        def work(n): return n
        def begin(n):
            breadcrumb.init()
            work(n)
        threads = [threading.Thread(target=begin, args=(n,)) for n in range(6)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        breadcrumb.init()
        work(6)
        """
    )
    run = program.stored()
    assert run.value("SELECT count(*) FROM traces") == 1
    rows = run.query("SELECT args->>'n' AS n FROM calls WHERE function_name = 'work' ORDER BY n")
    assert [row["n"] for row in rows] == [str(n) for n in range(7)]


def test_in_a_forked_child(program):
    program.silent(
        BEGIN
        + """
import os
def work(who): return who
work("parent")
pid = os.fork()
if pid == 0:
    breadcrumb.init()
    work("child")
    print(breadcrumb.get_events()[0]["data"]["args"]["who"], flush=True)
    os._exit(0)
os.waitpid(pid, 0)
"""
    )
    rows = program.stored().query(
        """SELECT args->>'who' AS who, parent_trace_id IS NULL AS first FROM calls JOIN traces ON traces.id = trace_id
           WHERE function_name = 'work' ORDER BY who"""
    )
    assert rows == [{"who": "child", "first": False}, {"who": "parent", "first": True}]


def test_at_exit(program):
    program.silent(
        """
        import atexit, breadcrumb
        def work(n): return n
        atexit.register(lambda: work(1))
        atexit.register(breadcrumb.init)
        """
    )
    assert program.names() == ["<lambda>", "work"]


def test_programs_that_it_starts_are_recorded_too(program):
    program.bench.write({"child.py": "def inner(): pass\ninner()\n"})
    program.silent(
        BEGIN + "import subprocess, sys\nsubprocess.run([sys.executable, 'child.py'], check=True)\n"
    )
    run = program.stored()
    assert run.value("SELECT count(DISTINCT run_id) FROM traces") == 1
    assert run.value("SELECT count(*) FROM calls WHERE function_name = 'inner'") == 1


def test_inside_of_run_the_run_records(program):
    words = [program.bench.program, "run", "-t", "60", "--silent", "--exclude", "zzz", "--"]
    ended = program.silent(
        """
        import breadcrumb
        def before(): pass
        before()
        breadcrumb.init(exclude=["__main__"], db_path="/elsewhere.duckdb")
        def after(): pass
        after()
        breadcrumb.reset_config()
        after()
        print(breadcrumb.get_config()["exclude"], breadcrumb.get_config()["db_path"])
        """,
        around=words,
    )
    assert ended.out == f"['zzz'] {program.bench.database}\n"
    names = program.names()
    assert names.count("before") == 1 and names.count("after") == 2
    assert program.stored().value("SELECT count(*) FROM traces") == 1


def test_killed_nothing_is_lost(program):
    ended = program.run(BEGIN + "import os\ndef last(): os.kill(os.getpid(), 9)\nlast()\n")
    assert ended.status == -signal.SIGKILL
    assert program.stored().query(
        "SELECT function_name, outcome FROM calls WHERE function_name = 'last'"
    ) == [{"function_name": "last", "outcome": "open"}]


@pytest.mark.parametrize(
    "first",
    [
        "import os; os.close(0); os.close(1)",
        "import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)",
        "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])",
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))",
    ],
)
def test_odd_programs(program, first):
    ended = program.run(f"{first}\n{BEGIN}def f(): pass\nf()\n", env={"BREADCRUMB_SILENT": "1"})
    assert ended.status == 0
    if "RLIMIT" in first:
        assert ended.err.count("\n") == 1
    else:
        assert ended.err == "" and program.names() == ["f"]


# ---- ending -----------------------------------------------------------------------------------


def test_shutdown_stores(program):
    ended = program.silent(
        BEGIN
        + """
def work(n): return n
work(1)
print(breadcrumb.shutdown(timeout=60), breadcrumb.get_config(), breadcrumb.get_backend())
work(2)
breadcrumb.init()
work(3)
print(breadcrumb.shutdown(), breadcrumb.shutdown(timeout=60))
"""
    )
    assert ended.out == "True None None\nTrue True\n"
    rows = program.stored().query(
        "SELECT args->>'n' AS n FROM calls WHERE function_name = 'work' ORDER BY n"
    )
    assert [row["n"] for row in rows] == ["1", "3"]


def test_shutdown_waits_no_longer_than_it_may(program):
    ended = program.silent(
        BEGIN + "def work(): pass\nwork()\nprint(breadcrumb.shutdown(timeout=0))\n"
    )
    assert ended.out == "False\n"
    assert "work" in program.names(), "nothing is lost"


def test_shutdown_of_nothing(program):
    assert program.run("import breadcrumb\nprint(breadcrumb.shutdown())").out == "True\n"


def test_reset(program):
    ended = program.silent(
        BEGIN
        + """
def work(n): return n
work(1)
breadcrumb.reset_config()
breadcrumb.resume()
work(2)
print(breadcrumb.get_config(), breadcrumb.get_backend())
breadcrumb.init()
work(3)
print(breadcrumb.get_backend())
"""
    )
    backend = "settrace" if program.python.version < (3, 12) else "pep669"
    assert ended.out == f"None None\n{backend}\n"
    assert program.names() == ["work", "work"]


# ---- while it runs ----------------------------------------------------------------------------


def test_own_events(program):
    ended = program.silent(
        BEGIN
        + """
import datetime, time
def work(n): return -n
for n in range(5):
    work(n)
time.sleep(0.002)
now = datetime.datetime.now()
def odd_name(s): return s
odd_name("it's")
def show(events):
    print(*[(e["event_type"], e["data"].get("args", e["data"].get("return_value"))) for e in events])
show(breadcrumb.get_events(limit=3, function="work"))
show(breadcrumb.get_events(since=now, function="odd_name"))
show(breadcrumb.get_events(since=now.timestamp(), function="work"))
print(len(breadcrumb.get_events(function="work")), breadcrumb.get_events(function="'; DROP"))
"""
    )
    assert ended.out.splitlines() == [
        "('return', -3) ('call', {'n': 4}) ('return', -4)",
        "('call', {'s': \"it's\"}) ('return', \"it's\")",
        "",
        "10 []",
    ]


def test_pause_and_resume(program):
    program.silent(
        BEGIN
        + """
import threading
def work(n): return n
def outer():
    breadcrumb.pause()
    work(1)
    t = threading.Thread(target=work, args=(2,)); t.start(); t.join()
    return "ended while paused"
work(0)
outer()
work(3)
with breadcrumb.trace():
    work(4)
    with breadcrumb.trace():
        work(5)
    work(6)
work(7)
breadcrumb.resume()
work(8)
with breadcrumb.trace() as t, t:
    work(9)
work(10)
"""
    )
    run = program.stored()
    found = run.query(
        "SELECT args->>'n' AS n FROM calls WHERE function_name = 'work' ORDER BY start_ns"
    )
    assert [row["n"] for row in found] == ["0", "4", "5", "6", "8", "9", "10"]
    assert (
        run.value("SELECT result FROM calls WHERE function_name = 'outer'") == "ended while paused"
    )


def test_trace_marks_what_the_filter_leaves_out(program):
    program.bench.write(
        {
            "quiet.py": """
            import asyncio, functools, breadcrumb
            def unmarked(): pass
            @breadcrumb.trace
            def marked(): unmarked()
            @breadcrumb.trace()
            def generator():
                yield 1
            @breadcrumb.trace
            async def coroutine(): pass
            @breadcrumb.trace
            @functools.lru_cache
            def cached(): pass
            @breadcrumb.trace
            class Cart:
                def add(self): unmarked()
                @staticmethod
                def static(): pass
                @classmethod
                def make(cls): return cls()
                @property
                def total(self): return 1
            def all_of_it():
                marked(); list(generator()); asyncio.run(coroutine()); cached(); unmarked()
                cart = Cart.make(); cart.add(); cart.static(); cart.total
            """
        }
    )
    program.silent(
        "import breadcrumb\nbreadcrumb.init(exclude=['*'])\nimport quiet\nquiet.all_of_it()\n"
    )
    assert program.names() == [
        *("marked", "generator", "coroutine", "cached"),
        *("Cart.make", "Cart.add", "Cart.static", "Cart.total"),
    ]


def test_trace_changes_nothing_else(program):
    ended = program.run(
        """
        import breadcrumb
        def f(a, *, b=2): "doc"
        class C: pass
        assert breadcrumb.trace(f) is f and breadcrumb.trace()(C) is C and breadcrumb.trace(len) is len
        with breadcrumb.trace():
            breadcrumb.note(a=1)
            breadcrumb.pause()
            breadcrumb.resume()
        try:
            with breadcrumb.trace():
                raise KeyError("through")
        except KeyError as error:
            print("fine", error)
        """
    )
    assert (ended.status, ended.out, ended.err) == (0, "fine 'through'\n", "")


def test_notes_are_events_of_the_current_call(program):
    program.silent(
        """
        import breadcrumb
        breadcrumb.init(exclude=["breadcrumb*"])
        def pay(order):
            breadcrumb.note(order=order, state="paid", self=1)
        pay(17)
        """
    )
    assert program.stored().tree() == lines("""
        pay(order=17) -> null
          note(order=17, state="paid", self=1) -> null
    """) or program.stored().tree() == lines("""
        pay(order=17) -> null
          note(fields={"order": 17, "state": "paid", "self": 1}) -> null
    """)


# ---- the package itself -----------------------------------------------------------------------


def test_the_examples_of_the_docstrings(program):
    ended = program.run(
        """
        import breadcrumb, doctest
        print(doctest.testmod(breadcrumb, optionflags=doctest.ELLIPSIS))
        """
    )
    told = ended.out.splitlines()[-1]
    assert "failed=0" in told and "attempted=0" not in told, ended.out


def test_import_brings_no_other_module(program):
    ended = program.run(
        "import sys\nbefore = set(sys.modules)\nimport breadcrumb\nprint(set(sys.modules) - before)"
    )
    assert ended.out == "{'breadcrumb'}\n"


def test_the_version_is_that_of_the_program(program):
    ended = program.run("import breadcrumb\nprint('breadcrumb', breadcrumb.__version__)")
    assert ended.stdout == program.bench.run([program.bench.program, "--version"]).stdout


def test_all_names_are_there(program):
    source = "import breadcrumb\nprint([n for n in breadcrumb.__all__ if not getattr(breadcrumb, n).__doc__])"
    assert program.run(source).out == "[]\n"


def test_the_package_is_thin():
    files = [path for path in (ROOT / "python/breadcrumb").rglob("*.py")]
    assert (
        sum(bool(line.strip()) for path in files for line in path.read_text().splitlines()) <= 400
    )
