/*
 * linetable_test.c - the reader of line tables against what each installed CPython itself says (code.co_lines()) of every
 * code object in a few modules of its standard library.
 */
#include "base/base.h"

#include "ingest/linetable.h"

#include <ctype.h>
#include <glob.h>
#include <setjmp.h>
#include <unistd.h>

#include <cmocka.h>

/* Prints for each code object: first line, the table in hex, then "unit:line" for each unit (0: none). */
static const char SCRIPT[] =
    "import sys, os, argparse, typing, dataclasses, asyncio.base_events as b\n"
    "def codes(c):\n"
    "    yield c\n"
    "    for k in c.co_consts:\n"
    "        if hasattr(k, 'co_lines'): yield from codes(k)\n"
    "out = []\n"
    "for m in (os, argparse, typing, dataclasses, b):\n"
    "    src = open(m.__file__).read()\n"
    "    for c in codes(compile(src, m.__file__, 'exec')):\n"
    "        lines = [0] * (len(c.co_code) // 2)\n"
    "        for s, e, l in c.co_lines():\n"
    "            for u in range(s // 2, e // 2): lines[u] = l or 0\n"
    "        out.append('%d %s %s' % (c.co_firstlineno, c.co_linetable.hex() or '-', ' "
    "'.join(map(str, lines))))\n"
    "print('\\n'.join(out))\n";

static size_t from_hex(const char *hex, uint8_t *bytes)
{
    size_t n = 0;
    unsigned v;

    while (isxdigit((unsigned char)hex[2 * n]) && sscanf(hex + 2 * n, "%2x", &v) == 1)
        bytes[n++] = (uint8_t)v;
    return n;
}

/* One line of the script's output; the number of units checked. */
static size_t check_code(char *text, uint64_t format, const char *python)
{
    static uint8_t bytes[1 << 20];
    struct linetable t = {NULL, 0};
    char *hex, *p;
    long first = strtol(text, &hex, 10);
    size_t len, unit = 0;

    hex++;
    len = from_hex(hex, bytes);
    p = strchr(hex, ' ');
    if (p == NULL)
        fail_msg("%s says '%.200s'", python, text);
    assert_true(linetable_load(&t, format, bytes, len, (int32_t)first));
    while (*p == ' ' && p[1] != '\0') {
        long line = strtol(p + 1, &p, 10);

        if (linetable_line(&t, unit) != line)
            fail_msg("%s: code at line %ld, unit %zu: %d, not %ld", python, first, unit,
                     linetable_line(&t, unit), line);
        unit++;
    }
    assert_int_equal(linetable_line(&t, unit + 100), 0);
    linetable_release(&t);
    return unit;
}

static size_t check_python(const char *python, uint64_t format)
{
    char command[4096];
    char script[] = "/tmp/breadcrumb-lines-XXXXXX";
    char *line = NULL;
    size_t room = 0, units = 0;
    int fd = mkstemp(script);
    FILE *out;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, SCRIPT, sizeof(SCRIPT) - 1), sizeof(SCRIPT) - 1);
    close(fd);
    snprintf(command, sizeof(command), "%s -I %s 2>/dev/null", python, script);
    out = popen(command, "r");
    assert_non_null(out);
    while (getline(&line, &room, out) > 1)
        units += check_code(line, format, python);
    pclose(out);
    free(line);
    unlink(script);
    return units;
}

/* The table's format of a Python, 0 if there is none by that name. */
static uint64_t format_of(const char *python)
{
    char command[512];
    long minor = 0;
    FILE *p;

    snprintf(command, sizeof(command), "%s -c 'import sys; print(sys.version_info[1])' 2>/dev/null",
             python);
    p = popen(command, "r");
    assert_non_null(p);
    if (fscanf(p, "%ld", &minor) != 1)
        minor = 0;
    pclose(p);
    return minor < 10 ? 0 : minor == 10 ? 2 : 1;
}

static void test_against_interpreters(void **state)
{
    static const char *const names[] = {"python3.10", "python3.11", "python3.12",
                                        "python3.13", "python3.14", "python3.15"};
    const char *home = getenv("HOME");
    char pattern[512];
    glob_t found = {0};
    size_t units = 0;

    (void)state;
    snprintf(pattern, sizeof(pattern), "%s/.pyenv/versions/3.1[0-9]*/bin/python3",
             home != NULL ? home : "");
    glob(pattern, 0, NULL, &found);
    for (size_t i = 0; i < ARRAY_SIZE(names) + found.gl_pathc; i++) {
        const char *python =
            i < ARRAY_SIZE(names) ? names[i] : found.gl_pathv[i - ARRAY_SIZE(names)];
        uint64_t format = format_of(python);

        if (format != 0)
            units += check_python(python, format);
    }
    globfree(&found);
    if (units == 0)
        skip();
}

/* Three units without a line between lines 10 and 12, one at the end. */
static void test_next_line(void **state)
{
    static const uint8_t bytes[] = {0xd0, 0, 0, 0xfa, 0xe0, 0, 0, 0xf8};
    struct linetable t = {NULL, 0};

    (void)state;
    assert_true(linetable_load(&t, 1, bytes, sizeof(bytes), 10));
    assert_int_equal(linetable_line(&t, 1), 0);
    assert_int_equal(linetable_next_line(&t, 0), 10);
    assert_int_equal(linetable_next_line(&t, 1), 12);
    assert_int_equal(linetable_next_line(&t, 3), 12);
    assert_int_equal(linetable_next_line(&t, 4), 12);
    assert_int_equal(linetable_next_line(&t, 5), 0);
    assert_int_equal(linetable_next_line(&t, 100), 0);
    linetable_release(&t);
}

static void test_damage(void **state)
{
    uint8_t bytes[64];
    uint32_t seed = 1;

    (void)state;
    for (int round = 0; round < 100000; round++) {
        struct linetable t = {NULL, 0};
        size_t len = 0;

        do {
            seed = seed * 1664525 + 1013904223;
            bytes[len++] = (uint8_t)(seed >> 24);
        } while (len < 1 + (seed >> 8) % 63);
        assert_true(linetable_load(&t, 1 + round % 2, bytes, len, 1));
        for (uint32_t unit = 0; unit < 200; unit += 7)
            assert_true(linetable_line(&t, unit) >= 0);
        linetable_release(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_interpreters),
        cmocka_unit_test(test_next_line),
        cmocka_unit_test(test_damage),
    };

    return cmocka_run_group_tests_name("linetable", tests, NULL, NULL);
}
