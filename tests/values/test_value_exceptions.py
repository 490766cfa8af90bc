"""Exceptions: type, message as str() says it, attributes from their dict."""

from __future__ import annotations

from value_decode import Cycle, Depth, Exc
from value_subject import Harness

# Expressions whose message must be exactly what str() gives.
SETUP = """
import datetime, decimal, enum, fractions, pathlib, uuid
class AppError(Exception): pass
class Coded(KeyError):
    pass
class Multi(AppError, KeyError): pass
class MyOS(OSError): pass
class S(str): pass
def caught(source):
    try:
        exec(source, {})
    except BaseException as e:
        return e
"""

ALIKE = """
ValueError()
ValueError("plain")
ValueError("é\\ud800\\0")
ValueError("it's", 5)
ValueError(5)
ValueError(-10**30)
ValueError(10**500)
ValueError(1.5)
ValueError(1e100, 1e-5, 1e16, 1e15, 0.1, float('nan'), float('-inf'), -0.0)
ValueError(1+2j)
ValueError(-0.0+2j, 5j, complex('nan-0j'))
ValueError(None)
ValueError(True, False, ..., None)
ValueError(b"by'tes\\xff\\n")
ValueError(b'"' + b"'")
ValueError(("a",))
ValueError((), [], {}, set(), frozenset())
ValueError([1, [2, (3,)]], {'a': {'b': None}}, {5})
ValueError(frozenset({'x'}))
ValueError('a"b', "c'd", 'e\\'"f')
ValueError('a\\n\\t\\r\\\\\\x00\\x7f\\x80\\xa0\\xad\\u200b\\u2028\\ud800\\ue000\\U0001f600\\U000e0001é日', 1)
ValueError(int)
ValueError(int, AppError, datetime.datetime)
ValueError(ValueError("inner"))
ValueError(ValueError("inner"), KeyError('k'))
ValueError(KeyError('k'))
ValueError(OSError(2, "No such file"))
ValueError(decimal.Decimal("1.50"))
ValueError(fractions.Fraction(1, 3))
ValueError(uuid.NAMESPACE_URL, decimal.Decimal(1))
ValueError(pathlib.PurePosixPath("/a/b"))
ValueError(datetime.timedelta(days=1, seconds=5))
ValueError(datetime.date(2024, 1, 2))
ValueError(S("sub"))
AppError("x")
KeyError()
KeyError("key")
KeyError("it's")
KeyError('"it\\'s"')
KeyError(("a", 1))
KeyError("a", "b")
KeyError(1.0)
KeyError(None)
Coded("x")
Multi("x")
LookupError("x")
IndexError("x")
StopIteration(5)
SystemExit(3)
KeyboardInterrupt()
OSError()
OSError("just text")
OSError(2, "No such file")
OSError(2, "No such file", "name")
OSError(2, "No such file", "name", None, "other")
OSError(2, "No such file", b"name")
OSError(2, "No such file", 5)
OSError(2, "No such file", pathlib.PurePosixPath("p"))
OSError(1, 2, 3, 4, 5, 6)
OSError(None, None, "f")
OSError(2, None)
MyOS(2, "No such file", "é")
FileNotFoundError(2, "x")
BlockingIOError(11, "again", 3)
ImportError("no module")
ImportError("no module", name="x", path="y")
ImportError()
ImportError(5)
ImportError("a", "b")
ModuleNotFoundError("No module named 'x'", name="x")
SyntaxError()
SyntaxError("bad")
SyntaxError("bad", ("/a/b/file.py", 3, 4, "text"))
SyntaxError("bad", (None, 3, 4, "text"))
SyntaxError("bad", ("file.py", None, 4, "text"))
SyntaxError(None)
caught("x = = 1")
caught("if 1:\\n  a\\n b")
caught("'a'.encode('x')")
caught("'aé'.encode('ascii')")
caught("'a日本'.encode('latin1')")
caught("'\\U0001f600'.encode('ascii')")
caught("'\\ud800'.encode()")
caught("b'a\\xff'.decode()")
caught("b'\\xff\\xfe'.decode('ascii')")
caught("b'a\\xe6\\x97'.decode()")
caught("raise UnicodeTranslateError('aé', 1, 2, 'why')")
caught("raise UnicodeTranslateError('aé日', 1, 3, 'why')")
caught("raise UnicodeDecodeError('utf8', b'', 5, 6, 'why')")
caught("raise UnicodeEncodeError('utf8', 'abc', 1, 9, 'why')")
caught("1/0")
caught("int('x')")
caught("{}['k']")
caught("[].foo")
caught("foo")
caught("None + 1")
caught("open('/nonexistent')")
caught("assert 1 == 2, (1, 2)")
caught("import nonexistent_module")
caught("from os import nonexistent_name")
ExceptionGroup("several", [ValueError(1), KeyError(2)])
ExceptionGroup("one", [ValueError(1)])
BaseExceptionGroup("base", [KeyboardInterrupt()])
"""


def test_messages_are_as_str_says(harness: Harness) -> None:
    cases = [line for line in ALIKE.splitlines() if line]
    harness.run(
        f"""
        exec({SETUP!r})
        wrong = []
        for source in {cases!r}:
            if "Group(" in source and sys.version_info < (3, 11):
                continue  # 3.10 has none
            exception = eval(source)
            expected = str(exception)
            found = harness.message(exception).decode("utf-8", "surrogatepass")
            if found != expected:
                wrong.append(f"{{source}}\\n    found    {{found!a}}\\n    expected {{expected!a}}")
        assert not wrong, "\\n".join([f"{{len(wrong)}} wrong:", *wrong])
        """
    )


def test_messages_without_user_code(harness: Harness) -> None:
    """A __str__ or __repr__ of the user's is not called: what is shown instead."""
    harness.run(
        """
        class Loud(Exception):
            def __str__(self): raise SystemError
            __repr__ = __str__
        class Thing:
            def __repr__(self): raise SystemError
            __str__ = __repr__
        class Text(str):
            __str__ = __repr__ = Thing.__repr__
        class Big(int): pass
        def said(exception): return harness.message(exception).decode()
        thing = Thing()
        at = f"<__main__.Thing object at {id(thing):#x}>"
        assert said(Loud("x", 1)) == "('x', 1)"
        assert said(ValueError(thing)) == at
        assert said(ValueError("a", [thing])) == f"('a', [{at}])"
        assert said(KeyError(thing)) == at
        text = Text("t")
        assert said(ValueError(text)) == f"<__main__.Text object at {id(text):#x}>"
        big = Big(5)
        assert said(ValueError(big)) == f"<__main__.Big object at {id(big):#x}>"
        loud = Loud("inner")
        assert said(ValueError(loud)) == "inner"
        assert said(ValueError(loud, 1)) == f"(<__main__.Loud object at {id(loud):#x}>, 1)"
        me = ValueError(); me.args = (me,)
        assert "ValueError" in said(me)
        loop = []; loop.append(loop)
        assert said(ValueError(loop)) == "[[[[[...]]]]]"
        assert said(ValueError(list(range(100)))) == str(list(range(20)))[:-1] + ", ...]"
        assert said(ValueError(10**5000)) == "<int of about 16620 bits>"
        """
    )


def test_message_is_cut_at_a_character(harness: Harness) -> None:
    harness.run(
        """
        exception = ValueError("aé日\\U0001f600" * 3)
        whole = harness.message(exception)
        assert len(whole) == 30
        for size in range(31):
            cut = harness.message(exception, size)
            assert len(cut) <= size and whole.startswith(cut) and len(cut) > size - 4
            cut.decode()
        for size in range(200):  # whatever it is made of
            for one in (KeyError("k" * 50), OSError(2, "x" * 40, "y" * 40), ValueError([1.5, "é"] * 9)):
                assert len(harness.message(one, size)) <= size
        """
    )


def test_as_values(harness: Harness) -> None:
    setup = """
    class E(Exception):
        def __init__(self, code):
            super().__init__("code", code)
            self.code = code
    class Slotted(Exception):
        __slots__ = ("why",)
    plain = ValueError("x")
    noted = ValueError("x"); noted.__notes__ = ["n"]
    slotted = Slotted("m"); slotted.why = 1
    me = E(1); me.me = me
    long = ValueError("é" * 2000)
    """
    cases = ["plain", "E([1])", "noted", "slotted", "me", "[[[[E(1)]]]]", "[[[E(1)]]]"]
    assert harness.encode(setup, cases) == [
        Exc("builtins.ValueError", "x"),
        Exc("subject.E", "('code', [1])", (("code", [1]),)),
        Exc("builtins.ValueError", "x", (("__notes__", ["n"]),)),
        Exc("subject.Slotted", "m", (("why", 1),)),
        Exc("subject.E", "('code', 1)", (("code", 1), ("me", Cycle(1)))),
        [[[Depth("builtins.list", 1)]]],
        [[[Exc("subject.E", "('code', 1)")]]],
    ]
    long = harness.encode(setup, ["long"])[0]
    assert set(long.message) == {"é"} and 400 < len(long.message) < 512


def test_repr_mode(harness: Harness) -> None:
    """values = repr runs the user's code: errors are told, a live exception stays, recursion ends."""
    harness.run(
        """
        class Loud:
            def __repr__(self): raise SystemError("no")
        class Wrong:
            def __repr__(self): return 5
        class Asks:
            def __repr__(self): harness.probe(self); return "<asked>"
        class Text(str):
            def __repr__(self): return Text("own")
        def put(value, **limits): return show(value, mode=1, **limits)
        assert put([1, "a"]) == Repr("builtins.list", 8, "[1, 'a']")
        assert put(None) == Repr("builtins.NoneType", 4, "None")
        assert put(Loud()) == FAILED
        assert put(Wrong()) == FAILED
        assert put(Asks()) == Repr("__main__.Asks", 7, "<asked>")
        assert put(Text("x")).text == "own"
        assert put("x" * 1000) == show("x" * 1000)  # its repr() would be cut away mostly
        assert put("é" * 199) == Repr("builtins.str", 400, "'" + "é" * 199)
        assert put("é" * 100, max_bytes=60) == Repr("builtins.str", 202, "'" + "é" * 17)
        harness.limit(mode=1)
        for value in (Loud(), [1], Asks()):
            try:
                harness.probe_raising(value, KeyError("alive"))
            except KeyError as e:
                assert e.args == ("alive",) and e.__context__ is None
            else:
                raise AssertionError
        """
    )


def test_other_modes(harness: Harness) -> None:
    harness.run(
        """
        class P: pass
        assert [show(one, mode=2) for one in (5, None, P(), "x")] == [
            TypeOnly("builtins.int"), TypeOnly("builtins.NoneType"), TypeOnly("__main__.P"), TypeOnly("builtins.str")]
        assert show(P(), mode=3) == OMITTED and show(5, mode=3) == OMITTED
        """
    )
