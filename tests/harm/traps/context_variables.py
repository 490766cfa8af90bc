import asyncio, contextvars

var = contextvars.ContextVar("var", default=0)


async def one(n):
    var.set(n)
    await asyncio.sleep(0)
    return var.get()


async def main():
    return await asyncio.gather(*(one(n) for n in range(5))), var.get()


print(asyncio.run(main()))
