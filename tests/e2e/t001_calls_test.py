"""Calls: who called whom, with which arguments, and what came back."""

from __future__ import annotations

import pytest
from helpers import lines

pytestmark = pytest.mark.every_python


def test_arguments_and_results(trace):
    run = trace("""
        def add(a, b):
            return a + b

        def twice(x):
            return add(x, x)

        print(twice(21))
    """)
    assert run.tree() == lines("""
        twice(x=21) -> 42
          add(a=21, b=21) -> 42
    """)


def test_every_kind_of_parameter(trace):
    run = trace("""
        def kinds(first, /, second, third=3, *rest, only, other="o", **named):
            pass

        kinds(1, 2, only=True)
        kinds(1, 2, 3, 4, 5, only=None, other="p", x=6, y=7)
        kinds(1, third=2, second=3, only=0, first="named")
    """)
    assert run.arguments("kinds") == [
        {"first": 1, "second": 2, "third": 3, "only": True, "other": "o", "rest": [], "named": {}},
        {
            "first": 1,
            "second": 2,
            "third": 3,
            "only": None,
            "other": "p",
            "rest": [4, 5],
            "named": {"x": 6, "y": 7},
        },
        {
            "first": 1,
            "second": 3,
            "third": 2,
            "only": 0,
            "other": "o",
            "rest": [],
            "named": {"first": "named"},
        },
    ]


def test_generated_methods_have_the_name_of_their_class(trace):
    """dataclasses compile them from a text, as a function of that text."""
    run = trace("""
        from dataclasses import dataclass

        @dataclass
        class Money:
            amount: int

        @dataclass(order=True)
        class Price(Money):
            unit: str = "EUR"

        class Special(Price):
            pass

        Money(1)
        Price(2)
        Special(3) == Special(3)
    """)
    names = [call["function_name"] for call in run.calls()]
    generated = [name for name in names if name.endswith(("__init__", "__eq__"))]
    assert generated == [
        "Money.__init__",
        "Price.__init__",
        "Price.__init__",
        "Price.__init__",
        "Price.__eq__",
    ]


def test_methods_have_the_name_of_their_class(trace):
    run = trace("""
        class Shop:
            class Shelf:
                def put(self, what):
                    return what

            def __init__(self, name):
                self.name = name

            def greet(self):
                return "hello from " + self.name

            @classmethod
            def open(cls, name):
                return cls(name)

            @staticmethod
            def close():
                return None

            @property
            def size(self):
                return len(self.name)

            def __len__(self):
                return 7

        class Corner(Shop):
            def greet(self):
                return super().greet() + "!"

        shop = Corner.open("x")
        shop.greet(), shop.close(), shop.size, len(shop)
        Shop.Shelf().put(1)
    """)
    tree = run.tree(hide=["<module>", "Shop", "Shop.Shelf", "Corner"])
    assert tree.replace('{"$type": "__main__.Corner", "name": "x"}', "CORNER") == lines("""
        Shop.open(cls={"$type": "type", "name": "__main__.Corner"}, name="x") -> CORNER
          Shop.__init__(self={"$type": "__main__.Corner"}, name="x") -> null
        Corner.greet(self=CORNER) -> "hello from x!"
          Shop.greet(self=CORNER) -> "hello from x"
        Shop.close() -> null
        Shop.size(self=CORNER) -> 1
        Shop.__len__(self=CORNER) -> 7
        Shop.Shelf.put(self={"$type": "__main__.Shop.Shelf"}, what=1) -> 1
    """)


def test_nested_functions_and_lambdas(trace):
    run = trace("""
        def outer(x):
            def inner(y):
                return x + y
            return inner(1)

        outer(10)
        (lambda a, b=2: a * b)(4)
    """)
    names = run.query("SELECT function_name, qualified_name FROM functions ORDER BY line_number")
    assert [name["qualified_name"] for name in names if name["qualified_name"] != "<module>"] == [
        "outer",
        "outer.<locals>.inner",
        "<lambda>",
    ]
    results = {call["function_name"]: call["result"] for call in run.calls()}
    assert results["outer"] == 11
    assert results["<lambda>"] == 8


def test_arguments_that_inner_functions_use(trace):
    """Such an argument lies in a cell, and what is recorded is what is in it."""
    run = trace("""
        def keep(a, *b, c, **d):
            def use():
                return a, b, c, d
            return use

        def plain(cell):
            return 1

        keep(1, 2, 3, c=4, e=5)
        plain(keep(1, c=2).__closure__[0])
    """)
    assert run.arguments("keep") == [
        {"a": 1, "c": 4, "b": [2, 3], "d": {"e": 5}},
        {"a": 1, "c": 2, "b": [], "d": {}},
    ]
    # A cell that was passed as an argument is not opened.
    (arguments,) = run.arguments("plain")
    assert arguments["cell"]["$type"].endswith("cell")
    assert "1" not in str(arguments["cell"])


def test_comprehensions_are_calls_where_python_makes_them_so(trace, python):
    """Up to 3.11 a comprehension is a function of its own."""
    run = trace("""
        def squares(n):
            return [square(i) for i in range(n)]

        def square(i):
            return i * i

        squares(2)
    """)
    assert [call["function_name"].rpartition(".")[2] for call in run.calls()] == [
        "<module>",
        "squares",
        *(["<listcomp>"] if python.version < (3, 12) else []),
        "square",
        "square",
    ]
    assert run.value("SELECT result FROM calls WHERE function_name = 'squares'") == [0, 1]


def test_place_of_function_and_of_call(trace):
    run = trace("""
        def called():
            pass

        def caller():
            called()
            (
                called
            )()

        caller()
        called()
    """)
    rows = run.query("""
        SELECT f.line_number, c.caller_line FROM calls c JOIN functions f ON f.id = c.function_id
        WHERE c.function_name = 'called' ORDER BY start_ns
    """)
    assert [row["line_number"] for row in rows] == [2, 2, 2]
    assert [row["caller_line"] for row in rows] == [6, 7, 12]
    place = run.one("SELECT file_path, module_name FROM functions WHERE function_name = 'called'")
    assert place == {
        "file_path": str(run.bench.project / "program.py"),
        "module_name": "__main__",
    }


def test_modules_of_the_project(trace):
    run = trace(
        """
        from shop.cart import Cart
        import tools

        Cart().add(tools.price("lamp"))
        """,
        files={
            "shop/__init__.py": "",
            "shop/cart.py": """
                class Cart:
                    def add(self, price):
                        return price
            """,
            "tools.py": "def price(name): return len(name)\n",
        },
    )
    rows = run.query("""
        SELECT module_name, function_name, file_path FROM functions
        WHERE function_name IN ('Cart.add', 'price') ORDER BY 1
    """)
    project = run.bench.project
    assert rows == [
        {
            "module_name": "shop.cart",
            "function_name": "Cart.add",
            "file_path": f"{project}/shop/cart.py",
        },
        {"module_name": "tools", "function_name": "price", "file_path": f"{project}/tools.py"},
    ]


def test_parent_through_code_that_is_not_traced(trace):
    """sorted() is C and functools is a library: the caller on record is the nearest recorded one."""
    run = trace("""
        import functools

        def key(x):
            return -x

        @functools.singledispatch
        def show(x):
            return str(x)

        def main():
            show(1)
            return sorted([1, 2], key=key)

        main()
    """)
    assert run.tree() == lines("""
        main() -> [2, 1]
          show(x=1) -> "1"
          key(x=1) -> -1
          key(x=2) -> -2
    """)


def test_arguments_are_those_at_the_start(trace):
    run = trace("""
        def change(items):
            items.append(2)
            items = None
            return items

        change([1])
    """)
    assert run.tree() == lines("change(items=[1]) -> null")


def test_decorated_function(trace):
    run = trace("""
        import functools

        def loud(function):
            @functools.wraps(function)
            def wrapper(*args):
                return function(*args) + "!"
            return wrapper

        @loud
        def say(word):
            return word

        say("hi")
    """)
    calls = [call for call in run.calls() if call["function_name"] not in ("<module>", "loud")]
    assert [(call["args"], call["result"]) for call in calls] == [
        ({"args": ["hi"]}, "hi!"),
        ({"word": "hi"}, "hi"),
    ]
    assert calls[1]["parent_id"] == calls[0]["call_id"]
