"""Every way in which control moves."""

import asyncio
import contextlib


def generator():
    try:
        got = yield 1
        while got:
            got = yield got
        return "returned"
    except KeyError as error:
        yield f"caught {error}"
    finally:
        print("finally")


@contextlib.contextmanager
def managed(name):
    print("enter", name)
    try:
        yield name
    except ValueError:
        print("swallowed")
    else:
        print("clean")


async def ticks(n):
    for i in range(n):
        await asyncio.sleep(0)
        yield i


async def failing():
    await asyncio.sleep(0)
    raise LookupError("async")


async def main():
    print([tick async for tick in ticks(3)])
    results = await asyncio.gather(failing(), asyncio.sleep(0, "slept"), return_exceptions=True)
    print(results)
    task = asyncio.create_task(asyncio.sleep(100))
    await asyncio.sleep(0)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    print(task.cancelled())
    ag = ticks(5)
    async for tick in ag:
        if tick == 1:
            break
    await ag.aclose()


def run():
    for value in (None, 5):
        g = generator()
        print(next(g), g.send(value) if value else list(g))
        g.close()
    g = generator()
    next(g)
    print(g.throw(KeyError("k")))
    del g
    with managed("a") as name:
        print(name)
    with managed("b"):
        raise ValueError
    with contextlib.ExitStack() as stack:
        print([stack.enter_context(managed(n)) for n in "cd"])
    asyncio.run(main())


run()
