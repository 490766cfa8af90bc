# The interpreter drops what codecs hold when sys.modules is no more: finalizers and callbacks still run then.
import codecs, weakref


class Last:
    def __init__(self, n):
        self.n = n
        self.me = self

    def __del__(self):
        steps(self.n)


def steps(n):
    made = inner(n)
    next(made)
    made.close()
    fails(n)


def inner(n):
    try:
        yield n
    finally:
        n += 1


def fails(n):
    try:
        inner(n).throw(KeyError(n))
    except KeyError:
        return n


def search(name, kept=[Last(n) for n in range(20)]):
    return None


class Told:
    pass


told = Told()
refs = weakref.WeakSet([told])


def handler(error, kept=(told, refs, weakref.ref(told, lambda _: steps(7)))):
    raise error


codecs.register(search)
codecs.register_error("harm", handler)
print("end")
