/* value_json_leaf.c - values with no other values in them: numbers, texts, names, what was cut or left out. */
#include "base/base.h"

#include "base/limits.h"
#include "ingest/json.h"
#include "ingest/value_json_private.h"

#include <math.h>

#define SAFE_INTEGER (1LL << 53) /* what every JSON reader keeps exactly */

/* ---- pieces ---------------------------------------------------------------------------------- */

void value_json_type(struct value_json_writer *w, uint64_t type)
{
    const char *json = type < w->types->n ? w->types->json[type] : NULL;

    buf_puts(w->out, "{\"$type\":");
    buf_puts(w->out, json != NULL ? json : "\"?\"");
}

void value_json_cut(struct value_json_writer *w, uint64_t size, const char *unit)
{
    buf_puts(w->out, "[TRUNCATED: original size ");
    json_uint(w->out, size);
    buf_putc(w->out, ' ');
    buf_puts(w->out, unit);
    buf_putc(w->out, ']');
}

/* A string, or its beginning with the cut in the same string. */
static void put_str(struct value_json_writer *w, const struct trail_value *v, bool cut)
{
    bool clean = json_is_clean(v->text.data, v->text.len);

    buf_puts(w->out, clean ? "\"" : "{\"$str\":\"");
    json_inside(w->out, v->text.data, v->text.len, !clean);
    if (cut)
        value_json_cut(w, v->original, "bytes");
    buf_puts(w->out, clean ? "\"" : "\"}");
}

/* Printable ASCII as itself, everything else as \xNN, as Python shows bytes. */
static void put_bytes(struct value_json_writer *w, const struct trail_value *v, bool cut)
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
        value_json_cut(w, v->original, "bytes");
    buf_puts(w->out, "\"}");
}

static void put_int(struct value_json_writer *w, int64_t v)
{
    bool safe = v >= -SAFE_INTEGER && v <= SAFE_INTEGER;

    if (!safe)
        buf_puts(w->out, "{\"$int\":\"");
    json_int(w->out, v);
    if (!safe)
        buf_puts(w->out, "\"}");
}

/* Divides the number by 10^9 again and again. At most LIMIT_RECORD_BYTES long. */
static bool put_bigint(struct value_json_writer *w, const struct trail_value *v)
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

static void put_float(struct value_json_writer *w, double v)
{
    if (isnan(v))
        buf_puts(w->out, "{\"$float\":\"nan\"}");
    else if (isinf(v))
        buf_puts(w->out, v > 0 ? "{\"$float\":\"inf\"}" : "{\"$float\":\"-inf\"}");
    else
        json_double(w->out, v);
}

/* "module.name"; builtins go without their module. */
static void put_name(struct value_json_writer *w, const struct trail_bytes *module,
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
void value_json_key(struct buf *out, const uint8_t *text, size_t len)
{
    buf_putc(out, '"');
    if (len > 0 && text[0] == '$')
        buf_putc(out, '$');
    json_inside(out, text, len, false);
    buf_puts(out, "\":");
}

/* ---- told by a type and a text ---------------------------------------------------------------- */

/* {"$type": ..., KEY: "text"} */
static void put_typed_text(struct value_json_writer *w, const struct trail_value *v,
                           const char *key)
{
    value_json_type(w, v->type);
    buf_putf(w->out, ",\"%s\":\"", key);
    json_inside(w->out, v->text.data, v->text.len, false);
    if (v->tag == TRAIL_TAG_REPR && v->original > v->text.len)
        value_json_cut(w, v->original, "bytes");
    buf_puts(w->out, "\"}");
}

static void put_named(struct value_json_writer *w, const struct trail_value *v, const char *type)
{
    static const struct trail_bytes none = {NULL, 0};

    buf_putf(w->out, "{\"$type\":\"%s\",\"name\":", type);
    if (v->tag == TRAIL_TAG_MODULE)
        put_name(w, &none, &v->text);
    else
        put_name(w, &v->text, &v->name);
    buf_putc(w->out, '}');
}

/* What is told by its type and a text: no values within. */
static bool put_told(struct value_json_writer *w, const struct trail_value *v)
{
    switch (v->tag) {
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
        value_json_type(w, v->type);
        buf_puts(w->out, ",\"$truncated\":\"");
        value_json_cut(w, v->original, "items");
        buf_puts(w->out, "\"}");
        return true;
    case TRAIL_TAG_TYPE_ONLY:
        value_json_type(w, v->type);
        buf_putc(w->out, '}');
        return true;
    default:
        return false;
    }
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

bool value_json_leaf(struct value_json_writer *w, const struct trail_value *v)
{
    const char *text;

    switch (v->tag) {
    case TRAIL_TAG_INT64:
        put_int(w, v->integer);
        return true;
    case TRAIL_TAG_STR:
    case TRAIL_TAG_STR_CUT:
        put_str(w, v, v->tag == TRAIL_TAG_STR_CUT);
        return true;
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
        value_json_cut(w, v->original, "bits");
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
        text = constant(v->tag);
        if (text != NULL)
            buf_puts(w->out, text);
        return text != NULL || put_told(w, v);
    }
}
