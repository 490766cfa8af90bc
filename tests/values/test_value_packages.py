"""What well-known packages keep their data in: pandas, attrs, pydantic, Django; and proxies that pretend."""

from __future__ import annotations

from typing import Any

from value_decode import REDACTED, Array, Function, Obj, Text, TypeOnly
from value_subject import Harness, Table

PANDAS = """
import numpy as np, pandas as pd
class Mine(pd.DataFrame): pass
df = pd.DataFrame({"a": [1, 2], "b": [1.5, 2.5], "c": ["x", None], "d": pd.to_datetime(["2024-01-01", None]),
    "e": pd.Categorical(["u", "v"]), "password": ["s1", "s2"], "z": [3, 4]})
wide = pd.DataFrame(np.arange(40000).reshape(2, 20000))
long = pd.DataFrame({"n": np.arange(1_000_000)})
odd = pd.DataFrame({"n": [1]}); odd._mgr = None
half = pd.DataFrame.__new__(pd.DataFrame)
loop = pd.Series([None, 1], dtype=object); loop.array._ndarray.setflags(write=True); loop.array._ndarray[0] = [loop]
"""
TIMES = ("2024-01-01T00:00:00.000000", "NaT")


def array(dtype: str, *items: Any, rows: int = 0, kind: str = "numpy.ndarray") -> Array:
    return Array(kind, dtype, (rows or len(items),), items)


def frame(shape: list[int], columns: Any, kind: str = "pandas.DataFrame") -> Obj:
    return Obj(kind, (("shape", shape), ("columns", columns)))


def series(name: Any, values: Any, kind: str = "pandas.Series") -> Obj:
    return Obj(kind, (("name", name), ("values", values)))


COLUMNS = {
    "a": array("int64", 1, 2),
    "b": array("float64", 1.5, 2.5),
    "c": array("str", "x", float("nan"), kind="pandas.arrays.StringArray"),
    "d": array("datetime64[us]", *TIMES, kind="pandas.arrays.DatetimeArray"),
    "e": array("category", rows=2, kind="pandas.Categorical"),
    "password": REDACTED,
    "z": array("int64", 3, 4),
}
pandas = Table(PANDAS, max_bytes=4000)
pandas.cases = {
    "df": frame([2, 7], COLUMNS),
    "Mine(df)": frame([2, 7], COLUMNS, "subject.Mine"),
    "df[['z', 'a']]": frame([2, 2], {"z": COLUMNS["z"], "a": COLUMNS["a"]}),
    "df.iloc[::-1][['a']]": frame([2, 1], {"a": array("int64", 2, 1)}),
    "df[df.a > 5][['a']]": frame([0, 1], {"a": Array("numpy.ndarray", "int64", (0,), ())}),
    "pd.DataFrame()": frame([0, 0], {}),
    "pd.DataFrame([[1, 2], [3, 4]]).T": frame(
        [2, 2], {0: array("int64", 1, 2), 1: array("int64", 3, 4)}
    ),
    "long": frame([1_000_000, 1], {"n": array("int64", 0, 1, 2, 3, 4, rows=1_000_000)}),
    "df['a']": series("a", COLUMNS["a"]),
    "df['c']": series("c", COLUMNS["c"]),
    "df['password']": series("password", REDACTED),
    "pd.Series(dtype=float)": series(None, Array("numpy.ndarray", "float64", (0,), ())),
    "pd.Series([1, None], dtype='Int64')": series(None, TypeOnly("pandas.arrays.IntegerArray")),
    "pd.to_datetime(['2024-01-01']).tz_localize('Europe/Berlin')": series(
        None,
        array(
            "datetime64[us, UTC]",
            "2023-12-31T23:00:00.000000",
            kind="pandas.arrays.DatetimeArray",
        ),
        "pandas.DatetimeIndex",
    ),
    "df.index": series(None, Text("builtins.range", "range(0, 2)"), "pandas.RangeIndex"),
    "pd.Timestamp('2024-01-02')": Text("pandas.Timestamp", "2024-01-02T00:00:00"),
    "pd.NaT": Text("pandas.api.typing.NaTType", "NaT"),
    "half": Obj("pandas.DataFrame"),
}


def test_pandas(packaged: Harness) -> None:
    pandas.check(packaged)
    wide, odd, loop = packaged.encode(PANDAS, ["wide", "odd", "loop"], max_bytes=4000)
    assert wide.attributes[0] == ("shape", [2, 20000])
    assert list(wide.attributes[1][1].kept) == list(range(10))
    assert odd.attributes[0] == ("_mgr", None)
    assert "Cycle" in repr(loop)


def test_pandas_with_little_room(packaged: Harness) -> None:
    """Whatever the limits are: a whole value."""
    packaged.run(
        PANDAS
        + """
huge = np.zeros((2,) * 30)  # once: it takes ASan a second
for size in [*range(9, 400), 1024]:
    for depth in (0, 1, 2, 3):
        for one in (df, df["a"], df.index, wide, half, np.arange(5), huge, df.dtypes):
            show(one, max_bytes=size, max_depth=depth)
"""
    )


def test_pandas_is_not_touched(packaged: Harness) -> None:
    packaged.run(
        PANDAS
        + """
things = [df, wide, df["a"], df.index, long, df._mgr, df._mgr.blocks[0], df._mgr.blocks[0].values]
def parts():
    return [sys.getrefcount(one) for one in things + [b for b in df._mgr.blocks] + [b.values for b in df._mgr.blocks]]
harness.limit(max_bytes=4000)
for thing in things: harness.probe(thing)
before = parts()
for _ in range(100):
    for thing in things: harness.probe(thing)
assert parts() == before, (before, parts())
"""
    )


OTHERS = """
import attrs, django.conf, dataclasses
django.conf.settings.configure(DEBUG=True)
import django; django.setup()
from django.utils.functional import SimpleLazyObject, lazy, cached_property
from django.utils.translation import gettext_lazy
from django.db import models
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr
from typing import Any

@attrs.define
class Slotted:
    a: int
    token: str = "hunter2"
@attrs.define
class Below(Slotted):
    b: list = attrs.field(factory=list)
@attrs.define(slots=False)
class Plain:
    a: int
@attrs.frozen
class Frozen:
    x: int = 1
    @property
    def y(self): raise SystemError

class Model(BaseModel):
    name: str
    size: int = 3
    secret: SecretStr = SecretStr("hunter2")
class Extra(BaseModel):
    model_config = ConfigDict(extra="allow")
    a: int
    _cache: dict = PrivateAttr(default_factory=dict)
class Inner(BaseModel):
    inner: Extra

def never(): raise SystemError
evaluated = SimpleLazyObject(lambda: 7); str(evaluated)
class Shop(models.Model):
    name = models.CharField(max_length=10)
    class Meta: app_label = "shop"
unasked = Shop.objects.filter(name="x")
class Liar:
    def __init__(self): self.n = 1
    @property
    def __class__(self): return list
class Proxy:
    __slots__ = ("_target",)
    def __init__(self, target): object.__setattr__(self, "_target", target)
    def __getattribute__(self, name): raise SystemError(name)
"""

others = Table(OTHERS, max_depth=2)
others.cases = {
    "Slotted(1)": Obj("subject.Slotted", (("a", 1), ("token", REDACTED))),
    "Below(1)": Obj("subject.Below", (("a", 1), ("token", REDACTED), ("b", []))),
    "Plain(1)": Obj("subject.Plain", (("a", 1),)),
    "Frozen()": Obj("subject.Frozen", (("x", 1),)),
    "Model(name='n')": Obj("subject.Model", (("name", "n"), ("size", 3), ("secret", REDACTED))),
    "Extra(a=1, b=2)": Obj(
        "subject.Extra",
        (("__pydantic_extra__", {"b": 2}), ("__pydantic_private__", {"_cache": {}}), ("a", 1)),
    ),
    "SimpleLazyObject(never)._setupfunc": Function("subject", "never"),
    "Liar()": Obj("subject.Liar", (("n", 1),)),
    "Proxy([1])": Obj("subject.Proxy", (("_target", [1]),)),
}


def test_attrs_pydantic_and_proxies(packaged: Harness) -> None:
    others.check(packaged)


def test_lazy_objects_are_never_evaluated(packaged: Harness) -> None:
    lazy, was, text, query, shop = packaged.encode(
        OTHERS,
        ["SimpleLazyObject(never)", "evaluated", "lazy(never, str)()", "unasked", "Shop(name='x')"],
        max_depth=2,
    )
    assert lazy.type == "django.utils.functional.SimpleLazyObject"
    assert ("_setupfunc", Function("subject", "never")) in lazy.attributes
    assert dict(was.attributes)["_wrapped"] == 7
    assert dict(text.attributes)["_args"] == ()
    assert query.type == "django.db.models.query.QuerySet"
    assert dict(query.attributes)["_result_cache"] is None
    assert dict(shop.attributes)["name"] == "x"


GENERATORS = """
import types
def gen():
    yield 1
async def coro(): pass
async def agen():
    yield 1
class C:
    def method(self):
        yield self
@types.coroutine
def old():
    yield
fresh = gen(); begun = gen(); next(begun); ended = gen(); list(ended); closed = gen(); next(closed); closed.close()
co = coro(); gone = coro(); gone.close()
def outer():
    yield from gen()
delegating = outer(); next(delegating)
"""


def test_generators_and_coroutines(harness: Harness) -> None:
    table = Table(GENERATORS)

    def case(source: str, kind: str, name: str, state: str) -> None:
        table.cases[source] = Obj(f"builtins.{kind}", (("name", name), ("state", state)))

    case("fresh", "generator", "gen", "created")
    case("begun", "generator", "gen", "suspended")
    case("delegating", "generator", "outer", "suspended")
    case("ended", "generator", "gen", "finished")
    case("closed", "generator", "gen", "finished")
    case("C().method()", "generator", "C.method", "created")
    case("(x for x in [])", "generator", "<genexpr>", "created")
    case("co", "coroutine", "coro", "created")
    case("gone", "coroutine", "coro", "finished")
    case("agen()", "async_generator", "agen", "created")
    table.check(harness)
    harness.run(
        """
        def gen():
            yield show(one)
        one = gen()
        assert next(one) == Obj("builtins.generator", (("name", "gen"), ("state", "running")))
        """
    )
