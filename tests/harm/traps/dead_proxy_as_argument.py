import weakref


class Thing:
    pass


def take(value):
    return type(value).__name__


thing = Thing()
proxy = weakref.proxy(thing)
print(take(proxy))
del thing
print(take(proxy), take([proxy]), take({"a": proxy}))
