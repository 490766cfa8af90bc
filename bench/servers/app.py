"""A small shop: some fifty calls of its own code for each answer."""

import json
from urllib.parse import parse_qs

PRICES = {f"item{n}": 100 + 7 * n for n in range(50)}


class Line:
    def __init__(self, item, count):
        self.item = item
        self.count = count

    def price(self):
        return PRICES[self.item] * self.count

    def taxed(self, rate):
        return round(self.price() * rate)

    def as_dict(self):
        return {"item": self.item, "count": self.count, "price": self.price()}


class Order:
    def __init__(self, number, lines):
        self.number = number
        self.lines = lines

    def total(self):
        return sum(line.taxed(1.19) for line in self.lines)

    def as_dict(self):
        return {"order": self.number, "lines": [line.as_dict() for line in self.lines]}


def read(query):
    values = parse_qs(query)
    number = int(values.get("order", ["1"])[0])
    return Order(number, [Line(f"item{(number + n) % 50}", n + 1) for n in range(8)])


def answer(order):
    return json.dumps({**order.as_dict(), "total": order.total()}).encode()


def wsgi(environ, start_response):
    body = answer(read(environ["QUERY_STRING"]))
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response("200 OK", headers)
    return [body]
