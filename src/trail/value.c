/* value.c - see reader.h: one node of a value at a time, or a whole value stepped over. */
#include "base/base.h"

#include "base/limits.h"
#include "trail/in.h"

/* ---- varints ----------------------------------------------------------------------------- */

uint64_t trail_get_uv_long(struct trail_in *in)
{
    uint64_t v = 0;

    for (unsigned shift = 0; shift < 70 && in->p < in->end; shift += 7) {
        uint64_t byte = *in->p++;

        if (shift == 63 && byte > 1)
            break; /* past 64 bits */
        v |= (byte & 0x7f) << shift;
        if (byte < 0x80)
            return v;
    }
    trail_in_fail(in);
    return 0;
}

bool trail_list_next(struct trail_bytes *list, uint64_t *ret_number)
{
    struct trail_in in;
    uint64_t number;

    if (list->len == 0)
        return false;
    in = (struct trail_in){list->data, list->data + list->len, false};
    number = trail_get_uv(&in);
    *list = (struct trail_bytes){in.p, trail_in_left(&in)};
    if (in.bad)
        return false;
    *ret_number = number;
    return true;
}

bool trail_text_next(struct trail_bytes *list, struct trail_bytes *ret_text)
{
    struct trail_in in;
    struct trail_bytes text;

    if (list->len == 0)
        return false;
    in = (struct trail_in){list->data, list->data + list->len, false};
    text = trail_get_text(&in);
    *list = (struct trail_bytes){in.p, trail_in_left(&in)};
    if (in.bad)
        return false;
    *ret_text = text;
    return true;
}

/* ---- one node ---------------------------------------------------------------------------- */

static void get_short_int(struct trail_in *in, unsigned tag, struct trail_value *v)
{
    unsigned more = tag < 0x80 ? 0 : tag < 0xc0 ? 1 : tag < 0xe0 ? 2 : 3;
    unsigned low_bits = tag < 0xc0 ? 6 : tag < 0xe0 ? 5 : 4;
    struct trail_bytes bytes = trail_get_bytes(in, more);
    uint64_t z = tag & ((1u << low_bits) - 1);

    for (size_t i = 0; i < bytes.len; i++)
        z |= (uint64_t)bytes.data[i] << (low_bits + 8 * i);
    v->tag = TRAIL_TAG_INT64;
    v->integer = trail_unzigzag(z);
}

static void get_scalar(struct trail_in *in, struct trail_value *v)
{
    struct trail_bytes bytes;

    switch (v->tag) {
    case TRAIL_TAG_FLOAT:
        bytes = trail_get_bytes(in, 8);
        if (!in->bad)
            memcpy(&v->real, bytes.data, 8);
        break;
    case TRAIL_TAG_COMPLEX:
        bytes = trail_get_bytes(in, 16);
        if (!in->bad) {
            memcpy(&v->real, bytes.data, 8);
            memcpy(&v->imaginary, bytes.data + 8, 8);
        }
        break;
    case TRAIL_TAG_BIGINT:
    case TRAIL_TAG_BIGINT_CUT:
        v->negative = trail_get_uv(in);
        if (v->negative > 1)
            trail_in_fail(in);
        if (v->tag == TRAIL_TAG_BIGINT)
            v->text = trail_get_text(in);
        else
            v->original = trail_get_uv(in);
        break;
    case TRAIL_TAG_INT64:
        v->integer = trail_get_i64(in);
        break;
    case TRAIL_TAG_ELLIPSIS:
        v->negative = trail_get_uv(in);
        if (v->negative > 1)
            trail_in_fail(in);
        break;
    default: /* NONE, TRUE, FALSE, UNSET, REDACTED, FAILED, BUDGET, OMITTED */
        break;
    }
}

static void get_text_node(struct trail_in *in, struct trail_value *v)
{
    if (v->tag == TRAIL_TAG_STR_CUT || v->tag == TRAIL_TAG_BYTES_CUT)
        v->original = trail_get_uv(in);
    if (v->tag == TRAIL_TAG_TEXTUAL || v->tag == TRAIL_TAG_ENUM || v->tag == TRAIL_TAG_REPR)
        v->type = trail_get_uv(in);
    if (v->tag == TRAIL_TAG_REPR)
        v->original = trail_get_uv(in);
    v->text = trail_get_text(in);
    if (v->tag == TRAIL_TAG_FUNCTION || v->tag == TRAIL_TAG_CLASS)
        v->name = trail_get_text(in);
}

static uint64_t get_identity(struct trail_in *in)
{
    struct trail_bytes bytes = trail_get_bytes(in, TRAIL_IDENTITY_BYTES);
    uint64_t identity = 0;

    if (bytes.len == TRAIL_IDENTITY_BYTES)
        memcpy(&identity, bytes.data, TRAIL_IDENTITY_BYTES);
    return identity;
}

static void get_container(struct trail_in *in, struct trail_value *v)
{
    switch (v->tag) {
    case TRAIL_TAG_OBJECT:
        v->type = trail_get_uv(in);
        v->identity = trail_get_u64(in);
        v->original = trail_get_uv(in);
        v->n = trail_get_count(in, 2);
        break;
    case TRAIL_TAG_EXCEPTION:
        v->type = trail_get_uv(in);
        v->identity = trail_get_u64(in);
        v->text = trail_get_text(in);
        v->n = trail_get_count(in, 2);
        break;
    case TRAIL_TAG_ARRAY:
        v->type = trail_get_uv(in);
        v->text = trail_get_text(in);
        v->ndim = trail_get_count(in, 1);
        v->shape = trail_get_list(in, v->ndim);
        v->n = trail_get_count(in, 1);
        break;
    case TRAIL_TAG_INSTANCE:
        v->type = trail_get_uv(in);
        v->identity = get_identity(in);
        v->n = trail_get_count(in, 1);
        break;
    case TRAIL_TAG_DICT:
        v->original = trail_get_uv(in);
        v->n = trail_get_count(in, 2);
        break;
    default: /* LIST, TUPLE, SET, FROZENSET */
        v->original = trail_get_uv(in);
        v->n = trail_get_count(in, 1);
        break;
    }
}

static void get_node(struct trail_in *in, struct trail_value *v)
{
    unsigned tag = in->p < in->end ? *in->p++ : 0;

    memset(v, 0, sizeof(*v));
    v->tag = (enum trail_tag)tag;
    if (tag >= 0x40 && tag < 0xf0) {
        get_short_int(in, tag, v);
        return;
    }
    switch (tag) {
    case TRAIL_TAG_NONE ... TRAIL_TAG_BIGINT_CUT:
    case TRAIL_TAG_REDACTED ... TRAIL_TAG_BUDGET:
    case TRAIL_TAG_OMITTED ... TRAIL_TAG_ELLIPSIS:
        get_scalar(in, v);
        break;
    case TRAIL_TAG_STR ... TRAIL_TAG_BYTES_CUT:
    case TRAIL_TAG_ENUM ... TRAIL_TAG_MODULE:
    case TRAIL_TAG_REPR:
        get_text_node(in, v);
        break;
    case TRAIL_TAG_LIST ... TRAIL_TAG_OBJECT:
    case TRAIL_TAG_ARRAY:
    case TRAIL_TAG_EXCEPTION ... TRAIL_TAG_INSTANCE:
        get_container(in, v);
        break;
    case TRAIL_TAG_SUBCLASS:
    case TRAIL_TAG_TYPE_ONLY:
        v->type = trail_get_uv(in);
        break;
    case TRAIL_TAG_CYCLE:
        v->original = trail_get_uv(in);
        break;
    case TRAIL_TAG_DEPTH:
        v->type = trail_get_uv(in);
        v->original = trail_get_uv(in);
        break;
    default:
        trail_in_fail(in);
        break;
    }
}

bool trail_value_next(struct trail_bytes *bytes, struct trail_value *ret_value)
{
    struct trail_in in;
    struct trail_value v;

    if (bytes->len == 0)
        return false;
    in = (struct trail_in){bytes->data, bytes->data + bytes->len, false};
    get_node(&in, &v);
    if (in.bad)
        return false;
    *bytes = (struct trail_bytes){in.p, trail_in_left(&in)};
    *ret_value = v;
    return true;
}

/* ---- a whole value ----------------------------------------------------------------------- */

const uint8_t trail_value_size[256] = {
    [TRAIL_TAG_NONE] = 1,     [TRAIL_TAG_TRUE] = 1,   [TRAIL_TAG_FALSE] = 1,
    [TRAIL_TAG_UNSET] = 1,    [TRAIL_TAG_FLOAT] = 9,  [TRAIL_TAG_COMPLEX] = 17,
    [TRAIL_TAG_REDACTED] = 1, [TRAIL_TAG_FAILED] = 1, [TRAIL_TAG_BUDGET] = 1,
    [TRAIL_TAG_OMITTED] = 1,  [TRAIL_TAG_INT64] = 9,  [0x40 ... 0x7f] = 1,
    [0x80 ... 0xbf] = 2,      [0xc0 ... 0xdf] = 3,    [0xe0 ... 0xef] = 4,
};

static bool skip_values(struct trail_in *in, uint64_t n, unsigned depth)
{
    for (uint64_t i = 0; i < n; i++)
        if (!trail_skip(in, depth))
            return false;
    return true;
}

static bool skip_attributes(struct trail_in *in, uint64_t n, unsigned depth)
{
    for (uint64_t i = 0; i < n; i++) {
        (void)trail_get_text(in);
        if (in->bad || !trail_skip(in, depth))
            return false;
    }
    return true;
}

bool trail_skip_long(struct trail_in *in, unsigned depth)
{
    struct trail_value v;

    if (depth > TRAIL_VALUE_NESTING)
        return false;
    if (in->p < in->end && *in->p == TRAIL_TAG_STR) { /* by far the most frequent one */
        in->p++;
        (void)trail_get_text(in);
        return !in->bad;
    }
    get_node(in, &v);
    if (in->bad)
        return false;
    switch (v.tag) {
    case TRAIL_TAG_LIST:
    case TRAIL_TAG_TUPLE:
    case TRAIL_TAG_SET:
    case TRAIL_TAG_FROZENSET:
    case TRAIL_TAG_ARRAY:
    case TRAIL_TAG_INSTANCE:
        return skip_values(in, v.n, depth + 1);
    case TRAIL_TAG_DICT:
        return skip_values(in, v.n * 2, depth + 1);
    case TRAIL_TAG_OBJECT:
    case TRAIL_TAG_EXCEPTION:
        return skip_attributes(in, v.n, depth + 1);
    case TRAIL_TAG_ENUM:
        return trail_skip(in, depth + 1);
    case TRAIL_TAG_SUBCLASS:
        return trail_skip(in, depth + 1) &&
               skip_attributes(in, trail_get_count(in, 2), depth + 1) && !in->bad;
    default:
        return true;
    }
}

bool trail_value_skip(struct trail_bytes *bytes)
{
    struct trail_in in;

    if (bytes->len == 0)
        return false;
    in = (struct trail_in){bytes->data, bytes->data + bytes->len, false};
    if (!trail_skip(&in, 0) || in.bad)
        return false;
    *bytes = (struct trail_bytes){in.p, trail_in_left(&in)};
    return true;
}
