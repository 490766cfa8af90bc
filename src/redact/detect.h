/*
 * detect.h - the forms of secrets. Each function looks at one place of a text that the filter found, and says whether a
 * secret stands there, and from where to where. Reads no byte outside of the text; bounded by the secret's own length.
 */
#ifndef REDACT_DETECT_H
#define REDACT_DETECT_H

#include "redact/filter.h"
#include "redact/names.h"
#include "redact/pattern.h"

#define DETECT_NAME 64 /* bytes: the longest name that is looked at in front of a value in text */
#define DETECT_VALUE 4096    /* bytes: the longest value behind a name */
#define DETECT_STEMS 1024    /* a power of two, well above the number of anchors */
#define DETECT_AWS_SECRET 40 /* characters */
#define DETECT_ANCHOR 16     /* bytes: the longest text of an anchor, with its 0 */
#define DETECT_AUTHORITY 512 /* bytes: of a URL, up to its host */

struct redact {
    struct names names;
    struct filter filter;
    uint8_t kinds
        [257]; /* of tokens, by the first byte of their prefix: from this one to that of the next byte */
    uint32_t stems
        [DETECT_STEMS]; /* how anchors begin, as a hash table: detect_stem() | flags; 0: empty */
    struct pattern *patterns[REDACT_PATTERNS]; /* Owned */
    size_t npatterns;
};

/* Where a text has a secret, in the order in which they are asked. `at` is the anchor. */
bool detect_digits(const struct redact_text *t, size_t at, struct redact_span *span);
bool detect_token(const struct redact *r, const struct redact_text *t, size_t at,
                  struct redact_span *span);
/* Fills r->kinds, and the stems of tokens. */
void detect_token_init(struct redact *r);
bool detect_pem(const struct redact_text *t, size_t at, struct redact_span *span);
bool detect_url(const struct redact_text *t, size_t at, struct redact_span *span);
bool detect_bearer(const struct redact_text *t, size_t at, struct redact_span *span);
bool detect_named(const struct redact *r, const struct redact_text *t, size_t at,
                  struct redact_span *span);
bool detect_element(const struct redact *r, const struct redact_text *t, size_t at,
                    struct redact_span *span);
bool detect_attribute(const struct redact *r, const struct redact_text *t, size_t at,
                      struct redact_span *span);
/* Text in quotes, the first of which is at `at` or behind backslashes there: up to the same quote with as many of them before it.
 * Without one: to the end of the line. */
void detect_quoted(const struct redact_text *t, size_t at, struct redact_span *span);
/* A name of several words that means a secret, db.password: no secret itself. */
bool detect_is_name(const struct redact *r, const struct redact_text *t,
                    const struct redact_span *span);
/* Is the value at `at`, behind a quoted name, more than a word: {...} or [...]? */
bool detect_bracket(const struct redact_text *t, size_t at, struct redact_span *span);
/* Nothing, or a stand-in for a value: NULL, ***, %s, {password}, $PASSWORD, [REDACTED]. */
bool detect_placeholder(const struct redact_text *t, const struct redact_span *span);
/* The first secret key of AWS at `from` or later: it has no anchor. */
bool detect_aws_secret(const struct redact_text *t, size_t from, struct redact_span *span);

void detect_stem_add(struct redact *r, const char *text, uint32_t kind);
/* The anchors of all of these but the last, with the stems of names; returns how many there are, at most `most`. */
size_t detect_anchors(struct redact *r, struct filter_anchor *anchors, size_t most);

/* Three bytes as a key of the table of stems, whatever their case is. */
static inline uint32_t detect_stem(const char *p)
{
    return (uint32_t)((unsigned char)p[0] | (unsigned char)p[1] << 8 | (unsigned char)p[2] << 16) |
           0x202020;
}

static inline size_t detect_stem_home(uint32_t stem)
{
    return (stem * UINT32_C(0x9e3779b1)) >> 22;
}
_Static_assert(DETECT_STEMS == 1 << 10, "the hash has ten bits");

/* What begins with a stem, whatever its case is. */
enum detect_stem_flags {
    STEM_NAME = 1 << 24,
    STEM_TOKEN = 1 << 25,
    STEM_ATTRIBUTE = 1 << 26, /* the end of the name of an attribute that holds a value */
    STEM_BYTES = STEM_NAME - 1
};

/* Where the stem is in the table, or where it would be. */
static inline size_t detect_stem_find(const struct redact *r, uint32_t stem)
{
    size_t i = detect_stem_home(stem);

    while (r->stems[i] != 0 && (r->stems[i] & STEM_BYTES) != stem)
        i = (i + 1) & (DETECT_STEMS - 1);
    return i;
}

/* What these three bytes may begin: a name in text that means a secret, a token. Most candidates of the filter are neither. */
static inline uint32_t detect_stem_kinds(const struct redact *r, const char *p)
{
    return r->stems[detect_stem_find(r, detect_stem(p))] & ~(uint32_t)STEM_BYTES;
}

/* ---- characters --------------------------------------------------------------------------- */

enum detect_class {
    CLASS_DIGIT = 1,
    CLASS_UPPER = 2,
    CLASS_LOWER = 4,
    CLASS_LINK = 8,    /* - and _ */
    CLASS_BASE64 = 16, /* + and / */
    CLASS_POINT = 32,
    CLASS_EQUALS = 64,
    CLASS_BLANK = 128, /* blank and tab */

    CLASS_LETTER = CLASS_UPPER | CLASS_LOWER,
    CLASS_WORD = CLASS_LETTER | CLASS_DIGIT,
    CLASS_URL64 = CLASS_WORD | CLASS_LINK,
};

extern const uint8_t detect_classes[256];

static inline bool detect_is(char c, unsigned classes)
{
    return (detect_classes[(unsigned char)c] & classes) != 0;
}

/* One past the run of these classes that begins at `at`. */
static inline size_t detect_run(const struct redact_text *t, size_t at, unsigned classes)
{
    while (at < t->len && detect_is(t->bytes[at], classes))
        at++;
    return at;
}

/* Bytes of the escape that ends at `at`, as repr() and JSON write it: \n, \x00, \u00e9; 0: none does. */
static inline size_t detect_escape(const struct redact_text *t, size_t at)
{
    const char *p = t->bytes + at;

    if (at >= 2 && p[-2] == '\\' && memchr("nrtbfv", p[-1], 6) != NULL)
        return 2;
    if (at >= 4 && p[-4] == '\\' && p[-3] == 'x')
        return 4;
    return at >= 6 && p[-6] == '\\' && p[-5] == 'u' ? 6 : 0;
}

/* Does a word end or begin here: is what stands before `at` no letter or digit? */
static inline bool detect_begins(const struct redact_text *t, size_t at)
{
    return at == 0 || !detect_is(t->bytes[at - 1], CLASS_WORD) || detect_escape(t, at) > 0;
}

/* Does the text go on behind its end, so that a run up to there may be longer than it seems? */
static inline bool detect_open(const struct redact_text *t, size_t end)
{
    return t->more && end == t->len;
}

static inline bool detect_starts(const struct redact_text *t, size_t at, const char *text,
                                 size_t len)
{
    return t->len - at >= len && memcmp(t->bytes + at, text, len) == 0;
}

/* The same for small letters, whatever the text has. */
static inline bool detect_starts_any(const struct redact_text *t, size_t at, const char *text,
                                     size_t len)
{
    size_t i;

    if (t->len - at < len)
        return false;
    for (i = 0; i < len; i++) {
        char c = t->bytes[at + i];

        if ((detect_is(c, CLASS_UPPER) ? c | 32 : c) != text[i])
            return false;
    }
    return true;
}

/* ---- values behind a name ----------------------------------------------------------------- */

static inline bool detect_in_name(char c)
{
    return detect_is(c, CLASS_URL64) || (unsigned char)c >= 0x80;
}

static inline bool detect_is_quote(char c)
{
    return c == '"' || c == '\'' || c == '`';
}

static inline char detect_byte(const struct redact_text *t, size_t at)
{
    return at < t->len ? t->bytes[at] : '\0';
}

static inline size_t detect_unescaped(const struct redact_text *t, size_t at)
{
    while (detect_byte(t, at) == '\\')
        at++;
    return at;
}

static inline size_t detect_value_most(const struct redact_text *t, size_t at)
{
    return t->len - at > DETECT_VALUE ? at + DETECT_VALUE : t->len;
}

/* Does the quote at `at` end what was opened by one of its kind with so many backslashes before it? */
static inline bool detect_ends_quote(const struct redact_text *t, size_t at, size_t from,
                                     size_t escapes)
{
    size_t k = 0;

    while (at - k > from && t->bytes[at - k - 1] == '\\')
        k++;
    return k <= escapes;
}

#endif
