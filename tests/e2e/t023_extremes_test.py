"""Programs that go to the limits of the interpreter: every call is there, and none is taken for another."""

from __future__ import annotations

import os

import pytest
from helpers import Interpreter, Run

LONG = os.environ.get("BREADCRUMB_TEST_LONG") == "1"


@pytest.mark.parametrize("every", [(), ("--every-call",)], ids=["default", "every-call"])
def test_an_exception_through_a_thousand_frames(trace, every):
    run = trace(
        """
        import sys
        sys.setrecursionlimit(5000)

        def down(n):
            if n == 0:
                raise ValueError("bottom")
            down(n - 1)

        def main():
            try:
                down(999)
            except ValueError as error:
                return str(error)

        main()
        """,
        *every,
    )
    assert run.value("SELECT result FROM calls WHERE function_name = 'main'") == "bottom"
    [raised] = run.query("SELECT message, function_name, handled_by FROM exceptions")
    assert raised == {"message": "bottom", "function_name": "down", "handled_by": "main"}
    [stats] = run.query(
        "SELECT call_count, exception_count FROM function_stats WHERE function_name = 'down'"
    )
    assert stats == {"call_count": 1000, "exception_count": 1000}
    rows = run.query("SELECT outcome, depth, args FROM calls WHERE function_name = 'down'")
    assert {row["outcome"] for row in rows} == {"exception"}
    assert {999, 0} <= {row["args"]["n"] for row in rows}
    if every:
        first = min(row["depth"] for row in rows)
        assert len(rows) == 1000
        assert all(row["depth"] - first == 999 - row["args"]["n"] for row in rows)
    assert run.value("SELECT count(*) FROM calls WHERE outcome = 'open'") == 0


def test_sixty_four_threads(trace):
    run = trace(
        """
        import threading

        def leaf(worker, i):
            return worker * 1000 + i

        def steps(worker):
            for i in range(20):
                yield leaf(worker, i)

        def work(worker, gate):
            gate.wait()
            return sum(steps(worker))

        gate = threading.Barrier(64)
        threads = [threading.Thread(target=work, args=(n, gate), name=f"w{n}") for n in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        """,
        "--every-call",
    )
    rows = run.query("""
        SELECT t.name, count(*) AS n, count(DISTINCT c.args::VARCHAR) AS different,
               min((c.args->>'worker')::INT) AS worker,
               count(DISTINCT c.parent_id) AS parents, min(c.result::INT - (c.args->>'worker')::INT * 1000) AS least
        FROM calls c JOIN threads t ON t.thread_id = c.thread_id AND t.trace_id = c.trace_id
        WHERE c.function_name = 'leaf' GROUP BY 1
    """)
    assert len(rows) == 64
    for row in rows:
        assert row["name"] == f"w{row['worker']}"
        assert (row["n"], row["different"], row["parents"], row["least"]) == (20, 20, 1, 0)
    results = run.query(
        "SELECT args->>'worker' AS worker, result FROM calls WHERE function_name = 'work'"
    )
    assert {int(row["worker"]): row["result"] for row in results} == {
        n: n * 20_000 + 190 for n in range(64)
    }
    assert run.query("SELECT * FROM losses") == []


def test_code_objects_at_the_addresses_of_dead_ones(trace):
    """Functions that are made, called and dropped: the next one stands where the last one stood, under another name."""
    run = trace(
        """
        def main():
            seen, reused = set(), 0
            for n in range(2400):
                scope = {"__name__": "made"}
                exec(f"def f{n}(a{n}):\\n    return a{n} + {n}", scope)
                function = scope.pop(f"f{n}")
                reused += id(function.__code__) in seen
                seen.add(id(function.__code__))
                function(n)
                del function, scope
            return reused

        main()
        """,
        "--every-call",
        "--all-code",
    )
    assert run.value("SELECT result FROM calls WHERE function_name = 'main'") > 100
    rows = run.query(
        "SELECT function_name, args, result FROM calls WHERE function_name SIMILAR TO 'f[0-9]+'"
    )
    assert len(rows) == 2400
    for row in rows:
        n = int(row["function_name"][1:])
        assert (row["args"], row["result"]) == ({f"a{n}": n}, 2 * n)


TWINS = """
    import os, pathlib

    TEXTS = ["def f(a):\\n    return a + 1", "def f(b):\\n    return b + 2", "def g(a):\\n    return a + 3"]
    scope, kept = {}, []

    def main():
        for n in range(6000):
            name = TEXTS[n % 3][4]
            # The one before lives until the next one takes its name; some live on.
            exec(TEXTS[n % 3], scope)
            scope[name](n)
            if n % 2000 == 0:
                kept.append(scope[name])
        for n, function in enumerate(kept):
            function(-n)

    main()
    folder = pathlib.Path(os.environ.get("BREADCRUMB_RUN", "/nonexistent"))
    size = sum(path.stat().st_size for path in folder.rglob("registry.*"))
    print(size < 256 * 1024)
"""


@pytest.mark.every_python
def test_functions_that_are_compiled_again_and_again(trace):
    """The same text is the same function, however often it is compiled: the trail does not grow by its name. Another
    argument, or another line, is another.
    """
    run = trace(TWINS, "--every-call")
    assert run.ended.out == "True\n"
    rows = run.query("""
        SELECT function_name AS name, coalesce(args->>'a', args->>'b')::INT AS given, (args->>'a') IS NOT NULL AS a,
               result::INT AS result
        FROM calls WHERE function_name IN ('f', 'g') ORDER BY call_id
    """)
    expected = [("f" if n % 3 < 2 else "g", n, n % 3 != 1, n + 1 + n % 3) for n in range(6000)]
    kept = [n % 3 for n in range(0, 6000, 2000)]
    expected += [
        ("f" if which < 2 else "g", -n, which != 1, 1 + which - n) for n, which in enumerate(kept)
    ]
    assert [(row["name"], row["given"], row["a"], row["result"]) for row in rows] == expected


@pytest.mark.any_python
@pytest.mark.timeout(3600 if LONG else 300)
def test_a_great_many_distinct_functions(trace):
    """A million with BREADCRUMB_TEST_LONG=1: each is counted under its own name, also those that live at once."""
    count = 1_000_000 if LONG else 20_000
    run = trace(
        f"""
        def main():
            kept = []
            for block in range({count} // 1000):
                scope = {{}}
                names = range(block * 1000, block * 1000 + 1000)
                exec("\\n".join(f"def f{{n}}(x): return x" for n in names), scope)
                for n in names:
                    scope[f"f{{n}}"](n)
                if block % 2:
                    kept.append(scope)
            return len(kept)

        main()
        """,
        "--all-code",
        "-t",
        "3000" if LONG else "200",
    )
    [row] = run.query(
        "SELECT count(*) AS rows, count(DISTINCT function_name) AS names, sum(call_count)::BIGINT AS calls, "
        "min(call_count) AS least FROM function_stats WHERE function_name SIMILAR TO 'f[0-9]+'"
    )
    assert row == {"rows": count, "names": count, "calls": count, "least": 1}
    wrong = (
        "SELECT count(*) FROM calls WHERE function_name SIMILAR TO 'f[0-9]+' "
        "AND (args->>'x' <> function_name[2:] OR result::VARCHAR <> function_name[2:])"
    )
    assert run.value(wrong) == 0


MORE = """
import gc, sys

def early(n):
    return n

def private():
    gc.collect()
    for line in open("/proc/self/smaps_rollup"):
        if line.startswith("Anonymous:"):
            return int(line.split()[1])

def main(count):
    seen = [early(3)]
    for first in range(0, count, 1000):
        scope = {}
        exec("\\n".join(f"def f{n}(x): return x" for n in range(first, first + 1000)), scope)
        for n in range(first, first + 1000):
            scope[f"f{n}"](n)
        if first % 20000 == 0:
            seen.append(private())
    early(7)
    return seen

print(*main(int(sys.argv[1])))
"""


@pytest.mark.skipif(not LONG, reason="a million functions: BREADCRUMB_TEST_LONG=1")
@pytest.mark.timeout(3600)
@pytest.mark.any_python
def test_more_functions_than_the_registry_names(bench, python):
    """The first million has names, the calls of the others are counted, memory stays flat, and all else goes on."""
    count = 1_200_000
    bench.write({"program.py": MORE})
    words = bench.tracing("--all-code", "-t", "3000")
    words.remove("--silent")
    ended = bench.run([*words, python.path, "program.py", str(count)], timeout=3400)
    assert ended.status == 0, ended
    seen = [int(number) for number in ended.out.split()]
    assert max(seen[-6:]) - min(seen[-6:]) < 2048, seen
    run = Run(bench, ended)
    kept = run.value(
        "SELECT sum(call_count)::BIGINT FROM function_stats WHERE function_name SIMILAR TO 'f[0-9]+'"
    )
    [lost] = run.query("SELECT cause, sum(events)::BIGINT AS events FROM losses GROUP BY ALL")
    # Behind them are lost: the text of each thousand, and what Python itself calls at its end.
    texts = (count - kept) // 1000 + 50
    assert 1_000_000 < kept < 1_048_576 and lost["cause"] == "functions"
    assert count <= kept + lost["events"] <= count + texts
    # What was known before goes on being recorded.
    assert run.value("SELECT sum(result::INT)::INT FROM calls WHERE function_name = 'early'") == 10
    assert "events lost of functions that came after the first million of a process" in ended.err


def test_collections_at_every_step(trace):
    """The collector runs at each allocation, with finalizers and callbacks that are recorded themselves."""
    run = trace(
        """
        import gc
        done = []

        class Node:
            def __init__(self, n):
                self.n = n
                self.me = self

            def __del__(self):
                finalized(self.n)

        def finalized(n):
            done.append(n)
            return n

        def note(phase, info):
            noted(phase)

        def noted(phase):
            return phase

        def take(node, more):
            return [node.n, more]

        def main():
            gc.callbacks.append(note)
            gc.set_threshold(1)
            total = 0
            for n in range(300):
                total += take(Node(n), [Node(-1 - n)])[0]
            gc.callbacks.remove(note)
            gc.set_threshold(1000)
            gc.collect()
            return total

        print(main(), sorted(done) == list(range(-300, 300)))
        """,
        "--every-call",
    )
    assert run.ended.out == f"{sum(range(300))} True\n"
    rows = run.query("SELECT args, result FROM calls WHERE function_name = 'take' ORDER BY call_id")
    assert sorted(row["args"]["node"]["n"] for row in rows) == list(range(300))
    finalized = run.query("SELECT args, result FROM calls WHERE function_name = 'finalized'")
    assert sorted(row["result"] for row in finalized) == list(range(-300, 300))
    assert all(row["args"]["n"] == row["result"] for row in finalized)


def test_values_that_others_change_meanwhile(trace):
    run = trace(
        """
        import array, collections, sys, threading
        sys.setswitchinterval(1e-6)

        class Cell:
            pass

        shared = {"list": [], "dict": {}, "set": set(), "deque": collections.deque(), "array": array.array("i"),
                  "bytes": bytearray(), "cell": Cell()}
        stop = False

        def change(seed):
            n = seed
            while not stop:
                n = (n * 1103515245 + 12345) % 2**31
                shared["list"].append(n)
                del shared["list"][: n % 3]
                shared["dict"][n % 50] = n
                shared["dict"].pop((n >> 8) % 50, None)
                shared["set"].add(n % 50)
                shared["set"].discard((n >> 8) % 50)
                shared["deque"].append(n)
                if n % 7 == 0:
                    shared["deque"].clear()
                    shared["array"] = array.array("i", range(n % 40))
                shared["array"].append(1)
                shared["bytes"] += b"x"
                if len(shared["bytes"]) > 500:
                    shared["bytes"].clear()
                setattr(shared["cell"], f"a{n % 30}", n)
                vars(shared["cell"]).pop(f"a{(n >> 8) % 30}", None)

        def take(value):
            return value

        threads = [threading.Thread(target=change, args=(n,)) for n in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(3000):
            take(shared)
        stop = True
        for thread in threads:
            thread.join()
        """,
        "--every-call",
        "-e",
        "nothing",
    )
    [row] = run.query(
        "SELECT count(*) AS n, count(args) AS with_args, count(result) AS with_result FROM calls "
        "WHERE function_name = 'take'"
    )
    assert row == {"n": 3000, "with_args": 3000, "with_result": 3000}
    assert run.query("SELECT * FROM losses") == []


GREENLETS = """
    import greenlet

    def leaf(name, n):
        return f"{name}{n}"

    def work(name, other):
        kept = []
        for n in range(50):
            kept.append(leaf(name, n))
            if other is not None:
                other.switch()
            else:
                greenlet.getcurrent().parent.switch()
        return kept[-1]

    def first():
        second = greenlet.greenlet(lambda: work("b", None))
        return work("a", second)

    def dropped():
        lost = greenlet.greenlet(lambda: work("c", None))
        lost.switch()
        lost.throw()
        return lost.dead

    def main():
        one = greenlet.greenlet(first)
        return [one.switch(), dropped()]

    print(main())
"""


def test_greenlets(bench):
    """Two that take turns inside of each other's calls, and one that is ended from outside."""
    path = os.environ.get("BREADCRUMB_TOOLS_PYTHON", "")
    if not path:
        pytest.skip("tools/with_env.sh knows the Python that has greenlet")
    python = Interpreter(path, (3, 11, 0))
    run = bench.trace(GREENLETS, "--every-call", python=python)
    assert run.ended.out == "['a49', True]\n"
    rows = run.query(
        "SELECT c.args->>'name' AS name, c.result, p.function_name AS parent, p.args->>'name' AS whose "
        "FROM calls c JOIN calls p ON p.call_id = c.parent_id AND p.trace_id = c.trace_id "
        "WHERE c.function_name = 'leaf'"
    )
    assert len(rows) == 101
    assert all((row["parent"], row["whose"]) == ("work", row["name"]) for row in rows)
    ends = run.query(
        "SELECT args->>'name' AS name, outcome FROM calls WHERE function_name = 'work'"
    )
    assert {row["name"]: row["outcome"] for row in ends} == {
        "a": "return",
        "b": "exception",  # GreenletExit, when the interpreter ends
        "c": "exception",
    }
