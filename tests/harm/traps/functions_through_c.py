import functools, itertools, operator, re


def key(n):
    return -n


class Ordered:
    def __init__(self, n):
        self.n = n

    def __lt__(self, other):
        return self.n < other.n

    def __index__(self):
        return self.n

    def __hash__(self):
        return self.n

    def __eq__(self, other):
        return self.n == other.n


print(
    sorted([3, 1, 2], key=key),
    list(map(key, [1, 2])),
    functools.reduce(lambda a, b: a * b, [1, 2, 3]),
)
print(min([Ordered(3), Ordered(1)]).n, [10, 20, 30][Ordered(1)], len({Ordered(1), Ordered(1)}))
print(re.sub("a", lambda match: match[0].upper(), "banana"), functools.partial(key, 4)())
print(
    list(itertools.accumulate([1, 2, 3], lambda a, b: a + b)), operator.methodcaller("title")("abc")
)


@functools.lru_cache
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


print(
    fib(80),
    fib.cache_info(),
    functools.cmp_to_key(lambda a, b: a - b)(1) < functools.cmp_to_key(lambda a, b: a - b)(2),
)
