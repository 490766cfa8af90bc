"""Reads the values of docs/trail-format.md, from the page alone: independent of the decoder in C.

Runs in the tests and in the interpreters that are tested, so it needs nothing but Python 3.10. It is strict: anything
that the page does not allow is an AssertionError.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

MAX_DEPTH = 48  # values inside each other, enums and subclasses counted


@dataclass(frozen=True)
class Cut:
    """The beginning of a str, bytes or container; `original` is its whole size or count."""

    kept: Any
    original: int


@dataclass(frozen=True)
class BigCut:
    negative: int
    bits: int


@dataclass(frozen=True)
class Obj:
    type: str
    attributes: tuple[tuple[str, Any], ...] = ()
    original: int = -1

    def __post_init__(self) -> None:
        if self.original < 0:
            object.__setattr__(self, "original", len(self.attributes))


@dataclass(frozen=True)
class Sub:
    type: str
    value: Any
    attributes: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Enum:
    type: str
    name: str
    value: Any


@dataclass(frozen=True)
class Text:
    type: str
    text: str


@dataclass(frozen=True)
class Function:
    module: str
    name: str


@dataclass(frozen=True)
class Class:
    module: str
    name: str


@dataclass(frozen=True)
class Module:
    name: str


@dataclass(frozen=True)
class Cycle:
    up: int


@dataclass(frozen=True)
class Depth:
    type: str
    count: int


@dataclass(frozen=True)
class Repr:
    type: str
    original: int
    text: str


@dataclass(frozen=True)
class TypeOnly:
    type: str


@dataclass(frozen=True)
class Exc:
    type: str
    message: str
    attributes: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Array:
    type: str
    dtype: str
    shape: tuple[int, ...]
    items: tuple[Any, ...]


@dataclass(frozen=True)
class Mark:
    name: str


UNSET = Mark("UNSET")
REDACTED = Mark("REDACTED")
FAILED = Mark("FAILED")
BUDGET = Mark("BUDGET")
OMITTED = Mark("OMITTED")


class Reader:
    def __init__(self, data: bytes, types: list[str]) -> None:
        self.data, self.types, self.at = data, types, 0

    def take(self, n: int) -> bytes:
        assert self.at + n <= len(self.data), "past the end"
        self.at += n
        return self.data[self.at - n : self.at]

    def uv(self) -> int:
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            assert shift <= 70
            if byte < 0x80:
                assert byte or shift == 7, "not the shortest form"
                assert value < 1 << 64
                return value

    def text(self) -> str:
        return self.take(self.uv()).decode("utf-8", "surrogatepass")

    def type(self) -> str:
        number = self.uv()
        assert number <= len(self.types)
        return self.types[number - 1].replace("\n", ".") if number else "?"

    def attributes(self, n: int, depth: int) -> tuple[tuple[str, Any], ...]:
        return tuple((self.text(), self.value(depth + 1)) for _ in range(n))

    def items(self, kind: type, depth: int) -> Any:
        original, n = self.uv(), self.uv()
        assert n <= original
        items = [self.value(depth + 1) for _ in range(n)]
        if kind in (set, frozenset):
            made = kind(frozen(one) for one in items)
            if len(made) != n:
                made = tuple(items)  # equal only after they were cut
        else:
            made = kind(items)
        return made if n == original else Cut(made, original)

    def pairs(self, depth: int) -> Any:
        original, n = self.uv(), self.uv()
        assert n <= original
        pairs = [(self.value(depth + 1), self.value(depth + 1)) for _ in range(n)]
        made: Any = {frozen(key): value for key, value in pairs}
        if len(made) != n:
            made = tuple(pairs)
        return made if n == original else Cut(made, original)

    def short_int(self, tag: int) -> int:
        if tag < 0x80:
            z = tag & 0x3F
        elif tag < 0xC0:
            z = tag & 0x3F | self.take(1)[0] << 6
        elif tag < 0xE0:
            z = tag & 0x1F | int.from_bytes(self.take(2), "little") << 5
        else:
            assert tag < 0xF0
            z = tag & 0x0F | int.from_bytes(self.take(3), "little") << 4
        return (z >> 1) ^ -(z & 1)

    def big_int(self) -> int:
        sign, n = self.uv(), self.uv()
        magnitude = int.from_bytes(self.take(n), "little")
        assert magnitude >= 1 << 63 and magnitude >> 8 * (n - 1), "not the shortest form"
        return -magnitude if sign else magnitude

    def value(self, depth: int = 1) -> Any:
        assert depth <= MAX_DEPTH, "nests too deep"
        tag = self.take(1)[0]
        if tag >= 0x40:
            return self.short_int(tag)
        if 0x0D <= tag <= 0x11:
            kinds = {0x0D: list, 0x0E: tuple, 0x0F: set, 0x10: frozenset}
            return self.pairs(depth) if tag == 0x11 else self.items(kinds[tag], depth)
        if tag in NODES:
            return NODES[tag](self, depth)
        raise AssertionError(f"tag {tag:#x}")

    def str_cut(self) -> Cut:
        original = self.uv()
        text = self.text()
        assert len(text) <= original
        return Cut(text, original)

    def bytes_cut(self) -> Cut:
        original = self.uv()
        kept = self.take(self.uv())
        assert len(kept) < original
        return Cut(kept, original)

    def object(self, depth: int) -> Obj:
        kind, identity, original, n = self.type(), self.take(8), self.uv(), self.uv()
        assert any(identity) and n <= original
        return Obj(kind, self.attributes(n, depth), original)

    def instance(self, depth: int) -> Obj:
        number, identity, n = self.uv(), self.take(6), self.uv()
        assert number and any(identity)
        kind, *names = self.types[number - 1].split("\0")
        assert n <= len(names) and len(set(names)) == len(names)
        values = [self.value(depth + 1) for _ in range(n)]
        found = tuple(zip(names, values, strict=False))
        return Obj(self.types[int(kind) - 1].replace("\n", "."), found, len(names))

    def subclass(self, depth: int) -> Sub:
        kind, inner = self.type(), self.value(depth + 1)
        return Sub(kind, inner, self.attributes(self.uv(), depth))

    def exception(self, depth: int) -> Exc:
        kind, _, message = self.type(), self.take(8), self.text()
        return Exc(kind, message, self.attributes(self.uv(), depth))

    def repr(self) -> Repr:
        kind, original, text = self.type(), self.uv(), self.text()
        assert len(text.encode("utf-8", "surrogatepass")) <= original
        return Repr(kind, original, text)

    def array(self, depth: int) -> Array:
        kind, dtype = self.type(), self.text()
        shape = tuple(self.uv() for _ in range(self.uv()))
        return Array(kind, dtype, shape, tuple(self.value(depth + 1) for _ in range(self.uv())))


NODES: dict[int, Any] = {
    0x01: lambda r, d: None,
    0x02: lambda r, d: True,
    0x03: lambda r, d: False,
    0x04: lambda r, d: UNSET,
    0x05: lambda r, d: struct.unpack("<d", r.take(8))[0],
    0x06: lambda r, d: complex(*struct.unpack("<dd", r.take(16))),
    0x07: lambda r, d: r.big_int(),
    0x08: lambda r, d: BigCut(r.uv(), r.uv()),
    0x09: lambda r, d: r.text(),
    0x0A: lambda r, d: r.str_cut(),
    0x0B: lambda r, d: r.take(r.uv()),
    0x0C: lambda r, d: r.bytes_cut(),
    0x12: lambda r, d: r.object(d),
    0x13: lambda r, d: r.subclass(d),
    0x14: lambda r, d: Enum(r.type(), r.text(), r.value(d + 1)),
    0x15: lambda r, d: Text(r.type(), r.text()),
    0x16: lambda r, d: Function(r.text(), r.text()),
    0x17: lambda r, d: Class(r.text(), r.text()),
    0x18: lambda r, d: Module(r.text()),
    0x19: lambda r, d: Cycle(r.uv()),
    0x1A: lambda r, d: Depth(r.type(), r.uv()),
    0x1B: lambda r, d: r.array(d),
    0x1C: lambda r, d: r.repr(),
    0x1D: lambda r, d: REDACTED,
    0x1E: lambda r, d: FAILED,
    0x1F: lambda r, d: BUDGET,
    0x20: lambda r, d: TypeOnly(r.type()),
    0x21: lambda r, d: OMITTED,
    0x22: lambda r, d: struct.unpack("<q", r.take(8))[0],
    0x23: lambda r, d: (Ellipsis, NotImplemented)[r.uv()],
    0x24: lambda r, d: r.exception(d),
    0x25: lambda r, d: r.instance(d),
}


def frozen(value: Any) -> Any:
    """The same, hashable."""
    if isinstance(value, list):
        return ("list", *map(frozen, value))
    if isinstance(value, tuple):
        return tuple(map(frozen, value))
    if isinstance(value, dict):
        return ("dict", *((key, frozen(one)) for key, one in value.items()))
    if isinstance(value, set):
        return ("set", frozenset(value))
    if isinstance(value, Obj):
        return Obj(value.type, frozen(value.attributes), value.original)
    if isinstance(value, Sub):
        return Sub(value.type, frozen(value.value), frozen(value.attributes))
    if isinstance(value, Cut):
        return Cut(frozen(value.kept), value.original)
    return value


def decode(data: bytes, types: list[str]) -> Any:
    reader = Reader(data, types)
    value = reader.value()
    assert reader.at == len(data), "bytes left over"
    return value
