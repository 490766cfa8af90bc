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

/* One pair of an object: the key between its quotes, and the value. */
struct member {
    const char *key, *value;
    size_t nkey, nvalue;
};

static bool begin_object(struct scan *s)
{
    skip_blanks(s);
    return s->p < s->end && *s->p++ == '{';
}

/* The next pair, and steps behind its comma. False: there is none, or it is no JSON. */
static bool next_member(struct scan *s, struct member *m)
{
    skip_blanks(s);
    if (s->p >= s->end || *s->p != '"')
        return false;
    m->key = s->p + 1;
    skip_string(s);
    m->nkey = s->p - m->key > 0 ? (size_t)(s->p - m->key) - 1 : 0;
    skip_blanks(s);
    if (s->p >= s->end || *s->p != ':')
        return false;
    s->p++;
    skip_blanks(s);
    m->value = s->p;
    skip_value(s);
    m->nvalue = (size_t)(s->p - m->value);
    skip_blanks(s);
    if (s->p < s->end && *s->p == ',')
        s->p++;
    else
        s->p = s->end;
    return true;
}

static bool is_key(const struct member *m, const char *key)
{
    return m->nkey == strlen(key) && memcmp(m->key, key, m->nkey) == 0;
}

/* A text without its quotes, cut, and anything else as it is. */
static void put_bare(struct buf *out, const struct member *m, size_t max)
{
    if (m->nvalue < 2 || m->value[0] != '"') {
        put_cut(out, m->value, m->nvalue, max);
    } else if (m->nvalue - 2 <= max) {
        buf_put(out, m->value + 1, m->nvalue - 2);
    } else {
        buf_put(out, m->value + 1, whole_characters(m->value + 1, max));
        buf_puts(out, ELLIPSIS);
    }
}

/* What stands for the whole value of an instance of a known type: docs/values.md has these forms. An instance's own attributes come
 * behind its $id and stand for nothing. */
static bool is_essence(const struct member *m, bool has_id)
{
    static const char *const keys[] = {"value", "$value", "name", "$repr"};

    if (has_id)
        return is_key(m, "$message");
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (is_key(m, keys[i]))
            return true;
    return false;
}

/* {"$type": "pkg.Class", ...}: the class says more than the first attributes; of a Decimal, an enum member or an exception the value
 * is short, too. */
static void put_instance(struct buf *out, const struct member *type, struct scan *s, size_t max)
{
    struct member m;
    bool has_id = false;

    buf_putc(out, '<');
    buf_put(out, type->value + 1, type->nvalue - 2);
    if (next_member(s, &m)) {
        has_id = is_key(&m, "$id");
        if ((!has_id || next_member(s, &m)) && is_essence(&m, has_id)) {
            buf_putc(out, ' ');
            put_bare(out, &m, max);
        }
    }
    buf_putc(out, '>');
}

/* An object whose first key begins with $ stands for something that JSON cannot say. */
static bool put_special(struct buf *out, const char *json, size_t len, size_t max)
{
    struct scan s = {json, json + len};
    struct member m;

    if (!begin_object(&s) || !next_member(&s, &m))
        return false;
    if (m.nvalue < 2 || m.value[0] != '"' || m.value[m.nvalue - 1] != '"')
        return false;
    if (is_key(&m, "$type")) {
        put_instance(out, &m, &s, max);
        return true;
    }
    if (is_key(&m, "$bytes"))
        buf_putc(out, 'b');
    if (is_key(&m, "$int") || is_key(&m, "$float"))
        put_bare(out, &m, max);
    else if (is_key(&m, "$bytes") || is_key(&m, "$str"))
        put_cut(out, m.value, m.nvalue, max);
    else
        return false;
    return true;
}

void brief_value(struct buf *out, const char *json, size_t len, size_t max)
{
    if (len == 0 || json[0] != '{' || !put_special(out, json, len, max))
        put_cut(out, json, len, max);
}

void brief_args(struct buf *out, const char *json, size_t len, size_t max)
{
    struct scan s = {json, json + len};
    struct member m;

    if (!begin_object(&s))
        return;
    for (bool first = true; next_member(&s, &m); first = false) {
        if (!first)
            buf_puts(out, ", ");
        buf_put(out, m.key, m.nkey);
        buf_putc(out, '=');
        brief_value(out, m.value, m.nvalue, max);
    }
}

void brief_member(struct buf *out, const struct cell *object, const char *key, bool args,
                  size_t max)
{
    struct scan s = {object->text, object->text + object->len};
    struct member m;

    if (!begin_object(&s))
        return;
    while (next_member(&s, &m)) {
        if (!is_key(&m, key))
            continue;
        if (args)
            brief_args(out, m.value, m.nvalue, max);
        else
            brief_value(out, m.value, m.nvalue, max);
        return;
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
