# differs: 3.11: a frame hook holds what was passed to a call until that call ends
import sys


class Thing:
    pass


def count(thing, *more, **named):
    return sys.getrefcount(thing), sys.getrefcount(more[0]), sys.getrefcount(named["n"])


kept = [Thing(), Thing(), Thing()]
print(count(kept[0], kept[1], n=kept[2]), [sys.getrefcount(one) for one in kept])
print(count(Thing(), Thing(), n=Thing()))
