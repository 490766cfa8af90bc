"""A hundred places of a program that can hold a secret, each with one of its own: none of them is written."""

from __future__ import annotations

import pytest
from fakes import Fakes
from helpers import Run
from planting import all_rows, every_byte, leaks, plant, trail_of

NAMED, FORMED = 117, 60

PROGRAM = """
import argparse, array, asyncio, collections, configparser, contextvars, ctypes, dataclasses, email.message, enum
import functools, io, json, logging, os, pathlib, queue, re, sqlite3, sys, threading, traceback, types
import typing, urllib.parse
SECRETS = json.load(open(os.environ["PLANTED"]))
n = iter(SECRETS["named"]).__next__       # named: only what stands around it tells
f = iter(SECRETS["formed"]).__next__      # formed: it tells itself what it is

def show(*values, **more): return None
def login(user, password, *, otp=None, **more): return None

# arguments
login("bob", n(), otp=n(), api_key=n(), **{"X-Api-Key": n(), "clientSecret": n()})
(lambda passwd, /: None)(n())
(lambda **credentials: None)(db=n())
show(functools.partial(login, "bob", f(), password=n()))
show(sys.argv, ["mysql", "--password", n(), "-h", "db"], ("tool", "--api-key=" + n()), ["--token", n().encode()])

# dicts and what is like one
show({"db": {"primary": {"password": n()}}}, {"cookies": {"sid": n()}, "secrets": [n(), n()]}, {f(): 1}, {f()},
    frozenset([f()]))
show({"user": "bob", "pass": n()}, {"smtp_pass": n(), "dbPass": n(), "passwort": n()}, {b"passwd": n().encode()})
show({("db", "password"): n(), ("db", b"secret"): n().encode()}, str({("auth", "password"): n()}))
show([["passwd", n()], ["user", "bob"]], json.dumps([["passwd", n()], ["user", "bob"]]))
show(f'<input name="password" value="{n()}">', f"<input value='{n()}' type=password>")
show(collections.OrderedDict(token=n()), collections.ChainMap({"secret_key": n()}),
    types.MappingProxyType({"secret_key": n()}))
show(types.SimpleNamespace(auth_token=n()), argparse.Namespace(db_password=n()), collections.Counter([f()]),
    collections.deque([f()], 3))
box = collections.defaultdict(dict); box["a"]["pwd"] = n(); show(box)
box = collections.UserDict(); box["private_key"] = n(); show(box)
class Sub(dict): pass
box = Sub(password=n()); box.token = n(); show(box)
os.environ["MY_PASSWORD"] = n(); show(os.environ, dict(os.environ))

# instances
@dataclasses.dataclass
class Plain: name: str; password: str; inner: typing.Any = None
@dataclasses.dataclass(slots=True)
class Slotted: name: str; api_key: str
class Tuple(typing.NamedTuple): user: str; secret: str
class Kind(enum.Enum): PASSWORD = n(); OTHER = f()
class Holder:
    password = n()
    def __init__(self):
        self.__secret = n(); self.ssh_private_key = n(); self.SESSION_ID = n(); self.refreshToken = n()
    @property
    def token(self): return n()
    @functools.cached_property
    def cookie(self): return n()
holder = Holder(); holder.token; holder.cookie; show(holder, Holder)
for made in (Plain("x", n(), Plain("y", n())), Slotted("x", n()), Tuple("x", n())):
    show(made, [made], repr(made), str([made]))
show(Kind.PASSWORD, Kind.OTHER, array.array("b", f().encode()), ctypes.create_string_buffer(f().encode()))
show(urllib.parse.urlparse(f"https://bob:{n()}@h/x?token={n()}"), urllib.parse.urlsplit(f"redis://:{n()}@h/0"))
show(repr(urllib.parse.urlparse(f"https://bob:{n()}@h/x")), slice(f(), None), pathlib.Path("/x") / f())
letter = email.message.EmailMessage(); letter["Authorization"] = "Bearer " + n(); show(letter)
parser = configparser.ConfigParser(); parser.read_string(f"[a]\\npassword={n()}\\n"); show(parser, parser["a"])
full = queue.Queue(); full.put({"password": n()}); show(full)
data = sqlite3.connect(":memory:"); data.row_factory = sqlite3.Row
row = data.execute("SELECT ? AS user, ? AS password", ("x", n())).fetchone(); show(row, dict(row))
found = re.match(r"password=(\\S+)", "password=" + n()); show(found, found.group(0), re.compile("password=" + n()))
variable = contextvars.ContextVar("token"); variable.set(n()); show(variable, contextvars.copy_context())

# text
show(json.dumps({"outer": {"client_secret": n()}}).encode(), json.dumps(json.dumps({"client_secret": n()})))
show(json.dumps({"credentials": {"user": "bob", "key": n()}, "secrets": [n()]}), str({"cookies": {"sid": n()}}))
show("x\\\\n" + f(), json.dumps("x\\n" + f()), repr(b"\\x00" + f().encode()), "a\\ud800 " + f(), "\\x00" + f())
show(f"<a><password>{n()}</password></a>", f'<wsse:Password Type="text">{n()}</wsse:Password>',
    f'<u password="{n()}"/>')
show(f"db:\\n  password: {n()}\\n", f"[db]\\npassword = {n()}\\n", f"Server=h;Password={n()};",
    f"host=h password={n()} dbname=d")
show(f"https://h/?user=x&pass={n()}", f"UPDATE u SET password = '{n()}' WHERE id=1",
    f"https://h/#access_token={n()}&x=1")
show(f"GET / HTTP/1.1\\r\\nCookie: s={n()}\\r\\n\\r\\n", f"POST / HTTP/1.1\\r\\nX-Api-Key: {n()}\\r\\n".encode())
show(bytearray(f"password={n()}".encode()), memoryview(f"password={n()}".encode()), io.StringIO("token=" + n()))
for room in (150, 175, 190, 199, 205):
    show("p" * room + " " + f(), "p" * room + " password=" + n(), b"p" * room + b" " + f().encode(),
        "\\u4e2d" * room + " " + f())

# exceptions
class Kept(Exception):
    def __init__(self, code, token): self.code = code; self.token = token
class Passed(Exception):
    def __init__(self, token): super().__init__("bad"); self.token = token
class Told(Exception):
    def __str__(self): return "password=" + self.args[0]
def noted(error, *notes):
    for note in notes: getattr(error, "add_note", str)(note)
    return error
def chained():
    try: raise ValueError("api_key=" + n())
    except ValueError as error: raise RuntimeError("outer") from error
def fail(make):
    try:
        if isinstance(made := make(), BaseException): raise made
    except Kept as error: return error    # its text is nobody's to know: (3, '...')
    except Exception: show(traceback.format_exc())
for make in (lambda: Kept(3, n()), lambda: Passed(n()), lambda: Told(f()), chained,
    lambda: noted(ValueError("x"), "token=" + n()), lambda: OSError(2, "none", "/tmp/" + f()),
    lambda: open("/nonexistent/" + f()), lambda: {}[f()], lambda: int(f()), lambda: __import__(f()),
    lambda: UnicodeDecodeError("utf8", f().encode(), 0, 1, "bad"), lambda: getattr(holder, f()),
    lambda: json.loads('{"password": "' + n() + '",}'), lambda: ValueError({"password": n()}),
    lambda: LookupError(f(), 2)):
    fail(make)

# generators, logs, tasks, threads, locals
def takes():
    got = yield
    password = n(); kept = {"token": n()}; text = f()
    return got
talk = takes(); next(talk)
try: talk.send(f())
except StopIteration: pass
class Handler(logging.Handler):
    def emit(self, record): show(record, record.getMessage())
log = logging.getLogger("x"); log.addHandler(Handler()); log.propagate = False
log.warning("password=" + n()); log.warning("with %s", f()); log.warning("%(password)s", {"password": f()})
async def work(): await asyncio.sleep(0)
async def main(): await asyncio.create_task(work(), name="for " + f())
asyncio.run(main())
for name in ("worker " + f(), "password=" + n()):
    thread = threading.Thread(target=lambda: show(1), name=name); thread.start(); thread.join()
print("all planted", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize(
    "options",
    [("--lines", "--locals"), ("--values", "repr")],
    ids=["locals", "repr"],
)
def test_no_place_gives_a_secret_away(bench, python, options):
    fakes = Fakes(11)
    named = [f"named-{i}-{fakes.some('abcdefgh', 12)}" for i in range(NAMED)]
    word = fakes.password()
    planted = plant(bench, {"named": named, "formed": [fakes.github() for _ in range(FORMED)]})
    trail = trail_of(bench, python, PROGRAM, "--password", word, f"--token={word}", options=options)
    planted["named"].append(word)
    assert trail.count(b"[REDACTED]") > 50
    assert leaks(trail, planted) == []
    rows = all_rows(Run(bench, None))
    assert rows.count(b"[REDACTED]") > 100
    assert b"bob:[REDACTED]@h" in rows and b"<password>[REDACTED]</password>" in rows
    assert b"worker [REDACTED]" in rows and b"for [REDACTED]" in rows
    assert leaks(rows, planted) == []
    assert leaks(every_byte(bench.database.parent), planted) == []
