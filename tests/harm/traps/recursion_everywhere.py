import copy, json, pickle, sys


class Deep:
    def __init__(self, inner):
        self.inner = inner

    def __repr__(self):
        return f"D({self.inner!r})"

    def __eq__(self, other):
        return self.inner == other.inner


def depth_of(work):
    low, high = 1, 4000
    while low < high:
        middle = (low + high) // 2
        value = None
        for _ in range(middle):
            value = Deep(value)
        try:
            work(value)
            low = middle + 1
        except RecursionError:
            high = middle
    return low


print(depth_of(repr), depth_of(lambda value: value == copy.copy(value)), depth_of(copy.deepcopy))
print(depth_of(pickle.dumps))


def steps(n):
    yield n
    yield from steps(n + 1)


last = 0
try:
    for last in steps(0):
        pass
except RecursionError as error:
    print(last, error)
