/*
 * detect_named.c - `name=value`, `"name": "value"`, `Name: value`, `--name value` inside of running text: what repr(), query
 * strings, configuration files, headers and command lines look like.
 *
 * Where the value is quoted or follows an equals sign, every name of a secret is believed. Behind a colon without quotes,
 * as in a sentence ("unexpected token: comma"), only a strong one, and only if the value is the last word of its line.
 */
#include "base/base.h"

#include "redact/detect.h"

#include <strings.h>

struct named {
    size_t start, end; /* the name */
    char open;         /* the quote before the name; 0: none */
    char quote;        /* around the name; 0: none */
    bool dashes;       /* it is an option: --name */
    char sign;         /* '=', ':', ' ' or ',' between name and value */
    char pair;         /* what opens the pair, where the sign is ',' and it is no option */
    bool spaced;       /* with blanks around the sign */
    size_t value;      /* where the value begins, its quote included */
};

/* Is there a dash in the word before `at`? */
static bool may_be_option(const struct redact_text *t, size_t at)
{
    size_t p = at;

    while (p > 0 && detect_in_name(t->bytes[p - 1]) && at - p < DETECT_NAME)
        p--;
    return p < at && t->bytes[p] == '-';
}

/* ---- the name and the sign ---------------------------------------------------------------- */

/* Can it be followed by a sign? Looked at first, because most words of a text are not. */
static bool find_end(const struct redact_text *t, size_t at, struct named *n)
{
    size_t p = at;
    char c;

    while (p < t->len && detect_in_name(t->bytes[p]) && p - at < DETECT_NAME)
        p++;
    n->end = p;
    c = detect_byte(t, p);
    if (detect_is(c, CLASS_BLANK)) {
        p = detect_run(t, p, CLASS_BLANK);
        return detect_byte(t, p) == '=' || detect_byte(t, p) == ':' || may_be_option(t, at);
    }
    return c == '=' || c == ':' || detect_is_quote(c) || c == '\\';
}

static void find_start(const struct redact_text *t, size_t at, struct named *n)
{
    n->start = at;
    while (n->start > 0 && detect_in_name(t->bytes[n->start - 1]) && at - n->start < DETECT_NAME &&
           detect_escape(t, n->start) == 0)
        n->start--;
    n->dashes = n->end - n->start > 2 && t->bytes[n->start] == '-' && t->bytes[n->start + 1] == '-';
    n->open =
        n->start > 0 && detect_is_quote(t->bytes[n->start - 1]) ? t->bytes[n->start - 1] : '\0';
    n->quote = n->open;
    n->pair = '\0';
}

/* ("name", ...: the beginning of a pair, as headers are in Python. In brackets it is one only among others: [["name", ... */
static bool opens_pair(const struct redact_text *t, struct named *n)
{
    size_t p = n->start - 1; /* the quote */

    while (p > 0 && t->bytes[p - 1] == '\\')
        p--;
    if (p > 0 && (t->bytes[p - 1] == 'b' || t->bytes[p - 1] == 'u'))
        p--;
    n->pair = p > 0 ? t->bytes[p - 1] : '\0';
    if (n->pair == '(')
        return true;
    while (p > 1 && detect_is(t->bytes[p - 2], CLASS_BLANK))
        p--;
    return n->pair == '[' && p > 1 && memchr("[(,", t->bytes[p - 2], 3) != NULL;
}

/* {("db", "password"): "...": is the bracket at `at` the end of a key? What it holds is none of a program's words. */
static bool closes_key(const struct redact_text *t, size_t at)
{
    char c;

    if (detect_byte(t, at) != ')' || detect_byte(t, at + 1) != ':')
        return false;
    at = detect_unescaped(t, detect_run(t, at + 2, CLASS_BLANK));
    c = detect_byte(t, at);
    if (c == 'b') /* repr() of bytes */
        c = detect_byte(t, at + 1);
    return detect_is_quote(c) || detect_is(c, CLASS_DIGIT) ||
           (c != '\0' && strchr("<{[(", c) != NULL);
}

/* Behind the name: its quote, and what closes an index (environ['PASSWORD'] = ...) or a key. False: it is the quote of something else. */
static bool skip_quote(const struct redact_text *t, struct named *n, size_t *at)
{
    size_t quote = detect_unescaped(t, *at);

    if (!detect_is_quote(detect_byte(t, quote))) {
        n->quote = '\0';
        return true;
    }
    *at = quote + 1;
    *at += detect_byte(t, *at) == ']' || closes_key(t, *at);
    return t->bytes[quote] == n->quote;
}

/* `at` is behind the sign: blanks, then the value. */
static bool begin_value(const struct redact_text *t, struct named *n, size_t at)
{
    n->value = detect_run(t, at, CLASS_BLANK);
    n->spaced |= n->value > at;
    return n->value < t->len;
}

/* --name value */
static bool is_option(const struct redact_text *t, const struct named *n)
{
    return n->dashes && n->spaced && n->quote == '\0' && detect_byte(t, n->value) != '-' &&
           n->value < t->len;
}

static bool find_sign(const struct redact_text *t, struct named *n)
{
    size_t p = n->end, blanks;
    char next;

    if (!skip_quote(t, n, &p))
        return false;
    blanks = p;
    p = detect_run(t, p, CLASS_BLANK);
    n->spaced = p > blanks;
    n->sign = detect_byte(t, p);
    if (n->sign == ',' && n->quote != '\0')
        return (n->dashes || opens_pair(t, n)) && begin_value(t, n, p + 1);
    if (n->sign != '=' && n->sign != ':') {
        n->sign = ' ';
        n->value = p;
        return is_option(t, n);
    }
    next = detect_byte(t, ++p);
    if ((n->sign == ':' && next == '=') || (n->sign == '=' && next == '>')) /* := and => */
        next = detect_byte(t, ++p);
    if (next == '=' || next == ':' || next == '/') /* a == b, a::b, a:// */
        return false;
    return begin_value(t, n, p);
}

/* ---- the value ---------------------------------------------------------------------------- */

static bool ends_value(char c)
{
    return (unsigned char)c <= ' ' || c == ',' || c == ';' || c == '&' || c == ')' || c == ']' ||
           c == '}' || c == '"' || c == '\'' || c == '`' || c == '<' || c == '>' || c == '|' ||
           c == '\\';
}

void detect_quoted(const struct redact_text *t, size_t at, struct redact_span *span)
{
    size_t quote = detect_unescaped(t, at), escapes = quote - at, most = detect_value_most(t, at),
           p;
    char mark = t->bytes[quote];

    span->start = quote + 1;
    for (p = quote + 1; p < most && t->bytes[p] != '\n'; p++) {
        if (t->bytes[p] != mark)
            continue;
        if (detect_ends_quote(t, p, span->start, escapes)) {
            while (p > span->start && t->bytes[p - 1] == '\\')
                p--;
            break;
        }
    }
    span->end = p;
}

/* To the end of the line, or to the quote that was open before the name. */
static void line_value(const struct redact_text *t, size_t at, char open, struct redact_span *span)
{
    size_t p = at, most = detect_value_most(t, at);

    while (p < most && t->bytes[p] != '\n' && t->bytes[p] != '\r' &&
           (open == '\0' || t->bytes[p] != open) &&
           !(t->bytes[p] == '\\' && (detect_byte(t, p + 1) == 'n' || detect_byte(t, p + 1) == 'r')))
        p++;
    span->start = at;
    span->end = p;
}

static void word_value(const struct redact_text *t, size_t at, struct redact_span *span)
{
    size_t p = at, most = detect_value_most(t, at);

    while (p < most && !ends_value(t->bytes[p]))
        p++;
    span->start = at;
    span->end = p;
}

/* Nothing, or a stand-in for a value: NULL, ***, %s, {password}, $PASSWORD, [REDACTED]. */
bool detect_placeholder(const struct redact_text *t, const struct redact_span *span)
{
    static const char *const words[] = {"none",      "null",     "nil",      "true", "false",
                                        "undefined", "required", "optional", "str",  "string",
                                        "bytes",     "int",      "redacted", "..."};
    const char *p = t->bytes + span->start;
    size_t n = span->end - span->start, i;

    if (n == 0 || memchr("${%?[(<", p[0], 7) != NULL)
        return true;
    for (i = 0; i < ARRAY_SIZE(words); i++)
        if (strlen(words[i]) == n && strncasecmp(words[i], p, n) == 0)
            return true;
    for (i = 0; i < n && memchr("*xX.", p[i], 4) != NULL; i++)
        ;
    return i == n;
}

/* Is the text from `at` on only blanks up to the end of its line? The end of a quoted text in a list is one. */
static bool ends_line(const struct redact_text *t, size_t at)
{
    if (detect_is_quote(detect_byte(t, at)) && detect_byte(t, at + 1) != '\0' &&
        memchr(",)]}", detect_byte(t, at + 1), 4) != NULL)
        return true;
    while (at < t->len &&
           (detect_is(t->bytes[at], CLASS_BLANK) || t->bytes[at] == ',' || t->bytes[at] == ';' ||
            t->bytes[at] == '}' || detect_is_quote(t->bytes[at])))
        at++;
    return at >= t->len || t->bytes[at] == '\n' || t->bytes[at] == '\r' || t->bytes[at] == '\\';
}

static bool name_is(const struct redact_text *t, const struct named *n, const char *end)
{
    size_t len = strlen(end);

    return n->end - n->start >= len && strncasecmp(t->bytes + n->end - len, end, len) == 0;
}

/* "Basic dXNlcjpwYXNz": the scheme may stay. */
static void skip_scheme(const struct redact_text *t, struct redact_span *span)
{
    static const char *const schemes[] = {
        "basic", "bearer", "digest", "token",     "apikey", "negotiate",       "ntlm",
        "hmac",  "oauth",  "hawk",   "signature", "key",    "aws4-hmac-sha256"};
    size_t word = span->start, rest, i;

    while (word < span->end && detect_is(t->bytes[word], CLASS_WORD | CLASS_LINK))
        word++;
    rest = detect_run(t, word, CLASS_BLANK);
    if (rest == word || rest >= span->end)
        return;
    for (i = 0; i < ARRAY_SIZE(schemes); i++)
        if (strlen(schemes[i]) == word - span->start &&
            strncasecmp(schemes[i], t->bytes + span->start, word - span->start) == 0)
            span->start = rest;
}

/* Is the quote at `at` followed by the end of the pair? */
static bool closes_pair(const struct redact_text *t, const struct named *n, size_t at)
{
    at = detect_unescaped(t, at);
    if (detect_open(t, at))
        return true;
    return detect_byte(t, at + 1) == (n->pair == '[' ? ']' : ')');
}

/* {("auth", "password"): "...": the second of such a pair is a name too, of what is behind it. */
static bool is_of_key(const struct redact *r, const struct redact_text *t,
                      const struct redact_span *span)
{
    return closes_key(t, detect_unescaped(t, span->end) + 1) &&
           names_find(&r->names, t->bytes + span->start, span->end - span->start) !=
               REDACT_NAME_PLAIN;
}

bool detect_is_name(const struct redact *r, const struct redact_text *t,
                    const struct redact_span *span)
{
    const char *p = t->bytes + span->start;
    size_t len = span->end - span->start, i;
    bool compound = false;

    for (i = 0; i < len; i++) {
        if (!detect_is(p[i], CLASS_LETTER) && p[i] != '_' && p[i] != '.')
            return false;
        compound |= i > 0 && (p[i] == '_' || p[i] == '.');
    }
    return compound && names_find(&r->names, p, len) != REDACT_NAME_PLAIN;
}

/* Source code that hands a secret on, and does not hold it: password=password, token = self.token. */
static bool is_reference(const struct redact *r, const struct redact_text *t, const struct named *n,
                         const struct redact_span *span)
{
    size_t len = span->end - span->start;

    if (len == n->end - n->start &&
        strncasecmp(t->bytes + span->start, t->bytes + n->start, len) == 0)
        return true;
    return detect_is_name(r, t, span);
}

/* 12 tests pass=12; in a query it is a password. */
static bool counts_passes(const struct redact_text *t, const struct named *n)
{
    return n->end - n->start == strlen(NAMES_ALONE) && name_is(t, n, NAMES_ALONE) &&
           (n->start == 0 || memchr("?&;", t->bytes[n->start - 1], 3) == NULL);
}

/* A value without quotes. */
static bool bare_value(const struct redact *r, const struct redact_text *t, const struct named *n,
                       bool strong, struct redact_span *span)
{
    bool loose = n->sign == ':' ? n->quote == '\0' : n->sign == '=' && n->spaced;

    if (n->sign == ',' || (loose && !strong)) /* pairs are of quoted texts */
        return false;
    if (counts_passes(t, n))
        return false;
    word_value(t, n->value, span);
    if (detect_byte(t, span->end) == '(' ||
        memchr(t->bytes + span->start, '(', span->end - span->start) != NULL)
        return false; /* a call: auth=BasicAuth(...) */
    if (n->sign == '=')
        return !is_reference(r, t, n, span);
    if (n->sign == ':' && loose && !ends_line(t, span->end))
        return false;
    return n->sign == ' ' || !n->spaced || span->end - span->start >= 3;
}

static bool find_value(const struct redact *r, const struct redact_text *t, const struct named *n,
                       bool strong, struct redact_span *span)
{
    bool authorization = name_is(t, n, "authorization");
    size_t quote = detect_unescaped(t, n->value);
    char first = detect_byte(t, quote);

    if ((first == 'b' || first == 'u') &&
        detect_is_quote(detect_byte(t, quote + 1))) /* repr() of bytes */
        detect_quoted(t, quote + 1, span);
    else if (detect_is_quote(first))
        detect_quoted(t, n->value, span);
    else if (n->sign == ':' && (authorization || name_is(t, n, "cookie")))
        line_value(t, n->value, n->open, span);
    else if (!bare_value(r, t, n, strong, span))
        return false;
    if (n->sign == ',' && !n->dashes && (!closes_pair(t, n, span->end) || is_of_key(r, t, span)))
        return false;
    if (authorization)
        skip_scheme(t, span);
    return !detect_placeholder(t, span);
}

/* ParseResult(scheme='https', netloc='user:password@host', ...) */
static bool find_netloc(const struct redact_text *t, const struct named *n,
                        struct redact_span *span)
{
    size_t from;

    if (!detect_is_quote(detect_byte(t, detect_unescaped(t, n->value))))
        return false;
    detect_quoted(t, n->value, span);
    from = span->start;
    if (!redact_authority(t->bytes + from, span->end - from, span))
        return false;
    span->start += from;
    span->end += from;
    return true;
}

bool detect_named(const struct redact *r, const struct redact_text *t, size_t at,
                  struct redact_span *span)
{
    enum redact_name strength;
    struct named n;

    if (!find_end(t, at, &n))
        return false;
    find_start(t, at, &n);
    if (!find_sign(t, &n))
        return false;
    strength = names_find(&r->names, t->bytes + n.start, n.end - n.start);
    if (strength == REDACT_NAME_PLAIN)
        return name_is(t, &n, "netloc") && find_netloc(t, &n, span);
    if (n.sign == ':' && n.quote != '\0' && detect_bracket(t, n.value, span))
        return true;
    return find_value(r, t, &n, strength == REDACT_NAME_STRONG, span);
}
