"""Uses of the package that type checkers accept, and some that they refuse; read by them, never run."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, assert_type

import breadcrumb


@breadcrumb.trace
def area(width: int, height: int) -> int:
    with breadcrumb.trace():
        breadcrumb.note(width=width, kind="area")
    return width * height


class Cart:
    @breadcrumb.trace()
    def add(self, name: str) -> str:
        return name

    @breadcrumb.trace
    async def pay(self) -> None:
        pass

    @breadcrumb.trace
    @classmethod
    def make(cls) -> str:
        return ""

    @breadcrumb.trace
    @staticmethod
    def price(n: int) -> int:
        return n


def untyped(function: Any) -> Any:
    return function


assert_type(area(2, 3), int)
assert_type(breadcrumb.trace(untyped(area)), Any)
assert_type(Cart().add("x"), str)
assert_type(Cart.make(), str)
assert_type(Cart.price(2), int)
breadcrumb.init()
breadcrumb.init(
    include=["shop.*"], exclude=("a", "b"), sample_rate=0.5, db_path=Path("x.duckdb"), config="p"
)
breadcrumb.init(
    values="names", workspace=[Path("."), "src"], max_chars=500, silent=True, backend=None
)
assert_type(breadcrumb.shutdown(timeout=2), bool)
assert_type(breadcrumb.get_backend(), Literal["pep669", "settrace"] | None)
if (settings := breadcrumb.get_config()) is not None:
    assert_type(settings["include"], list[str])
    assert_type(settings["db_path"], str | None)
for event in breadcrumb.get_events(limit=5, since=datetime.now(UTC), function="area"):
    assert_type(event["function_name"], str)
    assert_type(event["at_ns"], int)

breadcrumb.init(exlude=["a"])  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
breadcrumb.init(sample_rate="half")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
breadcrumb.init(values="some")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
breadcrumb.get_events(100, None, 3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
