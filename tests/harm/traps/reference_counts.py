import sys


class Thing:
    pass


def after(thing):
    pass


thing = Thing()
before = sys.getrefcount(thing)
after(thing)
print(sys.getrefcount(thing) - before)
