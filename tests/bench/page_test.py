"""The page that the benchmarks write: sections that stay, targets with the worst first, no path of the machine."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

import page

TELLS = """
import sys
sys.path.insert(0, {folder!r})
from page import tell
print("a table, made by /usr/local/bin/python3.12 of /home/somebody/project/file.py")
tell("bytes", 20, 16)
tell("share", 0.9, 0.6, at_least=True)
sys.exit(3)
"""

pytestmark = pytest.mark.one_python


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(page, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(page, "versions", lambda: "breadcrumb 0")
    return tmp_path / "page.md"


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["page.py", *words])
    return page.main()


def test_targets_come_first_and_the_status_is_the_commands(written, monkeypatch):
    text = TELLS.format(folder=str(Path(page.__file__).parent))
    assert run(monkeypatch, "one", sys.executable, "-c", text) == 3
    lines = [line for line in written.read_text().splitlines() if line.startswith("| ")][2:]
    assert lines == [
        "| bytes | 20 | at most 16 | **missed** | one |",
        "| share | 0.9 | at least 0.6 | met | one |",
    ]
    assert "made by python3.12 of file.py" in written.read_text()


def test_a_part_keeps_its_section_until_it_is_measured_anew(written, monkeypatch):
    for part, word in (("one", "first"), ("two", "other"), ("one", "second")):
        assert run(monkeypatch, part, sys.executable, "-c", f"print({word!r})") == 0
    text = written.read_text()
    assert "first" not in text.split("## one")[1].split("```text")[1]
    assert text.index("\nsecond\n") < text.index("\nother\n")
    assert text.count("## one") == text.count("## two") == 1


def test_what_could_not_be_measured_changes_nothing(written, monkeypatch):
    run(monkeypatch, "one", sys.executable, "-c", "print('measured')")
    before = written.read_text()
    assert run(monkeypatch, "one", sys.executable, "-c", "print('no'); raise SystemExit(1)") == 1
    assert written.read_text() == before


def test_how_bad():
    assert page.how_bad({"value": 2, "limit": 1, "at_least": False}) == 2
    assert page.how_bad({"value": 0.5, "limit": 1, "at_least": True}) == 2
