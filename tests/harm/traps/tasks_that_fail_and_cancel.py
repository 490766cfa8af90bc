import asyncio, contextvars

var = contextvars.ContextVar("var", default="none")


async def fails(n):
    var.set(n)
    await asyncio.sleep(0)
    raise ValueError(n)


async def waits():
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        print("cancelled", var.get())
        raise


async def main():
    done = await asyncio.gather(*(fails(n) for n in range(3)), return_exceptions=True)
    task = asyncio.create_task(waits())
    await asyncio.sleep(0)
    task.cancel("now")
    try:
        await task
    except asyncio.CancelledError as error:
        print(repr(error))
    try:
        await asyncio.wait_for(asyncio.sleep(60), 0.01)
    except asyncio.TimeoutError as error:
        print(repr(error), var.get())
    lost = asyncio.create_task(fails("lost"))
    await asyncio.sleep(0.01)
    del lost
    return done


print(asyncio.run(main()))
