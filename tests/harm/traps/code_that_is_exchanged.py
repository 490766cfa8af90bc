def one(n):
    two.__code__, one.__code__ = one.__code__, two.__code__
    return "one", n


def two(n):
    return "two", n


print([one(n) for n in range(6)], [two(n) for n in range(6)])


def gen():
    yield 1
    gen.__code__ = other.__code__
    yield 2


def other():
    yield 3


print(list(gen()), list(gen()))
