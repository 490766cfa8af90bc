/* lines_test.c - lines whole and in pieces, at their limit and beyond it, and at the end of all. */
#include "base/base.h"

#include "mcp/lines.h"

#include <setjmp.h>

#include <cmocka.h>

#define MOST 8

/* What comes out of some bytes, as text: lines in brackets, ! for one that was too long. */
static const char *cut(const char *bytes, size_t piece, bool end)
{
    static char out[256];
    struct lines lines = LINES_INIT(MOST);
    size_t len = strlen(bytes), used = 0, n = 0;
    const char *text = NULL;
    enum lines_found found;

    out[0] = '\0';
    for (size_t at = 0; at <= len; at += piece) {
        size_t size = len - at < piece ? len - at : piece;

        lines_add(&lines, bytes + at, size);
        if (end && at + piece > len)
            lines_end(&lines);
        while ((found = lines_next(&lines, &text, &n)) != LINES_NONE)
            used += (size_t)(found == LINES_TOO_LONG ? snprintf(out + used, sizeof(out) - used, "!")
                                                     : snprintf(out + used, sizeof(out) - used,
                                                                "[%.*s]", (int)n, text));
    }
    lines_release(&lines);
    return out;
}

static void all_pieces(const char *bytes, bool end, const char *expected)
{
    for (size_t piece = 1; piece <= MOST; piece++)
        assert_string_equal(cut(bytes, piece, end), expected);
}

static void lines_come_out_whole(void **state)
{
    (void)state;
    all_pieces("a\nbc\n", false, "[a][bc]");
    all_pieces("a\r\n\n\r\nb\n", false, "[a][b]");
    all_pieces("half", false, "");
    all_pieces("half", true, "[half]");
    all_pieces("", true, "");
    all_pieces("\xe2\x80\xa8x\n", false, "[\xe2\x80\xa8x]");
}

static void a_long_line_is_told_once(void **state)
{
    (void)state;
    all_pieces("12345678\n", false, "[12345678]");
    all_pieces("123456789\nx\n", false, "![x]");
    all_pieces("12345678901234567890123456789012345\nx\n", false, "![x]");
    all_pieces("1234567890\n1234567890\n", false, "!!");
    all_pieces("1234567890", true, "!");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_out_whole),
        cmocka_unit_test(a_long_line_is_told_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
