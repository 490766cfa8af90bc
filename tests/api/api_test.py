"""The Python package: what a program can do with the recording that it has begun."""

from __future__ import annotations

import ast
from pathlib import Path

from helpers import lines

ROOT = Path(__file__).resolve().parents[2]
BEGIN = "import breadcrumb\nbreadcrumb.init()\n"


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
print(breadcrumb.shutdown(timeout=60), breadcrumb.shutdown(timeout=60))
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
print(len(breadcrumb.get_events(function="__main__.work")), breadcrumb.get_events(function="'; DROP"))
try:
    breadcrumb.get_events(limit=-1)
except ValueError as error:
    print(error)
"""
    )
    assert ended.out.splitlines() == [
        "('return', -3) ('call', {'n': 4}) ('return', -4)",
        "('call', {'s': \"it's\"}) ('return', \"it's\")",
        "",
        "10 []",
        "limit: at least 0",
    ]


def test_events_have_the_columns_of_their_type(program):
    ended = program.silent(
        BEGIN + "\ndef work(): pass\nwork()\nprint(*breadcrumb.get_events(limit=1)[0])\n"
    )
    stub = ast.parse((ROOT / "python/breadcrumb/__init__.pyi").read_text())
    (event,) = (node for node in stub.body if getattr(node, "name", "") == "_Event")
    assert ended.out.split() == [field.target.id for field in event.body]


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
                @total.setter
                def total(self, value): pass
                @functools.cached_property
                def kept(self): return 2
            def all_of_it():
                marked(); list(generator()); asyncio.run(coroutine()); cached(); unmarked()
                cart = Cart.make(); cart.add(); cart.static(); cart.total; cart.total = cart.kept
            """
        }
    )
    program.silent(
        "import breadcrumb\nbreadcrumb.init(exclude=['*'])\nimport quiet\nquiet.all_of_it()\n"
    )
    assert program.names() == [
        *("marked", "generator", "coroutine", "cached"),
        *("Cart.make", "Cart.add", "Cart.static", "Cart.total", "Cart.kept", "Cart.total"),
    ]


def test_trace_marks_whatever_can_be_called(program):
    program.bench.write(
        {
            "quiet.py": """
            import asyncio, functools, breadcrumb
            def unmarked(): pass
            @breadcrumb.trace
            async def stream():
                yield 1
            class Doer:
                def __call__(self): unmarked()
                @breadcrumb.trace
                @functools.singledispatchmethod
                def method(self, n): pass
                def inner(self): pass
                partly = breadcrumb.trace(functools.partialmethod(inner))
            doer = breadcrumb.trace(Doer())
            def wrap(f):
                @functools.wraps(f)
                def wrapper(): return f()
                return wrapper
            @breadcrumb.trace
            @wrap
            def wrapped(): pass
            def given(n): pass
            part = breadcrumb.trace(functools.partial(given, 1))
            async def drain():
                async for _ in stream(): pass
            def all_of_it():
                asyncio.run(drain()); unmarked()
                doer(); doer.method(1); doer.partly(); wrapped(); part()
            """
        }
    )
    program.silent(
        "import breadcrumb\nbreadcrumb.init(exclude=['*'])\nimport quiet\nquiet.all_of_it()\n"
    )
    names = ["stream", "Doer.__call__", "Doer.method", "Doer.inner", "wrapped", "given"]
    assert program.names() == names


def test_trace_of_what_was_called_before(program):
    """It was judged, and on 3.12 and later its events are off."""
    program.silent("""
        import breadcrumb
        breadcrumb.init(exclude=["*"])
        def f(x): return x
        for n in range(100000): f(n)
        breadcrumb.trace(f)
        f("now")
    """)
    assert program.stored().tree() == lines("""
        f(x="now") -> "now"
    """)


def test_trace_changes_nothing_else(program):
    ended = program.run(
        """
        import breadcrumb
        def f(a, *, b=2): "doc"
        class C: pass
        assert breadcrumb.trace(f) is f and breadcrumb.trace()(C) is C and breadcrumb.trace(len) is len
        from unittest.mock import Mock, call
        f.__wrapped__ = f
        C.odd, C.odder, C.self_made = call, Mock(), f
        assert breadcrumb.trace(f) is f and breadcrumb.trace(C) is C
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


def test_notes_need_no_init_inside_of_run(program):
    source = """
        import asyncio, breadcrumb
        def steps():
            breadcrumb.note(step=1)
            yield 1
            breadcrumb.note(step=2)
        async def wait(n):
            await asyncio.sleep(0)
            breadcrumb.note(after=n)
        list(steps())
        asyncio.run(wait(3))
    """
    program.bench.write({"noted.py": source})
    path = {"PYTHONPATH": str(program.bench.program.parent.parent / "lib")}
    words = [*program.bench.tracing(), program.python.path, "noted.py"]
    assert program.bench.run(words, env=path).status == 0
    sql = """
        SELECT c.args, p.function_name AS inside FROM calls c JOIN functions f ON f.id = c.function_id
        JOIN calls p USING (trace_id) WHERE p.call_id = c.parent_id AND f.function_name = 'note' ORDER BY c.start_ns
    """
    assert [(row["args"], row["inside"]) for row in program.stored().query(sql)] == [
        ({"fields": {"step": 1}}, "steps"),
        ({"fields": {"step": 2}}, "steps"),
        ({"fields": {"after": 3}}, "wait"),
    ]


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


def test_the_examples_of_the_page(program):
    page = ROOT / "docs/python.md"
    ended = program.run(
        f"import doctest\nprint(doctest.testfile({str(page)!r}, module_relative=False))\n"
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


# ---- python -m breadcrumb ---------------------------------------------------------------------


def as_module(program, *words: str, **env: str):
    more = {"PYTHONPATH": program.lib, **env}
    return program.bench.run([program.python.path, "-m", "breadcrumb", *words], env=more)


def test_the_module_is_the_program(program):
    """Not a process around it: same process, same status, and signals as they were."""
    told = as_module(program, "--version")
    assert told.stdout == program.bench.run([program.bench.program, "--version"]).stdout
    assert as_module(program, "run", "-t", "60", "--silent", "sh", "-c", "exit 7").status == 7
    shown = as_module(program, "run", "-t", "60", "--silent", "grep", "SigIgn", "/proc/self/status")
    plain = program.bench.run(["grep", "SigIgn", "/proc/self/status"])
    assert shown.out == plain.out
    assert as_module(program, "frobnicate").err.startswith("usage: breadcrumb ")


def test_the_module_records(program):
    program.bench.write({"app.py": "def work(n): return n\nwork(3)\n"})
    words = ["run", "-t", "60", "--silent", "--", program.python.path, "app.py"]
    place = {"BREADCRUMB_DB_PATH": str(program.bench.database)}
    assert as_module(program, *words, **place).status == 0
    assert program.names() == ["<module>", "work"]


def test_the_module_without_its_program(program):
    ended = as_module(program, "list", BREADCRUMB_PROGRAM="/no/such/breadcrumb")
    assert (ended.status, ended.out) == (1, "")
    assert ended.err == "breadcrumb: the program 'breadcrumb' was not found: put it on the PATH\n"
