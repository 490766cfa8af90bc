/* value_json.c - see value_json.h. */
#include "base/base.h"

#include "base/limits.h"
#include "ingest/json.h"
#include "ingest/value_json.h"

#include <math.h>

#define SAFE_INTEGER (1LL << 53) /* what every JSON reader keeps exactly */

struct writer {
    struct buf *out;
    struct trail_bytes *in;
    const struct type_names *types;
};

static bool put_value(struct writer *w);

/* ---- pieces ---------------------------------------------------------------------------------- */

static void put_type(struct writer *w, uint64_t type)
{
    const char *json = type < w->types->n ? w->types->json[type] : NULL;

    buf_puts(w->out, "{\"$type\":");
    buf_puts(w->out, json != NULL ? json : "\"?\"");
}

static void put_cut(struct writer *w, uint64_t size, const char *unit)
{
    buf_puts(w->out, "[TRUNCATED: original size ");
    json_uint(w->out, size);
    buf_putc(w->out, ' ');
    buf_puts(w->out, unit);
    buf_putc(w->out, ']');
}

/* A string, or its beginning with the cut in the same string. */
static void put_str(struct writer *w, const struct trail_value *v, bool cut)
{
    bool clean = json_is_clean(v->text.data, v->text.len);

    buf_puts(w->out, clean ? "\"" : "{\"$str\":\"");
    json_inside(w->out, v->text.data, v->text.len, !clean);
    if (cut)
        put_cut(w, v->original, "bytes");
    buf_puts(w->out, clean ? "\"" : "\"}");
}

/* Printable ASCII as itself, everything else as \xNN, as Python shows bytes. */
static void put_bytes(struct writer *w, const struct trail_value *v, bool cut)
{
    buf_puts(w->out, "{\"$bytes\":\"");
    for (size_t i = 0; i < v->text.len; i++) {
        uint8_t b = v->text.data[i];

        if (b == '\\')
            buf_puts(w->out, "\\\\\\\\");
        else if (b == '"')
            buf_puts(w->out, "\\\"");
        else if (b >= 0x20 && b < 0x7f)
            buf_putc(w->out, (char)b);
        else
            buf_putf(w->out, "\\\\x%02x", b);
    }
    if (cut)
        put_cut(w, v->original, "bytes");
    buf_puts(w->out, "\"}");
}

static void put_int(struct writer *w, int64_t v)
{
    bool safe = v >= -SAFE_INTEGER && v <= SAFE_INTEGER;

    if (!safe)
        buf_puts(w->out, "{\"$int\":\"");
    json_int(w->out, v);
    if (!safe)
        buf_puts(w->out, "\"}");
}

/* Divides the number by 10^9 again and again. At most LIMIT_RECORD_BYTES long. */
static bool put_bigint(struct writer *w, const struct trail_value *v)
{
    enum { BILLION = 1000000000 };
    size_t nwords = (v->text.len + 3) / 4;
    size_t ngroups = 0, room = v->text.len * 8 / 29 + 2;
    uint32_t *words = calloc(nwords + 1, sizeof(*words));
    uint32_t *groups = malloc(room * sizeof(*groups));

    if (words == NULL || groups == NULL) {
        free(words);
        free(groups);
        return false;
    }
    memcpy(words, v->text.data, v->text.len);
    while (nwords > 0) {
        uint64_t rest = 0;

        for (size_t i = nwords; i-- > 0;) {
            uint64_t part = rest << 32 | words[i];

            words[i] = (uint32_t)(part / BILLION);
            rest = part % BILLION;
        }
        groups[ngroups++] = (uint32_t)rest;
        while (nwords > 0 && words[nwords - 1] == 0)
            nwords--;
    }
    buf_puts(w->out, v->negative ? "{\"$int\":\"-" : "{\"$int\":\"");
    buf_putf(w->out, "%u", ngroups > 0 ? groups[ngroups - 1] : 0);
    for (size_t i = ngroups; i-- > 1;)
        buf_putf(w->out, "%09u", groups[i - 1]);
    buf_puts(w->out, "\"}");
    free(words);
    free(groups);
    return true;
}

static void put_float(struct writer *w, double v)
{
    if (isnan(v))
        buf_puts(w->out, "{\"$float\":\"nan\"}");
    else if (isinf(v))
        buf_puts(w->out, v > 0 ? "{\"$float\":\"inf\"}" : "{\"$float\":\"-inf\"}");
    else
        json_double(w->out, v);
}

/* "module.name"; builtins go without their module. */
static void put_name(struct writer *w, const struct trail_bytes *module,
                     const struct trail_bytes *name)
{
    buf_putc(w->out, '"');
    if (module->len > 0 && !(module->len == 8 && memcmp(module->data, "builtins", 8) == 0)) {
        json_inside(w->out, module->data, module->len, false);
        buf_putc(w->out, '.');
    }
    json_inside(w->out, name->data, name->len, false);
    buf_putc(w->out, '"');
}

/* A key of an object; one that begins with `$` gets another, because ours begin so. */
static void put_key(struct writer *w, const uint8_t *text, size_t len)
{
    buf_putc(w->out, '"');
    if (len > 0 && text[0] == '$')
        buf_putc(w->out, '$');
    json_inside(w->out, text, len, false);
    buf_puts(w->out, "\":");
}

/* ---- containers ------------------------------------------------------------------------------ */

static bool put_items(struct writer *w, const struct trail_value *v)
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
        put_cut(w, v->original, "items");
        buf_putc(w->out, '"');
    }
    buf_putc(w->out, ']');
    return true;
}

/* ,"name":value for each attribute. */
static bool put_attributes(struct writer *w, uint64_t n, uint64_t original)
{
    for (uint64_t i = 0; i < n; i++) {
        struct trail_bytes name;

        if (!trail_text_next(w->in, &name))
            return false;
        buf_putc(w->out, ',');
        put_key(w, name.data, name.len);
        if (!put_value(w))
            return false;
    }
    if (original > n) {
        buf_puts(w->out, ",\"$truncated\":\"");
        put_cut(w, original, "attributes");
        buf_putc(w->out, '"');
    }
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

static bool put_pairs(struct writer *w, const struct trail_value *v)
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
static bool put_dict_key(struct writer *w)
{
    struct trail_bytes at = *w->in;
    struct trail_value v;
    struct buf text = BUF_INIT(LIMIT_ANSWER_BYTES);
    struct writer inner = {&text, w->in, w->types};
    bool ok;

    if (!trail_value_next(&at, &v))
        return false;
    if (v.tag == TRAIL_TAG_STR && json_is_clean(v.text.data, v.text.len)) {
        *w->in = at;
        put_key(w, v.text.data, v.text.len);
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

static bool put_dict(struct writer *w, const struct trail_value *v, bool always_object)
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
            put_cut(w, v->original, "items");
            buf_puts(w->out, "\"}");
            return true;
        }
    }
    if (v->original > v->n) {
        buf_puts(w->out, ",\"$truncated\":\"");
        put_cut(w, v->original, "items");
        buf_putc(w->out, '"');
    }
    buf_putc(w->out, '}');
    return true;
}

/* ---- instances ------------------------------------------------------------------------------- */

static bool put_object(struct writer *w, const struct trail_value *v)
{
    put_type(w, v->type);
    buf_putf(w->out, ",\"$id\":\"0x%llx\"", (unsigned long long)v->identity);
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

static bool put_subclass(struct writer *w, const struct trail_value *v)
{
    uint64_t n;

    put_type(w, v->type);
    buf_puts(w->out, ",\"$value\":");
    if (!put_value(w) || !trail_list_next(w->in, &n) || !put_attributes(w, n, n))
        return false;
    buf_putc(w->out, '}');
    return true;
}

static bool put_enum(struct writer *w, const struct trail_value *v)
{
    put_type(w, v->type);
    buf_puts(w->out, ",\"name\":");
    json_quoted(w->out, v->text.data, v->text.len);
    buf_puts(w->out, ",\"value\":");
    if (!put_value(w))
        return false;
    buf_putc(w->out, '}');
    return true;
}

static bool put_array(struct writer *w, const struct trail_value *v)
{
    struct trail_bytes shape = v->shape;
    uint64_t size;

    put_type(w, v->type);
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

/* {"$type": ..., KEY: "text"} */
static void put_typed_text(struct writer *w, const struct trail_value *v, const char *key)
{
    put_type(w, v->type);
    buf_putf(w->out, ",\"%s\":\"", key);
    json_inside(w->out, v->text.data, v->text.len, false);
    if (v->tag == TRAIL_TAG_REPR && v->original > v->text.len)
        put_cut(w, v->original, "bytes");
    buf_puts(w->out, "\"}");
}

static void put_named(struct writer *w, const struct trail_value *v, const char *type)
{
    static const struct trail_bytes none = {NULL, 0};

    buf_putf(w->out, "{\"$type\":\"%s\",\"name\":", type);
    if (v->tag == TRAIL_TAG_MODULE)
        put_name(w, &none, &v->text);
    else
        put_name(w, &v->text, &v->name);
    buf_putc(w->out, '}');
}

/* ---- one value ------------------------------------------------------------------------------- */

/* The values that are always written the same. NULL: none of them. */
static const char *constant(enum trail_tag tag)
{
    switch (tag) {
    case TRAIL_TAG_NONE:
        return "null";
    case TRAIL_TAG_TRUE:
        return "true";
    case TRAIL_TAG_FALSE:
        return "false";
    case TRAIL_TAG_UNSET:
        return "{\"$unset\":true}";
    case TRAIL_TAG_REDACTED:
        return "\"[REDACTED]\"";
    case TRAIL_TAG_FAILED:
        return "\"<unable to represent>\"";
    case TRAIL_TAG_BUDGET:
        return "\"[TRUNCATED: no room left in this value]\"";
    case TRAIL_TAG_OMITTED:
        return "{\"$omitted\":true}";
    default:
        return NULL;
    }
}

static bool put_scalar(struct writer *w, const struct trail_value *v)
{
    switch (v->tag) {
    case TRAIL_TAG_FLOAT:
        put_float(w, v->real);
        return true;
    case TRAIL_TAG_COMPLEX:
        buf_puts(w->out, "{\"$complex\":[");
        put_float(w, v->real);
        buf_putc(w->out, ',');
        put_float(w, v->imaginary);
        buf_puts(w->out, "]}");
        return true;
    case TRAIL_TAG_BIGINT:
        return put_bigint(w, v);
    case TRAIL_TAG_BIGINT_CUT:
        buf_puts(w->out, v->negative ? "{\"$int\":\"-" : "{\"$int\":\"");
        put_cut(w, v->original, "bits");
        buf_puts(w->out, "\"}");
        return true;
    case TRAIL_TAG_BYTES:
    case TRAIL_TAG_BYTES_CUT:
        put_bytes(w, v, v->tag == TRAIL_TAG_BYTES_CUT);
        return true;
    case TRAIL_TAG_ELLIPSIS:
        buf_puts(w->out,
                 v->negative ? "{\"$type\":\"NotImplementedType\"}" : "{\"$type\":\"ellipsis\"}");
        return true;
    case TRAIL_TAG_CYCLE:
        buf_puts(w->out, "{\"$cycle\":");
        json_uint(w->out, v->original);
        buf_putc(w->out, '}');
        return true;
    default:
        return false;
    }
}

static bool put_other(struct writer *w, const struct trail_value *v)
{
    switch (v->tag) {
    case TRAIL_TAG_OBJECT:
    case TRAIL_TAG_EXCEPTION:
        return put_object(w, v);
    case TRAIL_TAG_SUBCLASS:
        return put_subclass(w, v);
    case TRAIL_TAG_ENUM:
        return put_enum(w, v);
    case TRAIL_TAG_ARRAY:
        return put_array(w, v);
    case TRAIL_TAG_TEXTUAL:
        put_typed_text(w, v, "value");
        return true;
    case TRAIL_TAG_REPR:
        put_typed_text(w, v, "$repr");
        return true;
    case TRAIL_TAG_FUNCTION:
        put_named(w, v, "function");
        return true;
    case TRAIL_TAG_CLASS:
        put_named(w, v, "type");
        return true;
    case TRAIL_TAG_MODULE:
        put_named(w, v, "module");
        return true;
    case TRAIL_TAG_DEPTH:
        put_type(w, v->type);
        buf_puts(w->out, ",\"$truncated\":\"");
        put_cut(w, v->original, "items");
        buf_puts(w->out, "\"}");
        return true;
    case TRAIL_TAG_TYPE_ONLY:
        put_type(w, v->type);
        buf_putc(w->out, '}');
        return true;
    default:
        return put_scalar(w, v);
    }
}

static bool put_value(struct writer *w)
{
    struct trail_value v;
    const char *text;
    bool ok;

    if (!trail_value_next(w->in, &v))
        return false;
    switch (v.tag) {
    case TRAIL_TAG_INT64:
        put_int(w, v.integer);
        ok = true;
        break;
    case TRAIL_TAG_STR:
    case TRAIL_TAG_STR_CUT:
        put_str(w, &v, v.tag == TRAIL_TAG_STR_CUT);
        ok = true;
        break;
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
        text = constant(v.tag);
        if (text != NULL)
            buf_puts(w->out, text);
        ok = text != NULL || put_other(w, &v);
        break;
    }
    return ok && !w->out->failed;
}

bool value_json(struct buf *out, struct trail_bytes *bytes, const struct type_names *types)
{
    struct writer w = {out, bytes, types};

    return put_value(&w);
}

bool value_json_kwargs(struct buf *out, struct trail_bytes *bytes, const struct type_names *types)
{
    struct writer w = {out, bytes, types};
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
