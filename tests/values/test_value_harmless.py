"""Capturing a value changes nothing: no user code runs, no reference, no collection, no exception is left behind."""

from __future__ import annotations

from value_subject import Harness

# Every special method records that it was called, and then makes trouble.
HOSTILE = """
import array, collections, datetime, decimal, enum, fractions, functools, pathlib, types, uuid, weakref
called = []
def trap(name):
    def method(self, *args, **more):
        called.append((type(self).__name__, name))
        raise SystemError(name)
    return method
NAMES = '''repr str bytes format hash bool len getitem setitem delitem contains iter next reversed missing
call eq ne lt le gt ge get set delete set_name getattr getattribute setattr delattr dir instancecheck subclasscheck
index int float complex round trunc floor ceil add sub mul neg pos abs invert enter exit await aiter anext
length_hint reduce reduce_ex getstate sizeof fspath copy deepcopy buffer prepare mro_entries class_getitem'''.split()
def arm(cls):
    "Arms a class after its instances were made."
    for name in NAMES:
        setattr(cls, f"__{name}__", trap(name))
    for name in ("__class__", "__dict__", "__slots__", "__module__", "__doc__", "__args__", "__wrapped__"):
        try:
            setattr(cls, name, property(trap(name)))
        except (TypeError, AttributeError):
            pass
    for name in ("keys", "items", "values", "get", "copy", "append", "isoformat", "utcoffset", "x", "args", "_name_"):
        try:
            setattr(cls, name, property(trap(name)))
        except AttributeError:
            pass
    return cls
class Meta(type): pass
def make(name, base, *args, **attributes):
    cls = Meta(name, (base,), {}) if type(base) is type else type(name, (base,), {})
    one = cls.__new__(cls, *args)
    if base.__init__ is not object.__init__:
        base.__init__(one, *args)
    one.__dict__.update(attributes)
    return one
class Slotted:
    __slots__ = ("a", "b")
    def __init__(self): self.a = 1; self.b = [self]
class Bare: pass
class Zone(datetime.tzinfo):
    def utcoffset(self, when): return datetime.timedelta(0)
things = [make(f"H{base.__name__}", base, *args, note=1) for base, *args in [
    (object,), (int, 7), (int, 10**40), (float, 1.5), (complex, 1j), (str, "text"), (bytes, b"bytes"),
    (bytearray, b"b"),
    (list, [1, 2]), (tuple, (1, 2)), (dict, {"a": 1}), (set, {1}), (frozenset, {1}), (Exception, "m"), (KeyError, "k"),
    (OSError, 2, "m", "f"), (UnicodeDecodeError, "utf8", b"x", 0, 1, "r"), (SyntaxError, "m"), (ImportError, "m"),
    (types.ModuleType, "mod"), (collections.OrderedDict, {"a": 1}), (collections.defaultdict, list, {"a": 1}),
    (collections.Counter, "aab"), (collections.deque, [1]), (datetime.date, 2024, 1, 1),
    (datetime.datetime, 2024, 1, 1),
    (datetime.time, 1, 2), (datetime.timedelta, 1), (decimal.Decimal, "1.5"), (fractions.Fraction, 1, 3),
    (collections.namedtuple("Base", "x y"), 1, 2), (types.SimpleNamespace,), (property, len), (staticmethod, len),
    (array.array, "i", [1]), (functools.partial, len)]]
things += [Slotted(), pathlib.PurePosixPath("/a/b")]
class HUUID(uuid.UUID): pass
things.append(HUUID(int=5))
things.append(datetime.datetime(2024, 1, 1, tzinfo=Zone()))
class Color(enum.Enum):
    RED = 1
things.append(Color.RED)
class HasTraps:
    def __init__(self):
        self.inner = [Bare(), {"k": Bare()}, (Bare(),)]
things.append(HasTraps())
keyed = {}
for thing in list(things):
    try:
        keyed[thing] = thing
    except TypeError:
        pass
things += [keyed, set(keyed), list(things), tuple(things), {"all": things}]
"""


def test_no_user_code_runs(harness: Harness) -> None:
    harness.run(
        f"""
        exec({HOSTILE!r})
        import sys
        for cls in {{type(one) for one in things}} | {{Bare, Zone, Slotted}}:
            if cls.__module__ not in ("builtins", "pathlib", "pathlib._local"):
                try:
                    arm(cls)
                except TypeError:
                    pass
        for cls in (Meta,):
            arm(cls)
        assert not called, called
        try:
            bool(things[0])
        except SystemError:
            pass
        assert called.pop() and not called
        for deep in (0, 1, 3, 16):
            for mode in (0, 2, 3):
                harness.limit(max_depth=deep, mode=mode, max_bytes=100000, max_items=1000)
                for index in range(len(things)):
                    harness.probe(things[index])
                    harness.message(things[index])
                    assert not called, (index, called)
        sys.stdout.write("fine")
        sys.stdout.flush()
        import os
        os._exit(0)  # nothing of this can be taken down in peace
        """
    )


LAZY = """
class Lazy:  # as Django's: everything is forwarded to what is made on first use
    def __init__(self, make): object.__setattr__(self, "_make", make)
    def __getattribute__(self, name):
        raise SystemError("evaluated " + name)
    @property
    def __class__(self): raise SystemError("evaluated")
class Liar:
    @property
    def __class__(self): return int
"""


def test_lazy_objects_and_liars(harness: Harness) -> None:
    harness.run(
        LAZY
        + """
def make(): raise SystemError
assert show(Lazy(make)) == Obj("__main__.Lazy", (("_make", Function("__main__", "make")),))
assert show(Liar()) == Obj("__main__.Liar")
"""
    )


def test_descriptors_are_not_asked(harness: Harness) -> None:
    harness.run(
        """
        class Trap:
            def __get__(self, *args): raise SystemError
            def __set__(self, *args): raise SystemError
        class C:
            x = Trap()
            @property
            def y(self): raise SystemError
            __slots__ = ("z",)
        c = C(); c.z = 1
        C.z = Trap()  # covers the slot; what is stored stays
        assert show(c) == Obj("__main__.C", (("z", 1),))
        class D(dict):
            def __getitem__(self, key): raise SystemError
            def __missing__(self, key): raise SystemError
        assert show(D(a=1)) == Sub("__main__.D", {"a": 1})
        """
    )


def test_references_are_unchanged(harness: Harness) -> None:
    harness.run(
        f"""
        exec({HOSTILE!r})
        import sys
        def parts(thing, seen, depth=0):
            if id(thing) in seen or depth > 4:
                return
            seen[id(thing)] = thing
            inner = []
            if isinstance(thing, dict):
                inner = [*thing, *thing.values()]
            elif isinstance(thing, (list, tuple, set, frozenset)):
                inner = list(thing)
            inner += list(getattr(thing, "__dict__", {{}}).values()) + [type(thing)]
            for one in inner:
                parts(one, seen, depth + 1)
        seen = {{}}
        for thing in things:
            parts(thing, seen)
        all_of_it = list(seen.values())
        all_of_it += ["x", (), "a" * 500, 10**50, sys, len, ValueError(OSError(1, "m"))]
        harness.limit(max_bytes=100000, max_items=1000, max_depth=10)
        def counts():
            return [sys.getrefcount(all_of_it[i]) for i in range(len(all_of_it))]
        # None and the small ints are everybody's before 3.12.
        all_of_it = [one for one in all_of_it if one is not None and type(one) not in (int, bool)]
        def capture(times):
            for _ in range(times):
                for thing in things[:-5]:
                    harness.probe(thing)
            for _ in range(times // 20 + 1):
                for thing in all_of_it:
                    harness.probe(thing)
                    if isinstance(thing, BaseException):
                        harness.message(thing)
        # The cache of types keeps names alive, and which of them depends on addresses: first all is looked up once.
        thing = None
        counts()
        capture(1)
        before = counts()
        capture(1000)
        after = counts()
        changed = [i for i in range(len(before)) if before[i] != after[i]]
        assert not changed, [(type(all_of_it[i]), before[i], after[i]) for i in changed]
        """
    )


def test_nothing_is_allocated(harness: Harness) -> None:
    """Neither what the collector counts, nor any memory of the interpreter's."""
    harness.run(
        f"""
        exec({HOSTILE!r})
        import gc, sys, tracemalloc
        things += ["x" * 500, "é" * 500, 10**50, 1.5, ValueError([1, "a", b"c"]), len, int, sys]
        for thing in things:
            harness.probe(thing)
        gc.collect()
        gc.disable()
        probe = harness.probe
        count = gc.get_count
        after = before = None
        before = count()
        for thing in things: callable(thing)
        after = count()
        spare = after[0] - before[0]  # the loop itself, and the tuple that answers
        before = count()
        for thing in things: probe(thing)
        after = count()
        assert after[0] - before[0] <= spare, (before, after)
        blocks = sys.getallocatedblocks
        before = blocks(); after = blocks(); spare = after - before
        before = blocks()
        for thing in things: probe(thing)
        after = blocks()
        assert after - before <= spare, (before, after)
        tracemalloc.start()
        probe(things)
        tracemalloc.clear_traces()
        for thing in things: probe(thing)
        assert tracemalloc.get_traced_memory()[1] < 500, tracemalloc.get_traced_memory()
        """
    )


def test_an_exception_on_its_way_stays(harness: Harness) -> None:
    harness.run(
        f"""
        exec({HOSTILE!r})
        for thing in things + [5, "x", None, 10**50, ValueError(1.5)]:
            for mode in (0, 2, 3):
                harness.limit(mode=mode)
                alive = KeyError("alive")
                try:
                    harness.probe_raising(thing, alive)
                except KeyError as e:
                    assert e is alive and e.args == ("alive",) and e.__context__ is None
                else:
                    raise AssertionError
        """
    )


def test_while_others_change_it(harness: Harness) -> None:
    """Threads that change what is captured, between two captures at any moment: no crash, always a whole value."""
    harness.run(
        """
        import sys, threading, time
        sys.setswitchinterval(1e-6)
        class P: pass
        things = {"d": {}, "l": [], "s": set(), "p": P(), "q": [P() for _ in range(5)]}
        stop = False
        def change(seed):
            import random
            r = random.Random(seed)
            while not stop:
                n = r.randrange(100)
                things["d"][n] = [n]; things["d"].pop(r.randrange(100), None)
                things["l"].append(n); del things["l"][: r.randrange(3)]
                things["s"].add(n); things["s"].discard(r.randrange(100))
                p = r.choice([things["p"], *things["q"]])
                setattr(p, f"a{n % 40}", n)
                try: delattr(p, f"a{r.randrange(40)}")
                except AttributeError: pass
                if n == 0: p.__dict__ = {}
                if n == 1: things["q"][0] = P()
                if n == 2: type("T", (P,), {})
                if n == 3: P.counter = n
        threads = [threading.Thread(target=change, args=(i,)) for i in range(3)]
        for t in threads: t.start()
        end = time.monotonic() + 3
        while time.monotonic() < end:
            for _ in range(50):
                show(things, max_items=200, max_bytes=20000)
        stop = True
        for t in threads: t.join()
        """
    )


def test_everything_that_lives(harness: Harness) -> None:
    """Each object that the collector of a large program can see, and what each of those holds."""
    harness.run(
        """
        import gc, importlib, pkgutil, sys, unittest.mock, warnings
        warnings.simplefilter("ignore")
        skip = "antigravity this crypt idlelib turtledemo test lib2to3 __phello__ pip turtle tkinter".split()
        names = [one.name for one in pkgutil.iter_modules() if one.name not in skip]
        for name in [*names, *sys.builtin_module_names, "asyncio.base_events", "xml.etree.ElementTree"]:
            if name.startswith("_test") or name == "harness":
                continue
            try:
                importlib.import_module(name)
            except Exception:
                pass
        mock = unittest.mock.MagicMock()
        harness.limit(max_bytes=4000, max_items=20, max_depth=4)
        seen = set()
        objects = gc.get_objects()
        count = 0
        for holder in objects:
            for one in [holder, *gc.get_referents(holder)]:
                if id(one) in seen:
                    continue
                seen.add(id(one))
                data = harness.encode(one)
                assert len(data) <= 4032
                if count % 100 == 0:
                    decode(data, harness.types())
                if isinstance(one, BaseException):
                    harness.message(one)
                count += 1
        assert count > 50000, count
        """
    )
