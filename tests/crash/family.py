"""Eight processes that keep books of themselves (counting.py) while they are recorded and killed.

usage: family.py FOLDER

The first forks two, each of which forks two, and so on, until there are eight. Each has a page with its pid and three
books: of the main thread, of a worker, and of a thread with an event loop whose tasks take turns.
"""

from __future__ import annotations

import asyncio
import mmap
import os
import sys
import threading
import time

from counting import PAGE, Book, down, work

PROCESSES = 8
BOOKS = 3


async def task(book: Book, levels: int) -> None:
    while True:
        down(book, book.begun + 1, levels)
        await asyncio.sleep(0)


async def tasks(book: Book) -> None:
    await asyncio.gather(task(book, 3), task(book, 5))


def live(path: str) -> None:
    with open(path, "w+b") as file:
        file.truncate((1 + BOOKS) * PAGE)
        view = memoryview(mmap.mmap(file.fileno(), 0))
    books = [Book(view[i * PAGE : (i + 1) * PAGE]) for i in range(1, 1 + BOOKS)]
    view.cast("Q")[0] = os.getpid()
    threading.Thread(target=work, args=(books[1],), name="worker", daemon=True).start()
    threading.Thread(target=asyncio.run, args=(tasks(books[2]),), name="loop", daemon=True).start()
    while len(os.listdir(os.path.dirname(path))) < PROCESSES:
        time.sleep(0.001)
    work(books[0])


def fork_family(number: int) -> int:
    """The number of the process that this one became: 0, whose children are 1 and 2, and so on."""
    for child in (2 * number + 1, 2 * number + 2):
        if child < PROCESSES and os.fork() == 0:
            return fork_family(child)
    return number


if __name__ == "__main__":
    live(os.path.join(sys.argv[1], f"book-{fork_family(0)}"))
