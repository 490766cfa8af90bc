/*
 * detect_attribute.c - values of tags whose name stands in another attribute: <input name="password" value="...">, in HTML, in XML
 * that configures (<add key="password" value="..."/>), in whatever order the attributes are.
 */
#include "base/base.h"

#include "redact/detect.h"

#include <strings.h>

#define TAG_MOST 512 /* bytes from a value to either end of its tag */

static bool is_any(const char *p, size_t n, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(words[i]) == n && strncasecmp(words[i], p, n) == 0)
            return true;
    return false;
}

/* Where the tag around `at` begins, behind its <; `at` itself: it is in none. */
static size_t tag_start(const struct redact_text *t, size_t at)
{
    size_t most = at < TAG_MOST ? at : TAG_MOST;
    const char *here = t->bytes + at, *open = memrchr(here - most, '<', most);

    if (open == NULL || !detect_is(open[1], CLASS_LETTER) ||
        memchr(open, '>', (size_t)(here - open)) != NULL)
        return at;
    return (size_t)(open + 1 - t->bytes);
}

static bool is_between(char c)
{
    return (unsigned char)c <= ' ' || c == '\\' || c == '/';
}

/* In or out of quotes, with as many backslashes before them as the text that the tag is in gives them. */
static void read_value(const struct redact_text *t, size_t at, struct redact_span *span)
{
    if (detect_is_quote(detect_byte(t, detect_unescaped(t, at)))) {
        detect_quoted(t, at, span);
        return;
    }
    span->start = span->end = at;
    while (span->end < detect_value_most(t, at) && !is_between(t->bytes[span->end]) &&
           memchr("<>\"'`", t->bytes[span->end], 5) == NULL)
        span->end++;
}

/* The next attribute of a tag from *at on, and *at behind it. False: the tag ends. */
static bool next_attribute(const struct redact_text *t, size_t *at, size_t most,
                           struct redact_span *name, struct redact_span *value)
{
    size_t p = *at;

    while (p < most && (is_between(t->bytes[p]) || detect_is_quote(t->bytes[p])))
        p++;
    name->start = p;
    while (p < most && (detect_in_name(t->bytes[p]) || t->bytes[p] == ':' || t->bytes[p] == '.'))
        p++;
    name->end = p;
    value->start = value->end = p;
    if (detect_byte(t, p) == '=') {
        read_value(t, p + 1, value);
        p = value->end;
    }
    if (p == *at || p >= most)
        return false;
    *at = p;
    return true;
}

/* Does an attribute of the tag name a secret, and none say that people see its value? */
static bool names_secret(const struct redact *r, const struct redact_text *t, size_t at,
                         size_t most)
{
    static const char *const names[] = {"name", "key", "id", "type", "property"};
    static const char *const seen[] = {"submit", "button", "reset", "image", "checkbox", "radio"};
    struct redact_span name, value;
    bool secret = false;

    while (next_attribute(t, &at, most, &name, &value)) {
        const char *p = t->bytes + value.start;
        size_t n = value.end - value.start;

        if (!is_any(t->bytes + name.start, name.end - name.start, names, ARRAY_SIZE(names)) ||
            n > DETECT_NAME)
            continue;
        if (is_any(p, n, seen, ARRAY_SIZE(seen)))
            return false;
        secret = secret || names_find(&r->names, p, n) != REDACT_NAME_PLAIN;
    }
    return secret;
}

/* `at` is at the end of "value=" or "content=". */
bool detect_attribute(const struct redact *r, const struct redact_text *t, size_t at,
                      struct redact_span *span)
{
    static const char *const holds[] = {"value", "content"};
    size_t sign = at + 3, start = at, tag, most;

    while (start > 0 && detect_in_name(t->bytes[start - 1]) && at - start < DETECT_NAME)
        start--;
    if (!is_any(t->bytes + start, sign - start, holds, ARRAY_SIZE(holds)))
        return false;
    tag = tag_start(t, start);
    if (tag == start)
        return false;
    read_value(t, sign + 1, span);
    if (detect_placeholder(t, span) || detect_is_name(r, t, span))
        return false;
    tag += detect_run(t, tag, CLASS_URL64) - tag;
    most = t->len - span->end > TAG_MOST ? span->end + TAG_MOST : t->len;
    return names_secret(r, t, tag, most);
}
