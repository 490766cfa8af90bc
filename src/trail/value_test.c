/* value_test.c - values: every node comes back as it was put; what is torn or nests too deep is refused. */
#include "base/base.h"

#include "base/limits.h"
#include "trail/dump.h"
#include "trail/sample.h"

#include <setjmp.h>

#include <cmocka.h>

#define ROUNDS 20000

static uint8_t memory[64 * 1024];

static struct trail_out fresh(void)
{
    return (struct trail_out){memory, memory + sizeof(memory), false};
}

static struct trail_bytes written(const struct trail_out *out)
{
    assert_false(out->overflow);
    return (struct trail_bytes){memory, (size_t)(out->p - memory)};
}

static void assert_bytes_equal(struct trail_bytes a, struct trail_bytes b)
{
    assert_int_equal(a.len, b.len);
    if (a.len > 0)
        assert_memory_equal(a.data, b.data, a.len);
}

static void assert_node_equal(const struct trail_value *a, const struct trail_value *b)
{
    assert_int_equal(a->tag, b->tag);
    assert_int_equal(a->integer, b->integer);
    assert_memory_equal(&a->real, &b->real, sizeof(double));
    assert_memory_equal(&a->imaginary, &b->imaginary, sizeof(double));
    assert_int_equal(a->negative, b->negative);
    assert_int_equal(a->original, b->original);
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->identity, b->identity);
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->ndim, b->ndim);
    assert_bytes_equal(a->shape, b->shape);
    assert_bytes_equal(a->text, b->text);
    assert_bytes_equal(a->name, b->name);
}

static void assert_token_next(struct trail_bytes *bytes, const struct sample_token *token)
{
    struct trail_value v;
    struct trail_bytes name;
    uint64_t n;

    switch (token->what) {
    case SAMPLE_NODE:
        assert_true(trail_value_next(bytes, &v));
        assert_node_equal(&v, &token->node);
        break;
    case SAMPLE_NAME:
        assert_true(trail_text_next(bytes, &name));
        assert_bytes_equal(name, token->name);
        break;
    case SAMPLE_COUNT:
        assert_true(trail_list_next(bytes, &n));
        assert_int_equal(n, token->count);
        break;
    }
}

static void every_value_comes_back_as_it_was_put(void **state)
{
    static struct sample s = SAMPLE_INIT(11);
    size_t deepest = 0;

    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        struct trail_out out = fresh();
        struct trail_bytes bytes, whole;

        sample_put_value(&s, &out);
        bytes = whole = written(&out);
        for (size_t j = 0; j < s.ntokens; j++)
            assert_token_next(&bytes, &s.tokens[j]);
        assert_int_equal(bytes.len, 0);
        assert_true(trail_value_skip(&whole));
        assert_int_equal(whole.len, 0);
        deepest = s.ntokens > deepest ? s.ntokens : deepest;
    }
    assert_true(deepest > 50);
}

static void a_value_cut_anywhere_is_refused(void **state)
{
    static struct sample s = SAMPLE_INIT(12);

    (void)state;
    for (int i = 0; i < 1000; i++) {
        struct trail_out out = fresh();
        struct trail_bytes whole;

        sample_put_value(&s, &out);
        whole = written(&out);
        for (size_t len = 0; len < whole.len; len++) {
            struct trail_bytes cut = {whole.data, len};
            struct buf text = BUF_INIT(1 << 20);

            assert_false(trail_value_skip(&cut));
            assert_ptr_equal(cut.data, whole.data);
            assert_int_equal(cut.len, len);
            trail_value_text(&cut, &text);
            assert_string_equal(buf_text(&text) + text.len - 2, "?!");
            buf_release(&text);
        }
    }
}

static void integers_take_their_shortest_form(void **state)
{
    static const struct {
        int64_t value;
        size_t bytes;
    } CASES[] = {
        {0, 1},         {31, 1},        {-32, 1},       {32, 2},         {-33, 2},
        {8191, 2},      {-8192, 2},     {8192, 3},      {1048575, 3},    {-1048576, 3},
        {1048576, 4},   {134217727, 4}, {134217728, 9}, {-134217728, 4}, {-134217729, 9},
        {INT64_MAX, 9}, {INT64_MIN, 9},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        struct trail_out out = fresh();
        struct trail_bytes bytes;
        struct trail_value v;

        trail_put_int(&out, CASES[i].value);
        bytes = written(&out);
        assert_int_equal(bytes.len, CASES[i].bytes);
        assert_true(trail_value_next(&bytes, &v));
        assert_int_equal(v.tag, TRAIL_TAG_INT64);
        assert_true(v.integer == CASES[i].value);
        assert_int_equal(bytes.len, 0);
    }
}

/* `depth` containers of the tag inside each other, None in the innermost. */
static struct trail_bytes nested(enum trail_tag tag, unsigned depth)
{
    struct trail_out out = fresh();

    for (unsigned i = 0; i < depth; i++) {
        trail_put_u8(&out, (uint8_t)tag);
        trail_put_uv(&out, 1); /* a type, or the original count */
        if (tag == TRAIL_TAG_ENUM)
            trail_put_text(&out, "A", 1);
        if (tag == TRAIL_TAG_LIST)
            trail_put_uv(&out, 1);
    }
    trail_put_u8(&out, TRAIL_TAG_NONE);
    for (unsigned i = 0; i < depth && tag == TRAIL_TAG_SUBCLASS; i++)
        trail_put_uv(&out, 0);
    return written(&out);
}

static void nesting_has_a_ceiling(void **state)
{
    static const enum trail_tag TAGS[] = {TRAIL_TAG_LIST, TRAIL_TAG_ENUM, TRAIL_TAG_SUBCLASS};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(TAGS); i++) {
        struct trail_bytes bytes = nested(TAGS[i], TRAIL_VALUE_NESTING);

        assert_true(trail_value_skip(&bytes));
        assert_int_equal(bytes.len, 0);
        bytes = nested(TAGS[i], TRAIL_VALUE_NESTING + 1);
        assert_false(trail_value_skip(&bytes)); /* though the innermost is a None, of known size */
        bytes = nested(TAGS[i], TRAIL_VALUE_NESTING + 2);
        assert_false(trail_value_skip(&bytes));
        bytes = nested(TAGS[i], 10000);
        assert_false(trail_value_skip(&bytes));
    }
}

static void values_as_text(void **state)
{
    struct trail_out out = fresh();
    struct trail_bytes bytes;
    struct buf text = BUF_INIT(10000);

    (void)state;
    trail_put_u8(&out, TRAIL_TAG_TUPLE);
    trail_put_uv(&out, 13);
    trail_put_uv(&out, 12);
    trail_put_u8(&out, TRAIL_TAG_TRUE);
    trail_put_int(&out, -70000);
    trail_put_string(&out, TRAIL_TAG_STR, "a\"\xc3\xa9", 4);
    trail_put_cut(&out, TRAIL_TAG_BYTES_CUT, 99, "xy", 2);
    trail_put_bytes(&out, "\x07\x01\x02\x39\x30", 5); /* BIGINT -12345 */
    trail_put_bytes(&out, "\x08\x00\x90\x4e", 4);     /* BIGINT_CUT of 10,000 bits */
    trail_put_bytes(&out, "\x11\x01\x01\x41\x02", 5); /* DICT */
    trail_put_bytes(&out, "\x12\x05\x10\0\0\0\0\0\0\0\x02\x01\x01x\x42", 15); /* OBJECT */
    trail_put_bytes(&out, "\x13\x06\x0d\x00\x00\x01\x01k\x03", 9);            /* SUBCLASS */
    trail_put_bytes(&out, "\x1b\x07\x02i8\x02\x03\x04\x01\x42", 10);          /* ARRAY */
    trail_put_bytes(&out, "\x1a\x08\x05", 3);                                 /* DEPTH */
    trail_put_bytes(&out, "\x25\x09\x10\0\0\0\0\0\x02\x42\x01", 11);          /* INSTANCE */
    bytes = written(&out);
    trail_value_text(&bytes, &text);
    assert_string_equal(buf_text(&text),
                        "(True, -70000, \"a\\\"\\xc3\\xa9\", b\"xy\"~99, -0x3039, <BIGINT_CUT "
                        "+>~10000, {-1: True}, "
                        "<OBJECT type 5 at 0x10 (x=1)>~2, <SUBCLASS type 6 ([], k=False)>, "
                        "<ARRAY type 7 \"i8\" x3 x4 (1)>, <DEPTH type 8>~5, "
                        "<INSTANCE layout 9 at 0x10 (1, None)>)~13");
    buf_release(&text);
}

static void names_of_kinds_and_tags(void **state)
{
    (void)state;
    assert_string_equal(trail_kind_name(TRAIL_END_OF), "END_OF");
    assert_string_equal(trail_kind_name((enum trail_kind)0), "?");
    assert_string_equal(trail_registry_kind_name(TRAIL_REG_CODE), "CODE");
    assert_string_equal(trail_tag_name(TRAIL_TAG_EXCEPTION), "EXCEPTION");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_comes_back_as_it_was_put),
        cmocka_unit_test(a_value_cut_anywhere_is_refused),
        cmocka_unit_test(integers_take_their_shortest_form),
        cmocka_unit_test(nesting_has_a_ceiling),
        cmocka_unit_test(values_as_text),
        cmocka_unit_test(names_of_kinds_and_tags),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
