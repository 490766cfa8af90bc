/* redact.c - see redact.h: puts names, forms and patterns together. */
#include "base/base.h"

#include "redact/detect.h"

const uint8_t detect_classes[256] = {
    ['0' ... '9'] = CLASS_DIGIT, ['A' ... 'Z'] = CLASS_UPPER, ['a' ... 'z'] = CLASS_LOWER,
    ['-'] = CLASS_LINK,          ['_'] = CLASS_LINK,          ['+'] = CLASS_BASE64,
    ['/'] = CLASS_BASE64,        ['.'] = CLASS_POINT,         ['='] = CLASS_EQUALS,
    [' '] = CLASS_BLANK,         ['\t'] = CLASS_BLANK,
};

/* ---- making one --------------------------------------------------------------------------- */

static bool add_names(struct redact *r, const struct redact_config *config, char *why, size_t size)
{
    size_t i;

    names_init(&r->names);
    for (i = 0; i < config->nnames; i++) {
        if (!names_add(&r->names, config->names[i])) {
            snprintf(why, size, "the name '%.100s' has no letters or digits, or there are too many",
                     config->names[i]);
            return false;
        }
    }
    names_sort(&r->names);
    return true;
}

static bool add_patterns(struct redact *r, const struct redact_config *config, char *why,
                         size_t size)
{
    char problem[160];
    size_t i;

    if (config->npatterns > REDACT_PATTERNS) {
        snprintf(why, size, "there are more than %d patterns", REDACT_PATTERNS);
        return false;
    }
    for (i = 0; i < config->npatterns; i++) {
        r->patterns[i] = pattern_new(config->patterns[i], problem, sizeof(problem));
        if (r->patterns[i] == NULL) {
            snprintf(why, size, "the pattern '%.200s' %s", config->patterns[i], problem);
            return false;
        }
        r->npatterns++;
    }
    return true;
}

struct redact *redact_new(const struct redact_config *config, char *why, size_t size)
{
    struct redact *r = calloc(1, sizeof(*r));                                 /* Owned */
    struct filter_anchor *anchors = calloc(FILTER_ANCHORS, sizeof(*anchors)); /* Owned */

    if (r == NULL || anchors == NULL) {
        snprintf(why, size, "memory is out");
        free(r);
        r = NULL;
        goto out;
    }
    if (!add_names(r, config, why, size) || !add_patterns(r, config, why, size)) {
        redact_free(r);
        r = NULL;
        goto out;
    }
    detect_token_init(r);
    filter_init(&r->filter, anchors, detect_anchors(r, anchors, FILTER_ANCHORS));
out:
    free(anchors);
    return r;
}

const char *redact_name_problem(const char *name)
{
    return names_valid(name) ? NULL : "has no letter or digit, or is too long";
}

const char *redact_pattern_problem(const char *pattern, char *why, size_t size)
{
    struct pattern *made = pattern_new(pattern, why, size);

    if (made == NULL)
        return why;
    pattern_free(made);
    return NULL;
}

void redact_free(struct redact *r)
{
    size_t i;

    if (r == NULL)
        return;
    for (i = 0; i < r->npatterns; i++)
        pattern_free(r->patterns[i]);
    free(r);
}

/* ---- asking ------------------------------------------------------------------------------- */

enum redact_name redact_name(const struct redact *r, const char *name, size_t len)
{
    return names_find(&r->names, name, len);
}

size_t redact_least(const struct redact *r)
{
    return r->npatterns > 0 ? 1 : REDACT_LEAST;
}

/* The secret around an anchor. */
static bool detect_at(const struct redact *r, const struct redact_text *t, size_t at,
                      struct redact_span *span)
{
    const char *p = t->bytes + at;
    uint32_t kinds;

    if (detect_is(*p, CLASS_DIGIT) && detect_digits(t, at, span))
        return true;
    if (*p == '-')
        return detect_pem(t, at, span);
    if (*p == ':')
        return detect_url(t, at, span);
    kinds = detect_stem_kinds(r, p);
    if ((kinds & STEM_NAME) != 0 &&
        (((*p | 32) == 'b' && detect_bearer(t, at, span)) || detect_named(r, t, at, span) ||
         detect_element(r, t, at, span)))
        return true;
    if ((kinds & STEM_ATTRIBUTE) != 0 && p[3] == '=' && detect_attribute(r, t, at, span))
        return true;
    return (kinds & STEM_TOKEN) != 0 && detect_token(r, t, at, span);
}

/* The next one that has an anchor. */
static bool next_anchored(const struct redact *r, const struct redact_text *t, size_t from,
                          struct redact_span *span)
{
    const unsigned char *bytes = (const unsigned char *)t->bytes;
    struct filter_walk walk = {from, 0, from, 0};
    size_t at;

    while ((at = filter_next(&r->filter, bytes, t->len, &walk)) < t->len) {
        if (detect_at(r, t, at, span) && span->start >= from && span->end > span->start)
            return true;
        if (detect_is(t->bytes[at], CLASS_DIGIT))
            walk.from = detect_run(t, at, CLASS_DIGIT);
        else if (t->bytes[at] == '-')
            while (walk.from < t->len && t->bytes[walk.from] == '-')
                walk.from++;
    }
    return false;
}

/* The next secret of one source that begins at `from` or later. */
static bool next_of(const struct redact *r, const struct redact_text *t, size_t source, size_t from,
                    struct redact_span *span)
{
    if (source == 0)
        return next_anchored(r, t, from, span);
    if (source == 1)
        return detect_aws_secret(t, from, span);
    return pattern_find(r->patterns[source - 2], t->bytes, t->len, from, span);
}

_Static_assert(FILTER_SHORT < DETECT_AWS_SECRET, "what is short has no secret without an anchor");

bool redact_has(const struct redact *r, const struct redact_text *t)
{
    struct redact_span span;
    size_t i;

    /* What most strings are: short, without anything that a secret could begin with. */
    if (r->npatterns == 0 && filter_has_none(&r->filter, (const unsigned char *)t->bytes, t->len))
        return false;
    for (i = 0; i < r->npatterns + 2; i++)
        if (next_of(r, t, i, 0, &span))
            return true;
    return false;
}

/* Each source keeps what it found until the walk has come there, so that none reads a part of the text twice. */
bool redact_scan_next(struct redact_scan *scan, struct redact_span *span)
{
    const struct redact *r = scan->redact;
    const struct redact_text *t = scan->text;
    size_t i, n = r->npatterns + 2;

    span->start = span->end = t->len;
    for (i = 0; i < n; i++) {
        struct redact_span *found = &scan->found[i];

        if (!(scan->known >> i & 1) || found->start < scan->at) {
            if (!next_of(r, t, i, scan->at, found))
                found->start = found->end = t->len;
            scan->known |= UINT64_C(1) << i;
        }
        if (found->start < span->start)
            *span = *found;
    }
    for (i = 0; i < n; i++) /* what overlaps is one */
        if (scan->found[i].start < span->end && scan->found[i].end > span->end)
            span->end = scan->found[i].end;
    scan->at = span->end;
    return span->start < t->len;
}

/* ---- replacing ---------------------------------------------------------------------------- */

struct sink {
    char *p;
    char *end;
    bool whole;
};

static void put(struct sink *s, const char *bytes, size_t len)
{
    size_t room = (size_t)(s->end - s->p);

    if (len > room) {
        len = room;
        s->whole = false;
    }
    memcpy(s->p, bytes, len);
    s->p += len;
}

size_t redact_copy(const struct redact *r, const struct redact_text *t, char *to, size_t size,
                   bool *ret_whole)
{
    struct sink s = {to, to + size, true};
    struct redact_scan scan;
    struct redact_span span;
    size_t at = 0;

    redact_scan_init(&scan, r, t);
    while (s.whole && redact_scan_next(&scan, &span)) {
        put(&s, t->bytes + at, span.start - at);
        put(&s, REDACT_MARK, sizeof(REDACT_MARK) - 1);
        at = span.end;
    }
    put(&s, t->bytes + at, t->len - at);
    if (ret_whole != NULL)
        *ret_whole = s.whole;
    return (size_t)(s.p - to);
}

bool redact_word_before(const struct redact *r, const char *word, size_t len)
{
    return len > 2 && word[0] == '-' && word[1] == '-' && memchr(word, '=', len) == NULL &&
           redact_name(r, word, len) != REDACT_NAME_PLAIN;
}
