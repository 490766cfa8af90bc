"""Types with a well-known text form."""

from __future__ import annotations

from typing import Any

from value_decode import BUDGET, Obj, Repr, Text
from value_subject import Harness, Table

SETUP = """
import decimal, fractions, ipaddress, pathlib, types, uuid, zoneinfo
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal as D
from fractions import Fraction as F
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
class MyZone(tzinfo): pass
class MyDate(datetime): pass
class MyDecimal(D): pass
class MyPath(type(Path())): pass
class Index:
    def __index__(self): return 1
printed = Path("/a/../b"); str(printed)
windows = PureWindowsPath("C:/x/y"); str(windows)
zone = zoneinfo.ZoneInfo.from_file(__import__("io").BytesIO(
    b"TZif" + b"2" + bytes(15) + (0).to_bytes(4, "big") * 3 + (0).to_bytes(4, "big")
    + (1).to_bytes(4, "big") + (4).to_bytes(4, "big") + bytes(6) + b"UTC\\0"
    + b"TZif" + b"2" + bytes(15) + (0).to_bytes(4, "big") * 4
    + (1).to_bytes(4, "big") + (4).to_bytes(4, "big") + bytes(6) + b"UTC\\0" + b"\\nUTC0\\n"), key="Made/Up")
"""

table = Table(SETUP)
case = table.cases


def text(kind: str, source: str, expected: str) -> None:
    case[source] = Text(kind, expected)


for expected in ("0.0.0.0", "10.0.0.1", "255.255.255.255"):
    text("ipaddress.IPv4Address", f"ipaddress.ip_address('{expected}')", expected)
for expected in (
    "::", "::1", "1::", "fe80::1%eth0", "2001:db8::a:0:0:1", "1:0:0:2::3", "1:2:3:4:5:6:7:8", "0:1:2:3:4:5:6:7",
    "1:2:3:4:5:6:0:0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
):  # fmt: skip
    shown = expected.replace("6:0:0", "6::")
    text("ipaddress.IPv6Address", f"ipaddress.ip_address('{expected}')", shown)
for expected in ("0001-01-01", "2024-02-29", "9999-12-31"):
    text("datetime.date", f"date.fromisoformat('{expected}')", expected)
for expected in (
    "2024-02-29T00:00:00", "2024-02-29T23:59:59.000001", "0001-01-01T01:02:03.100000",
    "2024-05-05T10:00:00+00:00", "2024-05-05T10:00:00-05:30", "2024-05-05T10:00:00+23:59:59.999999",
    "2024-05-05T10:00:00-12:34:56.500000",
):  # fmt: skip
    text("datetime.datetime", f"datetime.fromisoformat('{expected}')", expected)
text(
    "datetime.datetime",
    "datetime(2024, 1, 1, tzinfo=timezone(-timedelta(microseconds=1)))",
    "2024-01-01T00:00:00-00:00:00.000001",
)
text(
    "datetime.datetime",
    "datetime(2024, 1, 1, tzinfo=MyZone())",
    "2024-01-01T00:00:00[subject.MyZone]",
)
text("datetime.datetime", "datetime(2024, 1, 1, tzinfo=zone)", "2024-01-01T00:00:00[Made/Up]")
text("subject.MyDate", "MyDate(2024, 1, 1)", "2024-01-01T00:00:00")
for expected in ("00:00:00", "12:34:56.789000", "01:02:03+02:00"):
    text("datetime.time", f"time.fromisoformat('{expected}')", expected)
for args in (
    "0",
    "1",
    "-1",
    "0, 1",
    "2, 3, 4",
    "-1, 5",
    "0, 86399, 999999",
    "999999999",
    "0, 0, -1",
):
    case[f"timedelta({args})"] = ("str", "datetime.timedelta")
for source in (
    "timezone.utc", "timezone(timedelta(hours=5, minutes=30))", "timezone(-timedelta(seconds=1))",
    "timezone(timedelta(hours=1), 'CET')", "timezone(timedelta(microseconds=-1))",
):  # fmt: skip
    case[source] = ("str", "datetime.timezone")

for number in (
    "0", "-0", "1", "-1.50", "123456789012345678901234567890.12345", "0.000001", "0.0000001", "1E+3",
    "1E-7", "1.234E-10", "-1.5E+20", "0E+5", "0.00", "0E-8", "1E+999999", "NaN", "sNaN", "NaN123",
    "-NaN", "Infinity", "-Infinity", "12345678901234567890", "1234567890123456789", "100", "1.1E+1",
    "9" * 19, "9" * 20, "1" + "0" * 38, "0." + "9" * 40, "123E-20",
):  # fmt: skip
    case[f"D('{number}')"] = ("str", "decimal.Decimal")
text("subject.MyDecimal", "MyDecimal('1.5')", "1.5")
for source in ("F(1, 3)", "F(-7, 2)", "F(5)", "F(0)", "F(10**30, 7)"):
    case[source] = ("str", "fractions.Fraction")
for source in (
    "uuid.UUID(int=0)",
    "uuid.UUID(int=2**128-1)",
    "uuid.NAMESPACE_URL",
    "uuid.uuid5(uuid.NAMESPACE_DNS, 'x')",
):
    case[source] = ("str", "uuid.UUID")
for source in ("range(10)", "range(1, 10)", "range(0, 10, 2)", "range(5, -5, -1)", "range(10**20)"):
    case[source] = ("repr", "builtins.range")
for source in ("slice(1)", "slice(None, 5, -1)", "slice('a', None)", "slice(1.5, (1, 2))"):
    case[source] = ("repr", "builtins.slice")

PATHS = [
    "",
    ".",
    "a",
    "a/b",
    "/",
    "/a",
    "//a",
    "///a",
    "a//b",
    "a/./b",
    "./a",
    "../a",
    "a/..",
    "/a/b/",
    "é/日",
    "//",
    "a b",
    ".x",
]
for path in PATHS:
    for kind, where in (("PosixPath", ""), ("PurePosixPath", "Pure")):
        case[f"{where or ''}{'Posix' if where else ''}Path({path!r})"] = ("path", kind)
for args in (
    "'a', 'b'",
    "'/a', 'b/c', './d'",
    "'a', '/b'",
    "'/a', '//b', 'c'",
    "'a', ''",
    "'', ''",
    "'.', 'a'",
):
    case[f"Path({args})"] = ("path", "PosixPath")
case["Path('a') / 'b' / Path('c')"] = ("path", "PosixPath")
case["Path('/a/b/c').parent"] = ("path", "PosixPath")
case["Path('/a/b/c').relative_to('/a')"] = ("path", "PosixPath")
case["printed"] = ("path", "PosixPath")
text("subject.MyPath", "MyPath('/a', 'b')", "/a/b")


def expected(setup: dict[str, Any], how: Any, source: str, version: tuple[int, ...]) -> Any:
    if not isinstance(how, tuple):
        return how
    what, kind = how
    value = eval(source, setup)
    if what == "path":
        module = "pathlib._local" if version[:2] == (3, 13) else "pathlib"
        return Text(f"{module}.{kind}", str(value))
    return Text(kind, repr(value) if what == "repr" else str(value))


def test_known(harness: Harness, python: Any) -> None:
    setup: dict[str, Any] = {"__name__": "subject"}
    exec(SETUP, setup)
    table = Table(SETUP)
    for source, how in case.items():
        table.cases[source] = expected(setup, how, source, python.version)
    table.check(harness)


def test_windows_paths(harness: Harness, python: Any) -> None:
    module = "pathlib._local" if python.version[:2] == (3, 13) else "pathlib"
    fresh, printed = harness.encode(SETUP, ["PureWindowsPath('C:/x')", "windows"])
    assert printed == Text(f"{module}.PureWindowsPath", "C:\\x\\y")
    assert isinstance(fresh, Obj) and fresh.attributes  # what it keeps, as of any instance


def test_cut(harness: Harness) -> None:
    """A text that is too long is kept in part, with the size of the whole."""
    long = "7" * 5000
    found = harness.encode(SETUP, [f"D('{long}')", f"D('-1.{long}')", f"D('{long}E+900')"])
    assert found[0] == Repr("decimal.Decimal", 5000, "7" * 512)
    assert found[1] == Repr("decimal.Decimal", 5003, "-1." + "7" * 509)
    assert found[2] == Repr("decimal.Decimal", 5001 + len("E+5899"), "7." + "7" * 510)
    assert harness.encode(SETUP, ["date(2024, 1, 1)"], max_bytes=21) == [BUDGET]
    assert harness.encode(SETUP, ["date(2024, 1, 1)"], max_bytes=22) == [
        Text("datetime.date", "2024-01-01")
    ]
    assert harness.encode(SETUP, ["Path('/' + 'é' * 40)"], max_bytes=30)[0].text == "/éé"


def test_look_alikes(harness: Harness) -> None:
    """Classes that only have the name, or that changed what ours have."""
    harness.run(
        """
        import decimal, datetime, uuid, fractions, sys, types
        for name in ("datetime.datetime", "decimal.Decimal", "collections.deque", "datetime.timezone"):
            fake = type(name, (), {"__module__": "datetime", "__slots__": tuple("abcdefghijk")})
            it = fake(); it.a = 1; it.k = 2
            assert show(it).attributes == (("a", 1), ("k", 2))
        fake = type("UUID", (), {"__module__": "uuid", "__qualname__": "UUID", "__slots__": ("int",)})
        it = fake()
        assert show(it) == Obj("uuid.UUID")
        it.int = "not a number"
        assert show(it) == Obj("uuid.UUID", (("int", "not a number"),))
        it.int = 1 << 300
        assert show(it) == Obj("uuid.UUID", (("int", 1 << 300),))
        it.int = -5
        assert show(it) == Obj("uuid.UUID", (("int", -5),))
        fake = type("PurePath", (), {"__module__": "pathlib", "__qualname__": "PurePath",
                                     "__slots__": ("_str", "_raw_paths", "_parts", "_drv", "_root")})
        it = fake(); it._raw_paths = ["a", 5]; it._parts = None; it._str = None
        assert show(it).attributes[0] == ("_str", None)
        """
    )
