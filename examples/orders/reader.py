"""Reads orders.csv: one row for each line of an order, the rows of an order one after the other."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from models import Currency, Customer, Line, Order

CURRENCIES = {"JP": Currency.JPY, "SE": Currency.SEK}


def customer_of(row: dict[str, str]) -> Customer:
    country = row["country"]
    return Customer(row["customer"], country, CURRENCIES.get(country, Currency.EUR))


def read_orders(path: Path) -> Iterator[Order]:
    """Yields the orders of the file as it is read, in its sequence."""
    with path.open(newline="", encoding="utf-8") as file:
        for number, rows in groupby(csv.DictReader(file), key=lambda row: row["order"]):
            first = next(rows)
            order = Order(int(number), customer_of(first), voucher=first["voucher"] or None)
            for row in (first, *rows):
                order.lines.append(Line(row["sku"], int(row["quantity"])))
            yield order
