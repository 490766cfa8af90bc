/*
 * detect_token.c - tokens that say themselves what they are, by a prefix; JSON web tokens; AWS's secret keys, which do not.
 *
 * The prefixes and lengths are those that the services document for scanners of secrets. Where a service may lengthen its
 * tokens, the whole run of characters goes.
 */
#include "base/base.h"

#include "redact/detect.h"

#define AWS_SECRET DETECT_AWS_SECRET

/* In the order of their first byte. */
static const struct kind {
    const char *prefix;
    uint8_t classes;
    uint16_t least, most; /* characters behind the prefix; most 0: any number */
    bool mixed;           /* it has to look random: the prefix alone is too common */
} kinds[] = {
    {"1//0", CLASS_URL64, 30, 0, false},                /* Google: refresh token */
    {"ABIA", CLASS_UPPER | CLASS_DIGIT, 16, 16, false}, /* AWS: key ids */
    {"ACCA", CLASS_UPPER | CLASS_DIGIT, 16, 16, false},
    {"AGE-SECRET-KEY-1", CLASS_UPPER | CLASS_DIGIT, 50, 0, false},
    {"AIza", CLASS_URL64, 35, 0, false}, /* Google: API key */
    {"AKIA", CLASS_UPPER | CLASS_DIGIT, 16, 16, false},
    {"ASIA", CLASS_UPPER | CLASS_DIGIT, 16, 16, false},
    {"GOCSPX-", CLASS_URL64, 20, 0, false},            /* Google: client secret */
    {"PMAK-", CLASS_URL64, 50, 0, false},              /* Postman */
    {"SG.", CLASS_URL64 | CLASS_POINT, 60, 0, false},  /* SendGrid */
    {"dapi", CLASS_DIGIT | CLASS_LOWER, 32, 34, true}, /* Databricks */
    {"dop_v1_", CLASS_WORD, 60, 0, false},             /* DigitalOcean */
    {"doo_v1_", CLASS_WORD, 60, 0, false},
    {"dor_v1_", CLASS_WORD, 60, 0, false},
    {"dckr_pat_", CLASS_URL64, 20, 0, false}, /* Docker */
    {"gho_", CLASS_WORD, 36, 0, false},       /* GitHub */
    {"ghp_", CLASS_WORD, 36, 0, false},
    {"ghr_", CLASS_WORD, 36, 0, false},
    {"ghs_", CLASS_WORD | CLASS_LINK, 36, 0, false},
    {"ghu_", CLASS_WORD, 36, 0, false},
    {"github_pat_", CLASS_WORD | CLASS_LINK, 36, 0, false},
    {"glagent-", CLASS_URL64, 20, 0, false}, /* GitLab */
    {"glcbt-", CLASS_URL64, 20, 0, false},
    {"gldt-", CLASS_URL64, 20, 0, false},
    {"glffct-", CLASS_URL64, 20, 0, false},
    {"glft-", CLASS_URL64, 20, 0, false},
    {"glimt-", CLASS_URL64, 20, 0, false},
    {"gloas-", CLASS_URL64, 20, 0, false},
    {"glpat-", CLASS_URL64 | CLASS_POINT, 20, 0, false},
    {"glptt-", CLASS_URL64, 20, 0, false},
    {"glrt-", CLASS_URL64 | CLASS_POINT, 20, 0, false},
    {"glsoat-", CLASS_URL64, 20, 0, false},
    {"hf_", CLASS_LETTER | CLASS_DIGIT, 30, 0, false}, /* Hugging Face */
    {"hooks.slack.com/services/", CLASS_WORD | CLASS_BASE64, 20, 0, false},
    {"hooks.slack.com/workflows/", CLASS_WORD | CLASS_BASE64, 20, 0, false},
    {"lin_api_", CLASS_WORD, 32, 0, false}, /* Linear */
    {"npm_", CLASS_WORD, 36, 0, false},
    {"pypi-AgE", CLASS_URL64, 50, 0, false},
    {"rk_live_", CLASS_WORD, 10, 0, false}, /* Stripe */
    {"rk_test_", CLASS_WORD, 10, 0, false},
    {"rubygems_", CLASS_DIGIT | CLASS_LOWER, 40, 0, true},
    {"shpat_", CLASS_WORD, 32, 0, false}, /* Shopify */
    {"shpca_", CLASS_WORD, 32, 0, false},
    {"shppa_", CLASS_WORD, 32, 0, false},
    {"shpss_", CLASS_WORD, 32, 0, false},
    {"sk-admin-", CLASS_URL64, 16, 0, false}, /* OpenAI, Anthropic */
    {"sk-ant-", CLASS_URL64, 16, 0, false},
    {"sk-or-v1-", CLASS_URL64, 16, 0, false},
    {"sk-proj-", CLASS_URL64, 16, 0, false},
    {"sk-svcacct-", CLASS_URL64, 16, 0, false},
    {"sk-", CLASS_WORD, 20, 0, true},
    {"sk_live_", CLASS_WORD, 10, 0, false},
    {"sk_test_", CLASS_WORD, 10, 0, false},
    {"sq0atp-", CLASS_URL64, 22, 0, false}, /* Square */
    {"sq0csp-", CLASS_URL64, 40, 0, false},
    {"whsec_", CLASS_WORD | CLASS_BASE64, 24, 0, false},
    {"xapp-", CLASS_URL64, 20, 0, true}, /* Slack */
    {"xoxa-", CLASS_URL64, 10, 0, true},
    {"xoxb-", CLASS_URL64, 10, 0, true},
    {"xoxc-", CLASS_URL64, 10, 0, true},
    {"xoxd-", CLASS_URL64, 10, 0, true},
    {"xoxe-", CLASS_URL64, 10, 0, true},
    {"xoxe.xoxb-", CLASS_URL64, 10, 0, true},
    {"xoxe.xoxp-", CLASS_URL64, 10, 0, true},
    {"xoxo-", CLASS_URL64, 10, 0, true},
    {"xoxp-", CLASS_URL64, 10, 0, true},
    {"xoxr-", CLASS_URL64, 10, 0, true},
    {"xoxs-", CLASS_URL64, 10, 0, true},
    {"xwfp-", CLASS_URL64, 10, 0, true},
    {"ya29.", CLASS_URL64 | CLASS_POINT, 20, 0, false}, /* Google: access token */
};

/* A run that has digits and letters, or both kinds of letters in turn: no words that a person made up. */
static bool looks_mixed(const char *p, size_t n)
{
    unsigned seen = 0;
    size_t i;

    for (i = 0; i < n; i++)
        seen |= detect_classes[(unsigned char)p[i]];
    return (seen & CLASS_DIGIT) || ((seen & CLASS_UPPER) && (seen & CLASS_LOWER));
}

static bool is_kind(const struct redact_text *t, size_t at, const struct kind *kind,
                    struct redact_span *span)
{
    size_t len, end, n;

    /* The second byte tells most of them apart; the filter has seen to it that there are four. */
    if (kind->prefix[1] != t->bytes[at + 1] ||
        !detect_starts(t, at, kind->prefix, len = strlen(kind->prefix)))
        return false;
    end = detect_run(t, at + len, kind->classes);
    n = end - at - len;
    if (detect_open(t, end)) {
        if (n == 0)
            return false;
    } else if (n < kind->least || (kind->most > 0 && n > kind->most) ||
               (kind->mixed && !looks_mixed(t->bytes + at + len, n))) {
        return false;
    }
    span->start = at;
    span->end = end;
    return true;
}

/* Up to four more parts behind `at`, each after a point; where they end. */
static size_t jwt_parts(const struct redact_text *t, size_t at, size_t *ret_parts)
{
    size_t parts = 1;

    while (at + 1 < t->len && t->bytes[at] == '.' && parts < 5 &&
           detect_is(t->bytes[at + 1], CLASS_URL64 | CLASS_POINT)) {
        at = detect_run(t, at + 1, CLASS_URL64);
        parts++;
    }
    if (at + 1 == t->len && t->bytes[at] == '.' && parts == 2) /* no signature */
        at++;
    *ret_parts = parts;
    return at;
}

/* header.payload.signature, each base64url of JSON: "eyJ" is {" in it. An encrypted one has five parts. */
static bool detect_jwt(const struct redact_text *t, size_t at, struct redact_span *span)
{
    size_t head, end, parts;

    if (!detect_starts(t, at, "eyJ", 3) || (at > 0 && detect_is(t->bytes[at - 1], CLASS_LINK)))
        return false;
    head = detect_run(t, at, CLASS_URL64);
    end = jwt_parts(t, head, &parts);
    if (head - at < 8 || (parts < 2 && !detect_open(t, head)))
        return false;
    if (parts == 2 && !detect_open(t, end) && !detect_starts(t, head + 1, "eyJ", 3))
        return false;
    span->start = at;
    span->end = end;
    return true;
}

void detect_token_init(struct redact *r)
{
    size_t i, c = 0;

    detect_stem_add(r, "eyJ", STEM_TOKEN);
    for (i = 0; i < ARRAY_SIZE(kinds); i++) {
        detect_stem_add(r, kinds[i].prefix, STEM_TOKEN);
        for (; c <= (unsigned char)kinds[i].prefix[0]; c++)
            r->kinds[c] = (uint8_t)i;
    }
    for (; c < ARRAY_SIZE(r->kinds); c++)
        r->kinds[c] = ARRAY_SIZE(kinds);
}

static bool is_hex(char c)
{
    return detect_is(c, CLASS_DIGIT) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* %3D and the like, as in a URL that is the parameter of another. */
static bool is_behind_percent(const struct redact_text *t, size_t at)
{
    const char *p = t->bytes + at;

    return at >= 3 && p[-3] == '%' && is_hex(p[-2]) && is_hex(p[-1]);
}

bool detect_token(const struct redact *r, const struct redact_text *t, size_t at,
                  struct redact_span *span)
{
    unsigned char first = (unsigned char)t->bytes[at];
    size_t i;

    if (!detect_begins(t, at) && !is_behind_percent(t, at))
        return false;
    if (first == 'e')
        return detect_jwt(t, at, span);
    for (i = r->kinds[first]; i < r->kinds[first + 1]; i++)
        if (is_kind(t, at, &kinds[i], span))
            return true;
    return false;
}

/* ---- AWS ---------------------------------------------------------------------------------- */

/* Does it change between small, capital and digit as often as 40 random characters do (25 times, give or take 3)? Words that
 * were put together, paths and hex digits do not. */
static bool looks_random(const char *p)
{
    unsigned changes = 0, seen = 0;
    size_t i;

    for (i = 0; i < AWS_SECRET; i++) {
        unsigned class = detect_classes[(unsigned char)p[i]];

        seen |= class;
        changes += i > 0 && class != detect_classes[(unsigned char)p[i - 1]];
    }
    return changes >= 14 && (seen & CLASS_WORD) == CLASS_WORD;
}

/* 1: a character of base64. */
static const uint8_t of_base64[256] = {
    ['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1, ['+'] = 1, ['/'] = 1,
};

static bool are_of_base64(const unsigned char *p)
{
    return of_base64[p[0]] & of_base64[p[1]] & of_base64[p[2]] & of_base64[p[3]] & of_base64[p[4]] &
           of_base64[p[5]] & of_base64[p[6]] & of_base64[p[7]];
}

/* Where the run of base64 that reaches the end of these bytes begins; eight at a time, since such text is long. */
static size_t run_before(const struct redact_text *t, size_t from, size_t end)
{
    const unsigned char *bytes = (const unsigned char *)t->bytes;

    while (end - from >= 8 && are_of_base64(bytes + end - 8))
        end -= 8;
    while (end > from && of_base64[bytes[end - 1]])
        end--;
    return end;
}

/* Looks at each fortieth byte only: a run of 40 cannot lie between two. */
bool detect_aws_secret(const struct redact_text *t, size_t from, struct redact_span *span)
{
    const unsigned classes = CLASS_WORD | CLASS_BASE64;
    size_t at = from, start, end;

    while (t->len >= AWS_SECRET && at <= t->len - AWS_SECRET) {
        start = run_before(t, at, at + AWS_SECRET);
        if (start > at) { /* a byte of another kind: none begins before it */
            at = start;
            continue;
        }
        end = at + AWS_SECRET;
        if (end < t->len && detect_is(t->bytes[end], classes)) { /* longer: none begins in it */
            at = end + 1;
            continue;
        }
        if ((at == 0 || !detect_is(t->bytes[at - 1], classes | CLASS_LINK)) &&
            (end == t->len || !detect_is(t->bytes[end], CLASS_LINK | CLASS_EQUALS)) &&
            !detect_open(t, end) && looks_random(t->bytes + at)) {
            span->start = at;
            span->end = end;
            return true;
        }
        at = end;
    }
    return false;
}
