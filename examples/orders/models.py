"""What the service deals in: money, products, orders, invoices."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum


class Currency(Enum):
    EUR = "EUR"
    SEK = "SEK"
    JPY = "JPY"

    @property
    def unit(self) -> Decimal:
        """The smallest amount there is: a cent, an öre, a whole yen."""
        return Decimal("1") if self is Currency.JPY else Decimal("0.01")


class Status(Enum):
    PAID = "paid"
    WAITING = "waiting for stock"
    FAILED = "failed"


def rounded(amount: Decimal, currency: Currency) -> Decimal:
    return amount.quantize(currency.unit, rounding=ROUND_HALF_UP)


@dataclass(frozen=True)
class Money:
    amount: Decimal
    currency: Currency

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - other.amount, self.currency)

    def times(self, factor: Decimal | int) -> Money:
        return Money(rounded(self.amount * factor, self.currency), self.currency)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency.value}"


@dataclass(frozen=True)
class Customer:
    name: str
    country: str
    currency: Currency


@dataclass(frozen=True)
class Line:
    sku: str
    quantity: int


@dataclass
class Order:
    number: int
    customer: Customer
    lines: list[Line] = field(default_factory=list)
    voucher: str | None = None


@dataclass(frozen=True)
class Invoice:
    order: int
    net: Money
    tax: Money

    @property
    def total(self) -> Money:
        return self.net + self.tax


@dataclass(frozen=True)
class Result:
    order: Order
    status: Status
    invoice: Invoice | None = None
