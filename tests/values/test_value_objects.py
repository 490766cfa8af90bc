"""Instances: what their dict, their values or their slots hold, read without their class's help."""

from __future__ import annotations

from typing import Any

import pytest
from value_decode import BUDGET, Class, Cycle, Depth, Enum, Function, Module, Obj, Sub
from value_subject import Harness, Table

SETUP = """
import abc, collections, dataclasses, enum, functools, itertools, re, threading, types, weakref
class Empty: pass
class Callable:
    def __call__(self): pass
class P:
    def __init__(self, x=1, y=2): self.x = x; self.y = y
class Q(P):
    def __init__(self): self.z = 0; super().__init__(); self.__hidden = 4
class Slots:
    __slots__ = ("b", "a", "__private", "__weakref__")
    def __init__(self): self.b = 1; self.a = 2; self.__private = 3
class MoreSlots(Slots):
    __slots__ = ["c"]
    def __init__(self): super().__init__(); self.c = 4
class SlotsAndDict(Slots):
    def __init__(self): super().__init__(); self.d = 5
class OneSlot:
    __slots__ = "only"
class DictSlot:
    __slots__ = ("s", "__dict__")
Many = type("Many", (), {"__slots__": [f"s{i:02}" for i in range(40)]})
@dataclasses.dataclass
class Data:
    name: str
    items: list = dataclasses.field(default_factory=list)
@dataclasses.dataclass(slots=True, frozen=True)
class Frozen:
    zeta: int
    alpha: int
class Meta(type):
    def __call__(cls, *a): return super().__call__(*a)
class WithMeta(metaclass=Meta):
    __slots__ = ("m",)
class Abstract(abc.ABC):
    def __init__(self): self.v = 1
class Var(tuple):  # a dict behind items
    pass
class VarInt(int): pass
class Color(enum.Enum):
    RED = 1
    GREEN = [1, 2]
class Level(enum.IntEnum):
    LOW = 5
class Perm(enum.Flag):
    R = 4
    W = 2
class Word(str, enum.Enum):
    A = "a"
class Outer:
    class Inner: pass
    def method(self): pass
    @classmethod
    def make(cls): pass
    @staticmethod
    def fixed(): pass
def local():
    class Here: pass
    return Here()
def f(): pass
gone = P(); del gone.x
order = P(); del order.x; order.x = 9
hole = Slots(); del hole.b
one = OneSlot(); one.only = "x"
ds = DictSlot(); ds.s = 1; ds.extra = 2
bare = DictSlot()
many = Many()
for i in range(40): setattr(many, f"s{i:02}", i)
made = P(); made.__dict__
made2 = P(); made2.__dict__["new"] = 3
swapped = P(); swapped.__dict__ = {"other": 1}
odd = P(); odd.__dict__[5] = "no name"; odd.__dict__["é"] = "name"
big = Empty()
for i in range(60): setattr(big, f"a{i}", i)
me = P(); me.x = me
chain = P(); chain.x = P(); chain.x.x = P(); chain.x.x.x = P()
wm = WithMeta(); wm.m = 1
var = Var((1, 2)); var.note = "n"
vi = VarInt(10**20); vi.note = "n"
space = types.SimpleNamespace(a=1, b=2)
partial = functools.partial(f, 1)
class MyPartial(functools.partial): own = None
def my_partial(*args, **more):
    made = functools.partial.__new__(_MyPartial, *args, **more); made.own = 3; return made
_MyPartial, MyPartial = MyPartial, my_partial
lock = threading.Lock()
gen = (x for x in ())
ref = weakref.ref(me)
proxy = weakref.proxy(me)
renamed = type("Old", (), {}); renamed.__qualname__ = "New"; renamed.__module__ = "elsewhere"
dotted = type("decimal.Decimal", (), {"__slots__": ("a", "b")})
unicode_class = type("Klasse_ä", (), {})
"""


def obj(kind: str, **attributes: Any) -> Obj:
    return Obj(f"subject.{kind}", tuple(attributes.items()))


table = Table(SETUP)
case = table.cases

case["object()"] = Obj("builtins.object")
case["Empty()"] = obj("Empty")
case["P()"] = obj("P", x=1, y=2)
case["P('é', [P()])"] = obj("P", x="é", y=[obj("P", x=1, y=2)])
case["Q()"] = obj("Q", z=0, x=1, y=2, _Q__hidden=4)
case["Slots()"] = obj("Slots", b=1, a=2, _Slots__private=3)
case["MoreSlots()"] = obj("MoreSlots", b=1, a=2, _Slots__private=3, c=4)
case["SlotsAndDict()"] = obj("SlotsAndDict", b=1, a=2, _Slots__private=3, d=5)
case["OneSlot()"] = obj("OneSlot")
case["one"] = obj("OneSlot", only="x")
case["ds"] = obj("DictSlot", s=1, extra=2)
case["bare"] = obj("DictSlot")
case["many"] = Obj("subject.Many", tuple((f"s{i:02}", i) for i in range(16)), 40)
case["Data('n')"] = obj("Data", name="n", items=[])
case["Frozen(1, 2)"] = obj("Frozen", zeta=1, alpha=2)
case["wm"] = obj("WithMeta", m=1)
case["Abstract()"] = obj("Abstract", v=1)
case["gone"] = obj("P", y=2)
case["order"] = obj("P", y=2, x=9)
case["hole"] = obj("Slots", a=2, _Slots__private=3)
case["made"] = obj("P", x=1, y=2)
case["made2"] = obj("P", x=1, y=2, new=3)
case["swapped"] = obj("P", other=1)
case["odd"] = Obj("subject.P", (("x", 1), ("y", 2), ("é", "name")), 4)
case["big"] = Obj("subject.Empty", tuple((f"a{i}", i) for i in range(16)), 60)
case["me"] = obj("P", x=Cycle(1), y=2)
case["[me, me]"] = [obj("P", x=Cycle(1), y=2)] * 2
case["chain"] = obj(
    "P", x=obj("P", x=Obj("subject.P", (), 2), y=2), y=2
)  # inside another: two levels
case["[chain]"] = [obj("P", x=Obj("subject.P", (), 2), y=2)]
case["P([P([1])])"] = obj("P", x=[obj("P", x=Depth("builtins.list", 1), y=2)], y=2)
case["P([P(P())])"] = obj("P", x=[obj("P", x=Obj("subject.P", (), 2), y=2)], y=2)
case["P(P([1]))"] = obj("P", x=obj("P", x=Depth("builtins.list", 1), y=2), y=2)
case["[[[Empty()]]]"] = [[[obj("Empty")]]]
case["var"] = Sub("subject.Var", (1, 2), (("note", "n"),))
case["vi"] = Sub("subject.VarInt", 10**20, (("note", "n"),))
case["space"] = Obj("types.SimpleNamespace", (("a", 1), ("b", 2)))
case["local()"] = Obj("subject.local.<locals>.Here")
case["renamed()"] = Obj("elsewhere.New")
case["unicode_class()"] = Obj("subject.Klasse_ä")
case["dotted()"] = Obj("subject.decimal.Decimal")

case["Color.RED"] = Enum("subject.Color", "RED", 1)
case["Color.GREEN"] = Enum("subject.Color", "GREEN", [1, 2])
case["Level.LOW"] = Enum("subject.Level", "LOW", 5)
case["Perm.R"] = Enum("subject.Perm", "R", 4)
case["Perm(0)"] = Enum("subject.Perm", "", 0)
case["Word.A"] = Enum("subject.Word", "A", "a")
case["{Color.RED: Level.LOW}"] = {Enum("subject.Color", "RED", 1): Enum("subject.Level", "LOW", 5)}
case["[[[Color.GREEN]]]"] = [[[Enum("subject.Color", "GREEN", Depth("builtins.list", 2))]]]

case["f"] = Function("subject", "f")
case["lambda: 0"] = Function("subject", "<lambda>")
case["Outer.method"] = Function("subject", "Outer.method")
case["Outer().method"] = Function("subject", "Outer.method")
case["Outer.make"] = Function("subject", "Outer.make")
case["Outer.fixed"] = Function("subject", "Outer.fixed")
case["len"] = Function("builtins", "len")
case["[].append"] = Function("builtins", "list.append")
case["dict.fromkeys"] = Function("builtins", "dict.fromkeys")
case["str.join"] = Function("builtins", "str.join")
case["int.__add__"] = Function("builtins", "int.__add__")
case["re.compile('x').match"] = Function("re", "Pattern.match")
case["collections.OrderedDict.move_to_end"] = Function("collections", "OrderedDict.move_to_end")
case["types.MethodType(len, [])"] = Function("builtins", "len")
case["types.MethodType(Callable(), 1)"] = Function("subject", "Callable")
case["functools.cache(f)"] = Function("subject", "f")
case["functools.cache(partial)"] = Function("functools", "partial")
case["int"] = Class("builtins", "int")
case["Outer.Inner"] = Class("subject", "Outer.Inner")
case["Meta"] = Class("subject", "Meta")
case["WithMeta"] = Class("subject", "WithMeta")
case["Color"] = Class("subject", "Color")
case["collections.OrderedDict"] = Class("collections", "OrderedDict")
case["ValueError"] = Class("builtins", "ValueError")
case["enum"] = Module("enum")
case["types.ModuleType('made.up')"] = Module("made.up")

for source, kind in {
    "lock": "_thread.lock",
    "iter([])": "builtins.list_iterator",
    "ref": "weakref.ReferenceType",
    "proxy": "weakref.ProxyType",
    "itertools.count()": "itertools.count",
    "f.__code__": "builtins.code",
}.items():
    case[source] = Obj(kind)

case["re.compile('x')"] = Obj("re.Pattern", (("pattern", "x"),))
case["re.match('(.)b', 'ab')"] = Obj(
    "re.Match", (("string", "ab"), ("re", Obj("re.Pattern", (("pattern", "(.)b"),))))
)
case["partial"] = Obj(
    "functools.partial", (("func", Function("subject", "f")), ("args", (1,)), ("keywords", {}))
)
case["MyPartial(f, note=2)"] = Obj(
    "subject.MyPartial",
    (("func", Function("subject", "f")), ("args", ()), ("keywords", {"note": 2}), ("own", 3)),
)


@pytest.mark.every_python
def test_objects(harness: Harness) -> None:
    table.check(harness)


def test_flags_together(harness: Harness, python: Any) -> None:
    name = "R|W" if python.version >= (3, 11) else ""  # 3.10 gives them none
    (both,) = harness.encode(table.setup, ["Perm.R | Perm.W"])
    assert both == Enum("subject.Perm", name, 6)


def test_limits(harness: Harness) -> None:
    setup = """
    class P:
        def __init__(self): self.x = 1; self.y = 2; self.z = "z" * 100
    class S:
        __slots__ = ("x", "y")
        def __init__(self): self.x = 1; self.y = 2
    """
    both = ["P()", "S()"]
    assert harness.encode(setup, both, max_attributes=1) == [
        Obj("subject.P", (("x", 1),), 3),
        Obj("subject.S", (("x", 1),), 2),
    ]
    assert harness.encode(setup, both, max_attributes=0) == [
        Obj("subject.P", (), 3),
        Obj("subject.S", (), 2),
    ]
    assert harness.encode(setup, both, max_depth=0) == [
        Obj("subject.P", (), 3),
        Obj("subject.S", (), 2),
    ]
    assert harness.encode(setup, both, max_bytes=23) == [BUDGET, BUDGET]
    assert harness.encode(setup, both, max_bytes=24) == [
        Obj("subject.P", (("x", 1), ("y", 2), ("z", BUDGET))),
        Obj("subject.S", (("x", 1), ("y", 2))),
    ]


def test_layouts(harness: Harness) -> None:
    """Names that are told once are those of each instance, whatever the class has gone through meanwhile."""
    harness.run(
        """
        import itertools
        harness.redact()
        class P: pass
        def made(names):
            one = P()
            for i, name in enumerate(names):
                setattr(one, name, i)
            return one
        def expected(names):
            return Obj("__main__.P", tuple((name, i) for i, name in enumerate(names)))
        orders = list(itertools.permutations("abcd"))
        for _ in range(3):
            for names in orders:
                assert show(made(names)) == expected(names), names
        # The same names of a class that is another one each time.
        for i in range(2000):
            P.counter = i
            assert show(made("ab")) == expected("ab")
            if i % 100 == 0:
                assert show(made("ba")) == expected("ba")
        for i in range(300):
            P = type("P", (), {"__module__": "__main__"})
            names = [f"{letter}{i % 7}" for letter in "xyz"]
            for _ in range(3):
                assert show(made(names)) == expected(names)
        assert len(harness.types()) < 200, len(harness.types())
        # More attributes than a layout has, and a secret among those of one.
        class P: pass
        many = [f"a{i}" for i in range(45)]
        for n in range(45):
            assert show(made(many[:n]), max_attributes=50) == expected(many[:n])
        class P: pass
        one = made(["user", "password", "pin", "rows"])
        one.pin = None
        for _ in range(3):
            shown = (("user", 0), ("password", REDACTED), ("pin", None), ("rows", 3))
            assert show(one) == Obj("__main__.P", shown)
        token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
        one.user = token
        assert show(one).attributes[0] == ("user", "[REDACTED]")
        setattr(one, token, 5)  # a secret that is a name
        for _ in range(3):
            assert token.encode() not in harness.encode(one)
            assert token not in "".join(harness.types())
        # Its own bytes: the identity, the count; nothing of the names.
        class P: pass
        one = made(["first_attribute", "second_attribute"])
        for _ in range(2):
            found = harness.encode(one)
        if sys.version_info >= (3, 11):
            assert found[0] == 0x25 and len(found) < 14 and b"attribute" not in found
            assert found.index(id(one).to_bytes(6, "little")) > 0
        """
    )


def test_no_dict_is_made(harness: Harness) -> None:
    """Looking at an instance leaves its memory as it was: no __dict__ appears, no key is shared."""
    harness.run(
        """
        import gc
        class P:
            def __init__(self): self.x = 1; self.y = [2]
        class Lazy:
            __slots__ = ("a", "__dict__")
        class E(Exception): pass
        things = [P(), Lazy(), E("x"), len, P, sys]
        gc.disable()
        def dicts():
            return sum(type(one) is dict for one in gc.get_objects())
        before = dicts()
        for one in things:
            for _ in range(3):
                harness.probe(one)
        assert dicts() == before
        things[0].__dict__
        # 3.10 makes the dict of an instance with its first attribute.
        assert dicts() == before + (sys.version_info >= (3, 11))
        """
    )


def test_identity(harness: Harness) -> None:
    harness.run(
        """
        class P: pass
        p = P()
        harness.limit()
        assert harness.encode(p)[2:10] == id(p).to_bytes(8, "little")
        """
    )


def test_half_built(harness: Harness) -> None:
    """Objects whose __init__ did not run, and types that are being made."""
    harness.run(
        """
        import collections, datetime, decimal, enum, fractions, pathlib, uuid
        seen = []
        class Meta(type):
            def __new__(meta, *args):
                made = super().__new__(meta, *args)
                seen.append(show(made))
                return made
            def mro(cls):
                harness.probe(cls)  # has no MRO yet
                return super().mro()
        class C(metaclass=Meta):
            __slots__ = ("a", "b")
            def __init_subclass__(cls): seen.append(show(cls))
        class D(C): pass
        assert len(seen) == 3
        class Color(enum.Enum):
            RED = 1
        group = [ExceptionGroup] if sys.version_info >= (3, 11) else []
        for kind in (OSError, SyntaxError, UnicodeDecodeError, ImportError, KeyError, *group):
            class K(kind): pass
            args = ("m", [ValueError()]) if kind in group else ()
            made = K.__new__(K, *args)
            assert show(made).type == "__main__.K"
        for kind in (uuid.UUID, fractions.Fraction, pathlib.PurePosixPath, collections.deque):
            show(object.__new__(kind) if kind is not collections.deque else kind.__new__(kind))
        assert show(object.__new__(uuid.UUID)) == Obj("uuid.UUID")
        half = object.__new__(Color)
        assert show(half) == Obj("__main__.Color")
        show(object.__new__(pathlib.PurePosixPath))
        """
    )


def test_known_types_take_a_shorter_way_to_the_same_bytes(harness: Harness) -> None:
    """A type's first instance goes the long way, the same one after it the short one, whatever the limits are."""
    harness.run(
        """
class Other: pass
VALUES = [1, "text", 10**30, None, [1, 2], 1.5, "x" * 40, Other()]
compared = 0
for n in range(len(VALUES) + 1):
    for max_bytes in (*range(16, 100, 3), 1000):
        for max_depth in (0, 1, 2):
            for max_attributes in (0, 2, 20):
                harness.limit(max_bytes=max_bytes, max_depth=max_depth, max_attributes=max_attributes)
                one = type("Fresh", (), {})()
                for i in range(n):
                    setattr(one, f"a{i}" if i != 3 else "password", VALUES[i])
                first = harness.encode(one)
                type(one).looked = 1; one.looked  # a version tag, as in real life
                second = harness.encode(one)
                for room in (len(second) - 1, len(second) // 2):
                    harness.limit(max_bytes=max_bytes, max_depth=max_depth, max_attributes=max_attributes, room=room)
                    assert harness.encode(one) is None
                harness.limit(max_bytes=max_bytes, max_depth=max_depth, max_attributes=max_attributes)
                again, same = harness.encode(one), harness.encode(one)
                assert again == same
                assert decode(first, harness.types()) == decode(again, harness.types()), (n, max_bytes, max_depth)
                compared += 1
assert compared > 2000
"""
    )
