"""What is on the shelves. Several workers take from them at the same time."""

from __future__ import annotations

import threading

from models import Order


class OutOfStock(Exception):
    def __init__(self, sku: str, wanted: int, there: int) -> None:
        super().__init__(f"{wanted} x {sku} wanted, {there} there")
        self.sku = sku


class Stock:
    def __init__(self, shelves: dict[str, int]) -> None:
        self._shelves = dict(shelves)
        self._lock = threading.Lock()

    def reserve(self, order: Order) -> None:
        """Takes everything that the order needs, or nothing."""
        with self._lock:
            for line in order.lines:
                self._check(line.sku, line.quantity)
            for line in order.lines:
                self._shelves[line.sku] -= line.quantity

    def give_back(self, order: Order) -> None:
        with self._lock:
            for line in order.lines:
                self._shelves[line.sku] += line.quantity

    def left(self, sku: str) -> int:
        return self._shelves[sku]

    def _check(self, sku: str, wanted: int) -> None:
        there = self._shelves.get(sku, 0)
        if wanted > there:
            raise OutOfStock(sku, wanted, there)
