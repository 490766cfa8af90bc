/* escape.c - see escape.h. */
#include "base/base.h"

#include "query/utf8.h"
#include "render/escape.h"

#include <math.h>
#include <wchar.h>

#define DEFAULT_WIDTH_OF_UNKNOWN 1

void escape_json(struct buf *out, const char *text, size_t len)
{
    buf_putc(out, '"');
    while (len > 0) {
        uint32_t code = 0;
        size_t size = utf8_next(text, len, &code);

        if (size == 0)
            buf_puts(out, "\\ufffd");
        else if (code == '"' || code == '\\')
            buf_putf(out, "\\%c", (char)code);
        else if (code == '\n')
            buf_puts(out, "\\n");
        else if (code < 0x20 || code == 0x7f)
            buf_putf(out, "\\u%04x", (unsigned)code);
        else
            buf_put(out, text, size);
        size += size == 0;
        text += size;
        len -= size;
    }
    buf_putc(out, '"');
}

/* ---- for the terminal --------------------------------------------------------------------- */

/* Characters that print nothing but change what is printed round them: they can make a line lie. */
static bool is_deceptive(uint32_t code)
{
    return code == 0x061c || code == 0x200e || code == 0x200f || code == 0xfeff ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

static const char *short_escape(uint32_t code)
{
    switch (code) {
    case '\n':
        return "\\n";
    case '\t':
        return "\\t";
    case '\r':
        return "\\r";
    case 0:
        return "\\0";
    default:
        return NULL;
    }
}

/* One code point as it is shown: writes it to `piece` and returns its columns. */
static size_t show_code(char piece[16], const char *text, size_t size, uint32_t code)
{
    const char *known = short_escape(code);
    int width;

    if (known != NULL)
        return (size_t)snprintf(piece, 16, "%s", known);
    if (code < 0x20 || code == 0x7f)
        return (size_t)snprintf(piece, 16, "\\x%02x", (unsigned)code);
    if ((code >= 0x80 && code < 0xa0) || is_deceptive(code))
        return (size_t)snprintf(piece, 16, "\\u%04x", (unsigned)code);
    width = wcwidth((wchar_t)code);
    snprintf(piece, 16, "%.*s", (int)size, text);
    return width >= 0 ? (size_t)width : DEFAULT_WIDTH_OF_UNKNOWN;
}

size_t escape_line(struct buf *out, const char *text, size_t len, size_t max_width)
{
    size_t width = 0, fits_len = out->len, fits_width = 0;

    while (len > 0) {
        uint32_t code = 0;
        size_t size = utf8_next(text, len, &code), columns;
        char piece[16];

        if (size == 0)
            columns = (size_t)snprintf(piece, sizeof(piece), "\\x%02x", (unsigned char)text[0]);
        else
            columns = show_code(piece, text, size, code);
        if (max_width > 0 && width + columns > max_width) {
            /* Back to the last place where the ellipsis has room. */
            if (out->data != NULL && !out->failed) {
                out->len = fits_len;
                out->data[out->len] = '\0';
            }
            buf_puts(out, "\xe2\x80\xa6");
            return fits_width + 1;
        }
        buf_puts(out, piece);
        width += columns;
        if (width < max_width) {
            fits_len = out->len;
            fits_width = width;
        }
        size += size == 0;
        text += size;
        len -= size;
    }
    return width;
}

/* ---- values ------------------------------------------------------------------------------- */

void escape_time(char out[ESCAPE_TIME_BYTES], int64_t microseconds, char between, int digits)
{
    int64_t fraction = microseconds % 1000000;
    time_t seconds = (time_t)(microseconds / 1000000);
    struct tm tm;
    int used;

    if (fraction < 0) {
        fraction += 1000000;
        seconds--;
    }
    if (gmtime_r(&seconds, &tm) == NULL) {
        snprintf(out, ESCAPE_TIME_BYTES, "%lld us", (long long)microseconds);
        return;
    }
    used = snprintf(out, ESCAPE_TIME_BYTES, "%04lld-%02d-%02d%c%02d:%02d:%02d", tm.tm_year + 1900LL,
                    tm.tm_mon + 1, tm.tm_mday, between, tm.tm_hour, tm.tm_min, tm.tm_sec);
    if (used < 0 || used + 8 > ESCAPE_TIME_BYTES)
        return;
    if (digits == 3)
        snprintf(out + used, 8, ".%03d", (int)(fraction / 1000));
    else if (digits == 6)
        snprintf(out + used, 8, ".%06d", (int)fraction);
}

void escape_double(char out[ESCAPE_DOUBLE_BYTES], double v)
{
    if (isnan(v)) {
        snprintf(out, ESCAPE_DOUBLE_BYTES, "\"NaN\"");
    } else if (isinf(v)) {
        snprintf(out, ESCAPE_DOUBLE_BYTES, v > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    } else {
        for (int digits = 15; digits <= 17; digits++) {
            snprintf(out, ESCAPE_DOUBLE_BYTES, "%.*g", digits, v);
            if (strtod(out, NULL) == v)
                break;
        }
    }
}

/* Newlines in JSON text can only stand between its tokens: blanks do as well. */
static void put_json_line(struct buf *out, const char *json, size_t len)
{
    const char *end = json + len;

    while (json < end) {
        const char *newline = memchr(json, '\n', (size_t)(end - json));
        size_t n = (size_t)((newline != NULL ? newline : end) - json);

        buf_put(out, json, n);
        json += n;
        if (newline != NULL) {
            buf_putc(out, ' ');
            json++;
        }
    }
}

void escape_cell(struct buf *out, const struct cell *cell, enum column_type type)
{
    char number[ESCAPE_TIME_BYTES];

    switch (cell->kind) {
    case CELL_NULL:
        buf_puts(out, "null");
        return;
    case CELL_BOOL:
        buf_puts(out, cell->integer ? "true" : "false");
        return;
    case CELL_INT:
        buf_putf(out, "%lld", (long long)cell->integer);
        return;
    case CELL_DOUBLE:
        /* Milliseconds come from nanoseconds: six digits are all there is, and 0.1 + 0.2 shows nobody more. */
        escape_double(number, type == COLUMN_MS ? round(cell->real * 1e6) / 1e6 : cell->real);
        buf_puts(out, number);
        return;
    case CELL_TIME:
        escape_time(number, cell->integer, 'T', 6);
        buf_putf(out, "\"%s\"", number);
        return;
    case CELL_JSON:
        put_json_line(out, cell->text, cell->len);
        return;
    case CELL_TEXT:
        escape_json(out, cell->text, cell->len);
        return;
    }
}

void escape_row(struct buf *out, const struct part *part, const struct row *row)
{
    if (row->cells == NULL) {
        put_json_line(out, row->json, row->json_len);
        return;
    }
    buf_putc(out, '{');
    for (size_t i = 0; i < part->ncolumns; i++) {
        if (i > 0)
            buf_puts(out, ", ");
        escape_json(out, part->columns[i].name, strlen(part->columns[i].name));
        buf_puts(out, ": ");
        escape_cell(out, &row->cells[i], part->columns[i].type);
    }
    buf_putc(out, '}');
}
