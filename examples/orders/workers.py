"""Works off the orders, a few at a time."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from ledger import Ledger, LedgerError
from models import Invoice, Order, Result, Status
from pricing import invoice_for
from stock import OutOfStock, Stock

log = logging.getLogger("orders")


class Workers:
    def __init__(self, stock: Stock, ledger: Ledger, count: int = 3) -> None:
        self.stock = stock
        self.ledger = ledger
        self.count = count

    def run(self, orders: Iterable[Order]) -> list[Result]:
        """One result for each order, in the sequence of the orders."""
        with ThreadPoolExecutor(self.count, thread_name_prefix="worker") as pool:
            return list(pool.map(self.handle, orders))

    def handle(self, order: Order) -> Result:
        try:
            return Result(order, Status.PAID, self.settle(order))
        except OutOfStock:
            return Result(order, Status.WAITING)
        except LedgerError:
            log.error("order %d failed", order.number)
            self.stock.give_back(order)
            return Result(order, Status.FAILED)

    def settle(self, order: Order) -> Invoice:
        self.stock.reserve(order)
        invoice = invoice_for(order)
        self.ledger.book(invoice)
        return invoice
