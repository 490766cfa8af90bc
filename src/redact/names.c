/* names.c - see names.h. */
#include "base/base.h"

#include "redact/names.h"

#define WORDS 24  /* of one name; what comes after is not looked at */
#define BYTES 256 /* the same */

/* ---- what means a secret ------------------------------------------------------------------ */

static const char *const strong[] = {
    "password",
    "passwords",
    "passwd",
    "pwd",
    "passphrase",
    "passcode",
    "pass word",
    "pass phrase",
    "pass code",
    "user pass",
    "db pass",
    "smtp pass",
    "mysql pass",
    "proxy pass",
    "login pass",
    "root pass",
    "admin pass",
    "http pass",
    "email pass",
    "mail pass",
    "imap pass",
    "ldap pass",
    "ftp pass",
    "ssh pass",
    "sudo pass",
    "auth pass",
    "basic pass",
    "key pass",
    "database pass",
    "redis pass",
    "mongo pass",
    "postgres pass",
    "pg pass",
    "passwort",
    "api key",
    "api keys",
    "api secret",
    "api token",
    "access key",
    "access keys",
    "access token",
    "access tokens",
    "refresh token",
    "id token",
    "bearer token",
    "bot token",
    "auth token",
    "auth key",
    "auth header",
    "session token",
    "session id",
    "jsession id",
    "phpsess id",
    "session key",
    "session cookie",
    "private key",
    "private keys",
    "secret key",
    "secret keys",
    "client secret",
    "consumer secret",
    "app secret",
    "signing key",
    "encryption key",
    "master key",
    "account key",
    "shared key",
    "service key",
    "ssh key",
    "aws key",
    "hmac key",
    "authorization",
    "cookie",
    "cookies",
    "csrf",
    "csrf token",
    "csrf middleware token",
    "xsrf",
    "xsrf token",
    "ssn",
    "social security",
    "credit card",
    "credit cards",
    "card number",
    "card numbers",
    "card no",
    "card num",
    "cc number",
    "cc num",
    "debit card",
    "cvv",
    "cvc",
    "security code",
    "pin code",
    "pin number",
    "auth code",
    "otp code",
    "mfa code",
    "recovery code",
};

static const char *const weak[] = {
    "secret",     "secrets",     "token", "auth", "bearer", "pin",       "jwt",
    "credential", "credentials", "creds", "otp",  "totp",   NAMES_ALONE,
};

/* What is glued to other words without any mark between them: PGPASSWORD, dbpassword, useraccesstoken. */
static const char *const endings[] = {
    "password",   "passwd",    "passphrase",  "apikey",       "accesskey",    "secretkey",
    "privatekey", "authtoken", "accesstoken", "refreshtoken", "clientsecret", "sessiontoken",
};

/* A word behind the phrase that makes it something about the secret: its count, its kind, where it is had from. */
static const char *const about[] = {
    "count",  "counts",     "len",      "length",   "size",       "sizes",    "type",    "types",
    "ttl",    "expiry",     "expires",  "expired",  "expiration", "lifetime", "timeout", "limit",
    "limits", "policy",     "policies", "strength", "required",   "enabled",  "index",   "idx",
    "offset", "pos",        "position", "usage",    "budget",     "url",      "uri",     "endpoint",
    "ids",    "embeddings", "class",    "method",   "scheme",
};

/* A word before it that does the same. The last are the marks that language models know. */
static const char *const amounts[] = {
    "num", "n", "max", "min", "total", "pad", "eos", "bos", "unk", "mask", "sep", "cls",
};

/* ---- words -------------------------------------------------------------------------------- */

struct words {
    char bytes[BYTES]; /* lower case, one behind the other */
    uint16_t at[WORDS + 1];
    size_t count;
};

static bool is_upper(unsigned char c)
{
    return c >= 'A' && c <= 'Z';
}

/* Bytes of other alphabets count as small letters. */
static bool is_lower(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || c >= 0x80;
}

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

/* Does a word begin at `c`, behind `before` in the same run of letters and digits? In "APIKey" one begins at K. */
static bool is_border(unsigned char before, unsigned char c, unsigned char next)
{
    if (is_digit(before) != is_digit(c))
        return true;
    return is_upper(c) && (is_lower(before) || (is_upper(before) && is_lower(next)));
}

static void split(const char *name, size_t len, struct words *words)
{
    size_t i, n = 0;
    bool inside = false;

    words->count = 0;
    words->at[0] = 0;
    for (i = 0; i < len && n < BYTES; i++) {
        unsigned char c = (unsigned char)name[i];
        unsigned char next = i + 1 < len ? (unsigned char)name[i + 1] : 0;

        if (!is_upper(c) && !is_lower(c) && !is_digit(c)) {
            inside = false;
            continue;
        }
        if (!inside || is_border((unsigned char)name[i - 1], c, next)) {
            if (words->count == WORDS)
                break;
            words->at[words->count++] = (uint16_t)n;
        }
        inside = true;
        words->bytes[n++] = (char)(is_upper(c) ? c + 32 : c);
    }
    words->at[words->count] = (uint16_t)n;
}

static const char *word(const struct words *words, size_t i, size_t *ret_len)
{
    *ret_len = (size_t)(words->at[i + 1] - words->at[i]);
    return words->bytes + words->at[i];
}

static bool word_in(const struct words *words, size_t i, const char *const *list, size_t n)
{
    size_t len, k;
    const char *text = word(words, i, &len);

    for (k = 0; k < n; k++)
        if (strlen(list[k]) == len && memcmp(list[k], text, len) == 0)
            return true;
    return false;
}

static bool word_ends(const struct words *words, size_t i)
{
    size_t len, k, n;
    const char *text = word(words, i, &len);

    for (k = 0; k < ARRAY_SIZE(endings); k++) {
        n = strlen(endings[k]);
        if (len > n && memcmp(text + len - n, endings[k], n) == 0)
            return true;
    }
    return false;
}

/* How many words from the i-th on are this phrase, together or as one; 0: none. */
static size_t phrase_at(const struct words *words, size_t i, const struct names_phrase *phrase)
{
    size_t w = i, in = 0, p = 0, len;
    bool joined = true, apart = true;
    const char *text = word(words, i, &len);

    for (; p < phrase->len; p++) {
        if (phrase->text[p] == ' ') {
            /* apart: the word has to end here. joined: it goes on. */
            if (in == len && w + 1 < words->count && apart) {
                joined = false;
                text = word(words, ++w, &len);
                in = 0;
            } else if (in < len && joined) {
                apart = false;
            } else {
                return 0;
            }
            continue;
        }
        if (in >= len || text[in] != phrase->text[p])
            return 0;
        in++;
    }
    return in == len ? w - i + 1 : 0;
}

/* ---- the phrases -------------------------------------------------------------------------- */

static void put(struct names *names, const char *text, size_t len, enum redact_name strength,
                bool added)
{
    struct names_phrase *phrase;
    size_t i;

    for (i = 0; i < names->count; i++) {
        phrase = &names->phrases[i];
        if (phrase->len == len && memcmp(phrase->text, text, len) == 0) {
            phrase->strength = (uint8_t)strength;
            return;
        }
    }
    if (strength == REDACT_NAME_PLAIN || names->count == NAMES_MOST)
        return;
    phrase = &names->phrases[names->count++];
    memcpy(phrase->text, text, len);
    phrase->len = (uint8_t)len;
    phrase->strength = (uint8_t)strength;
    phrase->added = added;
}

static int by_text(const void *a, const void *b)
{
    const struct names_phrase *x = a, *y = b;
    size_t len = x->len < y->len ? x->len : y->len;
    int order = memcmp(x->text, y->text, len);

    return order != 0 ? order : (int)x->len - (int)y->len;
}

void names_sort(struct names *names)
{
    size_t i, c = 0;

    qsort(names->phrases, names->count, sizeof(names->phrases[0]), by_text);
    for (i = 0; i < names->count; i++)
        for (; c <= (unsigned char)names->phrases[i].text[0]; c++)
            names->first[c] = (uint16_t)i;
    for (; c < ARRAY_SIZE(names->first); c++)
        names->first[c] = names->count;
}

void names_init(struct names *names)
{
    size_t i;

    memset(names, 0, sizeof(*names));
    for (i = 0; i < ARRAY_SIZE(strong); i++)
        put(names, strong[i], strlen(strong[i]), REDACT_NAME_STRONG, false);
    for (i = 0; i < ARRAY_SIZE(weak); i++)
        put(names, weak[i], strlen(weak[i]), REDACT_NAME_WEAK, false);
    names_sort(names);
}

/* The words of a name with blanks between them; 0 when it has none or they do not fit. */
static size_t phrase_of(const char *name, char *text, size_t size)
{
    struct words words;
    size_t i, n = 0, len;

    if (strlen(name) >= BYTES)
        return 0;
    split(name, strlen(name), &words);
    for (i = 0; i < words.count; i++) {
        const char *one = word(&words, i, &len);

        if (n + len + 1 > size)
            return 0;
        if (i > 0)
            text[n++] = ' ';
        memcpy(text + n, one, len);
        n += len;
    }
    return n;
}

bool names_valid(const char *name)
{
    char text[NAMES_PHRASE];

    return phrase_of(name + (name[0] == '-'), text, sizeof(text)) > 0;
}

bool names_add(struct names *names, const char *name)
{
    bool away = name[0] == '-';
    char text[NAMES_PHRASE];
    size_t n = phrase_of(name + away, text, sizeof(text));

    if (n == 0 || (!away && names->count == NAMES_MOST))
        return false;
    put(names, text, n, away ? REDACT_NAME_PLAIN : REDACT_NAME_STRONG, true);
    return true;
}

/* Is it about the secret, and not the secret? */
static bool is_about(const struct words *words, size_t i, size_t n)
{
    if (i + n < words->count && word_in(words, i + n, about, ARRAY_SIZE(about)))
        return true;
    return i > 0 && word_in(words, i - 1, amounts, ARRAY_SIZE(amounts));
}

static bool is_alone(const struct names_phrase *phrase)
{
    return !phrase->added && phrase->len == strlen(NAMES_ALONE) &&
           memcmp(phrase->text, NAMES_ALONE, phrase->len) == 0;
}

enum redact_name names_find(const struct names *names, const char *name, size_t len)
{
    enum redact_name best = REDACT_NAME_PLAIN;
    struct words words;
    size_t i, k, n, wide;

    split(name, len, &words);
    for (i = 0; i < words.count; i++) {
        unsigned char c = (unsigned char)words.bytes[words.at[i]];

        for (k = names->first[c]; k < names->first[c + 1]; k++) {
            if (names->phrases[k].strength <= best ||
                (words.count > 1 && is_alone(&names->phrases[k])))
                continue;
            n = phrase_at(&words, i, &names->phrases[k]);
            if (n > 0 && !is_about(&words, i, n))
                best = names->phrases[k].strength;
        }
        (void)word(&words, i, &wide);
        if (wide > 6 && word_ends(&words, i) && !is_about(&words, i, 1))
            best = REDACT_NAME_STRONG;
    }
    return best;
}
