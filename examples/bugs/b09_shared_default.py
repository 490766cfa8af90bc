"""Seen: the second basket is not empty at its start. A default is shared by all calls."""


def add(item, basket=[]):  # noqa: B006
    basket.append(item)
    return basket


def check(basket, expected):
    assert basket == expected, f"{basket} is not {expected}"


def main():
    check(add("tea"), ["tea"])
    check(add("milk"), ["milk"])


main()
