"""A recorded program, and servers that answer about it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from recording import record  # noqa: E402
from web import TOKEN, Web  # noqa: E402
from wire import Wire, environment  # noqa: E402

SHOP = """
import json
import sys


class Cart:
    def __init__(self):
        self.lines = []

    def add(self, name, price, count=1):
        self.lines.append((name, price, count))
        return len(self.lines)

    def total(self):
        return sum(price * count for _, price, count in self.lines)


def read_price(text):
    return float(text)


def order(items):
    cart = Cart()
    for name, text in items:
        try:
            cart.add(name, read_price(text))
        except ValueError:
            cart.add(name, 0.0)
    return cart.total()


def main():
    for n in range(30):
        order([("tea", "3.50"), ("milk", "1.20" if n % 10 else "free")])
    order([("nothing", None)])


main()
"""


@pytest.fixture(scope="session")
def shop(breadcrumb: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a small program that ended with a TypeError. Not to be written to by tests."""
    folder = tmp_path_factory.mktemp("shop")
    database = folder / "db" / "traces.duckdb"
    record(breadcrumb, database, SHOP, folder)
    return database


@pytest.fixture
def serve(breadcrumb: Path, tmp_path: Path) -> Iterator[Callable[..., Wire]]:
    """serve(database, revision=None) -> Wire, ended with the test."""
    wires = []

    def start(database: Path | None, revision: str | None = None, *words: str) -> Wire:
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        if database is not None:
            words = ("--db-path", str(database), *words)
        wire = Wire(breadcrumb, *words, cwd=tmp_path, env=environment(home))
        wires.append(wire)
        if revision is not None:
            wire.begin(revision)
        return wire

    yield start
    for wire in wires:
        wire.close()


@pytest.fixture
def web(breadcrumb: Path, tmp_path: Path, shop: Path) -> Iterator[Web]:
    server = Web(breadcrumb, shop, environment(tmp_path) | {"BREADCRUMB_MCP_TOKEN": TOKEN})
    assert server.port, server.said
    yield server
    server.close()
