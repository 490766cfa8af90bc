import asyncio, gc, sys, warnings


async def work(n):
    await asyncio.sleep(0)
    return n


def main():
    work(1)
    made = work(2)
    made.close()
    sys.set_coroutine_origin_tracking_depth(3)
    kept = work(3)
    print(len(kept.cr_origin), [line[2] for line in kept.cr_origin], kept.cr_running, kept.cr_await)
    kept.close()


warnings.simplefilter("always")
main()


async def steps():
    try:
        for n in range(3):
            yield n
            await asyncio.sleep(0)
    finally:
        print("steps end")


async def use():
    async for n in steps():
        if n == 1:
            break
    made = steps()
    print(await made.__anext__(), await made.aclose())
    gc.collect()
    await asyncio.sleep(0)
    return asyncio.all_tasks() == {asyncio.current_task()}


print(asyncio.run(use()))
