"""Limits: what is too large is cut, and says so with its original size."""

from __future__ import annotations

import pytest
from helpers import without_ids

# What a value looks like does not depend on the interpreter; how it is read does, and that is for tests/values.
pytestmark = pytest.mark.one_python


def take(trace, expression: str, *options: str, before: str = ""):
    run = trace(
        f"""
        {before}

        def take(value):
            pass

        take({expression})
        """,
        *options,
    )
    (arguments,) = run.arguments("take")
    return arguments["value"]


def test_long_string(trace):
    value = take(trace, "'x' * 1000")
    assert value == "x" * 200 + "[TRUNCATED: original size 1000 bytes]"


def test_string_of_just_the_limit(trace):
    assert take(trace, "'x' * 200") == "x" * 200


def test_long_string_is_cut_between_characters(trace):
    value = take(trace, "'\\u00e9\\U0001f980' * 500")
    kept, mark, rest = value.partition("[TRUNCATED: original size ")
    assert (mark, rest) == ("[TRUNCATED: original size ", "3000 bytes]")
    assert kept and kept == ("\u00e9\U0001f980" * 500)[: len(kept)]


def test_max_chars(trace):
    value = take(trace, "'abcdefghij'", "--max-chars", "4")
    assert value == "abcd[TRUNCATED: original size 10 bytes]"


def test_long_list(trace):
    value = take(trace, "list(range(1000))")
    assert value == [*range(10), "[TRUNCATED: original size 1000 items]"]


def test_large_dict(trace):
    value = take(trace, "{f'k{i}': i for i in range(50)}")
    kept = {f"k{i}": i for i in range(10)}
    assert value == kept | {"$truncated": "[TRUNCATED: original size 50 items]"}


def test_depth(trace):
    value = take(trace, "[[[[[[1]]]]]]")
    cut = {"$type": "list", "$truncated": "[TRUNCATED: original size 1 items]"}
    assert value == [[[cut]]]


def test_many_attributes(trace):
    value = take(
        trace,
        "Wide()",
        before="""
        class Wide:
            def __init__(self):
                for i in range(40):
                    setattr(self, f"a{i:02}", i)
        """,
    )
    assert without_ids(value) == {
        "$type": "__main__.Wide",
        **{f"a{i:02}": i for i in range(16)},
        "$truncated": "[TRUNCATED: original size 40 attributes]",
    }


def test_whole_value_has_a_limit(trace):
    """Ten strings of 200 each are within every single limit, but not within 1024 bytes."""
    value = take(trace, "[str(i) * 200 for i in range(10)]")
    assert len(str(value)) < 1500
    assert value[0] == "0" * 200


def test_huge_integer(trace):
    bits = (10**5000).bit_length()
    assert take(trace, "-10 ** 5000") == {"$int": f"-[TRUNCATED: original size {bits} bits]"}


def test_long_bytes(trace):
    value = take(trace, "bytes(5000)")
    assert value["$bytes"].startswith("\\x00" * 100)
    assert value["$bytes"].endswith("[TRUNCATED: original size 5000 bytes]")


def test_many_arguments(trace):
    names = ", ".join(f"a{i}" for i in range(300))
    values = ", ".join(str(i) for i in range(300))
    run = trace(f"def take({names}): pass\ntake({values})\n")
    (arguments,) = run.arguments("take")
    assert arguments == {f"a{i}": i for i in range(300)}


def test_many_large_arguments(trace):
    """More than one record can hold: the call is there, and what was left out is said."""
    names = ", ".join(f"a{i}" for i in range(200))
    run = trace(
        f"""
        def take({names}):
            return 1

        big = "x" * 900
        take(*[[big, i] for i in range(200)])
    """,
        "--max-chars",
        "1000",
    )
    assert run.value("SELECT result FROM calls WHERE function_name = 'take'") == 1


def test_long_exception_message(trace):
    run = trace("""
        def main():
            try:
                raise ValueError("m" * 100_000)
            except ValueError:
                return 1

        main()
    """)
    message = run.value("SELECT message FROM exceptions")
    assert message.startswith("m" * 100) and len(message) < 10_000


def test_long_names(trace):
    name = "n" * 3000
    run = trace(f"def {name}(): return 1\n{name}()\n")
    rows = run.query(
        "SELECT f.function_name AS name, result FROM calls c JOIN functions f "
        "ON f.id = c.function_id WHERE result = 1"
    )
    assert [row["name"][:500] for row in rows] == ["n" * 500]
