"""Small programs whose answers are compared with the reference. What each is called says what it is about.

They end by themselves, print nothing, and do the same in every run but for the sequence in which threads go on.
"""

from __future__ import annotations

import reference_raising

PROGRAMS: dict[str, str] = dict(reference_raising.PROGRAMS)

PROGRAMS["recursion"] = """
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)

def even(n):
    return True if n == 0 else odd(n - 1)

def odd(n):
    return False if n == 0 else even(n - 1)

def main():
    return fib(6), even(5), odd(4)

main()
"""

PROGRAMS["generators"] = """
def count(n):
    for i in range(n):
        yield i

def both(n):
    got = yield from count(n)
    yield from (i * i for i in count(2))
    return got

def averager():
    total, number = 0, 0
    while True:
        value = yield total
        if value is None:
            return number
        total += value
        number += 1

def main():
    whole = sum(both(3))
    some = averager()
    next(some)
    some.send(4)
    some.send(5)
    try:
        some.send(None)
    except StopIteration as end:
        return whole, end.value
    return None

main()
"""

PROGRAMS["generators_closed"] = """
def careful(log):
    try:
        yield 1
        yield 2
    finally:
        note(log)

def note(log):
    log.append("closed")

def plain():
    yield 1
    yield 2

def stubborn():
    try:
        yield 1
    except GeneratorExit:
        return "gone"

def first(generator):
    for item in generator:
        return item

def main():
    log = []
    first(careful(log))
    one = careful(log)
    next(one)
    one.close()
    two = plain()
    next(two)
    two.close()
    three = stubborn()
    next(three)
    three.close()
    never = plain()
    del never
    return log

main()
"""

PROGRAMS["generators_thrown"] = """
class Stop(Exception):
    pass

def catches():
    while True:
        try:
            yield "ready"
        except Stop as stop:
            yield "caught"

def misses():
    yield 1

def outer():
    try:
        yield from misses()
    except Stop:
        yield "outer"

def main():
    a = catches()
    next(a)
    a.throw(Stop("a"))
    b = misses()
    next(b)
    try:
        b.throw(Stop("b"))
    except Stop:
        pass
    c = outer()
    next(c)
    return c.throw(Stop("c"))

main()
"""

PROGRAMS["coroutines"] = """
import asyncio

async def fetch(key, turns):
    for _ in range(turns):
        await asyncio.sleep(0)
    return key

async def total(keys):
    found = [await fetch(key, 1) for key in keys]
    return sum(found)

async def numbers(n):
    for i in range(n):
        await asyncio.sleep(0)
        yield i

async def main():
    got = []
    async for i in numbers(3):
        got.append(i)
    return await total([1, 2]), got

asyncio.run(main())
"""

PROGRAMS["tasks"] = """
import asyncio

class Failed(Exception):
    pass

async def work(name, turns):
    for _ in range(turns):
        await asyncio.sleep(0)
    step(name)
    return name

def step(name):
    if name == "bad":
        raise Failed(name)

async def cancelled():
    try:
        await asyncio.sleep(60)
    finally:
        step("cleanup")

async def main():
    jobs = [asyncio.create_task(work(name, n), name=name) for n, name in enumerate("abc")]
    late = asyncio.create_task(cancelled(), name="late")
    bad = asyncio.create_task(work("bad", 2), name="bad")
    done = await asyncio.gather(*jobs)
    late.cancel()
    try:
        await late
    except asyncio.CancelledError:
        pass
    try:
        await bad
    except Failed:
        pass
    return done

asyncio.run(main())
"""

PROGRAMS["threads"] = """
import threading

gate = threading.Event()

def work(number):
    gate.wait()
    return twice(number) + twice(number + 1)

def twice(number):
    return number * 2

class Worker:
    def run(self):
        self.answer = work(10)

def main():
    threads = [threading.Thread(target=work, args=(i,)) for i in range(3)]
    own = threading.Thread(target=Worker().run)
    for thread in [*threads, own]:
        thread.start()
    gate.set()
    for thread in [*threads, own]:
        thread.join()

main()
"""

PROGRAMS["threads_raise"] = """
import threading

threading.excepthook = id

def fails(n):
    if n == 0:
        raise RuntimeError("in a thread")
    fails(n - 1)

def guarded():
    try:
        fails(1)
    except RuntimeError:
        return "caught"

for target, args in ((fails, (2,)), (guarded, ())):
    thread = threading.Thread(target=target, args=args)
    thread.start()
    thread.join()
"""

PROGRAMS["pool"] = """
from concurrent.futures import ThreadPoolExecutor

def square(n):
    if n == 3:
        raise ValueError(n)
    return n * n

def main():
    with ThreadPoolExecutor(1) as pool:
        futures = [pool.submit(square, n) for n in range(5)]
        good = [f.result() for f in futures if f.exception() is None]
        try:
            futures[3].result()
        except ValueError:
            good.append(-1)
        return good

main()
"""

PROGRAMS["decorators"] = """
import functools

def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)
    return wrapper

def times(n):
    def decorate(function):
        def repeat(*args):
            return [function(*args) for _ in range(n)]
        return repeat
    return decorate

@logged
@times(2)
def add(a, b):
    return a + b

@functools.lru_cache
def cached(n):
    return n + 1

@logged
def keywords(a, /, b, *rest, c, d=4, **more):
    return c

def main():
    cached(1), cached(1), cached(2)
    return add(1, 2), keywords(1, 2, 3, c="c", e=None)

main()
"""

PROGRAMS["properties"] = """
class Celsius:
    scale = "C"

    def __init__(self, degrees):
        self._degrees = degrees

    @property
    def degrees(self):
        return self._degrees

    @degrees.setter
    def degrees(self, value):
        if value < -273:
            raise ValueError("too cold")
        self._degrees = value

    @classmethod
    def freezing(cls):
        return cls(0)

    @staticmethod
    def convert(value):
        return value * 2

    def __getattr__(self, name):
        return name

    def __add__(self, other):
        return Celsius(self.degrees + other.degrees)

    def __eq__(self, other):
        return self.degrees == other.degrees

def main():
    now = Celsius.freezing()
    now.degrees = 20
    try:
        now.degrees = -300
    except ValueError:
        pass
    Celsius.convert(now.degrees)
    return now.anything, (now + now).degrees, now == now

main()
"""

PROGRAMS["class_bodies"] = """
class Meta(type):
    def __new__(mcls, name, bases, space):
        return super().__new__(mcls, name, bases, space)

    def __call__(cls, *args):
        return super().__call__(*args)

class Base:
    def __init_subclass__(cls, **more):
        super().__init_subclass__(**more)

    def __set_name__(self, owner, name):
        self.name = name

class Child(Base, metaclass=type):
    limit = [n for n in range(2)]
    field = Base()

    class Inner(metaclass=Meta):
        def method(self):
            return super().__repr__ is not None

def make(name):
    class Local:
        label = name
        def show(self):
            return self.label
    return Local

def main():
    return Child.Inner().method(), make("a")().show(), Child().field.name

main()
"""

PROGRAMS["comprehensions"] = """
def f(x):
    return x + 1

def main():
    squares = [f(x) for x in range(3)]
    pairs = {x: f(x) for x in squares}
    unique = {f(x) for x in pairs}
    lazy = (f(x) for x in range(3) if f(x) % 2)
    nested = [[f(y) for y in range(x)] for x in range(3)]
    return sum(lazy), len(unique), nested, any(f(x) > 1 for x in range(9))

main()
"""

PROGRAMS["context_managers"] = """
import contextlib

class Guard:
    def __init__(self, swallow):
        self.swallow = swallow

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        return self.swallow

@contextlib.contextmanager
def opened(name):
    try:
        yield name
    except LookupError:
        closed(name)
        raise
    finally:
        closed(name)

def closed(name):
    return name

def work(fail):
    if fail:
        raise IndexError("no such")
    return "done"

def main():
    with Guard(False), opened("a"):
        work(False)
    with Guard(True), opened("b"):
        work(True)
    with contextlib.suppress(IndexError):
        with Guard(False):
            work(True)

main()
"""

PROGRAMS["callbacks"] = """
import functools
import re

class Version:
    def __init__(self, number):
        self.number = number

    def __lt__(self, other):
        return self.number < other.number

    def __hash__(self):
        return hash(self.number)

    def __iter__(self):
        return iter(self.parts())

    def parts(self):
        yield self.number
        yield 0

    def __len__(self):
        return 2

def key(pair):
    return pair[1]

def add(a, b):
    return a + b

def upper(match):
    return match.group().upper()

def compare(a, b):
    return b - a

def main():
    sorted([("a", 2), ("b", 1)], key=key)
    sorted([Version(3), Version(1), Version(2)])
    max([1, 2], key=lambda n: -n)
    functools.reduce(add, [1, 2, 3])
    re.sub("[a-c]", upper, "abcd")
    sorted([1, 2, 3], key=functools.cmp_to_key(compare))
    list(map(add, [1, 2], [3, 4]))
    try:
        sorted([1, None], key=lambda x: x + 1)
    except TypeError:
        pass
    return len({Version(7): 1}), list(Version(5))

main()
"""

PROGRAMS["finalizers"] = """
import weakref

class Thing:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        gone(self.name)

class Bad:
    def __del__(self):
        raise ValueError("in __del__")

def gone(name):
    return name

def when_dead(reference):
    return None

def use():
    return Thing("temporary").name

def main():
    use()
    thing = Thing("kept")
    reference = weakref.ref(thing, when_dead)
    del thing
    return reference() is None

import sys
sys.unraisablehook = id

def bad():
    Bad()
    return 1

main()
bad()
"""

PROGRAMS["closures"] = """
def counter(start):
    n = start
    def up(by=1):
        nonlocal n
        n += by
        def read():
            return n
        return read
    return up

def apply(function, *args):
    return function(*args)

def main():
    up = counter(5)
    values = [apply(up)(), apply(up, 3)()]
    adders = [lambda x, n=n: x + n for n in range(3)]
    return values, [adder(10) for adder in adders], apply(lambda: (lambda: 1)())

main()
"""

PROGRAMS["deep"] = """
def down(n):
    if n == 0:
        raise OverflowError("bottom")
    return down(n - 1)

def main():
    try:
        down(120)
    except OverflowError:
        return "enough"

main()
"""

PROGRAMS["times"] = """
import time

def slow(ms):
    time.sleep(ms / 1000)

def waits():
    slow(4)
    yield 1
    slow(2)
    yield 2

def main():
    for _ in waits():
        time.sleep(0.003)
    for ms in (1, 9, 3):
        slow(ms)

main()
"""
