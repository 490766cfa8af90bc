"""From an order to what the customer pays: prices, discounts, tax."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from models import Currency, Invoice, Money, Order, rounded

# Each market has a price list of its own, in its own money.
PRICES = {
    "lamp": {Currency.EUR: "49.90", Currency.SEK: "549.00", Currency.JPY: "7900"},
    "chair": {Currency.EUR: "129.00", Currency.SEK: "1449.00", Currency.JPY: "20900"},
    "desk": {Currency.EUR: "349.00", Currency.SEK: "3890.00", Currency.JPY: "55900"},
    "clock": {Currency.EUR: "24.50", Currency.SEK: "269.00", Currency.JPY: "3900"},
}
VOUCHERS = {"WELCOME5": "5.00", "SORRY15": "15.00"}  # worth so many euros
RATES = {Currency.EUR: Decimal(1), Currency.SEK: Decimal("11.37"), Currency.JPY: Decimal("162.27")}
TAXES = {"DE": "0.19", "FR": "0.20", "SE": "0.25", "JP": "0.10"}


def price_of(sku: str, currency: Currency) -> Money:
    return Money(Decimal(PRICES[sku][currency]), currency)


def convert(money: Money, target: Currency) -> Money:
    """The same worth in another currency."""
    if money.currency is target:
        return money
    rate = RATES[target] / RATES[money.currency]
    return Money(rounded(money.amount * rate, money.currency), target)


def subtotal(order: Order) -> Money:
    total = Money(Decimal(0), order.customer.currency)
    for line in order.lines:
        total += price_of(line.sku, order.customer.currency).times(line.quantity)
    return total


def quantity_discount(order: Order, gross: Money) -> Iterator[Money]:
    """Five pieces or more: a tenth off."""
    if sum(line.quantity for line in order.lines) >= 5:
        yield gross.times(Decimal("0.10"))


def voucher_discount(order: Order) -> Iterator[Money]:
    if order.voucher in VOUCHERS:
        worth = Money(Decimal(VOUCHERS[order.voucher]), Currency.EUR)
        yield convert(worth, order.customer.currency)


def discounts(order: Order, gross: Money) -> Iterator[Money]:
    yield from quantity_discount(order, gross)
    yield from voucher_discount(order)


def invoice_for(order: Order) -> Invoice:
    gross = subtotal(order)
    net = gross
    for discount in discounts(order, gross):
        net -= discount
    return Invoice(order.number, net, net.times(Decimal(TAXES[order.customer.country])))
