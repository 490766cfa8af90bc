/* value_json.c - see value_json.h: containers and instances, the values that have other values in them. */
#include "base/base.h"

#include "base/limits.h"
#include "ingest/json.h"
#include "ingest/value_json_private.h"

static bool put_value(struct value_json_writer *w);

/* ---- containers ------------------------------------------------------------------------------ */

static bool put_items(struct value_json_writer *w, const struct trail_value *v)
{
    buf_putc(w->out, '[');
    for (uint64_t i = 0; i < v->n; i++) {
        if (i > 0)
            buf_putc(w->out, ',');
        if (!put_value(w))
            return false;
    }
    if (v->original > v->n) {
        buf_puts(w->out, v->n > 0 ? ",\"" : "\"");
        value_json_cut(w, v->original, "items");
        buf_putc(w->out, '"');
    }
    buf_putc(w->out, ']');
    return true;
}

/* Digits without leading zeros. */
static void put_hex(struct buf *out, uint64_t v)
{
    char text[16];
    size_t at = sizeof(text);

    do {
        text[--at] = "0123456789abcdef"[v & 15];
        v >>= 4;
    } while (v > 0);
    buf_put(out, text + at, sizeof(text) - at);
}

static void put_cut_attributes(struct value_json_writer *w, uint64_t original)
{
    buf_puts(w->out, ",\"$truncated\":\"");
    value_json_cut(w, original, "attributes");
    buf_putc(w->out, '"');
}

/* ,"name":value for each attribute. */
static bool put_attributes(struct value_json_writer *w, uint64_t n, uint64_t original)
{
    for (uint64_t i = 0; i < n; i++) {
        struct trail_bytes name;

        if (!trail_text_next(w->in, &name))
            return false;
        buf_putc(w->out, ',');
        value_json_key(w->out, name.data, name.len);
        if (!put_value(w))
            return false;
    }
    if (original > n)
        put_cut_attributes(w, original);
    return true;
}

/* Could this key, written as a string, be taken for the JSON text of a key that is none? */
static bool looks_like_json(const struct trail_bytes *text)
{
    static const char *const words[] = {"true", "false", "null"};

    if (text->len == 0)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (text->len == strlen(words[i]) && memcmp(text->data, words[i], text->len) == 0)
            return true;
    }
    return strchr("0123456789-{[\"", text->data[0]) != NULL;
}

/* Does each key have a text of its own? Only where keys that are strings stand beside others can two of them meet. */
static bool keys_differ(struct trail_bytes in, uint64_t n)
{
    bool others = false, doubtful = false;

    for (uint64_t i = 0; i < n; i++) {
        struct trail_bytes key = in;
        struct trail_value v;

        if (!trail_value_next(&key, &v) || !trail_value_skip(&in) || !trail_value_skip(&in))
            return true; /* not valid: found out again when it is written */
        if (v.tag == TRAIL_TAG_STR || v.tag == TRAIL_TAG_STR_CUT) {
            /* Cut strings can end up the same; and one with a lone surrogate is written as JSON text. */
            doubtful = doubtful || looks_like_json(&v.text);
            others =
                others || v.tag == TRAIL_TAG_STR_CUT || !json_is_clean(v.text.data, v.text.len);
            doubtful = doubtful || v.tag == TRAIL_TAG_STR_CUT;
        } else {
            others = true;
        }
    }
    return !(others && doubtful);
}

static bool put_pairs(struct value_json_writer *w, const struct trail_value *v)
{
    buf_puts(w->out, "{\"$dict\":[");
    for (uint64_t i = 0; i < v->n; i++) {
        buf_puts(w->out, i > 0 ? ",[" : "[");
        if (!put_value(w))
            return false;
        buf_putc(w->out, ',');
        if (!put_value(w))
            return false;
        buf_putc(w->out, ']');
    }
    buf_putc(w->out, ']');
    return true;
}

/* A key that is a clean string as itself, any other as the text of its JSON. */
static bool put_dict_key(struct value_json_writer *w)
{
    struct trail_bytes at = *w->in;
    struct trail_value v;
    struct buf text = BUF_INIT(LIMIT_ANSWER_BYTES);
    struct value_json_writer inner = {&text, w->in, w->types};
    bool ok;

    if (!trail_value_next(&at, &v))
        return false;
    if (v.tag == TRAIL_TAG_STR && json_is_clean(v.text.data, v.text.len)) {
        *w->in = at;
        value_json_key(w->out, v.text.data, v.text.len);
        return true;
    }
    ok = put_value(&inner) && !text.failed;
    if (ok) {
        buf_putc(w->out, '"');
        json_inside(w->out, (const uint8_t *)buf_text(&text), text.len, false);
        buf_puts(w->out, "\":");
    }
    buf_release(&text);
    return ok;
}

static bool put_dict(struct value_json_writer *w, const struct trail_value *v, bool always_object)
{
    if (!always_object && !keys_differ(*w->in, v->n)) {
        if (!put_pairs(w, v))
            return false;
    } else {
        buf_putc(w->out, '{');
        for (uint64_t i = 0; i < v->n; i++) {
            if (i > 0)
                buf_putc(w->out, ',');
            if (!put_dict_key(w) || !put_value(w))
                return false;
        }
        if (v->original > v->n && v->n == 0) {
            buf_puts(w->out, "\"$truncated\":\"");
            value_json_cut(w, v->original, "items");
            buf_puts(w->out, "\"}");
            return true;
        }
    }
    if (v->original > v->n) {
        buf_puts(w->out, ",\"$truncated\":\"");
        value_json_cut(w, v->original, "items");
        buf_putc(w->out, '"');
    }
    buf_putc(w->out, '}');
    return true;
}

/* ---- instances ------------------------------------------------------------------------------- */

static bool put_object(struct value_json_writer *w, const struct trail_value *v)
{
    value_json_type(w, v->type);
    buf_puts(w->out, ",\"$id\":\"0x");
    put_hex(w->out, v->identity);
    buf_putc(w->out, '"');
    if (v->tag == TRAIL_TAG_EXCEPTION) {
        buf_puts(w->out, ",\"$message\":");
        json_quoted(w->out, v->text.data, v->text.len);
        if (!put_attributes(w, v->n, v->n))
            return false;
    } else if (!put_attributes(w, v->n, v->original)) {
        return false;
    }
    buf_putc(w->out, '}');
    return true;
}

/* An instance whose names are in its layout. Where the registry was damaged, its values are still worth to see. */
static bool put_laid(struct value_json_writer *w, const struct trail_value *v)
{
    static const char nobody[] = "{\"$type\":\"?\",\"$id\":\"0x";
    static const struct layout_names none = {.begin = nobody, .begin_len = sizeof(nobody) - 1};
    const struct layout_names *layout =
        v->type < w->types->nlayouts ? &w->types->layouts[v->type] : &none;

    if (layout->begin == NULL)
        layout = &none;
    buf_put(w->out, layout->begin, layout->begin_len);
    put_hex(w->out, v->identity);
    buf_putc(w->out, '"');
    for (uint64_t i = 0; i < v->n; i++) {
        if (i < layout->n) {
            buf_put(w->out, layout->keys[i], layout->key_lens[i]);
        } else {
            buf_puts(w->out, ",\"$");
            json_uint(w->out, i + 1);
            buf_puts(w->out, "\":");
        }
        if (!put_value(w))
            return false;
    }
    if (v->n < layout->n)
        put_cut_attributes(w, layout->n);
    buf_putc(w->out, '}');
    return true;
}

static bool put_subclass(struct value_json_writer *w, const struct trail_value *v)
{
    uint64_t n;

    value_json_type(w, v->type);
    buf_puts(w->out, ",\"$value\":");
    if (!put_value(w) || !trail_list_next(w->in, &n) || !put_attributes(w, n, n))
        return false;
    buf_putc(w->out, '}');
    return true;
}

static bool put_enum(struct value_json_writer *w, const struct trail_value *v)
{
    value_json_type(w, v->type);
    buf_puts(w->out, ",\"name\":");
    json_quoted(w->out, v->text.data, v->text.len);
    buf_puts(w->out, ",\"value\":");
    if (!put_value(w))
        return false;
    buf_putc(w->out, '}');
    return true;
}

static bool put_array(struct value_json_writer *w, const struct trail_value *v)
{
    struct trail_bytes shape = v->shape;
    uint64_t size;

    value_json_type(w, v->type);
    buf_puts(w->out, ",\"shape\":[");
    for (uint64_t i = 0; i < v->ndim && trail_list_next(&shape, &size); i++) {
        if (i > 0)
            buf_putc(w->out, ',');
        json_uint(w->out, size);
    }
    buf_puts(w->out, "],\"dtype\":");
    json_quoted(w->out, v->text.data, v->text.len);
    if (v->n > 0) {
        buf_puts(w->out, ",\"values\":[");
        for (uint64_t i = 0; i < v->n; i++) {
            if (i > 0)
                buf_putc(w->out, ',');
            if (!put_value(w))
                return false;
        }
        buf_putc(w->out, ']');
    }
    buf_putc(w->out, '}');
    return true;
}

/* ---- one value ------------------------------------------------------------------------------- */

static bool put_instance(struct value_json_writer *w, const struct trail_value *v)
{
    switch (v->tag) {
    case TRAIL_TAG_OBJECT:
    case TRAIL_TAG_EXCEPTION:
        return put_object(w, v);
    case TRAIL_TAG_INSTANCE:
        return put_laid(w, v);
    case TRAIL_TAG_SUBCLASS:
        return put_subclass(w, v);
    case TRAIL_TAG_ENUM:
        return put_enum(w, v);
    case TRAIL_TAG_ARRAY:
        return put_array(w, v);
    default:
        return false;
    }
}

static bool put_value(struct value_json_writer *w)
{
    struct trail_value v;
    bool ok;

    if (!trail_value_next(w->in, &v))
        return false;
    switch (v.tag) {
    case TRAIL_TAG_LIST:
    case TRAIL_TAG_TUPLE:
    case TRAIL_TAG_SET:
    case TRAIL_TAG_FROZENSET:
        ok = put_items(w, &v);
        break;
    case TRAIL_TAG_DICT:
        ok = put_dict(w, &v, false);
        break;
    default:
        ok = value_json_leaf(w, &v) || put_instance(w, &v);
        break;
    }
    return ok && !w->out->failed;
}

bool value_json(struct buf *out, struct trail_bytes *bytes, const struct type_names *types)
{
    struct value_json_writer w = {out, bytes, types};

    return put_value(&w);
}

bool value_json_kwargs(struct buf *out, struct trail_bytes *bytes, const struct type_names *types)
{
    struct value_json_writer w = {out, bytes, types};
    struct trail_bytes at = *bytes;
    struct trail_value v;

    if (!trail_value_next(&at, &v))
        return false;
    if (v.tag == TRAIL_TAG_DICT) {
        *bytes = at;
        return put_dict(&w, &v, true) && !out->failed;
    }
    buf_puts(out, "{\"$value\":"); /* redacted, over budget, left out ... */
    if (!put_value(&w))
        return false;
    buf_putc(out, '}');
    return !out->failed;
}
