"""Seen: TypeError in sum(). An item of the order comes without a price."""

CATALOGUE = {"tea": 3.5, "milk": 1.2, "bread": 2.4, "jam": 4.1, "salt": 0.9}


def price_of(name):
    return CATALOGUE.get(name.lower())


def total(names):
    prices = [price_of(name) for name in names]
    return sum(prices)


def main():
    for order in (["Tea", "Milk"], ["Bread", "Jam", "Tea"], ["Salt", "Milk "]):
        print(total(order))


main()
