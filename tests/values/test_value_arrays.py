"""Arrays by shape, type and first elements: the standard library's and numpy's."""

from __future__ import annotations

from value_decode import FAILED, REDACTED, Array, Cut, Cycle, Depth, Obj, Sub, Text
from value_subject import Harness, Table

PLAIN = """
import array, mmap, tempfile
class Mine(array.array): pass
mine = Mine("i", [1, 2]); mine.note = "n"
class Buffer(bytearray): pass
released = memoryview(b"abc"); released.release()
file = tempfile.TemporaryFile(); file.write(b"x" * 4096); file.flush()
mapped = mmap.mmap(file.fileno(), 4096)
grown = bytearray(b"ab"); grown += b"c" * 100000; del grown[2:]
"""
plain = Table(PLAIN)
for source, expected in {
    "array.array('i', [1, -2])": ("array.array", "i", (2,), (1, -2)),
    "array.array('d', [1.5])": ("array.array", "d", (1,), (1.5,)),
    "array.array('Q', [2**64 - 1])": ("array.array", "Q", (1,), (2**64 - 1,)),
    "array.array('l', [-2**63])": ("array.array", "l", (1,), (-(2**63),)),
    "array.array('b')": ("array.array", "b", (0,), ()),
    "array.array('u', 'hé')": ("array.array", "u", (2,), ("h", "é")),
    "array.array('f', range(1000))": ("array.array", "f", (1000,), tuple(map(float, range(10)))),
    "memoryview(b'abc')": ("builtins.memoryview", "B", (3,), (97, 98, 99)),
    "memoryview(b'abc')[::-2]": ("builtins.memoryview", "B", (2,), (99, 97)),
    "memoryview(Buffer(6)).cast('B', (2, 3))": ("builtins.memoryview", "B", (2, 3), (0,) * 6),
    "memoryview(array.array('h', [1, -2]))": ("builtins.memoryview", "h", (2,), (1, -2)),
    "memoryview(b'ab').cast('?')": ("builtins.memoryview", "?", (2,), (True, True)),
    "memoryview(b'ab').cast('c')": ("builtins.memoryview", "c", (2,), (b"a", b"b")),
    "memoryview(memoryview(b'ab')[1:])": ("builtins.memoryview", "B", (1,), (98,)),
    "memoryview(grown)": ("builtins.memoryview", "B", (2,), (97, 98)),
    # A mapped file may be cut while we look: its elements are not read.
    "memoryview(mapped)": ("builtins.memoryview", "B", (4096,), ()),
}.items():
    plain.cases[source] = Array(*expected)
plain.cases["mine"] = Sub("subject.Mine", Array("array.array", "i", (2,), (1, 2)), (("note", "n"),))
plain.cases["released"] = Obj("builtins.memoryview")
plain.cases["[[array.array('i', [1])]]"] = [[Array("array.array", "i", (1,), (1,))]]
plain.cases["[[[array.array('i', [1])]]]"] = [[[Array("array.array", "i", (1,), ())]]]

NUMPY = (
    PLAIN
    + """
import numpy as np
class Sub(np.ndarray): pass
sub = np.arange(3).view(Sub); sub.note = "n"
loop = np.empty(2, object); loop[0] = loop
class Loud:
    def __repr__(self): raise SystemError
    __str__ = __array__ = __len__ = __getattr__ = __repr__
loud = np.array([None, 1], object); loud[0] = Loud()
record = np.array([(1, 2.5, b"ab", "uü", "hunter2", [1, 2], (7,))], dtype=[("a", "i4"), ("b", ">f8"), ("c", "S4"),
    ("d", "U4"), ("password", "U8"), ("e", "i2", (2,)), ("f", [("g", "?")])])
owner = np.arange(100000)
window = owner[10:20]
np.ndarray.resize(owner, 1000000, refcheck=False)  # moves the memory that `window` shows
"""
)
numpy = Table(NUMPY)


def array(source: str, dtype: str, shape: tuple[int, ...], *items: object) -> None:
    numpy.cases[source] = Array("numpy.ndarray", dtype, shape, items)


array("np.arange(6).reshape(2, 3)", "int64", (2, 3), 0, 1, 2, 3, 4, 5)
array("np.arange(6).reshape(2, 3)[:, ::-1]", "int64", (2, 3), 2, 1, 0, 5, 4, 3)
array("np.arange(6).reshape(2, 3).T", "int64", (3, 2), 0, 3, 1, 4, 2, 5)
array("np.arange(12).reshape(3, 4)[1:, 1:]", "int64", (2, 3), 5, 6, 7, 9, 10, 11)
array("np.broadcast_to(np.arange(2), (2, 2))", "int64", (2, 2), 0, 1, 0, 1)
array("np.asfortranarray([[1, 2], [3, 4]])", "int64", (2, 2), 1, 2, 3, 4)
array("np.array(5)", "int64", (), 5)
array("np.zeros((0, 3))", "float64", (0, 3))
array("np.zeros((2, 0))", "float64", (2, 0))
array("np.array([1.5, -2, 6e-8, 65504], 'f2')", "float16", (4,), 1.5, -2.0, 2**-24, 65504.0)
array("np.array([1, 2], '>i4')", ">i4", (2,), 1, 2)
array("np.array([1+2j], '>c8')", ">c8", (1,), 1 + 2j)
array("np.array([True])", "bool", (1,), True)
array("np.array([2**64 - 1], 'u8')", "uint64", (1,), 2**64 - 1)
array("np.array([1.25], 'longdouble')", "float128", (1,), 1.25)
array("np.array([b'ab', b'c'])", "|S2", (2,), b"ab", b"c")
array("np.array(['ab', '日'])", "<U2", (2,), "ab", "日")
array("np.array(['é', '日本'], '>U3')", ">U3", (2,), "é", "日本")
array("np.array(['x' * 300])", "<U300", (1,), Cut("x" * 200, 300))
array("np.array([b'a\\0b'], 'V3')", "|V3", (1,), b"a\0b")
array("np.array(['2024-02-29', 'NaT'], 'M8[D]')", "datetime64[D]", (2,), "2024-02-29", "NaT")
array("np.array([1, 2], 'm8[25s]')", "timedelta64[25s]", (2,), "25 seconds", "50 seconds")
array("np.array([1, 'a', None, [1]], object)", "object", (4,), 1, "a", None, [1])
array("np.empty(1, object)", "object", (1,), None)
array("loop", "object", (2,), Cycle(1), None)
array("loud", "object", (2,), Obj("subject.Loud"), 1)
array("np.array(['x'], np.dtypes.StringDType())", "StringDType", (1,))
array("np.frombuffer(b'abc', 'u1')", "uint8", (3,), 97, 98, 99)
array("np.frombuffer(mapped, 'u1', count=5)", "uint8", (5,))
array("np.array(['token=ghp_' + 'a1B2' * 9])", "<U46", (1,), "token=[REDACTED]")
array("window", "int64", (10,))  # its memory is gone
FIELDS = (
    "[('a', '<i4'), ('b', '>f8'), ('c', 'S4'), ('d', '<U4'), ('password', '<U8'), ('e', '<i2', (2,)),"
    " ('f', [('g', '?')])]"
)
ROW = {"a": 1, "b": 2.5, "c": b"ab", "d": "uü", "password": REDACTED, "e": FAILED, "f": {"g": True}}
array("record", FIELDS, (1,), ROW)
numpy.cases["record[0]"] = Sub("numpy.void", ROW)
numpy.cases["sub"] = Sub(
    "subject.Sub", Array("numpy.ndarray", "int64", (3,), (0, 1, 2)), (("note", "n"),)
)
numpy.cases["np.matrix([[1]])"] = Sub(
    "numpy.matrix", Array("numpy.ndarray", "int64", (1, 1), (1,)), (("_getitem", False),)
)
numpy.cases["[[[[np.arange(2)]]]]"] = [[[Depth("builtins.list", 1)]]]
numpy.cases["{'password': np.arange(2)}"] = {"password": REDACTED}
for source, kind, value in (
    ("np.int8(-5)", "int8", -5), ("np.uint8(5)", "uint8", 5), ("np.int16(-5)", "int16", -5),
    ("np.uint16(5)", "uint16", 5), ("np.int32(-5)", "int32", -5), ("np.uint32(5)", "uint32", 5),
    ("np.int64(-2**63)", "int64", -2**63), ("np.uint64(2**64-1)", "uint64", 2**64 - 1),
    ("np.longlong(1)", "longlong", 1), ("np.bool_(True)", "bool", True), ("np.float16(1.5)", "float16", 1.5),
    ("np.float32(.5)", "float32", 0.5), ("np.float64(.25)", "float64", 0.25), ("np.longdouble(1)", "longdouble", 1.0),
    ("np.complex64(1j)", "complex64", 1j), ("np.complex128(2)", "complex128", 2 + 0j),
    ("np.str_('x')", "str_", "x"), ("np.bytes_(b'x')", "bytes_", b"x"), ("np.void(b'ab')", "void", b"ab"),
):  # fmt: skip
    numpy.cases[source] = Sub(f"numpy.{kind}", value)

# What numpy itself prints.
TIMES = (
    "np.datetime64('{}')",
    ("2024", "2024-05", "2024-05-02", "1969-12-31T23", "0000-01-01T00:00", "-001-12-31", "1600-02-29T12:34:56",
     "2024-01-02T03:04:05.678", "1677-09-21T00:12:43.145224193", "2262-04-11T23:47:16.854775807", "NaT",
     "1970-01-01T00:00:00.000000000001", "1969-12-31T23:59:59.999999999999999999"),
)  # fmt: skip
for text in TIMES[1]:
    numpy.cases[TIMES[0].format(text)] = Text("numpy.datetime64", text)
for source, text in (
    ("5, 'D'", "5 days"),
    ("-1, 'Y'", "-1 years"),
    ("3, 'ns'", "3 nanoseconds"),
    ("7", "7 generic time units"),
):
    numpy.cases[f"np.timedelta64({source})"] = Text("numpy.timedelta64", text)


def test_arrays(harness: Harness) -> None:
    plain.check(harness)


def test_numpy(packaged: Harness) -> None:
    plain.check(packaged)
    numpy.check(packaged)


def test_everything_that_numpy_prints(packaged: Harness) -> None:
    """Any time, and any dtype of any field, is the text that numpy has for it."""
    packaged.run(
        """
        import random, numpy as np
        r = random.Random(5)
        harness.redact(None)  # some numbers are card numbers
        units = "Y M W D h m s ms us ns ps fs as".split()
        for _ in range(3000):
            unit = r.choice(units)
            bound = {"Y": 2000, "M": 30000, "W": 10**5, "D": 10**6, "h": 10**8, "m": 10**9}.get(unit, 2**60)
            time = np.datetime64(r.randrange(-bound, bound), unit)
            assert show(time).text == str(time), (show(time), str(time))
            delta = np.timedelta64(r.randrange(-bound, bound), unit)
            assert show(delta).text == str(delta), (show(delta), str(delta))
        kinds = "? b B h H i I l L q Q e f d g F D G O S3 U4 V5 M8[s] m8[3ns] S U >i2 >f8 <u4".split()
        for kind in kinds:
            assert show(np.empty(2, kind)).dtype == str(np.empty(2, kind).dtype), kind
        for _ in range(200):
            def one(depth):
                if depth < 2 and r.random() < .2:
                    return fields(depth + 1)
                return r.choice([kind for kind in kinds if kind not in 'SU'])
            def fields(depth=0):
                made = []
                for n in range(r.randrange(1, 4)):
                    field = (f"é{n}", one(depth))
                    made.append(field + ((2, 3),) if r.random() < .2 else field)
                return made
            dtype = np.dtype(fields())
            text = show(np.zeros(1, dtype), max_bytes=8000).dtype
            assert text == str(dtype) or len(text.encode()) > 480, (text, str(dtype))
        """
    )


def test_cost_does_not_grow_with_size(packaged: Harness) -> None:
    packaged.run(
        """
        import array, numpy as np
        def ns(value):
            return min(harness.cost(value, 2000) for _ in range(5))
        for small, large in [
            (np.arange(20), np.arange(10_000_000)),
            (np.zeros((4, 5))[::2], np.zeros((3000, 3000))[::2, ::3]),
            (np.empty(20, object), np.empty(1_000_000, object)),
            (np.array(["x" * 300]), np.array(["x" * 3_000_000])),
            (array.array("i", range(20)), array.array("i", range(5_000_000))),
            (memoryview(bytes(20)), memoryview(bytes(100_000_000))),
        ]:
            a, b = ns(small), ns(large)
            assert b < 10 * a + 2000, (type(small), a, b)
        """
    )


def test_nothing_happens_to_an_array(packaged: Harness) -> None:
    """No reference, no memory, no export that would lock a bytearray."""
    packaged.run(
        NUMPY
        + """
things = [np.arange(6), record, record[0], loop, loud, sub, np.datetime64(1, "s"), np.float32(1), mine,
          memoryview(grown), np.array([1], "M8[s]")]
buffer = bytearray(b"abc")
things.append(buffer)
import gc, tracemalloc
for thing in things: harness.probe(thing)
before = [sys.getrefcount(one) for one in things] + [sys.getrefcount(np.dtype("i4")), sys.getrefcount(Loud)]
for _ in range(100):
    for thing in things: harness.probe(thing)
after = [sys.getrefcount(one) for one in things] + [sys.getrefcount(np.dtype("i4")), sys.getrefcount(Loud)]
assert before == after or [a - b for a, b in zip(after, before)].count(0) >= len(before) - 1, (before, after)
tracemalloc.start()
harness.probe(things)
tracemalloc.clear_traces()
for thing in things: harness.probe(thing)
assert tracemalloc.get_traced_memory()[1] < 500, tracemalloc.get_traced_memory()
buffer.append(1)  # nothing holds it
"""
    )


def test_while_others_change_arrays(packaged: Harness) -> None:
    packaged.run(
        """
        import array, sys, threading, time
        import numpy as np
        sys.setswitchinterval(1e-6)
        things = {"a": array.array("i"), "b": bytearray(), "n": np.arange(10), "o": np.empty(5, object)}
        stop = False
        def change(seed):
            import random
            r = random.Random(seed)
            while not stop:
                n = r.randrange(5)
                things["a"].append(n)
                if n == 0: del things["a"][:]
                things["b"] += b"x" * n
                if n == 1: things["b"].clear()
                if n == 2: things["n"].resize(r.randrange(1, 5000), refcheck=False)
                if n == 3: things["o"][r.randrange(5)] = [n]
                if n == 4: things["n"] = np.arange(r.randrange(1, 100)).reshape(1, -1)[:, ::-1]
        threads = [threading.Thread(target=change, args=(i,)) for i in range(2)]
        for t in threads: t.start()
        end = time.monotonic() + 1
        while time.monotonic() < end:
            for _ in range(50):
                show(things, max_items=200, max_bytes=20000)
        stop = True
        for t in threads: t.join()
        """
    )


def test_look_alikes(harness: Harness) -> None:
    """Classes that only have the name."""
    harness.run(
        """
        for name in ("numpy.ndarray", "numpy.int64", "numpy.void", "array.array", "numpy.datetime64"):
            module, short = name.split(".")
            fake = type(name, (), {"__module__": module, "__slots__": tuple("abcdefgh")})
            it = fake(); it.a = 1
            assert show(it).attributes == (("a", 1),)
            fake = type(short, (), {"__module__": module, "__qualname__": short})
            it = fake(); it.data = 7
            assert show(it) == Obj(name, (("data", 7),))
        """
    )
