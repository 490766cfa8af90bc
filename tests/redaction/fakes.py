"""Makes secrets that are none: the right form, drawn by a seed, with FAKE in them where the form leaves room."""

from __future__ import annotations

import base64
import json
import random
import string

WORD = string.ascii_letters + string.digits
URL64 = WORD + "-_"
UPPER = string.ascii_uppercase + string.digits
BASE32 = string.ascii_uppercase + "234567"


def luhn(digits: str) -> str:
    """The check digit behind these."""
    total = 0
    for i, c in enumerate(reversed(digits)):
        d = int(c) * (2 if i % 2 == 0 else 1)
        total += d - 9 if d > 9 else d
    return str(-total % 10)


class Fakes:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def some(self, alphabet: str, n: int) -> str:
        return "".join(self.random.choice(alphabet) for _ in range(n))

    def mixed(self, n: int, alphabet: str = WORD) -> str:
        """With FAKE in it, and a digit."""
        body = self.some(alphabet, n)
        return "FAKE" + body[4:-1] + self.some(string.digits, 1) if n > 8 else body

    # ---- numbers ----

    def card(self, prefix: str = "", length: int = 16) -> str:
        prefix = prefix or self.random.choice(["4", "51", "2221", "6011", "62"])
        body = prefix + self.some(string.digits, length - len(prefix) - 1)
        return body + luhn(body)

    def grouped(self, card: str, mark: str) -> str:
        groups = {15: (4, 6, 5), 14: (4, 6, 4)}.get(len(card), (4, 4, 4, 4, 4))
        parts, at = [], 0
        for width in groups:
            parts.append(card[at : at + width])
            at += width
        return mark.join(filter(None, parts))

    def ssn(self) -> str:
        area = self.random.choice([n for n in range(1, 900) if n != 666])
        return f"{area:03}-{self.random.randint(1, 99):02}-{self.random.randint(1, 9999):04}"

    # ---- tokens ----

    def jwt(self) -> str:
        def part(value: object) -> str:
            text = json.dumps(value, separators=(",", ":")).encode()
            return base64.urlsafe_b64encode(text).decode().rstrip("=")

        head = {"alg": self.random.choice(["HS256", "RS256", "ES256"]), "typ": "JWT"}
        body = {"sub": self.some(WORD, 12), "fake": True, "iat": self.random.randint(1, 2**31)}
        return f"{part(head)}.{part(body)}.{self.some(URL64, 43)}"

    def aws_id(self) -> str:
        return self.random.choice(["AKIA", "ASIA"]) + "FAKE" + self.some(BASE32, 12)

    def aws_secret(self) -> str:
        return self.some(WORD + "/+", 20) + "/Fa7kE" + self.some(WORD + "/+", 14)

    def github(self) -> str:
        return self.random.choice(["ghp", "gho", "ghu", "ghs", "ghr"]) + "_" + self.mixed(36)

    def github_fine(self) -> str:
        return "github_pat_" + self.mixed(22) + "_" + self.mixed(59)

    def gitlab(self) -> str:
        return self.random.choice(["glpat-", "glptt-", "gldt-", "glrt-"]) + self.mixed(20, URL64)

    def slack(self) -> str:
        n = self.some("123456789", 12)
        return f"{self.random.choice(['xoxb', 'xoxp', 'xoxa'])}-{n}-{n[::-1]}-{self.mixed(24)}"

    def slack_hook(self) -> str:
        where = f"T{self.mixed(8, UPPER)}/B{self.mixed(8, UPPER)}/{self.mixed(24)}"
        return "hooks.slack.com/services/" + where

    def stripe(self) -> str:
        return self.random.choice(["sk_live_", "sk_test_", "rk_live_"]) + self.mixed(24)

    def google(self) -> str:
        return "AIza" + self.mixed(35, URL64)

    def google_access(self) -> str:
        return "ya29." + self.mixed(60, URL64)

    def openai(self) -> str:
        if self.random.random() < 0.5:
            return "sk-" + self.mixed(48)
        return "sk-proj-" + self.mixed(64, URL64)

    def anthropic(self) -> str:
        return "sk-ant-api03-" + self.mixed(80, URL64)

    def pem(self) -> str:
        kind = self.random.choice(["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "])
        lines = [self.some(WORD + "+/", 64) for _ in range(3)]
        body = "\n".join([*lines, self.some(WORD, 20) + "=="])
        return f"-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----"

    def password(self) -> str:
        return self.some(WORD + "!*-_.", self.random.randint(8, 20)) + "7a"
