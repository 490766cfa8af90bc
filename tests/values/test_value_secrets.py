"""What stands beside a secret tells that it is one; and what only looks so stays."""

from __future__ import annotations

from value_decode import REDACTED, Enum, Exc, Obj
from value_subject import Harness, Table

SUBJECT = """
import enum
from urllib.parse import urlsplit
class Kind(enum.Enum): PASSWORD = "hunter2"; TOKEN = 3; NAME = "bob"
class Kept(Exception):
    def __init__(self, code, token): self.code = code; self.token = token
class One(Exception):
    def __init__(self, token): self.token = token
class Passed(Exception):
    def __init__(self, token): super().__init__("bad token"); self.token = token
"""
table = Table(SUBJECT)
table.cases = {
    "['mysql', '--password', 'x1', '-h', 'db']": ["mysql", "--password", REDACTED, "-h", "db"],
    "('--api-key', b'x1', 'x')": ("--api-key", REDACTED, "x"),
    "['--token', None, '--token-count', '12', 'password', 'x']": [
        *("--token", None, "--token-count", "12", "password", "x")
    ],
    "{'pass': 'x1', 'PASS': b'x1'}": {"pass": REDACTED, "PASS": REDACTED},
    "{'pass': 12, 'fail': 0, 'one_pass': 'x'}": {"pass": 12, "fail": 0, "one_pass": "x"},
    "{'smtp_pass': 'x1', 'dbPass': 'x1'}": {"smtp_pass": REDACTED, "dbPass": REDACTED},
    "Kind.PASSWORD": Enum("subject.Kind", "PASSWORD", REDACTED),
    "{Kind.PASSWORD: 'x1', Kind.NAME: 'x2'}": {
        Enum("subject.Kind", "PASSWORD", REDACTED): REDACTED,
        Enum("subject.Kind", "NAME", "bob"): "x2",
    },
    "Kind.TOKEN": Enum("subject.Kind", "TOKEN", 3),
    "Kind.NAME": Enum("subject.Kind", "NAME", "bob"),
    "Kept(3, 'x1')": Exc("subject.Kept", "(3, '[REDACTED]')", (("code", 3), ("token", REDACTED))),
    "One('x1')": Exc("subject.One", "[REDACTED]", (("token", REDACTED),)),
    "Passed('x1')": Exc("subject.Passed", "bad token", (("token", REDACTED),)),
}


def test_what_tells_a_secret(harness: Harness) -> None:
    table.check(harness)


def test_what_urlsplit_returns(harness: Harness) -> None:
    def netloc(shown: Obj) -> str:
        return dict(shown.attributes)["netloc"]

    sources = ["bob:x1@db:5432", ":x1@db", "db:5432", "bob@db", "[::1]:80", ""]
    shown = harness.encode(SUBJECT, [f"urlsplit('https://{one}/p')" for one in sources])
    hidden = ["bob:[REDACTED]@db:5432", ":[REDACTED]@db", *sources[2:]]
    assert [netloc(one) for one in shown] == hidden
