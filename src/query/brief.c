/* brief.c - see brief.h. A scanner that only knows where a JSON value ends; it never needs to know what it means. */
#include "base/base.h"

#include "query/answer.h"
#include "query/brief.h"

#define ELLIPSIS "\xe2\x80\xa6"

struct scan {
    const char *p, *end;
};

static void skip_blanks(struct scan *s)
{
    while (s->p < s->end && memchr(" \t\r\n", *s->p, 4) != NULL)
        s->p++;
}

/* From the opening quote to behind the closing one. */
static void skip_string(struct scan *s)
{
    for (s->p++; s->p < s->end && *s->p != '"'; s->p++)
        if (*s->p == '\\' && s->p + 1 < s->end)
            s->p++;
    if (s->p < s->end)
        s->p++;
}

/* Steps over one value. Containers are skipped by counting brackets outside of strings. */
static void skip_value(struct scan *s)
{
    int depth = 0;

    skip_blanks(s);
    while (s->p < s->end) {
        char c = *s->p;

        if (c == '"') {
            skip_string(s);
        } else if (c == '{' || c == '[') {
            depth++;
            s->p++;
        } else if (c == '}' || c == ']') {
            if (depth == 0)
                return;
            depth--;
            s->p++;
        } else if (depth == 0 && (c == ',' || c == ':')) {
            return;
        } else {
            s->p++;
            continue;
        }
        if (depth == 0)
            return;
    }
}

/* Not in the middle of a character. */
static size_t whole_characters(const char *text, size_t len)
{
    while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    return len;
}

static void put_cut(struct buf *out, const char *text, size_t len, size_t max)
{
    if (len <= max) {
        buf_put(out, text, len);
        return;
    }
    buf_put(out, text, whole_characters(text, max));
    buf_puts(out, ELLIPSIS);
    if (text[0] == '"' || text[0] == '[' || text[0] == '{')
        buf_putc(out, text[0] == '"' ? '"' : text[0] == '[' ? ']' : '}');
}

/* {"$type": "pkg.Class", ...}: the class says more than the first attributes. */
static bool put_instance(struct buf *out, const char *json, size_t len)
{
    struct scan s = {json + 1, json + len};
    const char *name;

    skip_blanks(&s);
    if ((size_t)(s.end - s.p) < 7 || memcmp(s.p, "\"$type\"", 7) != 0)
        return false;
    s.p += 7;
    skip_blanks(&s);
    if (s.p >= s.end || *s.p != ':')
        return false;
    s.p++;
    skip_blanks(&s);
    name = s.p;
    if (s.p >= s.end || *s.p != '"')
        return false;
    skip_string(&s);
    if (s.p - name < 2)
        return false;
    buf_putc(out, '<');
    buf_put(out, name + 1, (size_t)(s.p - name) - 2);
    buf_putc(out, '>');
    return true;
}

void brief_value(struct buf *out, const char *json, size_t len, size_t max)
{
    if (len > 0 && json[0] == '{' && put_instance(out, json, len))
        return;
    put_cut(out, json, len, max);
}

void brief_args(struct buf *out, const char *json, size_t len, size_t max)
{
    struct scan s = {json, json + len};
    bool first = true;

    skip_blanks(&s);
    if (s.p >= s.end || *s.p != '{')
        return;
    s.p++;
    for (;;) {
        const char *key, *value;
        size_t nkey;

        skip_blanks(&s);
        if (s.p >= s.end || *s.p != '"')
            return;
        key = s.p + 1;
        skip_string(&s);
        nkey = s.p - key > 0 ? (size_t)(s.p - key) - 1 : 0;
        skip_blanks(&s);
        if (s.p >= s.end || *s.p != ':')
            return;
        s.p++;
        skip_blanks(&s);
        value = s.p;
        skip_value(&s);
        if (!first)
            buf_puts(out, ", ");
        first = false;
        buf_put(out, key, nkey);
        buf_putc(out, '=');
        brief_value(out, value, (size_t)(s.p - value), max);
        skip_blanks(&s);
        if (s.p >= s.end || *s.p != ',')
            return;
        s.p++;
    }
}

void brief_member(struct buf *out, const struct cell *object, const char *key, bool args,
                  size_t max)
{
    struct scan s = {object->text, object->text + object->len};
    size_t len = strlen(key);

    skip_blanks(&s);
    if (s.p >= s.end || *s.p != '{')
        return;
    s.p++;
    for (;;) {
        const char *name, *value;
        bool found;

        skip_blanks(&s);
        if (s.p >= s.end || *s.p != '"')
            return;
        name = s.p + 1;
        skip_string(&s);
        found = (size_t)(s.p - name) == len + 1 && memcmp(name, key, len) == 0;
        skip_blanks(&s);
        if (s.p >= s.end || *s.p != ':')
            return;
        s.p++;
        skip_blanks(&s);
        value = s.p;
        skip_value(&s);
        if (found && args)
            brief_args(out, value, (size_t)(s.p - value), max);
        else if (found)
            brief_value(out, value, (size_t)(s.p - value), max);
        skip_blanks(&s);
        if (found || s.p >= s.end || *s.p != ',')
            return;
        s.p++;
    }
}

void brief_text(struct buf *out, const struct cell *object, const char *key, size_t max)
{
    struct buf json = BUF_INIT(LIMIT_ANSWER_BYTES);
    const char *p, *end;

    brief_member(&json, object, key, false, max);
    p = buf_text(&json);
    end = p + json.len;
    if (end - p >= 2 && *p == '"' && end[-1] == '"') {
        p++;
        end--;
    }
    for (; p < end; p++) {
        if (*p == '\\' && p + 1 < end && (p[1] == '"' || p[1] == '\\'))
            p++;
        buf_putc(out, *p);
    }
    buf_release(&json);
}

void brief_each(const struct cell *array, void (*each)(void *ctx, const struct cell *element),
                void *ctx)
{
    struct scan s = {array->text, array->text + array->len};

    skip_blanks(&s);
    if (s.p >= s.end || *s.p != '[')
        return;
    for (s.p++;;) {
        struct cell element = {.kind = CELL_JSON};

        skip_blanks(&s);
        element.text = s.p;
        skip_value(&s);
        element.len = (size_t)(s.p - element.text);
        while (element.len > 0 && memchr(" \t\r\n", element.text[element.len - 1], 4) != NULL)
            element.len--;
        if (element.len == 0)
            return;
        each(ctx, &element);
        skip_blanks(&s);
        if (s.p >= s.end || *s.p != ',')
            return;
        s.p++;
    }
}
