/* edit_test.c - a change touches its own bytes and no others. */
#include "base/base.h"

#include "base/limits.h"
#include "settings/edit.h"
#include "settings/settings.h"

#include <setjmp.h>

#include <cmocka.h>

static struct error err;

enum call { SET, ADD, REMOVE, UNSET_KEY };

static int call(struct buf *text, enum call what, const char *key, const char *value)
{
    const struct edit e = {text, "f.yaml", &err};
    const struct settings_row *row = settings_row(key);

    switch (what) {
    case SET:
        return edit_set(&e, row, &value, value != NULL);
    case ADD:
        return edit_add(&e, row, value);
    case REMOVE:
        return edit_remove(&e, row, value);
    case UNSET_KEY:
        return edit_unset(&e, row);
    }
    return -1;
}

static const struct {
    const char *before;
    enum call what;
    const char *key, *value, *after;
} changes[] = {
    /* words */
    {"", SET, "sample_rate", "0.5", "sample_rate: 0.5\n"},
    {"silent: true", SET, "sample_rate", "0.5", "silent: true\nsample_rate: 0.5\n"},
    {"a: 1\nsample_rate:   0.1   # slow\n\n# end\n", SET, "sample_rate", "1",
     "a: 1\nsample_rate: 1   # slow\n\n# end\n"},
    {"db_path: # none\n", SET, "db_path", "/x y", "db_path: '/x y' # none\n"},
    {"db_path: ~\n", SET, "db_path", "it's", "db_path: 'it''s'\n"},
    {"db_path: \"a\"\n", SET, "db_path", "a\nb\"", "db_path: \"a\\x0ab\\\"\"\n"},
    {"# Where\n# db_path:\n\nsilent: true\n", SET, "db_path", "/x",
     "# Where\n# db_path:\ndb_path: '/x'\n\nsilent: true\n"},
    {"values: names\r\nsilent: true\r\n", SET, "values", "off",
     "values: 'off'\r\nsilent: true\r\n"},
    {"silent: true\r\n", SET, "sample_rate", "0.5", "silent: true\r\nsample_rate: 0.5\r\n"},
    {"# a\r\nexclude:\r\n  - x # y\r\nlines: 1\r\n", ADD, "exclude", "a",
     "# a\r\nexclude:\r\n  - x # y\r\n  - 'a'\r\nlines: 1\r\n"},
    {"exclude: []\r\n", ADD, "exclude", "a", "exclude:\r\n  - 'a'\r\n"},
    /* a byte order mark, the end of the document, braces */
    {"\xef\xbb\xbfsilent: true\nmax_chars: 5\n", SET, "max_chars", "9",
     "\xef\xbb\xbfsilent: true\nmax_chars: 9\n"},
    {"---\nlines: 1\n# end\n...\n# after\n", SET, "max_chars", "9",
     "---\nlines: 1\n# end\nmax_chars: 9\n...\n# after\n"},
    {"{lines: 1, silent: no }\n", SET, "max_chars", "9", "{lines: 1, silent: no, max_chars: 9 }\n"},
    {"{\n  \"lines\": true,\n  \"exclude\": [\"a\"]\n}\n", ADD, "include", "b",
     "{\n  \"lines\": true,\n  \"exclude\": [\"a\"], include: ['b']\n}\n"},
    {"{}\n", SET, "exclude", NULL, "{exclude: []}\n"},
    {"{exclude: []}\n", ADD, "exclude", "b", "{exclude: ['b']}\n"},
    {"{exclude: a}\n", ADD, "exclude", "b", "{exclude: ['a', 'b']}\n"},
    /* by the name of the original system */
    {"max_repr_length: 2000 # chars\n", SET, "max_chars", "9", "max_repr_length: 9 # chars\n"},
    {"lines: 1\nmax_repr_length: 2000\n", UNSET_KEY, "max_chars", NULL, "lines: 1\n"},
    /* one more */
    {"", ADD, "exclude", "a", "exclude:\n  - 'a'\n"},
    {"exclude: []  # none\n", ADD, "exclude", "a", "exclude:\n  - 'a'  # none\n"},
    {"exclude:\n", ADD, "exclude", "a", "exclude:\n  - 'a'\n"},
    {"exclude: x\nsilent: 1\n", ADD, "exclude", "a", "exclude:\n  - 'x'\n  - 'a'\nsilent: 1\n"},
    {"exclude: [x, \"y\"] # two\n", ADD, "exclude", "a", "exclude: [x, \"y\", 'a'] # two\n"},
    {"exclude: [x,\n  y,]\n", ADD, "exclude", "a", "exclude: [x,\n  y, 'a',]\n"},
    {"exclude:\n- x # why\n\n# next\nsilent: 1\n", ADD, "exclude", "a",
     "exclude:\n- x # why\n- 'a'\n\n# next\nsilent: 1\n"},
    {"exclude:\n    - x\n    # and\n    - y", ADD, "exclude", "a",
     "exclude:\n    - x\n    # and\n    - y\n    - 'a'"},
    {"exclude:\n  - x\n", ADD, "exclude", "x", "exclude:\n  - x\n"},
    /* one less */
    {"exclude:\n  # first\n  - x # 1\n  # second\n  - y # 2\n", REMOVE, "exclude", "x",
     "exclude:\n  # first\n  # second\n  - y # 2\n"},
    {"exclude: [x, y, z]\n", REMOVE, "exclude", "x", "exclude: [y, z]\n"},
    {"exclude: [x, y, z]\n", REMOVE, "exclude", "z", "exclude: [x, y]\n"},
    {"exclude: [x]\n", REMOVE, "exclude", "x", "exclude: []\n"},
    {"exclude:\n  # mine\n  - x\nsilent: 1\n", REMOVE, "exclude", "x",
     "exclude:\n  # mine\n  []\nsilent: 1\n"},
    {"exclude:\n- x\nsilent: 1\n", REMOVE, "exclude", "x", "exclude:\n  []\nsilent: 1\n"},
    {"exclude: x\n", REMOVE, "exclude", "x", "exclude: []\n"},
    /* as a whole */
    {"include:\n  - a # keep\n  - b\n", SET, "include", "a", "include:\n  - a # keep\n"},
    {"include:\n  - a\n", SET, "include", "b", "include:\n  - 'b'\n"},
    {"include: [a, b]\n", SET, "include", NULL, "include: []\n"},
    {"# x\ninclude:\n  - a\n  - b\n# y\nsilent: 1\n", UNSET_KEY, "include", NULL,
     "# x\n# y\nsilent: 1\n"},
    {"silent: 1\n", UNSET_KEY, "include", NULL, "silent: 1\n"},
};

static void each_change(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
        struct buf text = BUF_INIT(LIMIT_CONFIG_BYTES);

        buf_puts(&text, changes[i].before);
        if (call(&text, changes[i].what, changes[i].key, changes[i].value) < 0)
            fail_msg("case %zu: %s", i, err.message);
        assert_string_equal(buf_text(&text), changes[i].after);
        buf_release(&text);
    }
}

static void what_cannot_be_changed_stays(void **state)
{
    static const struct {
        const char *before;
        enum call what;
        const char *value;
    } cases[] = {
        {"exclude: [a\n", ADD, "x"},                     /* not YAML */
        {"{exclude: [a]}\nx", ADD, "b"},                 /* not YAML either */
        {"exclude: [ab]\n", REMOVE, "ac"},               /* not there */
        {"silent: 1\n", REMOVE, "a"},                    /* not there at all */
        {"exclude:\n  -\n    x\n  - y\n", REMOVE, "x"},  /* would leave a dash */
        {"{exclude: [a], lines: 1}\n", UNSET_KEY, NULL}, /* the line holds more */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct buf text = BUF_INIT(LIMIT_CONFIG_BYTES);

        buf_puts(&text, cases[i].before);
        assert_int_equal(call(&text, cases[i].what, "exclude", cases[i].value),
                         ERR_INVALID_SETTING);
        assert_string_equal(buf_text(&text), cases[i].before);
        buf_release(&text);
    }
}

static void a_full_file_says_so(void **state)
{
    struct buf text = BUF_INIT(30);

    (void)state;
    buf_puts(&text, "exclude: [aaaaaaaaaa]\n");
    assert_int_equal(call(&text, ADD, "exclude", "bbbbbbbbbbbbbbb"), ERR_INVALID_SETTING);
    assert_string_equal(buf_text(&text), "exclude: [aaaaaaaaaa]\n");
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_change),
        cmocka_unit_test(what_cannot_be_changed_stays),
        cmocka_unit_test(a_full_file_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
