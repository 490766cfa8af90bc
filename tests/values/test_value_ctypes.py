"""Values of ctypes that hold their value themselves, and the length of what is mapped; no memory that may have gone."""

from __future__ import annotations

import pytest
from value_decode import Obj, Sub, Text
from value_subject import Harness, Table

pytestmark = pytest.mark.every_python

SETUP = """
import ctypes, mmap
from ctypes import *
class Mine(c_int): pass
mine = Mine(7); mine.note = "n"
class Pair(Structure): _fields_ = [("a", c_int), ("b", c_int)]
class Kept(Union): _fields_ = [("a", c_int)]
pair = Pair(1, 2)
gone = c_int.from_address(8)
kept = (c_int * 3)(1, 2, 3)
inner = c_int.from_buffer(pair)
other = (c_int.__ctype_be__)(5)
mapped = mmap.mmap(-1, 4096)
closed = mmap.mmap(-1, 10); closed.close()
class Area(mmap.mmap): pass
"""
table = Table(SETUP)
for source, expected in {
    "c_int(-5)": ("ctypes.c_int", -5),
    "c_ubyte(200)": ("ctypes.c_ubyte", 200),
    "c_short(-300)": ("ctypes.c_short", -300),
    "c_size_t(2**64 - 1)": ("ctypes.c_ulong", 2**64 - 1),
    "c_double(1.5)": ("ctypes.c_double", 1.5),
    "c_float(0.25)": ("ctypes.c_float", 0.25),
    "c_longdouble(2.5)": ("ctypes.c_longdouble", 2.5),
    "c_bool(True)": ("ctypes.c_bool", True),
    "c_char(b'x')": ("ctypes.c_char", b"x"),
    "c_wchar('é')": ("ctypes.c_wchar", "é"),
}.items():
    table.cases[source] = Sub(*expected)
table.cases["mine"] = Sub("subject.Mine", 7, (("note", "n"),))
table.cases["[c_int(1)]"] = [Sub("ctypes.c_int", 1)]
# What lies elsewhere is not read: not at an address, in another object, in the other order of bytes.
for source, kind in {
    "gone": "ctypes.c_int",
    "inner": "ctypes.c_int",
    "c_void_p(8)": "ctypes.c_void_p",
    "c_char_p(b'text')": "ctypes.c_char_p",
    "py_object(1)": "ctypes.py_object",
    "pair": "subject.Pair",
    "Kept(1)": "subject.Kept",
    "kept": "subject.c_int_Array_3",
}.items():
    table.cases[source] = Obj(kind)
table.cases["mapped"] = Text("mmap.mmap", "4096 bytes")
table.cases["closed"] = Text("mmap.mmap", "closed")


def test_values(harness: Harness) -> None:
    table.check(harness)


def test_the_other_order_of_bytes(harness: Harness) -> None:
    [found] = harness.encode(SETUP, ["other"])
    assert isinstance(found, Obj), "5 << 24 would be no answer"
