"""Secrets that a program handles in many ways, and none of them in the trail or in the database, byte by byte."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from fakes import Fakes
from helpers import Run

PROGRAM = """
import asyncio, collections, dataclasses, json, os, sys
SECRETS = json.load(open(os.environ["PLANTED"]))
# By name: the value alone does not show what it is.
named = iter(SECRETS["named"])
# By form, under names that say nothing.
formed = SECRETS["formed"]

@dataclasses.dataclass
class Account:
    owner: str
    password: str
    apiKey: str = ""
class Slots:
    __slots__ = ("owner", "auth_token", "SSN")
    def __init__(self): self.owner = "bob"; self.auth_token = next(named); self.SSN = next(named)
Pair = collections.namedtuple("Pair", "user passwd")
class Vault:
    def __init__(self): self._password = next(named)
    @property
    def secret(self): return self._held()
    def _held(self): return None
    def get_password(self): return next(named)

def positional(user, password, n): return None
def keyword(*, client_secret, page=1): return page
def default(x, token="".join(["de", "fault-", next(named)])): return x
def variable(**options): return sorted(options)
def captured(password):
    def inner(): return len(password)
    return inner
def deep(x): return {"a": [{"b": {"access_token": next(named), "n": 1}}], ("t",): 2}
def pairs(x): return [("X-Api-Key", next(named)), (b"cookie", next(named).encode()), ["passwd", next(named)]]
def show(x): return x
def many(*values): return values[0]
def yields(x):
    got = yield x
    yield [x, got]
    return {"k": x}
async def waits(x):
    await asyncio.sleep(0)
    return {"v": x}
def fails(x): raise ValueError(f"cannot use {x} here")
def fails_args(x): raise LookupError({"password": next(named)}, x)
class Custom(Exception):
    def __init__(self, x): super().__init__("custom"); self.detail = x; self.cookie = next(named)
def fails_custom(x): raise Custom(x)
def attempt(f, x):
    try: f(x)
    except Exception as error: return error

positional("bob", next(named), 3)
keyword(client_secret=next(named))
default(1)
variable(csrf_token=next(named), **{"session-id": next(named), "Authorization": next(named), "page": 2})
captured(next(named))()
show(Account("bob", next(named), next(named)))
show(Slots())
show(Pair("bob", next(named)))
v = Vault()
v.get_password()
deep(1); pairs(1)
show({"dbPassword": next(named), "DB_PASSWORD": next(named), "db-password": next(named), b"api_key": next(named)})
for x in formed:
    show(x)
    show("before " + x + " after")
    show("\\u00e9 \\u4e2d " + x + " \\U0001f600")
    show([{"k": (x,)}])
    many(x, x.encode(), bytearray(x.encode()), {x: 1})
    show({"note": "p" * 190 + " " + x})          # cut by max_chars
    show(["p" * 150 + " " + x] * 8)              # cut by max_value_bytes
    list(yields(x))
    asyncio.run(waits(x))
    for f in (fails, fails_args, fails_custom):
        show(attempt(f, x))
    attempt(fails, "q" * 1010 + " " + x)         # cut by the limit of messages
    show(type("Odd", (str,), {})(x))
    show(type("Held", (), {"__init__": lambda self: setattr(self, "text", x)})())
print(next(named, "all planted"), flush=True)
sys.stdin.read()
"""


def plant(bench) -> dict[str, list[str]]:
    fakes = Fakes(7)
    formed = [
        fakes.card(),
        fakes.grouped(fakes.card(), " "),
        fakes.grouped(fakes.card("37", 15), "-"),
        fakes.ssn(),
        fakes.jwt(),
        fakes.aws_id(),
        fakes.aws_secret(),
        fakes.github(),
        fakes.github_fine(),
        fakes.gitlab(),
        fakes.slack(),
        fakes.stripe(),
        fakes.google(),
        fakes.openai(),
        fakes.anthropic(),
        fakes.pem(),
    ]
    planted = {
        "named": [f"named-{i}-{fakes.some('abcdefgh', 12)}" for i in range(22 + len(formed) * 2)],
        "formed": formed,
    }
    path = bench.project.parent / "planted.json"
    path.write_text(json.dumps(planted))
    return planted


def parts(secret: str) -> set[bytes]:
    """What of a secret must not be found: any 12 bytes of it in a row, which also covers one that was cut."""
    text = secret.replace("-----", "").encode()
    middle = text[8:] if len(text) > 24 else text
    return {middle[i : i + 12] for i in range(max(1, len(middle) - 11))}


def leaks(data: bytes, planted: dict[str, list[str]]) -> list[str]:
    wanted = planted["named"] + planted["formed"]
    return [one for one in wanted if any(part in data for part in parts(one))]


def every_byte(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def all_rows(run: Run) -> bytes:
    tables = ["traces", "trace_events", "exceptions", "functions", "calls", "losses"]
    return "\n".join(json.dumps(run.query(f"SELECT * FROM {one}")) for one in tables).encode()


def test_no_planted_secret_is_written(bench, python, tmp_path):
    planted = plant(bench)
    bench.write({"program.py": PROGRAM})
    secret_word = Fakes(8).password()
    command = [*bench.tracing("--every-call"), python.path, "program.py", "--password", secret_word]
    command += [f"--url=postgres://bob:{secret_word}@db/x", planted["formed"][7]]
    planted["named"].append(secret_word)
    where = {"PLANTED": str(bench.project.parent / "planted.json")}
    with bench.start(command, env=where, stdin=subprocess.PIPE) as process:
        said = process.stdout.readline()
        trails = tmp_path / "trails"
        shutil.copytree(bench.database.parent / "trails", trails)
        process.communicate(b"", timeout=100)
    assert (process.returncode, said) == (0, b"all planted\n")
    trail = every_byte(trails)
    assert trail.count(b"[REDACTED]") > 100 and b"cannot use" in trail
    assert leaks(trail, planted) == []
    run = Run(bench, None)
    rows = all_rows(run)
    assert rows.count(b"[REDACTED]") > 300 and b"before [REDACTED] after" in rows
    assert leaks(rows, planted) == []
    assert leaks(every_byte(bench.database.parent), planted) == []


def test_redaction_can_be_switched_off(trace):
    run = trace("def f(password): return password\nf('hunter2-plain')\n", "--no-redact")
    assert run.value("SELECT result FROM calls WHERE function_name = 'f'") == "hunter2-plain"
    assert (
        run.value("SELECT args ->> 'password' FROM calls WHERE function_name = 'f'")
        == "hunter2-plain"
    )
