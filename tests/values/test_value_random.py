"""Random nested values: what is decoded is what was there; and with random limits, a bounded part of it."""

from __future__ import annotations

from typing import Any

import pytest
from value_subject import Harness

MAKER = """
import collections, enum, random
class P: pass
class Slots:
    __slots__ = ("b", "a", "é")
class Both(Slots): pass
class L(list): pass
class D(dict): pass
class S(str): pass
class I(int): pass
Pair = collections.namedtuple("Pair", "one two")
class Color(enum.Enum):
    RED = 1
    BLUE = "b"

class Maker:
    "Makes values and, beside each, what should be decoded."
    def __init__(self, seed): self.r = random.Random(seed)
    def text(self):
        r = self.r
        alphabet = r.choice(["abc", "aéÿ", "a日\\ud800", "x\\0\\U0001f600"])
        return "".join(r.choice(alphabet) for _ in range(r.choice([0, 1, 2, 5, 17, 130])))
    def scalar(self):
        r = self.r
        value = r.choice([
            lambda: r.choice([None, True, False, ..., NotImplemented]),
            lambda: r.randrange(-40, 40),
            lambda: r.choice([1, -1]) * r.getrandbits(r.choice([8, 14, 20, 29, 31, 61, 63, 65, 90, 200, 2000])),
            lambda: r.random() * 10 ** r.randrange(-300, 300),
            lambda: complex(r.random(), -r.random()),
            self.text,
            self.text,
            lambda: self.text().encode("utf-8", "surrogatepass"),
        ])()
        return value, value
    def hashable(self, depth):
        r = self.r
        kind = r.randrange(6 if depth else 4)
        if kind < 4:
            return self.scalar()
        pairs = [self.hashable(depth - 1) for _ in range(r.randrange(4))]
        if kind == 4:
            return tuple(a for a, _ in pairs), tuple(b for _, b in pairs)
        value = frozenset(a for a, _ in pairs)
        return value, value if all(a is b for a, b in pairs) else frozenset(frozen(b) for _, b in pairs)
    def attributes(self, one, depth):
        found = []
        for name in self.r.sample(["x", "y", "é", "z" * 30, "_p"], self.r.randrange(5)):
            value, expected = self.value(depth - 1)
            setattr(one, name, value)
            found.append((name, expected))
        return found
    def slots(self, one, depth):
        found = []
        for name in ("b", "a", "é"):
            if self.r.random() < 0.7:
                value, expected = self.value(depth - 1)
                setattr(one, name, value)
                found.append((name, expected))
        return found
    def value(self, depth):
        r = self.r
        if depth == 0 or r.random() < 0.2:
            return self.scalar()
        kind = r.randrange(13)
        n = r.choice([0, 1, 1, 2, 3, 6])
        if kind < 2:
            pairs = [self.value(depth - 1) for _ in range(n)]
            return [a for a, _ in pairs], [b for _, b in pairs]
        if kind == 2:
            pairs = [self.value(depth - 1) for _ in range(n)]
            return tuple(a for a, _ in pairs), tuple(b for _, b in pairs)
        if kind in (3, 4):
            value, expected = {}, {}
            for _ in range(n):
                key, shown = self.hashable(1)
                if key not in value:
                    value[key], expected[frozen(shown)] = self.value(depth - 1)
            return value, expected
        if kind == 5:
            pairs = [self.hashable(1) for _ in range(n)]
            return {a for a, _ in pairs}, {frozen(b) for _, b in pairs}
        if kind == 6:
            one = P()
            if r.random() < 0.3: one.__dict__
            found = self.attributes(one, depth)
            return one, Obj("__main__.P", tuple(found))
        if kind == 7:
            one = Slots()
            return one, Obj("__main__.Slots", tuple(self.slots(one, depth)))
        if kind == 8:
            one = Both()
            found = self.slots(one, depth)
            value, expected = self.value(depth - 1)
            one.own = value
            return one, Obj("__main__.Both", (*found, ("own", expected)))
        if kind == 9:
            pairs = [self.value(depth - 1) for _ in range(2)]
            return Pair(*(a for a, _ in pairs)), Obj(
                "__main__.Pair", tuple(zip(("one", "two"), (b for _, b in pairs))))
        if kind == 10:
            pairs = [self.value(depth - 1) for _ in range(n)]
            one = L(a for a, _ in pairs)
            return one, Sub("__main__.L", [b for _, b in pairs], tuple(self.attributes(one, depth)))
        if kind == 11:
            one = r.choice([S("é"), I(5), I(-10**30), D(a=1)])
            plain = {S: str, I: int, D: dict}[type(one)](one)
            return one, Sub("__main__." + type(one).__name__, plain, tuple(self.attributes(one, depth)))
        one = r.choice(list(Color))
        return one, Enum("__main__.Color", one.name, one.value)
"""


@pytest.mark.parametrize("seed", [1, 2])
def test_whole(harness: Harness, seed: int) -> None:
    harness.run(
        MAKER
        + f"""
from value_subject import same
harness.limit(max_bytes=1 << 20, max_items=100, max_depth=16, max_attributes=100, max_chars=1000)
for seed in range({seed} * 100000, {seed} * 100000 + 4000):
    value, expected = Maker(seed).value(4)
    found = decode(harness.encode(value), harness.types())
    assert same(found, expected), (seed, found, expected)
"""
    )


@pytest.mark.parametrize("seed", [3, 4])
def test_limited(harness: Harness, seed: int, times: int = 2000) -> None:
    """Whatever the limits are: a whole, valid value of at most max_bytes and a few."""
    harness.run(
        MAKER
        + f"""
worst = 0
for seed in range({seed} * 100000, {seed} * 100000 + {times}):
    maker = Maker(seed)
    value, expected = maker.value(5)
    for _ in range(4):
        r = maker.r
        limits = dict(max_bytes=r.choice([0, 1, 5, 20, 40, 60, 100, 200, 1000, 30000]),
                      max_items=r.choice([0, 1, 3, 10, 200]),
                      max_depth=r.randrange(17), max_attributes=r.randrange(17), max_chars=r.choice([0, 1, 10, 200]))
        harness.limit(**limits)
        data = harness.encode(value)
        decode(data, harness.types())
        worst = max(worst, len(data) - limits["max_bytes"])
        harness.limit(**limits, room=len(data) + 32)
        assert harness.encode(value) == data  # and a little more room than it takes is enough
        for room in (len(data) - 1, len(data) // 2):
            harness.limit(**limits, room=max(room, 0))
            assert harness.encode(value) is None, (seed, limits)
assert worst <= 32, worst
"""
    )


def test_settings_page_defaults_bound_a_call(harness: Harness, python: Any) -> None:
    """A record of a call with many arguments stays small: with the defaults no value is above 1,100 bytes."""
    harness.run(
        MAKER
        + """
harness.limit()
big = [[{"k" * 100 + str(i): "v" * 1000 for i in range(50)} for _ in range(50)] for _ in range(50)]
assert len(harness.encode(big)) <= 1056
p = P()
for i in range(50): setattr(p, f"attribute_{i}", big)
assert len(harness.encode(p)) <= 1056
"""
    )
