"""Eight threads that change what all of them are given, with no lock: run by t036_free_threaded_test.py.

Prints what the recording has to agree with: how often each thread went round, and whether threads still ran at the
same time.
"""

from __future__ import annotations

import array
import collections
import contextlib
import json
import sys
import threading
import time

THREADS = 8
SECONDS = float(sys.argv[1])

items: list = [[n, str(n) * 3] for n in range(20)]
table: dict = {str(n): [n] for n in range(20)}
members: set = set(range(20))
queue: collections.deque = collections.deque(range(20))
raw = bytearray(b"0123456789")
# Nobody changes this one: CPython 3.14 itself does not survive that in an array (19 of 24 runs of 1.5 s, untraced).
numbers = array.array("d", range(20))


class Plain:
    def __init__(self, n):
        self.a = n
        self.b = [n]

    def touch(self, n):
        self.a = n
        setattr(self, f"x{n % 7}", [n])
        return self

    def drop(self, n):
        vars(self).pop(f"x{n % 7}", None) if n % 5 == 0 else None
        return self


class Other(Plain):
    pass


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, n):
        self.a = [n]
        self.b = {n: n}

    def touch(self, n):
        self.a = [n, self.b]
        self.b = {n: [n]}
        return self


class Known(LookupError):
    pass


plain, slotted, error = Plain(0), Slotted(0), Known("shared", [1, 2])
suspended: collections.deque = collections.deque()  # generators that go on in any thread
functions: collections.deque = collections.deque(maxlen=8)  # whose code any thread drops


def take(a, b, c, d, e, f, g, h):
    return [a, b, c, d, e, f, g, h]


def change(n):
    items.append([n, [n]])
    if len(items) > 40:
        items.clear()
    if n % 11 == 0:
        with contextlib.suppress(ValueError):  # somebody else has changed it meanwhile
            items.sort(key=lambda item: item[0])
    table[str(n % 40)] = [n, {"k": n}]
    table.pop(str((n + 13) % 40), None)
    members.add((n % 50, n))
    members.discard((n % 50, n - 50))
    queue.append([n])
    if len(queue) > 40:
        queue.clear()
    raw.extend(b"x" * (n % 9))
    if len(raw) > 100:
        raw.clear()
    if n % 13 == 0:
        plain.__class__ = (Plain, Other)[n % 2]
    if n % 17 == 0:
        plain.__dict__ = {"a": n, "b": [n]}
    if n % 23 == 0:
        Plain.shared = [n]
    return n


def fail(n):
    error.args = ("shared", [n])
    raise error.with_traceback(None)


def closure(n):
    kept = [n]

    def inner(k):
        nonlocal kept
        kept = [k]
        return kept

    return inner


def captured(arg):
    def inner():
        return arg

    return inner()


def count(n):
    yield from range(n)


def steps(n):
    for k in range(n):
        yield [k]


def pass_on(n):
    """Begins one, or goes on with one that any thread has begun."""
    if n % 5 == 0:
        generator = steps(4)
    else:
        try:
            generator = suspended.popleft()
        except IndexError:
            return
    if next(generator, None) is not None:
        suspended.append(generator)


async def wait(n):
    return n


def compiled(n):
    names: dict = {}
    exec(f"def made(x):\n    return x + {n}\n", names)
    functions.append(names["made"])
    return names["made"](n)


def leaf(n):
    return n


inner = closure(0)
rounds = [0] * THREADS
done = False


def work(k):
    n = 0
    while n == 0 or not done:
        n += 1
        change(n * THREADS + k)
        take(items, table, members, queue, plain, slotted, raw, numbers)
        plain.touch(n).drop(n)
        slotted.touch(n)
        try:
            fail(n)
        except Known:
            pass
        inner(n)
        captured(items)
        for i in count(2):
            leaf(i)
        pass_on(n)
        coroutine = wait(n)
        try:
            coroutine.send(None)
        except StopIteration:
            pass
        if n % 10 == 0:
            compiled(n)
        if n % 40 == 0:
            thread = threading.Thread(target=leaf, args=(n,))
            thread.start()
            thread.join()
    rounds[k] = n


def main():
    global done

    threads = [threading.Thread(target=work, args=(k,)) for k in range(THREADS)]
    for thread in threads:
        thread.start()
    time.sleep(SECONDS)
    done = True
    for thread in threads:
        thread.join()
    for generator in suspended:
        for _ in generator:
            pass
    print(json.dumps({"rounds": rounds, "gil": sys._is_gil_enabled()}))


main()
