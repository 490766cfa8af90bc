"""What is a secret and what only looks like one: recall and false positives over the lines of corpus/."""

from __future__ import annotations

import re
from pathlib import Path

from make_corpus import BAR, lookalikes, positives

CORPUS = Path(__file__).resolve().parent / "corpus"
FALSE_NOW = 2  # a pair whose second is a name too
MARKED = re.compile(r"<<(.*?)>>")


def read(name: str) -> list[str]:
    text = (CORPUS / f"{name}.txt").read_text(encoding="utf-8")
    return [line.replace(BAR, "") for line in text.splitlines()]


def test_the_files_are_what_the_maker_writes():
    assert read("positives") == list(positives())
    assert read("lookalikes") == list(lookalikes())


def test_every_secret_is_found_and_only_the_secret_is_replaced(redacted):
    lines = read("positives")
    assert len(set(lines)) >= 400
    found = redacted([MARKED.sub(r"\1", line) for line in lines])
    wanted = [MARKED.sub("[REDACTED]", line) for line in lines]
    wrong = [(a, b) for a, b in zip(found, wanted, strict=True) if a != b]
    assert not wrong, f"{len(wrong)} of {len(lines)}:\n" + "\n".join(
        f"{a}\n  {b}" for a, b in wrong
    )


def test_false_positives_are_at_most_one_in_a_hundred(redacted):
    lines = read("lookalikes")
    assert len(set(lines)) >= 400
    found = redacted(lines)
    wrong = [(a, b) for a, b in zip(lines, found, strict=True) if a != b]
    shown = "\n".join(f"{a}\n  {b}" for a, b in wrong)
    assert len(wrong) <= len(lines) // 100, shown
    assert len(wrong) <= FALSE_NOW, f"not more than there were:\n{shown}"
