/* sample.c - see sample.h. */
#include "base/base.h"

#include "base/clock.h"
#include "base/limits.h"
#include "trail/sample.h"

/* splitmix64, Vigna 2015. */
uint64_t sample_random(struct sample *s)
{
    uint64_t z = s->state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint64_t sample_below(struct sample *s, uint64_t n)
{
    return sample_random(s) % n;
}

uint64_t sample_number(struct sample *s)
{
    uint64_t width = sample_below(s, 65);

    return width == 0 ? 0 : sample_random(s) >> (64 - width);
}

struct trail_bytes sample_text(struct sample *s, size_t most)
{
    static const uint8_t TEXT[] =
        "der Fluss flie\xc3\x9ft \"\\ \xed\xa0\x80 \x00\x01\x7f\xff SYNC\n\x1a\x7f\xf5 "
        "0123456789 quick brown foxes jump over 12 lazy dogs, again and again";
    size_t from = sample_below(s, sizeof(TEXT));
    size_t len = sample_below(s, (most < sizeof(TEXT) - from ? most : sizeof(TEXT) - from) + 1);

    return (struct trail_bytes){TEXT + from, len};
}

/* ---- values ------------------------------------------------------------------------------ */

static struct sample_token *add_token(struct sample *s)
{
    struct sample_token *token = &s->tokens[s->ntokens++];

    memset(token, 0, sizeof(*token));
    return token;
}

static const enum trail_tag LEAVES[] = {
    TRAIL_TAG_NONE,      TRAIL_TAG_TRUE,     TRAIL_TAG_FALSE,    TRAIL_TAG_UNSET,
    TRAIL_TAG_FLOAT,     TRAIL_TAG_INT64,    TRAIL_TAG_BIGINT,   TRAIL_TAG_STR,
    TRAIL_TAG_STR_CUT,   TRAIL_TAG_BYTES,    TRAIL_TAG_DEPTH,    TRAIL_TAG_BIGINT_CUT,
    TRAIL_TAG_BYTES_CUT, TRAIL_TAG_TEXTUAL,  TRAIL_TAG_FUNCTION, TRAIL_TAG_CLASS,
    TRAIL_TAG_MODULE,    TRAIL_TAG_CYCLE,    TRAIL_TAG_COMPLEX,  TRAIL_TAG_REPR,
    TRAIL_TAG_INT64,     TRAIL_TAG_REDACTED, TRAIL_TAG_FAILED,   TRAIL_TAG_BUDGET,
    TRAIL_TAG_TYPE_ONLY, TRAIL_TAG_INT64,    TRAIL_TAG_OMITTED,  TRAIL_TAG_ELLIPSIS,
};

static const enum trail_tag CONTAINERS[] = {
    TRAIL_TAG_LIST,  TRAIL_TAG_TUPLE,     TRAIL_TAG_SET,      TRAIL_TAG_FROZENSET,
    TRAIL_TAG_DICT,  TRAIL_TAG_OBJECT,    TRAIL_TAG_SUBCLASS, TRAIL_TAG_ENUM,
    TRAIL_TAG_ARRAY, TRAIL_TAG_EXCEPTION, TRAIL_TAG_INSTANCE,
};

/* What a node of each tag has besides its children. */
enum {
    TYPE = 1,
    ID = 2,
    TEXT = 4,
    NAME = 8,
    ORIGINAL = 16,
    SIGN = 32,
    INT = 64,
    REAL = 128,
    ARRAY = 256
};

static const uint16_t FIELDS[0x40] = {
    [TRAIL_TAG_FLOAT] = REAL,
    [TRAIL_TAG_COMPLEX] = REAL,
    [TRAIL_TAG_BIGINT] = SIGN | TEXT,
    [TRAIL_TAG_BIGINT_CUT] = SIGN | ORIGINAL,
    [TRAIL_TAG_STR] = TEXT,
    [TRAIL_TAG_STR_CUT] = ORIGINAL | TEXT,
    [TRAIL_TAG_BYTES] = TEXT,
    [TRAIL_TAG_BYTES_CUT] = ORIGINAL | TEXT,
    [TRAIL_TAG_OBJECT] = TYPE | ID,
    [TRAIL_TAG_SUBCLASS] = TYPE,
    [TRAIL_TAG_ENUM] = TYPE | TEXT,
    [TRAIL_TAG_TEXTUAL] = TYPE | TEXT,
    [TRAIL_TAG_FUNCTION] = TEXT | NAME,
    [TRAIL_TAG_CLASS] = TEXT | NAME,
    [TRAIL_TAG_MODULE] = TEXT,
    [TRAIL_TAG_CYCLE] = ORIGINAL,
    [TRAIL_TAG_DEPTH] = TYPE | ORIGINAL,
    [TRAIL_TAG_ARRAY] = TYPE | TEXT | ARRAY,
    [TRAIL_TAG_REPR] = TYPE | ORIGINAL | TEXT,
    [TRAIL_TAG_TYPE_ONLY] = TYPE,
    [TRAIL_TAG_INT64] = INT,
    [TRAIL_TAG_ELLIPSIS] = SIGN,
    [TRAIL_TAG_EXCEPTION] = TYPE | ID | TEXT,
    [TRAIL_TAG_INSTANCE] = TYPE | ID,
};

static void fill_node(struct sample *s, struct trail_value *v)
{
    static const uint8_t SHAPE[] = {3, 0x80, 1, 0}; /* 3, 128, 0 */
    unsigned fields = FIELDS[v->tag];

    if (fields & TYPE)
        v->type = sample_number(s);
    if (fields & ID)
        v->identity = sample_random(s) >> (v->tag == TRAIL_TAG_INSTANCE ? 16 : 0);
    if (fields & TEXT)
        v->text = sample_text(s, 100);
    if (fields & NAME)
        v->name = sample_text(s, 100);
    if (fields & ORIGINAL)
        v->original = sample_number(s);
    if (fields & SIGN)
        v->negative = sample_below(s, 2);
    if (fields & INT)
        v->integer = (int64_t)(sample_below(s, 2) ? sample_number(s) : 0 - sample_number(s));
    if (fields & REAL)
        v->real = (double)(int64_t)sample_number(s) / 7;
    if (v->tag == TRAIL_TAG_COMPLEX)
        v->imaginary = (double)sample_number(s);
    if (fields & ARRAY) {
        v->ndim = 3;
        v->shape = (struct trail_bytes){SHAPE, sizeof(SHAPE)};
    }
}

static void add_value(struct sample *s, unsigned depth);

static void add_attributes(struct sample *s, uint64_t n, unsigned depth)
{
    for (uint64_t i = 0; i < n; i++) {
        struct sample_token *token = add_token(s);

        token->what = SAMPLE_NAME;
        token->name = sample_text(s, 20);
        add_value(s, depth);
    }
}

static void add_container(struct sample *s, unsigned depth)
{
    struct trail_value *v = &add_token(s)->node;
    uint64_t n = sample_below(s, 4);

    v->tag = CONTAINERS[sample_below(s, ARRAY_SIZE(CONTAINERS))];
    fill_node(s, v);
    switch (v->tag) {
    case TRAIL_TAG_ENUM:
        add_value(s, depth + 1);
        return;
    case TRAIL_TAG_SUBCLASS:
        add_value(s, depth + 1);
        *add_token(s) = (struct sample_token){.what = SAMPLE_COUNT, .count = n};
        add_attributes(s, n, depth + 1);
        return;
    default:
        break;
    }
    v->n = n;
    if (v->tag != TRAIL_TAG_EXCEPTION && v->tag != TRAIL_TAG_ARRAY && v->tag != TRAIL_TAG_INSTANCE)
        v->original = n + sample_below(s, 3);
    if (v->tag == TRAIL_TAG_OBJECT || v->tag == TRAIL_TAG_EXCEPTION)
        add_attributes(s, n, depth + 1);
    else
        for (uint64_t i = 0; i < (v->tag == TRAIL_TAG_DICT ? 2 * n : n); i++)
            add_value(s, depth + 1);
}

static void add_value(struct sample *s, unsigned depth)
{
    /* What is open may still need this many tokens; behind that only leaves are added. */
    bool roomy = s->ntokens + 64 * (depth + 1) < SAMPLE_TOKENS;

    if (depth < LIMIT_VALUE_DEPTH && roomy && sample_below(s, 3) == 0) {
        add_container(s, depth);
    } else {
        struct trail_value *v = &add_token(s)->node;

        v->tag = LEAVES[sample_below(s, ARRAY_SIZE(LEAVES))];
        fill_node(s, v);
    }
}

void sample_value(struct sample *s)
{
    s->ntokens = 0;
    add_value(s, 0);
}

static void put_bytes(struct trail_out *out, struct trail_bytes bytes)
{
    trail_put_text(out, (const char *)bytes.data, bytes.len);
}

static void put_simple_node(struct trail_out *out, const struct trail_value *v)
{
    switch (v->tag) {
    case TRAIL_TAG_FLOAT:
        trail_put_bytes(out, &v->real, 8);
        break;
    case TRAIL_TAG_COMPLEX:
        trail_put_bytes(out, &v->real, 8);
        trail_put_bytes(out, &v->imaginary, 8);
        break;
    case TRAIL_TAG_BIGINT:
        trail_put_uv(out, v->negative);
        put_bytes(out, v->text);
        break;
    case TRAIL_TAG_BIGINT_CUT:
        trail_put_uv(out, v->negative);
        trail_put_uv(out, v->original);
        break;
    case TRAIL_TAG_ELLIPSIS:
        trail_put_uv(out, v->negative);
        break;
    case TRAIL_TAG_STR_CUT:
    case TRAIL_TAG_BYTES_CUT:
        trail_put_uv(out, v->original);
        put_bytes(out, v->text);
        break;
    case TRAIL_TAG_STR:
    case TRAIL_TAG_BYTES:
    case TRAIL_TAG_MODULE:
        put_bytes(out, v->text);
        break;
    case TRAIL_TAG_FUNCTION:
    case TRAIL_TAG_CLASS:
        put_bytes(out, v->text);
        put_bytes(out, v->name);
        break;
    case TRAIL_TAG_CYCLE:
        trail_put_uv(out, v->original);
        break;
    default:
        break;
    }
}

static bool is_one_of(enum trail_tag tag, const enum trail_tag *tags, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (tags[i] == tag)
            return true;
    return false;
}

static void put_typed_node(struct trail_out *out, const struct trail_value *v)
{
    static const enum trail_tag originals[] = {TRAIL_TAG_OBJECT, TRAIL_TAG_DEPTH, TRAIL_TAG_REPR};
    static const enum trail_tag texts[] = {TRAIL_TAG_ENUM, TRAIL_TAG_TEXTUAL, TRAIL_TAG_REPR,
                                           TRAIL_TAG_EXCEPTION, TRAIL_TAG_ARRAY};
    static const enum trail_tag counts[] = {TRAIL_TAG_OBJECT, TRAIL_TAG_EXCEPTION, TRAIL_TAG_ARRAY,
                                            TRAIL_TAG_INSTANCE};

    trail_put_uv(out, v->type);
    if (v->tag == TRAIL_TAG_OBJECT || v->tag == TRAIL_TAG_EXCEPTION)
        trail_put_u64(out, v->identity);
    if (v->tag == TRAIL_TAG_INSTANCE)
        trail_put_bytes(out, &v->identity, TRAIL_IDENTITY_BYTES);
    if (is_one_of(v->tag, originals, ARRAY_SIZE(originals)))
        trail_put_uv(out, v->original);
    if (is_one_of(v->tag, texts, ARRAY_SIZE(texts)))
        put_bytes(out, v->text);
    if (v->tag == TRAIL_TAG_ARRAY) {
        trail_put_uv(out, v->ndim);
        trail_put_bytes(out, v->shape.data, v->shape.len);
    }
    if (is_one_of(v->tag, counts, ARRAY_SIZE(counts)))
        trail_put_uv(out, v->n);
}

void sample_put_token(struct trail_out *out, const struct sample_token *token)
{
    const struct trail_value *v = &token->node;

    if (token->what == SAMPLE_NAME) {
        put_bytes(out, token->name);
        return;
    }
    if (token->what == SAMPLE_COUNT) {
        trail_put_uv(out, token->count);
        return;
    }
    if (v->tag == TRAIL_TAG_INT64) {
        trail_put_int(out, v->integer);
        return;
    }
    trail_put_u8(out, (uint8_t)v->tag);
    switch (v->tag) {
    case TRAIL_TAG_LIST:
    case TRAIL_TAG_TUPLE:
    case TRAIL_TAG_SET:
    case TRAIL_TAG_FROZENSET:
    case TRAIL_TAG_DICT:
        trail_put_uv(out, v->original);
        trail_put_uv(out, v->n);
        break;
    case TRAIL_TAG_OBJECT:
    case TRAIL_TAG_SUBCLASS:
    case TRAIL_TAG_ENUM:
    case TRAIL_TAG_TEXTUAL:
    case TRAIL_TAG_DEPTH:
    case TRAIL_TAG_ARRAY:
    case TRAIL_TAG_REPR:
    case TRAIL_TAG_TYPE_ONLY:
    case TRAIL_TAG_EXCEPTION:
    case TRAIL_TAG_INSTANCE:
        put_typed_node(out, v);
        break;
    default:
        put_simple_node(out, v);
        break;
    }
}

void sample_put_value(struct sample *s, struct trail_out *out)
{
    sample_value(s);
    for (size_t i = 0; i < s->ntokens; i++)
        sample_put_token(out, &s->tokens[i]);
}
