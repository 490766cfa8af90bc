"""The books. What is written here is checked, for it cannot be taken back."""

from __future__ import annotations

import threading
from collections import defaultdict
from decimal import Decimal

from models import Currency, Invoice, Money


class LedgerError(Exception):
    pass


def check_amount(money: Money) -> None:
    """There is no part of a cent, nor of a yen."""
    if money.amount % money.currency.unit != 0:
        raise LedgerError("not an amount of this currency")


class Ledger:
    def __init__(self) -> None:
        self._accounts: dict[tuple[str, Currency], Decimal] = defaultdict(Decimal)
        self._lock = threading.Lock()

    def book(self, invoice: Invoice) -> None:
        with self._lock:
            self._post("sales", invoice.net)
            self._post("tax", invoice.tax)

    def balance(self, account: str, currency: Currency) -> Money:
        return Money(self._accounts[account, currency], currency)

    def _post(self, account: str, money: Money) -> None:
        check_amount(money)
        self._accounts[account, money.currency] += money.amount
