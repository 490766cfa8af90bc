"""The numbers of types in the registry: made once, right after every change, bounded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from helpers import SANITIZED
from value_subject import Harness


def test_numbers(harness: Harness) -> None:
    harness.run(
        """
        class A: pass
        def name(kind):
            number = harness.type_id(kind)
            return harness.types()[number - 1]
        one = harness.type_id(A)
        assert one > 0 and harness.type_id(A) == one
        A.x = 1; A().x  # another version tag, the same type
        assert harness.type_id(A) == one
        assert harness.types()[one - 1] == "__main__\\nA"
        A.__qualname__ = "B"
        two = harness.type_id(A)
        assert two != one and harness.types()[two - 1] == "__main__\\nB"
        A.__module__ = "other"
        assert name(A) == "other\\nB"
        A.__name__ = "C"  # is not what is shown
        assert name(A) == "other\\nB"
        A.__qualname__ = "A"; A.__module__ = "__main__"
        assert harness.type_id(A) == one
        cases = ((int, "builtins\\nint"), (type(None), "builtins\\nNoneType"))
        for kind, expected in cases:
            assert name(kind) == expected
        """
    )


def test_a_class_made_again_is_one_type(harness: Harness) -> None:
    harness.run(
        """
        def make(base):
            class Here(base): pass
            return Here
        made = {harness.type_id(make(object)) for _ in range(1000)}
        assert len(made) == 1
        before = len(harness.types())
        for i in range(1000):
            cls = make(object)
            cls.counter = i
            cls().counter
            harness.probe(cls())
        assert len(harness.types()) == before
        """
    )


@pytest.mark.skipif(SANITIZED, reason="ASan does not use addresses again")
def test_addresses_used_again(harness: Harness) -> None:
    """Classes of other layouts that come to lie where a dead one lay: never taken for it."""
    harness.run(
        """
        import collections, gc, random
        r = random.Random(1)
        def make(kind, slots, touch):
            body = {"__slots__": ("s1", "s0")} if slots and kind in (object, list, dict) else {}
            cls = type("Same", (kind,), body)
            if touch:
                cls.__doc__  # now it has a version tag
            return cls
        kinds = [object, int, str, list, dict, tuple, set, float, bytes, Exception, collections.deque]
        seen = set()
        again = 0
        for i in range(20000):
            kind = r.choice(kinds)
            cls = make(kind, r.random() < 0.5, r.random() < 0.5)
            again += id(cls) in seen
            seen.add(id(cls))
            one = cls()
            if cls.__dict__.get("__slots__"):
                one.s0 = i
            found = show(one)
            if kind is object:
                assert found == Obj("__main__.Same", (("s0", i),) if hasattr(one, "s0") else ()), found
            elif kind is Exception:
                assert found == Exc("__main__.Same", "")
            elif kind is collections.deque:
                assert found == Sub("__main__.Same", [])
            else:
                assert found == Sub("__main__.Same", kind(), (("s0", i),) if hasattr(one, "s0") else ()), found
            del one, cls
            if i % 50 == 0:
                gc.collect()
        assert again > 1000, again
        """
    )


def test_changed_classes(harness: Harness) -> None:
    harness.run(
        """
        class A:
            __slots__ = ("a",)
        class B:
            __slots__ = ("a",)
        class C(A):
            pass
        class D:
            pass
        c = C(); c.a = 1; c.x = 2
        assert show(c) == Obj("__main__.C", (("a", 1), ("x", 2)))
        C.__bases__ = (B,)
        assert show(c) == Obj("__main__.C", (("a", 1), ("x", 2)))
        class E(D):
            def __init__(self): self.e = 1
        class F: pass
        e = E()
        assert show(e) == Obj("__main__.E", (("e", 1),))
        e.__class__ = F
        assert show(e) == Obj("__main__.F", (("e", 1),))
        del A.a
        a = A()
        assert show(a) == Obj("__main__.A")
        """
    )


def test_many_types(harness: Harness) -> None:
    """More than the table holds: right all the same; and names are given twice at most now and then."""
    harness.run(
        """
        classes = [type(f"T{i}", (list if i % 3 else object,), {}) for i in range(3000)]
        for turn in range(3):
            for i, cls in enumerate(classes):
                cls.__doc__
                expected = Sub(f"__main__.T{i}", []) if i % 3 else Obj(f"__main__.T{i}")
                assert show(cls()) == expected
        assert len(harness.types()) < 3000 * 1.5, len(harness.types())
        nested = []
        for i in range(1, 3000, 3):
            nested = classes[i]([nested])
            if i % 10 == 0:
                show(nested, max_depth=10)
        class S:
            __slots__ = tuple(f"s{i}" for i in range(20))
        s = S()
        for i in range(20):
            setattr(s, f"s{i}", [classes[3 * (50 * i + j)]() for j in range(50)])
        found = show(s, max_depth=10, max_items=100, max_bytes=100000, max_attributes=20)
        assert [name for name, _ in found.attributes] == [f"s{i}" for i in range(20)]
        assert found.attributes[19][1][49].type == f"__main__.T{3 * (50 * 19 + 49)}"
        """
    )


def test_no_registry(harness: Harness) -> None:
    """A registry that is full: number 0, and another try each time."""
    harness.run(
        """
        class A: pass
        harness.break_registry(True)
        assert show(A()) == Obj("?")
        harness.break_registry(False)
        assert show(A()) == Obj("__main__.A")
        """
    )


def test_long_and_odd_names(harness: Harness) -> None:
    harness.run(
        """
        long = type("N" * 5000, (), {"__module__": "m" * 5000})
        assert show(long()) == Obj("m" * 1024 + "." + "N" * 1024)
        wide = type("日" * 5000, (), {})
        assert show(wide()).type == "__main__." + "日" * 341
        assert show(wide) == BUDGET
        assert show(wide, max_bytes=1100) == Class("__main__", "日" * 341)
        odd = type("Odd", (), {"__module__": 5})
        assert show(odd()) == Obj(".Odd")
        class P: pass
        p = P(); setattr(p, "n" * 5000, 1); p.ok = 2
        assert show(p, max_bytes=20000) == Obj("__main__.P", (("ok", 2),), 2)
        """
    )


def test_sanitized(harness_for: Callable[..., Harness], python: Any) -> None:
    """Much of the other files under AddressSanitizer and UBSan, each object a block of its own."""
    import test_value_containers
    import test_value_exceptions
    import test_value_harmless
    import test_value_known
    import test_value_objects
    import test_value_random
    import test_value_scalars

    sanitized = harness_for(python.path, sanitized=True)
    for module in (test_value_scalars, test_value_containers, test_value_objects):
        module.table.check(sanitized)
    test_value_known.test_known(sanitized, python)
    test_value_known.test_cut(sanitized)
    test_value_known.test_look_alikes(sanitized)
    test_value_objects.test_half_built(sanitized)
    test_value_exceptions.test_messages_are_as_str_says(sanitized)
    test_value_exceptions.test_message_is_cut_at_a_character(sanitized)
    test_value_harmless.test_an_exception_on_its_way_stays(sanitized)
    test_value_harmless.test_everything_that_lives(sanitized)
    test_value_random.test_limited(sanitized, 5, 400)
