"""The pattern language: what it matches (held against Python's re), what it refuses, and that its time is linear."""

from __future__ import annotations

import random
import re
import time

import pytest

MATCHES = [
    ("acme-[0-9a-f]{8}", "an acme-0123abcd.", "an [REDACTED]."),
    (r"key=<\w+>;", "key=abc;key=d;", "key=[REDACTED];key=[REDACTED];"),
    (r"\bK\d{3,5}\b", "K12 K123 K123456 xK123", "K12 [REDACTED] K123456 xK123"),
    ("ab?c+d*", "abccdd ac abd", "[REDACTED] [REDACTED] abd"),
    ("(foo|ba[rz]){2}", "foobar bazfoo foo", "[REDACTED] [REDACTED] foo"),
    ("^id:.{3}$", "id:abc", "[REDACTED]"),
    ("^id:.{3}$", "xid:abc", "xid:abc"),
    (r"[^a-z ]{4,}", "ab 1234X cd", "ab [REDACTED] cd"),
    (r"\$\{<[^}]+>\}", "${name} $x", "${[REDACTED]} $x"),
    (r"\.\*\\", r"a.*\\b", "a[REDACTED]b"),
    ("x{2,}y", "xy xxy xxxy", "xy [REDACTED] [REDACTED]"),
    ("a|ab|abc", "abcd", "[REDACTED]d"),
    (".", "a", "[REDACTED]"),
    (r"q[\]\-]q", "q]q q-q q=q", "[REDACTED] [REDACTED] q=q"),
]
BAD = {
    "": "would match where there is nothing",
    "a*": "would match where there is nothing",
    r"\b": "would match where there is nothing",
    "(": "has a ( without its )",
    "a)": "closes what was not opened",
    "[a": "has a [ without its ]",
    "[]": "has an empty []",
    "[z-a]": "runs backwards",
    "*a": "repeats nothing",
    "^*": "would match",
    "a**": "repeats a repetition",
    "a{": "that is not like {3}",
    "a{2,1}": "second number is the smaller",
    "a{1001}": "more than 1000 times",
    "(a{1000}){1000}": "too long",
    "a\\": "ends with a backslash",
    r"\q": "no meaning",
    "<a": "has a < without its >",
    "<a><b>": "more than one <...>",
    "(<a>)": "inside of ( )",
    "<a>|b": "beside its <...>",
    "<a>+": "repeats its <...>",
    "caf\u00e9": "not printable ASCII",
    "(" * 60 + "a" + ")" * 60: "too many (",
    "a" * 1025: "longer than 1024 bytes",
}


@pytest.mark.parametrize(("pattern", "text", "wanted"), MATCHES)
def test_what_is_matched(redacted, pattern, text, wanted):
    assert redacted([text], patterns=(pattern,)) == [wanted]


@pytest.mark.parametrize("pattern", BAD)
def test_what_is_refused(redacted, pattern):
    said = redacted([], patterns=(pattern,))
    assert len(said) == 1 and BAD[pattern] in said[0], said


def drawn(source: random.Random, depth: int = 0) -> str:
    kind = source.randrange(9 if depth < 3 else 5)
    if kind < 4:
        return source.choice(["a", "b", "[ab]", ".", "[^a]", "c", r"\w"])
    if kind == 4:
        return source.choice(["a", "b"]) + source.choice(["?", "*", "+", "{2}", "{1,3}", "{2,}"])
    if kind < 7:
        return drawn(source, depth + 1) + drawn(source, depth + 1)
    inner = drawn(source, depth + 1)
    if kind == 7:
        return f"({inner}|{drawn(source, depth + 1)})"
    return f"({inner})" + source.choice(["?", "*", "+", "{2}"])


def leftmost_longest(pattern: str, text: str) -> str:
    """By trying every place and length, with re for whether it fits."""
    fits, out, at = re.compile(pattern), [], 0
    while at < len(text):
        end = next((e for e in range(len(text), at, -1) if fits.fullmatch(text, at, e)), None)
        out.append(text[at] if end is None else "[REDACTED]")
        at = at + 1 if end is None else end
    return "".join(out)


def test_random_patterns_agree_with_re(redacted):
    source = random.Random(5)
    for _ in range(60):
        pattern = drawn(source)
        if re.fullmatch(pattern, ""):
            continue
        texts = [
            "".join(source.choice("abcd") for _ in range(source.randrange(1, 9))) for _ in range(20)
        ]
        assert redacted(texts, patterns=(pattern,)) == [
            leftmost_longest(pattern, text) for text in texts
        ], pattern


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|a)*b", "(a|aa)+$b", "a*a*a*a*a*b", "(.*.*.*)x"])
def test_what_kills_others_takes_linear_time(redacted, pattern):
    """Exponential or quadratic would be years, or minutes."""
    started = time.monotonic()
    text = "a" * 200_000
    assert redacted([text], patterns=(pattern,)) == [text]
    assert time.monotonic() - started < 60
