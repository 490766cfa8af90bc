/* dump_value.c - see dump.h: values. */
#include "base/base.h"

#include "trail/dump.h"

#include <inttypes.h>

const char *trail_tag_name(enum trail_tag tag)
{
    switch ((unsigned)tag) {
#define X(number, name) \
    case number:        \
        return #name;
        TRAIL_TAGS(X)
#undef X
    }
    return "?";
}

void trail_quoted_text(struct trail_bytes text, struct buf *out)
{
    buf_putc(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];

        if (c == '"' || c == '\\')
            buf_putf(out, "\\%c", c);
        else if (c >= 0x20 && c < 0x7f)
            buf_putc(out, (char)c);
        else
            buf_putf(out, "\\x%02x", c);
    }
    buf_putc(out, '"');
}

static void put_name(struct buf *out, struct trail_bytes text)
{
    if (text.len > 0)
        buf_put(out, text.data, text.len);
}

static bool put_value(struct trail_bytes *bytes, struct buf *out, unsigned depth);

/* n items with commas; `keys`: 0 items, 1 pairs of values, 2 attributes. */
static bool put_items(struct trail_bytes *bytes, struct buf *out, uint64_t n, int keys,
                      unsigned depth)
{
    for (uint64_t i = 0; i < n; i++) {
        struct trail_bytes name;

        if (i > 0)
            buf_puts(out, ", ");
        if (keys == 1) {
            if (!put_value(bytes, out, depth))
                return false;
            buf_puts(out, ": ");
        } else if (keys == 2) {
            if (!trail_text_next(bytes, &name))
                return false;
            put_name(out, name);
            buf_putc(out, '=');
        }
        if (!put_value(bytes, out, depth))
            return false;
    }
    return true;
}

static void put_original(struct buf *out, uint64_t original, uint64_t kept)
{
    if (original != kept)
        buf_putf(out, "~%" PRIu64, original);
}

static bool put_container(struct trail_bytes *bytes, const struct trail_value *v, struct buf *out,
                          unsigned depth)
{
    const char *brackets = v->tag == TRAIL_TAG_LIST    ? "[]"
                           : v->tag == TRAIL_TAG_TUPLE ? "()"
                                                       : "{}";

    if (v->tag == TRAIL_TAG_SET || v->tag == TRAIL_TAG_FROZENSET)
        buf_puts(out, v->tag == TRAIL_TAG_SET ? "set" : "frozenset");
    buf_putc(out, brackets[0]);
    if (!put_items(bytes, out, v->n, v->tag == TRAIL_TAG_DICT, depth))
        return false;
    buf_putc(out, brackets[1]);
    put_original(out, v->original, v->n);
    return true;
}

/* What stands before an instance's items. */
static void put_instance_head(const struct trail_value *v, struct buf *out)
{
    struct trail_bytes shape = v->shape;
    uint64_t size;

    buf_putf(out, "<%s %s %" PRIu64, trail_tag_name(v->tag),
             v->tag == TRAIL_TAG_INSTANCE ? "layout" : "type", v->type);
    if (v->tag == TRAIL_TAG_OBJECT || v->tag == TRAIL_TAG_EXCEPTION || v->tag == TRAIL_TAG_INSTANCE)
        buf_putf(out, " at 0x%" PRIx64, v->identity);
    if (v->tag == TRAIL_TAG_EXCEPTION || v->tag == TRAIL_TAG_ENUM || v->tag == TRAIL_TAG_ARRAY) {
        buf_putc(out, ' ');
        trail_quoted_text(v->text, out);
    }
    while (v->tag == TRAIL_TAG_ARRAY && trail_list_next(&shape, &size))
        buf_putf(out, " x%" PRIu64, size);
    buf_puts(out, " (");
}

static bool put_instance(struct trail_bytes *bytes, const struct trail_value *v, struct buf *out,
                         unsigned depth)
{
    uint64_t n = v->n;

    put_instance_head(v, out);
    if (v->tag == TRAIL_TAG_SUBCLASS || v->tag == TRAIL_TAG_ENUM) {
        if (!put_value(bytes, out, depth))
            return false;
        if (v->tag == TRAIL_TAG_SUBCLASS && !trail_list_next(bytes, &n))
            return false;
        if (n > 0)
            buf_puts(out, ", ");
    }
    if (!put_items(bytes, out, n, v->tag == TRAIL_TAG_ARRAY || v->tag == TRAIL_TAG_INSTANCE ? 0 : 2,
                   depth))
        return false;
    buf_puts(out, ")>");
    if (v->tag == TRAIL_TAG_OBJECT)
        put_original(out, v->original, v->n);
    return true;
}

static void put_bigint(struct buf *out, const struct trail_value *v)
{
    buf_puts(out, v->negative ? "-0x" : "0x");
    for (size_t i = v->text.len; i > 0; i--)
        buf_putf(out, "%02x", v->text.data[i - 1]);
}

/* The tags that hold no other values. */
static void put_leaf(const struct trail_value *v, struct buf *out)
{
    switch (v->tag) {
    case TRAIL_TAG_NONE:
        buf_puts(out, "None");
        break;
    case TRAIL_TAG_TRUE:
        buf_puts(out, "True");
        break;
    case TRAIL_TAG_FALSE:
        buf_puts(out, "False");
        break;
    case TRAIL_TAG_INT64:
        buf_putf(out, "%" PRId64, v->integer);
        break;
    case TRAIL_TAG_FLOAT:
        buf_putf(out, "%.17g", v->real);
        break;
    case TRAIL_TAG_COMPLEX:
        buf_putf(out, "%.17g%+.17gj", v->real, v->imaginary);
        break;
    case TRAIL_TAG_BIGINT:
        put_bigint(out, v);
        break;
    case TRAIL_TAG_STR:
    case TRAIL_TAG_STR_CUT:
        trail_quoted_text(v->text, out);
        break;
    case TRAIL_TAG_BYTES:
    case TRAIL_TAG_BYTES_CUT:
        buf_putc(out, 'b');
        trail_quoted_text(v->text, out);
        break;
    case TRAIL_TAG_ELLIPSIS:
        buf_puts(out, v->negative ? "NotImplemented" : "Ellipsis");
        break;
    default:
        buf_putf(out, "<%s", trail_tag_name(v->tag));
        if (v->type != 0)
            buf_putf(out, " type %" PRIu64, v->type);
        if (v->tag == TRAIL_TAG_BIGINT_CUT)
            buf_puts(out, v->negative ? " -" : " +");
        if (v->text.len > 0) {
            buf_putc(out, ' ');
            trail_quoted_text(v->text, out);
        }
        if (v->name.len > 0) {
            buf_putc(out, ' ');
            trail_quoted_text(v->name, out);
        }
        buf_putc(out, '>');
        break;
    }
    put_original(out, v->original, 0);
}

static bool put_value(struct trail_bytes *bytes, struct buf *out, unsigned depth)
{
    struct trail_value v;

    if (depth > TRAIL_VALUE_NESTING || !trail_value_next(bytes, &v))
        return false;
    switch (v.tag) {
    case TRAIL_TAG_LIST:
    case TRAIL_TAG_TUPLE:
    case TRAIL_TAG_SET:
    case TRAIL_TAG_FROZENSET:
    case TRAIL_TAG_DICT:
        return put_container(bytes, &v, out, depth + 1);
    case TRAIL_TAG_OBJECT:
    case TRAIL_TAG_EXCEPTION:
    case TRAIL_TAG_SUBCLASS:
    case TRAIL_TAG_ENUM:
    case TRAIL_TAG_ARRAY:
    case TRAIL_TAG_INSTANCE:
        return put_instance(bytes, &v, out, depth + 1);
    default:
        put_leaf(&v, out);
        return true;
    }
}

void trail_value_text(struct trail_bytes *bytes, struct buf *out)
{
    if (!put_value(bytes, out, 0))
        buf_puts(out, "?!");
}
