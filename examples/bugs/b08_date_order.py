"""Seen: ValueError for some rows. One source writes the month first."""

from datetime import date


def parse(text):
    day, month, year = text.split("/")
    return date(int(year), int(month), int(day))


def load(rows):
    return [parse(text) for text in rows]


def main():
    print(load(["01/02/2026", "11/03/2026", "03/25/2026"]))


main()
