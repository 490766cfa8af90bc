"""A program that keeps its own books while it is recorded, in a file that survives a kill.

usage: counting.py FILE

For each of its threads the file holds one page: first how many calls have begun and how many run now, both in one
number, so that they are written in one store; then the numbers of the calls that run now, outermost first. A call is
written down as the first thing that it does, and crossed out as the last.
"""

from __future__ import annotations

import mmap
import sys
import threading

THREADS = 3
PAGE = 4096
DEPTH_BITS = 16


class Book:
    def __init__(self, page: memoryview) -> None:
        self.page = page.cast("Q")
        self.begun = 0
        self.depth = 0


def down(book: Book, number: int, levels: int) -> None:
    book.begun = number
    book.depth += 1
    book.page[book.depth] = number
    book.page[0] = number << DEPTH_BITS | book.depth
    for _ in range(2 if levels % 3 else 1):
        if levels > 0:
            down(book, book.begun + 1, levels - 1)
    book.depth -= 1
    book.page[0] = book.begun << DEPTH_BITS | book.depth


def work(book: Book) -> None:
    while True:
        down(book, book.begun + 1, 7)


def main() -> None:
    with open(sys.argv[1], "r+b") as file:
        view = memoryview(mmap.mmap(file.fileno(), THREADS * PAGE))
    books = [Book(view[i * PAGE : (i + 1) * PAGE]) for i in range(THREADS)]
    for i, book in enumerate(books[1:]):
        threading.Thread(target=work, args=(book,), name=f"worker-{i}", daemon=True).start()
    print("ready", flush=True)
    work(books[0])


if __name__ == "__main__":
    main()
