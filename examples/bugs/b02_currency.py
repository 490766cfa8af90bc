"""Seen: KeyError. A currency from the import is not one of ours."""

RATES = {"EUR": 1.0, "USD": 0.92, "GBP": 1.17}


def normalise(code):
    return code.upper()


def convert(amount, code):
    return amount * RATES[normalise(code)]


def main():
    rows = [(10, "eur"), (20, "usd"), (30, "gbp"), (5, "Eur"), (7, "us$")]
    print([convert(amount, code) for amount, code in rows])


main()
