/* captured.c - see captured.h. */
#include "base/base.h"

#include "mcp/captured.h"
#include "mcp/message.h"
#include "query/utf8.h"
#include "render/escape.h"

/* Names that Python writes in angle brackets: they are everywhere, and harmless. */
static const char *const OF_PYTHON[] = {
    "<module>",  "<lambda>", "<locals>", "<listcomp>", "<dictcomp>", "<setcomp>",
    "<genexpr>", "<string>", "<stdin>",  "<frozen",    "<unknown>",  "<unable to represent>",
};

static size_t name_of_python(const char *text, size_t len)
{
    for (size_t i = 0; i < ARRAY_SIZE(OF_PYTHON); i++) {
        size_t n = strlen(OF_PYTHON[i]);

        if (n <= len && memcmp(text, OF_PYTHON[i], n) == 0)
            return n;
    }
    return 0;
}

/* Invisible, or changing how its neighbours look: C1 controls, zero widths, marks of direction, tags, variation selectors. */
static const uint32_t DECEPTIVE[][2] = {
    {0x7f, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},   {0x180e, 0x180e}, {0x200b, 0x200f},
    {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff0, 0xfffb}, {0xe0000, 0xe0fff},
};

static bool is_deceptive(uint32_t code)
{
    for (size_t i = 0; i < ARRAY_SIZE(DECEPTIVE); i++)
        if (code >= DECEPTIVE[i][0] && code <= DECEPTIVE[i][1])
            return true;
    return false;
}

static void put_escape(struct buf *out, uint32_t code)
{
    if (code < 0x10000)
        buf_putf(out, "\\u%04x", (unsigned)code);
    else
        buf_putf(out, "\\u%04x\\u%04x", (unsigned)(0xd800 + ((code - 0x10000) >> 10)),
                 (unsigned)(0xdc00 + ((code - 0x10000) & 0x3ff)));
}

static void put_code(struct buf *out, const char *text, size_t size, uint32_t code)
{
    if (code == '"' || code == '\\')
        buf_putf(out, "\\%c", (char)code);
    else if (code == '\n')
        buf_puts(out, "\\n");
    else if (code == '\t')
        buf_puts(out, "\\t");
    else if (code < 0x20 || code == '<' || code == '>' || is_deceptive(code))
        put_escape(out, code);
    else
        buf_put(out, text, size);
}

/* Until no more than `most` bytes are left; returns how many are. */
static size_t put_text(struct buf *out, const char *text, size_t left, size_t most)
{
    while (left > most) {
        uint32_t code = 0;
        size_t size = *text == '<' ? name_of_python(text, left) : 0;

        if (size > 0) {
            buf_put(out, text, size);
        } else {
            size = utf8_next(text, left, &code);
            if (size == 0)
                buf_puts(out, "\\ufffd");
            else
                put_code(out, text, size, code);
            size += size == 0;
        }
        text += size;
        left -= size;
    }
    return left;
}

void captured_text(struct buf *out, const char *text, size_t len, size_t limit)
{
    size_t left;

    buf_putc(out, '"');
    left = put_text(out, text, len, limit > 0 && len > limit + 16 ? len - limit : 0);
    if (left > 0)
        buf_putf(out, "… [+%zu bytes]", left);
    buf_putc(out, '"');
}

void captured_end(struct buf *out, const char *text, size_t len, size_t limit)
{
    size_t from = limit > 0 && len > limit + 16 ? len - limit : 0;

    while (from > 0 && from < len && ((unsigned char)text[from] & 0xc0) == 0x80)
        from++;
    buf_putc(out, '"');
    if (from > 0)
        buf_putf(out, "[+%zu bytes] …", from);
    put_text(out, text + from, len - from, 0);
    buf_putc(out, '"');
}

/* ---- JSON that is there already ------------------------------------------------------------- */

static void put_value(struct buf *out, json_t *value, const struct captured_limits *limits,
                      int depth);

static void put_array(struct buf *out, json_t *array, const struct captured_limits *limits,
                      int depth)
{
    size_t n = json_array_size(array), shown = n;

    if (limits->items > 0 && n > limits->items + 1)
        shown = limits->items;
    buf_putc(out, '[');
    for (size_t i = 0; i < shown; i++) {
        if (i > 0)
            buf_putc(out, ',');
        put_value(out, json_array_get(array, i), limits, depth + 1);
    }
    if (shown < n)
        buf_putf(out, ",\"… [+%zu items]\"", n - shown);
    buf_putc(out, ']');
}

/* What is not so in most calls. */
static bool is_hollow(const char *key, const json_t *value)
{
    return (strcmp(key, "kwargs") == 0 && json_is_object(value) && json_object_size(value) == 0) ||
           (strcmp(key, "is_async") == 0 && json_is_false(value)) ||
           (strcmp(key, "called_from") == 0 && json_is_null(value));
}

static void put_object(struct buf *out, json_t *object, const struct captured_limits *limits,
                       int depth)
{
    /* What was asked for by name is there: a row's columns, a call's arguments. */
    size_t n = json_object_size(object), shown = 0, most = depth > 0 ? 2 * limits->items : 0;
    const char *key;
    json_t *value;

    buf_putc(out, '{');
    json_object_foreach(object, key, value)
    {
        /* Where it lay in memory tells an agent nothing that it can use. */
        if ((limits->items > 0 && strcmp(key, "$id") == 0) ||
            (limits->terse && depth == 0 && is_hollow(key, value))) {
            n--;
            continue;
        }
        if (most > 0 && n > most + 1 && shown == most)
            break;
        if (shown++ > 0)
            buf_putc(out, ',');
        captured_text(out, key, strlen(key), limits->text);
        buf_putc(out, ':');
        put_value(out, value, limits, depth + 1);
    }
    if (shown < n)
        buf_putf(out, "%s\"…\":\"[+%zu more]\"", shown > 0 ? "," : "", n - shown);
    buf_putc(out, '}');
}

static void put_value(struct buf *out, json_t *value, const struct captured_limits *limits,
                      int depth)
{
    char number[ESCAPE_DOUBLE_BYTES];

    switch (json_typeof(value)) {
    case JSON_OBJECT:
        if (limits->depth > 0 && depth >= limits->depth && json_object_size(value) > 0)
            buf_putf(out, "\"{… %zu keys}\"", json_object_size(value));
        else
            put_object(out, value, limits, depth);
        break;
    case JSON_ARRAY:
        if (limits->depth > 0 && depth >= limits->depth && json_array_size(value) > 0)
            buf_putf(out, "\"[… %zu items]\"", json_array_size(value));
        else
            put_array(out, value, limits, depth);
        break;
    case JSON_STRING:
        captured_text(out, json_string_value(value), json_string_length(value), limits->text);
        break;
    case JSON_INTEGER:
        buf_putf(out, "%lld", (long long)json_integer_value(value));
        break;
    case JSON_REAL:
        escape_double(number, json_real_value(value));
        buf_puts(out, number);
        break;
    case JSON_TRUE:
        buf_puts(out, "true");
        break;
    case JSON_FALSE:
        buf_puts(out, "false");
        break;
    case JSON_NULL:
        buf_puts(out, "null");
        break;
    }
}

void captured_json(struct buf *out, const char *json, size_t len,
                   const struct captured_limits *limits)
{
    json_t *value = json_loadb(json, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);

    /* Integers beyond 2^63: rare, and better as text than as another number. */
    if (value == NULL)
        captured_text(out, json, len, limits->text);
    else
        put_value(out, value, limits, 0);
    json_decref(value);
}

void captured_cell(struct buf *out, const struct cell *cell, enum column_type type,
                   const struct captured_limits *limits)
{
    if (cell->kind == CELL_JSON)
        captured_json(out, cell->text, cell->len, limits);
    else if (cell->kind == CELL_TEXT)
        captured_text(out, cell->text, cell->len, limits->text);
    else
        escape_cell(out, cell, type);
}
