/* json.c - see json.h. */
#include "base/base.h"

#include "ingest/json.h"

#include <math.h>

#define SURROGATE_FIRST 0xD800
#define SURROGATE_LAST 0xDFFF
#define EXACT_INTEGER 9007199254740992.0 /* 2^53 */

static const char DIGITS[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
    "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
    "8081828384858687888990919293949596979899";

static char *uint_at(char *p, uint64_t v)
{
    char text[20];
    size_t i = sizeof(text);

    while (v >= 100) {
        memcpy(text + (i -= 2), DIGITS + 2 * (v % 100), 2);
        v /= 100;
    }
    if (v >= 10)
        memcpy(text + (i -= 2), DIGITS + 2 * v, 2);
    else
        text[--i] = (char)('0' + v);
    memcpy(p, text + i, sizeof(text) - i);
    return p + sizeof(text) - i;
}

char *json_int_at(char *p, int64_t v)
{
    if (v >= 0)
        return uint_at(p, (uint64_t)v);
    *p++ = '-';
    return uint_at(p, 0 - (uint64_t)v);
}

void json_uint(struct buf *out, uint64_t v)
{
    char text[JSON_NUMBER_MAX];

    buf_put(out, text, (size_t)(uint_at(text, v) - text));
}

void json_int(struct buf *out, int64_t v)
{
    char text[JSON_NUMBER_MAX];

    buf_put(out, text, (size_t)(json_int_at(text, v) - text));
}

/*
 * Most floats that programs pass about have few decimals, and snprintf is slow. If n / 10^k gives v back, with n below
 * 2^53 and k at most 22, both are exact and the division is rounded once, so the decimal number reads back as v.
 */
static bool put_decimal(struct buf *out, double v)
{
    static const double powers[] = {1e0, 1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7, 1e8,
                                    1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16};
    double a = fabs(v);

    if (a >= 1e15 || a < 1e-5)
        return false;
    for (size_t k = 0; k < ARRAY_SIZE(powers); k++) {
        double product = a * powers[k];
        double scaled = product < EXACT_INTEGER ? (double)(uint64_t)(product + 0.5) : product;
        char text[2 * JSON_NUMBER_MAX];
        char *p = text;
        uint64_t whole, rest, unit;

        if (scaled >= EXACT_INTEGER)
            return false;
        if (scaled / powers[k] != a)
            continue;
        unit = (uint64_t)powers[k];
        whole = (uint64_t)scaled / unit;
        rest = (uint64_t)scaled % unit;
        if (v < 0)
            *p++ = '-';
        p = uint_at(p, whole);
        *p++ = '.';
        for (uint64_t u = unit / 10; u > rest && u > 1; u /= 10)
            *p++ = '0';
        p = uint_at(p, rest);
        buf_put(out, text, (size_t)(p - text));
        return true;
    }
    return false;
}

void json_double(struct buf *out, double v)
{
    char text[64];

    if (v == 0) {
        buf_puts(out, signbit(v) ? "-0.0" : "0.0");
        return;
    }
    if (put_decimal(out, v))
        return;
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    buf_puts(out, text);
    if (strpbrk(text, ".e") == NULL)
        buf_puts(out, ".0");
}

/* ---- text ------------------------------------------------------------------------------------ */

/* Takes one character off p (below end). Its length in bytes, or 0 if there is none here. */
static size_t next_char(const uint8_t *p, const uint8_t *end, uint32_t *ret_char)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = p[0] < 0x80             ? 1
                 : (p[0] & 0xe0) == 0xc0 ? 2
                 : (p[0] & 0xf0) == 0xe0 ? 3
                 : (p[0] & 0xf8) == 0xf0 ? 4
                                         : 0;
    uint32_t c;

    if (len == 0 || (size_t)(end - p) < len)
        return 0;
    c = len == 1 ? p[0] : p[0] & (0xffu >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3f);
    }
    if (c < least[len] || c > 0x10FFFF)
        return 0;
    *ret_char = c;
    return len;
}

static bool is_surrogate(uint32_t c)
{
    return c >= SURROGATE_FIRST && c <= SURROGATE_LAST;
}

bool json_is_clean(const uint8_t *text, size_t len)
{
    const uint8_t *end = text + len;
    uint32_t c;

    while (text < end) {
        size_t n = text[0] < 0x80 ? 1 : next_char(text, end, &c);

        if (n == 0 || (n > 1 && is_surrogate(c)))
            return false;
        text += n;
    }
    return true;
}

/* Bytes that stand for themselves inside a JSON string and are ASCII. */
static size_t plain_run(const uint8_t *p, const uint8_t *end)
{
    const uint8_t *from = p;

    while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
        p++;
    return (size_t)(p - from);
}

static void put_escape(struct buf *out, uint32_t c, bool backslashes)
{
    static const char *const names[] = {
        ['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f", ['\r'] = "\\r"};

    if (c == '"')
        buf_puts(out, "\\\"");
    else if (c == '\\')
        buf_puts(out, backslashes ? "\\\\\\\\" : "\\\\");
    else if (c < ARRAY_SIZE(names) && names[c] != NULL)
        buf_puts(out, names[c]);
    else
        buf_putf(out, "\\u%04x", c);
}

void json_inside(struct buf *out, const uint8_t *text, size_t len, bool backslashes)
{
    const uint8_t *end = text + len;

    while (text < end) {
        size_t n = plain_run(text, end);
        uint32_t c = 0;

        buf_put(out, text, n);
        text += n;
        if (text == end)
            break;
        n = next_char(text, end, &c);
        if (n == 0) {
            buf_puts(out, "\xef\xbf\xbd");
            n = 1;
        } else if (is_surrogate(c)) {
            buf_putf(out, "\\\\u%04x", c);
        } else if (n > 1) {
            buf_put(out, text, n);
        } else {
            put_escape(out, c, backslashes);
        }
        text += n;
    }
}

void json_quoted(struct buf *out, const uint8_t *text, size_t len)
{
    buf_putc(out, '"');
    json_inside(out, text, len, false);
    buf_putc(out, '"');
}

void json_text(struct buf *out, const char *text)
{
    json_quoted(out, (const uint8_t *)text, strlen(text));
}

void json_clean_text(struct buf *out, const uint8_t *text, size_t len)
{
    const uint8_t *end = text + len;

    if (json_is_clean(text, len)) {
        buf_put(out, text, len);
        return;
    }
    while (text < end) {
        uint32_t c = 0;
        size_t n = next_char(text, end, &c);

        if (n == 0) {
            buf_puts(out, "\xef\xbf\xbd");
            n = 1;
        } else if (is_surrogate(c)) {
            buf_putf(out, "\\u%04x", c);
        } else {
            buf_put(out, text, n);
        }
        text += n;
    }
}
