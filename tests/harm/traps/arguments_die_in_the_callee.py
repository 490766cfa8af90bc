# differs: 3.11: a frame hook holds what was passed to a call until that call ends
import weakref


class Thing:
    pass


log = []


def take(thing):
    seen = weakref.ref(thing)
    del thing
    log.append(seen() is None)


take(Thing())
print(log)
