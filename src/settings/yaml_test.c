/* yaml_test.c - what is understood of YAML, what is refused and where, and that places are bytes. */
#include "base/base.h"

#include "settings/yaml.h"

#include <setjmp.h>

#include <cmocka.h>

static struct error err;

static int parse(const char *text, struct yaml_doc *doc)
{
    err = (struct error){0};
    return yaml_parse(text, strlen(text), "f.yaml", doc, &err);
}

static void words_and_lists(void **state)
{
    struct yaml_doc doc;

    (void)state;
    assert_int_equal(
        parse("# top\nenabled: true # yes\ninclude:\n- 'a.*'  # one\n- \"b\"\nexclude: [x, 'y']\n"
              "db_path:\nbackend: ~\nvalues: ''\n",
              &doc),
        0);
    assert_int_equal(doc.count, 6);
    assert_int_equal(yaml_find(&doc, "enabled")->kind, YAML_WORD);
    assert_string_equal(yaml_find(&doc, "enabled")->items[0].text, "true");
    assert_int_equal(yaml_find(&doc, "enabled")->key.line, 2);
    assert_int_equal(yaml_find(&doc, "include")->count, 2);
    assert_string_equal(yaml_find(&doc, "include")->items[0].text, "a.*");
    assert_int_equal(yaml_find(&doc, "include")->items[1].line, 5);
    assert_true(yaml_find(&doc, "exclude")->flow);
    assert_int_equal(yaml_find(&doc, "exclude")->count, 2);
    assert_int_equal(yaml_find(&doc, "db_path")->kind, YAML_NOTHING);
    assert_int_equal(yaml_find(&doc, "backend")->kind, YAML_NOTHING);
    assert_int_equal(yaml_find(&doc, "values")->kind, YAML_WORD);
    assert_null(yaml_find(&doc, "top"));
    yaml_release(&doc);
}

static void places_are_bytes(void **state)
{
    const char text[] = "\xef\xbb\xbf# \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\r\nvalues: "
                        "'\xc3\xb6'\r\ninclude: [\xc3\xa4, b]\n";
    const struct yaml_entry *e;
    struct yaml_doc doc;

    (void)state;
    assert_int_equal(parse(text, &doc), 0);
    e = yaml_find(&doc, "values");
    assert_memory_equal(text + e->items[0].start, "'\xc3\xb6'", 4);
    assert_int_equal(e->items[0].end - e->items[0].start, 4);
    e = yaml_find(&doc, "include");
    assert_int_equal(text[e->start], '[');
    assert_int_equal(text[e->end - 1], ']');
    assert_int_equal(text[e->items[1].start], 'b');
    yaml_release(&doc);
}

static void nothing_is_fine(void **state)
{
    static const char *const empty[] = {"", "\n", "# only this\n", "---\n", "~\n", "{}", "null"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(empty); i++) {
        struct yaml_doc doc;

        assert_int_equal(parse(empty[i], &doc), 0);
        assert_int_equal(doc.count, 0);
        yaml_release(&doc);
    }
}

static void what_is_refused_and_where(void **state)
{
    static const char *const bad[][2] = {
        {"a: 1\nb: [1, 2\nc: 3\n", "line 3"},
        {"a: 1\n\tb: 2\n", "line 2"},
        {"a: 1\nb: {c: 2}\n", "line 2, column 4"},
        {"a: [[1]]\n", "line 1, column 5"},
        {"a: &x [1]\nb: *x\n", "line 2, column 4"},
        {"a: 1\na: 2\n", "lines 1 and 2"},
        {"a: 1\n---\nb: 2\n", "second document"},
        {"- a\n- b\n", "line 1, column 1"},
        {"just words\n", "holds no settings"},
        {"a: \xff\n", "byte 3"},
        {"? [a]\n: b\n", "one word"},
        {"a: \"x\\0y\"\n", "NUL"},
        {"\xff\xfe"
         "a\0:\0",
         "byte 0"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct yaml_doc doc = {0};

        assert_int_equal(parse(bad[i][0], &doc), ERR_INVALID_SETTING);
        if (strstr(err.message, bad[i][1]) == NULL)
            fail_msg("'%s' does not say '%s'", err.message, bad[i][1]);
        assert_null(doc.entries);
    }
}

static void a_deep_file_ends_at_once(void **state)
{
    static char text[1000000];
    struct yaml_doc doc;

    (void)state;
    memset(text, '[', sizeof(text) - 1);
    memcpy(text, "a: ", 3);
    assert_int_equal(parse(text, &doc), ERR_INVALID_SETTING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_lists),          cmocka_unit_test(places_are_bytes),
        cmocka_unit_test(nothing_is_fine),          cmocka_unit_test(what_is_refused_and_where),
        cmocka_unit_test(a_deep_file_ends_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
