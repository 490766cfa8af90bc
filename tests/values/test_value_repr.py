"""values = repr: the user's own words, within bounds."""

from __future__ import annotations

from value_subject import Harness

PRELUDE = """
import time
class Plain:
    def __repr__(self): return "<plain>"
class Slow:
    def __repr__(self):
        end = time.perf_counter() + 0.02
        while time.perf_counter() < end: pass
        return "<slow>"
class Wrong:
    def __repr__(self): raise KeyError("x")
class Number:
    def __repr__(self): return 5
class Inner:
    def __repr__(self): return f"<{show(Plain(), mode=1)}>"
class Long:
    def __repr__(self): return "x" * 100000
def said(value):
    return show(value, mode=1)
"""


def test_texts(harness: Harness) -> None:
    harness.run(
        PRELUDE
        + """
harness.next_event()
assert said(Plain()) == Repr("__main__.Plain", 7, "<plain>")
assert said([1, "a"]) == Repr("builtins.list", 8, "[1, 'a']")
assert said(Wrong()) == said(Number()) == FAILED
assert said(Inner()).text == "<Mark(name='FAILED')>"
assert said(Long()) == Repr("__main__.Long", 100000, "x" * 200)
try:
    raise ValueError("alive")
except ValueError as alive:
    said(Wrong())
    import sys
    assert sys.exc_info()[1] is alive
"""
    )


def test_time_of_one_event(harness: Harness) -> None:
    """After 10 ms the rest of the event is told by type, once counted; the next event has its time again."""
    harness.run(
        PRELUDE
        + """
before = harness.next_event()
assert said(Plain()).text == "<plain>"
assert said(Slow()).text == "<slow>"
assert said(Slow()) == TypeOnly("__main__.Slow")
assert said(Plain()) == TypeOnly("__main__.Plain")
assert harness.next_event() == before + 1
assert said(Plain()).text == "<plain>"
assert harness.next_event() == before + 1
"""
    )


def test_large_values_are_not_asked(harness: Harness) -> None:
    harness.run(
        PRELUDE
        + """
harness.next_event()
assert said(list(range(10_000_000))) == Cut(list(range(10)), 10_000_000)
assert said("x" * 10_000_000) == Cut("x" * 200, 10_000_000)
assert said(dict.fromkeys(range(1_000_000))).original == 1_000_000
assert said(1 << 10_000_000) == BigCut(0, 10_000_001)
big = list(range(10_000_000))
assert said([1, big]) == [1, Cut(list(range(10)), 10_000_000)]
assert said({"a": (big,)}) == {"a": (Cut(list(range(10)), 10_000_000),)}
assert said({"x" * 10_000_000: 1}) == {Cut("x" * 200, 10_000_000): 1}
import array, collections
for many in (collections.deque(big), dict.fromkeys(big).keys(), collections.OrderedDict.fromkeys(range(1000)),
    array.array("i", range(1000)), type("L", (list,), {})(big)):
    assert not isinstance(said(many), Repr), type(many)
assert said(collections.deque([1])) == Repr("collections.deque", 10, "deque([1])")
assert said({1: 2}.keys()) == Repr("builtins.dict_keys", 14, "dict_keys([1])")
assert said([[0] * 15] * 15).original == 15, "225 items, no list of which is large"
assert said([[1, 2]] * 3) == Repr("builtins.list", 24, "[[1, 2], [1, 2], [1, 2]]")
loop = [1]; loop.append(loop)
assert said(loop) == Repr("builtins.list", 10, "[1, [...]]")
wide = [0]
for _ in range(64): wide = [wide] * 10
for small, large in [([list(range(300))], [big]), ([wide], wide)]:
    harness.limit(mode=1)
    a, b = (min(harness.cost(one, 500) for _ in range(5)) for one in (small, large))
    assert b < 10 * a + 2000, (a, b)
for small, large in [(list(range(300)), list(range(5_000_000))), ("x" * 300, "x" * 50_000_000)]:
    harness.limit(mode=1)
    a, b = (min(harness.cost(one, 500) for _ in range(5)) for one in (small, large))
    assert b < 10 * a + 2000, (a, b)
"""
    )


def test_an_exception_inside_does_not_tell_its_secret(harness: Harness) -> None:
    harness.run(
        PRELUDE
        + """
class Held(Exception):
    def __init__(self, token):
        super().__init__(token)
        self.token = token
harness.next_event()
for around in (Held("x1"), [Held("x1")], (1, Held("x1")), {"e": [Held("x1")]}):
    assert "x1" not in repr(said(around)), around
assert said([ValueError("x1")]) == Repr("builtins.list", 18, "[ValueError('x1')]")
"""
    )
