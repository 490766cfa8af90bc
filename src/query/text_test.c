/* text_test.c - the small text machines of this room: UTF-8, short values, command lines of next steps, arguments. */
#include "base/base.h"

#include "query/argument.h"
#include "query/brief.h"
#include "query/next.h"
#include "query/question.h"
#include "query/utf8.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ELLIPSIS "\xe2\x80\xa6"

static void utf8_knows_what_is_valid(void **state)
{
    static const char *const GOOD[] = {"",
                                       "a",
                                       "\x7f",
                                       "\xc2\x80",
                                       "\xdf\xbf",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf",
                                       "gr\xc3\xb6\xc3\x9f\x65"};
    static const char *const BAD[] = {"\x80",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xc2",
                                      "\xe0\x80\x80",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xed\xbf\xbf",
                                      "\xf0\x80\x80\x80",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xff",
                                      "\xe6\x97",
                                      "a\xc3",
                                      "\xc3\x61"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(GOOD); i++)
        assert_true(utf8_valid(GOOD[i], strlen(GOOD[i])));
    for (size_t i = 0; i < ARRAY_SIZE(BAD); i++)
        assert_false(utf8_valid(BAD[i], strlen(BAD[i])));
    assert_true(utf8_valid("a\0b", 3));
}

static void check_args(const char *json, size_t max, const char *expected)
{
    struct buf out = BUF_INIT(10000);

    brief_args(&out, json, strlen(json), max);
    assert_string_equal(buf_text(&out), expected);
    buf_release(&out);
}

static void brief_shows_arguments(void **state)
{
    (void)state;
    check_args("{}", 60, "");
    check_args("{\"a\":1,\"b\":\"x\"}", 60, "a=1, b=\"x\"");
    check_args(" { \"a\" : [1, {\"b\": \"}\"}] , \"c\" : null } ", 60,
               "a=[1, {\"b\": \"}\"}], c=null ");
    check_args("{\"s\":\"say \\\"hi\\\", {\"}", 60, "s=\"say \\\"hi\\\", {\"");
    check_args("{\"self\":{\"$type\":\"shop.Cart\",\"$id\":\"0x1\"},\"n\":2}", 60,
               "self=<shop.Cart>, n=2");
    check_args("{\"self\":{\"$type\":3}}", 60, "self={\"$type\":3}");
    check_args("{\"l\":[1,2,3,4,5]}", 4, "l=[1,2" ELLIPSIS "]");
    check_args("{\"s\":\"abcdef\"}", 4, "s=\"abc" ELLIPSIS "\"");
    check_args("{\"s\":\"\xe6\x97\xa5\xe6\x9c\xac\"}", 3, "s=\"" ELLIPSIS "\"");
}

static void brief_shows_values_of_known_types(void **state)
{
    static const char *const CASES[][2] = {
        {"{\"$type\":\"decimal.Decimal\",\"value\":\"1.10\"}", "<decimal.Decimal 1.10>"},
        {"{\"$type\":\"shop.Color\",\"name\":\"RED\",\"value\":1}", "<shop.Color RED>"},
        {"{\"$type\":\"function\",\"name\":\"shop.total\"}", "<function shop.total>"},
        {"{\"$type\":\"numpy.int64\",\"$value\":5}", "<numpy.int64 5>"},
        {"{\"$type\":\"shop.Point\",\"$value\":[1,2],\"note\":\"x\"}", "<shop.Point [1,2]>"},
        {"{\"$type\":\"shop.Cart\",\"$repr\":\"<Cart of 3>\"}", "<shop.Cart <Cart of 3>>"},
        {"{\"$type\":\"KeyError\",\"$id\":\"0x10\",\"$message\":\"'x'\"}", "<KeyError 'x'>"},
        {"{\"$type\":\"decimal.Decimal\",\"value\":\"12345678901234567890123\"}",
         "<decimal.Decimal 12345678901234567890" ELLIPSIS ">"},
        /* Attributes stand for nothing, whatever they are called. */
        {"{\"$type\":\"shop.Cart\",\"$id\":\"0x1\",\"name\":\"a\",\"value\":1}", "<shop.Cart>"},
        {"{\"$type\":\"int\"}", "<int>"},
        {"{\"$type\":\"list\",\"$truncated\":\"[TRUNCATED: original size 3 items]\"}", "<list>"},
        {"{\"$int\":\"9007199254740993\"}", "9007199254740993"},
        {"{\"$float\":\"nan\"}", "nan"},
        {"{\"$bytes\":\"abc\\\\x00\"}", "b\"abc\\\\x00\""},
        {"{\"$str\":\"caf\\\\udce9\"}", "\"caf\\\\udce9\""},
        {"{\"$cycle\":2}", "{\"$cycle\":2}"},
        {"{\"a\":{\"$int\":\"1\"}}", "{\"a\":{\"$int\":\"1\"}}"},
    };
    struct buf out = BUF_INIT(1000);

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        buf_clear(&out);
        brief_value(&out, CASES[i][0], strlen(CASES[i][0]), 20);
        assert_string_equal(buf_text(&out), CASES[i][1]);
    }
    buf_release(&out);
}

static void brief_survives_what_is_no_json(void **state)
{
    static const char WHOLE[] = "{\"a\": {\"$type\": \"x\\\"y\", \"b\": [1, \"z\"]}, \"c\": 1}";
    struct buf out = BUF_INIT(10000);

    (void)state;
    for (size_t len = 0; len < sizeof(WHOLE); len++) {
        char *copy = malloc(len + 1);

        assert_non_null(copy);
        memcpy(copy, WHOLE, len);
        brief_args(&out, copy, len, 10);
        brief_value(&out, copy, len, 10);
        free(copy);
    }
    buf_release(&out);
}

static void check_quote(const char *word, const char *expected)
{
    struct buf out = BUF_INIT(1000);

    next_quote(word, &out);
    assert_string_equal(buf_text(&out), expected);
    buf_release(&out);
}

static void next_quotes_for_a_shell(void **state)
{
    (void)state;
    check_quote("plain-1.2/x", "plain-1.2/x");
    check_quote("", "\"\"");
    check_quote("two words", "\"two words\"");
    check_quote("shop.*", "\"shop.*\"");
    check_quote("it's", "\"it's\"");
    check_quote("cost $5", "'cost $5'");
    check_quote("say \"it's\"", "'say \"it'\\''s\"'");
    check_quote("a\\b", "'a\\b'");
}

static void next_is_a_command_line(void **state)
{
    struct next_again again = {" --db-path x", " --format table"};
    struct buf out = BUF_INIT(1000);
    struct answer a;

    (void)state;
    answer_init(&a);
    answer_suggest(&a, "why", "get", "trace_id", "abc", "skip", "10", NULL);
    next_command_line(a.steps, &again, &out);
    assert_string_equal(buf_text(&out), "breadcrumb get abc --skip 10 --db-path x --format table");
    buf_clear(&out);
    answer_suggest(&a, "why", "run", "timeout", "60", "", "python app.py --flag", NULL);
    next_command_line(a.last_step, &again, &out);
    assert_string_equal(buf_text(&out),
                        "breadcrumb run --timeout 60 --db-path x python app.py --flag");
    buf_clear(&out);
    answer_suggest(&a, "why", "list", NULL);
    next_command_line(a.last_step, NULL, &out);
    assert_string_equal(buf_text(&out), "breadcrumb list");
    buf_release(&out);
    answer_release(&a);
}

static const char *const COLOURS[] = {"red", "green", NULL};
static const struct argument SPECS[] = {
    {.name = "n", .type = ARGUMENT_INT, .min = -5, .max = 5, .fallback = "3"},
    {.name = "f", .type = ARGUMENT_NUMBER, .min = 0, .max = 1},
    {.name = "colour", .type = ARGUMENT_CHOICE, .choices = COLOURS, .fallback = "red"},
    {.name = "more", .type = ARGUMENT_TEXT, .flags = ARGUMENT_REPEATS},
    {.name = "on", .type = ARGUMENT_FLAG},
    {.name = "need", .type = ARGUMENT_SQL, .flags = ARGUMENT_REQUIRED},
};

static int give(struct arguments *args, size_t i, const char *text)
{
    struct error err;

    return arguments_give(args, &SPECS[i], text, "here", &err);
}

static void arguments_check_their_values(void **state)
{
    struct arguments args;
    struct error err;

    (void)state;
    arguments_init(&args, SPECS, ARRAY_SIZE(SPECS));
    assert_int_equal(arguments_int(&args, "n"), 3);
    assert_string_equal(arguments_text(&args, "colour"), "red");
    assert_null(arguments_text(&args, "more"));
    assert_false(arguments_flag(&args, "on"));
    assert_int_equal(give(&args, 0, "6"), ERR_USAGE);
    assert_int_equal(give(&args, 0, " 1"), ERR_USAGE);
    assert_int_equal(give(&args, 0, ""), ERR_USAGE);
    assert_int_equal(give(&args, 0, "1x"), ERR_USAGE);
    assert_int_equal(give(&args, 0, "-5"), 0);
    assert_int_equal(give(&args, 0, "-5"), ERR_USAGE);
    assert_int_equal(arguments_int(&args, "n"), -5);
    assert_int_equal(give(&args, 1, "nan"), ERR_USAGE);
    assert_int_equal(give(&args, 1, "1.01"), ERR_USAGE);
    assert_int_equal(give(&args, 1, "0.5"), 0);
    assert_true(arguments_number(&args, "f") == 0.5);
    assert_int_equal(give(&args, 2, "blue"), ERR_USAGE);
    for (int i = 0; i < 40; i++)
        assert_int_equal(give(&args, 3, i < 39 ? "a" : "z"), 0);
    assert_string_equal(arguments_text(&args, "more"), "z");
    assert_int_equal(give(&args, 4, ""), 0);
    assert_true(arguments_flag(&args, "on"));
    assert_int_equal(arguments_complete(&args, &err), ERR_USAGE);
    assert_string_equal(err.message, "the option --need is missing");
    assert_int_equal(give(&args, 5, "\xff"), ERR_USAGE);
    assert_int_equal(give(&args, 5, " "), 0); /* an empty query is the store's to answer */
    assert_int_equal(arguments_complete(&args, &err), 0);
    arguments_release(&args);
}

/* Defaults have to be values that their argument takes; every face relies on what the table says. */
static void questions_are_declared_whole(void **state)
{
    (void)state;
    for (const struct question *const *q = questions; *q != NULL; q++) {
        assert_non_null((*q)->summary);
        assert_non_null((*q)->examples);
        assert_non_null((*q)->parts);
        assert_ptr_equal(question_find((*q)->name), *q);
        for (size_t i = 0; i < (*q)->nargs; i++) {
            const struct argument *spec = &(*q)->args[i];
            struct arguments args;

            assert_non_null(spec->help);
            arguments_init(&args, (*q)->args, (*q)->nargs);
            if (spec->fallback != NULL)
                assert_int_equal(arguments_give(&args, spec, spec->fallback, "default", NULL), 0);
            arguments_release(&args);
        }
        for (const struct question_part *const *p = (*q)->parts; *p != NULL; p++)
            for (size_t c = 0; c < (*p)->ncolumns; c++) {
                assert_non_null((*p)->columns[c].title);
                assert_non_null((*p)->columns[c].meaning);
            }
    }
    assert_null(question_find("nothing"));
}

static void take_element(void *ctx, const struct cell *element)
{
    struct buf *out = ctx;

    buf_putf(out, "<%.*s>", (int)element->len, element->text);
}

static void brief_goes_through_arrays(void **state)
{
    static const struct {
        const char *array, *elements;
    } CASES[] = {
        {"[]", ""},
        {"", ""},
        {"null", ""},
        {"{\"a\":1}", ""},
        {"[1]", "<1>"},
        {" [ 1 , {\"a\":[1,2]},\"x,]y\" ] ", "<1><{\"a\":[1,2]}><\"x,]y\">"},
        {"[[1,[2]],[]]", "<[1,[2]]><[]>"},
        {"[1,", "<1>"},
        {"[{\"a\":", "<{\"a\":>"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        struct cell array = {
            .kind = CELL_JSON, .text = CASES[i].array, .len = strlen(CASES[i].array)};
        struct buf out = BUF_INIT(1000);

        brief_each(&array, take_element, &out);
        assert_string_equal(buf_text(&out), CASES[i].elements);
        buf_release(&out);
    }
}

static void brief_takes_texts_out_of_their_quotes(void **state)
{
    static const char json[] = "{\"a\":\"say \\\"x\\\" \\\\ \\n\",\"n\":7,\"none\":null}";
    struct cell object = {.kind = CELL_JSON, .text = json, .len = sizeof(json) - 1};
    static const char *const CASES[][2] = {
        {"a", "say \"x\" \\ \\n"}, {"n", "7"}, {"none", "null"}, {"gone", ""}};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        struct buf out = BUF_INIT(1000);

        brief_text(&out, &object, CASES[i][0], 100);
        assert_string_equal(buf_text(&out), CASES[i][1]);
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(brief_goes_through_arrays),
        cmocka_unit_test(brief_takes_texts_out_of_their_quotes),
        cmocka_unit_test(utf8_knows_what_is_valid),
        cmocka_unit_test(brief_shows_arguments),
        cmocka_unit_test(brief_shows_values_of_known_types),
        cmocka_unit_test(brief_survives_what_is_no_json),
        cmocka_unit_test(next_quotes_for_a_shell),
        cmocka_unit_test(next_is_a_command_line),
        cmocka_unit_test(arguments_check_their_values),
        cmocka_unit_test(questions_are_declared_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
