import weakref

log = []


class Thing:
    pass


def main():
    thing = Thing()
    refs = [weakref.ref(thing, lambda _, n=n: log.append(n)) for n in range(4)]
    proxy = weakref.proxy(thing)
    del thing
    log.append([ref() for ref in refs])
    try:
        proxy.x
    except ReferenceError as error:
        log.append(str(error))


main()
print(log)
