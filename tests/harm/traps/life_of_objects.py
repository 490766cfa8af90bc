import weakref


class Thing:
    pass


log = []


def take(thing):
    return None


def main():
    thing = Thing()
    weakref.finalize(thing, log.append, "gone")
    take(thing)
    del thing
    log.append("after")
    try:
        raise ValueError(Thing())
    except ValueError as e:
        seen = weakref.ref(e.args[0])
        del e
    log.append(seen() is None)


main()
print(log)
