/*
 * value_text.c - str and bytes as values, cut where they are too long, and the text sink of the other files.
 *
 * A str is read from its storage (1, 2 or 4 bytes a character) and written as UTF-8 with surrogates as 3 bytes each. The
 * interpreter's own UTF-8 form is used where it exists, but never asked for: it would stay in memory with the str.
 */
#include "base/base.h"

#include "hook/value_private.h"

/* Longer strings that are not ASCII are not counted through: see original_size(). */
#define COUNTED_CHARS 4096

uint32_t value_char_at(const struct pyc_text *text, size_t i)
{
    if (text->kind == 1)
        return ((const uint8_t *)text->data)[i];
    if (text->kind == 2)
        return ((const uint16_t *)text->data)[i];
    return ((const uint32_t *)text->data)[i];
}

static inline size_t char_width(uint32_t c)
{
    return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

static inline uint8_t *put_char(uint8_t *p, uint32_t c)
{
    if (c < 0x80) {
        *p++ = (uint8_t)c;
    } else if (c < 0x800) {
        *p++ = (uint8_t)(0xc0 | c >> 6);
        *p++ = (uint8_t)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *p++ = (uint8_t)(0xe0 | c >> 12);
        *p++ = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        *p++ = (uint8_t)(0x80 | (c & 0x3f));
    } else {
        *p++ = (uint8_t)(0xf0 | (c >> 18 & 0x07));
        *p++ = (uint8_t)(0x80 | (c >> 12 & 0x3f));
        *p++ = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        *p++ = (uint8_t)(0x80 | (c & 0x3f));
    }
    return p;
}

/* How many of the first `most` characters fit `room` bytes; their bytes in *ret_bytes. */
static size_t measure(const struct pyc_text *text, size_t most, size_t room, size_t *ret_bytes)
{
    size_t i, bytes = 0, width;

    if (text->ascii) {
        *ret_bytes = most < room ? most : room;
        return *ret_bytes;
    }
    for (i = 0; i < most; i++) {
        width = char_width(value_char_at(text, i));
        if (bytes + width > room)
            break;
        bytes += width;
    }
    *ret_bytes = bytes;
    return i;
}

static void write_chars(uint8_t *p, const struct pyc_text *text, size_t n)
{
    size_t i;

    if (text->ascii) {
        memcpy(p, text->data, n);
        return;
    }
    for (i = 0; i < n; i++)
        p = put_char(p, value_char_at(text, i));
}

/* The size of the whole in UTF-8 where that is known or cheap: ASCII, a UTF-8 form that exists, up to 4,096 characters.
 * Beyond, a gigabyte would have to be read to tell it, so it is the size in memory: 1, 2 or 4 bytes a character. */
static size_t original_size(PyObject *object, const struct pyc_text *text, size_t kept,
                            size_t bytes)
{
    size_t size = 0, least = bytes + (text->length - kept);

    if (text->ascii)
        return text->length;
    if (kept == text->length)
        return bytes;
    if (object != NULL && pyc_utf8_cached(object, &size) != NULL)
        return size;
    if (text->length <= COUNTED_CHARS)
        measure(text, text->length, SIZE_MAX, &size);
    else
        size = text->length * (size_t)text->kind;
    return size > least ? size : least;
}

/* Text without its secrets: as STR or BYTES where it is whole, else as the tag for what was cut. */
static void put_hidden_text(struct value_walk *w, enum trail_tag tag,
                            const struct value_hidden *hidden, size_t original)
{
    if (hidden->whole)
        trail_put_string(w->out, tag, hidden->bytes, hidden->len);
    else
        trail_put_cut(w->out, tag == TRAIL_TAG_STR ? TRAIL_TAG_STR_CUT : TRAIL_TAG_BYTES_CUT,
                      original, hidden->bytes, hidden->len);
}

/* False: it has no secret, and nothing was put. */
static bool put_hidden(struct value_walk *w, enum trail_tag tag, const struct pyc_text *text)
{
    size_t left = value_left(w);
    struct value_hidden hidden;

    if (left < 24 || text->length < value_redact_least ||
        !value_text_hide(text, w->limits->max_chars, left - 20, &hidden))
        return false;
    put_hidden_text(w, tag, &hidden, text->length * (size_t)text->kind);
    return true;
}

static void put_text(struct value_walk *w, PyObject *object, const struct pyc_text *text)
{
    size_t left = value_left(w), max_chars = w->limits->max_chars, kept, bytes;

    if (left < 24 && text->length >= value_redact_least) {
        value_put_tag(w, TRAIL_TAG_BUDGET);
        return;
    }
    if (put_hidden(w, TRAIL_TAG_STR, text))
        return;

    if (text->length <= max_chars && text->length + 2 <= left) {
        kept = measure(text, text->length, left - 2, &bytes);
        if (kept == text->length && bytes + (bytes < 0x80 ? 2 : 11) <= left) {
            value_put_tag(w, TRAIL_TAG_STR);
            trail_put_uv(w->out, bytes);
            if (trail_room(w->out, bytes)) {
                write_chars(w->out->p, text, kept);
                w->out->p += bytes;
            }
            return;
        }
    }
    if (!value_fits(w, 24))
        return;
    kept = measure(text, text->length < max_chars ? text->length : max_chars, left - 20, &bytes);
    value_put_tag(w, TRAIL_TAG_STR_CUT);
    trail_put_uv(w->out, original_size(object, text, kept, bytes));
    trail_put_uv(w->out, bytes);
    if (trail_room(w->out, bytes)) {
        write_chars(w->out->p, text, kept);
        w->out->p += bytes;
    }
}

void value_put_str(struct value_walk *w, PyObject *object)
{
    struct pyc_text text = pyc_text(object);

    put_text(w, object, &text);
}

void value_put_text(struct value_walk *w, const struct pyc_text *text)
{
    put_text(w, NULL, text);
}

void value_put_bytes(struct value_walk *w, const char *bytes, size_t len)
{
    const struct pyc_text text = {bytes, len, 1, true};
    size_t left = value_left(w), kept = len;

    if (left < 24 && len >= value_redact_least) {
        value_put_tag(w, TRAIL_TAG_BUDGET);
        return;
    }
    if (put_hidden(w, TRAIL_TAG_BYTES, &text))
        return;
    if (len <= w->limits->max_chars && len + (len < 0x80 ? 2 : 11) <= left) {
        trail_put_string(w->out, TRAIL_TAG_BYTES, bytes, len);
        return;
    }
    if (!value_fits(w, 24))
        return;
    if (kept > w->limits->max_chars)
        kept = w->limits->max_chars;
    if (kept > left - 20)
        kept = left - 20;
    trail_put_cut(w->out, TRAIL_TAG_BYTES_CUT, len, bytes, kept);
}

/* A text that is cut goes as REPR, the one tag that has room for a type and an original size. `len` bytes are at hand, in whole
 * characters. */
void value_put_textual(struct value_walk *w, uint32_t type, const char *text, size_t len,
                       size_t original)
{
    const struct pyc_text chars = {text, len, 1, true};
    struct value_hidden hidden;
    size_t left = value_left(w);

    if (len >= value_redact_least && value_text_hide(&chars, len, SIZE_MAX, &hidden)) {
        original = original == len ? hidden.len : original;
        text = hidden.bytes;
        len = hidden.len;
    }
    if (len > VALUE_KNOWN_TEXT) {
        for (len = VALUE_KNOWN_TEXT; len > 0 && ((uint8_t)text[len] & 0xc0) == 0x80;)
            len--;
        original = original > len ? original : len + 1;
    }
    if (original == len && len + 12 <= left) {
        value_put_tag(w, TRAIL_TAG_TEXTUAL);
        trail_put_uv(w->out, type);
        trail_put_text(w->out, text, len);
        return;
    }
    if (!value_fits(w, 28))
        return;
    if (len > left - 24) {
        len = left - 24;
        while (len > 0 && ((uint8_t)text[len] & 0xc0) == 0x80)
            len--;
    }
    value_put_tag(w, TRAIL_TAG_REPR);
    trail_put_uv(w->out, type);
    trail_put_uv(w->out, original);
    trail_put_text(w->out, text, len);
}

void value_put_cut_text(struct value_walk *w, uint32_t type, PyObject *str)
{
    struct pyc_text text = pyc_text(str);
    size_t most = text.length, kept, bytes;
    struct value_hidden hidden;

    if (!value_fits(w, 28))
        return;
    if (text.length >= value_redact_least &&
        value_text_hide(&text, w->limits->max_chars, value_left(w) - 24, &hidden)) {
        value_put_tag(w, TRAIL_TAG_REPR);
        trail_put_uv(w->out, type);
        trail_put_uv(w->out, hidden.whole ? hidden.len : text.length * (size_t)text.kind);
        trail_put_text(w->out, hidden.bytes, hidden.len);
        return;
    }
    if (most > w->limits->max_chars)
        most = w->limits->max_chars;
    kept = measure(&text, most, value_left(w) - 24, &bytes);
    value_put_tag(w, TRAIL_TAG_REPR);
    trail_put_uv(w->out, type);
    trail_put_uv(w->out, original_size(str, &text, kept, bytes));
    trail_put_uv(w->out, bytes);
    if (trail_room(w->out, bytes)) {
        write_chars(w->out->p, &text, kept);
        w->out->p += bytes;
    }
}

/* ---- the sink ---------------------------------------------------------------------------- */

void value_text_put(struct value_text *t, const char *bytes, size_t len)
{
    if (t->full || (size_t)(t->end - t->p) < len) {
        t->full = true;
        return;
    }
    memcpy(t->p, bytes, len);
    t->p += len;
}

void value_text_puts(struct value_text *t, const char *text)
{
    value_text_put(t, text, strlen(text));
}

void value_text_putf(struct value_text *t, const char *format, ...)
{
    char line[160];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof line)
        t->full = true;
    else
        value_text_put(t, line, (size_t)n);
}

void value_text_char(struct value_text *t, uint32_t c)
{
    if (t->full || (size_t)(t->end - t->p) < char_width(c))
        t->full = true;
    else
        t->p = (char *)put_char((uint8_t *)t->p, c);
}

void value_text_str(struct value_text *t, PyObject *str)
{
    size_t size = t->full ? 0 : (size_t)(t->end - t->p), kept, bytes;
    struct pyc_text text = pyc_text(str);

    kept = measure(&text, text.length, size, &bytes);
    write_chars((uint8_t *)t->p, &text, kept);
    t->p += bytes;
    if (kept < text.length)
        t->full = true;
}

size_t value_utf8(PyObject *str, char *text, size_t size)
{
    struct value_text t = {text, text + size, false};

    value_text_str(&t, str);
    return (size_t)(t.p - text);
}

bool value_str_is(PyObject *object, const char *ascii)
{
    struct pyc_text text;
    size_t len = strlen(ascii);

    if (object == NULL || !PyUnicode_Check(object))
        return false;
    text = pyc_text(object);
    return text.ascii && text.length == len && memcmp(text.data, ascii, len) == 0;
}
