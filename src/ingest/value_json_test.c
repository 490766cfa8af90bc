/* value_json_test.c - every form of docs/values.md, and that whatever comes out is JSON for DuckDB and for Python. */
#include "base/base.h"

#include "base/limits.h"
#include "ingest/json.h"
#include "ingest/value_json.h"
#include "store/store.h"
#include "trail/out.h"
#include "trail/sample.h"

#include <setjmp.h>
#include <unistd.h>

#include <cmocka.h>

static uint8_t bytes[32 * 1024];
static struct trail_out out;

static char *type_json[] = {NULL, (char[]){"\"shop.Cart\""}, (char[]){"\"list\""}};
static const char *const cart_keys[] = {",\"total\":", ",\"$$id\":"};
static const uint32_t cart_lens[] = {9, 8};
static struct layout_names layouts[] = {
    {.begin = NULL},
    {.begin = "{\"$type\":\"shop.Cart\",\"$id\":\"0x",
     .begin_len = 30,
     .keys = cart_keys,
     .key_lens = cart_lens,
     .n = 2},
};
static const struct type_names types = {type_json, 3, layouts, ARRAY_SIZE(layouts)};

static void begin(void)
{
    out = (struct trail_out){bytes, bytes + sizeof(bytes), false};
}

static void expect(const char *json)
{
    struct trail_bytes in = {bytes, (size_t)(out.p - bytes)};
    struct buf text = BUF_INIT(LIMIT_ANSWER_BYTES);

    assert_false(out.overflow);
    assert_true(value_json(&text, &in, &types));
    assert_string_equal(buf_text(&text), json);
    assert_int_equal(in.len, 0);
    buf_release(&text);
    begin();
}

static void str(const char *text)
{
    trail_put_string(&out, TRAIL_TAG_STR, text, strlen(text));
}

static void container(enum trail_tag tag, uint64_t original, uint64_t n)
{
    trail_put_u8(&out, (uint8_t)tag);
    trail_put_uv(&out, original);
    trail_put_uv(&out, n);
}

static void number(double v)
{
    trail_put_u8(&out, TRAIL_TAG_FLOAT);
    trail_put_bytes(&out, &v, 8);
}

static void test_numbers(void **state)
{
    static const struct {
        double v;
        const char *json;
    } floats[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {1.0, "1.0"},
        {-2.5, "-2.5"},
        {0.1, "0.1"},
        {1.05, "1.05"},
        {0.3333333333333333, "0.3333333333333333"},
        {123456.789, "123456.789"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1e15, "1e+15"},
        {1e300, "1e+300"},
        {5e-324, "4.94065645841247e-324"},
        {1e-5, "0.00001"},
        {1.0 / 0.0, "{\"$float\":\"inf\"}"},
        {-1.0 / 0.0, "{\"$float\":\"-inf\"}"},
        {__builtin_nan(""), "{\"$float\":\"nan\"}"},
        {999999999999999.0, "999999999999999.0"},
    };
    static const struct {
        int64_t v;
        const char *json;
    } integers[] = {
        {0, "0"},
        {-1, "-1"},
        {9, "9"},
        {10, "10"},
        {99, "99"},
        {100, "100"},
        {-12345, "-12345"},
        {9007199254740992, "9007199254740992"},
        {9007199254740993, "{\"$int\":\"9007199254740993\"}"},
        {INT64_MIN, "{\"$int\":\"-9223372036854775808\"}"},
    };

    (void)state;
    begin();
    for (size_t i = 0; i < ARRAY_SIZE(floats); i++) {
        number(floats[i].v);
        expect(floats[i].json);
    }
    for (size_t i = 0; i < ARRAY_SIZE(integers); i++) {
        trail_put_int(&out, integers[i].v);
        expect(integers[i].json);
    }
}

static void test_bigints(void **state)
{
    static const uint8_t two_to_128[17] = {[16] = 1};

    (void)state;
    begin();
    trail_put_u8(&out, TRAIL_TAG_BIGINT);
    trail_put_uv(&out, 0);
    trail_put_text(&out, (const char *)two_to_128, 17);
    expect("{\"$int\":\"340282366920938463463374607431768211456\"}");
    trail_put_u8(&out, TRAIL_TAG_BIGINT);
    trail_put_uv(&out, 1);
    trail_put_text(&out, "\x00\xca\x9a\x3b", 4); /* a group of nine zeros */
    expect("{\"$int\":\"-1000000000\"}");
    trail_put_u8(&out, TRAIL_TAG_BIGINT_CUT);
    trail_put_uv(&out, 1);
    trail_put_uv(&out, 100000);
    expect("{\"$int\":\"-[TRUNCATED: original size 100000 bits]\"}");
}

static void test_text(void **state)
{
    (void)state;
    begin();
    str("plain");
    expect("\"plain\"");
    str("a\"b\\c\n\t\x01\x7f");
    expect("\"a\\\"b\\\\c\\n\\t\\u0001\x7f\"");
    trail_put_string(&out, TRAIL_TAG_STR, "nul\0.", 5);
    expect("\"nul\\u0000.\"");
    str("\xc3\xa9\xf0\x9f\x98\x80");
    expect("\"\xc3\xa9\xf0\x9f\x98\x80\"");
    str("lone \xed\xa0\x80 \\"); /* a lone surrogate: the form in which backslashes double */
    expect("{\"$str\":\"lone \\\\ud800 \\\\\\\\\"}");
    str("bad \xff\xc0\xaf");
    expect("{\"$str\":\"bad \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"}");
    trail_put_cut(&out, TRAIL_TAG_STR_CUT, 5000, "begin", 5);
    expect("\"begin[TRUNCATED: original size 5000 bytes]\"");
    trail_put_string(&out, TRAIL_TAG_BYTES, "a\"\\\x00\xff", 5);
    expect("{\"$bytes\":\"a\\\"\\\\\\\\\\\\x00\\\\xff\"}");
    trail_put_cut(&out, TRAIL_TAG_BYTES_CUT, 9, "ab", 2);
    expect("{\"$bytes\":\"ab[TRUNCATED: original size 9 bytes]\"}");
}

static void test_containers(void **state)
{
    (void)state;
    begin();
    container(TRAIL_TAG_LIST, 0, 0);
    expect("[]");
    container(TRAIL_TAG_TUPLE, 20, 2);
    trail_put_int(&out, 1);
    container(TRAIL_TAG_SET, 1, 1);
    str("x");
    expect("[1,[\"x\"],\"[TRUNCATED: original size 20 items]\"]");
    container(TRAIL_TAG_FROZENSET, 3, 0);
    expect("[\"[TRUNCATED: original size 3 items]\"]");
    container(TRAIL_TAG_DICT, 0, 0);
    expect("{}");
    container(TRAIL_TAG_DICT, 4, 2);
    str("k");
    trail_put_int(&out, 1);
    str("$type"); /* ours begin with $, so that a foreign one gets another */
    trail_put_u8(&out, TRAIL_TAG_NONE);
    expect("{\"k\":1,\"$$type\":null,\"$truncated\":\"[TRUNCATED: original size 4 items]\"}");
    container(TRAIL_TAG_DICT, 2, 0);
    expect("{\"$truncated\":\"[TRUNCATED: original size 2 items]\"}");
    container(TRAIL_TAG_DICT, 4, 4); /* keys that are no strings: the text of their JSON */
    trail_put_int(&out, 1);
    str("a");
    container(TRAIL_TAG_TUPLE, 2, 2);
    trail_put_int(&out, 1);
    str("q");
    str("b");
    trail_put_u8(&out, TRAIL_TAG_NONE);
    str("c");
    str("name");
    str("d");
    expect("{\"1\":\"a\",\"[1,\\\"q\\\"]\":\"b\",\"null\":\"c\",\"name\":\"d\"}");
    container(TRAIL_TAG_DICT, 2, 2); /* 1 and "1" would be one key */
    trail_put_int(&out, 1);
    str("a");
    str("1");
    str("b");
    expect("{\"$dict\":[[1,\"a\"],[\"1\",\"b\"]]}");
    container(TRAIL_TAG_DICT, 1, 1);
    str("\xed\xa0\x80");
    trail_put_u8(&out, TRAIL_TAG_TRUE);
    expect("{\"{\\\"$str\\\":\\\"\\\\\\\\ud800\\\"}\":true}");
}

static void attribute(const char *name)
{
    trail_put_text(&out, name, strlen(name));
}

static void test_instances(void **state)
{
    (void)state;
    begin();
    trail_put_u8(&out, TRAIL_TAG_OBJECT);
    trail_put_uv(&out, 1);
    trail_put_u64(&out, 0x7f00deadbeef);
    trail_put_uv(&out, 5);
    trail_put_uv(&out, 2);
    attribute("total");
    trail_put_int(&out, 3);
    attribute("$id");
    trail_put_u8(&out, TRAIL_TAG_REDACTED);
    expect(
        "{\"$type\":\"shop.Cart\",\"$id\":\"0x7f00deadbeef\",\"total\":3,\"$$id\":\"[REDACTED]\","
        "\"$truncated\":\"[TRUNCATED: original size 5 attributes]\"}");
    trail_put_u8(&out, TRAIL_TAG_SUBCLASS);
    trail_put_uv(&out, 1);
    container(TRAIL_TAG_TUPLE, 1, 1);
    trail_put_int(&out, 4);
    trail_put_uv(&out, 1);
    attribute("note");
    str("x");
    expect("{\"$type\":\"shop.Cart\",\"$value\":[4],\"note\":\"x\"}");
    trail_put_u8(&out, TRAIL_TAG_ENUM);
    trail_put_uv(&out, 1);
    attribute("RED");
    trail_put_int(&out, 1);
    expect("{\"$type\":\"shop.Cart\",\"name\":\"RED\",\"value\":1}");
    trail_put_u8(&out, TRAIL_TAG_EXCEPTION);
    trail_put_uv(&out, 99); /* a type that nobody has named */
    trail_put_u64(&out, 16);
    attribute("oh\n");
    trail_put_uv(&out, 0);
    expect("{\"$type\":\"?\",\"$id\":\"0x10\",\"$message\":\"oh\\n\"}");
}

static void laid(uint64_t layout, uint64_t identity, uint64_t n)
{
    trail_put_u8(&out, TRAIL_TAG_INSTANCE);
    trail_put_uv(&out, layout);
    trail_put_bytes(&out, &identity, TRAIL_IDENTITY_BYTES);
    trail_put_uv(&out, n);
}

static void test_instances_by_layout(void **state)
{
    (void)state;
    begin();
    laid(1, 0x7f00deadbeef, 2);
    trail_put_int(&out, 3);
    trail_put_u8(&out, TRAIL_TAG_REDACTED);
    expect("{\"$type\":\"shop.Cart\",\"$id\":\"0x7f00deadbeef\",\"total\":3,\"$$id\":"
           "\"[REDACTED]\"}");
    laid(1, 0xa0, 1);
    laid(1, 0, 0);
    expect("{\"$type\":\"shop.Cart\",\"$id\":\"0xa0\",\"total\":"
           "{\"$type\":\"shop.Cart\",\"$id\":\"0x0\","
           "\"$truncated\":\"[TRUNCATED: original size 2 attributes]\"},"
           "\"$truncated\":\"[TRUNCATED: original size 2 attributes]\"}");
    laid(1, 1, 3); /* one more than the layout has: damage somewhere, but a value */
    trail_put_int(&out, 1);
    trail_put_int(&out, 2);
    trail_put_int(&out, 3);
    expect("{\"$type\":\"shop.Cart\",\"$id\":\"0x1\",\"total\":1,\"$$id\":2,\"$3\":3}");
    for (uint64_t unknown = 0; unknown < 99; unknown += 98) { /* the registry was damaged */
        laid(unknown, 1, 1);
        str("x");
        expect("{\"$type\":\"?\",\"$id\":\"0x1\",\"$1\":\"x\"}");
    }
}

static void test_others(void **state)
{
    (void)state;
    begin();
    trail_put_u8(&out, TRAIL_TAG_TEXTUAL);
    trail_put_uv(&out, 1);
    attribute("1.10");
    expect("{\"$type\":\"shop.Cart\",\"value\":\"1.10\"}");
    trail_put_u8(&out, TRAIL_TAG_REPR);
    trail_put_uv(&out, 1);
    trail_put_uv(&out, 100);
    attribute("<Cart");
    expect("{\"$type\":\"shop.Cart\",\"$repr\":\"<Cart[TRUNCATED: original size 100 bytes]\"}");
    trail_put_u8(&out, TRAIL_TAG_FUNCTION);
    attribute("shop");
    attribute("f.<locals>.g");
    expect("{\"$type\":\"function\",\"name\":\"shop.f.<locals>.g\"}");
    trail_put_u8(&out, TRAIL_TAG_CLASS);
    attribute("builtins");
    attribute("int");
    expect("{\"$type\":\"type\",\"name\":\"int\"}");
    trail_put_u8(&out, TRAIL_TAG_MODULE);
    attribute("os.path");
    expect("{\"$type\":\"module\",\"name\":\"os.path\"}");
    trail_put_u8(&out, TRAIL_TAG_DEPTH);
    trail_put_uv(&out, 2);
    trail_put_uv(&out, 3);
    expect("{\"$type\":\"list\",\"$truncated\":\"[TRUNCATED: original size 3 items]\"}");
    trail_put_u8(&out, TRAIL_TAG_ARRAY);
    trail_put_uv(&out, 1);
    attribute("float64");
    trail_put_uv(&out, 2);
    trail_put_uv(&out, 3);
    trail_put_uv(&out, 4);
    trail_put_uv(&out, 1);
    number(1.5);
    expect("{\"$type\":\"shop.Cart\",\"shape\":[3,4],\"dtype\":\"float64\",\"values\":[1.5]}");
}

static void test_markers(void **state)
{
    static const struct {
        enum trail_tag tag;
        const char *json;
    } cases[] = {
        {TRAIL_TAG_NONE, "null"},
        {TRAIL_TAG_TRUE, "true"},
        {TRAIL_TAG_FALSE, "false"},
        {TRAIL_TAG_UNSET, "{\"$unset\":true}"},
        {TRAIL_TAG_REDACTED, "\"[REDACTED]\""},
        {TRAIL_TAG_FAILED, "\"<unable to represent>\""},
        {TRAIL_TAG_BUDGET, "\"[TRUNCATED: no room left in this value]\""},
        {TRAIL_TAG_OMITTED, "{\"$omitted\":true}"},
    };

    (void)state;
    begin();
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        trail_put_u8(&out, (uint8_t)cases[i].tag);
        expect(cases[i].json);
    }
    trail_put_u8(&out, TRAIL_TAG_CYCLE);
    trail_put_uv(&out, 2);
    expect("{\"$cycle\":2}");
    trail_put_u8(&out, TRAIL_TAG_ELLIPSIS);
    trail_put_uv(&out, 0);
    expect("{\"$type\":\"ellipsis\"}");
    trail_put_u8(&out, TRAIL_TAG_TYPE_ONLY);
    trail_put_uv(&out, 2);
    expect("{\"$type\":\"list\"}");
}

/* A line for each of many random values. */
static void put_samples(struct buf *all)
{
    enum { ROUNDS = 3000 };
    static struct sample s = SAMPLE_INIT(7);

    for (int i = 0; i < ROUNDS; i++) {
        struct trail_bytes in;
        size_t before = all->len;

        begin();
        sample_value(&s);
        sample_put_value(&s, &out);
        if (out.overflow)
            continue;
        in = (struct trail_bytes){bytes, (size_t)(out.p - bytes)};
        if (!value_json(all, &in, &types)) /* samples may nest too deep */
            all->len = before;
        else
            buf_putc(all, '\n');
    }
    assert_false(all->failed);
    assert_true(all->len > 100000);
}

static void expect_python_reads(const struct buf *all, const char *path)
{
    static const char script[] =
        "import json; [json.loads(l, parse_constant=lambda c: 1 / 0) for l "
        "in open('%s', encoding='utf-8', newline='\\n')]";
    char command[512], text[400];
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(all->data, 1, all->len, file), all->len);
    fclose(file);
    snprintf(text, sizeof(text), script, path);
    snprintf(command, sizeof(command), "python3 -c \"%s\"", text);
    assert_int_equal(system(command), 0);
    unlink(path);
}

static void expect_duckdb_reads(struct store *store, const char *line, size_t len)
{
    struct store_param param = {"t", STORE_TEXT, 0, 0, line, len};
    struct store_query query = {.sql = "SELECT json_valid($t)", .params = &param, .nparams = 1};
    struct rows *rows = NULL;

    assert_int_equal(store_query(store, &query, &rows, NULL), 0);
    assert_int_equal(rows_next(rows, NULL), 1);
    if (rows_int(rows, 0) != 1)
        fail_msg("%.*s", (int)len, line);
    rows_free(rows);
}

/* Whatever comes out is JSON for both. */
static void test_always_json(void **state)
{
    struct buf all = BUF_INIT(LIMIT_ANSWER_BYTES);
    char folder[] = "/tmp/breadcrumb-json-XXXXXX";
    struct store *store = NULL;
    char path[128];

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/values", folder);
    put_samples(&all);
    expect_python_reads(&all, path);
    assert_int_equal(store_open(&store, path, STORE_WRITE, 0, NULL), 0);
    for (char *line = all.data, *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
        expect_duckdb_reads(store, line, (size_t)(end - line));
    store_close(store);
    buf_release(&all);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),     cmocka_unit_test(test_bigints),
        cmocka_unit_test(test_text),        cmocka_unit_test(test_containers),
        cmocka_unit_test(test_instances),   cmocka_unit_test(test_instances_by_layout),
        cmocka_unit_test(test_others),      cmocka_unit_test(test_markers),
        cmocka_unit_test(test_always_json),
    };

    return cmocka_run_group_tests_name("value_json", tests, NULL, NULL);
}
