import asyncio, sys


class Thing:
    pass


def fails(thing):
    raise ValueError("no")


def steps(thing):
    yield thing
    yield thing


async def waits(thing):
    await asyncio.sleep(0)
    return thing


def main():
    thing = Thing()
    counts = [sys.getrefcount(thing)]
    for _ in range(50):
        try:
            fails(thing)
        except ValueError:
            pass
        next(steps(thing))
        list(steps(thing))
        asyncio.run(waits(thing))
    counts.append(sys.getrefcount(thing))
    code = fails.__code__
    counts.append(sys.getrefcount(code) - sys.getrefcount(steps.__code__))
    return counts


print(main())
