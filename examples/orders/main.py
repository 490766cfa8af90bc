"""A small order service: reads orders, takes them from stock, writes invoices, tells the customers.

    python main.py [orders.csv]

One of the orders fails, and its log line does not say why. That is what Breadcrumb is for:

    breadcrumb run -t 60 python main.py
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections import Counter
from pathlib import Path

from gateway import notify
from ledger import Ledger
from models import Currency, Result
from reader import read_orders
from stock import Stock
from workers import Workers

SHELVES = {"lamp": 40, "chair": 30, "desk": 12, "clock": 60}


def summary(results: list[Result], receipts: list[str], ledger: Ledger, stock: Stock) -> str:
    counts = Counter(result.status.value for result in results)
    lines = [
        f"{len(results)} orders: " + ", ".join(f"{n} {status}" for status, n in counts.items())
    ]
    lines += [f"sales  {str(ledger.balance('sales', currency)):>15}" for currency in Currency]
    lines += [f"left   {', '.join(f'{stock.left(sku)} x {sku}' for sku in SHELVES)}"]
    return "\n".join([*lines, f"{len(receipts)} customers told"])


def main(arguments: list[str]) -> int:
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    path = Path(arguments[0]) if arguments else Path(__file__).with_name("orders.csv")
    ledger, stock = Ledger(), Stock(SHELVES)
    results = Workers(stock, ledger).run(read_orders(path))
    receipts = asyncio.run(notify(results))
    print(summary(results, receipts, ledger, stock))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
