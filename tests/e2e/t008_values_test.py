"""Values: what each type looks like in the store, exactly, and that no code of the user's runs for it."""

from __future__ import annotations

from typing import Any

import pytest
from helpers import without_ids

# Written as Python, and as JSON. All are passed to one function, so that one run answers for a whole table.
Table = list[tuple[str, Any]]

SCALARS: Table = [
    ("None", None),
    ("True", True),
    ("False", False),
    ("0", 0),
    ("-1", -1),
    ("2**53", 2**53),
    ("-(2**53)", -(2**53)),
    ("2**53 + 1", {"$int": "9007199254740993"}),
    ("-(2**63)", {"$int": "-9223372036854775808"}),
    ("2**64", {"$int": "18446744073709551616"}),
    ("-(10**30)", {"$int": "-1000000000000000000000000000000"}),
    ("3**300", {"$int": str(3**300)}),
    ("1.5", 1.5),
    ("0.1", 0.1),
    ("-0.0", -0.0),
    ("1e300", 1e300),
    ("5e-324", 5e-324),
    ("1/3", 1 / 3),
    ("float('nan')", {"$float": "nan"}),
    ("float('inf')", {"$float": "inf"}),
    ("float('-inf')", {"$float": "-inf"}),
    ("1.5-2j", {"$complex": [1.5, -2.0]}),
    ("...", {"$type": "ellipsis"}),
    ("NotImplemented", {"$type": "NotImplementedType"}),
]

TEXTS: Table = [
    ("''", ""),
    ("'text'", "text"),
    ("'näh \\U0001f980 \\u4e2d'", "näh \U0001f980 中"),
    ("'quote \" back\\\\slash \\n\\t\\x7f'", 'quote " back\\slash \n\t\x7f'),
    ("'nul \\x00 in it'", "nul \0 in it"),
    ("'lone \\ud800 one'", {"$str": "lone \\ud800 one"}),
    ("'\\udfff\\\\'", {"$str": "\\udfff\\\\"}),
    ("b''", {"$bytes": ""}),
    ("b'abc'", {"$bytes": "abc"}),
    ("b'\\x00\\xff\"\\\\'", {"$bytes": '\\x00\\xff"\\\\'}),
]

CONTAINERS: Table = [
    ("[]", []),
    ("[1, [2, [3]]]", [1, [2, [3]]]),
    ("(1, 'a')", [1, "a"]),
    ("()", []),
    ("{}", {}),
    ("{'a': 1, 'b': {'c': None}}", {"a": 1, "b": {"c": None}}),
    ("[True, None, 1.25]", [True, None, 1.25]),
    ("{5}", [5]),
    ("frozenset({'x'})", ["x"]),
    ("set()", []),
    ("{1: 'a', None: 'b', (2, 3): 'c'}", {"1": "a", "null": "b", "[2,3]": "c"}),
    ("{1: 'a', '1': 'b'}", {"$dict": [[1, "a"], ["1", "b"]]}),
    ("{'$type': 'mine'}", {"$$type": "mine"}),
    ("Point(1, 2)", {"$type": "__main__.Point", "x": 1, "y": 2}),
    ("MyList([1])", {"$type": "__main__.MyList", "$value": [1]}),
    ("MyDict(a=1)", {"$type": "__main__.MyDict", "$value": {"a": 1}}),
    ("MyInt(7)", {"$type": "__main__.MyInt", "$value": 7}),
    ("MyStr('s')", {"$type": "__main__.MyStr", "$value": "s"}),
    (
        "collections.defaultdict(list, a=[1])",
        {"$type": "collections.defaultdict", "$value": {"a": [1]}},
    ),
    (
        "collections.OrderedDict([('b', 1), ('a', 2)])",
        {"$type": "collections.OrderedDict", "$value": {"b": 1, "a": 2}},
    ),
    ("collections.Counter('aab')", {"$type": "collections.Counter", "$value": {"a": 2, "b": 1}}),
]

INSTANCES: Table = [
    ("Plain()", {"$type": "__main__.Plain", "a": 1, "b": [2]}),
    ("Slots(1, 2)", {"$type": "__main__.Slots", "x": 1, "y": 2}),
    ("Data('n', 3)", {"$type": "__main__.Data", "name": "n", "size": 3}),
    ("SlotData(4)", {"$type": "__main__.SlotData", "z": 4}),
    ("Empty()", {"$type": "__main__.Empty"}),
    ("Child()", {"$type": "__main__.Child", "a": 1, "b": [2], "c": 3}),
    ("Outer.Inner()", {"$type": "__main__.Outer.Inner"}),
    ("Colour.RED", {"$type": "__main__.Colour", "name": "RED", "value": 1}),
    ("Colour.DARK", {"$type": "__main__.Colour", "name": "DARK", "value": "d"}),
    ("Level.LOW", {"$type": "__main__.Level", "name": "LOW", "value": 3}),
    ("Bits.A", {"$type": "__main__.Bits", "name": "A", "value": 1}),
    ("ValueError('m', 1)", {"$type": "ValueError", "$message": "('m', 1)"}),
    ("KeyError('k')", {"$type": "KeyError", "$message": "'k'"}),
]

KNOWN: Table = [
    (
        "array.array('i', [1, -2])",
        {"$type": "array.array", "shape": [2], "dtype": "i", "values": [1, -2]},
    ),
    (
        "memoryview(bytes(4)).cast('H', (1, 2))",
        {"$type": "memoryview", "shape": [1, 2], "dtype": "H", "values": [0, 0]},
    ),
    (
        "datetime.datetime(2024, 1, 2, 3, 4, 5, 6)",
        {"$type": "datetime.datetime", "value": "2024-01-02T03:04:05.000006"},
    ),
    (
        "datetime.datetime(2024, 1, 2, tzinfo=datetime.timezone.utc)",
        {"$type": "datetime.datetime", "value": "2024-01-02T00:00:00+00:00"},
    ),
    ("datetime.date(2024, 2, 29)", {"$type": "datetime.date", "value": "2024-02-29"}),
    ("datetime.time(23, 59)", {"$type": "datetime.time", "value": "23:59:00"}),
    (
        "datetime.timedelta(days=-1, seconds=5)",
        {"$type": "datetime.timedelta", "value": "-1 day, 0:00:05"},
    ),
    ("decimal.Decimal('1.20')", {"$type": "decimal.Decimal", "value": "1.20"}),
    ("decimal.Decimal('-1E+30')", {"$type": "decimal.Decimal", "value": "-1E+30"}),
    ("decimal.Decimal('NaN')", {"$type": "decimal.Decimal", "value": "NaN"}),
    ("fractions.Fraction(3, 4)", {"$type": "fractions.Fraction", "value": "3/4"}),
    (
        "uuid.UUID('12345678-1234-5678-1234-567812345678')",
        {"$type": "uuid.UUID", "value": "12345678-1234-5678-1234-567812345678"},
    ),
    ("range(1, 10, 2)", {"$type": "range", "value": "range(1, 10, 2)"}),
    ("take", {"$type": "function", "name": "__main__.take"}),
    ("Plain", {"$type": "type", "name": "__main__.Plain"}),
    ("int", {"$type": "type", "name": "int"}),
    ("sys", {"$type": "module", "name": "sys"}),
]

CLASSES = """
    import array, collections, dataclasses, datetime, decimal, enum, fractions, pathlib, uuid, sys, types

    class Plain:
        def __init__(self):
            self.a = 1
            self.b = [2]

    class Child(Plain):
        def __init__(self):
            super().__init__()
            self.c = 3

    class Slots:
        __slots__ = ("x", "y")
        def __init__(self, x, y):
            self.x, self.y = x, y

    @dataclasses.dataclass
    class Data:
        name: str
        size: int

    @dataclasses.dataclass(slots=True)
    class SlotData:
        z: int

    class Empty:
        pass

    class Outer:
        class Inner:
            pass

    class Colour(enum.Enum):
        RED = 1
        DARK = "d"

    class Level(enum.IntEnum):
        LOW = 3

    class Bits(enum.Flag):
        A = 1
        B = 2

    Point = collections.namedtuple("Point", "x y")

    class MyList(list): pass
    class MyDict(dict): pass
    class MyInt(int): pass
    class MyStr(str): pass

    def take(value):
        pass
"""


def taken(trace, expressions: list[str], *options: str, classes: str = CLASSES) -> list[Any]:
    calls = "".join(f"\n    take({expression})" for expression in expressions)
    run = trace(classes + calls, "--every-call", *options)
    return [row["value"] for row in run.arguments("take")]


TABLES = {
    "scalars": SCALARS,
    "texts": TEXTS,
    "containers": CONTAINERS,
    "instances": INSTANCES,
    "known": KNOWN,
}


@pytest.mark.parametrize("name", TABLES)
def test_table(trace, python, name):
    table = dict(TABLES[name])
    expressions = list(table)
    got = dict(zip(expressions, taken(trace, expressions), strict=True))
    if python.free_threaded:  # where another thread may resize it
        table = {
            expression: {"$type": value["$type"]}
            if "array.array" in expression or "memoryview" in expression
            else value
            for expression, value in table.items()
        }
    assert got == table
    # Equal in Python are 0, False and -0.0 too.
    assert [repr(value) for value in got.values()] == [repr(value) for value in table.values()]


def test_paths(trace):
    for path, value in zip(
        taken(trace, ["pathlib.PurePosixPath('/tmp/x.txt')", "pathlib.Path('a', 'b')"]),
        ["/tmp/x.txt", "a/b"],
        strict=True,
    ):
        assert path["value"] == value
        assert path["$type"].startswith("pathlib") and path["$type"].endswith("PosixPath")


def test_results_are_values_too(trace):
    run = trace("""
        import decimal

        def give(x):
            return x

        for x in (None, 1.5, "s", [1, {"k": (2,)}], decimal.Decimal("1.20")):
            give(x)
    """)
    rows = run.query("SELECT args->'x' AS a, result FROM calls WHERE function_name = 'give'")
    assert all(row["a"] == row["result"] for row in rows)


def test_cycles(trace):
    run = trace("""
        def take(value):
            pass

        loop = [1]
        loop.append(loop)
        take(loop)

        class Node:
            pass

        node = Node()
        node.me = node
        node.list = [node]
        take(node)
    """)
    assert run.arguments("take") == [
        {"value": [1, {"$cycle": 1}]},
        {"value": {"$type": "__main__.Node", "me": {"$cycle": 1}, "list": [{"$cycle": 2}]}},
    ]


HOSTILE = """
    ran = []

    def log(name):
        ran.append(name)
        raise RuntimeError(name)

    class Meta(type):
        def __getattribute__(cls, name):
            if not name.startswith("__"):
                log("meta")
            return type.__getattribute__(cls, name)

    class Hostile(metaclass=Meta):
        def __init__(self):
            object.__setattr__(self, "kept", 1)
        def __repr__(self): log("repr")
        def __str__(self): log("str")
        def __getattr__(self, name): log("getattr")
        def __getattribute__(self, name): log("getattribute")
        def __len__(self): log("len")
        def __iter__(self): log("iter")
        def __bool__(self): log("bool")
        def __eq__(self, other): log("eq")
        def __hash__(self): log("hash")
        def __del__(self): pass
        @property
        def __class__(self): log("class")
        @property
        def __dict__(self): log("dict")

    class HostileList(list):
        def __iter__(self): log("iter")
        def __len__(self): log("len")
        def __getitem__(self, i): log("getitem")
        def __repr__(self): log("repr")

    class HostileDict(dict):
        def __iter__(self): log("iter")
        def items(self): log("items")
        def keys(self): log("keys")
        def __getitem__(self, i): log("getitem")
        def __len__(self): log("len")

    class HostileStr(str):
        def __str__(self): log("str")
        def encode(self, *a): log("encode")
        def __len__(self): log("len")

    class HostileInt(int):
        def __int__(self): log("int")
        def __index__(self): log("index")
        def __repr__(self): log("repr")

    class Raises(Exception):
        def __str__(self): log("str")
        def __repr__(self): log("repr")

    def take(*values):
        return values[0]

    take(Hostile())
    take(HostileList([1, 2]))
    take(HostileDict(a=1))
    take(HostileStr("text"))
    take(HostileInt(7))

    def main():
        try:
            raise Raises("r")
        except Raises:
            pass

    main()
    print(ran)
"""


def test_nothing_of_the_users_runs(trace):
    run = trace(HOSTILE)
    assert run.ended.out == "[]\n"
    # And what is stored in them is on record all the same.
    text = str(run.arguments("take"))
    for kept in ("'kept': 1", "1, 2", "'a': 1", "text", "7"):
        assert kept in text, text


def test_values_do_not_live_longer(trace):
    """The recording holds no reference: finalizers run when they would have run untraced."""
    run = trace("""
        import gc, weakref

        class Thing:
            def __del__(self):
                print("gone")

        def take(thing):
            return weakref.ref(thing)

        def main():
            gc.disable()
            ref = take(Thing())
            print("after", ref())

        main()
    """)
    assert run.ended.out == "gone\nafter None\n"


@pytest.mark.parametrize("mode", ["structure", "repr", "names", "off"])
def test_modes(trace, mode):
    run = trace(
        """
        class Own:
            def __init__(self):
                self.a = 1
            def __repr__(self):
                return "Own!"

        def take(value, number):
            return value

        take(Own(), 5)
        """,
        "--values",
        mode,
        harmless=mode != "repr",
    )
    (arguments,) = run.arguments("take")
    expected = {
        "structure": {"value": {"$type": "__main__.Own", "a": 1}, "number": 5},
        "repr": None,
        "names": None,
        "off": None,
    }[mode]
    if expected:
        assert without_ids(arguments) == expected
    text = str(arguments)
    assert ("Own!" in text) == (mode == "repr")
    assert ("5" in text) == (mode in ("structure", "repr"))
    assert ("Own" in text) == (mode != "off")
