"""Seen: the report shows too little stock. One movement was booked twice over."""


def apply_movement(stock, change):
    return stock + change


def close_day(opening, movements):
    stock = opening
    for change in movements:
        stock = apply_movement(stock, change)
    return stock


def main():
    days = [(40, [5, -3]), (42, [-10, 8]), (40, [-90, 2]), (30, [4, -1])]
    print([close_day(opening, movements) for opening, movements in days])


main()
