"""None, bool, int, float, complex, str, bytes and their subclasses: exactly, or cut and saying so."""

from __future__ import annotations

from value_decode import BUDGET, BigCut, Cut, Sub
from value_subject import Harness, Table

SETUP = """
import enum
class I(int): pass
class IS(int):
    __slots__ = ()
class F(float): pass
class S(str): pass
class B(bytes): pass
class C(complex): pass
class BA(bytearray): pass
class Tagged(str):
    def __new__(cls, text, tag):
        self = super().__new__(cls, text)
        self.tag = tag
        return self
tagged = Tagged("x", 7)
i = I(5); i.unit = "m"; i.more = [1]
big = I(-10**30); big.a = 1
f = F(2.5); f.a = None
"""

table = Table(SETUP)
case = table.cases

for literal in ("None", "True", "False", "...", "NotImplemented"):
    case[literal] = eval(literal)
edges = [0, 1, 31, 32, 33, 2**13 - 1, 2**13, 2**20 - 1, 2**20, 2**27 - 1, 2**27, 2**30 - 1, 2**30]
edges += [2**31, 2**32, 2**59, 2**60 - 1, 2**60, 2**62, 2**63 - 1, 2**63, 2**63 + 1, 2**64 - 1]
edges += [2**64, 2**89, 2**90, 2**120, 2**127, 2**128, 10**18, 10**19, 10**100, 3**1000]
for number in edges:
    case[str(number)] = number
    case[str(-number)] = -number
    case[f"-({number}) - 1"] = -number - 1
case["1 << 4000"] = 1 << 4000
case["1 << 40000"] = BigCut(0, 40001)
case["-(1 << 40000)"] = BigCut(1, 40001)
for number in (0.0, -0.0, 1.5, -1e300, 5e-324, float("inf"), float("-inf")):
    case[f"float('{number}')"] = number
case["float('nan')"] = float("nan")
case["1+2j"] = 1 + 2j
case["complex('-0-infj')"] = complex("-0-infj")

for text in ("", "a", "hello", "x" * 127, "x" * 128, "y" * 200, "a\0b", "é", "ÿ" * 200, "日本語"):
    case[repr(text)] = text
case["'\\ud800'"] = "\ud800"
case["'a\\udfff\\ud83d'"] = "a\udfff\ud83d"
case["'\\U0001f600' * 200"] = "\U0001f600" * 200
case["'\\U0010ffff'"] = "\U0010ffff"
case["'x' * 201"] = Cut("x" * 200, 201)
case["'x' * 100000"] = Cut("x" * 200, 100000)
case["'é' * 201"] = Cut("é" * 200, 402)
case["'日' * 4096"] = Cut("日" * 200, 4096 * 3)
case["'日' * 4097"] = Cut("日" * 200, 4097 * 2)  # not counted through: its size in memory
case["'é' * 4097"] = Cut("é" * 200, 4097 + 200)  # ... but never less than what is known
case["'\\U0001f600' * 5000"] = Cut("\U0001f600" * 200, 20000)
case["'\\U0001f600' + 'x' * 300"] = Cut("\U0001f600" + "x" * 199, 304)

for data in (b"", b"abc", b"\0\xff", b"z" * 200):
    case[repr(data)] = data
case["b'z' * 201"] = Cut(b"z" * 200, 201)
case["bytearray(b'abc')"] = Sub("builtins.bytearray", b"abc")
case["bytearray()"] = Sub("builtins.bytearray", b"")
case["bytearray(b'q' * 1000)"] = Sub("builtins.bytearray", Cut(b"q" * 200, 1000))
case["BA(b'ab')"] = Sub("subject.BA", b"ab")

case["I(5)"] = Sub("subject.I", 5)
case["IS(5)"] = Sub("subject.IS", 5)
case["IS(10**30)"] = Sub("subject.IS", 10**30)
case["i"] = Sub("subject.I", 5, (("unit", "m"), ("more", [1])))
case["big"] = Sub("subject.I", -(10**30), (("a", 1),))
case["I(0)"] = Sub("subject.I", 0)
case["f"] = Sub("subject.F", 2.5, (("a", None),))
case["S('é')"] = Sub("subject.S", "é")
case["S('e' * 300)"] = Sub("subject.S", Cut("e" * 200, 300))
case["tagged"] = Sub("subject.Tagged", "x", (("tag", 7),))
case["B(b'1')"] = Sub("subject.B", b"1")
case["C(1, 2)"] = Sub("subject.C", 1 + 2j)


def test_scalars(harness: Harness) -> None:
    table.check(harness)


def test_unset(harness: Harness) -> None:
    out = harness.run("print(decode(harness.encode_unset(), []))")
    assert out == "Mark(name='UNSET')\n"


def test_cut_by_bytes(harness: Harness) -> None:
    """max_bytes bounds the whole value: what is left decides where a string is cut."""
    text = "'x' * 100"
    for max_bytes in (0, 1, 10, 23):
        assert harness.encode("", [text], max_bytes=max_bytes) == [BUDGET]
    assert harness.encode("", [text], max_bytes=24) == [Cut("xxxx", 100)]
    assert harness.encode("", [text], max_bytes=102) == ["x" * 100]
    wide = harness.encode("", ["'日' * 100"], max_bytes=30)[0]
    assert wide == Cut("日日日", 300)
    assert harness.encode("", ["1.5", "2+1j", "None", "7"], max_bytes=8) == [
        BUDGET,
        BUDGET,
        None,
        7,
    ]
    assert harness.encode("", ["10**10"], max_bytes=8) == [BUDGET]
    assert harness.encode("", ["1 << 4000"], max_bytes=20) == [BigCut(0, 4001)]


def test_utf8_form_of_the_interpreter_is_used_but_not_made(harness: Harness) -> None:
    harness.run(
        """
        text = "日" * 100000
        size = sys.getsizeof(text)
        assert show(text) == Cut("日" * 200, 200000)
        assert sys.getsizeof(text) == size
        import ctypes
        ctypes.pythonapi.PyUnicode_AsUTF8.restype = ctypes.c_char_p
        ctypes.pythonapi.PyUnicode_AsUTF8(ctypes.py_object(text))
        assert sys.getsizeof(text) > size
        assert show(text) == Cut("日" * 200, 300000)
        """
    )


def test_no_room(harness: Harness) -> None:
    """Where it does not fit the memory given, the whole value is refused: None stands for overflow."""
    values = ["'hello'", "5", "None", "1.5", "10**30", "[1, 2]", "'é'", "b'ab'", "1j"]
    assert harness.encode("", values, room=0) == [None] * len(values)
    assert harness.encode("", ["'hello'", "b'1234'"], room=6) == [None, None]
