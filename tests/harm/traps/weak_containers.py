import weakref


class Thing:
    def __init__(self, n):
        self.n = n


def fill(table, bag):
    kept = [Thing(n) for n in range(5)]
    for one in kept:
        table[one.n] = one
        bag.add(one)
    return kept[::2]


table, bag = weakref.WeakValueDictionary(), weakref.WeakSet()
kept = fill(table, bag)
print(sorted(table), len(bag))
del kept
print(sorted(table), len(bag))
