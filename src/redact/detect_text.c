/*
 * detect_text.c - secrets that are known by what stands around them: private keys in PEM, passwords in URLs, Bearer and
 * Basic credentials, and values behind a name that means a secret.
 */
#include "base/base.h"

#include "redact/detect.h"

#include <strings.h>

/* ---- PEM ---------------------------------------------------------------------------------- */

/* From its BEGIN line to its END line, or to the end of the text. */
bool detect_pem(const struct redact_text *t, size_t at, struct redact_span *span)
{
    static const char begin[] = "-----BEGIN ", end_line[] = "-----END ";
    size_t p = at, label;
    const char *found;

    if (!detect_starts(t, at, begin, sizeof(begin) - 1))
        return false;
    label = p += sizeof(begin) - 1;
    while (p < t->len && p - label < 40 &&
           detect_is(t->bytes[p], CLASS_UPPER | CLASS_DIGIT | CLASS_BLANK))
        p++;
    if (memmem(t->bytes + label, p - label, "PRIVATE KEY", 11) == NULL && !detect_open(t, p))
        return false;
    span->start = at;
    found = memmem(t->bytes + p, t->len - p, end_line, sizeof(end_line) - 1);
    if (found == NULL) {
        span->end = t->len;
        return true;
    }
    p = (size_t)(found - t->bytes) + sizeof(end_line) - 1;
    while (p < t->len && detect_is(t->bytes[p], CLASS_UPPER | CLASS_DIGIT | CLASS_BLANK))
        p++;
    while (p < t->len && t->bytes[p] == '-')
        p++;
    span->end = p;
    return true;
}

/* ---- URLs --------------------------------------------------------------------------------- */

static bool ends_authority(char c)
{
    return c == '/' || c == '?' || c == '#';
}

static bool ends_url(char c)
{
    return (unsigned char)c <= ' ' || c == '"' || c == '\'' || c == '<' || c == '>' || c == '`' ||
           c == '\\' || c == '|' || c == '{' || c == '}';
}

/* The last @ before `end`, from `at` on; 0: none. */
static size_t last_at_sign(const struct redact_text *t, size_t at, size_t end)
{
    while (end > at)
        if (t->bytes[--end] == '@')
            return end;
    return 0;
}

static size_t authority_end(const struct redact_text *t, size_t at, size_t most)
{
    while (at < most && !ends_url(t->bytes[at]) && !ends_authority(t->bytes[at]))
        at++;
    return at;
}

/* The colon between user and password; 0: there is none. */
static size_t user_end(const struct redact_text *t, size_t user, size_t most)
{
    size_t end = authority_end(t, user, most);
    const char *colon = memchr(t->bytes + user, ':', end - user);

    if (colon == NULL || memchr(t->bytes + user, '[', (size_t)(colon - t->bytes) - user) != NULL ||
        memchr(t->bytes + user, '@', (size_t)(colon - t->bytes) - user) != NULL)
        return 0;
    return (size_t)(colon - t->bytes);
}

/* The @ behind the password that begins at `at`, or where the text was cut in it; 0: it is none. */
static size_t password_end(const struct redact_text *t, size_t at, size_t most)
{
    size_t end = authority_end(t, at, most), sign = last_at_sign(t, at, end);
    bool is_port = detect_run(t, at, CLASS_DIGIT) >= end;

    if (sign > 0 || is_port)
        return sign;
    if (detect_open(t, end))
        return end;
    while (end < most && !ends_url(t->bytes[end]) && t->bytes[end] != '@')
        end++;
    return end < most && t->bytes[end] == '@' ? end : 0;
}

/* scheme://user:password@host. The password may hold an @, and a / that nobody escaped where it cannot be a port. */
bool detect_url(const struct redact_text *t, size_t at, struct redact_span *span)
{
    size_t user = at + 3, most = t->len, colon, end;

    if (!detect_starts(t, at, "://", 3) || at == 0 || !detect_is(t->bytes[at - 1], CLASS_WORD))
        return false;
    if (most - user > DETECT_AUTHORITY)
        most = user + DETECT_AUTHORITY;
    colon = user_end(t, user, most);
    if (colon == 0)
        return false;
    end = password_end(t, colon + 1, most);
    if (end <= colon + 1)
        return false;
    span->start = colon + 1;
    span->end = end;
    return true;
}

bool redact_authority(const char *text, size_t len, struct redact_span *span)
{
    struct redact_text t = {text, len, false};
    size_t colon = user_end(&t, 0, len), end = colon > 0 ? password_end(&t, colon + 1, len) : 0;

    /* A text may begin with the colon: there is no user. */
    if (colon == 0 && len > 0 && text[0] == ':')
        end = password_end(&t, 1, len);
    span->start = colon + 1;
    span->end = end;
    return end > span->start;
}

/* ---- Bearer, Basic ------------------------------------------------------------------------ */

#define CLASS_CREDENTIAL (CLASS_URL64 | CLASS_POINT | CLASS_BASE64 | CLASS_EQUALS)

/* Not a word of a sentence: has a digit, a sign, or letters of both kinds behind the first. */
static bool looks_credential(const char *p, size_t n)
{
    unsigned seen = 0;
    size_t i;

    if (n < 8)
        return false;
    for (i = 1; i < n; i++)
        seen |= detect_classes[(unsigned char)p[i]];
    if (p[n - 1] == '.' && !(seen & (CLASS_DIGIT | CLASS_BASE64 | CLASS_EQUALS)))
        return false; /* the end of a sentence */
    return n >= 32 || (seen & (CLASS_DIGIT | CLASS_EQUALS)) != 0 ||
           ((seen & CLASS_UPPER) && (seen & CLASS_LOWER));
}

/* Does base64 of so many characters say "user:password"? */
static bool is_basic(const char *p, size_t n)
{
    uint32_t pool = 0;
    unsigned bits = 0;
    bool colon = false;
    size_t i;

    for (i = 0; i < n && p[i] != '='; i++) {
        unsigned char c = (unsigned char)p[i], v;

        v = c >= 'a'   ? (unsigned char)(c - 'a' + 26)
            : c >= 'A' ? (unsigned char)(c - 'A')
            : c >= '0' ? (unsigned char)(c - '0' + 52)
            : c == '+' ? 62
                       : 63;
        pool = pool << 6 | (v & 63u);
        bits += 6;
        if (bits >= 8) {
            unsigned char byte = (unsigned char)(pool >> (bits - 8));

            bits -= 8;
            if (byte < 0x20)
                return false;
            colon |= byte == ':';
        }
    }
    return colon;
}

bool detect_bearer(const struct redact_text *t, size_t at, struct redact_span *span)
{
    bool bearer = detect_starts_any(t, at, "bearer", 6);
    size_t p = at + (bearer ? 6 : 5), end;

    if (!detect_begins(t, at) || (!bearer && !detect_starts_any(t, at, "basic", 5)))
        return false;
    if (p >= t->len || !detect_is(t->bytes[p], CLASS_BLANK))
        return false;
    p = detect_run(t, p, CLASS_BLANK);
    end = p;
    while (end < t->len && (detect_is(t->bytes[end], CLASS_CREDENTIAL) || t->bytes[end] == '~'))
        end++;
    if (!detect_open(t, end) && !(bearer ? looks_credential(t->bytes + p, end - p)
                                         : end - p >= 4 && is_basic(t->bytes + p, end - p)))
        return false;
    if (end == p)
        return false;
    span->start = p;
    span->end = end;
    return true;
}
