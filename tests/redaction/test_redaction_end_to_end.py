"""Secrets that a program handles in many ways, and none of them in the trail or in the database, byte by byte."""

from __future__ import annotations

from fakes import Fakes
from helpers import Run
from planting import Planted, all_rows, every_byte, leaks, plant, trail_of

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


def drawn() -> Planted:
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
    return {
        "named": [f"named-{i}-{fakes.some('abcdefgh', 12)}" for i in range(22 + len(formed) * 2)],
        "formed": formed,
    }


def test_no_planted_secret_is_written(bench, python):
    planted = plant(bench, drawn())
    secret_word = Fakes(8).password()
    words = ["--password", secret_word, f"--url=postgres://bob:{secret_word}@db/x"]
    trail = trail_of(bench, python, PROGRAM, *words, planted["formed"][7])
    planted["named"].append(secret_word)
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
