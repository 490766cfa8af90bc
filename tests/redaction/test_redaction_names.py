"""Names: word by word in every way of writing them, and the user's own."""

from __future__ import annotations

import itertools
import re

SECRET = """password passwd pwd secret token api_key apikey access_key private_key authorization auth bearer cookie
session_id csrf ssn credit_card card_number cvv pin passphrase client_secret access_token refresh_token id_token
secret_key signing_key encryption_key csrf_token jwt credentials otp""".split()
AROUND = ["{}", "user_{}", "{}_value", "my_{}_2", "new_{}_for_test", "{}1"]
PLAIN = """passenger tokenizer author pinned passage compass authored authority pinning spin opinion pins cookiecutter
bearing forbearer secretary secretariat tokenize detokenized keyboard key keys monkey api access private session
sessions card cards discard cardinal creditor number accessory password_length token_count max_tokens num_token
token_type auth_method auth_url token_ids pad_token eos_token_id pin_count cookie_policy secrets_count
credential_type session_timeout username user id name value count i x self cls args kwargs passed passes bypass
assessor classmethod authentic authenticate authenticated unauthorized""".split()


def words_of(name: str) -> list[str]:
    return name.split("_")


def spelled(name: str) -> list[str]:
    words = words_of(name)
    return [
        "_".join(words),
        "-".join(words),
        "_".join(words).upper(),
        "-".join(words).upper(),
        "-".join(word.title() for word in words),
        words[0] + "".join(word.title() for word in words[1:]),
        "".join(word.title() for word in words),
        "__" + "_".join(words),
        ".".join(words),
        " ".join(words),
    ]


def test_names_of_secrets_in_every_spelling(redacted):
    names = {
        one
        for name, around in itertools.product(SECRET, AROUND)
        for one in spelled(around.format(name))
    }
    names |= {
        "PGPASSWORD",
        "dbpassword",
        "useraccesstoken",
        "userSSN",
        "X-API-Key",
        "APIKey",
        "oauth2Token",
        "csrftoken",
        "csrfmiddlewaretoken",
        "XSRFToken",
        "JSESSIONID",
        "PHPSESSID",
        "appsecret",
        "consumersecret",
        "bottoken",
    }
    lines = sorted(names)
    found = redacted(lines, mode="names")
    assert [name for name, one in zip(lines, found, strict=True) if one == "0"] == []


def test_other_names_in_every_spelling(redacted):
    lines = sorted(
        {one for name in PLAIN for one in spelled(name)}
        | {"", "_", "123", "\u00e9", "\u5bc6\u7801"}
    )
    found = redacted(lines, mode="names")
    assert [name for name, one in zip(lines, found, strict=True) if one != "0"] == []


TEXTS = [
    "{}='{}'",
    '{{"{}": "{}"}}',
    "x={{'a': 1, '{}': b'{}'}}",
    "GET /?{}={}&x=1",
    "{}={}",
    "f({} = '{}')",
]


def test_names_in_text_are_the_same_names(redacted):
    """What is a secret as an argument or a key is one in the text of a repr, of JSON, of a query too."""
    names = [
        one
        for name, around in itertools.product(SECRET + PLAIN, AROUND)
        for one in spelled(around.format(name))
        if re.fullmatch(r"[\w-]+", one)
    ]
    names = sorted(set(names))
    secret = redacted(names, mode="names")
    value = "Zq8vT2xKw9"
    lines = [text.format(name, value) for name in names for text in TEXTS]
    wanted = [
        text.format(name, "[REDACTED]" if one != "0" else value)
        for name, one in zip(names, secret, strict=True)
        for text in TEXTS
    ]
    assert 1000 < sum(one != "0" for one in secret) < len(names) - 500
    wrong = [(a, b) for a, b in zip(redacted(lines), wanted, strict=True) if a != b]
    assert not wrong, f"{len(wrong)} of {len(lines)}: {wrong[:40]}"


def test_names_of_the_user(redacted):
    lines = ["vault_item", "VaultItem", "vaultitem", "vault", "item", "token", "auth_token", "pin"]
    assert redacted(lines, "vault-item", "-token", mode="names") == list("22200021")
    assert redacted(["vault_item=abc123 token=abc123"], "vaultItem", "-token") == [
        "vault_item=[REDACTED] token=abc123"
    ]


def test_a_name_has_letters_and_is_short(redacted):
    for bad in ("", "-", "___", "x" * 300):
        assert "has no letters or digits" in redacted([], bad)[0]
