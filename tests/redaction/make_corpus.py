"""Writes corpus/positives.txt and corpus/lookalikes.txt anew: python3 tests/redaction/make_corpus.py

A line of positives has its secrets between << and >>. In both files a broken bar stands inside of what has the form
of a secret, and is taken out when the file is read: so no scanner of repositories mistakes one for a leak.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from fakes import BASE32, UPPER, URL64, WORD, Fakes

BAR = "\u00a6"
FOLDER = Path(__file__).resolve().parent / "corpus"
EACH = 20

AROUND = [
    "<<{}>>",
    "the value is <<{}>>, as sent",
    '{{"value": "<<{}>>", "n": 1}}',
    "line one\\nx = <<{}>>\\nline three",
    "(<<{}>>)",
    "https://example.com/?q=<<{}>>&page=2",
    "value=<<{}>>;",
    "['<<{}>>', 'b']",
    "error near '<<{}>>': not accepted",
    "caf\u00e9 <<{}>> \u4e2d\u6587",
]


def forms(f: Fakes) -> dict[str, Callable[[], str]]:
    return {
        "card": lambda: f.card(),
        "card-15": lambda: f.card("37", 15),
        "card-14": lambda: f.card("36", 14),
        "card-13": lambda: f.card("4", 13),
        "card-19": lambda: f.card("6212", 19),
        "card-blanks": lambda: f.grouped(f.card(), " "),
        "card-dashes": lambda: f.grouped(f.card(), "-"),
        "card-amex": lambda: f.grouped(f.card("34", 15), " "),
        "ssn": f.ssn,
        "jwt": f.jwt,
        "aws-id": f.aws_id,
        "aws-secret": f.aws_secret,
        "github": f.github,
        "github-fine": f.github_fine,
        "gitlab": f.gitlab,
        "slack": f.slack,
        "slack-hook": f.slack_hook,
        "stripe": f.stripe,
        "google": f.google,
        "google-access": f.google_access,
        "openai": f.openai,
        "anthropic": f.anthropic,
        "pem": lambda: f.pem().replace("\n", "\\n"),
    }


def in_context(f: Fakes) -> Iterator[str]:
    schemes = ["postgres", "mysql", "redis", "amqp", "mongodb+srv", "https", "ftp", "smtp"]
    for i in range(40):
        word, user = f.password(), f.random.choice(["bob", "admin", "", "svc-1", "a.b"])
        yield f"{f.random.choice(schemes)}://{user}:<<{word}>>@db{i}.example.com:5432/x"
        token = f.mixed(24 + i % 20, URL64)
        yield f"Authorization: Bearer <<{token}>>"
        yield f"curl -H 'Authorization: Bearer <<{token}>>' https://example.com"
        yield f"got Bearer <<{token}>> from the client"
        basic = base64.b64encode(f"bob:{word}".encode()).decode()
        yield f"Authorization: Basic <<{basic}>>"
        yield f"Proxy-Authorization: Basic <<{basic}>>\\nHost: example.com"
        yield f"Cookie: <<sid={f.mixed(20)}; theme=dark>>\\nAccept: */*"
        name = f.random.choice(
            [
                "password",
                "passwd",
                "api_key",
                "client_secret",
                "access_token",
                "DB_PASSWORD",
                "apiKey",
            ]
        )
        yield f"{name}=<<{word}>>&user=bob"
        yield f"Config(user='bob', {name}='<<{word}>>', port=1)"
        yield f'{{"{name}": "<<{word}>>", "user": "bob"}}'
        yield f"{{'user': 'bob', '{name}': b'<<{word}>>'}}"
        yield f"tool --{name.replace('_', '-')} <<{word}>> --verbose"
        yield f"tool --{name.lower()}=<<{word}>> x"
        yield f"export {name.upper()}=<<{word}>>"
        yield f"db:\\n  {name}: <<{word}>>\\n  port: 1"


def in_documents(f: Fakes) -> Iterator[str]:
    """XML, JSON and repr() with more than a word behind the name, and text with escapes in it."""
    for i in range(6):
        word = f.password()
        yield f"<user>bob</user><password><<{word}>></password>"
        yield f'<wsse:Password Type="text"><<{word}>></wsse:Password>'
        yield f'{{"cookies": <<{{"sid": "{word}", "n": [{i}]}}>>, "user": "bob"}}'
        yield f"{{'user': 'bob', 'credentials': <<('bob', '{word}')>>, 'n': {i}}}"
        yield f'"{{\\\\"secrets\\\\": <<[\\\\"{word}]\\\\"]>>}}"'
        yield f"('password: <<{word}>>',)"
        yield f"['mysql', '--password', '<<{word}>>', '-h', 'db']"
        yield f'{{"auth": <<{{"user": "bob", "pass": "{word}"}}>>}}'
        yield f'{{"user": "bob", "pass": "<<{word}>>"}}'
        yield f"https://example.com/?user=bob&pass=<<{word}>>&page=2"
        yield f"SplitResult(scheme='https', netloc='bob:<<{word}>>@db:5432', path='')"
        yield f"['GET / HTTP/1.1\\\\r\\\\nCookie: <<sid={word}>>\\\\r\\\\n']"
        yield f"{{'log': 'line {i}\\\\n<<{f.github()}>>'}}"
        yield f"{{'log': '\\\\x00<<{f.stripe()}>>\\\\u00e9'}}"
        yield f"'paid with\\\\n<<{f.card()}>>'"
        yield f"'of\\\\t<<{f.ssn()}>>'"
    for make in (f.github, f.jwt, f.stripe, f.aws_id):  # a URL that is a parameter of another
        yield f"https://example.com/?next=%2Fcallback%3Ft%3D<<{make()}>>%26page%3D2"


def in_tags_and_pairs(f: Fakes) -> Iterator[str]:
    """The name stands in another attribute, in front of it in a list, or last in a key."""
    for i in range(5):
        word = f.password()
        yield f'<input name="password" value="<<{word}>>">'
        yield f'<input value="<<{word}>>" name="password" type="text"/>'
        yield f"<p>1 < 2</p><input type='password' id='p{i}'\\n value='<<{word}>>'><p>value=1</p>"
        yield f'<INPUT VALUE="<<{word}>>" CLASS="a b" NAME="apiKey">'
        yield f'"<input name=\\\\"api_key\\\\" value=\\\\"<<{word}>>\\\\">"'
        yield f"<input name=token value=<<{word}>>>"
        yield f'<meta name="csrf-token" content="<<{word}>>" />'
        yield f'<add key="DbPassword" value="<<{word}>>" /><add key="Port" value="{i}" />'
        yield f'<property name="connection.password" value="<<{word}>>"/>'
        yield f'<input value="<<{f.github()}>>" type="text"><input value="<<{word}>>" name="pwd">'
        yield f'[["password", "<<{word}>>"], ["user", "bob"]]'
        yield f"[('user', 'bob'), ('password', '<<{word}>>')]"
        yield f"(('user', 'bob'), ['token', '<<{word}>>'])"
        yield f"{{('db', 'password'): '<<{word}>>', ('db', 'user'): 'bob'}}"
        yield f"{{('auth', 'password'): '<<{word}>>', ('db', 'user'): 'bob'}}"
        yield f"Counter({{('password', '<<{word}>>'): {i}}})"
        yield f"{{('db', b'secrets'): <<['{word}', {i}]>>}}"


def positives() -> Iterator[str]:
    f = Fakes(1)
    for make in forms(f).values():
        for i in range(EACH):
            yield AROUND[i % len(AROUND)].format(make())
    yield from in_context(f)
    yield from in_documents(f)
    yield from in_tags_and_pairs(f)


WRITTEN = """\
passenger=Bob&tokenizer=bpe&author=Ann&pinned=yes
def login(user, password):
def __init__(self, token: str, secret: bytes) -> None:
password: str
password=None, token=None
token = next_token()
if token == expected_token:
if password != other: raise ValueError
self.password = password
unexpected token: comma
SyntaxError: invalid token (program.py, line 3)
the password must be at least 8 characters long
Enter password:
password: must not be empty
no password was given, and no token either
please reset your password at https://example.com/reset
SELECT id FROM users WHERE password = %s AND token = ?
INSERT INTO t (user, password) VALUES (:user, :password)
{"password": null, "token": "", "secret": false}
password=******** user=bob
api_key=[REDACTED] page=2
postgres://db.example.com:5432/orders
https://example.com:8443/path?at=12:30@home
http://[::1]:8080/a:b@c
mailto:bob@example.com
ssh://git@github.com:owner/name.git
git@github.com:owner/name.git
https://bob@example.com/x
scheme://host/path:with@sign
Bearer authentication is required
the bearer of this letter
bearer tokens are not accepted here
Basic authentication failed for user
Basic instructions follow
Authorization:
the Authorization header is missing
WWW-Authenticate: Bearer realm="example"
Cookie banners are annoying
cookie_policy is set to strict
import secrets, tokenize, getpass
from cryptography.hazmat.primitives import hashes
-----BEGIN CERTIFICATE-----
-----BEGIN PUBLIC KEY-----
-----BEGIN PGP PUBLIC KEY BLOCK-----
----------------------------------------
--------- begin private key notes ---------
+--------+---------+
ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 bob@host
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGfake bob@host
sk-learn-contrib is a project
class="sk-circle sk-fading sk-spinner-wave-long-name"
the task-force and the risk-based approach
ask-me-anything-about-this-really-long-name-here
ghp_short
ghp_ is the prefix of a token
AKIA is the prefix of a key id
AKIASHORT
xoxb is what a bot token begins with
xoxb-none-given-here-at-all
AIza is too short
eyJ is how a JWT begins
eyJhbGciOiJIUzI1NiJ9
version 1.2.3.4 of 2024-01-15T10:30:45.123456Z
127.0.0.1:8080 - - [15/Jan/2024:10:30:45 +0000] "GET / HTTP/1.1" 200 1234
+49 30 1234 5678 9012
+1 (555) 010-1234
call 555-0123-4567 or 1-800-555-0199
2024-01-15 10:30:45,123 INFO 4321 worker 17 took 0.123456789012345 s
3.141592653589793
2.718281828459045235360287
0.4111111111111111
-4111111111111111.5
1700000000000
1700000000123456789
000-12-3456
666-12-3456
900-12-3456
123-00-4567
123-45-0000
123-456-7890
12-345-6789
1234-56-7890
123-45-67890
1111 1111 1111 1111
0000000000000000
4444444444444444
9780306406157
978-3-16-148410-0
pages 1234-5678-9012-3457
10.1000/182.4111111111111112
IBAN DE89 3704 0044 0532 0130 00
"key": "value", "keys": ["a", "b"]
key=value; other_key=thing
{"cookies": {}, "secrets": [], "credentials": ()}
{"password": {password}, "token": [token]}
<password></password><token/>
{"pass": 12, "fail": 0, "skip": 3} pass=12 fail=0 one-pass: yes
SplitResult(scheme='https', netloc='db.example.com:5432', path='/')
['tool', '--token-count', '12', '--verbose', 'x']
<input name="password" type="password"/><label for="password">Password</label>
<p>your <b>password</b> was reset</p>
<input name="user" value="bob"/><input type="password" value=""/>
<input type="submit" name="reset_password" value="Reset the password"/>
<input type="checkbox" name="show_password" value="12">
<meta name="csrf-param" content="authenticity_token"/>
<meta name="author" content="Bob"/><meta name="viewport" content="width=device-width"/>
<input name="password" placeholder="at least 8" maxlength="64"/><option value="12">12</option>
<b>password</b><input name="n" value="12"><label for="password">token</label>
<input name="password" value="{{ form.password }}"/><input name="token" value="${TOKEN}"/>
if 1 < n and token: print(value="bob") > name="password"
name="password" value="bob" is how a form has it
"required": ["password", "username"], "optional": ["token", "user"]
(["token", "name", "place"], ["password"])
{('db', 'user'): 'bob', ('auth', 'password'): None}
if kind in ('auth', 'password'): raise ValueError('kind')
primary_key=True, foreign_key="user.id"
sort(key=lambda x: x.name)
max_tokens=4096 prompt_tokens=12 total_tokens=99
token_count=17 token_type=bearer
pin_memory=True num_pins=40
spin=1/2 opinion=mixed
authenticated=yes authority=example.com author_id=12
session_timeout=30 sessions=4
card_type=visa cards=3 discard=yes scorecard=A
session = requests.Session()
passed=12 failed=0 passes=3 bypass=no
secretary=Ann secretariat=yes
cookiecutter=2.1 cookie_count=3
compass=north passport_office=Berlin
std::string::npos a::b
arn:aws:iam::123456789012:role/service-role
s3://bucket/some/key/that/is/long/2024/01/15/part-00000.parquet
/usr/lib/python3/dist-packages/Package2/moduleName7
docker.io/library/python:3.12-slim@sha256
commit a1b2c3d
en_US.UTF-8
lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod
ThisIsAVeryLongClassNameWithManyWordsInIt
this_is_a_very_long_function_name_with_number_12
TestCaseForTheThingThatDoesNotWorkYet1234
"""


def drawn(f: Fakes) -> Iterator[str]:
    for i in range(20):
        random_bytes = f.random.randbytes(64)
        yield str(uuid.UUID(bytes=random_bytes[:16], version=4))
        yield "sha1 " + hashlib.sha1(random_bytes).hexdigest()
        yield "sha256:" + hashlib.sha256(random_bytes).hexdigest()
        yield "etag " + hashlib.md5(random_bytes).hexdigest().upper()
        yield "data:image/png;base64," + base64.b64encode(random_bytes * 2).decode()
        card = f.card()
        yield "order " + card[:-1] + str((int(card[-1]) + 1 + i % 8) % 10)
        grouped = f.grouped(f.card(), "-")
        yield grouped[:-1] + str((int(grouped[-1]) + 3) % 10)
        yield "id 1" + f.some("0123456789", 15)
        yield "id 7" + f.some("0123456789", 17)
        yield f"{f.random.random():.17f} {f.random.random() * 1e6!r}"
        yield f"ghp_{f.some(WORD, 20)}"
        yield f"AKIA{f.some(BASE32, 10)} and AKIA{f.some(BASE32, 25)}"
        yield f"AIza{f.some(URL64, 12)}"
        yield f"K{f.some(UPPER, 30)}"
        yield f"https://example.com/{f.some(WORD, 11)}/{f.some(WORD, 8)}?id={f.some(WORD, 16)}"
        yield f"eyJ{f.some(WORD, 40)}=="
        yield f"user_{i} has 2024{i:04} points, token_count={i}, max_tokens={i}000"
        yield f"shard-{i:04}-of-0020 took {f.random.randint(1000, 999999)} ms"


def lookalikes() -> Iterator[str]:
    yield from WRITTEN.splitlines()
    yield from drawn(Fakes(2))


def barred(line: str) -> str:
    """A bar into each longer run of letters and digits."""
    out, run = [], 0
    for c in line:
        run = run + 1 if c.isalnum() or c in "-_" else 0
        out.append(c)
        if run == 3:
            out.append(BAR)
    return "".join(out)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, lines in (("positives", positives()), ("lookalikes", lookalikes())):
        text = "".join(barred(line) + "\n" for line in lines)
        (FOLDER / f"{name}.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
