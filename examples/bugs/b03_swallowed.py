"""Seen: the total is too low, and nothing is raised. A row that cannot be read counts as nothing."""


def parse_amount(text):
    try:
        return float(text)
    except ValueError:
        return None


def add_up(rows):
    return sum(amount for amount in map(parse_amount, rows) if amount)


def main():
    rows = ["10.0", "12.5", "8.25", "1,200.00", "3.0", "7.75"]
    print("total", add_up(rows))


main()
