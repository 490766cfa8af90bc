import sys


def take(value):
    return value


big = 10**6000
take(big)
try:
    str(big)
    print("no limit")
except ValueError as error:
    print(error)
