"""Where the recursion limit is met, in each of the ways to meet it."""

import sys


def plain(n):
    global deepest
    deepest = n
    plain(n + 1)


def generator(n):
    global deepest
    deepest = n
    yield from generator(n + 1)


class Chain:
    def __init__(self, n):
        global deepest
        deepest = n
        Chain(n + 1)


def attempt(start):
    try:
        start()
    except RecursionError as error:
        print(deepest, error)


attempt(lambda: plain(0))
attempt(lambda: list(generator(0)))
attempt(lambda: Chain(0))
sys.setrecursionlimit(300)
attempt(lambda: plain(0))
attempt(lambda: sorted([1, 2], key=plain))
