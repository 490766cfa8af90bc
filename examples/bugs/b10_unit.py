"""Seen: an assertion about weight fails. One supplier sends grams."""


def weight_of(record):
    return record["weight"]


def load(records):
    total = 0
    for record in records:
        total += weight_of(record)
    return total


def ship(records, limit):
    weight = load(records)
    assert weight <= limit, f"{weight} kg is more than {limit} kg"


def main():
    ship([{"id": 1, "weight": 2.5}, {"id": 2, "weight": 1.5}], 20)
    ship([{"id": 3, "weight": 1.0}, {"id": 4, "weight": 2500}], 20)


main()
