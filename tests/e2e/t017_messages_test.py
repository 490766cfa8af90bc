"""What an exception says: its message as str() gives it, without running the user's __str__."""

from __future__ import annotations

MESSAGES = [
    ("ValueError()", ""),
    ("ValueError('one')", "one"),
    ("ValueError('one', 2)", "('one', 2)"),
    ("KeyError('k')", "'k'"),
    ("KeyError('k', 1)", "('k', 1)"),
    ("OSError(2, 'No such file', 'x.txt')", "[Errno 2] No such file: 'x.txt'"),
    ("ValueError('näh \\U0001f980')", "näh \U0001f980"),
    ("StopIteration(3)", "3"),
    ("Exception(None)", "None"),
    ("Exception([1, 'a'])", "[1, 'a']"),
    (
        "UnicodeDecodeError('utf-8', b'\\xff', 0, 1, 'invalid start byte')",
        "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
    ),
]


def test_messages(trace):
    source = "def attempt(make):\n    try:\n        raise make()\n    except BaseException:\n        pass\n"
    run = trace(source + "".join(f"attempt(lambda: {made})\n" for made, _ in MESSAGES))
    rows = run.query("SELECT message FROM exceptions ORDER BY created_at, id")
    assert [row["message"] for row in rows] == [message for _, message in MESSAGES]


def test_message_of_a_class_with_its_own_words(trace):
    """Its __str__ is the user's code, which a recorder does not run: BaseException's text is kept."""
    run = trace("""
        class Own(Exception):
            def __str__(self):
                calls.append(1)
                return "own words"

        calls = []

        def main():
            try:
                raise Own("a", 1)
            except Own:
                return len(calls)

        main()
    """)
    assert run.value("SELECT message FROM exceptions") == "('a', 1)"
    assert run.value("SELECT result FROM calls WHERE function_name = 'main'") == 0
