/*
 * compiled.c - the compiled form of the settings, both ways: what `run` writes and the guests read.
 * One `key=value` a line. The reading half is guest code: libc only, no message.
 */
#include "base/base.h"

#include "base/buf.h"
#include "base/limits.h"
#include "settings/settings.h"
#include "settings/table.h"

static const char HEX[] = "0123456789ABCDEF";

static void put_line(struct buf *out, const char *key, const char *value)
{
    buf_puts(out, key);
    buf_putc(out, '=');
    for (const char *p = value; *p != '\0'; p++) {
        if (*p == '\n' || *p == '%') {
            buf_putc(out, '%');
            buf_putc(out, HEX[(unsigned char)*p >> 4]);
            buf_putc(out, HEX[(unsigned char)*p & 15]);
        } else {
            buf_putc(out, *p);
        }
    }
    buf_putc(out, '\n');
}

void settings_compile_fact(struct buf *out, const char *key, const char *value)
{
    put_line(out, key, value);
}

static void put_list(struct buf *out, const char *key, const struct settings_list *list)
{
    if (list->count == 0)
        put_line(out, key, "");
    for (size_t i = 0; i < list->count; i++)
        put_line(out, key, list->items[i]);
}

static void put_row(struct buf *out, const struct settings *s, const struct settings_row *row)
{
    const void *field = (const char *)s + row->offset;

    switch (row->type) {
    case SETTING_BOOL:
        put_line(out, row->key, *(const bool *)field ? "true" : "false");
        break;
    case SETTING_INT:
        buf_putf(out, "%s=%lld\n", row->key, (long long)*(const int64_t *)field);
        break;
    case SETTING_REAL:
        buf_putf(out, "%s=%.12f\n", row->key, *(const double *)field);
        break;
    case SETTING_CHOICE:
        put_line(out, row->key, row->choices[*(const int *)field]);
        break;
    case SETTING_PATH:
        if (*(char *const *)field != NULL)
            put_line(out, row->key, *(char *const *)field);
        break;
    case SETTING_GLOBS:
    case SETTING_FOLDERS:
    case SETTING_NAMES:
    case SETTING_PATTERNS:
        put_list(out, row->key, field);
        break;
    }
}

void settings_compile(const struct settings *s, struct buf *out)
{
    for (size_t i = 0; i < settings_count; i++)
        put_row(out, s, &settings_table[i]);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

/* Undoes put_line's escapes; a percent sign that begins none stands for itself. Cut at size - 1. */
static int unescape(const char *text, size_t len, char *ret, size_t size)
{
    size_t n = 0;

    for (size_t i = 0; i < len && n + 1 < size; i++) {
        char c = text[i];

        if (c == '%' && i + 2 < len && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
            c = (char)(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
            i += 2;
        }
        ret[n++] = c;
    }
    ret[n] = '\0';
    return (int)n;
}

/* One line of the text, its key and its value, both Borrowed from the text. */
struct line {
    const char *key, *value;
    size_t key_len, value_len;
};

/* Moves *p past the next line that has a `=`; false at the end. */
static bool next_line(const char **p, const char *end, struct line *ret)
{
    while (*p < end) {
        const char *start = *p;
        const char *stop = memchr(start, '\n', (size_t)(end - start));
        const char *mark;

        if (stop == NULL)
            stop = end;
        *p = stop < end ? stop + 1 : end;
        mark = memchr(start, '=', (size_t)(stop - start));
        if (mark == NULL)
            continue;
        *ret = (struct line){start, mark + 1, (size_t)(mark - start), (size_t)(stop - mark - 1)};
        return true;
    }
    return false;
}

static bool line_is(const struct line *line, const char *key)
{
    return strlen(key) == line->key_len && memcmp(key, line->key, line->key_len) == 0;
}

int settings_compiled_fact(const char *text, size_t len, const char *key, char *ret, size_t size)
{
    const char *p = text;
    struct line line;

    while (next_line(&p, text + len, &line))
        if (line_is(&line, key))
            return unescape(line.value, line.value_len, ret, size);
    return -1;
}

/* A value that does not fit comes from another version of the host: the default stays. */
static int take_line(struct settings *s, const struct settings_row *row, const struct line *line,
                     bool first)
{
    char small[256];
    char *value = line->value_len < sizeof(small) ? small : malloc(line->value_len + 1);
    int ret = 0;

    if (value == NULL)
        return ERR_FAILED;
    unescape(line->value, line->value_len, value, line->value_len + 1);
    if (settings_is_list(row) && first)
        settings_list_clear(settings_field(s, row));
    if (settings_assign(s, row, value) == SETTING_NO_MEMORY)
        ret = ERR_FAILED;
    if (value != small)
        free(value);
    return ret;
}

int settings_parse_compiled(struct settings *s, const char *text, size_t len)
{
    bool seen[SETTINGS_MOST] = {false};
    const char *p = text;
    struct line line;

    while (next_line(&p, text + len, &line)) {
        for (size_t i = 0; i < settings_count; i++) {
            if (!line_is(&line, settings_table[i].key))
                continue;
            if (take_line(s, &settings_table[i], &line, !seen[i]) < 0)
                return ERR_FAILED;
            seen[i] = true;
        }
    }
    return 0;
}
