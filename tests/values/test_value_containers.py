"""list, tuple, dict, set, frozenset, deque, and what is derived from them; depth, items, cycles."""

from __future__ import annotations

from value_decode import BUDGET, REDACTED, Cut, Cycle, Depth, Enum, Obj, Sub
from value_subject import Harness, Table

SETUP = """
import collections, sqlite3, types, typing
class L(list): pass
class T(tuple): pass
class D(dict):
    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.note = "n"
class St(set): pass
class SlotDict(dict):
    __slots__ = ("extra",)
class Fz(frozenset): pass
Point = collections.namedtuple("Point", "x y")
class Point3(Point):
    pass
class Typed(typing.NamedTuple):
    name: str
    size: int = 3
class Fake(tuple):
    _fields = ("a",)
class Odd(tuple):
    _fields = (1, 2)
loop = [1]; loop.append(loop)
pair = {"self": None}; pair["self"] = pair
inner = []; outer = [[inner], inner]; inner.append(outer)
tl = ([],); tl[0].append(tl)
subloop = L(); subloop.append(subloop); subloop.me = subloop
slotted = SlotDict(a=1); slotted.extra = 2
counter = collections.Counter("aab")
default = collections.defaultdict(list, a=[1])
ordered = collections.OrderedDict([("b", 1), ("a", 2)])
dq = collections.deque(range(100)); dq.rotate(-70); dq.popleft()
queue = dict.fromkeys(range(100000))
for k in range(99998): del queue[k]
sparse = set(range(100000))
for k in range(5, 100000): sparse.discard(k)
split = dict.fromkeys(range(3)); del split[1]
data = sqlite3.connect(":memory:"); data.row_factory = sqlite3.Row
def row(sql): return data.execute(sql).fetchone()
wide = row("SELECT " + ", ".join(f"{n} AS c{n}" for n in range(40)))
unnamed = sqlite3.Row(data.cursor(), (1, 2))
around = {}; around["all"] = around.values()
viewed = {"a": 1, "token": "x1"}
"""

table = Table(SETUP)
case = table.cases

for literal in (
    "[]", "()", "{}", "set()", "frozenset()", "[1, 2]", "(1, 'a', None)", "{'a': 1, 'b': [2]}",
    "{1, 2, 3}", "frozenset([1])", "[[], (), {}]", "{1: 'x', None: 2, (1, 2): 3}", "[1.5, True, b'x']",
    "list(range(10))", "[[[]]]", "[[[1]]]", "[[[1, {}]]]", "{'k': {'l': {'m': 1}}}", "(((),),)",
):  # fmt: skip
    case[literal] = eval(literal)
case["list(range(11))"] = Cut(list(range(10)), 11)
case["list(range(1000000))"] = Cut(list(range(10)), 1000000)
case["tuple(range(300))"] = Cut(tuple(range(10)), 300)
case["dict.fromkeys(range(300))"] = Cut(dict.fromkeys(range(10)), 300)
case["frozenset(range(300))"] = Cut(frozenset(range(10)), 300)
case["[[[[]]]]"] = [[[[]]]]
case["[[[[1]]]]"] = [[[Depth("builtins.list", 1)]]]
case["[[[(1, 2)]]]"] = [[[Depth("builtins.tuple", 2)]]]
case["[[[{1: 2}]]]"] = [[[Depth("builtins.dict", 1)]]]
case["[[[{1, 2}]]]"] = [[[Depth("builtins.set", 2)]]]
case["[[[L([1])]]]"] = [[[Depth("subject.L", 1)]]]
case["[[[L()]]]"] = [[[Sub("subject.L", [])]]]
case["[[[Point(1, 2)]]]"] = [[[Depth("subject.Point", 2)]]]

case["loop"] = [1, Cycle(1)]
case["pair"] = {"self": Cycle(1)}
case["outer"] = [[[Cycle(3)]], [Cycle(2)]]
case["[tl, tl]"] = [([Cycle(1 + 1)],), ([Cycle(2)],)]
case["[loop, loop]"] = [[1, Cycle(1)], [1, Cycle(1)]]
case["subloop"] = Sub("subject.L", [Cycle(1)], (("me", Cycle(1)),))

case["L([1, 2])"] = Sub("subject.L", [1, 2])
case["T((1, 2))"] = Sub("subject.T", (1, 2))
case["D(a=1)"] = Sub("subject.D", {"a": 1}, (("note", "n"),))
case["St([1])"] = Sub("subject.St", {1})
case["Fz([1])"] = Sub("subject.Fz", frozenset([1]))
case["slotted"] = Sub("subject.SlotDict", {"a": 1}, (("extra", 2),))
case["SlotDict()"] = Sub("subject.SlotDict", {})
case["counter"] = Sub("collections.Counter", {"a": 2, "b": 1})
case["default"] = Sub("collections.defaultdict", {"a": [1]})
case["ordered"] = Sub("collections.OrderedDict", {"b": 1, "a": 2})
case["dq"] = Sub("collections.deque", Cut(list(range(71, 81)), 99))
case["collections.deque()"] = Sub("collections.deque", [])
case["collections.deque([1, 2], 5)"] = Sub("collections.deque", [1, 2])
case["collections.deque(range(64), 64)"] = Sub("collections.deque", Cut(list(range(10)), 64))

VIEW = "builtins.dict_"
case["types.MappingProxyType(viewed)"] = Sub("builtins.mappingproxy", {"a": 1, "token": REDACTED})
case["types.MappingProxyType({})"] = Sub("builtins.mappingproxy", {})
case["types.MappingProxyType(D(a=1))"] = Sub("builtins.mappingproxy", {"a": 1})
case["types.MappingProxyType(collections.UserDict(a=1))"] = Obj("builtins.mappingproxy")
case["viewed.keys()"] = Sub(VIEW + "keys", ["a", "token"])
case["viewed.values()"] = Sub(VIEW + "values", [1, REDACTED])
case["viewed.items()"] = Sub(VIEW + "items", {"a": 1, "token": REDACTED})
case["{}.values()"] = Sub(VIEW + "values", [])
case["dict.fromkeys(range(300)).keys()"] = Sub(VIEW + "keys", Cut(list(range(10)), 300))
case["queue.items()"] = Sub(VIEW + "items", Cut({}, 2))
case["ordered.keys()"] = Sub("builtins.odict_keys", ["b", "a"])
case["around"] = {"all": Sub(VIEW + "values", [Cycle(1)])}
case["[[[viewed.keys()]]]"] = [[[Depth(VIEW + "keys", 2)]]]
case["row(\"SELECT 1 AS a, 'x' AS b, 'x1' AS password, NULL AS d\")"] = Sub(
    "sqlite3.Row", {"a": 1, "b": "x", "password": REDACTED, "d": None}
)
case["wide"] = Sub("sqlite3.Row", Cut({f"c{n}": n for n in range(10)}, 40))
case["row('SELECT 1 AS id, 2 AS id, 3 AS b, 4 AS id')"] = Sub(
    "sqlite3.Row", {"id": 1, "id:1": 2, "b": 3, "id:2": 4}
)
case["unnamed"] = Obj("sqlite3.Row")

case["Point(1, [2])"] = Obj("subject.Point", (("x", 1), ("y", [2])))
case["Point3(1, 2)"] = Obj("subject.Point3", (("x", 1), ("y", 2)))
case["Typed('n')"] = Obj("subject.Typed", (("name", "n"), ("size", 3)))
case["Fake((1,))"] = Obj("subject.Fake", (("a", 1),))
case["Fake((1, 2))"] = Sub("subject.Fake", (1, 2))
case["Odd((1, 2))"] = Sub("subject.Odd", (1, 2))
case["split"] = {0: None, 2: None}
# One value does not look through a hundred thousand empty places.
case["queue"] = Cut({}, 2)
case["sparse"] = {0, 1, 2, 3, 4}


def test_containers(harness: Harness) -> None:
    table.check(harness)


def test_limits(harness: Harness) -> None:
    assert harness.encode("", ["[1, 2, 3]"], max_items=2) == [Cut([1, 2], 3)]
    assert harness.encode("", ["[1, 2, 3]"], max_items=0) == [Cut([], 3)]
    assert harness.encode("", ["[1]", "[]", "5"], max_depth=0) == [Depth("builtins.list", 1), [], 5]
    assert harness.encode("", ["list(range(200))"], max_items=1000) == [list(range(200))]
    many = harness.encode("", ["list(range(5000))"], max_items=1000, max_bytes=100)[0]
    assert isinstance(many, Cut) and many.original == 5000 and 60 < len(many.kept) < 100


def test_items_share_the_bytes(harness: Harness) -> None:
    found = harness.encode("", ["['x' * 50, 'y' * 50, 'z' * 50, 'w']"], max_bytes=100)[0]
    assert found == ["x" * 50, Cut("y" * 25, 50), BUDGET, "w"]
    found = harness.encode("", ["{'a' * 60: 'b' * 60, 'c': 1}"], max_bytes=80)[0]
    assert found == {"a" * 60: BUDGET, "c": 1}


def test_nesting_has_a_ceiling(harness: Harness) -> None:
    """However high max_depth is set: 16 containers inside each other, which is within what a reader takes."""
    setup = """
    import enum
    class L(list): pass
    class O: pass
    class E(enum.Enum):
        A = [[1]]
    deep = subs = mixed = enums = E.A
    for _ in range(50): deep = [deep]
    for _ in range(50): subs = L([subs])
    for _ in range(30):
        o = O(); o.x = L([mixed]); mixed = {"k": o}
    for _ in range(40):
        one = enums
        class Next(enum.Enum):
            B = one
        enums = Next.B
    """
    for max_depth in (16, 1000):
        found = harness.encode(
            setup, ["deep", "subs", "mixed", "enums"], max_depth=max_depth, max_bytes=10000
        )
        for value, kind in zip(found, ["[", "Sub(", "Obj(", "Enum("], strict=True):
            closed = "Obj(type='subject.O', attributes=(), original=1)"
            assert repr(value).count("Depth(") + repr(value).count(closed) == 1
            assert repr(value).count(kind) >= 5
        assert repr(found[0]).count("[") == 16
        assert repr(found[3]).count("Enum(") == 16
    assert harness.encode(setup, ["[[E.A]]"], max_depth=2) == [
        [[Enum("subject.E", "A", Depth("builtins.list", 1))]]
    ]


def test_cost_does_not_grow_with_size(harness: Harness) -> None:
    harness.run(
        """
        import time
        def ns(value):
            return min(harness.cost(value, 2000) for _ in range(5))
        # The size of what is not shown costs nothing at all.
        for kind in (list, tuple):
            a, b = ns(kind(range(20))), ns(kind(range(10_000_000)))
            assert b < 1.5 * a + 200, (kind, a, b)
        for small, large in [
            ("x" * 300, "x" * 100_000_000),
            ("日" * 300, "日" * 50_000_000),
            (b"x" * 300, bytes(100_000_000)),
            (dict.fromkeys(range(20)), dict.fromkeys(range(1_000_000))),
            (set(range(20)), set(range(1_000_000))),
            (1 << 40000, 1 << 4_000_000),
        ]:
            a, b = ns(small), ns(large)
            assert b < 10 * a + 2000, (type(small), a, b)
        """
    )
